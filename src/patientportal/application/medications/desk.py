"""Medications and renewals as the practice sees them: of one patient, one by one, and what waits for a provider."""

from collections.abc import Callable, Sequence
from datetime import date

from attrs import field, frozen

from patientportal.application.environment import Environment
from patientportal.application.medications.medications import (
    OwnMedication,
    medication_fields,
    place_of_medication,
    require_medication,
    taken_by,
)
from patientportal.application.medications.renewals import (
    OwnRenewal,
    asked_by,
    medications_of,
    place_of,
    renewal_fields,
    require_renewal,
    standing,
)
from patientportal.application.names import people_of
from patientportal.application.on_patient import look_at, looked_at, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.ids import MedicationId, PatientId, RenewalId, StaffId
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import View, key_of


@frozen(kw_only=True)
class PatientMedication(OwnMedication):
    """A medication as staff see it.

    Attributes:
        patient_id: who takes it.
        patient_name: what they are called.
    """

    patient_id: PatientId
    patient_name: str = field(repr=False)


@frozen(kw_only=True)
class PatientRenewal(OwnRenewal):
    """A request for more of a medication as staff see it, with what it takes to decide it.

    Attributes:
        patient_id: who asks.
        patient_name: what they are called.
        dose: how much of the medication they take now.
        directions: how they take it now.
        started_on: its first day.
        refills_left: how often it may still be refilled.
        decided_by: the staff id of who approved or denied it.
    """

    patient_id: PatientId
    patient_name: str = field(repr=False)
    dose: str = field(repr=False)
    directions: str = field(repr=False)
    started_on: date
    refills_left: int
    decided_by: StaffId | None


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PatientMedication]:
    """A patient's medications, the discontinued ones too; that they were looked at is kept."""
    usable_place(limit, cursor)
    look_at(env, member, "medications.of_patient", patient_id)
    with env.store.view() as view:
        found = page(view, taken_by(patient_id), limit=limit, cursor=cursor, place=place_of_medication)
        return as_views(found, _medications(view, found.items))


def get(env: Environment, member: StaffMember, medication_id: MedicationId) -> PatientMedication:
    """One medication, whoever's it is; that it was looked at is kept with its patient."""
    found = looked_at(
        env, member, "medications.get", Medication, medication_id, field="medication_id", what="medication"
    )
    with env.store.view() as view:
        medication = require_medication(view.find(key_of(found)))
        return _medications(view, [medication])(medication)


def renewals(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PatientRenewal]:
    """What a patient asked for and what became of it; that it was looked at is kept."""
    usable_place(limit, cursor)
    look_at(env, member, "medications.renewals", patient_id)
    with env.store.view() as view:
        found = page(view, asked_by(patient_id), limit=limit, cursor=cursor, place=place_of)
        return as_views(found, _renewals(view, found.items))


def renewal(env: Environment, member: StaffMember, renewal_id: RenewalId) -> PatientRenewal:
    """One request, whoever's it is; that it was looked at is kept with its patient."""
    found = looked_at(env, member, "medications.renewal", Renewal, renewal_id, field="renewal_id", what="renewal")
    with env.store.view() as view:
        asked = require_renewal(view.find(key_of(found)))
        return _renewals(view, [asked])(asked)


def waiting(
    env: Environment, member: StaffMember, verb: str, status: RenewalStatus, *, limit: int, cursor: str | None
) -> Page[PatientRenewal]:
    """The requests that stand so, the oldest first."""
    permitted(env, member, verb)
    with env.store.view() as view:
        found = page(view, standing(status), limit=limit, cursor=cursor, place=place_of)
        return as_views(found, _renewals(view, found.items))


def _medications(view: View, found: Sequence[Medication]) -> Callable[[Medication], PatientMedication]:
    names = people_of(view, providers=(one.prescriber_id for one in found), patients=(one.patient_id for one in found))
    return lambda one: PatientMedication(
        **medication_fields(one, names), patient_id=one.patient_id, patient_name=names.patient(one.patient_id)
    )


def _renewals(view: View, found: Sequence[Renewal]) -> Callable[[Renewal], PatientRenewal]:
    of = medications_of(view, found)
    names = people_of(
        view, providers=(one.prescriber_id for one in of.values()), patients=(one.patient_id for one in found)
    )

    def shown(one: Renewal) -> PatientRenewal:
        medication = of[one.medication_id]
        return PatientRenewal(
            **renewal_fields(one, medication, names),
            patient_id=one.patient_id,
            patient_name=names.patient(one.patient_id),
            dose=medication.dose,
            directions=medication.directions,
            started_on=medication.started_on,
            refills_left=medication.refills_left,
            decided_by=one.decided_by,
        )

    return shown
