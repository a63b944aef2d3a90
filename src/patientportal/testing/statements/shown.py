"""Statements, payments and refunds as ``StatementsMachine`` compares them: as they are shown."""

from collections.abc import Iterable

from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.refunds import RefundDetails
from patientportal.application.statements.statements import StatementDetails

Seen = tuple[object, ...]


def statement_shown(one: StatementDetails) -> Seen:
    """A statement as it is shown; see ``ModelBase.statement_shown``."""
    return (
        (one.statement_id, one.number, one.external_id, one.balance, one.covers_earlier, one.posted_until),
        tuple(money.minor_units for money in (one.paid, one.reduced, one.pending, one.remaining, one.credit)),
        (one.issued_on, one.due_on, one.uploaded_at, one.opened_at, one.retracted_at),
        one.status,
        one.is_overdue,
    )


def payment_shown(one: PaymentDetails) -> Seen:
    """A payment as it is shown; see ``Payment.shown`` of the model."""
    return (
        (one.payment_id, one.statement_id, one.counts_on, one.statement_retracted),
        (one.amount, one.method, one.refunded.minor_units, one.refunding.minor_units),
        one.status,
        (one.requested_at, one.received_on, one.ended_at),
        (one.decline_code, one.reference, one.external_id),
        (one.charged, one.unclear_since),
    )


def payments_shown(payments: Iterable[PaymentDetails]) -> list[Seen]:
    """Payments as they are shown."""
    return [payment_shown(one) for one in payments]


def refund_shown(one: RefundDetails) -> Seen:
    """A refund as it is shown; see ``Refund.shown`` of the model."""
    return (
        (one.refund_id, one.patient_id, one.payment_id),
        (one.amount.minor_units, one.by_hand, one.reason),
        one.status,
        (one.requested_at, one.ended_at, one.unclear_since),
    )
