"""The practice's verbs of money, each called with a patient's id where it wants the id of something of theirs."""

from collections.abc import Callable
from datetime import date
from typing import Any

from patientportal import (
    Conclusion,
    Money,
    PaymentId,
    PaymentMethod,
    PracticeAccess,
    RefundId,
    RetractionReason,
    StatementId,
)
from patientportal.testing import Member

AMOUNT = Money.parse("1.00", "USD")
STATEMENT: dict[str, Any] = {
    "number": "A-1",
    "balance": Money.parse("100.00", "USD"),
    "issued_on": date(2026, 1, 2),
    "due_on": date(2026, 2, 1),
    "document": b"%PDF",
    "media_type": "application/pdf",
}


def record(method: PaymentMethod) -> Callable[[PracticeAccess, Member], object]:
    return lambda desk, member: desk.statements.record_payment(
        StatementId(member.patient_id), AMOUNT, method=method, received_on=date(2026, 1, 5)
    )


OF_MONEY: dict[str, Callable[[PracticeAccess, Member], object]] = {
    "statements.upload": lambda desk, member: desk.statements.upload(member.patient_id, **STATEMENT),
    "statements.resend": lambda desk, member: desk.statements.resend(
        StatementId(member.patient_id), due_on=STATEMENT["due_on"]
    ),
    "statements.retract": lambda desk, member: desk.statements.retract(
        StatementId(member.patient_id), RetractionReason.OTHER
    ),
    "statements.of_patient": lambda desk, member: desk.statements.of_patient(member.patient_id),
    "statements.get": lambda desk, member: desk.statements.get(StatementId(member.patient_id)),
    "statements.document": lambda desk, member: desk.statements.document(StatementId(member.patient_id)),
    "statements.payments": lambda desk, member: desk.statements.payments(member.patient_id),
    "statements.get_payment": lambda desk, member: desk.statements.get_payment(PaymentId(member.patient_id)),
    "statements.record_payment": record(PaymentMethod.CASH),
    "statements.record_payment(insurer)": record(PaymentMethod.INSURER),
    "statements.record_payment(reduction)": record(PaymentMethod.REDUCTION),
    "statements.refund": lambda desk, member: desk.statements.refund(PaymentId(member.patient_id)),
    "statements.refund(by_hand)": lambda desk, member: desk.statements.refund(
        PaymentId(member.patient_id), by_hand=True
    ),
    "statements.refunds": lambda desk, member: desk.statements.refunds(member.patient_id),
    "statements.get_refund": lambda desk, member: desk.statements.get_refund(RefundId(member.patient_id)),
    "statements.unclear": lambda desk, _: desk.statements.unclear(),
    "statements.conclude": lambda desk, member: desk.statements.conclude(
        PaymentId(member.patient_id), Conclusion.NOT_MADE
    ),
    "statements.unclear_refunds": lambda desk, _: desk.statements.unclear_refunds(),
    "statements.conclude_refund": lambda desk, member: desk.statements.conclude_refund(
        RefundId(member.patient_id), Conclusion.NOT_MADE
    ),
}
NO_SUCH_MONEY = set(OF_MONEY) - {
    *("statements.upload", "statements.of_patient", "statements.payments", "statements.refunds"),
    *("statements.unclear", "statements.unclear_refunds"),
}
"""Those that find nothing, because a patient's id is nothing of theirs."""
