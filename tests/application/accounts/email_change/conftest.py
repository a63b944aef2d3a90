"""What the tests of a new e-mail address share: a patient who is in, and the link that confirms the address."""

import pytest

from patientportal import PatientAccess, Portal, PracticeAccess, RecordingNotifier
from patientportal.testing import Member
from tests.application.accounts.email_change.scenes import NEW, Scene, asked_for


@pytest.fixture
def scene(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> Scene:
    """A patient who is in, and everybody around them."""
    return Scene(usual, practice, member, me, notifier)


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def confirmation(usual: Portal, me: PatientAccess, notifier: RecordingNotifier) -> str:
    """The secret of the link that went to the new address; the mails before it are forgotten."""
    return asked_for(usual, me, notifier, NEW)
