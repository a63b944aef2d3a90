"""What a SQL store says to its database, where that isn't plain from what it keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from patientportal.adapters.sql.mapping import Dialect
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import SqliteDialect
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.schedules import Place, Slot, SlotStatus

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
FREE = Slot(
    id=SlotId("s-1"),
    provider_id=StaffId("dr-1"),
    place=Place(id=PlaceId("north"), name="North Building", zone="UTC"),
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=30),
)


@pytest.fixture
def statements() -> Statements:
    dialect: Dialect = SqliteDialect()
    return Statements(dialect)


def test_of_a_changed_state_only_what_changed_is_written_for_each_index_costs(statements: Statements) -> None:
    busy = evolve(FREE, status=SlotStatus.BUSY, patient_id=PatientId("p-1"), appointment_id=AppointmentId("a-1"))
    _, before = statements.inserted(FREE)
    _, after = statements.inserted(busy)
    assert statements.updated(Slot, after, before=before) == (
        "UPDATE slots SET status = ?, patient_id = ?, appointment_id = ? WHERE id = ?",
        ["busy", "p-1", "a-1", "s-1"],
    )


def test_of_a_state_that_is_as_it_was_nothing_is_written(statements: Statements) -> None:
    _, before = statements.inserted(FREE)
    _, after = statements.inserted(evolve(FREE))
    assert statements.updated(Slot, after, before=before) is None
