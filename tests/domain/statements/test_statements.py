"""Statements: which one is current, until when it may be paid, and what answers a request."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId, StaffId, StatementId, SupportRequestId
from patientportal.domain.policy import PaymentPolicy, Policy
from patientportal.domain.statements import statements as rules
from patientportal.domain.statements.resending import Resent, StatementResent
from patientportal.domain.statements.statements import (
    DOCUMENT_BYTES_MAX,
    NotCurrentStatementError,
    Statement,
    StatementDocument,
    StatementOverdueError,
    StatementStatus,
)
from patientportal.domain.statements.uploading import StatementNumberTakenError, StatementUploaded, Uploaded
from patientportal.domain.support.support import AlreadyAsked, Asked, SupportAsked, for_statement, request_statement
from patientportal.domain.values.money import Money
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NEW_YORK = Policy(zone="America/New_York")
FORGIVING = Policy(zone="America/New_York", payments=PaymentPolicy(overdue_payable=True))
STAFF = StaffId("staff-1")
ADA = PatientId("p-1")
STATEMENT = Statement(
    patient_id=ADA,
    id=StatementId("s-1"),
    number="A-1",
    balance=Money.parse("100.00", "USD"),
    issued_on=date(2026, 1, 1),
    due_on=date(2026, 1, 31),
    uploaded_at=NOW,
)
NEXT = evolve(STATEMENT, id=StatementId("s-2"), number="A-2", uploaded_at=NOW + timedelta(days=1))
SUPERSEDED = evolve(STATEMENT, status=StatementStatus.SUPERSEDED)
DOCUMENT = StatementDocument(patient_id=ADA, statement_id=NEXT.id, media_type="application/pdf", content=b"%PDF")
FOR_NEW = for_statement(ADA, SupportRequestId("r-1"), statement_id=None, now=NOW)
FOR_RESEND = for_statement(ADA, SupportRequestId("r-2"), statement_id=STATEMENT.id, now=NOW)


def upload(**otherwise: Any) -> Uploaded:
    usual: dict[str, Any] = {
        "document": DOCUMENT,
        "same_number": None,
        "current": None,
        "open_requests": (),
        "by": STAFF,
    }
    return rules.upload(NEXT, **(usual | otherwise))


def resend(statement: Statement = STATEMENT, **otherwise: Any) -> Resent:
    usual: dict[str, Any] = {
        "due_on": date(2026, 3, 1),
        "open_requests": (),
        "by": STAFF,
        "now": NOW,
        "policy": NEW_YORK,
    }
    return rules.resend(statement, **(usual | otherwise))


def test_what_remains_is_the_balance_less_what_is_paid_and_what_is_pending() -> None:
    statement = evolve(STATEMENT, paid_minor_units=3000, pending_minor_units=1250)
    assert (str(statement.paid), str(statement.pending)) == ("30.00 USD", "12.50 USD")
    assert str(statement.remaining) == "57.50 USD"


@given(strategies.statements())
def test_paid_pending_and_remaining_are_the_whole_balance(statement: Statement) -> None:
    assert statement.paid + statement.pending + statement.remaining == statement.balance


def test_a_new_statement_is_the_current_one_and_closes_the_one_before() -> None:
    assert upload(current=STATEMENT) == Uploaded(
        superseded=SUPERSEDED,
        statement=NEXT,
        document=DOCUMENT,
        requests=(),
        event=StatementUploaded(
            statement_id=NEXT.id, balance=NEXT.balance, superseded_id=STATEMENT.id, requests_resolved=0
        ),
    )


def test_nothing_of_a_new_statement_is_paid_or_pending() -> None:
    assert (NEXT.status, NEXT.paid_minor_units, NEXT.pending_minor_units) == (StatementStatus.CURRENT, 0, 0)
    assert NEXT.remaining == NEXT.balance


def test_the_first_statement_closes_none() -> None:
    outcome = upload()
    assert outcome.superseded is None
    assert outcome.event.superseded_id is None


def test_what_is_paid_and_pending_on_the_one_before_stays_so() -> None:
    superseded = upload(current=evolve(STATEMENT, paid_minor_units=10, pending_minor_units=20)).superseded
    assert superseded == evolve(SUPERSEDED, paid_minor_units=10, pending_minor_units=20)


@pytest.mark.parametrize("behind", [timedelta(minutes=2), timedelta(0), timedelta(microseconds=1)], ids=str)
def test_a_statement_arrives_after_the_one_that_it_closes_whatever_two_clocks_say(behind: timedelta) -> None:
    ahead = evolve(STATEMENT, uploaded_at=NEXT.uploaded_at + behind)
    outcome = upload(current=ahead, open_requests=(FOR_NEW,))
    assert outcome.statement == evolve(NEXT, uploaded_at=ahead.uploaded_at + timedelta(microseconds=1))
    assert outcome.requests[0].resolved_at == NEXT.uploaded_at
    in_time = evolve(STATEMENT, uploaded_at=NEXT.uploaded_at - timedelta(microseconds=1))
    assert upload(current=in_time).statement == NEXT


def test_the_same_number_twice_is_refused() -> None:
    with pytest.raises(StatementNumberTakenError):
        upload(current=STATEMENT, same_number=STATEMENT)
    with pytest.raises(StatementNumberTakenError):
        upload(current=STATEMENT, same_number=SUPERSEDED)


def test_a_new_statement_answers_every_request_for_one() -> None:
    outcome = upload(open_requests=(FOR_NEW, FOR_RESEND))
    assert outcome.requests == tuple(
        evolve(one, resolved_at=NEXT.uploaded_at, resolved_by=STAFF) for one in (FOR_NEW, FOR_RESEND)
    )
    assert outcome.event.requests_resolved == 2


def test_a_statement_that_is_sent_again_is_due_later_and_answers_the_request() -> None:
    assert resend(open_requests=(FOR_RESEND,)) == Resent(
        statement=evolve(STATEMENT, due_on=date(2026, 3, 1)),
        requests=(evolve(FOR_RESEND, resolved_at=NOW, resolved_by=STAFF),),
        event=StatementResent(statement_id=STATEMENT.id, requests_resolved=1),
    )


@pytest.mark.parametrize(
    ("statement", "due_on", "refused"),
    [
        (SUPERSEDED, date(2025, 12, 31), NotCurrentStatementError),
        (STATEMENT, date(2025, 12, 31), BadInputError),
        (STATEMENT, date(2026, 1, 4), BadInputError),
        (STATEMENT, date(2026, 1, 5), None),
        (evolve(STATEMENT, issued_on=date(2026, 2, 1)), date(2026, 1, 31), BadInputError),
        (evolve(STATEMENT, issued_on=date(2026, 2, 1)), date(2026, 2, 1), None),
    ],
)
def test_sending_again_is_refused_in_a_fixed_order(
    statement: Statement, due_on: date, refused: type[Exception] | None
) -> None:
    if refused is None:
        assert resend(statement, due_on=due_on).statement.due_on == due_on
    else:
        with pytest.raises(refused) as caught:
            resend(statement, due_on=due_on)
        if isinstance(caught.value, BadInputError):
            assert (caught.value.field, caught.value.problem) == ("due_on", "too_early")


def at(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc] # parts of a moment


@pytest.mark.parametrize(
    ("statement", "now", "policy", "refused"),
    [
        (SUPERSEDED, at("America/New_York", 2026, 2, 1), NEW_YORK, NotCurrentStatementError),
        (SUPERSEDED, at("America/New_York", 2026, 2, 1), FORGIVING, NotCurrentStatementError),
        (STATEMENT, at("America/New_York", 2026, 2, 1), NEW_YORK, StatementOverdueError),
        (STATEMENT, at("America/New_York", 2026, 2, 1), FORGIVING, None),
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
    overdue = now.astimezone(ZoneInfo(policy.zone)).date() > statement.due_on
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


@pytest.mark.parametrize(
    ("issued_on", "due_on", "refused"),
    [
        (date(1899, 12, 31), date(2026, 3, 1), ("issued_on", "too_early", 1900)),
        (date(26, 1, 5), date(2026, 3, 1), ("issued_on", "too_early", 1900)),
        (date(1900, 1, 1), date(1900, 1, 1), None),
        (date(2027, 1, 6), date(2036, 1, 6), None),
        (date(2027, 1, 7), date(2036, 1, 6), ("issued_on", "too_late", 2027)),
        (date(2026, 1, 5), date(2036, 1, 7), ("due_on", "too_late", 2036)),
        (date(2206, 1, 5), date(2206, 3, 1), ("issued_on", "too_late", 2027)),
    ],
)
def test_a_statement_is_of_days_that_can_be_meant(issued_on: date, due_on: date, refused: object) -> None:
    statement = evolve(NEXT, issued_on=issued_on, due_on=due_on, uploaded_at=NOW)
    usual: dict[str, Any] = {"document": DOCUMENT, "same_number": None, "current": None, "open_requests": ()}
    if refused is None:
        assert rules.upload(statement, **usual, by=STAFF).statement == statement
    else:
        assert refusal(rules.upload, statement, **usual, by=STAFF) == refused


def test_a_statement_is_due_again_within_ten_years() -> None:
    assert resend(due_on=date(2036, 1, 6)).statement.due_on == date(2036, 1, 6)
    assert refusal(resend, due_on=date(2036, 1, 7)) == ("due_on", "too_late", 2036)


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
