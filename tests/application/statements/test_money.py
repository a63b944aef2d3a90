"""Money that moves elsewhere: what counts where as statements arrive and are taken back, and what came otherwise."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    AmountExceedsBalanceError,
    BadInputError,
    Conclusion,
    IdempotencyKeyReusedError,
    Money,
    NotCurrentStatementError,
    NotFoundError,
    NoticeKind,
    NotPermittedError,
    OwnAccountError,
    PatientAccess,
    Pay,
    PaymentDetails,
    PaymentMethod,
    PaymentStatus,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    ReductionExceedsOwedError,
    RetractionReason,
    Role,
    SandboxProcessor,
    SandboxSource,
    StaffMember,
    StatementId,
    StatementStatus,
    SupportTopic,
    Worked,
)
from patientportal.domain.ids import StaffId
from patientportal.testing import FrozenClock, Member
from tests.application.statements.payments.paying import Untouched, charged, usd

Upload = Callable[..., StatementId]
TODAY = date(2026, 1, 5)
WRONG = RetractionReason.WRONG_PATIENT


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def upload(practice: PracticeAccess, member: Member) -> Upload:
    """Uploads a statement of 100.00 USD for the patient."""
    usual: dict[str, Any] = {
        "balance": usd("100.00"),
        "issued_on": date(2026, 1, 2),
        "due_on": date(2026, 2, 1),
        "document": b"%PDF",
        "media_type": "application/pdf",
    }
    return lambda number, **otherwise: practice.statements.upload(
        member.patient_id, number=number, **(usual | otherwise)
    )


def sums(me: PatientAccess | PracticeAccess, statement_id: StatementId) -> tuple[str, ...]:
    shown = me.statements.get(statement_id)
    return tuple(
        str(one).split()[0] for one in (shown.paid, shown.reduced, shown.pending, shown.remaining, shown.credit)
    )


def test_a_debt_that_was_paid_before_the_next_statement_arrived_isnt_asked_for_again(
    usual: Portal, me: PatientAccess, upload: Upload, clock: FrozenClock, sandbox: SandboxProcessor
) -> None:
    january = upload("A-1")
    me.statements.pay(january, usd("60.00"), source=SandboxSource.APPROVE)
    lost = me.statements.pay(january, Pay.FULL, source=SandboxSource.APPROVE_AND_LOSE_ANSWER)
    february = upload("A-2", balance=usd("150.00"))
    assert sums(me, february) == ("60.00", "0.00", "40.00", "50.00", "0.00")
    assert sums(me, january) == ("0.00", "0.00", "0.00", "0.00", "0.00")
    me.statements.pay(february, Pay.FULL, source=SandboxSource.APPROVE)
    clock.advance(timedelta(minutes=10))
    assert usual.work().concluded == 1
    assert sums(me, february) == ("150.00", "0.00", "0.00", "0.00", "0.00")
    assert me.statements.get_payment(lost.payment_id).counts_on == february
    assert sum(one.minor_units for one in charged(sandbox)) == 15_000
    assert "for statement A-2" in me.messages.get(me.messages.inbox().items[0].message_id).body


def test_what_the_books_knew_stays_where_it_was_paid(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    january = upload("A-1")
    me.statements.pay(january, usd("60.00"), source=SandboxSource.APPROVE)
    clock.advance(timedelta(days=1))
    february = upload("A-2", balance=usd("40.00"), issued_on=date(2026, 1, 6))
    assert (sums(practice, january)[0], sums(practice, february)[3]) == ("60.00", "40.00")
    late = upload("A-3", issued_on=date(2026, 1, 6), posted_until=clock() - timedelta(days=1))
    assert sums(practice, late)[3] == "40.00"


def test_a_statement_of_another_debt_takes_nothing(me: PatientAccess, upload: Upload) -> None:
    january = upload("A-1")
    me.statements.pay(january, Pay.FULL, source=SandboxSource.APPROVE)
    other = upload("A-2", covers_earlier=False)
    assert (sums(me, january)[0], sums(me, other)[3]) == ("100.00", "100.00")


def test_a_statement_under_the_hospitals_key_comes_once(
    me: PatientAccess, upload: Upload, untouched: Untouched
) -> None:
    first = upload("A-1", external_id="H-1")
    with untouched():
        assert upload("A-1", external_id="H-1") == first
        with pytest.raises(IdempotencyKeyReusedError) as caught:
            upload("A-1", external_id="H-1", balance=usd("100.01"))
        assert (caught.value.what, caught.value.id) == ("statement", first)
    assert len(me.statements.all().items) == 1


# Taking back


def test_a_statement_of_somebody_else_is_out_of_sight_at_once(
    usual: Portal,
    me: PatientAccess,
    *,
    practice: PracticeAccess,
    upload: Upload,
    notifier: RecordingNotifier,
    clock: FrozenClock,
) -> None:
    before = upload("A-1")
    assert usual.work().sent == 1
    wrong = upload("A-2")
    assert me.statements.document(wrong).content == b"%PDF"
    practice.statements.retract(wrong, WRONG)
    for look in (me.statements.get, me.statements.document):
        with pytest.raises(NotFoundError):
            look(wrong)
    with pytest.raises(NotCurrentStatementError):
        me.statements.pay(wrong, Pay.FULL, source=SandboxSource.APPROVE)
    assert [one.statement_id for one in me.statements.all().items] == [before]
    current = me.statements.current()
    assert current is not None
    assert current.statement_id == before
    assert usual.work() == Worked(), "the mail about it isn't sent any more"
    assert [one.kind for one in notifier.messages] == [NoticeKind.STATEMENT_AVAILABLE]
    assert upload("A-2") != wrong, "its number is free"
    shown = practice.statements.get(wrong)
    assert (shown.status, shown.retracted_at, shown.opened_at) == (StatementStatus.RETRACTED, clock(), clock())
    assert practice.statements.document(wrong).content == b"%PDF"
    assert wrong in {one.statement_id for one in practice.statements.of_patient(me.patient_id).items}


def test_that_it_was_opened_is_kept_once_and_staff_who_look_dont_open_it(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    bill = upload("A-1")
    me.statements.all()
    practice.statements.document(bill)
    assert practice.statements.get(bill).opened_at is None
    opened = clock()
    assert me.statements.get(bill).opened_at == opened
    clock.advance(timedelta(minutes=1))
    me.statements.document(bill)
    assert practice.statements.get(bill).opened_at == opened


def test_taking_back_is_done_once_and_the_history_says_why(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, untouched: Untouched
) -> None:
    bill = upload("A-1")
    practice.statements.retract(bill, WRONG)
    with untouched():
        practice.statements.retract(bill, RetractionReason.OTHER)
    (happened,) = [one for one in practice.audit.of_patient(me.patient_id).items if one.what == "statement_retracted"]
    assert (happened.reason, happened.staff_id) == (WRONG, "staff-1")
    assert "A-1" not in repr(happened)


def test_what_was_paid_on_it_counts_on_the_one_before_and_is_marked(
    me: PatientAccess, practice: PracticeAccess, upload: Upload
) -> None:
    before, wrong = upload("A-1"), upload("A-2", balance=usd("30.00"))
    me.statements.pay(wrong, Pay.FULL, source=SandboxSource.APPROVE)
    practice.statements.retract(wrong, WRONG)
    assert sums(me, before) == ("30.00", "0.00", "0.00", "70.00", "0.00")
    (payment,) = practice.statements.payments(me.patient_id).items
    assert (payment.statement_id, payment.statement_retracted, payment.counts_on) == (wrong, True, before)
    practice.statements.refund(payment.payment_id)
    assert sums(me, before)[3] == "100.00"


@pytest.mark.parametrize("source", [SandboxSource.TIME_OUT, SandboxSource.APPROVE_AND_LOSE_ANSWER])
def test_what_is_pending_on_it_is_never_asked_for_again_and_counts_if_it_was_charged_all_the_same(
    usual: Portal,
    me: PatientAccess,
    *,
    practice: PracticeAccess,
    upload: Upload,
    sandbox: SandboxProcessor,
    source: SandboxSource,
) -> None:
    wrong = upload("A-1")
    pending = me.statements.pay(wrong, Pay.FULL, source=source, idempotency_key="form")
    practice.statements.retract(wrong, WRONG)
    before = len(sandbox.charges())
    assert me.statements.pay(wrong, Pay.FULL, source=source, idempotency_key="form").status is PaymentStatus.PENDING
    assert len(sandbox.charges()) == before
    assert usual.work().concluded == 1, "it is looked at at once"
    ended = me.statements.get_payment(pending.payment_id)
    was_charged = source is SandboxSource.APPROVE_AND_LOSE_ANSWER
    assert ended.status is (PaymentStatus.SETTLED if was_charged else PaymentStatus.RELEASED)
    assert "A-1" not in me.messages.get(me.messages.inbox().items[0].message_id).body
    right = upload("A-2")
    assert sums(me, right)[0] == ("100.00" if was_charged else "0.00"), "it is the patient's money"


def test_what_it_had_answered_is_asked_for_again(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    first = upload("A-1")
    me.statements.request_new_statement()
    me.statements.request_resend(first)
    wrong = upload("A-2")
    assert practice.support.open_requests().items == ()
    clock.advance(timedelta(minutes=1))
    again = me.statements.request_new_statement()
    practice.statements.retract(wrong, WRONG)
    open_now = {one.about: one.request_id for one in practice.support.open_requests().items}
    assert set(open_now) == {SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT}
    assert open_now[SupportTopic.NEW_STATEMENT] == again


# What came otherwise


def record(practice: PracticeAccess, bill: StatementId, amount: str = "60.00", **otherwise: Any) -> PaymentDetails:
    usual: dict[str, Any] = {"method": PaymentMethod.CASH, "received_on": TODAY}
    return practice.statements.record_payment(bill, usd(amount), **(usual | otherwise))


def test_cash_an_insurer_and_what_is_let_off_leave_the_rest_to_be_paid(
    me: PatientAccess, practice: PracticeAccess, upload: Upload
) -> None:
    bill = upload("A-1")
    cash = record(practice, bill, "20.00", reference="drawer 2")
    record(practice, bill, "30.00", method=PaymentMethod.INSURER)
    record(practice, bill, "15.00", method=PaymentMethod.REDUCTION)
    assert sums(me, bill) == ("50.00", "15.00", "0.00", "35.00", "0.00")
    assert (cash.status, cash.method, cash.received_on) == (PaymentStatus.SETTLED, PaymentMethod.CASH, TODAY)
    assert me.statements.get_payment(cash.payment_id) == practice.statements.get_payment(cash.payment_id) == cash
    with pytest.raises(AmountExceedsBalanceError):
        me.statements.pay(bill, usd("35.01"), source=SandboxSource.APPROVE)
    record(practice, bill, "40.00", method=PaymentMethod.CHEQUE)
    assert sums(me, bill) == ("90.00", "15.00", "0.00", "0.00", "5.00")
    assert me.statements.current().is_overdue is False  # type: ignore[union-attr]


def test_a_cheque_is_written_down_once(practice: PracticeAccess, upload: Upload, untouched: Untouched) -> None:
    bill = upload("A-1")
    cheque = record(practice, bill, method=PaymentMethod.CHEQUE, external_id="C-7")
    with untouched():
        assert record(practice, bill, method=PaymentMethod.CHEQUE, external_id="C-7") == cheque
        with pytest.raises(IdempotencyKeyReusedError) as caught:
            record(practice, bill, "60.01", method=PaymentMethod.CHEQUE, external_id="C-7")
        assert (caught.value.what, caught.value.id) == ("payment", cheque.payment_id)


def test_money_that_the_books_knew_counts_on_the_statement_before(
    practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    before = upload("A-1")
    clock.advance(timedelta(days=1))
    bill = upload("A-2", issued_on=date(2026, 1, 6))
    known = record(practice, bill, received_on=TODAY)
    assert (known.statement_id, known.counts_on) == (bill, before)
    assert (sums(practice, before)[0], sums(practice, bill)[3]) == ("60.00", "100.00")
    assert record(practice, bill, received_on=date(2026, 1, 6)).counts_on == bill


def test_what_cant_be_written_down_is_refused(practice: PracticeAccess, upload: Upload, untouched: Untouched) -> None:
    former, bill = upload("A-1"), upload("A-2")
    with untouched():
        with pytest.raises(NotCurrentStatementError):
            record(practice, former)
        with pytest.raises(ReductionExceedsOwedError):
            record(practice, bill, "100.01", method=PaymentMethod.REDUCTION)
        with pytest.raises(BadInputError, match="received_on: too_late"):
            record(practice, bill, received_on=date(2026, 1, 6))
        with pytest.raises(BadInputError, match="amount: other_currency"):
            practice.statements.record_payment(
                bill, Money.parse("1", "EUR"), method=PaymentMethod.CASH, received_on=TODAY
            )


def test_an_insurers_money_what_is_let_off_and_what_goes_back_by_hand_take_billing(
    usual: Portal, practice: PracticeAccess, member: Member, upload: Upload
) -> None:
    bill = upload("A-1")
    payment = record(practice, bill)
    front_desk = usual.practice(StaffMember(id=StaffId("s-1"), name="Sam", roles={Role.FRONT_DESK}))
    for method in (PaymentMethod.INSURER, PaymentMethod.REDUCTION):
        with pytest.raises(NotPermittedError) as caught:
            record(front_desk, bill, method=method)
        assert caught.value.verb == f"statements.record_payment({method})"
    with pytest.raises(NotPermittedError):
        front_desk.statements.refund(payment.payment_id, by_hand=True)
    assert record(front_desk, bill, "1.00").status is PaymentStatus.SETTLED
    herself = usual.practice(StaffMember(id=StaffId("s-2"), name="Ada", roles=set(Role), patient_id=member.patient_id))
    with pytest.raises(OwnAccountError):
        record(herself, bill, method=PaymentMethod.REDUCTION)
    with pytest.raises(OwnAccountError):
        herself.statements.refund(payment.payment_id, by_hand=True)
    with pytest.raises(OwnAccountError):
        herself.statements.conclude(payment.payment_id, Conclusion.PAID)


def test_a_bounced_cheque_is_owed_again(me: PatientAccess, practice: PracticeAccess, upload: Upload) -> None:
    bill = upload("A-1")
    cheque = record(practice, bill, method=PaymentMethod.CHEQUE)
    back = practice.statements.refund(cheque.payment_id, by_hand=True, reason="bounced")
    assert back == evolve(cheque, status=PaymentStatus.REFUNDED, refunded=usd("60.00"))
    assert sums(me, bill)[3] == "100.00"
    (refund,) = practice.statements.refunds(me.patient_id).items
    assert (refund.reason, refund.by_hand, refund.given_by) == ("bounced", True, "staff-1")
    assert practice.statements.get_refund(refund.refund_id) == refund
