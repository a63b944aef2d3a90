"""Events and small collections as JSON: exact on the way out, strict on the way back, and silent about values."""

import json
import sqlite3
import traceback
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import frozen
from hypothesis import given

from patientportal.adapters.sql import documents
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.accounts.log_in import LockedOut, LogInFailed
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityQuestion
from patientportal.domain.appointments.requests import PartOfDay, Window
from patientportal.domain.errors import AdapterError
from patientportal.domain.events import SYSTEM, Event, Recorded
from patientportal.domain.ids import NOBODY, EventId
from patientportal.domain.messages.facts import Facts
from patientportal.ports.store import Key
from patientportal.testing import strategies

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
CANARY = "canary-4711"
ANSWERS = (SecurityAnswer(question=SecurityQuestion.FIRST_PET, folding=2, answer_hash="$argon2id$\u00e9"),)


@frozen(kw_only=True)
class Moved:
    """Not an event of the library's: it only has fields of every type that one may have."""

    name: ClassVar[str] = "moved"
    at: datetime
    times: int
    surely: bool
    by: str
    why: str | None


WHOLE = {"at": "2026-01-05T12:00:00.000001+00:00", "times": 2, "surely": True, "by": "ada", "why": None}
MOVED = Moved(at=NOON.replace(microsecond=1), times=2, surely=True, by="ada", why=None)


def test_a_document_is_what_was_written() -> None:
    assert json.loads(documents.written(MOVED, Moved)) == WHOLE
    assert documents.read(documents.written(MOVED, Moved), Moved) == MOVED


def test_a_collection_keeps_its_order_and_its_text() -> None:
    text = documents.written(ANSWERS, tuple[SecurityAnswer, ...])
    assert text == '[{"question":"first_pet","folding":2,"answer_hash":"$argon2id$\u00e9"}]'
    assert documents.read(text, tuple[SecurityAnswer, ...]) == ANSWERS
    assert documents.read("[]", tuple[SecurityAnswer, ...]) == ()


def test_a_moment_keeps_its_instant_whatever_its_offset() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=-5)))
    moved = Moved(at=at, times=0, surely=False, by="", why="")
    assert documents.read(documents.written(moved, Moved), Moved) == moved


@pytest.mark.parametrize(
    "changed",
    [
        {"times": 12.9},
        {"times": 12.0},
        {"times": "12"},
        {"times": True},
        {"times": None},
        {"surely": "false"},
        {"surely": 0},
        {"surely": None},
        {"by": None},
        {"by": 7},
        {"by": ["ada"]},
        {"why": 7},
        {"at": "2026-01-05T12:00:00"},
        {"at": "noon"},
        {"at": 1767614400},
        {"at": None},
        {"more": CANARY},
    ],
    ids=json.dumps,
)
def test_a_value_of_another_type_is_refused(changed: dict[str, Any]) -> None:
    assert_unreadable(json.dumps(WHOLE | changed), Moved)


@pytest.mark.parametrize("name", WHOLE)
def test_a_missing_value_is_refused(name: str) -> None:
    assert_unreadable(json.dumps({key: value for key, value in WHOLE.items() if key != name}), Moved)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "7", CANARY, '{"at":', "[" * 100_000, json.dumps([WHOLE]), '"\\ud800"']
)
def test_what_is_not_a_document_is_refused(text: str) -> None:
    assert_unreadable(text, Moved)


def test_a_member_that_no_closed_list_has_is_refused() -> None:
    assert_unreadable(f'[{{"question":"{CANARY}","folding":2,"answer_hash":"hash"}}]', tuple[SecurityAnswer, ...])


WINDOW = {"first_day": "2026-01-07", "last_day": "2026-01-06", "part": "morning"}


def test_a_value_is_read_as_it_was_stored_whatever_the_checks_of_input_say() -> None:
    (window,) = documents.read(json.dumps([WINDOW]), tuple[Window, ...])
    assert type(window) is Window
    assert (window.first_day, window.last_day, window.part) == (date(2026, 1, 7), date(2026, 1, 6), PartOfDay.MORNING)


@pytest.mark.parametrize(
    "changed",
    [{"first_day": 7}, {"first_day": None}, {"part": CANARY}, {"part": None}, {"more": CANARY}],
    ids=json.dumps,
)
def test_what_is_not_checked_still_has_its_types_and_all_its_fields(changed: dict[str, Any]) -> None:
    assert_unreadable(json.dumps([WINDOW | changed]), tuple[Window, ...])
    for name in changed.keys() & WINDOW.keys():
        assert_unreadable(
            json.dumps([{key: value for key, value in WINDOW.items() if key != name}]), tuple[Window, ...]
        )
    others: list[object] = [[], None, CANARY, [[]]]
    for other in others:
        assert_unreadable(json.dumps([other]), tuple[Window, ...])


def assert_unreadable(text: str, wanted: Any) -> None:
    with pytest.raises(AdapterError) as caught:
        documents.read(text, wanted)
    assert (caught.value.adapter, caught.value.reason) == ("sql", "unreadable_document")
    assert CANARY not in "".join(traceback.format_exception(caught.value, limit=0))
    assert caught.value.__context__ is None


def test_an_event_is_found_by_its_name_and_version() -> None:
    assert documents.event_class("locked_out", 1) is LockedOut


@pytest.mark.parametrize(("name", "version"), [("unheard_of", 1), ("locked_out", 2), ("locked_out", 0), ("", 1)])
def test_an_unknown_event_or_version_is_told_as_the_adapters_failure(name: str, version: int) -> None:
    with pytest.raises(AdapterError) as caught:
        documents.event_class(name, version)
    assert caught.value.reason == "unknown_event"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("event_version = 2", "unknown_event"),
        ("event_name = 'unheard_of'", "unknown_event"),
        ("""event_data = '{"attempt":"2"}'""", "unreadable_document"),
    ],
)
def test_an_event_that_this_release_can_not_read_is_not_shown(tmp_path: Path, change: str, reason: str) -> None:
    path = tmp_path / "portal.db"
    store = SqliteStore(path)
    event: Event = LogInFailed(attempt=2)
    one = Recorded(id=EventId("one"), at=NOON, patient_id=NOBODY, by=SYSTEM, session_id=None, event=event)
    with store.transaction() as tx:
        tx.record(one)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"UPDATE events SET {change}")  # noqa: S608 - the parameters above
    with store.view() as view, pytest.raises(AdapterError) as caught:
        view.find(Key(Recorded, (NOBODY, "one")))
    assert caught.value.reason == reason
    store.close()


@given(strategies.facts())
def test_the_facts_of_a_message_come_back_as_they_were_with_their_kind_in_front(facts: Facts) -> None:
    text = documents.written(facts, Facts)
    assert next(iter(json.loads(text).items())) == ("kind", facts.kind.value)
    assert documents.read(text, Facts) == facts


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"medication":"canary-4711"}',
        '{"kind":"canary-4711","medication":"Aspirin"}',
        '{"kind":"from_practice"}',
        '{"kind":"renewal_expired"}',
        '{"kind":"renewal_expired","medication":"canary-4711","dose":"more"}',
        '{"kind":"renewal_denied","medication":"canary-4711","reason":4711}',
        '{"kind":"payment_not_made","amount":{"minor_units":"1","currency":"USD"},"statement_number":"canary-4711"}',
    ],
)
def test_what_is_not_the_facts_of_a_kind_is_refused_in_silence(text: str) -> None:
    with pytest.raises(AdapterError) as refusal:
        documents.read(text, Facts)
    assert refusal.value.reason == "unreadable_document"
    assert CANARY not in "".join(traceback.format_exception(refusal.value))
