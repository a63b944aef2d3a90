"""What becomes of a payment that was reserved: settled, declined or released, once, and to the cent."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import MessageId, PaymentId, StatementId
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.values.money import Money

from .counting import recounted
from .payments import Payment, PaymentStatus
from .receipts import not_made, receipt
from .statements import Statement

ENDED_UNCHARGED = frozenset({PaymentStatus.DECLINED, PaymentStatus.RELEASED})
"""How a payment ends that the processor is never to charge any more."""


@frozen(kw_only=True)
class PaymentSettled(Event):
    """The processor has charged it."""

    name: ClassVar[str] = "payment_settled"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class PaymentDeclined(Event):
    """The processor wouldn't charge it."""

    name: ClassVar[str] = "payment_declined"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class PaymentReleased(Event):
    """It never reached the processor, which has promised not to charge it any more."""

    name: ClassVar[str] = "payment_released"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class PaymentChargedAfterAll(Event):
    """The processor has charged what it had declined or promised never to charge: somebody has to conclude it."""

    name: ClassVar[str] = "payment_charged_after_all"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    charged: Money


@frozen(kw_only=True)
class PaymentChargedOtherwise(Event):
    """The processor has charged another amount than the payment's: somebody has to conclude it."""

    name: ClassVar[str] = "payment_charged_otherwise"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    charged: Money


@frozen(kw_only=True)
class Settled:
    """It is paid, and the receipt is in the inbox."""

    statement: Statement = changed()
    payment: Payment = changed()
    message: InboxMessage = added()
    event: PaymentSettled = happened()


@frozen(kw_only=True)
class Declined:
    """It isn't paid, nothing of it is reserved any more, and the inbox says so."""

    statement: Statement = changed()
    payment: Payment = changed()
    message: InboxMessage = added()
    event: PaymentDeclined = happened()


@frozen(kw_only=True)
class Released:
    """It never was charged and never will be; nothing of it is reserved any more, and the inbox says so."""

    statement: Statement = changed()
    payment: Payment = changed()
    message: InboxMessage = added()
    event: PaymentReleased = happened()


@frozen(kw_only=True)
class Unclear:
    """It stays where it stood, and waits for somebody to conclude it."""

    payment: Payment = changed()
    event: PaymentChargedAfterAll | PaymentChargedOtherwise = happened()


def settle(
    statement: Statement, payment: Payment, *, charged: Money, reference: str, message_id: MessageId, now: datetime
) -> Settled | Unclear | Unchanged:
    """What was pending is paid, on whichever statement it counts, and the patient gets a receipt; once.

    Another amount than the payment's never settles it: what was charged is written down and waits for somebody, and
    so does what was charged of a payment that had ended without.

    Args:
        statement: on which the payment counts.
        payment: the patient's.
        charged: what the processor says it has charged.
        reference: the processor's name for it.
        message_id: a fresh one, of the receipt.
        now: UTC.
    """
    is_pending = payment.status is PaymentStatus.PENDING
    if payment.status in ENDED_UNCHARGED or (is_pending and charged != payment.amount):
        return _unclear(payment, charged=charged, reference=reference, now=now)
    if not is_pending:
        return Unchanged()
    paid, ended = counted(statement, payment, reference=reference, now=now)
    return Settled(
        statement=paid,
        payment=ended,
        message=receipt(paid, payment, message_id=message_id, now=now),
        event=PaymentSettled(payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount),
    )


def _unclear(payment: Payment, *, charged: Money, reference: str, now: datetime) -> Unclear | Unchanged:
    if (payment.charged, payment.charged_reference) == (charged, reference):
        return Unchanged()
    is_after_all = payment.status in ENDED_UNCHARGED
    happening = PaymentChargedAfterAll if is_after_all else PaymentChargedOtherwise
    return Unclear(
        payment=evolve(
            payment,
            charged_minor_units=charged.minor_units,
            charged_currency=charged.currency,
            charged_reference=reference,
            unclear_since=payment.unclear_since or now,
        ),
        event=happening(
            payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount, charged=charged
        ),
    )


def counted(statement: Statement, payment: Payment, *, reference: str, now: datetime) -> tuple[Statement, Payment]:
    """A statement and its payment once that counts as paid, whether it was pending until now or had ended without."""
    ended = evolve(
        payment,
        counts_on=statement.id,
        status=PaymentStatus.SETTLED,
        reference=reference,
        decline_code=None,
        look_at=None,
        ended_at=now,
        charged_minor_units=None,
        charged_currency=None,
        charged_reference=None,
        unclear_since=None,
    )
    return recounted(statement, before=payment, after=ended), ended


def decline(
    statement: Statement, payment: Payment, *, code: str, message_id: MessageId, now: datetime
) -> Declined | Unchanged:
    """What was pending wasn't charged and remains to be paid, and the patient is told; once.

    Where the processor had said that something was charged, somebody concludes it.

    Args:
        statement: on which the payment counts.
        payment: the patient's.
        code: why, in the processor's words.
        message_id: a fresh one, of what is told.
        now: UTC.
    """
    if payment.status is not PaymentStatus.PENDING or payment.charged is not None:
        return Unchanged()
    declined = evolve(
        payment, status=PaymentStatus.DECLINED, decline_code=code, look_at=None, ended_at=now, unclear_since=None
    )
    return Declined(
        statement=recounted(statement, before=payment, after=declined),
        payment=declined,
        message=not_made(statement, payment, message_id=message_id, now=now),
        event=PaymentDeclined(payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount),
    )


def release(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> Released | Unchanged:
    """What was pending was never charged and never will be; it remains to be paid, and the patient is told; once.

    Where the processor had said that something was charged, somebody concludes it.

    Args:
        statement: on which the payment counts.
        payment: the patient's, which the processor has voided.
        message_id: a fresh one, of what is told.
        now: UTC.
    """
    if payment.status is not PaymentStatus.PENDING or payment.charged is not None:
        return Unchanged()
    ended = released(payment, now=now)
    return Released(
        statement=recounted(statement, before=payment, after=ended),
        payment=ended,
        message=not_made(statement, payment, message_id=message_id, now=now),
        event=PaymentReleased(payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount),
    )


def released(payment: Payment, *, now: datetime) -> Payment:
    """A payment that was pending, once it is known not to be made."""
    return evolve(payment, status=PaymentStatus.RELEASED, look_at=None, ended_at=now, unclear_since=None)
