"""Statements: uploaded once, told once, the newest current, given back unchanged, and asked for again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    BadInputError,
    Money,
    NotCurrentStatementError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    StatementId,
    StatementNumberTakenError,
    StatementStatus,
    SupportRequestResolvedError,
    SupportTopic,
    Worked,
)
from patientportal.domain.statements.statements import DOCUMENT_BYTES_MAX
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
Upload = Callable[..., StatementId]
ISSUED, DUE = date(2026, 1, 2), date(2026, 2, 1)
HUNDRED = Money.parse("100.00", "USD")


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def upload(practice: PracticeAccess, member: Member) -> Upload:
    """Uploads a statement for the patient."""
    usual: dict[str, Any] = {
        "number": "A-1",
        "balance": HUNDRED,
        "issued_on": ISSUED,
        "due_on": DUE,
        "document": b"%PDF-1.7",
        "media_type": "application/pdf",
    }
    return lambda **otherwise: practice.statements.upload(member.patient_id, **(usual | otherwise))


def test_a_statement_shows_what_is_owed_and_until_when(me: PatientAccess, upload: Upload, clock: FrozenClock) -> None:
    assert me.statements.current() is None
    statement_id = upload()
    shown = me.statements.get(statement_id)
    assert (shown.statement_id, shown.number, shown.balance, shown.remaining) == (statement_id, "A-1", HUNDRED, HUNDRED)
    assert (shown.paid, shown.pending) == (Money.parse("0", "USD"), Money.parse("0", "USD"))
    assert (shown.issued_on, shown.due_on, shown.uploaded_at) == (ISSUED, DUE, clock())
    assert (shown.status, shown.is_overdue) == (StatementStatus.CURRENT, False)
    assert me.statements.current() == shown
    assert me.statements.all().items == (shown,)


@pytest.mark.parametrize(
    "content", [b"\0", bytes(range(256)) * 100, b"x" * DOCUMENT_BYTES_MAX], ids=["NUL", "every byte", "the largest"]
)
def test_the_document_is_given_back_unchanged(me: PatientAccess, upload: Upload, content: bytes) -> None:
    document = me.statements.document(upload(document=content, media_type="image/svg+xml"))
    assert (document.media_type, document.content) == ("image/svg+xml", content)


def test_the_patient_is_told_once_that_a_statement_is_available(
    usual: Portal, upload: Upload, notifier: RecordingNotifier
) -> None:
    upload()
    assert usual.work() == Worked(sent=1)
    (message,) = notifier.messages
    assert message.kind is NoticeKind.STATEMENT_AVAILABLE
    assert usual.work() == Worked()


def test_the_one_that_was_issued_last_is_current_whenever_it_arrived(
    usual: Portal, me: PatientAccess, upload: Upload, clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    first = upload()
    clock.advance(timedelta(minutes=1))
    older = upload(number="A-2", issued_on=date(2025, 1, 1))
    clock.advance(timedelta(minutes=1))
    latest = upload(number="A-3", issued_on=date(2026, 1, 3))
    assert [(one.statement_id, one.status.value) for one in me.statements.all().items] == [
        (latest, "current"),
        (first, "superseded"),
        (older, "superseded"),
    ]
    current = me.statements.current()
    assert current is not None
    assert current.statement_id == latest
    assert me.statements.document(older).content == b"%PDF-1.7"
    usual.work()
    assert [one.kind for one in notifier.messages] == [NoticeKind.STATEMENT_AVAILABLE] * 2, "the older one is silent"


def test_a_clock_that_was_set_back_leaves_the_newest_current(
    me: PatientAccess, upload: Upload, clock: FrozenClock
) -> None:
    ids = [upload()]
    for number in ("A-2", "A-3"):
        clock.advance(timedelta(minutes=-2))
        ids.append(upload(number=number))
        current = me.statements.current()
        assert current is not None
        assert current.statement_id == ids[-1]
    assert [one.statement_id for one in me.statements.all().items] == ids[::-1], "the current one first"


def test_statements_come_in_pages(me: PatientAccess, upload: Upload, clock: FrozenClock) -> None:
    uploaded = []
    for number in range(5):
        uploaded.append(upload(number=f"A-{number}"))
        clock.advance(timedelta(minutes=1))
    first = me.statements.all(limit=3)
    second = me.statements.all(limit=3, cursor=first.next_cursor)
    assert [one.statement_id for one in first.items + second.items] == uploaded[::-1]
    assert second.next_cursor is None


def test_the_same_number_twice_is_refused_and_another_patients_isnt(
    usual: Portal, practice: PracticeAccess, upload: Upload, notifier: RecordingNotifier, contents: Contents
) -> None:
    upload()
    upload(number="A-2")
    before = contents()
    for number in ("A-1", "A-2", " A-2 "):
        with pytest.raises(StatementNumberTakenError):
            upload(number=number)
    assert contents() == before
    other = activated(usual, notifier, "second", email="second@example.org")
    practice.statements.upload(
        other.patient_id,
        number="A-1",
        balance=HUNDRED,
        issued_on=ISSUED,
        due_on=DUE,
        document=b"x",
        media_type="text/plain",
    )


def test_a_strangers_statement_is_not_found(
    usual: Portal, upload: Upload, notifier: RecordingNotifier, untouched: Untouched
) -> None:
    statement_id = upload()
    other = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(other.username, other.password)
    with untouched():
        for call in (
            lambda: them.statements.get(statement_id),
            lambda: them.statements.document(statement_id),
            lambda: them.statements.request_resend(statement_id),
            lambda: them.statements.pay(statement_id, HUNDRED, source="approve"),
        ):
            with pytest.raises(NotFoundError) as caught:
                call()
            assert caught.value.what == "statement"
    assert them.statements.all().items == ()
    assert them.statements.current() is None


def test_whoever_isnt_in_any_more_sees_no_statement(me: PatientAccess, upload: Upload, untouched: Untouched) -> None:
    statement_id = upload()
    me.log_off()
    with untouched():
        for call in (
            me.statements.all,
            me.statements.current,
            me.statements.payments,
            me.statements.request_new_statement,
            lambda: me.statements.get(statement_id),
            lambda: me.statements.document(statement_id),
            lambda: me.statements.request_resend(statement_id),
            lambda: me.statements.pay(statement_id, HUNDRED, source="approve"),
        ):
            with pytest.raises(SessionEndedError):
                call()


def test_a_statement_is_overdue_when_its_day_has_ended_where_the_practice_is(
    usual: Portal, member: Member, upload: Upload, clock: FrozenClock
) -> None:
    upload(due_on=date(2026, 1, 5))
    clock.advance(timedelta(hours=20) - timedelta(microseconds=1))  # to the last moment of that day in New York
    for is_overdue in (False, True):
        shown = usual.log_in(member.username, member.password).statements.current()
        assert shown is not None
        assert shown.is_overdue is is_overdue
        clock.advance(timedelta(microseconds=1))


def test_two_first_uploads_at_once_make_one_current(me: PatientAccess, upload: Upload) -> None:
    with ThreadPoolExecutor(2) as threads:
        uploaded = {call.result() for call in [threads.submit(upload, number=number) for number in ("A-1", "A-2")]}
    shown = me.statements.all().items
    assert {one.statement_id for one in shown} == uploaded
    assert sorted(one.status.value for one in shown) == ["current", "superseded"]


def test_of_two_uploads_of_one_number_at_once_one_is_refused(me: PatientAccess, upload: Upload) -> None:
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(upload) for _ in range(2)]
    assert {type(call.exception()) for call in calls} == {type(None), StatementNumberTakenError}
    assert len(me.statements.all().items) == 1


# Asking for one


def test_a_new_statement_is_asked_for_once_and_answered_by_the_next_one(
    me: PatientAccess, practice: PracticeAccess, member: Member, upload: Upload
) -> None:
    request_id = me.statements.request_new_statement()
    assert me.statements.request_new_statement() == request_id
    (seen,) = practice.support.open_requests().items
    assert (seen.request_id, seen.patient_id, seen.about, seen.statement_id) == (
        request_id,
        member.patient_id,
        SupportTopic.NEW_STATEMENT,
        None,
    )
    assert seen.message == "Please send me a new statement."
    upload()
    assert practice.support.open_requests().items == ()
    with pytest.raises(SupportRequestResolvedError):
        practice.support.resolve(request_id)
    assert me.statements.request_new_statement() != request_id


def test_a_new_statement_also_answers_the_request_to_send_the_one_before_again(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, clock: FrozenClock
) -> None:
    me.statements.request_resend(upload())
    clock.advance(timedelta(minutes=1))
    upload(number="A-2")
    assert practice.support.open_requests().items == ()
    (request,) = me.support.requests().items
    assert request.resolved_at == clock()


def test_a_statement_is_asked_for_again_once_and_answered_when_it_is_sent(
    me: PatientAccess, practice: PracticeAccess, upload: Upload
) -> None:
    statement_id = upload()
    request_id = me.statements.request_resend(statement_id)
    new_id = me.statements.request_new_statement()
    assert me.statements.request_resend(statement_id) == request_id
    assert [(one.about, one.statement_id) for one in practice.support.open_requests().items] == [
        (SupportTopic.RESEND_STATEMENT, statement_id),
        (SupportTopic.NEW_STATEMENT, None),
    ]
    practice.statements.resend(statement_id, due_on=date(2026, 3, 1))
    assert [one.request_id for one in practice.support.open_requests().items] == [new_id]
    assert {(one.about, one.resolved_at is None) for one in me.support.requests().items} == {
        (SupportTopic.RESEND_STATEMENT, False),
        (SupportTopic.NEW_STATEMENT, True),
    }


def test_a_request_that_the_desk_resolves_by_hand_may_be_made_again(
    me: PatientAccess, practice: PracticeAccess, upload: Upload
) -> None:
    statement_id = upload()
    request_id = me.statements.request_resend(statement_id)
    practice.support.resolve(request_id)
    assert me.statements.request_resend(statement_id) != request_id


def test_requests_for_statements_dont_count_among_the_five_open_ones(me: PatientAccess, upload: Upload) -> None:
    statement_id = upload()
    me.statements.request_new_statement()
    me.statements.request_resend(statement_id)
    for number in range(5):
        me.support.ask(f"Question {number}")
    me.statements.request_new_statement()
    assert len(me.support.requests().items) == 7


def test_a_superseded_statement_is_neither_sent_again_nor_asked_for(
    me: PatientAccess, practice: PracticeAccess, upload: Upload, untouched: Untouched
) -> None:
    first = upload()
    upload(number="A-2")
    with untouched():
        with pytest.raises(NotCurrentStatementError):
            me.statements.request_resend(first)
        with pytest.raises(NotCurrentStatementError):
            practice.statements.resend(first, due_on=date(2026, 3, 1))


def test_sending_again_moves_the_due_date_and_mails(
    usual: Portal, me: PatientAccess, practice: PracticeAccess, upload: Upload, notifier: RecordingNotifier
) -> None:
    statement_id = upload()
    usual.work()
    practice.statements.resend(statement_id, due_on=date(2026, 3, 1))
    assert me.statements.get(statement_id).due_on == date(2026, 3, 1)
    assert usual.work() == Worked(sent=1)
    assert [message.kind for message in notifier.messages] == [NoticeKind.STATEMENT_AVAILABLE] * 2


@pytest.mark.parametrize(
    ("otherwise", "field", "problem"),
    [
        ({"due_on": date(2026, 1, 1)}, "due_on", "too_early"),
        ({"document": b"x" * 11_000_000}, "document", "too_long"),
        ({"document": b""}, "document", "empty"),
        ({"media_type": "pdf"}, "media_type", "bad_format"),
        ({"number": ""}, "number", "empty"),
    ],
)
def test_what_cant_be_uploaded_is_refused_and_nothing_is_written(
    upload: Upload, untouched: Untouched, otherwise: dict[str, Any], field: str, problem: str
) -> None:
    with untouched(), pytest.raises(BadInputError) as caught:
        upload(**otherwise)
    assert (caught.value.field, caught.value.problem) == (field, problem)


def test_a_due_date_that_has_ended_is_no_way_to_send_a_statement_again(
    practice: PracticeAccess, upload: Upload, untouched: Untouched
) -> None:
    statement_id = upload(issued_on=date(2025, 1, 1))
    with untouched(), pytest.raises(BadInputError) as caught:
        practice.statements.resend(statement_id, due_on=date(2026, 1, 4))
    assert (caught.value.field, caught.value.problem) == ("due_on", "too_early")
    practice.statements.resend(statement_id, due_on=date(2026, 1, 5))
