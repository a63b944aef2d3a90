"""Right and wrong answers to what is asked on the way back in, and the link that a right one has mailed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from patientportal import Challenge, Portal, RecordingNotifier, RefusedError, SecurityQuestion, WrongAnswerError
from patientportal.testing import ANSWERS, asked

Contents = Callable[[], dict[str, set[Any]]]
NEW = "amber lantern 77 drifts"
MICROSECOND = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def right(challenge: Challenge) -> dict[SecurityQuestion, str]:
    return {question: ANSWERS[question] for question in challenge.questions}


def wrong(challenge: Challenge) -> dict[SecurityQuestion, str]:
    return dict.fromkeys(challenge.questions, "not the answer")


def answer_rightly(portal: Portal, username: str) -> None:
    challenge = asked(portal.recovery.forgot_password(username))
    portal.recovery.answer(challenge.id, right(challenge))


def fail(portal: Portal, username: str, times: int) -> list[str]:
    """What so many wrong answers were answered."""
    told = []
    for _ in range(times):
        try:
            challenge = asked(portal.recovery.forgot_password(username))
            portal.recovery.answer(challenge.id, wrong(challenge))
        except WrongAnswerError as refusal:
            told.append(f"wrong_answer: {refusal.attempts_left}")
        except RefusedError as refusal:
            told.append(refusal.code)
    return told


def last_link(portal: Portal, notifier: RecordingNotifier) -> str:
    portal.work()
    return str(notifier.messages[-1].link).partition("#")[2]
