"""An account with its security answers, challenges to it, and how each is answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from patientportal.domain.accounts import challenges, links
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.challenges import (
    Answered,
    AnsweredInVain,
    AnsweredWrongly,
    AnswersChecked,
    AnswerWrong,
    Flow,
    RecoveryChallenge,
    RecoveryClosed,
    RecoveryGuard,
)
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.ids import NOBODY, LinkId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy, RecoveryPolicy

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
POLICY = Policy(zone="UTC")
PET, STREET, BOOK = SecurityQuestion.FIRST_PET, SecurityQuestion.FIRST_STREET, SecurityQuestion.FAVOURITE_BOOK
SUBJECT = b"hash of the subject"
LINK_ID = LinkId("l-9")
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - DAY)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW - DAY,
    password_changed_at=NOW - DAY,
)
ANSWERS = SecurityAnswers(
    patient_id=PATIENT.id,
    answers=(
        SecurityAnswer(question=STREET, folding=1, answer_hash="of the street"),
        SecurityAnswer(question=BOOK, folding=1, answer_hash="of the book"),
        SecurityAnswer(question=PET, folding=1, answer_hash="of the pet"),
    ),
)
OTHER_ANSWERS = evolve(ANSWERS, answers=(SecurityAnswer(question=PET, folding=1, answer_hash="of another pet"),))
CHALLENGE = RecoveryChallenge(
    patient_id=PATIENT.id,
    subject_hash=SUBJECT,
    flow=Flow.PASSWORD,
    questions=(PET,),
    started_at=NOW,
)
OF_TWO = evolve(CHALLENGE, flow=Flow.USERNAME, questions=(PET, STREET))
DECOY = evolve(CHALLENGE, patient_id=NOBODY)
RIGHT = AnswersChecked(against=("of the pet",), matched=True)
WRONG = AnswersChecked(against=("of the pet",), matched=False)
DECOYED = AnswersChecked(against=("decoy",), matched=True)
GUARD = RecoveryGuard(subject_hash=SUBJECT, failed_answers=3, last_failed_at=NOW - MINUTE)
CLOSED = evolve(GUARD, failed_answers=4, last_failed_at=NOW, closed_at=NOW)
OPEN_LINK = links.requested(PATIENT.id, LinkId("l-1"), Purpose.PASSWORD_RESET, now=NOW)

Answer = Answered | AnsweredInVain | AnsweredWrongly


def answer(**changes: Any) -> Answer:
    facts: dict[str, Any] = {
        "challenge": CHALLENGE,
        "guard": None,
        "patient": PATIENT,
        "account": ACCOUNT,
        "answers": ANSWERS,
        "checked": RIGHT,
        "open_links": (),
        "linked_since": False,
        "mailed": 0,
        "now": NOW,
        "policy": POLICY,
    } | changes
    return challenges.answer(facts.pop("challenge"), link_id=LINK_ID, **facts)


def with_limits(**limits: Any) -> Policy:
    return Policy(zone="UTC", recovery=RecoveryPolicy(**limits))


def wrong(attempt: int, *, now: datetime = NOW, attempts_left: int) -> AnsweredWrongly:
    """A wrong answer that was counted and closes nothing yet."""
    return AnsweredWrongly(
        guard=RecoveryGuard(subject_hash=SUBJECT, failed_answers=attempt, last_failed_at=now),
        event=AnswerWrong(attempt=attempt),
        attempts_left=attempts_left,
    )


def closing(attempt: int, *, now: datetime = NOW) -> AnsweredWrongly:
    """The wrong answer that closed recovery."""
    return AnsweredWrongly(
        guard=RecoveryGuard(subject_hash=SUBJECT, failed_answers=attempt, last_failed_at=now, closed_at=now),
        event=RecoveryClosed(attempt=attempt),
        attempts_left=0,
    )
