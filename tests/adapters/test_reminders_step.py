"""Visits that stand when the step of the reminders runs are reminded of like those that are booked after it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from patientportal import RecordingNotifier
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import reminders
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.told import NoticeKind
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, portal
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is reminders.STATEMENTS) - 1
NINE = datetime(2026, 1, 20, 9, tzinfo=UTC)
PEOPLE = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO personal_records (patient_id, personal_first_name, personal_last_name, personal_date_of_birth,
    personal_email, folding) VALUES ('ada', 'Ada', 'Byron', '1980-12-10', 'ada@example.org', 99);
INSERT INTO places (id, name, zone, active) VALUES ('north', 'North Building', 'UTC', 1 = 1)
"""
A_VISIT = """;
INSERT INTO appointments (patient_id, id, slot_id, provider_id, place_id, zone, starts_at, ends_at, held_until, reason,
    status, booked_at, ended_at, cancelled_by, cancellation_reason, series_id)
    VALUES ('ada', '{name}', '{name}', 'dora', 'north', 'UTC', '{starts_at}', '{ends_at}', '{ends_at}', '', '{status}',
    '{booked_at}', {ended}, '', '{name}')
"""
VISITS = {
    "early": (NINE, NINE - timedelta(days=30, microseconds=1), "booked"),
    "late": (NINE + timedelta(hours=1), NINE - timedelta(hours=46, microseconds=-999_999), "booked"),
    "of a clock that went back": (NINE + timedelta(hours=2), NINE + timedelta(hours=3), "booked"),
    "off": (NINE + timedelta(hours=3), NINE - timedelta(days=30), "cancelled"),
}


def written(name: str, starts_at: datetime, booked_at: datetime, status: str) -> str:
    return A_VISIT.format(
        name=name,
        starts_at=starts_at.isoformat(timespec="microseconds"),
        ends_at=(starts_at + timedelta(minutes=30)).isoformat(timespec="microseconds"),
        booked_at=booked_at.isoformat(timespec="microseconds"),
        status=status,
        ended="NULL, NULL" if status == "booked" else f"'{booked_at.isoformat(timespec='microseconds')}', 'patient'",
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_booked_before_is_reminded_of_as_if_it_had_always_been(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    visits = "".join(written(name, *visit) for name, visit in VISITS.items())
    write_before(opened, monkeypatch, steps=BEFORE, statements=PEOPLE + visits)
    store, clock, notifier = opened(), FrozenClock(NINE - timedelta(hours=40)), RecordingNotifier()
    with store.view() as view:
        within = {visit.id: visit.remind_within for visit in view.select(Query(state=Appointment))}
    assert within == {
        "early": timedelta(days=30, microseconds=1),
        "late": timedelta(hours=47, microseconds=-999_999),
        "of a clock that went back": timedelta(0),
        "off": timedelta(0),
    }
    portal(store=store, clock=clock, notifier=notifier).work()
    assert [(one.kind, one.visit_at) for one in notifier.messages] == [(NoticeKind.VISIT_REMINDER, NINE)]
    store.close()
