"""A statement of a hundred dollars, and payments of it that are ordered, reserved and settled."""

from datetime import date, timedelta
from typing import Any

from attrs import evolve

from patientportal.domain.ids import MessageId, PaymentId
from patientportal.domain.policy import PaymentPolicy, Policy
from patientportal.domain.statements import paying as rules
from patientportal.domain.statements import settlement
from patientportal.domain.statements.paying import Pay, PaymentOrder, Reserved
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.settlement import Settled
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.money import Money
from tests.domain.statements.bills import NEW_YORK, NOW, STATEMENT

LATER, LOOK_AT = NOW + timedelta(seconds=2), NOW + timedelta(minutes=6)
FORGIVING = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
OVERDUE = evolve(STATEMENT, due_on=date(2026, 1, 4))
RECEIPT = MessageId("m-1")


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def order(amount: Money | Pay, key: str | None = None, source: bytes = b"a" * 32) -> PaymentOrder:
    return PaymentOrder(payment_id=PaymentId("pay-1"), amount=amount, idempotency_key=key, source_hash=source)


def pay(statement: Statement, wanted: PaymentOrder, earlier: Payment | None = None, policy: Policy = NEW_YORK) -> Any:
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


def spent(statement: Statement | None) -> tuple[int, int]:
    assert statement is not None
    return statement.paid_minor_units, statement.pending_minor_units


EARLIER = reserved(usd("10.00")).payment
OF_FULL = reserved(Pay.FULL).payment
