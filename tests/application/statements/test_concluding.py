"""What only somebody can conclude: charges of another amount, charges after all, and silence for a day."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    Approved,
    BadInputError,
    ChargedOtherwiseError,
    Conclusion,
    Declined,
    Money,
    NotFoundError,
    NotPermittedError,
    PatientAccess,
    PaymentDetails,
    PaymentId,
    PaymentNotUnclearError,
    PaymentStatus,
    Portal,
    PracticeAccess,
    Role,
    SandboxProcessor,
    StaffId,
    StaffMember,
    StatementId,
)
from patientportal.testing import FrozenClock, Member, desk

SIXTY = Money.parse("60.00", "USD")
OTHER = Money.parse("60.01", "USD")
A_LOOK = timedelta(minutes=5, seconds=30)
PATIENT_TOLD = {Conclusion.PAID: "payment_receipt", Conclusion.NOT_MADE: "payment_not_made"}


class Odd(SandboxProcessor):
    """A processor that charges what it was not asked for.

    Attributes:
        charged: what it says it has charged; ``None``: what it was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.charged: Money | None = OTHER

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        return self._said(super().charge(key, amount, source))

    def find(self, key: str) -> Approved | Declined | None:
        found = super().find(key)
        return None if found is None else self._said(found)

    def _said(self, answer: Approved | Declined) -> Approved | Declined:
        is_odd = isinstance(answer, Approved) and self.charged is not None
        return Approved(amount=self.charged or SIXTY, reference=f"odd-{self.charged}") if is_odd else answer


@pytest.fixture
def odd() -> Odd:
    return Odd()


@pytest.fixture
def portal(portal_with: Callable[..., Portal], odd: Odd) -> Portal:
    return portal_with(payments=odd)


@pytest.fixture
def practice(portal: Portal) -> PracticeAccess:
    return desk(portal)


@pytest.fixture
def me(portal: Portal, member: Member) -> PatientAccess:
    return portal.log_in(member.username, member.password)


@pytest.fixture
def bill(practice: PracticeAccess, member: Member) -> StatementId:
    return practice.statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        document=b"%PDF",
        media_type="application/pdf",
    )


def waiting(portal: Portal) -> list[tuple[Any, ...]]:
    """What staff see, in both of their lists, and the monitor's count."""
    practice = desk(portal)
    listed = practice.statements.unclear().items
    assert portal.health().unclear_payments == len(listed)
    for one in listed:
        assert one.patient_name == practice.patients.get(one.patient_id).personal.name
        assert one.payment in practice.statements.payments(one.patient_id).items
    return [(one.payment.payment_id, one.payment.charged) for one in listed]


def facts(me: PatientAccess) -> list[str]:
    """What happened to the patient, but for the looks of staff."""
    return [one.what for one in me.account.history().items if one.what != "record_viewed"]


def spent(me: PatientAccess, bill: StatementId) -> tuple[str, str, str]:
    statement = me.statements.get(bill)
    return str(statement.paid), str(statement.pending), str(statement.remaining)


def test_another_amount_than_ours_is_never_settled_but_waits_for_somebody(
    portal: Portal, me: PatientAccess, bill: StatementId, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    paid = me.statements.pay(bill, SIXTY, source="approve", idempotency_key="k")
    assert (paid.status, paid.charged, paid.unclear_since) == (PaymentStatus.PENDING, OTHER, clock())
    assert waiting(portal) == [(paid.payment_id, OTHER)]
    assert spent(me, bill) == ("0.00 USD", "60.00 USD", "40.00 USD")
    assert me.messages.inbox().items == ()
    assert facts(me)[:2] == ["payment_charged_otherwise", "payment_reserved"]
    assert [(one.levelname, str(paid.payment_id) in one.getMessage()) for one in caplog.records] == [("ERROR", True)]
    assert me.statements.pay(bill, SIXTY, source="approve", idempotency_key="k") == paid, "again is no news"
    for _ in range(2):
        clock.advance(A_LOOK)
        portal.work()
    assert waiting(portal) == [(paid.payment_id, OTHER)]
    assert facts(me)[:2] == ["payment_charged_otherwise", "payment_reserved"]
    assert len(caplog.records) == 1


def test_another_amount_settles_by_itself_once_the_processor_says_ours(
    portal: Portal, me: PatientAccess, bill: StatementId, odd: Odd, clock: FrozenClock
) -> None:
    me.statements.pay(bill, SIXTY, source="approve")
    odd.charged = None
    clock.advance(A_LOOK)
    assert portal.work().concluded == 1
    (paid,) = me.statements.payments().items
    assert (paid.status, paid.charged, paid.unclear_since) == (PaymentStatus.SETTLED, None, None)
    assert waiting(portal) == []


def test_what_was_charged_otherwise_is_given_back_by_hand_and_owed_again_and_never_counts(
    portal: Portal, me: PatientAccess, bill: StatementId, *, practice: PracticeAccess, clock: FrozenClock
) -> None:
    paid = me.statements.pay(bill, SIXTY, source="approve")
    with pytest.raises(ChargedOtherwiseError) as caught:
        practice.statements.conclude(paid.payment_id, Conclusion.PAID)
    assert caught.value.charged == OTHER
    ended = practice.statements.conclude(paid.payment_id, Conclusion.NOT_MADE)
    assert (ended.status, ended.charged, ended.unclear_since) == (PaymentStatus.RELEASED, OTHER, None)
    assert waiting(portal) == []
    assert spent(me, bill) == ("0.00 USD", "0.00 USD", "100.00 USD")
    hold_concluded(portal, me, ended, Conclusion.NOT_MADE)
    with pytest.raises(PaymentNotUnclearError) as done:
        practice.statements.conclude(paid.payment_id, Conclusion.NOT_MADE)
    assert done.value.status is PaymentStatus.RELEASED
    clock.advance(A_LOOK)
    portal.work()
    assert waiting(portal) == [], "what was concluded is no news"


def hold_concluded(portal: Portal, me: PatientAccess, ended: PaymentDetails, conclusion: Conclusion) -> None:
    """Who and what stands in the history, and the patient is told once."""
    (entry,) = [one for one in me.account.history().items if one.what == "payment_concluded"]
    assert entry.by == "staff"
    assert [one.kind for one in me.messages.inbox().items][:1] == [PATIENT_TOLD[conclusion]]
    assert me.messages.inbox().items[0].about_id == ended.payment_id
    portal.work()


@pytest.fixture
def after_all(
    portal_with: Callable[..., Portal],
    member: Member,
    bill: StatementId,
    usual: Portal,
    clock: FrozenClock,
) -> Callable[[], PaymentDetails]:
    """A payment of sixty dollars that a worker had voided, and that was charged then."""

    class Liar(SandboxProcessor):
        def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
            clock.advance(A_LOOK)
            assert usual.work().concluded == 1
            return super().charge(key, amount, source)

    def pay() -> PaymentDetails:
        me = portal_with(payments=Liar()).log_in(member.username, member.password)
        return me.statements.pay(bill, SIXTY, source="approve")

    return pay


def test_what_was_charged_after_all_counts_if_it_still_fits(
    portal: Portal,
    me: PatientAccess,
    bill: StatementId,
    *,
    practice: PracticeAccess,
    after_all: Callable[[], PaymentDetails],
) -> None:
    paid = after_all()
    assert (paid.status, paid.charged) == (PaymentStatus.RELEASED, SIXTY)
    assert waiting(portal) == [(paid.payment_id, SIXTY)]
    ended = practice.statements.conclude(paid.payment_id, Conclusion.PAID)
    assert (ended.status, ended.reference, ended.charged) == (
        PaymentStatus.SETTLED,
        f"sandbox-{paid.payment_id}",
        None,
    )
    assert spent(me, bill) == ("60.00 USD", "0.00 USD", "40.00 USD")
    assert waiting(portal) == []
    hold_concluded(portal, me, ended, Conclusion.PAID)


def test_what_was_charged_after_all_is_the_patients_credit_where_it_was_paid_meanwhile(
    portal: Portal,
    me: PatientAccess,
    bill: StatementId,
    *,
    practice: PracticeAccess,
    after_all: Callable[[], PaymentDetails],
    odd: Odd,
) -> None:
    paid = after_all()
    odd.charged = None
    me.statements.pay(bill, Money.parse("40.01", "USD"), source="approve")
    odd.charged = OTHER
    ended = practice.statements.conclude(paid.payment_id, Conclusion.PAID)
    assert (ended.status, ended.charged, ended.unclear_since) == (PaymentStatus.SETTLED, None, None)
    shown = me.statements.get(bill)
    assert (str(shown.remaining), str(shown.credit)) == ("0.00 USD", "0.01 USD")
    assert waiting(portal) == []


def test_what_was_charged_after_all_and_given_back_is_nothing_that_the_patient_wasnt_told(
    portal: Portal, me: PatientAccess, practice: PracticeAccess, after_all: Callable[[], PaymentDetails]
) -> None:
    paid = after_all()
    told = len(me.messages.inbox().items)
    ended = practice.statements.conclude(paid.payment_id, Conclusion.NOT_MADE)
    assert (ended.status, ended.charged, ended.unclear_since) == (PaymentStatus.RELEASED, SIXTY, None)
    assert len(me.messages.inbox().items) == told, "they were told before that it was not made"
    assert waiting(portal) == []


@pytest.mark.parametrize("conclusion", Conclusion)
def test_what_nobody_could_find_out_for_a_day_is_concluded_by_whoever_looks_into_the_processors_list(
    portal: Portal,
    me: PatientAccess,
    bill: StatementId,
    *,
    member: Member,
    practice: PracticeAccess,
    clock: FrozenClock,
    conclusion: Conclusion,
) -> None:
    paid = me.statements.pay(bill, SIXTY, source="never_answer")
    with pytest.raises(PaymentNotUnclearError):
        practice.statements.conclude(paid.payment_id, conclusion)
    clock.advance(timedelta(days=1) - timedelta(microseconds=1))
    portal.work()
    assert waiting(portal) == []
    clock.advance(A_LOOK)
    portal.work()
    assert waiting(portal) == [(paid.payment_id, None)]
    if conclusion is Conclusion.PAID:
        with pytest.raises(BadInputError, match=r"^bad_input: reference: empty$"):
            practice.statements.conclude(paid.payment_id, conclusion)
    name = "ch-1" if conclusion is Conclusion.PAID else None
    ended = practice.statements.conclude(paid.payment_id, conclusion, reference=name)
    status = {Conclusion.PAID: PaymentStatus.SETTLED, Conclusion.NOT_MADE: PaymentStatus.RELEASED}[conclusion]
    assert (ended.status, ended.reference) == (status, name)
    assert spent(portal.log_in(member.username, member.password), bill)[1] == "0.00 USD"
    assert waiting(portal) == []


def test_only_billing_concludes_and_only_what_there_is(portal: Portal, practice: PracticeAccess) -> None:
    for role in set(Role) - {Role.BILLING}:
        other = portal.practice(StaffMember(id=StaffId("staff-9"), name="Sam", roles={role})).statements
        with pytest.raises(NotPermittedError):
            other.conclude(PaymentId("p"), Conclusion.PAID)
    with pytest.raises(NotFoundError):
        practice.statements.conclude(PaymentId("p"), Conclusion.PAID)
    with pytest.raises(TypeError, match=r"^conclusion must be Conclusion, not str$"):
        practice.statements.conclude(PaymentId("p"), "paid")  # type: ignore[arg-type]
