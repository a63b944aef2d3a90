"""What was paid otherwise than online, and what is let off: it counts at once, where the books don't know it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import PaymentId, StatementId
from patientportal.domain.statements import recording as rules
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus, usable_money
from patientportal.domain.statements.recording import (
    PaymentCounts,
    PaymentReceived,
    PaymentRecorded,
    ReductionExceedsOwedError,
)
from patientportal.domain.statements.statements import NotCurrentStatementError, Statement, StatementStatus
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.money import Money
from tests.domain.statements.bills import ADA, NEW_YORK, NEXT, NOW, STATEMENT, SUPERSEDED, sums

AT = NOW + timedelta(days=2)
TODAY = date(2026, 1, 7)
CASH = PaymentReceived(
    payment_id=PaymentId("pay-7"),
    amount=Money.parse("60.00", "USD"),
    method=PaymentMethod.CASH,
    received_on=TODAY,
    reference="drawer 2",
    external_id="H-7",
)
LET_OFF = evolve(CASH, method=PaymentMethod.REDUCTION)


def record(
    received: PaymentReceived = CASH,
    statement: Statement = NEXT,
    *,
    earlier: Payment | None = None,
    others: tuple[Statement, ...] = (SUPERSEDED,),
    now: datetime = AT,
) -> Any:
    return rules.record(statement, received=received, earlier=earlier, others=others, now=now, policy=NEW_YORK)


KEPT = record().payment


def test_cash_counts_at_once() -> None:
    assert record() == PaymentCounts(
        statement=evolve(NEXT, paid_minor_units=6000),
        payment=Payment(
            patient_id=ADA,
            id=PaymentId("pay-7"),
            statement_id=NEXT.id,
            counts_on=NEXT.id,
            amount=CASH.amount,
            method=PaymentMethod.CASH,
            is_full=False,
            external_id="H-7",
            received_on=TODAY,
            requested_at=AT,
            status=PaymentStatus.SETTLED,
            look_at=None,
            ended_at=AT,
            reference="drawer 2",
        ),
        event=PaymentRecorded(
            payment_id=PaymentId("pay-7"),
            statement_id=NEXT.id,
            amount=CASH.amount,
            method=PaymentMethod.CASH,
            counts_on=NEXT.id,
        ),
    )


def test_more_than_is_owed_is_the_patients_credit_and_an_overdue_statement_is_paid_like_any_other() -> None:
    outcome = record(evolve(CASH, amount=Money.parse("160.00", "USD")), evolve(NEXT, due_on=NEXT.issued_on))
    assert (str(outcome.statement.remaining), str(outcome.statement.credit)) == ("0.00 USD", "60.00 USD")


def test_what_is_let_off_is_no_money() -> None:
    statement = record(LET_OFF).statement
    assert sums(statement) == (0, 6000, 0)
    assert str(statement.remaining) == "40.00 USD"


@pytest.mark.parametrize(
    ("received_on", "ended_at"),
    [
        (TODAY, AT),
        (date(2026, 1, 6), datetime(2026, 1, 7, 4, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_it_came_at_the_end_of_its_day_where_the_practice_is_or_now(received_on: date, ended_at: datetime) -> None:
    assert record(evolve(CASH, received_on=received_on)).payment.ended_at == ended_at


OLD = evolve(SUPERSEDED, id=StatementId("s-0"), issued_on=date(2025, 12, 1), posted_until=NOW - timedelta(days=36))


@pytest.mark.parametrize(
    ("received_on", "others", "holder"),
    [
        (date(2026, 1, 6), (SUPERSEDED, OLD), NEXT),
        (date(2026, 1, 5), (SUPERSEDED, OLD), SUPERSEDED),
        (date(2025, 12, 31), (SUPERSEDED, OLD), OLD),
        (date(2025, 10, 1), (SUPERSEDED, OLD), OLD),
        (date(2026, 1, 5), (), NEXT),
        (date(2026, 1, 5), (evolve(SUPERSEDED, balance=Money.parse("1", "JPY")),), NEXT),
        (date(2026, 1, 5), (evolve(SUPERSEDED, status=StatementStatus.RETRACTED),), NEXT),
    ],
)
def test_what_the_books_knew_counts_on_the_one_before_that_didnt_know_it(
    received_on: date, others: tuple[Statement, ...], holder: Statement
) -> None:
    outcome = record(evolve(CASH, received_on=received_on), others=others)
    assert outcome.statement == evolve(holder, paid_minor_units=6000)
    assert (outcome.payment.statement_id, outcome.payment.counts_on) == (NEXT.id, holder.id)
    assert outcome.event.counts_on == holder.id


@pytest.mark.parametrize("days_ago", range(40))
def test_it_counts_on_its_own_statement_unless_the_books_of_that_knew_it(days_ago: int) -> None:
    received = evolve(CASH, received_on=TODAY - timedelta(days=days_ago))
    was_known = rules.was_known(NEXT, received=received, now=AT, policy=NEW_YORK)
    assert (record(received).statement.id == NEXT.id) is not was_known


def test_the_same_under_an_external_id_changes_nothing_whatever_the_statement_is_by_then() -> None:
    assert record(earlier=KEPT) == Repeated(kept=KEPT)
    assert record(
        evolve(CASH, payment_id=PaymentId("pay-8")), evolve(NEXT, status=StatementStatus.SUPERSEDED), earlier=KEPT
    )
    with pytest.raises(IdempotencyKeyReusedError):
        record(statement=evolve(NEXT, id=StatementId("s-3")), earlier=KEPT)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": Money.parse("60.01", "USD")},
        {"method": PaymentMethod.CHEQUE},
        {"received_on": date(2026, 1, 6)},
        {"reference": None},
    ],
)
def test_other_data_under_it_are_refused_and_name_the_holder(other: dict[str, Any]) -> None:
    with pytest.raises(IdempotencyKeyReusedError) as caught:
        record(evolve(CASH, **other), earlier=evolve(KEPT, refunded_minor_units=6000))
    assert (caught.value.what, caught.value.id, caught.value.status) == ("payment", "pay-7", PaymentStatus.REFUNDED)


BAD = evolve(LET_OFF, amount=Money.parse("500", "EUR"), received_on=date(2026, 1, 8))
PART_LET_OFF = evolve(NEXT, reduced_minor_units=4001)


@pytest.mark.parametrize(
    ("received", "statement", "earlier", "refused"),
    [
        (BAD, SUPERSEDED, KEPT, IdempotencyKeyReusedError(what="payment", id="pay-7", status=PaymentStatus.SETTLED)),
        (BAD, SUPERSEDED, None, NotCurrentStatementError()),
        (BAD, NEXT, None, BadInputError(field="received_on", problem="too_late", limit=2026)),
        (evolve(BAD, received_on=TODAY), NEXT, None, BadInputError(field="amount", problem="other_currency")),
        (LET_OFF, PART_LET_OFF, None, ReductionExceedsOwedError(owed=Money.parse("59.99", "USD"))),
        (evolve(LET_OFF, amount=Money.parse("59.99", "USD")), PART_LET_OFF, None, None),
        (CASH, PART_LET_OFF, None, None),
    ],
)
def test_recording_is_refused_in_a_fixed_order(
    received: PaymentReceived, statement: Statement, earlier: Payment | None, refused: PortalError | None
) -> None:
    if refused is None:
        assert isinstance(record(received, statement), PaymentCounts)
    else:
        with pytest.raises(type(refused)) as caught:
            record(received, statement, earlier=earlier)
        assert repr(caught.value) == repr(refused)


def refusal(check: Any, *args: object, **named: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(*args, **named)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_what_is_typed_to_record_is_looked_at() -> None:
    assert [rules.usable_method(one) for one in PaymentMethod if one is not PaymentMethod.ONLINE]
    assert refusal(rules.usable_method, PaymentMethod.ONLINE) == ("method", "unknown", None)
    with pytest.raises(TypeError, match=r"^method must be PaymentMethod, not str$"):
        rules.usable_method("cash")
    assert rules.usable_received_on(date(1900, 1, 1)) == date(1900, 1, 1)
    assert refusal(rules.usable_received_on, date(1899, 12, 31)) == ("received_on", "too_early", 1900)
    with pytest.raises(TypeError, match=r"^received_on must be datetime.date, not datetime$"):
        rules.usable_received_on(NOW)
    assert (rules.usable_note("", field="reason"), rules.usable_note("no. 7", field="reason")) == (None, "no. 7")
    assert refusal(rules.usable_note, "x" * 256, field="reason") == ("reason", "too_long", 255)
    assert refusal(rules.usable_note, "a\nb", field="reason") == ("reason", "bad_character", None)
    assert refusal(usable_money, Money.parse("0", "USD")) == ("amount", "out_of_range", 1)
    with pytest.raises(TypeError, match=r"^amount must be Money, not float$"):
        usable_money(10.0)


def test_nothing_that_staff_wrote_is_shown() -> None:
    shown = repr((record(evolve(CASH, reference="thrush", external_id="thrush-7")), CASH))
    assert "thrush" not in shown
    assert "drawer" not in shown
    assert STATEMENT.number not in shown
