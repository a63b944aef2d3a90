"""A stage on which things happen that are over some day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    Answer,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.testing import Member, asked, person

Contents = Callable[[], dict[str, set[Any]]]
WRONG = "not the password 0"
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
AGES = timedelta(days=3650)


class Stage:
    """A portal, a patient and a practice, to whom something happens that will be over."""

    def __init__(self, portal: Portal, member: Member, practice: PracticeAccess, notifier: RecordingNotifier) -> None:
        self.portal = portal
        self.member = member
        self.practice = practice
        self.notifier = notifier

    def me(self) -> PatientAccess:
        return self.portal.log_in(self.member.username, self.member.password)

    def told(self, answer: Answer) -> None:
        self.notifier.answers = [answer]
        self.practice.patients.register(person(email="second@example.org"))
        self.portal.work()

    def pointless(self) -> None:
        self.practice.patients.deactivate(self.practice.patients.register(person(email="second@example.org")))
        self.portal.work()

    def fail(self, username: str, times: int = 1) -> list[int]:
        left = []
        for _ in range(times):
            with pytest.raises(WrongCredentialsError) as refusal:
                self.portal.log_in(username, WRONG)
            left.append(refusal.value.attempts_left)
        return left

    def answer_wrongly(self, username: str) -> int:
        challenge = asked(self.portal.recovery.forgot_password(username))
        with pytest.raises(WrongAnswerError) as refusal:
            self.portal.recovery.answer(challenge.id, dict.fromkeys(challenge.questions, "wrong"))
        return refusal.value.attempts_left

    def ask_support(self) -> None:
        self.practice.support.resolve(self.me().support.ask("Help me, please."))
