"""What the practice keeps of a patient is put right: what changed is named, and search and recovery follow."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import corrections, links
from patientportal.domain.accounts.corrections import (
    FIELDS,
    Corrected,
    LanguageChanged,
    LanguageSet,
    PatientCorrected,
    UseChangeEmailError,
)
from patientportal.domain.accounts.links import LinkEnd, Purpose
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.registration import ExternalIdTakenError
from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import words_of
from patientportal.domain.values.sameness import FOLDING
from patientportal.domain.values.stored import revised
from patientportal.testing.strategies import personal_information
from tests.domain.patients.ada import ADA

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW, activated_at=NOW)
NO_ACCOUNT = evolve(PATIENT, activated_at=None)
RECORD = PersonalRecord(patient_id=PATIENT.id, personal=ADA, external_id="K-1", folding=FOLDING)
NAME = RecoveryName(patient_id=PATIENT.id, person_hash=b"old")
NEW_NAME = RecoveryName(patient_id=PATIENT.id, person_hash=b"new")
INVITATION = links.requested(PATIENT.id, LinkId("l-1"), Purpose.INVITATION, now=NOW)
OTHER = evolve(RECORD, patient_id=PatientId("p-2"), external_id="K-2")
UNBORN, ELSEWHERE = date(2026, 1, 7), "elsewhere@example.org"


def correct(personal: PersonalInformation = ADA, **changes: Any) -> Corrected | Unchanged:
    facts: dict[str, Any] = {
        "record": RECORD,
        "external_id": "K-1",
        "holder": RECORD,
        "patient": PATIENT,
        "words": words_of(RECORD),
        "kept": NAME,
        "recovery_name": NEW_NAME,
        "open_links": [],
        "now": NOW,
    } | changes
    return corrections.correct(facts.pop("record"), personal=personal, **facts)


@given(personal_information(), st.none() | st.sampled_from(("K-1", "K-9")))
def test_what_is_right_is_kept_found_and_named_by_its_fields(personal: PersonalInformation, key: str | None) -> None:
    outcome = correct(personal, external_id=key, holder=None, patient=NO_ACCOUNT, open_links=[INVITATION])
    right = evolve(RECORD, personal=personal, external_id=key)
    names = tuple(name for name in FIELDS if name != "external_id" and getattr(personal, name) != getattr(ADA, name))
    names += () if key == "K-1" else ("external_id",)
    if not names:
        assert outcome == Unchanged()
        return
    assert isinstance(outcome, Corrected)
    assert outcome.record == right
    assert {*words_of(RECORD)} - {*outcome.gone} | {*outcome.words} == {*words_of(right)}
    is_elsewhere = "email" in names
    assert outcome.ended == (links.ended([INVITATION], LinkEnd.NEW_ADDRESS) if is_elsewhere else ())
    assert outcome.event == PatientCorrected(fields=names, links_ended=len(outcome.ended), is_told=False)
    assert (outcome.gone_name, outcome.recovery_name) == (NAME, None)


@pytest.mark.parametrize(
    ("changes", "wrong", "refused"),
    [
        ({"holder": OTHER}, {"date_of_birth": UNBORN, "email": ELSEWHERE}, ExternalIdTakenError),
        ({}, {"date_of_birth": UNBORN, "email": ELSEWHERE}, BadInputError),
        ({}, {"email": ELSEWHERE}, UseChangeEmailError),
        ({}, {"email": None}, UseChangeEmailError),
        ({}, {}, None),
        ({"patient": NO_ACCOUNT}, {"email": ELSEWHERE}, None),
    ],
)
def test_the_key_is_judged_before_the_birth_date_and_that_before_the_address(
    changes: dict[str, Any], wrong: dict[str, Any], refused: type[PortalError] | None
) -> None:
    personal = evolve(ADA, last_name="King", **wrong)
    if refused is None:
        assert isinstance(correct(personal, **changes), Corrected)
    else:
        with pytest.raises(refused):
            correct(personal, **changes)


def test_another_spelling_of_the_address_is_the_same_address() -> None:
    record = evolve(RECORD, personal=evolve(ADA, email="ada@m\u00fcller.example"))
    other = evolve(ADA, email="ada@XN--mller-kva.example")
    assert correct(other, record=record) == Unchanged()
    outcome = correct(evolve(other, phone=None), record=record)
    assert isinstance(outcome, Corrected)
    assert (outcome.record.personal.email, outcome.event.fields) == ("ada@m\u00fcller.example", ("phone",))


@pytest.mark.parametrize(
    ("patient", "name", "gone", "found_by"),
    [
        (PATIENT, NEW_NAME, None, NEW_NAME),
        (PATIENT, None, NAME, None),
        (NO_ACCOUNT, NEW_NAME, NAME, None),
        (evolve(PATIENT, deactivated_at=NOW), NEW_NAME, NAME, None),
    ],
)
def test_recovery_finds_who_can_be_found(
    patient: Patient, name: RecoveryName | None, gone: RecoveryName | None, found_by: RecoveryName | None
) -> None:
    outcome = correct(evolve(ADA, last_name="King"), patient=patient, recovery_name=name)
    assert isinstance(outcome, Corrected)
    assert (outcome.gone_name, outcome.recovery_name) == (gone, found_by)
    assert outcome.event.is_told is (patient.activated_at is not None)


def test_a_language_is_chosen_once() -> None:
    chosen = corrections.set_language(RECORD, language="de")
    record = evolve(RECORD, personal=evolve(ADA, language="de"))
    assert chosen == LanguageSet(record=record, event=LanguageChanged())
    assert corrections.set_language(record, language="de") == Unchanged()
    assert isinstance(corrections.set_language(record, language=None), LanguageSet)


def test_a_language_is_chosen_whatever_else_was_stored_before_todays_checks() -> None:
    record = evolve(RECORD, personal=revised(ADA, phone="of another release", email="no address"))
    chosen = corrections.set_language(record, language="de")
    assert isinstance(chosen, LanguageSet)
    assert chosen.record.personal == revised(record.personal, language="de")


def test_who_is_born_tomorrow_somewhere_may_be_corrected() -> None:
    assert isinstance(correct(evolve(ADA, date_of_birth=(NOW + timedelta(hours=14)).date())), Corrected)
