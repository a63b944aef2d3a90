"""Refunds: what was settled is given back once, though the answer is lost."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from patientportal import (
    Money,
    NotFoundError,
    PatientAccess,
    Pay,
    PaymentId,
    PaymentNotSettledError,
    PaymentStatus,
    Portal,
    PracticeAccess,
    SandboxProcessor,
    StatementId,
    Worked,
)
from patientportal.testing import FrozenClock, Member, desk
from tests.application.statements.reconciling.processors import SIXTY, TIMEOUT_AND_MARGIN, Contents, Deaf, latest, spent


def test_a_refund_is_owed_again_and_happens_once(
    me: PatientAccess, practice: PracticeAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    payment = me.statements.pay(bill, SIXTY, source="approve")
    for _ in range(2):
        assert practice.statements.refund(payment.payment_id).status is PaymentStatus.REFUNDED
    assert spent(me, bill) == ("0.00 USD", "0.00 USD")
    assert [charge.is_refunded for charge in sandbox.charges()] == [True]
    assert me.statements.pay(bill, Pay.FULL, source="approve").amount == Money.parse("100.00", "USD")


def test_what_is_given_back_is_owed_again_where_it_counts(
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

        def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:  # noqa: ARG002 - the port's
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

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:  # noqa: ARG002 - the port's
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
