"""What counts on a statement: each payment on exactly one, whose sums are those of its payments."""

from collections.abc import Collection, Mapping, Sequence

from attrs import evolve, frozen

from patientportal.domain.ids import StatementId

from .payments import Payment, PaymentMethod, PaymentStatus
from .statements import Statement

COUNTING = frozenset({PaymentStatus.PENDING, PaymentStatus.SETTLED})
"""The payments that count on anything."""


@frozen
class Moved:
    """What counts elsewhere from now on.

    Attributes:
        to: the statement on which it counts.
        holders: those on which it counted, by their ids.
        payments: it.
    """

    to: Statement
    holders: dict[StatementId, Statement]
    payments: tuple[Payment, ...]


def recounted(statement: Statement, *, before: Payment | None = None, after: Payment | None = None) -> Statement:
    """A statement's sums once one of its payments is another.

    Args:
        statement: on which it counts.
        before: the payment as it was; ``None``: it didn't count on this one.
        after: as it is from now on; ``None``: it doesn't count on this one any more.
    """
    paid, reduced, pending = (new - old for new, old in zip(_share(after), _share(before), strict=True))
    return evolve(
        statement,
        paid_minor_units=statement.paid_minor_units + paid,
        reduced_minor_units=statement.reduced_minor_units + reduced,
        pending_minor_units=statement.pending_minor_units + pending,
    )


def _share(payment: Payment | None) -> tuple[int, int, int]:
    """What of a payment is paid, let off and pending."""
    if payment is None or payment.status not in COUNTING:
        return 0, 0, 0
    if payment.status is PaymentStatus.PENDING:
        return 0, 0, payment.amount.minor_units
    kept = payment.amount.minor_units - payment.refunded_minor_units
    return (0, kept, 0) if payment.method is PaymentMethod.REDUCTION else (kept, 0, 0)


def was_posted(payment: Payment, statement: Statement) -> bool:
    """Whether the practice's books knew a payment when they made a statement: it is in the balance."""
    return payment.ended_at is not None and payment.ended_at < statement.posted_until


def moves(payment: Payment, *, to: Statement, retracted: Collection[StatementId] = ()) -> bool:
    """Whether a payment counts on a statement that becomes current, wherever it counted before.

    What its books couldn't know does, if it covers what was owed before: what is pending, and what was settled since.
    So does what counts on one that was taken back, whenever it was settled, if that brings this one back.

    Args:
        payment: the patient's.
        to: the statement that becomes current.
        retracted: the patient's statements that were taken back, where that brings this one back.
    """
    if payment.status not in COUNTING or payment.amount.currency != to.balance.currency or payment.counts_on == to.id:
        return False
    return payment.counts_on in retracted or (to.covers_earlier and not was_posted(payment, to))


def moved(payments: Sequence[Payment], *, to: Statement, holders: Mapping[StatementId, Statement]) -> Moved:
    """These payments count on another statement from now on.

    Args:
        payments: those that move.
        to: where to.
        holders: every statement on which one of them counted, by its id.
    """
    left: dict[StatementId, Statement] = {}
    for payment in payments:
        holder = left.get(payment.counts_on, holders[payment.counts_on])
        left[holder.id] = recounted(holder, before=payment)
        to = recounted(to, after=payment)
    return Moved(to=to, holders=left, payments=tuple(evolve(one, counts_on=to.id) for one in payments))
