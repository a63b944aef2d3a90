"""Patients, addresses and notices of an older database are what they were, and may be what they couldn't be."""

from datetime import date
from pathlib import Path

import pytest

from patientportal import PartialDate
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import people
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.notices.notices import DeliveryStatus
from patientportal.ports.store import Query
from patientportal.testing import desk, person, portal
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is people.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO personal_records VALUES ('ada', 'Ada', 'Byron', '1980-12-10', 'ada@example.org', '555 0100', '1', 'de', 0);
INSERT INTO email_changes (patient_id, id, former, proposed, requested_at) VALUES ('ada', 'c', 'a@b', 'c@d', NOW);
INSERT INTO deliveries (id, patient_id, kind, created_at, status, tries, next_try_at)
    VALUES ('old', 'ada', 'new_message', NOW, 'dead', 3, NOW)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_known_of_people_is_known(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    with portal(store=opened()) as one:
        practice = desk(one)
        ada = practice.patients.get("ada")  # type: ignore[arg-type] # as a host would
        assert ada.personal == person(email="ada@example.org", phone="555 0100", postal_code="1", language="de")
        assert ada.external_id is None
        assert [seen.reason for seen in practice.audit.undelivered().items] == [DeliveryStatus.DEAD]
        unusual = person(first_name="", last_name="Suharto", email=None, date_of_birth=PartialDate(1974))
        patient_id = practice.patients.register(unusual, external_id="K-1")
        practice.patients.change_email(patient_id, "s@example.org")
        one.work()
        assert DeliveryStatus.UNREACHABLE in [seen.reason for seen in practice.audit.undelivered().items]
        assert practice.patients.find(date_of_birth=PartialDate(1974))[0].personal.date_of_birth == PartialDate(1974)
        assert [found.patient_id for found in practice.patients.find(last_name="Byron")] == ["ada"]
        (found,) = practice.patients.find(last_name="Byron", date_of_birth=date(1980, 12, 10))
        assert found.patient_id == "ada"
    store = opened()
    with store.view() as view:
        assert {change.former for change in view.select(Query(state=EmailChange))} == {"a@b", None}
    store.close()
