"""Two statements of a patient's, requests for one, and what is paid on them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve

from patientportal.domain.ids import PatientId, PaymentId, StaffId, StatementId, SupportRequestId
from patientportal.domain.policy import Policy
from patientportal.domain.statements.counting import recounted
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import Statement, StatementDocument, StatementStatus
from patientportal.domain.support.support import for_statement
from patientportal.domain.values.money import Money

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NEW_YORK = Policy(zone="America/New_York")
STAFF = StaffId("staff-1")
ADA = PatientId("p-1")
STATEMENT = Statement(
    patient_id=ADA,
    id=StatementId("s-1"),
    number="A-1",
    balance=Money.parse("100.00", "USD"),
    issued_on=date(2026, 1, 1),
    due_on=date(2026, 1, 31),
    posted_until=datetime(2026, 1, 1, 5, tzinfo=UTC),
    uploaded_at=NOW,
)
NEXT = evolve(
    STATEMENT,
    id=StatementId("s-2"),
    number="A-2",
    issued_on=date(2026, 1, 6),
    due_on=date(2026, 2, 28),
    posted_until=datetime(2026, 1, 6, 5, tzinfo=UTC),
    uploaded_at=NOW + timedelta(days=1),
)
SUPERSEDED = evolve(STATEMENT, status=StatementStatus.SUPERSEDED)
DOCUMENT = StatementDocument(patient_id=ADA, statement_id=NEXT.id, media_type="application/pdf", content=b"%PDF")
FOR_NEW = for_statement(ADA, SupportRequestId("r-1"), statement_id=None, now=NOW)
FOR_RESEND = for_statement(ADA, SupportRequestId("r-2"), statement_id=STATEMENT.id, now=NOW)


def paid(name: str, amount: str, *, settled: datetime | None, on: Statement = STATEMENT, **otherwise: Any) -> Payment:
    """A payment, settled at this moment; ``None``: pending."""
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "id": PaymentId(name),
        "statement_id": on.id,
        "counts_on": on.id,
        "amount": Money.parse(amount, on.balance.currency),
        "is_full": False,
        "source_hash": b"a" * 32,
        "requested_at": NOW,
        "status": PaymentStatus.PENDING if settled is None else PaymentStatus.SETTLED,
        "look_at": NOW if settled is None else None,
        "ended_at": settled,
        "reference": None if settled is None else "ch-1",
    }
    return Payment(**usual | otherwise)


def holding(statement: Statement, *payments: Payment) -> Statement:
    """A statement with the sums of these payments, which count on it."""
    for payment in payments:
        statement = recounted(statement, after=payment)
    return statement


def sums(statement: Statement) -> tuple[int, int, int]:
    """What is paid, let off and pending."""
    return statement.paid_minor_units, statement.reduced_minor_units, statement.pending_minor_units
