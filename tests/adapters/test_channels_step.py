"""Patients and notices of an older database are told by mail, as they were, until somebody chooses otherwise."""

from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import channels
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is channels.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO personal_records (patient_id, personal_first_name, personal_last_name, personal_email)
    VALUES ('ada', 'Ada', 'Byron', 'ada@example.org');
INSERT INTO deliveries (id, patient_id, kind, created_at, next_try_at, status, tries, unanswered)
    VALUES ('d-1', 'ada', 'new_message', NOW, NOW, 'waiting', 0, 0)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_kept_before_there_were_channels_is_told_by_mail(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store = opened()
    with store.view() as view:
        (record,) = view.select(Query(state=PersonalRecord))
        (delivery,) = view.select(Query(state=Delivery))
    assert (record.notices, delivery.channel) == ((), None)
    store.close()
