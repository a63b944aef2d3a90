"""What a patient is told by a message of what became of their payment."""

from datetime import datetime

from patientportal.domain.ids import MessageId
from patientportal.domain.messages.messages import InboxMessage, MessageKind

from .payments import Payment
from .statements import Statement


def receipt(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    """What a patient is told of a payment that counts."""
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


def not_made(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    """What a patient is told of a payment that ended without being charged."""
    return InboxMessage(
        patient_id=payment.patient_id,
        id=message_id,
        kind=MessageKind.PAYMENT_NOT_MADE,
        about_id=payment.id,
        subject="Your payment was not made",
        body=f"Your payment of {payment.amount} for statement {statement.number} was not made.",
        sent_at=now,
    )
