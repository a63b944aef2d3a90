"""Statements and payments as ``StatementsMachine`` compares them: as they are shown."""

from collections.abc import Iterable

from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.statements import StatementDetails

Seen = tuple[object, ...]


def statement_shown(one: StatementDetails) -> Seen:
    """A statement as it is shown."""
    return (
        one.statement_id,
        one.number,
        one.balance,
        (one.paid.minor_units, one.pending.minor_units, one.remaining.minor_units),
        (one.issued_on, one.due_on, one.uploaded_at),
        one.status,
        one.is_overdue,
    )


def payment_shown(one: PaymentDetails) -> Seen:
    """A payment as it is shown; see ``Payment.shown`` of the model."""
    return (
        one.payment_id,
        one.statement_id,
        one.amount,
        one.status,
        one.requested_at,
        one.ended_at,
        one.decline_code,
        one.reference,
        one.charged,
        one.unclear_since,
    )


def payments_shown(payments: Iterable[PaymentDetails]) -> list[Seen]:
    """Payments as they are shown."""
    return [payment_shown(one) for one in payments]
