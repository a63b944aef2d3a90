"""Concluding what only somebody can: a payment whose end no processor says, or of which it charged something else."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MessageId, PaymentId, StatementId
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import line
from patientportal.domain.values.types import of_type

from .counting import moves, recounted
from .payments import Payment, PaymentStatus
from .receipts import not_made, receipt
from .settlement import ENDED_UNCHARGED, counted, released
from .statements import Statement

REFERENCE_MAX = 255


@unique
class Conclusion(StrEnum):
    """What somebody found out about a payment or a refund, with the processor's own list before them."""

    PAID = "paid"
    """Exactly its amount is charged, or given back: it counts."""
    NOT_MADE = "not_made"
    """Nothing is: nothing ever was, or what was charged has been given back by the processor's own means."""


@frozen(kw_only=True)
class PaymentConcluded(Event):
    """Somebody at the practice has said what became of a payment.

    Attributes:
        payment_id: which.
        statement_id: of which statement it was made.
        amount: the payment's.
        was: where it stood.
        charged: what the processor had said it had charged; ``None``: it hadn't said.
        conclusion: what they found.
    """

    name: ClassVar[str] = "payment_concluded"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    was: PaymentStatus
    charged: Money | None
    conclusion: Conclusion


@frozen(kw_only=True)
class PaymentNotUnclearError(RefusedError):
    """It is known what became of this payment, or workers are still finding out. Nothing changed.

    Attributes:
        status: where the payment stands.
    """

    code: ClassVar[str] = "payment_not_unclear"
    status: PaymentStatus


@frozen(kw_only=True)
class ChargedOtherwiseError(RefusedError):
    """Another amount than the payment's was charged, which never counts: give it back. Nothing changed.

    Attributes:
        charged: what the processor says it has charged.
    """

    code: ClassVar[str] = "charged_otherwise"
    charged: Money


@frozen(kw_only=True)
class Concluded:
    """It has ended; the patient is told where that is news to them."""

    statement: Statement | None = changed()
    payment: Payment = changed()
    message: InboxMessage | None = added()
    event: PaymentConcluded = happened()


def usable_conclusion(conclusion: object) -> Conclusion:
    """What somebody may conclude.

    Raises:
        TypeError: it isn't a ``Conclusion``.
    """
    return of_type(conclusion, Conclusion, field="conclusion")


def usable_reference(reference: object) -> str | None:
    """The processor's name for a charge, as its list shows it: one line of at most 255 characters, or none.

    Raises:
        TypeError: it is neither a ``str`` nor ``None``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return None if reference is None else line(reference, field="reference", at_most=REFERENCE_MAX)


def counts_where(payment: Payment, statements: Sequence[Statement]) -> Statement:
    """The statement on which a payment counts that somebody concludes: where it does, if it is pending.

    One that had ended without moved with no upload: it counts on the current one like one that settles now
    (``counting.moves``), else where it stood.

    Args:
        payment: the patient's.
        statements: all the patient's.
    """
    retracted = {one.id for one in statements if one.is_retracted}
    settling = evolve(payment, status=PaymentStatus.PENDING, ended_at=None)
    for one in statements:
        if one.is_current and payment.status in ENDED_UNCHARGED and moves(settling, to=one, retracted=retracted):
            return one
    return next(one for one in statements if one.id == payment.counts_on)


def conclude(
    statement: Statement,
    payment: Payment,
    *,
    conclusion: Conclusion,
    reference: str | None,
    message_id: MessageId,
    now: datetime,
) -> Concluded:
    """Somebody says what became of a payment that is unclear; another amount than its own never counts.

    What is charged is the patient's money: it counts, also where its amount was paid otherwise meanwhile.

    Args:
        statement: on which the payment counts, or is to: see ``counts_where``.
        payment: the patient's.
        conclusion: what they found.
        reference: the processor's name for the charge; ``None``: the one that it has told.
        message_id: a fresh one, of what the patient is told.
        now: UTC.

    Raises:
        PaymentNotUnclearError: nobody is asked to conclude it.
        ChargedOtherwiseError: it is to count, and another amount was charged.
        BadInputError: it is to count, and nobody has said its ``reference``: ``empty``.
    """
    if payment.unclear_since is None:
        raise PaymentNotUnclearError(status=payment.status)
    event = PaymentConcluded(
        payment_id=payment.id,
        statement_id=payment.statement_id,
        amount=payment.amount,
        was=payment.status,
        charged=payment.charged,
        conclusion=conclusion,
    )
    if conclusion is Conclusion.NOT_MADE:
        return _not_made(statement, payment, event=event, message_id=message_id, now=now)
    if payment.charged is not None and payment.charged != payment.amount:
        raise ChargedOtherwiseError(charged=payment.charged)
    name = reference or payment.charged_reference
    if name is None:
        raise BadInputError(field="reference", problem="empty")
    paid, ended = counted(statement, payment, reference=name, now=now)
    message = receipt(paid, payment, message_id=message_id, now=now)
    return Concluded(statement=paid, payment=ended, message=message, event=event)


def _not_made(
    statement: Statement, payment: Payment, *, event: PaymentConcluded, message_id: MessageId, now: datetime
) -> Concluded:
    """What was pending isn't any more; what had ended stays, and the patient was told of that."""
    if payment.status is not PaymentStatus.PENDING:
        ended = evolve(payment, unclear_since=None)
        return Concluded(statement=None, payment=ended, message=None, event=event)
    ended = released(payment, now=now)
    return Concluded(
        statement=recounted(statement, before=payment, after=ended),
        payment=ended,
        message=not_made(statement, payment, message_id=message_id, now=now),
        event=event,
    )
