"""What a SQL store says to its database, where that isn't plain from what it keeps."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from attrs import evolve

from patientportal.adapters.sql.mapping import Dialect
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import SqliteDialect
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.ports.store import Is, Query, Where, key_of

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
FREE = Slot(
    id=SlotId("s-1"),
    provider_id=StaffId("dr-1"),
    place_id=PlaceId("north"),
    zone="UTC",
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=30),
)


@pytest.fixture
def statements() -> Statements:
    dialect: Dialect = SqliteDialect()
    return Statements(dialect)


def test_of_a_changed_state_only_what_changed_is_written_for_each_index_costs(statements: Statements) -> None:
    busy = evolve(FREE, status=SlotStatus.BUSY, patient_id=PatientId("p-1"), appointment_id=AppointmentId("a-1"))
    assert statements.updated(key_of(FREE), busy, before=FREE) == (
        "UPDATE slots SET status = ?, patient_id = ?, appointment_id = ? WHERE id = ?",
        ["busy", "p-1", "a-1", "s-1"],
    )


def test_of_a_state_that_is_as_it_was_nothing_is_written(statements: Statements) -> None:
    again = evolve(FREE, starts_at=NOON.astimezone(timezone(timedelta(hours=1))))
    assert statements.updated(key_of(FREE), again, before=FREE) is None


def test_one_of_our_codes_stands_in_the_text_and_everything_else_is_given(statements: Statements) -> None:
    class Hostile(StrEnum):
        CODE = "' OR '1' = '1"

    where = (Where("status", Is.EQ, SlotStatus.FREE), Where("provider_id", Is.EQ, Hostile.CODE))
    text, values = statements.selected(Query(state=Slot, where=where, order=("id",), limit=5))
    assert text.endswith(" FROM slots WHERE status = 'free' AND provider_id = ? ORDER BY id LIMIT ?")
    assert values == [Hostile.CODE, 5]
    text, values = statements.selected(Query(state=Slot, where=(Where("status", Is.EQ, Hostile.CODE),)))
    assert text.endswith(" FROM slots WHERE status = ?")
    assert Hostile.CODE.value not in text


def test_no_code_needs_to_be_quoted_in_a_text(statements: Statements) -> None:
    codes = {column.codes for table in statements.tables.values() for column in table.columns if column.codes}
    assert SlotStatus in codes
    for code in (code for kind in codes for code in kind):
        assert re.fullmatch("[a-z_]+", code.value), code


def test_threads_that_ask_for_more_shapes_than_are_kept_get_the_text_of_their_own(
    statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patientportal.adapters.sql.statements.SHAPES_MAX", 1)

    def ask(number: int) -> None:
        ids = tuple(map(str, range(number)))
        marks = ", ".join("?" * number)
        for _ in range(3000):
            text, values = statements.selected(Query(state=Slot, where=(Where("id", Is.ONE_OF, ids),)))
            assert text.endswith(f" WHERE id IN ({marks})")
            assert values == list(ids)

    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(ask, range(1, 5))) == [None] * 4
    finally:
        sys.setswitchinterval(pause)


def test_queries_of_one_shape_share_a_text_and_those_of_another_don_t(statements: Statements) -> None:
    def asked(*where: Where, limit: int | None = None) -> tuple[str, list[object]]:
        return statements.selected(Query(state=Slot, where=where, limit=limit))

    free, busy = (Where("status", Is.EQ, status) for status in (SlotStatus.FREE, SlotStatus.BUSY))
    assert asked(free)[0] is asked(free)[0]
    assert asked(free)[0] != asked(busy)[0]
    one, two = (Where("id", Is.ONE_OF, ids) for ids in (("a",), ("a", "b")))
    assert asked(one)[1] == ["a"]
    assert asked(two) == (asked(one)[0].replace("(?)", "(?, ?)"), ["a", "b"])
    assert asked(Where("id", Is.ONE_OF, ()))[0].endswith("WHERE 1 = 0")
    assert asked(Where("patient_id", Is.NONE))[0].endswith("WHERE patient_id IS NULL")
    assert asked(free, limit=3)[1] == [3]
