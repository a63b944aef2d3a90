"""Patients whom an older release registered are found, by the practice and by recovery, once a worker has worked."""

from datetime import date
from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import search_words
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.ports.store import Query
from patientportal.testing import desk, portal
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is search_words.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO patients (id, registered_at) VALUES ('bea', NOW);
INSERT INTO personal_records VALUES ('ada', 'Ada', 'Byron King', '1980-12-10', 'ada@example.org', NULL, NULL, NULL);
INSERT INTO personal_records VALUES ('bea', 'Bea', 'King', '1980-12-10', 'bea@example.org', '555 0123', NULL, NULL);
INSERT INTO accounts (patient_id, username, password_hash, activated_at, password_changed_at, locked_for_good)
    VALUES ('ada', 'ada', 'hash', NOW, NOW, false)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_worker_makes_everybody_findable(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    with portal(store=opened()) as one:
        patients = desk(one).patients
        assert [found.patient_id for found in patients.find(date_of_birth=date(1980, 12, 10))] == ["ada", "bea"]
        assert patients.find(last_name="King") == ()
        assert one.work().indexed == 2
        assert [found.patient_id for found in patients.find(last_name="King")] == ["ada", "bea"]
        assert [found.patient_id for found in patients.find(phone="5550123")] == ["bea"]
    store = opened()
    with store.view() as view:
        assert [name.patient_id for name in view.select(Query(state=RecoveryName))] == ["ada"]
    store.close()
