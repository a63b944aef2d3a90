"""An account that somebody else than the patient has: it ends, with all that lets in, and the patient begins anew."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.outcomes import changed, happened, removed
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.values.stored import revised

from . import links, sessions
from .activation import Account, Username
from .challenges import RecoveryGuard
from .email_change import EmailChange
from .guards import LogInGuard
from .links import Link, LinkEnd
from .recovery_names import RecoveryName
from .security_questions import SecurityAnswers
from .sessions import Session


@unique
class AccountEndReason(StrEnum):
    """Why the practice ends an account."""

    WRONG_PERSON = "wrong_person"
    """Somebody else than the patient activated it."""
    TAKEN_OVER = "taken_over"
    """Somebody else got into it later."""
    PATIENT_ASKED = "patient_asked"
    """The patient doesn't want it, or wants to begin anew."""


@frozen(kw_only=True)
class AccountEnded(Event):
    """The practice ended an account; whoever had it isn't told."""

    name: ClassVar[str] = "account_ended"
    reason: AccountEndReason
    sessions_ended: int
    links_ended: int


@frozen(kw_only=True)
class Ended:
    """Nothing lets anybody in any more, the name is free, and mail goes where the practice says."""

    guard: LogInGuard | None = removed()
    recovery_guard: RecoveryGuard | None = removed()
    username: Username | None = removed()
    patient: Patient = changed()
    record: PersonalRecord = changed()
    recovery_name: RecoveryName | None = removed()
    account: Account = removed()
    answers: SecurityAnswers | None = removed()
    links: tuple[Link, ...] = changed()
    email_changes: tuple[EmailChange, ...] = removed()
    sessions: tuple[Session, ...] = changed()
    event: AccountEnded = happened()


def end(
    account: Account,
    *,
    patient: Patient,
    guard: LogInGuard | None,
    recovery_guard: RecoveryGuard | None,
    username: Username | None,
    record: PersonalRecord,
    recovery_name: RecoveryName | None,
    answers: SecurityAnswers | None,
    open_links: Sequence[Link],
    email_changes: Sequence[EmailChange],
    open_sessions: Sequence[Session],
    email: str,
    reason: AccountEndReason,
    now: datetime,
    policy: Policy,
) -> Ended:
    """An account ends with all that belongs to it, as if it had never been; what happened stays in the history.

    Args:
        account: the patient's.
        patient: whose record it is.
        guard: of its username; ``None`` when nothing was counted for it.
        recovery_guard: of the patient; ``None`` when nothing was counted.
        username: that it has.
        record: with the address of whoever has it.
        recovery_name: by which recovery finds it, if it does.
        answers: to security questions, if there are any.
        open_links: every open link of the patient.
        email_changes: every change of the address; with them goes what would be told to a former one.
        open_sessions: every session that nobody ended.
        email: the patient's own address.
        reason: why.
        now: UTC.
        policy: the practice's limits.
    """
    return Ended(
        guard=guard,
        recovery_guard=recovery_guard,
        username=username,
        patient=evolve(patient, activated_at=None),
        record=evolve(record, personal=revised(record.personal, email=email)),
        recovery_name=recovery_name,
        account=account,
        answers=answers,
        links=links.ended(open_links, LinkEnd.ACCOUNT_ENDED),
        email_changes=tuple(email_changes),
        sessions=sessions.ended(open_sessions, now=now),
        event=AccountEnded(
            reason=reason,
            sessions_ended=sessions.how_many_live(open_sessions, now=now, policy=policy),
            links_ended=len(open_links),
        ),
    )
