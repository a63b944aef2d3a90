"""What the tests of visits share: patients who are in at a practice that has slots, and what they are told."""

import pytest

from patientportal import NoticeKind, PatientAccess, Portal, PracticeAccess, RecordingNotifier
from patientportal.testing import Member, activated
from tests.application.appointments.visits.schedule import Again, Told, publish


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess) -> PatientAccess:
    """Somebody who is in, at a practice that has published a morning."""
    publish(practice)
    return usual.log_in(member.username, member.password)


@pytest.fixture
def again(usual: Portal, member: Member) -> Again:
    """Logs the patient in anew, after hours in which their session ended."""
    return lambda: usual.log_in(member.username, member.password)


@pytest.fixture
def other(usual: Portal, notifier: RecordingNotifier) -> PatientAccess:
    """Somebody else."""
    stranger = activated(usual, notifier, username="stranger", email="stranger@example.org")
    notifier.messages.clear()
    return usual.log_in(stranger.username, stranger.password)


@pytest.fixture
def told(usual: Portal, notifier: RecordingNotifier) -> Told:
    """Has what is due told, and says what was told since the last time."""

    def told() -> list[NoticeKind]:
        notifier.messages.clear()
        usual.work()
        return [message.kind for message in notifier.messages]

    return told
