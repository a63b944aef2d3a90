"""Payments: reserved, charged outside any transaction, settled; never more than what remains, never twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    AmountExceedsBalanceError,
    Approved,
    BadInputError,
    ConfigurationError,
    Declined,
    IdempotencyKeyReusedError,
    MessageKind,
    Money,
    NotCurrentStatementError,
    NoticeKind,
    PatientAccess,
    Pay,
    PaymentDetails,
    PaymentPolicy,
    PaymentStatus,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SandboxProcessor,
    SandboxSource,
    StatementId,
    StatementOverdueError,
    Store,
    Worked,
)
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.statements import Statement
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, Member

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
Upload = Callable[..., StatementId]
DUE = date(2026, 2, 1)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def upload(practice: PracticeAccess, member: Member) -> Upload:
    """Uploads a statement for the patient."""

    def upload(number: str = "A-1", balance: str = "100.00", due_on: date = DUE) -> StatementId:
        return practice.statements.upload(
            member.patient_id,
            number=number,
            balance=usd(balance),
            issued_on=date(2026, 1, 2),
            due_on=due_on,
            document=b"%PDF",
            media_type="application/pdf",
        )

    return upload


@pytest.fixture
def bill(upload: Upload) -> StatementId:
    """A statement of 100.00 USD."""
    return upload()


def shown(me: PatientAccess, statement_id: StatementId) -> tuple[str, str, str]:
    statement = me.statements.get(statement_id)
    return str(statement.paid), str(statement.pending), str(statement.remaining)


def charged(sandbox: SandboxProcessor) -> list[Money]:
    return [charge.amount for charge in sandbox.charges() if not charge.is_refunded]


def test_a_payment_is_settled_and_seen_by_the_patient_and_by_the_practice(
    me: PatientAccess, practice: PracticeAccess, bill: StatementId, clock: FrozenClock, sandbox: SandboxProcessor
) -> None:
    payment = me.statements.pay(bill, usd("12.34"), source=SandboxSource.APPROVE)
    assert payment == PaymentDetails(
        payment_id=payment.payment_id,
        statement_id=bill,
        amount=usd("12.34"),
        status=PaymentStatus.SETTLED,
        requested_at=clock(),
        ended_at=clock(),
        decline_code=None,
        reference=f"sandbox-{payment.payment_id}",
    )
    assert shown(me, bill) == ("12.34 USD", "0.00 USD", "87.66 USD")
    assert me.statements.payments().items == practice.statements.payments(me.patient_id).items == (payment,)
    assert charged(sandbox) == [usd("12.34")]


def test_the_processor_is_called_outside_any_transaction_and_sees_what_is_reserved(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, raw_store: Store
) -> None:
    class Watching(SandboxProcessor):
        def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
            with raw_store.view() as view:
                (statement,) = view.select(Query(state=Statement))
                (payment,) = view.select(Query(state=Payment))
            reserved.append((statement.pending, payment.status.value, payment.id == key))
            return super().charge(key, amount, source)

    reserved: list[tuple[Money, str, bool]] = []
    me = portal_with(payments=Watching()).log_in(member.username, member.password)
    me.statements.pay(bill, usd("12.34"), source="approve")
    assert reserved == [(usd("12.34"), "pending", True)]


def test_as_many_payments_as_the_patient_likes_until_nothing_remains(
    me: PatientAccess, bill: StatementId, sandbox: SandboxProcessor
) -> None:
    for amount in ("0.01", "33.33", "16.66"):
        me.statements.pay(bill, usd(amount), source="approve")
    assert me.statements.pay(bill, Pay.FULL, source="approve").amount == usd("50.00")
    for more in (Pay.FULL, usd("0.01")):
        with pytest.raises(AmountExceedsBalanceError) as caught:
            me.statements.pay(bill, more, source="approve")
        assert caught.value.remaining == usd("0")
    assert shown(me, bill) == ("100.00 USD", "0.00 USD", "0.00 USD")
    assert sum(amount.minor_units for amount in charged(sandbox)) == 10_000


def test_the_history_shows_who_paid_from_which_device(usual: Portal, member: Member, bill: StatementId) -> None:
    me = usual.log_in(member.username, member.password, device="phone")
    me.statements.pay(bill, usd("1.00"), source="approve")
    shown = [(entry.what, entry.by.value, entry.device) for entry in me.account.history().items]
    assert sorted(shown)[-3:-1] == [
        ("payment_reserved", "patient", "phone"),
        ("payment_settled", "patient", "phone"),
    ]


def test_a_receipt_is_in_the_inbox_and_the_mail_names_no_amount(
    usual: Portal, me: PatientAccess, bill: StatementId, notifier: RecordingNotifier
) -> None:
    usual.work()
    notifier.messages.clear()
    payment = me.statements.pay(bill, usd("12.34"), source="approve")
    (receipt,) = me.messages.inbox().items
    assert (receipt.kind, receipt.about_id, receipt.is_from_staff) == (
        MessageKind.PAYMENT_RECEIPT,
        payment.payment_id,
        False,
    )
    assert "12.34 USD" in receipt.body
    assert usual.work() == Worked(sent=1)
    (mail,) = notifier.messages
    assert mail.kind is NoticeKind.NEW_MESSAGE
    assert "12.34" not in repr(mail)


def test_a_decline_is_an_outcome_with_a_code_saved_told_once_and_given_again(
    usual: Portal, me: PatientAccess, bill: StatementId, notifier: RecordingNotifier
) -> None:
    declined = me.statements.pay(bill, usd("12.34"), source="decline", idempotency_key="k")
    assert (declined.status, declined.decline_code, declined.reference) == (PaymentStatus.DECLINED, "declined", None)
    assert me.statements.pay(bill, usd("12.34"), source="decline", idempotency_key="k") == declined
    assert shown(me, bill) == ("0.00 USD", "0.00 USD", "100.00 USD")
    (told,) = me.messages.inbox().items
    assert (told.kind, told.about_id) == (MessageKind.PAYMENT_NOT_MADE, declined.payment_id)
    usual.work()
    assert [mail.kind for mail in notifier.messages].count(NoticeKind.NEW_MESSAGE) == 1


# What isn't payable


def test_an_earlier_statement_is_closed_by_the_arrival_of_the_next(
    me: PatientAccess, upload: Upload, sandbox: SandboxProcessor
) -> None:
    first, second = upload("A-1"), upload("A-2")
    with pytest.raises(NotCurrentStatementError):
        me.statements.pay(first, usd("1.00"), source="approve")
    assert me.statements.pay(second, usd("1.00"), source="approve").status is PaymentStatus.SETTLED
    assert charged(sandbox) == [usd("1.00")]


def test_an_overdue_statement_is_payable_again_once_it_was_sent_again(
    usual: Portal, member: Member, practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    bill = upload(due_on=date(2026, 1, 5))
    clock.advance(timedelta(days=1))
    me = usual.log_in(member.username, member.password)
    with pytest.raises(StatementOverdueError) as caught:
        me.statements.pay(bill, Pay.FULL, source="approve")
    assert caught.value.due_on == date(2026, 1, 5)
    me.statements.request_resend(bill)
    practice.statements.resend(bill, due_on=date(2026, 1, 6))
    assert me.statements.pay(bill, Pay.FULL, source="approve").status is PaymentStatus.SETTLED


def test_a_practice_may_let_overdue_statements_be_paid(
    portal_with: Callable[..., Portal], member: Member, upload: Upload, clock: FrozenClock
) -> None:
    bill = upload(due_on=date(2026, 1, 5))
    clock.advance(timedelta(days=1))
    policy = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
    me = portal_with(policy=policy).log_in(member.username, member.password)
    assert me.statements.pay(bill, Pay.FULL, source="approve").status is PaymentStatus.SETTLED


@pytest.mark.parametrize("source", [SandboxSource.APPROVE, SandboxSource.DECLINE])
def test_a_refused_payment_saves_nothing_and_uses_up_no_key(
    me: PatientAccess, bill: StatementId, untouched: Untouched, sandbox: SandboxProcessor, source: str
) -> None:
    with untouched():
        with pytest.raises(AmountExceedsBalanceError) as caught:
            me.statements.pay(bill, usd("100.01"), source=source, idempotency_key="k")
        assert caught.value.remaining == usd("100.00")
        with pytest.raises(BadInputError) as wrong:
            me.statements.pay(bill, Money.parse("1.00", "EUR"), source=source, idempotency_key="k")
        assert (wrong.value.field, wrong.value.problem) == ("amount", "other_currency")
    assert charged(sandbox) == []
    me.statements.pay(bill, usd("100.00"), source=source, idempotency_key="k")


def test_without_a_processor_nothing_is_reserved(
    portal_with: Callable[..., Portal], member: Member, bill: StatementId, store: Store, untouched: Untouched
) -> None:
    usual = portal_with()._outside
    bare = Portal(
        store=store,
        notifier=usual.notifier,
        hasher=usual.hasher,
        policy=usual.policy,
        secret_key=usual.secret_key,
        link_base_url=usual.link_base_url,
        clock=usual.clock,
        new_id=usual.new_id,
        new_secret=usual.new_secret,
    )
    me = bare.log_in(member.username, member.password)
    with untouched(), pytest.raises(ConfigurationError) as caught:
        me.statements.pay(bill, usd("1.00"), source="approve")
    assert caught.value.setting == "payments"


@pytest.mark.parametrize("timeout", [None, 30, timedelta(0), timedelta(seconds=-1)])
def test_a_processor_says_how_long_a_charge_takes(portal_with: Callable[..., Portal], timeout: object) -> None:
    class Timeless:
        def __init__(self) -> None:
            self.timeout = timeout

    with pytest.raises(ConfigurationError) as caught:
        portal_with(payments=Timeless())
    assert caught.value.setting == "payments"


# Never twice


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
    me.statements.pay(bill, usd("10.00"), source="approve", idempotency_key="k")
    other = upload("A-2")
    with untouched():
        for statement_id, amount, source in (
            (other, usd("10.00"), "approve"),
            (bill, usd("10.01"), "approve"),
            (bill, Pay.FULL, "approve"),
            (bill, usd("10.00"), "decline"),
        ):
            with pytest.raises(IdempotencyKeyReusedError):
                me.statements.pay(statement_id, amount, source=source, idempotency_key="k")


def test_the_same_key_answers_though_the_statement_was_superseded_meanwhile(me: PatientAccess, upload: Upload) -> None:
    bill = upload("A-1")
    first = me.statements.pay(bill, Pay.FULL, source="approve", idempotency_key="k")
    upload("A-2")
    assert me.statements.pay(bill, Pay.FULL, source="approve", idempotency_key="k") == first


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


def test_a_statement_that_arrives_while_the_processor_thinks_leaves_the_payment_on_the_earlier_one(
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
    assert shown(me, bill) == ("60.00 USD", "0.00 USD", "40.00 USD")
    assert shown(me, later[0]) == ("0.00 USD", "0.00 USD", "100.00 USD")
    assert [one.statement_id for one in me.statements.all().items] == [later[0], bill]


# When the world breaks


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
