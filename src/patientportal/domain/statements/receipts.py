"""What a patient is told by a message of what became of their payment."""

from datetime import datetime

from patientportal.domain.ids import MessageId
from patientportal.domain.messages.facts import PaymentNotMadeFacts, PaymentReceiptFacts
from patientportal.domain.messages.messages import InboxMessage, written

from .payments import Payment
from .statements import Statement


def receipt(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    """What a patient is told of a payment that counts; of a statement that was taken back nothing is said."""
    named = None if statement.is_retracted else statement
    facts = PaymentReceiptFacts(
        amount=payment.amount,
        statement_number=None if named is None else named.number,
        paid=None if named is None else named.paid,
        balance=None if named is None else named.balance,
    )
    return written(facts, patient_id=payment.patient_id, message_id=message_id, about_id=payment.id, now=now)


def not_made(statement: Statement, payment: Payment, *, message_id: MessageId, now: datetime) -> InboxMessage:
    """What a patient is told of a payment that ended without being charged, likewise."""
    number = None if statement.is_retracted else statement.number
    facts = PaymentNotMadeFacts(amount=payment.amount, statement_number=number)
    return written(facts, patient_id=payment.patient_id, message_id=message_id, about_id=payment.id, now=now)
