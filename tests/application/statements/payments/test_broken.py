"""Payments when the processor or the store breaks: pending and reserved until somebody knows better."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    AmountExceedsBalanceError,
    Approved,
    Declined,
    Money,
    PatientAccess,
    PaymentStatus,
    Portal,
    SandboxProcessor,
    SandboxSource,
    StatementId,
    Store,
)
from patientportal.testing import FrozenClock, Member
from tests.application.statements.payments.paying import charged, shown, usd


@pytest.mark.parametrize("source", [SandboxSource.TIME_OUT, SandboxSource.APPROVE_AND_LOSE_ANSWER])
def test_whatever_the_processor_raises_the_payment_stays_pending_and_reserved(
    me: PatientAccess, bill: StatementId, source: str
) -> None:
    payment = me.statements.pay(bill, usd("60.00"), source=source)
    assert (payment.status, payment.ended_at) == (PaymentStatus.PENDING, None)
    assert shown(me, bill) == ("0.00 USD", "60.00 USD", "40.00 USD")
    with pytest.raises(AmountExceedsBalanceError) as caught:
        me.statements.pay(bill, usd("40.01"), source="approve")
    assert caught.value.remaining == usd("40.00")


class Answering(SandboxProcessor):
    """A processor whose adapter answers something that can't be kept."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer: Any = answer

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        super().charge(key, amount, source)
        answer: Approved | Declined = self._answer
        return answer


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        "approved",
        Approved(reference=""),
        Approved(reference="x" * 256),
        Approved(reference="a\0b"),
        Approved(reference=None),  # type: ignore[arg-type] # as a careless adapter would
        Declined(code=""),
    ],
    ids=repr,
)
def test_an_answer_that_cant_be_kept_is_none(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, answer: object
) -> None:
    me = portal_with(payments=Answering(answer)).log_in(member.username, member.password)
    assert me.statements.pay(bill, usd("1.00"), source="approve").status is PaymentStatus.PENDING


class FailingAfter:
    """A store whose transactions fail after so many, and which can't be looked into from then on."""

    def __init__(self, store: Store, good: int) -> None:
        self._store = store
        self.good = good

    def transaction(self) -> AbstractContextManager[Any]:
        @contextmanager
        def broken() -> Any:
            with self._store.transaction() as tx:
                yield tx
                raise AdapterError(adapter="failing", reason="commit_failed")

        self.good -= 1
        return broken() if self.good < 0 else self._store.transaction()

    def view(self) -> AbstractContextManager[Any]:
        if self.good <= 0:
            raise AdapterError(adapter="failing", reason="view_failed")
        return self._store.view()

    def close(self) -> None:
        self._store.close()


def test_a_payment_of_which_nothing_is_heard_is_pending_though_it_cant_be_read_again(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, store: Store
) -> None:
    failing = FailingAfter(store, 10**9)
    me = portal_with(store=failing).log_in(member.username, member.password)
    failing.good = 1
    assert me.statements.pay(bill, usd("60.00"), source="time_out").status is PaymentStatus.PENDING


def test_a_charge_whose_end_cant_be_saved_is_answered_as_pending_and_found_by_a_worker(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    store: Store,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
) -> None:
    failing = FailingAfter(store, 10**9)
    me = portal_with(store=failing).log_in(member.username, member.password)
    failing.good = 1
    payment = me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
    assert payment.status is PaymentStatus.PENDING
    failing.good = 10**9
    assert me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k") == payment
    clock.advance(timedelta(minutes=5, seconds=30))
    assert usual.work().concluded == 1
    assert me.statements.payments().items[0].status is PaymentStatus.SETTLED
    assert charged(sandbox) == [usd("60.00")]


def test_a_reservation_that_cant_be_saved_charges_nobody(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, store: Store, sandbox: SandboxProcessor
) -> None:
    failing = FailingAfter(store, 10**9)
    me = portal_with(store=failing).log_in(member.username, member.password)
    failing.good = 0
    with pytest.raises(AdapterError):
        me.statements.pay(bill, usd("60.00"), source="approve")
    assert charged(sandbox) == []
    failing.good = 10**9
    assert me.statements.payments().items == ()
