"""Refunds in part, each under its own key; and those of which nobody hears for a day, which somebody concludes."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from patientportal import (
    Approved,
    BadInputError,
    Conclusion,
    Declined,
    IdempotencyKeyReusedError,
    Money,
    PatientAccess,
    Pay,
    PaymentMethod,
    PaymentNotOnlineError,
    PaymentStatus,
    Portal,
    PracticeAccess,
    RefundExceedsPaymentError,
    RefundNotUnclearError,
    RefundStatus,
    SandboxProcessor,
    StatementId,
)
from patientportal.testing import FrozenClock, Member, desk
from tests.application.statements.payments.paying import Untouched
from tests.application.statements.reconciling.processors import SIXTY, TIMEOUT_AND_MARGIN, Deaf, spent

Refunds = dict[str, tuple[str, Money]]


class Listing(Deaf):
    """A processor that keeps a list of what it gave back under which key."""

    def __init__(self, *lost: str) -> None:
        self.given: Refunds = {}
        super().__init__(*lost)

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        """Gives back once a refund key."""
        self.given.setdefault(refund_key, (key, amount))
        return self.given[refund_key] == (key, amount)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def test_a_payment_is_given_back_in_parts_and_never_more_of_it_than_was_paid(
    portal_with: Callable[..., Portal], me: PatientAccess, bill: StatementId, *, untouched: Untouched
) -> None:
    processor = Listing()
    practice = desk(portal_with(payments=processor))
    payment = me.statements.pay(bill, SIXTY, source="approve")
    part = practice.statements.refund(payment.payment_id, usd("15.00"), reason="too much", idempotency_key="form-1")
    assert (part.status, part.refunded) == (PaymentStatus.SETTLED, usd("15.00"))
    with untouched():
        assert (
            practice.statements.refund(payment.payment_id, usd("15.00"), reason="too much", idempotency_key="form-1")
            == part
        )
        with pytest.raises(IdempotencyKeyReusedError):
            practice.statements.refund(payment.payment_id, usd("15.01"), idempotency_key="form-1")
        with pytest.raises(RefundExceedsPaymentError) as caught:
            practice.statements.refund(payment.payment_id, usd("45.01"), idempotency_key="form-2")
        assert caught.value.refundable == usd("45.00")
        with pytest.raises(BadInputError, match="idempotency_key: empty"):
            practice.statements.refund(payment.payment_id, usd("1.00"))
    assert spent(me, bill) == ("45.00 USD", "0.00 USD")
    assert practice.statements.refund(payment.payment_id).status is PaymentStatus.REFUNDED
    assert practice.statements.refund(payment.payment_id).refunded == SIXTY, "nothing more is given back"
    assert sorted(str(amount) for _, amount in processor.given.values()) == ["15.00 USD", "45.00 USD"]
    shown = practice.statements.refunds(me.patient_id).items
    assert {one.refund_id for one in shown} == set(processor.given)
    assert {(one.reason, one.given_by) for one in shown} == {("too much", "staff-1"), (None, "staff-1")}


def test_a_restored_backup_asks_under_the_same_key(
    portal_with: Callable[..., Portal], me: PatientAccess, bill: StatementId
) -> None:
    processor = Listing()
    practice = desk(portal_with(payments=processor))
    payment = me.statements.pay(bill, SIXTY, source="approve")
    practice.statements.refund(payment.payment_id)
    assert list(processor.given) == [payment.payment_id]


def test_the_processor_cant_give_back_what_it_didnt_charge(
    practice: PracticeAccess, bill: StatementId, untouched: Untouched
) -> None:
    cash = practice.statements.record_payment(bill, SIXTY, method=PaymentMethod.CASH, received_on=date(2026, 1, 5))
    with untouched(), pytest.raises(PaymentNotOnlineError):
        practice.statements.refund(cash.payment_id)


@pytest.mark.parametrize(
    ("conclusion", "status", "paid"),
    [
        (Conclusion.PAID, RefundStatus.DONE, "0.00 USD"),
        (Conclusion.NOT_MADE, RefundStatus.DECLINED, "60.00 USD"),
    ],
)
def test_of_a_refund_that_is_open_for_a_day_somebody_says_what_became_of_it(
    portal_with: Callable[..., Portal],
    me: PatientAccess,
    bill: StatementId,
    *,
    clock: FrozenClock,
    conclusion: Conclusion,
    status: RefundStatus,
    paid: str,
) -> None:
    portal = portal_with(payments=Deaf("refund"))
    practice = desk(portal)
    payment = me.statements.pay(bill, SIXTY, source="approve")
    practice.statements.refund(payment.payment_id)
    (begun,) = practice.statements.refunds(me.patient_id).items
    clock.advance(TIMEOUT_AND_MARGIN)
    portal.work()
    assert (practice.statements.unclear_refunds().items, portal.health().unclear_refunds) == ((), 0)
    with pytest.raises(RefundNotUnclearError):
        practice.statements.conclude_refund(begun.refund_id, conclusion)
    clock.advance(timedelta(days=1))
    portal.work()
    (waiting,) = practice.statements.unclear_refunds().items
    assert (waiting.refund_id, waiting.unclear_since) == (begun.refund_id, clock())
    assert (waiting.patient_id, waiting.patient_name) == (
        me.patient_id,
        practice.patients.get(me.patient_id).personal.name,
    )
    assert (portal.health().unclear_refunds, portal.health().unclear_payments) == (1, 0)
    ended = practice.statements.conclude_refund(begun.refund_id, conclusion)
    assert (ended.status, ended.ended_at, ended.unclear_since) == (status, clock(), None)
    assert practice.statements.get(bill).paid == usd(paid.split(maxsplit=1)[0])
    assert portal.health().unclear_refunds == 0
    assert "refund_concluded" in {one.what for one in practice.audit.of_patient(me.patient_id).items}


class Interrupting(SandboxProcessor):
    """A processor during whose answer something happens."""

    def __init__(self, during: Callable[[], object]) -> None:
        super().__init__()
        self._during = during

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        """Charges once it has happened."""
        self._during()
        return super().charge(key, amount, source)

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        """Likewise."""
        self._during()
        return super().refund(key, refund_key=refund_key, amount=amount)


def test_what_moves_while_the_processor_thinks_ends_where_it_counts_by_then(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, bill: StatementId
) -> None:
    bills = [bill]

    def upload() -> None:
        bills.append(
            desk(usual).statements.upload(
                member.patient_id,
                number=f"N-{len(bills)}",
                balance=usd("100.00"),
                issued_on=date(2026, 1, 3),
                due_on=date(2026, 2, 1),
                document=b"%PDF",
                media_type="application/pdf",
            )
        )

    portal = portal_with(payments=Interrupting(upload))
    me = portal.log_in(member.username, member.password)
    payment = me.statements.pay(bill, Pay.FULL, source="approve")
    assert (payment.status, payment.counts_on) == (PaymentStatus.SETTLED, bills[1])
    assert spent(me, bills[1]) == ("100.00 USD", "0.00 USD")
    back = desk(portal).statements.refund(payment.payment_id)
    assert (back.status, back.counts_on) == (PaymentStatus.REFUNDED, bills[2])
    assert [str(me.statements.get(one).paid) for one in bills] == ["0.00 USD"] * 3
