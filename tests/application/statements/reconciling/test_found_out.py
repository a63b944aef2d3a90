"""Payments whose end nobody heard of: a worker finds out what became of each, once it is sure."""

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import (
    MessageKind,
    Money,
    PatientAccess,
    PaymentStatus,
    Portal,
    PracticeAccess,
    SandboxProcessor,
    SandboxSource,
    StatementId,
    Worked,
)
from patientportal.testing import FrozenClock, Member, desk
from tests.application.statements.reconciling.processors import (
    MICROSECOND,
    SIXTY,
    TIMEOUT_AND_MARGIN,
    Contents,
    Deaf,
    latest,
    spent,
)


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
