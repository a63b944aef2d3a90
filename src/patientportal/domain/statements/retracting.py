"""Taking a statement back: it is out of its patient's sight at once, and the one before is the current one again."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import StatementId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.support.support import SupportRequest, reopened
from patientportal.domain.values.retractions import RetractionReason

from .counting import Moved, moved, moves
from .payments import Payment, PaymentStatus
from .statements import Statement, StatementStatus


@frozen(kw_only=True)
class StatementRetracted(Event):
    """The practice took a statement back; what it said stands nowhere in this.

    Attributes:
        statement_id: which.
        reason: why.
        was_opened: whether its patient had opened it.
        current_id: the one that is the current one again; ``None``: it wasn't current itself, or there is none.
        requests_reopened: how many requests that it had answered are open again.
        payments_moved: how many payments count on the current one that counted elsewhere.
    """

    name: ClassVar[str] = "statement_retracted"
    statement_id: StatementId
    reason: RetractionReason
    was_opened: bool
    current_id: StatementId | None
    requests_reopened: int
    payments_moved: int


@frozen(kw_only=True)
class Retracted:
    """It is taken back."""

    statements: tuple[Statement, ...] = changed()
    payments: tuple[Payment, ...] = changed()
    requests: tuple[SupportRequest, ...] = changed()
    event: StatementRetracted = happened()


def retract(
    statement: Statement,
    *,
    reason: RetractionReason,
    others: Sequence[Statement],
    payments: Sequence[Payment],
    answered: Sequence[SupportRequest],
    open_requests: Sequence[SupportRequest],
    now: datetime,
) -> Retracted | Unchanged:
    """A statement is taken back, once; if it was the current one, the one issued last of the others is that again.

    That one takes what counts on any that was taken back, for a payment is the patient's money until it is given back,
    and what its own books couldn't know. What is pending of the one that is taken back is looked at at once, and never
    asked for again. What it had answered is open again.

    Args:
        statement: the patient's.
        reason: why.
        others: all the other statements of the patient.
        payments: all the patient's payments.
        answered: the requests that it had answered, the oldest first.
        open_requests: those of the patient's that are open, of any statement.
        now: UTC.
    """
    if statement.is_retracted:
        return Unchanged()
    gone = evolve(statement, status=StatementStatus.RETRACTED, retracted_at=now)
    standing = [one for one in others if not one.is_retracted]
    back = max(standing, key=lambda one: one.place, default=None) if statement.is_current else None
    taken = Moved(to=gone, holders={}, payments=()) if back is None else _brought_back(back, [gone, *others], payments)
    requests = reopened(answered, open_requests=open_requests)
    return Retracted(
        statements=tuple(({gone.id: gone} | taken.holders | {taken.to.id: taken.to}).values()),
        payments=_marked(payments, taken.payments, of=statement.id, now=now),
        requests=requests,
        event=StatementRetracted(
            statement_id=statement.id,
            reason=reason,
            was_opened=statement.opened_at is not None,
            current_id=None if back is None else back.id,
            requests_reopened=len(requests),
            payments_moved=len(taken.payments),
        ),
    )


def _brought_back(back: Statement, others: Sequence[Statement], payments: Sequence[Payment]) -> Moved:
    """The one before is the current one again, and takes what counts on those that were taken back."""
    holders = {one.id: one for one in others}
    retracted = {one.id for one in others if one.is_retracted}
    current = evolve(back, status=StatementStatus.CURRENT)
    moving = [one for one in payments if moves(one, to=current, retracted=retracted)]
    return moved(moving, to=current, holders=holders)


def _marked(
    payments: Sequence[Payment], taken: Sequence[Payment], *, of: StatementId, now: datetime
) -> tuple[Payment, ...]:
    """The payments that changed: those that count elsewhere, and those that were made on what is taken back."""
    changed_ones = {one.id: one for one in taken}
    for payment in payments:
        if payment.statement_id == of:
            is_pending = payment.status is PaymentStatus.PENDING
            changed_ones[payment.id] = evolve(
                changed_ones.get(payment.id, payment),
                statement_retracted=True,
                look_at=now if is_pending else payment.look_at,
            )
    return tuple(changed_ones.values())
