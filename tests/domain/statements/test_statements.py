"""Statements: what remains to be paid of one and until when, and what is typed to make one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import SupportRequestId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import PaymentPolicy, Policy
from patientportal.domain.statements import statements as rules
from patientportal.domain.statements.statements import (
    DOCUMENT_BYTES_MAX,
    NotCurrentStatementError,
    Opened,
    Statement,
    StatementOverdueError,
    StatementStatus,
)
from patientportal.domain.support.support import AlreadyAsked, Asked, SupportAsked, request_statement
from patientportal.testing import strategies
from tests.domain.statements.bills import DOCUMENT, FOR_NEW, FOR_RESEND, NEW_YORK, NEXT, NOW, STATEMENT, SUPERSEDED

FORGIVING = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
RETRACTED = evolve(STATEMENT, status=StatementStatus.RETRACTED, retracted_at=NOW)


def test_what_remains_is_the_balance_less_what_is_paid_and_what_is_pending() -> None:
    statement = evolve(STATEMENT, paid_minor_units=3000, pending_minor_units=1250)
    assert (str(statement.paid), str(statement.pending)) == ("30.00 USD", "12.50 USD")
    assert str(statement.remaining) == "57.50 USD"


def test_what_is_let_off_is_owed_no_more_and_what_is_over_is_credit() -> None:
    let_off = evolve(STATEMENT, reduced_minor_units=2500, paid_minor_units=8000)
    assert (str(let_off.owed), str(let_off.reduced)) == ("75.00 USD", "25.00 USD")
    assert (str(let_off.remaining), str(let_off.credit)) == ("0.00 USD", "5.00 USD")


@given(strategies.statements())
def test_what_is_owed_is_paid_pending_or_remains_and_what_is_over_is_credit(statement: Statement) -> None:
    owed = max(0, statement.balance.minor_units - statement.reduced_minor_units)
    left = owed - statement.paid_minor_units - statement.pending_minor_units
    is_current = statement.status is StatementStatus.CURRENT
    assert statement.owed.minor_units == owed
    assert statement.remaining.minor_units == (max(0, left) if is_current else 0)
    assert statement.credit.minor_units == (max(0, statement.paid_minor_units - owed) if is_current else 0)


def test_of_what_isnt_current_nothing_remains_and_nothing_is_over() -> None:
    for status in (StatementStatus.SUPERSEDED, StatementStatus.RETRACTED):
        assert evolve(STATEMENT, status=status).remaining.is_zero
        assert evolve(STATEMENT, status=status, paid_minor_units=20_000).credit.is_zero


def test_that_a_statement_was_opened_is_written_down_once() -> None:
    outcome = rules.opened(STATEMENT, now=NOW)
    assert outcome == Opened(statement=evolve(STATEMENT, opened_at=NOW))
    assert isinstance(outcome, Opened)
    assert rules.opened(outcome.statement, now=NOW + timedelta(days=1)) == Unchanged()


def test_only_what_is_current_has_ended_and_isnt_paid_is_overdue() -> None:
    end = at("America/New_York", 2026, 2, 1)
    is_overdue = [
        rules.is_overdue(statement, now=now, policy=NEW_YORK)
        for statement, now in (
            (STATEMENT, end),
            (STATEMENT, end - timedelta(microseconds=1)),
            (SUPERSEDED, end),
            (evolve(STATEMENT, paid_minor_units=10_000), end),
            (evolve(STATEMENT, paid_minor_units=5_000, pending_minor_units=4_999), end),
        )
    ]
    assert is_overdue == [True, False, False, False, True]


def at(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc] # parts of a moment


@pytest.mark.parametrize(
    ("statement", "now", "policy", "refused"),
    [
        (SUPERSEDED, at("America/New_York", 2026, 2, 1), NEW_YORK, NotCurrentStatementError),
        (SUPERSEDED, at("America/New_York", 2026, 2, 1), FORGIVING, NotCurrentStatementError),
        (STATEMENT, at("America/New_York", 2026, 2, 1), NEW_YORK, StatementOverdueError),
        (STATEMENT, at("America/New_York", 2026, 2, 1), FORGIVING, None),
        (evolve(STATEMENT, paid_minor_units=10_000), at("America/New_York", 2026, 2, 1), NEW_YORK, None),
        (RETRACTED, at("America/New_York", 2026, 2, 1), FORGIVING, NotCurrentStatementError),
        (STATEMENT, at("America/New_York", 2026, 1, 31, 23, 59, 59, 999_999), NEW_YORK, None),
        (STATEMENT, at("UTC", 2026, 2, 1), NEW_YORK, None),
        (STATEMENT, at("UTC", 2026, 2, 1), Policy(zone="UTC"), StatementOverdueError),
        (STATEMENT, at("UTC", 2026, 1, 31, 10), Policy(zone="Pacific/Kiritimati"), StatementOverdueError),
        (STATEMENT, NOW, NEW_YORK, None),
    ],
)
def test_only_the_current_statement_is_payable_until_its_due_date_has_ended_where_the_practice_is(
    statement: Statement, now: datetime, policy: Policy, refused: type[Exception] | None
) -> None:
    if refused is None:
        rules.require_payable(statement, now=now, policy=policy)
    else:
        with pytest.raises(refused) as caught:
            rules.require_payable(statement, now=now, policy=policy)
        if isinstance(caught.value, StatementOverdueError):
            assert caught.value.due_on == STATEMENT.due_on


@given(strategies.statements(), strategies.moments(), strategies.policies())
def test_payable_is_exactly_what_is_current_and_not_overdue(
    statement: Statement, now: datetime, policy: Policy
) -> None:
    has_ended = now.astimezone(ZoneInfo(policy.zone)).date() > statement.due_on
    overdue = has_ended and statement.remaining.minor_units > 0
    if statement.status is StatementStatus.CURRENT and (policy.payments.overdue_payable or not overdue):
        rules.require_payable(statement, now=now, policy=policy)
    else:
        with pytest.raises((NotCurrentStatementError, StatementOverdueError)):
            rules.require_payable(statement, now=now, policy=policy)


def test_the_same_is_asked_for_once_while_it_is_open() -> None:
    asked = Asked(request=FOR_NEW, event=SupportAsked(request_id=FOR_NEW.id))
    assert request_statement(FOR_NEW, open_requests=()) == asked
    again = evolve(FOR_NEW, id=SupportRequestId("r-9"))
    assert request_statement(again, open_requests=(FOR_NEW,)) == AlreadyAsked(request=FOR_NEW)
    assert isinstance(request_statement(FOR_NEW, open_requests=(FOR_RESEND,)), Asked)
    of_another = evolve(FOR_RESEND, statement_id=NEXT.id)
    assert isinstance(request_statement(of_another, open_requests=(FOR_RESEND,)), Asked)
    assert request_statement(FOR_RESEND, open_requests=(of_another, FOR_RESEND)) == AlreadyAsked(request=FOR_RESEND)


def refusal(check: Any, *args: object, **named: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(*args, **named)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_document_is_any_bytes_up_to_ten_megabytes() -> None:
    assert DOCUMENT_BYTES_MAX == 10 * 1024 * 1024
    for content in (b"\0", b"x" * DOCUMENT_BYTES_MAX):
        assert rules.usable_document(content) is content
    assert refusal(rules.usable_document, b"") == ("document", "empty", None)
    assert refusal(rules.usable_document, b"x" * (DOCUMENT_BYTES_MAX + 1)) == (
        "document",
        "too_long",
        DOCUMENT_BYTES_MAX,
    )
    for other in ("text", bytearray(b"x"), memoryview(b"x"), None):
        with pytest.raises(TypeError, match=f"^document must be bytes, not {type(other).__name__}$"):
            rules.usable_document(other)


@pytest.mark.parametrize(
    "media_type",
    ["application/pdf", "image/svg+xml", "text/plain", "a/b", "9!#$&^_.+-/Z0", "x" * 127 + "/" + "y" * 127],
)
def test_a_media_type_is_a_type_and_a_subtype(media_type: str) -> None:
    assert rules.usable_media_type(media_type) == media_type


@pytest.mark.parametrize(
    ("media_type", "problem"),
    [
        *(
            (wrong, "bad_format")
            for wrong in (
                "",
                "pdf",
                "/",
                "a/",
                "/b",
                "a/b/c",
                "a b/c",
                "a*/b",
                "+a/b",
                "a/.b",
                "text/plain; charset=utf-8",
                "a/b\n",
                "\u00e4/b",
            )
        ),
        ("x" * 128 + "/y", "bad_format"),
        ("x" * 127 + "/" + "y" * 128, "too_long"),
        ("a/b\0", "bad_character"),
    ],
)
def test_what_is_no_media_type_is_refused(media_type: str, problem: str) -> None:
    assert refusal(rules.usable_media_type, media_type)[:2] == ("media_type", problem)


def test_a_statement_is_due_on_its_day_or_later() -> None:
    day = date(2026, 1, 1)
    assert rules.usable_days(day, day) == (day, day)
    assert refusal(rules.usable_days, day, day - timedelta(days=1)) == ("due_on", "too_early", None)
    with pytest.raises(TypeError, match=r"^issued_on must be datetime.date, not datetime$"):
        rules.usable_days(NOW, day)
    with pytest.raises(TypeError, match=r"^due_on must be datetime.date, not str$"):
        rules.usable_days(day, "2026-01-01")
    assert refusal(rules.usable_days, date(1899, 12, 31), day) == ("issued_on", "too_early", 1900)
    assert refusal(rules.usable_days, date.min, day) == ("issued_on", "too_early", 1900)
    assert rules.usable_days(date(1900, 1, 1), date.max) == (date(1900, 1, 1), date.max)


def test_books_are_posted_until_a_moment_or_nobody_says() -> None:
    assert rules.usable_posted_until(None) is None
    there = at("America/New_York", 2026, 1, 5)
    assert rules.usable_posted_until(there.astimezone(ZoneInfo("America/New_York"))) == there
    with pytest.raises(TypeError, match=r"^posted_until must be datetime, not date$"):
        rules.usable_posted_until(date(2026, 1, 5))
    with pytest.raises(ValueError, match=r"^posted_until must be an aware datetime$"):
        rules.usable_posted_until(datetime(2026, 1, 5))  # noqa: DTZ001 - that is what is refused


def test_a_number_is_one_line_of_64_characters() -> None:
    assert rules.usable_number(" A-1 ") == "A-1"
    assert rules.usable_number("x" * 64) == "x" * 64
    assert refusal(rules.usable_number, "x" * 65) == ("number", "too_long", 64)
    assert refusal(rules.usable_number, "") == ("number", "empty", None)
    assert refusal(rules.usable_number, "a\nb") == ("number", "bad_character", None)


@given(st.binary(min_size=1, max_size=20))
def test_a_document_shows_none_of_its_bytes(content: bytes) -> None:
    assert "content" not in repr(evolve(DOCUMENT, content=content))
    assert "A-1" not in repr(STATEMENT)
