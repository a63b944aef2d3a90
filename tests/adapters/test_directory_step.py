"""What a database holds of slots and visits from before the directory: places by name, and visits that were moved."""

from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import directory
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import Place
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import PlaceId
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is directory.STATEMENTS) - 1
AT = "'2026-01-{:02}T09:00:00.000000+00:00'"
VISIT = "INSERT INTO appointments VALUES ('ada', '{0}', '{0}', 'dora', 'north', '{1}', 'UTC', {2}, {3}, '', {4})"
BOOKED = f"'booked', {AT.format(1)}, NULL, NULL, '', NULL, NULL"
MOVED = (
    "INSERT INTO appointments VALUES ('ada', '{0}', '{0}', 'dora', '{1}', '{2}', 'UTC', {6}, {7}, '', {3}, {4}, {5})"
)
GIVEN_UP = f"'cancelled', {AT.format(1)}, {AT.format(1)}, 'patient', ''"
MOVES = (
    ("m-1", "north", "Old", GIVEN_UP, "NULL", "'m-2'"),
    ("m-2", "east", "East", GIVEN_UP, "'m-1'", "'m-3'"),
    ("m-3", "east", "East", f"'booked', {AT.format(1)}, NULL, NULL, ''", "'m-2'", "NULL"),
)
SLOT = "INSERT INTO slots VALUES ('{0}', 'dora', '{1}', '{2}', '{3}', {4}, {5}, 'free', NULL, NULL)"
OF_OLD = (
    "INSERT INTO patients VALUES ('ada', '2026-01-01T09:00:00.000000+00:00', NULL)",
    "INSERT INTO schedules VALUES ('dora', '2026-01-01T09:00:00.000000+00:00')",
    VISIT.format("v-1", "Oldest", AT.format(2), AT.format(3), BOOKED),
    VISIT.format("v-2", "Middle", AT.format(6), AT.format(7), BOOKED),
    *(MOVED.format(*names, AT.format(11), AT.format(12)) for names in MOVES),
    SLOT.format("s-1", "north", "Latest", "Europe/Berlin", AT.format(18), AT.format(19)),
    SLOT.format("s-2", "north", "Old", "UTC", AT.format(4), AT.format(5)),
    SLOT.format("s-3", "south", "South", "UTC", AT.format(10), AT.format(11)),
)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_each_place_is_called_as_it_was_last_and_moved_visits_are_one_series(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=";".join(OF_OLD))
    store = opened()
    with store.view() as view:
        places = view.select(Query(state=Place, order=("id",)))
        slots = view.select(Query(state=Slot, order=("id",)))
        visits = view.select(Query(state=Appointment, order=("id",)))
    store.close()
    assert places == [
        Place(id=PlaceId("east"), name="East", zone="UTC"),
        Place(id=PlaceId("north"), name="Latest", zone="Europe/Berlin"),
        Place(id=PlaceId("south"), name="South", zone="UTC"),
    ]
    assert [(slot.place_id, slot.zone) for slot in slots] == [
        ("north", "Europe/Berlin"),
        ("north", "UTC"),
        ("south", "UTC"),
    ]
    assert [(visit.id, visit.place_id, visit.series_id, visit.revision) for visit in visits] == [
        ("m-1", "north", "m-1", 0),
        ("m-2", "east", "m-1", 1),
        ("m-3", "east", "m-1", 2),
        ("v-1", "north", "v-1", 0),
        ("v-2", "north", "v-2", 0),
    ]
    assert all(visit.held_until == visit.ends_at and visit.visit_type_id is None for visit in visits)
