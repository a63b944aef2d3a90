"""Workers that reconcile: any number of them, without a processor, and killed at any step of a payment."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    MessageKind,
    Money,
    PatientAccess,
    PaymentPolicy,
    PaymentStatus,
    Policy,
    Portal,
    SandboxProcessor,
    StatementId,
    Store,
    Worked,
)
from patientportal.application.statements import reconciling
from patientportal.domain.events import ActorKind
from patientportal.testing import FrozenClock, Member
from tests.application.statements.reconciling.processors import MICROSECOND, SIXTY, TIMEOUT_AND_MARGIN, Contents, spent


def test_any_number_of_workers_conclude_each_payment_once(
    usual: Portal, me: PatientAccess, bill: StatementId, clock: FrozenClock, contents: Contents
) -> None:
    for source in ("approve_and_lose_answer", "time_out") * 3:
        me.statements.pay(bill, Money.parse("5.00", "USD"), source=source)
    clock.advance(TIMEOUT_AND_MARGIN)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(usual.work) for _ in range(4)]
    assert sum(call.result().concluded for call in calls) == 6
    assert spent(me, bill) == ("15.00 USD", "0.00 USD")
    told = Counter(one.kind for one in me.messages.inbox().items)
    assert told == {MessageKind.PAYMENT_RECEIPT: 3, MessageKind.PAYMENT_NOT_MADE: 3}
    ends = [one for one in contents()["events"] if one.event.name in {"payment_settled", "payment_released"}]
    assert [one.by.kind for one in ends] == [ActorKind.SYSTEM] * 6


def test_one_that_cant_be_found_out_holds_up_no_other(
    usual: Portal, me: PatientAccess, bill: StatementId, clock: FrozenClock
) -> None:
    for source in ("never_answer", "never_answer", "time_out"):
        me.statements.pay(bill, Money.parse("5.00", "USD"), source=source)
        clock.advance(timedelta(seconds=1))
    clock.advance(TIMEOUT_AND_MARGIN)
    assert [usual.work(limit=1).concluded for _ in range(3)] == [0, 0, 1]


def test_a_worker_without_a_processor_leaves_payments_and_health_tells(
    usual: Portal, me: PatientAccess, bill: StatementId, clock: FrozenClock, contents: Contents
) -> None:
    me.statements.pay(bill, SIXTY, source="time_out")
    clock.advance(TIMEOUT_AND_MARGIN + timedelta(minutes=7))
    assert usual.health().most_overdue == timedelta(minutes=7)
    processor, usual._env = usual._env, _without_processor(usual)
    before = contents()
    assert usual.work() == Worked()
    assert contents() == before
    usual._env = processor
    assert usual.work().concluded == 1
    assert usual.health().most_overdue is None


def _without_processor(portal: Portal) -> Any:
    from attrs import evolve

    return evolve(portal._env, payments=None)


def test_a_practice_may_have_workers_look_sooner(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, clock: FrozenClock
) -> None:
    policy = Policy(zone="America/New_York", payments=PaymentPolicy(reconcile_after=timedelta(seconds=1)))
    portal = portal_with(policy=policy, payments=SandboxProcessor(timeout=timedelta(seconds=2)))
    me = portal.log_in(member.username, member.password)
    me.statements.pay(bill, SIXTY, source="time_out")
    clock.advance(timedelta(seconds=3) - MICROSECOND)
    assert portal.work() == Worked()
    clock.advance(MICROSECOND)
    assert portal.work().concluded == 1


def test_what_was_due_when_it_was_found_isnt_when_somebody_was_first(
    usual: Portal, me: PatientAccess, bill: StatementId, clock: FrozenClock, raw_store: Store
) -> None:
    me.statements.pay(bill, SIXTY, source="time_out")
    clock.advance(TIMEOUT_AND_MARGIN)
    with raw_store.view() as view:
        (found,) = view.select(reconciling.unheard_of(usual._env))
    assert reconciling.reconcile(usual._env, found)
    assert not reconciling.reconcile(usual._env, found)


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """A store and a processor that let the process live for so many steps: each block and charge begun and ended."""

    def __init__(self, store: Store, processor: SandboxProcessor) -> None:
        self._store = store
        self._processor = processor
        self.timeout = processor.timeout
        self.steps = 10**9

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Killed

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self.step()
        with self._store.transaction() as tx:
            yield tx
            self.step()
        self.step()

    run = Store.run

    def view(self) -> AbstractContextManager[Any]:
        return self._store.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def charge(self, *args: Any) -> Any:
        self.step()
        answer = self._processor.charge(*args)
        self.step()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._processor, name)


@pytest.mark.parametrize("steps", range(9))
def test_whoever_is_killed_at_any_step_of_a_payment_has_paid_once_or_not_at_all(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    store: Store,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
    steps: int,
) -> None:
    mortal = Mortal(store, sandbox)
    me = portal_with(store=mortal, payments=mortal).log_in(member.username, member.password)
    mortal.steps = steps
    with pytest.raises(Killed) if steps < 8 else nullcontext():
        me.statements.pay(bill, SIXTY, source="approve", idempotency_key="k")
    for _ in range(2):
        clock.advance(TIMEOUT_AND_MARGIN)
        usual.work()
    me = usual.resume(me.token)
    known = [one.status for one in me.statements.payments().items]
    settled, charged = known == [PaymentStatus.SETTLED], len(sandbox.charges())
    # the first block is saved after two steps, the charge is made after four
    assert known == [PaymentStatus.SETTLED if steps >= 4 else PaymentStatus.RELEASED] * (steps >= 2)
    assert charged == settled
    assert len(me.messages.inbox().items) == len(known)
    assert spent(me, bill) == ("60.00 USD" if settled else "0.00 USD", "0.00 USD")
    again = me.statements.pay(bill, SIXTY, source="approve", idempotency_key="k")
    assert again.status is (PaymentStatus.RELEASED if steps in {2, 3} else PaymentStatus.SETTLED)
    assert len(sandbox.charges()) == (again.status is PaymentStatus.SETTLED)
