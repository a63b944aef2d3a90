"""What a prescriber says later: how a medication is, and who prescribes it from now on."""

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.medications.covers import cover_for
from patientportal.application.medications.medications import require_medication
from patientportal.application.names import require_active
from patientportal.application.on_patient import on_patient, permitted
from patientportal.domain.ids import MedicationId, StaffId
from patientportal.domain.medications import corrections, reassignment
from patientportal.domain.medications import medications as rules
from patientportal.domain.medications.corrections import Corrected, Correction
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.reassignment import Reassigned
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.ports.store import Is, Query, Transaction, Where, key_of

BATCH = 500


def correct(
    env: Environment,
    member: StaffMember,
    medication_id: MedicationId,
    *,
    dose: str | None,
    directions: str | None,
    refills_left: int | None,
    is_renewable: bool | None,
) -> None:
    """The prescriber says how a medication is; what isn't given stays."""
    correction = Correction(
        dose=None if dose is None else rules.usable_dose(dose),
        directions=None if directions is None else rules.usable_directions(directions),
        refills_left=None if refills_left is None else rules.usable_refills(refills_left, called="refills_left"),
        is_renewable=None if is_renewable is None else rules.usable_renewable(is_renewable),
    )
    permitted(env, member, "medications.correct")
    known = by_id(env, Medication, medication_id, field="medication_id", what="medication")

    def decide(
        _: Transaction, __: Patient, now: datetime, found: Medication | None, cover: Cover | None = None
    ) -> Corrected | Unchanged:
        medication = require_medication(found)
        return corrections.correct(medication, by=member, cover=cover, correction=correction, now=now)

    also = cover_for(member)
    on_patient(env, member, "medications.correct", known.patient_id, decide, key_of(known), also=also)


def reassign(
    env: Environment, member: StaffMember, prescriber_id: StaffId, to: StaffId, *, medication_id: MedicationId | None
) -> int:
    """What a provider prescribes is another's from now on, each medication by itself, so that nobody waits for it."""
    leaves, comes = usable_staff_id(prescriber_id, field="prescriber_id"), usable_staff_id(to, field="to")
    permitted(env, member, "medications.reassign")
    one = None
    if medication_id is not None:
        one = by_id(env, Medication, medication_id, field="medication_id", what="medication")
    reassignment.require_may_reassign(leaves, to=comes, by=member)
    require_active(env, comes, field="to")

    def decide(_: Transaction, __: Patient, ___: datetime, found: Medication | None) -> Reassigned | Unchanged:
        return reassignment.reassign(require_medication(found), prescriber_id=leaves, to=comes)

    def reassigned(medication: Medication) -> bool:
        key = key_of(medication)
        outcome = on_patient(env, member, "medications.reassign", medication.patient_id, decide, key)
        return isinstance(outcome, Reassigned)

    return sum(map(reassigned, _prescribed_by(env, leaves) if one is None else [one]))


def _prescribed_by(env: Environment, prescriber_id: StaffId) -> Iterator[Medication]:
    """What somebody prescribes and is taken, looked for in batches, each from where the one before ended."""
    theirs = (Where("prescriber_id", Is.EQ, prescriber_id), Where("discontinued_at", Is.NONE))
    query = Query(state=Medication, where=theirs, order=("patient_id", "id"), limit=BATCH)
    while True:
        with env.store.view() as view:
            found = view.select(query)
        yield from found
        if len(found) < BATCH:
            return
        query = evolve(query, after=(found[-1].patient_id, found[-1].id))
