"""Corrections of a medication: by whom, of what, and that their event never says what it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import given

from patientportal.domain.errors import RefusedError
from patientportal.domain.ids import StaffId
from patientportal.domain.medications import corrections
from patientportal.domain.medications.corrections import FIELDS, Corrected, Correction, MedicationCorrected
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.medications import Medication, MedicationDiscontinuedError
from patientportal.domain.medications.prescribers import NotPrescriberError
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION

NOW = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
PRESCRIBER = StaffMember(id=MEDICATION.prescriber_id, name="Greg House", roles={Role.PROVIDER})
COVERING = StaffMember(id=StaffId("dr-wilson"), name="James Wilson", roles={Role.PROVIDER})
COVER = Cover(
    prescriber_id=PRESCRIBER.id, covering_id=COVERING.id, until=NOW + timedelta(days=1), given_by=PRESCRIBER.id
)


def correct(medication: Medication = MEDICATION, **otherwise: Any) -> Corrected | Unchanged:
    usual: dict[str, Any] = {
        "by": PRESCRIBER,
        "cover": None,
        "correction": Correction(refills_left=0),
        "now": NOW,
    }
    return corrections.correct(medication, **(usual | otherwise))


def test_a_mistyped_number_becomes_what_was_meant() -> None:
    assert correct(evolve(MEDICATION, refills_left=30), correction=Correction(refills_left=3)) == Corrected(
        medication=MEDICATION,
        event=MedicationCorrected(medication_id=MEDICATION.id, fields=("refills_left",), by_cover=False),
    )


@pytest.mark.parametrize(
    ("name", "value"), [("dose", ""), ("directions", ""), ("refills_left", 0), ("is_renewable", False)]
)
def test_each_is_given_alone_and_may_be_nothing(name: str, value: Any) -> None:
    outcome = correct(correction=Correction(**{name: value}))
    assert isinstance(outcome, Corrected)
    assert outcome.medication == evolve(MEDICATION, **{name: value})
    assert outcome.event.fields == (name,)


@given(strategies.medications(), strategies.corrections())
def test_what_is_given_is_so_afterwards_all_else_stays_and_the_same_again_changes_nothing(
    medication: Medication, correction: Correction
) -> None:
    medication = evolve(medication, discontinued_at=None)
    by = evolve(PRESCRIBER, id=medication.prescriber_id)
    said = {name: value for name, value in asdict(correction).items() if value is not None}
    other = tuple(name for name in FIELDS if name in said and said[name] != getattr(medication, name))
    outcome = correct(medication, by=by, correction=correction)
    if not other:
        assert outcome == Unchanged()
        return
    assert isinstance(outcome, Corrected)
    assert outcome.medication == evolve(medication, **said)
    assert outcome.event == MedicationCorrected(medication_id=medication.id, fields=other, by_cover=False)
    assert correct(outcome.medication, by=by, correction=correction) == Unchanged()


ENDED = evolve(MEDICATION, discontinued_at=NOW)
STAIRCASE: list[tuple[Medication, StaffMember, Cover | None, type[RefusedError] | None]] = [
    (ENDED, COVERING, None, NotPrescriberError),
    (ENDED, COVERING, evolve(COVER, until=NOW), NotPrescriberError),
    (ENDED, COVERING, COVER, MedicationDiscontinuedError),
    (ENDED, PRESCRIBER, None, MedicationDiscontinuedError),
    (MEDICATION, COVERING, COVER, None),
]


@pytest.mark.parametrize(("medication", "by", "cover", "refusal"), STAIRCASE)
def test_a_correction_is_refused_in_this_order(
    medication: Medication, by: StaffMember, cover: Cover | None, refusal: type[RefusedError] | None
) -> None:
    if refusal is None:
        outcome = correct(medication, by=by, cover=cover)
        assert isinstance(outcome, Corrected)
        assert outcome.event.by_cover
        return
    with pytest.raises(refusal):
        correct(medication, by=by, cover=cover)


def test_neither_a_correction_nor_its_outcome_shows_what_is_taken() -> None:
    correction = Correction(dose="two tablets", directions="In the evening.")
    shown = repr((correction, correct(correction=correction)))
    assert not [word for word in ("Lisinopril", "tablet", "evening", "morning") if word in shown]
