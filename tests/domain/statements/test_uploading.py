"""Uploading: which statement is current, what it takes of what its books couldn't know, and what it answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import StatementId
from patientportal.domain.statements import uploading as rules
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.statements.uploading import (
    StatementNumberTakenError,
    StatementUpload,
    StatementUploaded,
    Uploaded,
)
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.money import Money
from tests.domain.statements.bills import (
    ADA,
    DOCUMENT,
    FOR_NEW,
    FOR_RESEND,
    NEW_YORK,
    NEXT,
    NOW,
    STAFF,
    STATEMENT,
    SUPERSEDED,
    holding,
    paid,
    sums,
)

ARRIVAL = NEXT.uploaded_at
MIDNIGHT = NEXT.posted_until
UPLOAD = StatementUpload(
    statement_id=NEXT.id,
    patient_id=ADA,
    number=NEXT.number,
    external_id=None,
    balance=NEXT.balance,
    issued_on=NEXT.issued_on,
    due_on=NEXT.due_on,
    covers_earlier=True,
    posted_until=None,
    media_type=DOCUMENT.media_type,
    content=DOCUMENT.content,
)
UNDER_KEY = evolve(UPLOAD, external_id="H-2")
KEPT = evolve(NEXT, id=StatementId("s-9"), external_id="H-2", upload_hash=UNDER_KEY.hash)


def upload(
    wanted: StatementUpload = UPLOAD,
    *,
    current: Statement | None = None,
    payments: tuple[Payment, ...] = (),
    holders: tuple[Statement, ...] = (),
    **otherwise: Any,
) -> Any:
    usual: dict[str, Any] = {
        "same_external_id": (),
        "same_number": None,
        "current": current,
        "payments": payments,
        "holders": holders or (() if current is None else (current,)),
        "open_requests": (),
        "by": STAFF,
        "now": ARRIVAL,
        "policy": NEW_YORK,
    }
    return rules.upload(wanted, **(usual | otherwise))


def refusal(call: Any, *args: object, **named: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        call(*args, **named)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_new_statement_is_the_current_one_and_closes_the_one_before() -> None:
    assert upload(current=STATEMENT) == Uploaded(
        earlier=(SUPERSEDED,),
        statement=NEXT,
        document=DOCUMENT,
        payments=(),
        requests=(),
        event=StatementUploaded(
            statement_id=NEXT.id, balance=NEXT.balance, superseded_id=STATEMENT.id, requests_resolved=0
        ),
    )


def test_the_first_statement_closes_none() -> None:
    outcome = upload()
    assert outcome.earlier == ()
    assert outcome.event.superseded_id is None
    assert outcome.statement.status is StatementStatus.CURRENT


def test_an_older_one_that_is_loaded_later_is_only_filed() -> None:
    pending = paid("p", "10.00", settled=None, on=NEXT)
    outcome = upload(
        evolve(UPLOAD, statement_id=STATEMENT.id, issued_on=STATEMENT.issued_on),
        current=holding(NEXT, pending),
        payments=(pending,),
        open_requests=(FOR_NEW,),
        now=ARRIVAL + timedelta(days=1),
    )
    assert (outcome.earlier, outcome.payments, outcome.requests) == ((), (), ())
    assert outcome.statement.status is StatementStatus.SUPERSEDED
    assert outcome.event == StatementUploaded(
        statement_id=STATEMENT.id, balance=NEXT.balance, superseded_id=None, requests_resolved=0, is_current=False
    )


def test_of_one_date_the_one_that_arrives_last_is_current() -> None:
    outcome = upload(current=evolve(STATEMENT, issued_on=NEXT.issued_on))
    assert outcome.statement.status is StatementStatus.CURRENT
    assert outcome.event.superseded_id == STATEMENT.id


@pytest.mark.parametrize("behind", [timedelta(minutes=2), timedelta(0), timedelta(microseconds=1)], ids=str)
def test_a_statement_arrives_after_the_one_that_it_closes_whatever_two_clocks_say(behind: timedelta) -> None:
    ahead = evolve(STATEMENT, uploaded_at=ARRIVAL + behind)
    outcome = upload(current=ahead, open_requests=(FOR_NEW,))
    assert outcome.statement == evolve(NEXT, uploaded_at=ahead.uploaded_at + timedelta(microseconds=1))
    assert outcome.requests[0].resolved_at == ARRIVAL
    in_time = evolve(STATEMENT, uploaded_at=ARRIVAL - timedelta(microseconds=1))
    assert upload(current=in_time).statement == NEXT


def test_it_takes_what_is_pending_and_what_its_books_couldnt_know() -> None:
    known = paid("known", "1.00", settled=MIDNIGHT - timedelta(microseconds=1))
    unknown = paid("unknown", "20.00", settled=MIDNIGHT)
    pending = paid("pending", "30.00", settled=None)
    before = holding(STATEMENT, known, unknown, pending)
    outcome = upload(current=before, payments=(known, unknown, pending))
    assert outcome.payments == tuple(evolve(one, counts_on=NEXT.id) for one in (unknown, pending))
    assert sums(outcome.statement) == (2000, 0, 3000)
    assert str(outcome.statement.remaining) == "50.00 USD"
    assert outcome.earlier == (holding(SUPERSEDED, known),)
    assert outcome.event.payments_moved == 2


def test_a_practice_that_says_until_when_its_books_were_posted_asks_for_nothing_twice() -> None:
    late = paid("late", "20.00", settled=MIDNIGHT - timedelta(days=2))
    before = holding(STATEMENT, late)
    said = evolve(UPLOAD, posted_until=MIDNIGHT - timedelta(days=3))
    assert str(upload(said, current=before, payments=(late,)).statement.remaining) == "80.00 USD"
    assert str(upload(current=before, payments=(late,)).statement.remaining) == "100.00 USD"


def test_it_takes_what_counts_on_any_statement_of_its_currency() -> None:
    superseded = evolve(SUPERSEDED, id=StatementId("s-0"))
    retracted = evolve(STATEMENT, id=StatementId("s-x"), status=StatementStatus.RETRACTED, retracted_at=NOW)
    euros = evolve(STATEMENT, id=StatementId("s-e"), balance=Money.parse("50.00", "EUR"))
    payments = [paid(one.id, "5.00", settled=None, on=one) for one in (superseded, retracted, euros)]
    holders = tuple(
        holding(one, payment) for one, payment in zip((superseded, retracted, euros), payments, strict=True)
    )
    outcome = upload(current=holders[2], payments=tuple(payments), holders=holders)
    assert [one.id for one in outcome.payments] == ["s-0", "s-x"]
    assert sums(outcome.statement) == (0, 0, 1000)
    assert {one.id: sums(one) for one in outcome.earlier} == {"s-e": (0, 0, 500), "s-0": (0, 0, 0), "s-x": (0, 0, 0)}


def test_one_that_covers_nothing_of_before_takes_nothing() -> None:
    pending = paid("pending", "30.00", settled=None)
    before = holding(STATEMENT, pending)
    outcome = upload(evolve(UPLOAD, covers_earlier=False), current=before, payments=(pending,))
    assert (outcome.payments, sums(outcome.statement)) == ((), (0, 0, 0))
    assert outcome.earlier == (holding(SUPERSEDED, pending),)


def test_a_new_statement_answers_every_request_for_one_and_keeps_that_it_did() -> None:
    outcome = upload(open_requests=(FOR_NEW, FOR_RESEND))
    assert outcome.requests == tuple(
        evolve(one, resolved_at=ARRIVAL, resolved_by=STAFF, answered_by=NEXT.id) for one in (FOR_NEW, FOR_RESEND)
    )
    assert outcome.event.requests_resolved == 2


@pytest.mark.parametrize("holder", [KEPT, evolve(KEPT, status=StatementStatus.RETRACTED, retracted_at=NOW)])
def test_the_same_under_the_same_external_id_changes_nothing(holder: Statement) -> None:
    assert upload(UNDER_KEY, same_external_id=(holder,)) == Repeated(kept=holder)
    sent_again = evolve(holder, due_on=date(2026, 12, 31))
    assert upload(UNDER_KEY, same_external_id=(sent_again,)) == Repeated(kept=sent_again)


OTHER_DATA: list[dict[str, Any]] = [
    {"number": "A-3"},
    {"balance": Money.parse("100.01", "USD")},
    {"balance": Money.parse("100.00", "EUR")},
    {"issued_on": date(2026, 1, 5)},
    {"due_on": date(2026, 3, 1)},
    {"covers_earlier": False},
    {"posted_until": NOW},
    {"media_type": "image/png"},
    {"content": b"%PDF 2"},
]


@pytest.mark.parametrize("other", OTHER_DATA)
def test_other_data_under_the_same_external_id_are_refused_and_name_the_holder(other: dict[str, Any]) -> None:
    with pytest.raises(IdempotencyKeyReusedError) as caught:
        upload(evolve(UNDER_KEY, **other), same_external_id=(KEPT,))
    assert (caught.value.what, caught.value.id, caught.value.status) == ("statement", "s-9", StatementStatus.CURRENT)


def test_what_was_taken_back_gives_its_external_id_up_to_other_data() -> None:
    retracted = evolve(KEPT, status=StatementStatus.RETRACTED, retracted_at=NOW)
    outcome = upload(evolve(UNDER_KEY, number="A-3"), same_external_id=(retracted,))
    assert (outcome.statement.external_id, outcome.statement.id) == ("H-2", NEXT.id)
    assert outcome.statement.upload_hash == evolve(UNDER_KEY, number="A-3").hash


def test_without_an_external_id_nothing_is_kept_to_compare() -> None:
    assert (UPLOAD.hash, upload().statement.upload_hash) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "same_external_id", "same_number", "refused"),
    [
        (
            evolve(UNDER_KEY, number="A-3", issued_on=date(2027, 1, 1)),
            (KEPT,),
            STATEMENT,
            IdempotencyKeyReusedError(what="statement", id="s-9", status=StatementStatus.CURRENT),
        ),
        (
            evolve(UPLOAD, issued_on=date(2027, 1, 1)),
            (),
            STATEMENT,
            BadInputError(field="issued_on", problem="too_late", limit=2026),
        ),
        (UPLOAD, (), STATEMENT, StatementNumberTakenError()),
        (UPLOAD, (), SUPERSEDED, StatementNumberTakenError()),
        (UPLOAD, (), None, None),
    ],
)
def test_uploading_is_refused_in_a_fixed_order(
    wanted: StatementUpload,
    same_external_id: tuple[Statement, ...],
    same_number: Statement | None,
    refused: PortalError | None,
) -> None:
    named: dict[str, Any] = {"same_external_id": same_external_id, "same_number": same_number}
    if refused is None:
        assert upload(wanted, **named).statement == NEXT
    else:
        with pytest.raises(type(refused)) as caught:
            upload(wanted, **named)
        assert repr(caught.value) == repr(refused)


AT = datetime(2026, 1, 6, 4, 30, tzinfo=UTC)  # in New York it is the 5th still


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"issued_on": date(1899, 12, 31)}, ("issued_on", "too_early", 1900)),
        ({"issued_on": date(1900, 1, 1), "due_on": date(1900, 1, 1)}, None),
        ({"issued_on": date(2026, 1, 6)}, None),
        ({"issued_on": date(2026, 1, 7)}, ("issued_on", "too_late", 2026)),
        ({"issued_on": date(2206, 1, 5), "due_on": date(2206, 3, 1)}, ("issued_on", "too_late", 2026)),
        ({"due_on": date(2036, 1, 6)}, None),
        ({"due_on": date(2036, 1, 7)}, ("due_on", "too_late", 2036)),
        ({"posted_until": AT}, None),
        ({"posted_until": AT + timedelta(microseconds=1)}, ("posted_until", "too_late", None)),
    ],
)
def test_a_statement_is_of_days_and_books_that_can_be_meant(changes: dict[str, Any], refused: object) -> None:
    wanted = evolve(UPLOAD, **changes)
    if refused is None:
        made = upload(wanted, now=AT).statement
        assert (made.issued_on, made.due_on) == (wanted.issued_on, wanted.due_on)
    else:
        assert refusal(upload, wanted, now=AT) == refused


@pytest.mark.parametrize(
    ("issued_on", "posted_until"),
    [
        (date(2026, 1, 4), datetime(2026, 1, 4, 5, tzinfo=UTC)),
        (date(2026, 1, 5), datetime(2026, 1, 5, 5, tzinfo=UTC)),
        (date(2026, 1, 6), datetime(2026, 1, 5, 5, tzinfo=UTC)),  # of tomorrow: nobody's books know today whole
    ],
)
def test_books_that_dont_say_otherwise_were_posted_by_the_midnight_before(
    issued_on: date, posted_until: datetime
) -> None:
    assert upload(evolve(UPLOAD, issued_on=issued_on), now=AT).statement.posted_until == posted_until
