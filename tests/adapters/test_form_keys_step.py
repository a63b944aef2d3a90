"""What an older database holds of requests, renewals and messages is kept, under no key; two then share none."""

from pathlib import Path
from typing import Any

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import form_keys
from patientportal.domain.appointments.requests import AppointmentRequest
from patientportal.domain.errors import ConflictError
from patientportal.domain.medications.renewals import Renewal
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.support.support import SupportRequest
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, say, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is form_keys.STATEMENTS) - 1
KEPT: tuple[type[Any], ...] = (AppointmentRequest, InboxMessage, Renewal, SupportRequest)
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO appointment_requests (patient_id, id, reason, windows, last_day, status, requested_at, decline_reason)
    VALUES ('ada', 'a-1', 'My knee', WINDOWS, '2026-01-09', 'open', NOW, '');
INSERT INTO appointment_requests (patient_id, id, reason, windows, last_day, status, requested_at, decline_reason)
    VALUES ('ada', 'a-2', 'My hip', WINDOWS, '2026-01-09', 'open', NOW, '');
INSERT INTO inbox_messages (patient_id, id, kind, subject, body, sent_at)
    VALUES ('ada', 'm-1', 'from_practice', 'Your test', 'All is well.', NOW);
INSERT INTO medications (patient_id, id, name, dose, directions, prescriber_id, started_on, refills_left, is_renewable,
    recorded_at) VALUES ('ada', 'd-1', 'Aspirin', '', '', 'dora', '2026-01-01', 1, 1 = 1, NOW);
INSERT INTO renewals (patient_id, id, medication_id, prescriber_id, pharmacy, note, requested_at, status)
    VALUES ('ada', 'r-1', 'd-1', 'dora', '', '', NOW, 'requested');
INSERT INTO support_requests (patient_id, id, contact, message, asked_at, about)
    VALUES ('ada', 's-1', '', 'Where do I park?', NOW, 'general')
"""
WINDOWS = """'[{"first_day":"2026-01-05","last_day":"2026-01-09","part":"any"}]'"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_asked_before_there_were_keys_is_under_none(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD.replace("WINDOWS", WINDOWS))
    store = opened()
    with store.view() as view:
        kept = [one for state in KEPT for one in view.select(Query(state=state))]
    assert [one.idempotency_key for one in kept] == [None] * 5
    with pytest.raises(ConflictError):
        say(store, "UPDATE appointment_requests SET idempotency_key = 'form-1'")
    store.close()
