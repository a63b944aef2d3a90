"""What the tests of sweeping share: a stage with a patient, a practice and whoever is told."""

import pytest

from patientportal import Portal, PracticeAccess, RecordingNotifier
from patientportal.testing import Member
from tests.application.worker.sweeping.stages import Stage


@pytest.fixture
def stage(usual: Portal, member: Member, practice: PracticeAccess, notifier: RecordingNotifier) -> Stage:
    return Stage(usual, member, practice, notifier)
