"""Recovery looks among active patients who have an account, and among nobody else."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from patientportal.domain.accounts.recovery_names import Indexed, RecoveryName, index
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import words_of
from patientportal.domain.values.sameness import FOLDING
from patientportal.testing import person

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ADA = Patient(id=PatientId("p-1"), registered_at=NOW)
RECORD = PersonalRecord(patient_id=ADA.id, personal=person())
NAME = RecoveryName(patient_id=ADA.id, person_hash=b"person-hash")
OLD = evolve(NAME, person_hash=b"another-hash")


@pytest.mark.parametrize("kept", [None, OLD, NAME])
@pytest.mark.parametrize(
    ("patient", "has_account", "is_found"),
    [
        (ADA, True, True),
        (ADA, False, False),
        (evolve(ADA, deactivated_at=NOW), True, False),
        (evolve(ADA, deactivated_at=NOW), False, False),
    ],
)
def test_whoever_is_active_and_has_an_account_is_found_by_todays_rule(
    patient: Patient, kept: RecoveryName | None, *, has_account: bool, is_found: bool
) -> None:
    words = words_of(RECORD)
    found = index(RECORD, words=words[:1], patient=patient, has_account=has_account, kept=kept, name=NAME)
    assert found == Indexed(
        record=evolve(RECORD, folding=FOLDING),
        gone=(),
        words=words[1:],
        gone_name=None if is_found else kept,
        name=NAME if is_found else None,
    )


def test_a_recovery_name_shows_no_hash() -> None:
    assert "hash" not in repr(NAME).replace("person_hash", "")
