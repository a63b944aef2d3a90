"""A statement of a hundred dollars, and payments of it that are ordered, reserved and settled."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve

from patientportal.domain.ids import MessageId, PatientId, PaymentId, StatementId
from patientportal.domain.policy import PaymentPolicy, Policy
from patientportal.domain.statements import paying as rules
from patientportal.domain.statements import settlement
from patientportal.domain.statements.payments import Pay, Payment, PaymentOrder, Reserved
from patientportal.domain.statements.settlement import Settled
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.values.money import Money

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER, LOOK_AT = NOW + timedelta(seconds=2), NOW + timedelta(minutes=6)
POLICY = Policy(zone="America/New_York")
FORGIVING = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
STATEMENT = Statement(
    patient_id=PatientId("p-1"),
    id=StatementId("s-1"),
    number="A-1",
    balance=Money.parse("100.00", "USD"),
    issued_on=date(2026, 1, 1),
    due_on=date(2026, 1, 31),
    uploaded_at=NOW,
)
SUPERSEDED = evolve(STATEMENT, status=StatementStatus.SUPERSEDED)
OVERDUE = evolve(STATEMENT, due_on=date(2026, 1, 4))
RECEIPT = MessageId("m-1")


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def order(amount: Money | Pay, key: str | None = None, source: bytes = b"a" * 32) -> PaymentOrder:
    return PaymentOrder(payment_id=PaymentId("pay-1"), amount=amount, idempotency_key=key, source_hash=source)


def pay(statement: Statement, wanted: PaymentOrder, earlier: Payment | None = None, policy: Policy = POLICY) -> Any:
    return rules.pay(statement, order=wanted, earlier=earlier, now=NOW, look_at=LOOK_AT, policy=policy)


def reserved(amount: Money | Pay, statement: Statement = STATEMENT) -> Reserved:
    outcome = pay(statement, order(amount))
    assert isinstance(outcome, Reserved)
    return outcome


def settled(amount: Money | Pay) -> Settled:
    before = reserved(amount)
    outcome = settle(before.statement, before.payment)
    assert isinstance(outcome, Settled)
    return outcome


def settle(statement: Statement, payment: Payment, charged: Money | None = None, reference: str = "ch-1") -> Any:
    """What becomes of a payment that the processor has charged: its own amount, unless another is given."""
    return settlement.settle(
        statement,
        payment,
        charged=payment.amount if charged is None else charged,
        reference=reference,
        message_id=RECEIPT,
        now=LATER,
    )


def spent(statement: Statement) -> tuple[int, int]:
    return statement.paid_minor_units, statement.pending_minor_units


EARLIER = reserved(usd("10.00")).payment
OF_FULL = reserved(Pay.FULL).payment
