"""What no rule lets through, the database doesn't keep either."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from patientportal import AdapterError, ConflictError, RenewalStatus, Store
from patientportal.domain.ids import MedicationId, PatientId, RenewalId, StaffId
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal
from patientportal.domain.patients.patients import Patient

pytestmark = pytest.mark.parametrize("raw_store", ["sqlite", "postgres"], indirect=True)
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ADA, HOUSE, WILSON = PatientId("p-1"), StaffId("dr-house"), StaffId("dr-wilson")
MEDICATION = Medication(
    patient_id=ADA,
    id=MedicationId("m-1"),
    name="Aspirin",
    dose="",
    directions="",
    prescriber_id=HOUSE,
    started_on=date(2026, 1, 5),
    refills_left=3,
    is_renewable=True,
    recorded_at=NOW,
)
RENEWAL = Renewal(
    patient_id=ADA,
    id=RenewalId("r-1"),
    medication_id=MEDICATION.id,
    pharmacy="",
    note="",
    requested_at=NOW,
)
DECIDED: dict[str, Any] = {"decided_at": NOW, "decided_by": HOUSE}
GRANTED = evolve(RENEWAL, status=RenewalStatus.REFILLED, refills_granted=1, refilled_at=NOW, **DECIDED)
IMPOSSIBLE: dict[str, object] = {
    "a hundred refills": evolve(MEDICATION, id=MedicationId("m-2"), refills_left=100),
    "fewer than none": evolve(MEDICATION, id=MedicationId("m-2"), refills_left=-1),
    "a medication without a name": evolve(MEDICATION, id=MedicationId("m-2"), name=""),
    "a denial by nobody": evolve(RENEWAL, status=RenewalStatus.DENIED, denial_reason="No."),
    "a denial without a reason": evolve(RENEWAL, status=RenewalStatus.DENIED, **DECIDED),
    "a denial that grants": evolve(GRANTED, status=RenewalStatus.DENIED, refilled_at=None, denial_reason="No."),
    "an approval that grants nothing": evolve(GRANTED, refills_granted=None),
    "an approval of a hundred": evolve(GRANTED, refills_granted=100),
    "a refill at no time": evolve(GRANTED, refilled_at=None),
    "a refill of what was only approved": evolve(GRANTED, status=RenewalStatus.APPROVED),
    "a decision on what waits": evolve(RENEWAL, **DECIDED),
    "directions without an approval": evolve(RENEWAL, new_directions="In the evening."),
    "one who stands in for themselves": Cover(prescriber_id=HOUSE, covering_id=HOUSE, until=NOW, given_by=WILSON),
}


@pytest.fixture
def kept(raw_store: Store) -> Callable[..., None]:
    """Saves states beside a patient who takes something."""
    with raw_store.transaction() as tx:
        tx.add(Patient(id=ADA, registered_at=NOW))
        tx.add(MEDICATION)

    def keep(*states: object) -> None:
        with raw_store.transaction() as tx:
            for state in states:
                tx.add(state)

    return keep


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_can_not_be_is_not_kept(kept: Callable[..., None], what: str) -> None:
    with pytest.raises(AdapterError):
        kept(IMPOSSIBLE[what])


def test_two_requests_for_one_medication_do_not_wait_at_once(kept: Callable[..., None]) -> None:
    kept(RENEWAL)
    with pytest.raises(ConflictError):
        kept(evolve(RENEWAL, id=RenewalId("r-2")))
    kept(evolve(GRANTED, id=RenewalId("r-3")), evolve(RENEWAL, id=RenewalId("r-4"), status=RenewalStatus.WITHDRAWN))


def test_a_request_is_for_a_medication_of_the_same_patient(kept: Callable[..., None]) -> None:
    kept(Patient(id=PatientId("p-2"), registered_at=NOW))
    with pytest.raises(AdapterError):
        kept(evolve(RENEWAL, patient_id=PatientId("p-2")))


def test_what_can_be_is_kept(kept: Callable[..., None]) -> None:
    kept(
        RENEWAL,
        evolve(GRANTED, id=RenewalId("r-2"), new_directions="In the evening."),
        evolve(GRANTED, id=RenewalId("r-3"), status=RenewalStatus.APPROVED, refilled_at=None),
        evolve(GRANTED, id=RenewalId("r-4"), status=RenewalStatus.DISCONTINUED, refilled_at=None),
        evolve(RENEWAL, id=RenewalId("r-5"), status=RenewalStatus.DISCONTINUED),
        evolve(RENEWAL, id=RenewalId("r-6"), status=RenewalStatus.DENIED, denial_reason="No.", **DECIDED),
        Cover(prescriber_id=HOUSE, covering_id=WILSON, until=NOW, given_by=HOUSE),
    )
