"""What an older database holds of visits and of requests for one survives the step that lets them be marked and end."""

from datetime import date
from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import marks_and_closing
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.appointments.requests import AppointmentRequest, RequestStatus
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is marks_and_closing.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO appointments (patient_id, id, slot_id, provider_id, place_id, zone, starts_at, ends_at, held_until, reason,
    status, booked_at, cancellation_reason, series_id, revision)
    VALUES ('ada', 'a-1', 's-1', 'dora', 'north', 'UTC', NOW, LATER, LATER, '', 'booked', NOW, '', 'a-1', 0);
INSERT INTO appointment_requests VALUES ('ada', 'r-1', NULL, 'My knee', WINDOWS, 'open', NOW, NULL, '', NULL);
INSERT INTO appointment_requests VALUES ('ada', 'r-2', 'dora', 'My hip', FOR_EVER, 'scheduled', NOW, NOW, '', 'a-1')
"""
WINDOWS = """'[{"first_day":"2026-01-05","last_day":"2026-02-07","part":"any"},
    {"first_day":"2026-01-05","last_day":"2026-01-31","part":"morning"}]'"""
FOR_EVER = """'[{"first_day":"2026-01-05","last_day":"9999-12-31","part":"any"}]'"""
LATER = "'2026-01-05T10:00:00.000000+00:00'"


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nobody_has_arrived_and_requests_end_with_the_last_of_their_days(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    text = OF_OLD
    for name, value in (("WINDOWS", WINDOWS), ("FOR_EVER", FOR_EVER), ("LATER", LATER)):
        text = text.replace(name, value)
    write_before(opened, monkeypatch, steps=BEFORE, statements=text)
    store = opened()
    with store.view() as view:
        (visit,) = view.select(Query(state=Appointment))
        requests = sorted(view.select(Query(state=AppointmentRequest)), key=lambda request: request.id)
    store.close()
    assert (visit.status, visit.arrived_at) == (AppointmentStatus.BOOKED, None)
    assert [(one.reason, one.status) for one in requests] == [
        ("My knee", RequestStatus.OPEN),
        ("My hip", RequestStatus.SCHEDULED),
    ]
    assert [one.last_day for one in requests] == [date(2026, 2, 7), date(2999, 12, 31)]
