"""What an older database holds of requests is their medication's prescriber's, whoever was asked."""

from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import prescribers
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is prescribers.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO medications (patient_id, id, name, dose, directions, prescriber_id, started_on, refills_left, is_renewable,
    recorded_at) VALUES ('ada', 'd-1', 'Aspirin', '', '', 'dora', '2026-01-01', 40, 1 = 1, NOW);
INSERT INTO renewals (patient_id, id, medication_id, prescriber_id, pharmacy, note, requested_at, status)
    VALUES ('ada', 'r-1', 'd-1', 'dora', '', 'Soon', NOW, 'requested');
INSERT INTO renewals (patient_id, id, medication_id, prescriber_id, pharmacy, note, requested_at, status, decided_at,
    decided_by, refills_granted, refilled_at)
    VALUES ('ada', 'r-2', 'd-1', 'dora', '', '', NOW, 'refilled', NOW, 'dora', 3, NOW)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_asked_stands_as_it_did_and_no_number_of_refills_is_touched(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store = opened()
    with store.view() as view:
        (medication,) = view.select(Query(state=Medication))
        waiting, refilled = view.select(Query(state=Renewal, order=("id",)))
    store.close()
    assert (medication.prescriber_id, medication.refills_left) == ("dora", 40)
    assert (waiting.medication_id, waiting.note, waiting.status) == ("d-1", "Soon", RenewalStatus.REQUESTED)
    assert (refilled.status, refilled.refills_granted, refilled.decided_by) == (RenewalStatus.REFILLED, 3, "dora")
