"""Payments: never more than what remains, and never twice, however many pay at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from patientportal import (
    AmountExceedsBalanceError,
    Approved,
    Declined,
    IdempotencyKeyReusedError,
    Money,
    NotCurrentStatementError,
    PatientAccess,
    Pay,
    PaymentStatus,
    Portal,
    SandboxProcessor,
    StatementId,
)
from patientportal.testing import Member
from tests.application.statements.payments.paying import Contents, Untouched, Upload, charged, shown, usd


@pytest.mark.parametrize(
    ("source", "status"), [("approve", "settled"), ("decline", "declined"), ("time_out", "pending")]
)
def test_one_click_isnt_charged_twice(
    me: PatientAccess,
    bill: StatementId,
    sandbox: SandboxProcessor,
    contents: Contents,
    *,
    source: str,
    status: str,
) -> None:
    first = me.statements.pay(bill, usd("60.00"), source=source, idempotency_key="click")
    before = contents()
    assert me.statements.pay(bill, usd("60.00"), source=source, idempotency_key="click") == first
    assert first.status == status
    assert contents() == before
    assert charged(sandbox) == [usd("60.00")] * (source == "approve")


def test_paying_takes_few_round_trips(me: PatientAccess, bill: StatementId, calls: Counter[str]) -> None:
    calls.clear()
    me.statements.pay(bill, usd("1.00"), source="approve", idempotency_key="once")
    assert (calls["transaction"], calls["get_all"], calls["select"], calls["view"]) == (2, 2, 0, 0)
    assert (calls["add"], calls["put"], calls["record"], calls["get"]) == (3, 3, 2, 0)


def test_without_a_key_each_call_is_a_new_payment(
    me: PatientAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    for _ in range(2):
        me.statements.pay(bill, usd("40.00"), source="approve")
    with pytest.raises(AmountExceedsBalanceError) as caught:
        me.statements.pay(bill, usd("40.00"), source="approve")
    assert caught.value.remaining == usd("20.00")
    assert charged(sandbox) == [usd("40.00")] * 2


def test_a_key_that_is_used_for_anything_else_is_refused(
    me: PatientAccess, upload: Upload, untouched: Untouched
) -> None:
    bill = upload("A-1")
    paid = me.statements.pay(bill, usd("10.00"), source="approve", idempotency_key="k")
    other = upload("A-2")
    with untouched():
        for statement_id, amount, source in (
            (other, usd("10.00"), "approve"),
            (bill, usd("10.01"), "approve"),
            (bill, Pay.FULL, "approve"),
            (bill, usd("10.00"), "decline"),
        ):
            with pytest.raises(IdempotencyKeyReusedError) as caught:
                me.statements.pay(statement_id, amount, source=source, idempotency_key="k")
            assert (caught.value.id, caught.value.status) == (paid.payment_id, paid.status)


def test_the_same_key_answers_though_the_statement_was_superseded_meanwhile(me: PatientAccess, upload: Upload) -> None:
    bill = upload("A-1")
    first = me.statements.pay(bill, Pay.FULL, source="approve", idempotency_key="k")
    next_bill = upload("A-2")
    again = me.statements.pay(bill, Pay.FULL, source="approve", idempotency_key="k")
    assert again == evolve(first, counts_on=next_bill)


def test_a_pending_payments_key_with_another_source_is_refused_and_names_it(
    me: PatientAccess, bill: StatementId, untouched: Untouched
) -> None:
    pending = me.statements.pay(bill, usd("10.00"), source="time_out", idempotency_key="k")
    with untouched(), pytest.raises(IdempotencyKeyReusedError) as caught:
        me.statements.pay(bill, usd("10.00"), source="approve", idempotency_key="k")
    assert (caught.value.id, caught.value.status) == (pending.payment_id, PaymentStatus.PENDING)


def test_keys_are_compared_as_they_are(me: PatientAccess, bill: StatementId) -> None:
    keys = ("k", "K", " k", "\u00e9", "e\u0301", "k" * 255)
    paid = {me.statements.pay(bill, usd("1.00"), source="approve", idempotency_key=key).payment_id for key in keys}
    assert len(paid) == len(keys)


def test_a_hundred_at_once_with_one_key_charge_once(
    me: PatientAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    with ThreadPoolExecutor(10) as threads:
        calls = [
            threads.submit(me.statements.pay, bill, usd("10.00"), source="approve", idempotency_key="k")
            for _ in range(100)
        ]
    assert len({call.result().payment_id for call in calls}) == 1
    assert {call.result().status for call in calls} <= {PaymentStatus.PENDING, PaymentStatus.SETTLED}
    assert charged(sandbox) == [usd("10.00")]
    assert len(me.messages.inbox().items) == 1


def test_however_many_pay_at_once_no_cent_more_is_charged_than_is_owed(
    me: PatientAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(me.statements.pay, bill, usd("30.00"), source="approve") for _ in range(8)]
    assert Counter(type(call.exception()) for call in calls) == {type(None): 3, AmountExceedsBalanceError: 5}
    assert charged(sandbox) == [usd("30.00")] * 3
    assert shown(me, bill) == ("90.00 USD", "0.00 USD", "10.00 USD")


def test_one_key_on_two_statements_at_once_pays_at_most_once(
    me: PatientAccess, upload: Upload, sandbox: SandboxProcessor
) -> None:
    bills = upload("A-1"), upload("A-2")
    with ThreadPoolExecutor(2) as threads:
        calls = [
            threads.submit(me.statements.pay, bill, usd("10.00"), source="approve", idempotency_key="k")
            for bill in bills
        ]
    refusals = [type(call.exception()) for call in calls]
    assert refusals[1] is type(None)
    assert refusals[0] in {NotCurrentStatementError, IdempotencyKeyReusedError}
    assert charged(sandbox) == [usd("10.00")]


def test_what_is_paid_while_the_next_statement_arrives_counts_on_that_one(
    portal_with: Callable[..., Portal], member: Member, upload: Upload
) -> None:
    class Interrupted(SandboxProcessor):
        """A processor during whose answer the next statement arrives."""

        def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
            later.append(upload("A-2"))
            return super().charge(key, amount, source)

    later = list[StatementId]()
    bill = upload("A-1")
    me = portal_with(payments=Interrupted()).log_in(member.username, member.password)
    assert me.statements.pay(bill, usd("60.00"), source="approve").status is PaymentStatus.SETTLED
    assert shown(me, bill) == ("0.00 USD", "0.00 USD", "0.00 USD")
    assert shown(me, later[0]) == ("60.00 USD", "0.00 USD", "40.00 USD")
    assert [one.statement_id for one in me.statements.all().items] == [later[0], bill]
