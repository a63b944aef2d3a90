"""Reconciling: a worker finds out what became of payments whose end nobody heard of, and of refunds."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    MessageKind,
    Money,
    NotFoundError,
    PatientAccess,
    Pay,
    PaymentDetails,
    PaymentId,
    PaymentNotSettledError,
    PaymentPolicy,
    PaymentStatus,
    Policy,
    Portal,
    PracticeAccess,
    SandboxProcessor,
    SandboxSource,
    StatementId,
    Store,
    Worked,
)
from patientportal.application.statements import reconciling
from patientportal.domain.events import ActorKind
from patientportal.testing import FrozenClock, Member, desk

Contents = Callable[[], dict[str, set[Any]]]
TIMEOUT_AND_MARGIN = timedelta(seconds=30) + timedelta(minutes=5)
MICROSECOND = timedelta(microseconds=1)
SIXTY = Money.parse("60.00", "USD")


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def bill(usual: Portal, practice: PracticeAccess, member: Member) -> StatementId:
    """A statement of 100.00 USD, of which the patient was told."""
    statement_id = practice.statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        document=b"%PDF",
        media_type="application/pdf",
    )
    usual.work()
    return statement_id


def latest(me: PatientAccess) -> PaymentDetails:
    return me.statements.payments().items[0]


def spent(me: PatientAccess, bill: StatementId) -> tuple[str, str]:
    statement = me.statements.get(bill)
    return str(statement.paid), str(statement.pending)


class Deaf(SandboxProcessor):
    """A processor whose answers to some calls are lost on the way, once it has done what it was asked."""

    def __init__(self, *lost: str) -> None:
        super().__init__()
        self.lost = set(lost)
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in {"charge", "find", "void", "refund"}:
            return found

        def lossy(*args: Any) -> Any:
            self.calls.append(name)
            answer = found(*args)
            if name in self.lost:
                raise ConnectionError(name)
            return answer

        return lossy


@pytest.mark.parametrize(
    "end",
    [
        (SandboxSource.APPROVE_AND_LOSE_ANSWER, PaymentStatus.SETTLED, ("60.00 USD", "0.00 USD")),
        (SandboxSource.TIME_OUT, PaymentStatus.RELEASED, ("0.00 USD", "0.00 USD")),
    ],
    ids=["found", "never arrived"],
)
def test_a_payment_is_settled_when_it_is_found_and_released_when_it_never_arrived(
    usual: Portal,
    me: PatientAccess,
    bill: StatementId,
    *,
    clock: FrozenClock,
    contents: Contents,
    end: tuple[SandboxSource, PaymentStatus, tuple[str, str]],
) -> None:
    source, status, spent_then = end
    payment = me.statements.pay(bill, SIXTY, source=source, idempotency_key="k")
    clock.advance(TIMEOUT_AND_MARGIN - MICROSECOND)
    assert usual.work() == Worked()
    clock.advance(MICROSECOND)
    assert usual.work().concluded == 1
    assert (latest(me).payment_id, latest(me).status) == (payment.payment_id, status)
    assert spent(me, bill) == spent_then
    (told,) = me.messages.inbox().items
    kind = MessageKind.PAYMENT_RECEIPT if status is PaymentStatus.SETTLED else MessageKind.PAYMENT_NOT_MADE
    assert (told.kind, told.about_id) == (kind, payment.payment_id)
    before = contents()
    clock.advance(TIMEOUT_AND_MARGIN)
    usual.work()
    assert contents() == before
    me = usual.resume(me.token)
    assert me.statements.pay(bill, SIXTY, source=source, idempotency_key="k").status is status


def test_what_is_found_declined_is_declined_with_its_code(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, clock: FrozenClock
) -> None:
    portal = portal_with(payments=Deaf("charge"))
    me = portal.log_in(member.username, member.password)
    assert me.statements.pay(bill, SIXTY, source="decline").status is PaymentStatus.PENDING
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work().concluded == 1
    assert (latest(me).status, latest(me).decline_code) == (PaymentStatus.DECLINED, "declined")
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")


def test_what_the_processor_never_answers_stays_reserved_and_is_asked_for_again(
    usual: Portal, member: Member, me: PatientAccess, bill: StatementId, clock: FrozenClock
) -> None:
    me.statements.pay(bill, SIXTY, source=SandboxSource.NEVER_ANSWER)
    for _ in range(3):
        clock.advance(TIMEOUT_AND_MARGIN)
        assert usual.work() == Worked()
    me = usual.log_in(member.username, member.password)
    assert latest(me).status is PaymentStatus.PENDING
    assert spent(me, bill) == ("0.00 USD", "60.00 USD")


@pytest.mark.parametrize("lost", ["find", "void"])
def test_nothing_is_released_that_wasnt_voided_for_sure(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, clock: FrozenClock, lost: str
) -> None:
    processor = Deaf(lost)
    portal = portal_with(payments=processor)
    me = portal.log_in(member.username, member.password)
    me.statements.pay(bill, SIXTY, source="time_out")
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work() == Worked()
    assert latest(me).status is PaymentStatus.PENDING
    processor.lost.clear()
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work().concluded == 1
    assert latest(me).status is PaymentStatus.RELEASED


class Doubtful(SandboxProcessor):
    """A processor that can't promise anything."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer: Any = answer

    def void(self, key: str) -> bool:  # noqa: ARG002 - the port's
        answer: bool = self._answer
        return answer


@pytest.mark.parametrize("answer", [False, None, 1, "yes"])
def test_only_true_is_a_promise(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, clock: FrozenClock, answer: object
) -> None:
    portal = portal_with(payments=Doubtful(answer))
    me = portal.log_in(member.username, member.password)
    me.statements.pay(bill, SIXTY, source="time_out")
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work() == Worked()
    assert latest(me).status is PaymentStatus.PENDING


def test_a_charge_that_arrives_after_it_was_voided_is_declined_and_stays_released(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
) -> None:
    class Slow(SandboxProcessor):
        """A processor that is reached only after a worker has long looked for the charge."""

        def charge(self, key: str, amount: Money, source: str) -> Any:
            clock.advance(TIMEOUT_AND_MARGIN)
            assert usual.work().concluded == 1
            return sandbox.charge(key, amount, source)

    me = portal_with(payments=Slow()).log_in(member.username, member.password)
    assert me.statements.pay(bill, SIXTY, source="approve").status is PaymentStatus.RELEASED
    assert sandbox.charges() == ()
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")


@pytest.mark.parametrize("end", [PaymentStatus.DECLINED, PaymentStatus.RELEASED])
def test_a_processor_that_breaks_its_promise_and_charges_is_noticed(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
    caplog: pytest.LogCaptureFixture,
    end: PaymentStatus,
) -> None:
    class Liar(SandboxProcessor):
        """A processor that charges what a worker was told would never be charged."""

        def charge(self, key: str, amount: Money, source: str) -> Any:
            if end is PaymentStatus.DECLINED:
                sandbox.charge(key, amount, SandboxSource.DECLINE)
            clock.advance(TIMEOUT_AND_MARGIN)
            assert usual.work().concluded == 1
            return super().charge(key, amount, source)

    me = portal_with(payments=Liar()).log_in(member.username, member.password)
    paid = me.statements.pay(bill, SIXTY, source="approve")
    assert paid.status is end
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")
    assert [one.kind for one in me.messages.inbox().items] == [MessageKind.PAYMENT_NOT_MADE]
    assert me.account.history().items[0].what == "payment_charged_after_all"
    assert [(one.levelname, str(paid.payment_id) in one.getMessage()) for one in caplog.records] == [("ERROR", True)]


def test_what_a_worker_found_out_while_the_processor_said_nothing_is_answered(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
) -> None:
    class Silent(SandboxProcessor):
        """A processor whose connection ends only after a worker has found the charge."""

        def charge(self, key: str, amount: Money, source: str) -> Any:
            sandbox.charge(key, amount, source)
            clock.advance(TIMEOUT_AND_MARGIN)
            assert usual.work().concluded == 1
            raise ConnectionError

    me = portal_with(payments=Silent()).log_in(member.username, member.password)
    paid = me.statements.pay(bill, SIXTY, source="approve")
    assert paid == latest(me)
    assert paid.status is PaymentStatus.SETTLED


def test_what_a_slow_processor_approved_is_settled_once_by_whoever_hears_of_it_first(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    member: Member,
    bill: StatementId,
    clock: FrozenClock,
    sandbox: SandboxProcessor,
) -> None:
    class Slow(SandboxProcessor):
        """A processor whose answer comes after a worker has long looked for the charge."""

        def charge(self, key: str, amount: Money, source: str) -> Any:
            answer = sandbox.charge(key, amount, source)
            clock.advance(TIMEOUT_AND_MARGIN)
            assert usual.work().concluded == 1
            return answer

    me = portal_with(payments=Slow()).log_in(member.username, member.password)
    assert me.statements.pay(bill, SIXTY, source="approve").status is PaymentStatus.SETTLED
    assert len(me.messages.inbox().items) == 1
    assert spent(me, bill) == ("60.00 USD", "0.00 USD")


def test_a_patient_whose_session_ends_while_the_processor_thinks_still_pays_once(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, bill: StatementId, practice: PracticeAccess
) -> None:
    class Leaving(SandboxProcessor):
        """A processor during whose answer the patient is shut out."""

        def charge(self, key: str, amount: Money, source: str) -> Any:
            practice.patients.deactivate(member.patient_id)
            return super().charge(key, amount, source)

    me = portal_with(payments=Leaving()).log_in(member.username, member.password)
    assert me.statements.pay(bill, SIXTY, source="approve").status is PaymentStatus.SETTLED
    (paid,) = desk(usual).statements.payments(member.patient_id).items
    assert paid.status is PaymentStatus.SETTLED


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
    processor, usual._outside = usual._outside, _without_processor(usual)
    before = contents()
    assert usual.work() == Worked()
    assert contents() == before
    usual._outside = processor
    assert usual.work().concluded == 1
    assert usual.health().most_overdue is None


def _without_processor(portal: Portal) -> Any:
    from attrs import evolve

    return evolve(portal._outside, payments=None)


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
        (found,) = view.select(reconciling.unheard_of(usual._outside))
    assert reconciling.reconcile(usual._outside, found)
    assert not reconciling.reconcile(usual._outside, found)


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

    def view(self) -> AbstractContextManager[Any]:
        return self._store.view()

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


# Giving back


def test_a_refund_is_owed_again_and_happens_once(
    me: PatientAccess, practice: PracticeAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    payment = me.statements.pay(bill, SIXTY, source="approve")
    for _ in range(2):
        assert practice.statements.refund(payment.payment_id).status is PaymentStatus.REFUNDED
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")
    assert [charge.is_refunded for charge in sandbox.charges()] == [True]
    assert me.statements.pay(bill, Pay.FULL, source="approve").amount == Money.parse("100.00", "USD")


def test_what_is_given_back_on_a_superseded_statement_isnt_owed_on_the_next(
    usual: Portal, me: PatientAccess, practice: PracticeAccess, bill: StatementId, member: Member
) -> None:
    payment = me.statements.pay(bill, SIXTY, source="approve")
    second = practice.statements.upload(
        member.patient_id,
        number="A-2",
        balance=SIXTY,
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        document=b"x",
        media_type="text/plain",
    )
    practice.statements.refund(payment.payment_id)
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")
    assert me.statements.get(second).remaining == SIXTY
    assert usual.health().has_undelivered is False


@pytest.mark.parametrize("source", ["decline", "time_out"])
def test_only_what_was_settled_is_given_back(
    me: PatientAccess, practice: PracticeAccess, bill: StatementId, contents: Contents, source: str
) -> None:
    payment = me.statements.pay(bill, SIXTY, source=source)
    before = contents()
    with pytest.raises(PaymentNotSettledError) as caught:
        practice.statements.refund(payment.payment_id)
    assert caught.value.status is payment.status
    with pytest.raises(NotFoundError):
        practice.statements.refund(PaymentId("nothing"))
    assert contents() == before


def test_a_refund_whose_answer_was_lost_is_found_out_by_a_worker(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, clock: FrozenClock
) -> None:
    processor = Deaf("refund")
    portal = portal_with(payments=processor)
    me = portal.log_in(member.username, member.password)
    payment = me.statements.pay(bill, SIXTY, source="approve")
    for _ in range(2):
        assert desk(portal).statements.refund(payment.payment_id).status is PaymentStatus.REFUNDING
    assert processor.calls == ["charge", "refund"]
    assert spent(me, bill) == ("60.00 USD", "0.00 USD")
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work() == Worked(sent=1)
    processor.lost.clear()
    clock.advance(TIMEOUT_AND_MARGIN)
    assert portal.work() == Worked(concluded=1)
    assert latest(me).status is PaymentStatus.REFUNDED
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")


def test_a_refund_that_a_worker_found_out_about_meanwhile_is_answered_as_it_is(
    portal_with: Callable[..., Portal],
    usual: Portal,
    *,
    me: PatientAccess,
    bill: StatementId,
    clock: FrozenClock,
) -> None:
    class Silent(SandboxProcessor):
        """A processor whose connection ends only after a worker has had the money given back."""

        def refund(self, key: str) -> bool:
            clock.advance(TIMEOUT_AND_MARGIN)
            assert usual.work().concluded == 1
            raise ConnectionError(key)

    payment = me.statements.pay(bill, SIXTY, source="approve")
    given_back = desk(portal_with(payments=Silent())).statements.refund(payment.payment_id)
    assert given_back == latest(me)
    assert given_back.status is PaymentStatus.REFUNDED


class Stingy(SandboxProcessor):
    """A processor that gives nothing back, and says so in its own way."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer: Any = answer

    def refund(self, key: str) -> bool:  # noqa: ARG002 - the port's
        answer: bool = self._answer
        return answer


def test_a_refund_that_the_processor_wont_make_leaves_the_payment_settled(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, contents: Contents
) -> None:
    portal = portal_with(payments=Stingy(answer=False))
    me = portal.log_in(member.username, member.password)
    payment = me.statements.pay(bill, SIXTY, source="approve")
    assert desk(portal).statements.refund(payment.payment_id) == payment
    assert spent(me, bill) == ("60.00 USD", "0.00 USD")
    assert {one.event.name for one in contents()["events"]} >= {"refund_begun", "refund_declined"}


@pytest.mark.parametrize("answer", [None, 0, 1, "", "yes"])
def test_only_yes_or_no_is_an_answer_to_a_refund(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, answer: object
) -> None:
    portal = portal_with(payments=Stingy(answer))
    me = portal.log_in(member.username, member.password)
    payment = me.statements.pay(bill, SIXTY, source="approve")
    assert desk(portal).statements.refund(payment.payment_id).status is PaymentStatus.REFUNDING
    assert spent(me, bill) == ("60.00 USD", "0.00 USD")
