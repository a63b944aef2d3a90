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
    OutcomeUnknownError,
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


ONE = usd("1.00")


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
        Approved(amount=ONE, reference=""),
        Approved(amount=ONE, reference="x" * 256),
        Approved(amount=ONE, reference="a\0b"),
        Approved(amount=ONE, reference=None),  # type: ignore[arg-type] # as a careless adapter would
        Approved(amount=None, reference="a"),  # type: ignore[arg-type] # as an adapter of before would
        Approved(amount=100, reference="a"),  # type: ignore[arg-type] # as a careless adapter would
        Declined(code=""),
    ],
    ids=repr,
)
def test_an_answer_that_cant_be_kept_is_none(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, answer: object
) -> None:
    me = portal_with(payments=Answering(answer)).log_in(member.username, member.password)
    assert me.statements.pay(bill, usd("1.00"), source="approve").status is PaymentStatus.PENDING


class FailingAfter(Store):
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

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._store.close()


def test_a_payment_of_which_nothing_is_heard_is_pending_though_it_cant_be_read_again(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, store: Store
) -> None:
    failing = FailingAfter(store, 10**9)
    me = portal_with(store=failing).log_in(member.username, member.password)
    failing.good = 1
    assert me.statements.pay(bill, usd("60.00"), source="time_out").status is PaymentStatus.PENDING


@pytest.mark.parametrize("again", [True, False])
def test_a_charge_whose_end_cant_be_saved_is_answered_as_pending_and_found_by_a_retry_or_a_worker(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    store: Store,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
    again: bool,
) -> None:
    failing = FailingAfter(store, 10**9)
    me = portal_with(store=failing).log_in(member.username, member.password)
    failing.good = 1
    payment = me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
    assert payment.status is PaymentStatus.PENDING
    failing.good = 10**9
    if again:
        settled = me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
        assert (settled.payment_id, settled.status) == (payment.payment_id, PaymentStatus.SETTLED)
    clock.advance(timedelta(minutes=5, seconds=30))
    assert usual.work().concluded == (not again)
    assert me.statements.payments().items[0].status is PaymentStatus.SETTLED
    assert charged(sandbox) == [usd("60.00")]


def test_a_reservation_of_which_the_answer_was_lost_is_charged_by_the_retry_and_not_released(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    store: Store,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
) -> None:
    class Cut(Store):
        """A store of which the next answer to a commit is lost."""

        def __init__(self) -> None:
            self.cuts = 0

        @contextmanager
        def transaction(self) -> Any:
            with store.transaction() as tx:
                yield tx
            if self.cuts:
                self.cuts -= 1
                raise OutcomeUnknownError

        def view(self) -> AbstractContextManager[Any]:
            return store.view()

        def find_all(self, *asked: Any) -> Any:
            with self.view() as view:
                return view.find_all(*asked)

        def close(self) -> None:
            store.close()

    cut = Cut()
    me = portal_with(store=cut).log_in(member.username, member.password)
    cut.cuts = 1
    with pytest.raises(OutcomeUnknownError):
        me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
    (reserved,) = me.statements.payments().items
    assert (reserved.status, charged(sandbox)) == (PaymentStatus.PENDING, [])
    clock.advance(timedelta(minutes=5, seconds=20))
    cut.cuts = 1
    with pytest.raises(OutcomeUnknownError):
        me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
    clock.advance(timedelta(seconds=20))
    assert usual.work().concluded == 0, "whoever asks again has moved on when a worker looks"
    settled = me.statements.pay(bill, usd("60.00"), source="approve", idempotency_key="k")
    assert (settled.payment_id, settled.status) == (reserved.payment_id, PaymentStatus.SETTLED)
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
