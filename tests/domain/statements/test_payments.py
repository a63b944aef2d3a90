"""Payments: never more than what remains, never twice, and given back once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import MessageId, PatientId, PaymentId, StatementId
from patientportal.domain.messages.messages import InboxMessage, MessageKind
from patientportal.domain.outcomes import Unchanged, plan
from patientportal.domain.policy import PaymentPolicy, Policy
from patientportal.domain.statements import payments as rules
from patientportal.domain.statements import refunds, settlement
from patientportal.domain.statements.payments import (
    AmountExceedsBalanceError,
    IdempotencyKeyReusedError,
    Pay,
    Payment,
    PaymentOrder,
    PaymentReserved,
    PaymentStatus,
    Repeated,
    Reserved,
)
from patientportal.domain.statements.refunds import (
    PaymentNotSettledError,
    PaymentRefunded,
    RefundBegun,
    RefundDeclined,
    Refunded,
    Refunding,
    StaysSettled,
)
from patientportal.domain.statements.settlement import (
    ChargedAfterAll,
    Declined,
    PaymentChargedAfterAll,
    PaymentDeclined,
    PaymentReleased,
    PaymentSettled,
    Postponed,
    Released,
    Settled,
)
from patientportal.domain.statements.statements import (
    NotCurrentStatementError,
    Statement,
    StatementOverdueError,
    StatementStatus,
)
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER, LOOK_AT = NOW + timedelta(seconds=2), NOW + timedelta(minutes=6)
POLICY = Policy(zone="America/New_York")
FORGIVING = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
STATEMENT = Statement(
    patient_id=PatientId("p-1"),
    id=StatementId("s-1"),
    number="A-1",
    balance=Money.parse("100.00", "USD"),
    issued_on=date(2026, 1, 1),
    due_on=date(2026, 1, 31),
    uploaded_at=NOW,
)
SUPERSEDED = evolve(STATEMENT, status=StatementStatus.SUPERSEDED)
OVERDUE = evolve(STATEMENT, due_on=date(2026, 1, 4))
RECEIPT = MessageId("m-1")


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def order(amount: Money | Pay, key: str | None = None, source: bytes = b"a" * 32) -> PaymentOrder:
    return PaymentOrder(payment_id=PaymentId("pay-1"), amount=amount, idempotency_key=key, source_hash=source)


def pay(statement: Statement, wanted: PaymentOrder, earlier: Payment | None = None, policy: Policy = POLICY) -> Any:
    return rules.pay(statement, order=wanted, earlier=earlier, now=NOW, look_at=LOOK_AT, policy=policy)


def reserved(amount: Money | Pay, statement: Statement = STATEMENT) -> Reserved:
    outcome = pay(statement, order(amount))
    assert isinstance(outcome, Reserved)
    return outcome


def settled(amount: Money | Pay) -> Settled:
    before = reserved(amount)
    outcome = settlement.settle(before.statement, before.payment, reference="ch-1", message_id=RECEIPT, now=LATER)
    assert isinstance(outcome, Settled)
    return outcome


def spent(statement: Statement) -> tuple[int, int]:
    return statement.paid_minor_units, statement.pending_minor_units


# Paying


def test_an_amount_is_reserved_before_anybody_is_charged() -> None:
    outcome = reserved(usd("10.00"))
    assert outcome == Reserved(
        statement=evolve(STATEMENT, pending_minor_units=1000),
        payment=Payment(
            patient_id=STATEMENT.patient_id,
            id=PaymentId("pay-1"),
            statement_id=STATEMENT.id,
            amount=usd("10.00"),
            is_full=False,
            idempotency_key=None,
            source_hash=b"a" * 32,
            requested_at=NOW,
            look_at=LOOK_AT,
        ),
        event=PaymentReserved(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )
    assert outcome.payment.status is PaymentStatus.PENDING
    assert {outcome.payment.ended_at, outcome.payment.decline_code, outcome.payment.reference} == {None}
    assert pay(STATEMENT, order(usd("10.00"), "key")).payment.idempotency_key == "key"


def test_full_is_all_that_remains_at_that_moment() -> None:
    statement = evolve(STATEMENT, paid_minor_units=3000, pending_minor_units=1)
    outcome = reserved(Pay.FULL, statement)
    assert (outcome.payment.amount, outcome.payment.is_full) == (usd("69.99"), True)
    assert outcome.statement.remaining.is_zero


EARLIER = reserved(usd("10.00")).payment
OF_FULL = reserved(Pay.FULL).payment


@pytest.mark.parametrize(
    ("statement", "wanted", "earlier", "policy", "refused"),
    [
        (
            evolve(SUPERSEDED, due_on=date(2026, 1, 4)),
            order(Money.parse("500", "EUR")),
            EARLIER,
            POLICY,
            IdempotencyKeyReusedError(),
        ),
        (
            evolve(SUPERSEDED, due_on=date(2026, 1, 4)),
            order(Money.parse("500", "EUR")),
            None,
            POLICY,
            NotCurrentStatementError(),
        ),
        (OVERDUE, order(Money.parse("500", "EUR")), None, POLICY, StatementOverdueError(due_on=date(2026, 1, 4))),
        (
            OVERDUE,
            order(Money.parse("500", "EUR")),
            None,
            FORGIVING,
            BadInputError(field="amount", problem="other_currency"),
        ),
        (OVERDUE, order(usd("500")), None, FORGIVING, AmountExceedsBalanceError(remaining=usd("100.00"))),
        (OVERDUE, order(usd("100.01")), None, FORGIVING, AmountExceedsBalanceError(remaining=usd("100.00"))),
        (OVERDUE, order(usd("100.00")), None, FORGIVING, None),
        (STATEMENT, order(usd("100.00")), None, POLICY, None),
    ],
)
def test_paying_is_refused_in_a_fixed_order(
    statement: Statement, wanted: PaymentOrder, earlier: Payment | None, policy: Policy, refused: Exception | None
) -> None:
    if refused is None:
        assert isinstance(pay(statement, wanted, earlier, policy), Reserved)
    else:
        with pytest.raises(type(refused)) as caught:
            pay(statement, wanted, earlier, policy)
        assert repr(caught.value) == repr(refused)


@pytest.mark.parametrize(
    "statement",
    [evolve(STATEMENT, paid_minor_units=9_000), evolve(STATEMENT, pending_minor_units=9_000)],
    ids=["paid", "pending"],
)
def test_the_same_bill_isnt_paid_twice_what_is_pending_counts_like_what_is_paid(statement: Statement) -> None:
    with pytest.raises(AmountExceedsBalanceError) as caught:
        pay(statement, order(usd("10.01")))
    assert caught.value.remaining == usd("10.00")
    assert isinstance(pay(statement, order(usd("10.00"))), Reserved)


@pytest.mark.parametrize("amount", [Pay.FULL, usd("0.01")])
def test_when_nothing_remains_nothing_can_be_paid(amount: Money | Pay) -> None:
    for nothing in (evolve(STATEMENT, paid_minor_units=10_000), evolve(STATEMENT, balance=usd("0"))):
        with pytest.raises(AmountExceedsBalanceError) as caught:
            pay(nothing, order(amount))
        assert caught.value.remaining == usd("0")


@given(statement=strategies.statements(), offset=st.integers(-3, 3), is_full=st.booleans())
def test_never_a_cent_more_than_what_remains(statement: Statement, offset: int, *, is_full: bool) -> None:
    remaining = statement.balance.minor_units - statement.paid_minor_units - statement.pending_minor_units
    units = remaining if is_full else min(max(1, remaining + offset), MINOR_UNITS_MAX)
    amount = Pay.FULL if is_full else evolve(statement.balance, minor_units=units)
    current = evolve(statement, status=StatementStatus.CURRENT)
    if 0 < units <= remaining:
        outcome = pay(current, order(amount), policy=FORGIVING)
        assert outcome.payment.amount.minor_units == units
        assert spent(outcome.statement) == (statement.paid_minor_units, statement.pending_minor_units + units)
    else:
        with pytest.raises(AmountExceedsBalanceError) as caught:
            pay(current, order(amount), policy=FORGIVING)
        assert caught.value.remaining.minor_units == remaining


# Keys


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("statement", [STATEMENT, OVERDUE, SUPERSEDED], ids=["current", "overdue", "superseded"])
@pytest.mark.parametrize(("amount", "earlier"), [(usd("10.00"), EARLIER), (Pay.FULL, OF_FULL)], ids=["amount", "full"])
def test_the_same_key_gives_the_same_payment_as_it_is_now(
    status: PaymentStatus, statement: Statement, amount: Money | Pay, earlier: Payment
) -> None:
    now = evolve(earlier, status=status)
    assert pay(statement, order(amount, "key"), now) == Repeated(payment=now)


@pytest.mark.parametrize(
    ("statement", "wanted", "earlier"),
    [
        (evolve(STATEMENT, id=StatementId("s-2")), order(usd("10.00")), EARLIER),
        (STATEMENT, order(usd("10.01")), EARLIER),
        (STATEMENT, order(Money.parse("1000", "JPY")), EARLIER),
        (STATEMENT, order(usd("10.00"), source=b"b" * 32), EARLIER),
        (STATEMENT, order(Pay.FULL), EARLIER),
        (STATEMENT, order(Pay.FULL), evolve(EARLIER, amount=STATEMENT.remaining)),
        (STATEMENT, order(OF_FULL.amount), OF_FULL),
    ],
    ids=["statement", "amount", "currency", "source", "full", "full of the same amount", "the amount of full"],
)
def test_the_same_key_with_anything_else_is_refused(
    statement: Statement, wanted: PaymentOrder, earlier: Payment
) -> None:
    with pytest.raises(IdempotencyKeyReusedError):
        pay(statement, wanted, earlier)


# What becomes of it


def test_a_settled_payment_is_paid_and_has_a_receipt() -> None:
    before = reserved(usd("10.00"))
    outcome = settled(usd("10.00"))
    assert spent(outcome.statement) == (1000, 0)
    assert outcome.payment == evolve(
        before.payment, status=PaymentStatus.SETTLED, reference="ch-1", look_at=None, ended_at=LATER
    )
    assert outcome.event == PaymentSettled(
        payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")
    )
    assert outcome.message == InboxMessage(
        patient_id=STATEMENT.patient_id,
        id=RECEIPT,
        kind=MessageKind.PAYMENT_RECEIPT,
        about_id="pay-1",
        subject="Receipt for your payment",
        body="We have received your payment of 10.00 USD for statement A-1.\n\n"
        "Paid of this statement until now: 10.00 USD of 100.00 USD.",
        sent_at=LATER,
    )


NOT_MADE = InboxMessage(
    patient_id=STATEMENT.patient_id,
    id=RECEIPT,
    kind=MessageKind.PAYMENT_NOT_MADE,
    about_id="pay-1",
    subject="Your payment was not made",
    body="Your payment of 10.00 USD for statement A-1 was not made.",
    sent_at=LATER,
)


def test_a_declined_payment_remains_to_be_paid_and_the_patient_is_told() -> None:
    before = reserved(usd("10.00"))
    assert settlement.decline(
        before.statement, before.payment, code="expired", message_id=RECEIPT, now=LATER
    ) == Declined(
        statement=STATEMENT,
        payment=evolve(
            before.payment, status=PaymentStatus.DECLINED, decline_code="expired", look_at=None, ended_at=LATER
        ),
        message=NOT_MADE,
        event=PaymentDeclined(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


def test_a_released_payment_remains_to_be_paid_and_the_patient_is_told() -> None:
    before = reserved(usd("10.00"))
    assert settlement.release(before.statement, before.payment, message_id=RECEIPT, now=LATER) == Released(
        statement=STATEMENT,
        payment=evolve(before.payment, status=PaymentStatus.RELEASED, look_at=None, ended_at=LATER),
        message=NOT_MADE,
        event=PaymentReleased(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


def test_what_was_reserved_on_a_superseded_statement_settles_there() -> None:
    before = reserved(usd("10.00"))
    closed = evolve(before.statement, status=StatementStatus.SUPERSEDED)
    outcome = settlement.settle(closed, before.payment, reference="ch-1", message_id=RECEIPT, now=LATER)
    assert isinstance(outcome, Settled)
    assert spent(outcome.statement) == (1000, 0)
    assert outcome.statement.status is StatementStatus.SUPERSEDED


@pytest.mark.parametrize("status", [status for status in PaymentStatus if status is not PaymentStatus.PENDING])
def test_what_isnt_pending_any_more_stays_what_it_is(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    assert settlement.decline(STATEMENT, payment, code="no", message_id=RECEIPT, now=LATER) == Unchanged()
    assert settlement.release(STATEMENT, payment, message_id=RECEIPT, now=LATER) == Unchanged()


@pytest.mark.parametrize("status", [PaymentStatus.SETTLED, PaymentStatus.REFUNDING, PaymentStatus.REFUNDED])
def test_what_was_settled_is_settled_once(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    assert settlement.settle(STATEMENT, payment, reference="ch-2", message_id=RECEIPT, now=LATER) == Unchanged()


@pytest.mark.parametrize("status", [PaymentStatus.DECLINED, PaymentStatus.RELEASED])
def test_a_charge_that_was_never_to_be_is_written_down_and_counts_as_nothing_paid(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    outcome = settlement.settle(STATEMENT, payment, reference="ch-2", message_id=RECEIPT, now=LATER)
    assert outcome == ChargedAfterAll(
        payment=payment,
        event=PaymentChargedAfterAll(payment_id=payment.id, statement_id=STATEMENT.id, amount=payment.amount),
    )
    assert [how for _, how in plan(ChargedAfterAll)] == ["record"]


@given(st.data(), strategies.statements(), strategies.payments())
def test_whatever_becomes_of_a_payment_the_whole_balance_is_accounted_for(
    data: st.DataObject, statement: Statement, payment: Payment
) -> None:
    statement = evolve(statement, balance=evolve(statement.balance, minor_units=10**6), paid_minor_units=500)
    payment = evolve(payment, amount=evolve(statement.balance, minor_units=data.draw(st.integers(1, 500))))
    statement = evolve(statement, pending_minor_units=data.draw(st.integers(payment.amount.minor_units, 1000)))
    paid, pending = spent(statement)
    units = payment.amount.minor_units
    is_pending = payment.status is PaymentStatus.PENDING
    ends = {
        (paid + units, pending - units): settlement.settle(
            statement, payment, reference="ch-1", message_id=RECEIPT, now=LATER
        ),
        (paid, pending - units): data.draw(
            st.sampled_from(
                (
                    settlement.decline(statement, payment, code="no", message_id=RECEIPT, now=LATER),
                    settlement.release(statement, payment, message_id=RECEIPT, now=LATER),
                )
            )
        ),
    }
    for expected, outcome in ends.items():
        if is_pending:
            assert not isinstance(outcome, (Unchanged, ChargedAfterAll))
            assert spent(outcome.statement) == expected
            assert (outcome.payment.look_at, outcome.payment.ended_at) == (None, LATER)
        else:
            assert isinstance(outcome, (Unchanged, ChargedAfterAll))


@given(payment=strategies.payments(), at=strategies.moments(), just=st.booleans())
def test_a_worker_takes_exactly_what_is_due_and_puts_it_off(payment: Payment, at: datetime, *, just: bool) -> None:
    now = payment.look_at if just and payment.look_at is not None else at
    again = now + timedelta(minutes=6)
    if payment.look_at is not None and payment.look_at <= now:
        assert settlement.take(payment, now=now, look_at=again) == Postponed(payment=evolve(payment, look_at=again))
    else:
        assert settlement.take(payment, now=now, look_at=again) == Unchanged()


# Giving back


def test_a_settled_payment_is_given_back_in_two_steps_and_is_owed_again() -> None:
    before = settled(usd("10.00"))
    begun = refunds.refund(before.payment, look_at=LOOK_AT)
    assert begun == Refunding(
        payment=evolve(before.payment, status=PaymentStatus.REFUNDING, look_at=LOOK_AT),
        event=RefundBegun(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )
    assert isinstance(begun, Refunding)
    later = LATER + timedelta(days=1)
    assert refunds.refunded(before.statement, begun.payment, now=later) == Refunded(
        statement=STATEMENT,
        payment=evolve(begun.payment, status=PaymentStatus.REFUNDED, look_at=None, ended_at=later),
        event=PaymentRefunded(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )
    assert refunds.refund_declined(begun.payment) == StaysSettled(
        payment=before.payment,
        event=RefundDeclined(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_what_was_settled_is_given_back_and_that_once(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    match status:
        case PaymentStatus.SETTLED:
            assert isinstance(refunds.refund(payment, look_at=LOOK_AT), Refunding)
        case PaymentStatus.REFUNDING | PaymentStatus.REFUNDED:
            assert refunds.refund(payment, look_at=LOOK_AT) == Repeated(payment=payment)
        case _:
            with pytest.raises(PaymentNotSettledError) as caught:
                refunds.refund(payment, look_at=LOOK_AT)
            assert caught.value.status is status
    if status is not PaymentStatus.REFUNDING:
        assert refunds.refunded(STATEMENT, payment, now=LATER) == Unchanged()
        assert refunds.refund_declined(payment) == Unchanged()


# What is typed


def refusal(check: Any, value: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(value)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_an_amount_is_money_above_zero_or_full() -> None:
    for amount in (usd("0.01"), Pay.FULL):
        assert rules.usable_amount(amount) is amount
    assert refusal(rules.usable_amount, usd("0")) == ("amount", "out_of_range", MINOR_UNITS_MAX)
    for other in (10, 10.0, "10.00", "full", None, True):
        with pytest.raises(TypeError, match=f"^amount must be Money or Pay, not {type(other).__name__}$"):
            rules.usable_amount(other)


def test_negative_amounts_cant_even_be_made() -> None:
    with pytest.raises(BadInputError):
        Money(minor_units=-1, currency="USD")
    with pytest.raises(BadInputError):
        usd("-0.01")
    with pytest.raises(BadInputError):
        _ = usd("0") - usd("0.01")


def test_a_source_is_passed_on_as_it_is() -> None:
    for source in (" tok ", "x" * 1024, "e\u0301"):
        assert rules.usable_source(source) == source
    assert refusal(rules.usable_source, "") == ("source", "empty", None)
    assert refusal(rules.usable_source, "x" * 1025) == ("source", "too_long", 1024)
    assert refusal(rules.usable_source, "\0") == ("source", "bad_character", None)


def test_a_key_is_compared_as_it_is_and_has_255_characters_at_most() -> None:
    for key in (None, " ", "x" * 255, "\U0001f9ea" * 255, "e\u0301"):
        assert rules.usable_key(key) == key
    assert refusal(rules.usable_key, "") == ("idempotency_key", "empty", None)
    assert refusal(rules.usable_key, "x" * 256) == ("idempotency_key", "too_long", 255)
    assert refusal(rules.usable_key, "x" * 1021) == ("idempotency_key", "too_long", 1020)
    assert refusal(rules.usable_key, "\ud800") == ("idempotency_key", "bad_character", None)
    with pytest.raises(TypeError, match=r"^idempotency_key must be str, not int$"):
        rules.usable_key(7)


def test_a_payment_shows_neither_its_key_nor_its_source() -> None:
    wanted = order(usd("1.00"), "thrush", b"zorblax!" * 4)
    shown = repr((wanted, pay(STATEMENT, wanted)))
    assert "thrush" not in shown
    assert "zorblax" not in shown


def test_every_refusal_has_a_code() -> None:
    for refusal_, code in (
        (AmountExceedsBalanceError(remaining=usd("1")), "amount_exceeds_balance"),
        (IdempotencyKeyReusedError(), "idempotency_key_reused"),
        (PaymentNotSettledError(status=PaymentStatus.PENDING), "payment_not_settled"),
    ):
        assert isinstance(refusal_, RefusedError)
        assert str(refusal_) == code
