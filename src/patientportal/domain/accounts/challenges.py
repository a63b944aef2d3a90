"""Recovery by security question: what is asked, how often it may be answered wrongly, what a right answer brings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from . import links
from .activation import Account
from .links import Link, LinkEnd, Purpose
from .security_questions import SecurityAnswer, SecurityAnswers, SecurityQuestion

MAILS_WITHIN = timedelta(hours=1)


@unique
class Flow(StrEnum):
    """What was forgotten."""

    PASSWORD = "password"  # noqa: S105 - a code
    USERNAME = "username"


@frozen(kw_only=True)
class RecoveryGuard:
    """What counts the wrong answers: of an account whichever way they came, or of a name or person that nobody is.

    Attributes:
        subject_hash: HMAC-SHA-256 of whom it is about, under the portal's key.
        failed_answers: since the last right one, or since recovery opened again.
        last_failed_at: when the last of them was counted.
        closed_at: when it closed recovery by question; ``None`` while it doesn't.
    """

    subject_hash: bytes = field(repr=False)
    failed_answers: int
    last_failed_at: datetime
    closed_at: datetime | None = None


@frozen(kw_only=True)
class RecoveryChallenge:
    """Questions that somebody was asked, somebody known or not. Nothing is kept of it: a stranger may ask as they like.

    Attributes:
        patient_id: whose questions they are; ``NOBODY``: nobody's, they are decoys.
        subject_hash: of its guard.
        flow: what was forgotten.
        questions: what was asked.
        started_at: when.
    """

    patient_id: PatientId
    subject_hash: bytes = field(repr=False)
    flow: Flow
    questions: tuple[SecurityQuestion, ...] = field(repr=False)
    started_at: datetime


@frozen(kw_only=True)
class AnswerWrong(Event):
    """Security questions were answered wrongly."""

    name: ClassVar[str] = "answer_wrong"
    attempt: int


@frozen(kw_only=True)
class RecoveryClosed(Event):
    """One wrong answer too many: nobody is asked again until recovery opens by itself."""

    name: ClassVar[str] = "recovery_closed"
    attempt: int


@frozen(kw_only=True)
class RecoveryAnswered(Event):
    """Security questions were answered rightly; without a link: too many had been mailed within the hour."""

    name: ClassVar[str] = "recovery_answered"
    flow: Flow
    link_id: LinkId | None
    links_ended: int


@frozen(kw_only=True)
class ChallengeInvalidError(RefusedError):
    """No such challenge: unknown, answered, too old, or answers were replaced while checked. Nothing changed."""

    code: ClassVar[str] = "challenge_invalid"


@frozen(kw_only=True)
class WrongAnswerError(RefusedError):
    """An answer is wrong, or there is no such patient; the error doesn't say which. It was counted."""

    code: ClassVar[str] = "wrong_answer"
    attempts_left: int


@frozen(kw_only=True)
class RecoveryClosedError(RefusedError):
    """Too many wrong answers: recovery by question is closed for a day. Support can help. Nothing changed."""

    code: ClassVar[str] = "recovery_closed"


@frozen(kw_only=True)
class AnsweredWrongly:
    """A wrong answer that was counted; with ``attempts_left`` 0 it closed recovery."""

    guard: RecoveryGuard = changed()
    event: AnswerWrong | RecoveryClosed = happened()
    attempts_left: int


@frozen(kw_only=True)
class Answered:
    """A link will be mailed to the patient's address."""

    guard: RecoveryGuard | None = changed()
    ended: tuple[Link, ...] = changed()
    link: Link = added()
    event: RecoveryAnswered = happened()


@frozen(kw_only=True)
class AnsweredInVain:
    """A right answer after too many mails within an hour: it is answered alike, and none is mailed."""

    guard: RecoveryGuard | None = changed()
    event: RecoveryAnswered = happened()


@frozen(kw_only=True)
class AnswersChecked:
    """What the hasher said of the answers, outside the transaction.

    Attributes:
        against: the hashes that they were verified against, in the order of the challenge's questions.
        matched: whether all of them fit.
    """

    against: tuple[str, ...] = field(repr=False)
    matched: bool


def is_closed(guard: RecoveryGuard | None, *, now: datetime, policy: Policy) -> bool:
    """Whether recovery by question is closed for whom this guard is about."""
    return guard is not None and guard.closed_at is not None and now < guard.closed_at + policy.recovery.reopen_after


def require_open(guard: RecoveryGuard | None, *, now: datetime, policy: Policy) -> None:
    """Nobody is asked, and nobody's answer is looked at, while recovery by question is closed.

    Raises:
        RecoveryClosedError: there were too many wrong answers.
    """
    if is_closed(guard, now=now, policy=policy):
        raise RecoveryClosedError


def asked(challenge: RecoveryChallenge | None, *, now: datetime, policy: Policy) -> RecoveryChallenge:
    """The challenge itself, if it may still be answered.

    Raises:
        ChallengeInvalidError: it may not.
    """
    if (
        challenge is None
        or not policy.recovery.by_question
        or now >= challenge.started_at + policy.recovery.answer_within
    ):
        raise ChallengeInvalidError
    return challenge


def expected(challenge: RecoveryChallenge, answers: SecurityAnswers | None) -> tuple[SecurityAnswer | None, ...]:
    """The answers that are kept, question by question; ``None`` where nobody has answered such a question."""
    known = {} if answers is None else {answer.question: answer for answer in answers.answers}
    return tuple(known.get(question) for question in challenge.questions)


def answer(
    challenge: RecoveryChallenge,
    *,
    guard: RecoveryGuard | None,
    patient: Patient | None,
    account: Account | None,
    answers: SecurityAnswers | None,
    checked: AnswersChecked,
    open_links: Sequence[Link],
    linked_since: bool,
    mailed: int,
    link_id: LinkId,
    now: datetime,
    policy: Policy,
) -> Answered | AnsweredInVain | AnsweredWrongly:
    """All answers right have a link mailed; anything else counts, and the fourth closes recovery by question.

    A lock of the account doesn't matter here: this is the way back for whom it keeps out.

    Args:
        challenge: what was asked.
        guard: of whom it is about; ``None`` when nothing was counted.
        patient: whose questions they are, if anybody's.
        account: theirs.
        answers: what they have stored by now.
        checked: what the hasher said.
        open_links: their open links for a new password.
        linked_since: whether such a link was made since this was asked.
        mailed: how many such links were made within the last hour.
        link_id: a fresh one.
        now: UTC.
        policy: the practice's limits.

    Raises:
        ChallengeInvalidError: it is too old, or the patient replaced the answers while they were checked; or they are
            right, and a link was made since it was asked: it was answered before, or is needed no more.
        RecoveryClosedError: there were too many wrong answers.
    """
    asked(challenge, now=now, policy=policy)
    require_open(guard, now=now, policy=policy)
    stored = expected(challenge, answers)
    if any(one is not None and one.answer_hash != used for one, used in zip(stored, checked.against, strict=True)):
        raise ChallengeInvalidError
    is_theirs = checked.matched and None not in stored
    if not is_theirs or patient is None or not patient.is_active or account is None:
        return _count(guard, challenge.subject_hash, now=now, policy=policy)
    if linked_since:
        raise ChallengeInvalidError
    if mailed >= policy.recovery.mails_an_hour:
        in_vain = RecoveryAnswered(flow=challenge.flow, link_id=None, links_ended=0)
        return AnsweredInVain(guard=_cleared(guard), event=in_vain)
    return Answered(
        guard=_cleared(guard),
        ended=links.ended(open_links, LinkEnd.REPLACED),
        link=links.requested(patient.id, link_id, Purpose.PASSWORD_RESET, now=now),
        event=RecoveryAnswered(flow=challenge.flow, link_id=link_id, links_ended=len(open_links)),
    )


def _count(guard: RecoveryGuard | None, subject_hash: bytes, *, now: datetime, policy: Policy) -> AnsweredWrongly:
    earlier = 0 if guard is None or guard.closed_at is not None else guard.failed_answers
    failed = earlier + 1
    left = max(policy.recovery.attempts - failed, 0)
    return AnsweredWrongly(
        guard=RecoveryGuard(
            subject_hash=subject_hash,
            failed_answers=failed,
            last_failed_at=now,
            closed_at=None if left else now,
        ),
        event=AnswerWrong(attempt=failed) if left else RecoveryClosed(attempt=failed),
        attempts_left=left,
    )


def _cleared(guard: RecoveryGuard | None) -> RecoveryGuard | None:
    if guard is None or (guard.failed_answers == 0 and guard.closed_at is None):
        return None
    return evolve(guard, failed_answers=0, closed_at=None)
