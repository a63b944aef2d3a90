"""What the tests of getting back in share: a mailed link that sets a new password."""

import pytest

from patientportal import Portal, RecordingNotifier
from patientportal.testing import Member
from tests.application.accounts.recovery.answering import answer_rightly, last_link


@pytest.fixture
def link(usual: Portal, notifier: RecordingNotifier, member: Member) -> str:
    """The secret of a link that was mailed for a new password."""
    answer_rightly(usual, member.username)
    return last_link(usual, notifier)
