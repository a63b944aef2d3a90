"""Payments: an amount is reserved first, never more than what remains, and never twice under one key."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.policy import Policy
from patientportal.domain.statements import paying as rules
from patientportal.domain.statements.paying import (
    AmountExceedsBalanceError,
    Pay,
    PaymentOrder,
    PaymentReserved,
    Reserved,
    Resumed,
)
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import (
    NotCurrentStatementError,
    Statement,
    StatementOverdueError,
    StatementStatus,
)
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.domain.values.tokens import ID
from patientportal.testing import strategies
from patientportal.testing.strategies.values import lines
from tests.domain.statements.bills import NEW_YORK, NOW, STATEMENT, SUPERSEDED
from tests.domain.statements.payments.paying import (
    EARLIER,
    FORGIVING,
    LOOK_AT,
    OF_FULL,
    OVERDUE,
    order,
    pay,
    reserved,
    spent,
    usd,
)

# Paying


def test_an_amount_is_reserved_before_anybody_is_charged() -> None:
    outcome = reserved(usd("10.00"))
    assert outcome == Reserved(
        statement=evolve(STATEMENT, pending_minor_units=1000),
        payment=Payment(
            patient_id=STATEMENT.patient_id,
            id=PaymentId("pay-1"),
            statement_id=STATEMENT.id,
            counts_on=STATEMENT.id,
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


@pytest.mark.parametrize(
    ("statement", "wanted", "earlier", "policy", "refused"),
    [
        (
            evolve(SUPERSEDED, due_on=date(2026, 1, 4)),
            order(Money.parse("500", "EUR")),
            EARLIER,
            NEW_YORK,
            IdempotencyKeyReusedError(what="payment", id=EARLIER.id, status=PaymentStatus.PENDING),
        ),
        (
            evolve(SUPERSEDED, due_on=date(2026, 1, 4)),
            order(Money.parse("500", "EUR")),
            None,
            NEW_YORK,
            NotCurrentStatementError(),
        ),
        (OVERDUE, order(Money.parse("500", "EUR")), None, NEW_YORK, StatementOverdueError(due_on=date(2026, 1, 4))),
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
        (STATEMENT, order(usd("100.00")), None, NEW_YORK, None),
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
    owed = max(0, statement.balance.minor_units - statement.reduced_minor_units)
    remaining = max(0, owed - statement.paid_minor_units - statement.pending_minor_units)
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

KEYS = lines(max_size=8)
KEPT_STATUSES = [PaymentStatus.PENDING, PaymentStatus.SETTLED, PaymentStatus.DECLINED, PaymentStatus.RELEASED]


@pytest.mark.parametrize("status", KEPT_STATUSES)
@pytest.mark.parametrize("statement", [STATEMENT, OVERDUE, SUPERSEDED], ids=["current", "overdue", "superseded"])
@pytest.mark.parametrize(("amount", "earlier"), [(usd("10.00"), EARLIER), (Pay.FULL, OF_FULL)], ids=["amount", "full"])
def test_the_same_key_gives_the_same_payment_as_it_is_now(
    status: PaymentStatus, statement: Statement, amount: Money | Pay, earlier: Payment
) -> None:
    now = evolve(earlier, status=status, look_at=None)
    again = pay(statement, order(amount, "key"), now)
    if status is PaymentStatus.PENDING:
        assert again == Resumed(payment=evolve(now, look_at=LOOK_AT)), "the processor is asked again"
    else:
        assert again == Repeated(kept=now)


def test_of_a_statement_that_was_taken_back_nothing_is_asked_for_again() -> None:
    retracted = evolve(STATEMENT, status=StatementStatus.RETRACTED, retracted_at=NOW)
    pending = evolve(EARLIER, statement_retracted=True)
    assert pay(retracted, order(usd("10.00"), "key"), pending) == Repeated(kept=pending)
    with pytest.raises(NotCurrentStatementError):
        pay(retracted, order(usd("10.00")))


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
    for status in KEPT_STATUSES:
        with pytest.raises(IdempotencyKeyReusedError) as caught:
            pay(statement, wanted, evolve(earlier, status=status))
        assert (caught.value.id, caught.value.status) == (earlier.id, status)


@given(patients=st.lists(strategies.patient_ids(), min_size=2, max_size=2), keys=st.lists(KEYS, min_size=2, max_size=2))
def test_a_payment_under_a_key_has_an_id_of_its_patient_and_key_alone(
    patients: list[PatientId], keys: list[str]
) -> None:
    ids = {(patient, key): rules.id_under(patient, key) for patient in patients for key in keys}
    assert ids == {pair: rules.id_under(*pair) for pair in ids}
    assert len(set(ids.values())) == len(ids)
    assert all(ID.fullmatch(one) for one in ids.values())


def test_what_a_processor_was_asked_under_stays_what_it_is() -> None:
    assert rules.id_under(PatientId("p-1"), "form-1") == "samN5cNyZeDFQ-tghHuLIssagBqBk1MWsVHj510vq9M"
