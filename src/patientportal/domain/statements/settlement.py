"""What becomes of a payment that was reserved: settled, declined or released, once, and to the cent."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import MessageId, PaymentId, StatementId
from patientportal.domain.messages.messages import InboxMessage, MessageKind
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.values.money import Money

from .payments import Payment, PaymentStatus
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
    """The processor has charged what it had declined or promised never to charge: somebody has to give it back."""

    name: ClassVar[str] = "payment_charged_after_all"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


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
class ChargedAfterAll:
    """It stays what it was, for what it had reserved may be paid by now."""

    payment: Payment
    event: PaymentChargedAfterAll = happened()


@frozen(kw_only=True)
class Postponed:
    """A worker looks now, and if it finds out nothing, one looks again later."""

    payment: Payment = changed()


def settle(
    statement: Statement, payment: Payment, *, reference: str, message_id: MessageId, now: datetime
) -> Settled | ChargedAfterAll | Unchanged:
    """What was pending is paid, on whichever statement it was reserved, and the patient gets a receipt; once.

    That a payment was charged which had ended without that is written down, and is to be given back by hand.

    Args:
        statement: the payment's.
        payment: the patient's.
        reference: the processor's name for it.
        message_id: a fresh one, of the receipt.
        now: UTC.
    """
    if payment.status in ENDED_UNCHARGED:
        event = PaymentChargedAfterAll(payment_id=payment.id, statement_id=statement.id, amount=payment.amount)
        return ChargedAfterAll(payment=payment, event=event)
    if payment.status is not PaymentStatus.PENDING:
        return Unchanged()
    units = payment.amount.minor_units
    paid = evolve(
        statement,
        pending_minor_units=statement.pending_minor_units - units,
        paid_minor_units=statement.paid_minor_units + units,
    )
    return Settled(
        statement=paid,
        payment=evolve(payment, status=PaymentStatus.SETTLED, reference=reference, look_at=None, ended_at=now),
        message=_receipt(paid, payment, message_id=message_id, now=now),
        event=PaymentSettled(payment_id=payment.id, statement_id=statement.id, amount=payment.amount),
    )


def _receipt(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    return InboxMessage(
        patient_id=payment.patient_id,
        id=message_id,
        kind=MessageKind.PAYMENT_RECEIPT,
        about_id=payment.id,
        subject="Receipt for your payment",
        body=(
            f"We have received your payment of {payment.amount} for statement {statement.number}.\n\n"
            f"Paid of this statement until now: {statement.paid} of {statement.balance}."
        ),
        sent_at=now,
    )


def decline(
    statement: Statement, payment: Payment, *, code: str, message_id: MessageId, now: datetime
) -> Declined | Unchanged:
    """What was pending wasn't charged and remains to be paid, and the patient is told; once.

    Args:
        statement: the payment's.
        payment: the patient's.
        code: why, in the processor's words.
        message_id: a fresh one, of what is told.
        now: UTC.
    """
    if payment.status is not PaymentStatus.PENDING:
        return Unchanged()
    return Declined(
        statement=_unreserved(statement, payment),
        payment=evolve(payment, status=PaymentStatus.DECLINED, decline_code=code, look_at=None, ended_at=now),
        message=_not_made(statement, payment, message_id=message_id, now=now),
        event=PaymentDeclined(payment_id=payment.id, statement_id=statement.id, amount=payment.amount),
    )


def release(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> Released | Unchanged:
    """What was pending was never charged and never will be; it remains to be paid, and the patient is told; once.

    Args:
        statement: the payment's.
        payment: the patient's, which the processor has voided.
        message_id: a fresh one, of what is told.
        now: UTC.
    """
    if payment.status is not PaymentStatus.PENDING:
        return Unchanged()
    return Released(
        statement=_unreserved(statement, payment),
        payment=evolve(payment, status=PaymentStatus.RELEASED, look_at=None, ended_at=now),
        message=_not_made(statement, payment, message_id=message_id, now=now),
        event=PaymentReleased(payment_id=payment.id, statement_id=statement.id, amount=payment.amount),
    )


def _not_made(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    return InboxMessage(
        patient_id=payment.patient_id,
        id=message_id,
        kind=MessageKind.PAYMENT_NOT_MADE,
        about_id=payment.id,
        subject="Your payment was not made",
        body=f"Your payment of {payment.amount} for statement {statement.number} was not made.",
        sent_at=now,
    )


def _unreserved(statement: Statement, payment: Payment) -> Statement:
    return evolve(statement, pending_minor_units=statement.pending_minor_units - payment.amount.minor_units)


def take(payment: Payment, *, now: datetime, look_at: datetime) -> Postponed | Unchanged:
    """A worker is about to look what became of a payment; so that it holds up no other, the next look comes later.

    Args:
        payment: anybody's.
        now: UTC.
        look_at: when it is looked at again, if this look finds out nothing.
    """
    if payment.look_at is None or payment.look_at > now:
        return Unchanged()
    return Postponed(payment=evolve(payment, look_at=look_at))
