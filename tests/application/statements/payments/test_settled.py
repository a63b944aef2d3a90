"""Payments are reserved, charged outside any transaction and settled, or refused before that."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from patientportal import (
    AmountExceedsBalanceError,
    Approved,
    BadInputError,
    ConfigurationError,
    Declined,
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
from patientportal.domain.statements.payments import Payment, PaymentMethod
from patientportal.domain.statements.statements import Statement
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, Member
from tests.application.statements.payments.paying import Untouched, Upload, charged, shown, usd


def test_a_payment_is_settled_and_seen_by_the_patient_and_by_the_practice(
    me: PatientAccess, practice: PracticeAccess, bill: StatementId, clock: FrozenClock, sandbox: SandboxProcessor
) -> None:
    payment = me.statements.pay(bill, usd("12.34"), source=SandboxSource.APPROVE)
    assert payment == PaymentDetails(
        payment_id=payment.payment_id,
        patient_id=me.patient_id,
        statement_id=bill,
        statement_retracted=False,
        counts_on=bill,
        amount=usd("12.34"),
        method=PaymentMethod.ONLINE,
        status=PaymentStatus.SETTLED,
        refunded=usd("0.00"),
        refunding=usd("0.00"),
        requested_at=clock(),
        received_on=None,
        ended_at=clock(),
        decline_code=None,
        reference=f"sandbox-{payment.payment_id}",
        external_id=None,
        charged=None,
        unclear_since=None,
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
    usual = portal_with()._env
    bare = Portal(
        store=store,
        notifier=usual.notifier,
        hasher=usual.hasher,
        common_passwords=usual.common_passwords,
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
