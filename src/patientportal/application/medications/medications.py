"""A patient's medications: providers write them down and end them, the patient sees them."""

from datetime import date, datetime

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, require
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import look_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.application.saving import select_locked
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import MedicationId, MessageId, PatientId, StaffId
from patientportal.domain.medications import discontinuation
from patientportal.domain.medications import medications as rules
from patientportal.domain.medications.discontinuation import WAITING, Discontinued
from patientportal.domain.medications.medications import Medication, WrittenDown
from patientportal.domain.medications.renewals import Renewal
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.domain.values.days import usable_day
from patientportal.ports.store import Is, Key, Query, Transaction, View, Where


@frozen(kw_only=True)
class OwnMedication:
    """A medication as its patient and the practice see it.

    Attributes:
        medication_id: its own; name it by this when asking for more.
        name: what it is.
        dose: how much of it; empty where the name says it.
        directions: how it is taken; they may be empty.
        prescriber_id: the staff id of who prescribed it.
        started_on: the first day.
        refills_left: how often it may still be refilled.
        is_renewable: whether the patient may ask for more.
        discontinued_at: when it was discontinued, UTC; ``None``: it wasn't.
    """

    medication_id: MedicationId
    name: str = field(repr=False)
    dose: str = field(repr=False)
    directions: str = field(repr=False)
    prescriber_id: StaffId
    started_on: date
    refills_left: int
    is_renewable: bool
    discontinued_at: datetime | None


def record(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    *,
    name: str,
    dose: str,
    directions: str,
    prescriber_id: StaffId | None,
    started_on: date,
    refills_left: int,
    is_renewable: bool,
) -> MedicationId:
    """A provider writes down what a patient takes."""
    called, amount, how = rules.usable_name(name), rules.usable_dose(dose), rules.usable_directions(directions)
    by = member.id if prescriber_id is None else usable_staff_id(prescriber_id, field="prescriber_id")
    refills = rules.usable_refills(refills_left, called="refills_left")
    usable_day(started_on, field="started_on")
    if type(is_renewable) is not bool:
        raise TypeError(f"is_renewable must be bool, not {type(is_renewable).__name__}")
    medication_id = MedicationId(env.new_id())

    def decide(_: Transaction, patient: Patient, now: datetime) -> WrittenDown:
        return rules.record(
            Medication(
                patient_id=patient.id,
                id=medication_id,
                name=called,
                dose=amount,
                directions=how,
                prescriber_id=by,
                started_on=started_on,
                refills_left=refills,
                is_renewable=is_renewable,
                recorded_at=now,
            )
        )

    on_patient(env, member, "medications.record", patient_id, decide)
    return medication_id


def discontinue(env: Environment, member: StaffMember, medication_id: MedicationId) -> None:
    """A provider ends a medication, and what waits for it."""
    permitted(env, member, "medications.discontinue")
    found = by_id(env, Medication, medication_id, field="medication_id", what="medication")
    message_id = MessageId(env.new_id())

    def decide(
        tx: Transaction, patient: Patient, now: datetime, medication: Medication | None
    ) -> Discontinued | Unchanged:
        if medication is None:
            raise NotFoundError(what="medication")
        waits = (
            Where("patient_id", Is.EQ, patient.id),
            Where("medication_id", Is.EQ, medication.id),
            Where("status", Is.ONE_OF, WAITING),
        )
        waiting = select_locked(tx, Query(state=Renewal, where=waits, order=("requested_at", "id")))
        return discontinuation.discontinue(medication, waiting=waiting, message_id=message_id, now=now)

    key = Key(Medication, (found.patient_id, found.id))
    on_patient(env, member, "medications.discontinue", found.patient_id, decide, key)


def own(env: Environment, who: SignedIn, *, active_only: bool, limit: int, cursor: str | None) -> Page[OwnMedication]:
    """The patient's medications, the latest written down first."""
    query = _of(who.patient_id)
    if active_only:
        query = evolve(query, where=(*query.where, Where("discontinued_at", Is.NONE)))
    with env.store.view() as view:
        require(view, who, env=env)
        return _page(view, query, limit=limit, cursor=cursor)


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[OwnMedication]:
    """A patient's medications, the discontinued ones too, as the practice sees them."""
    usable_place(limit, cursor)
    look_at(env, member, "medications.of_patient", patient_id)
    with env.store.view() as view:
        return _page(view, _of(patient_id), limit=limit, cursor=cursor)


def _of(patient_id: PatientId) -> Query[Medication]:
    of_patient = (Where("patient_id", Is.EQ, patient_id),)
    return Query(state=Medication, where=of_patient, order=("recorded_at", "id"), descending=True)


def _page(view: View, query: Query[Medication], *, limit: int, cursor: str | None) -> Page[OwnMedication]:
    found = page(view, query, limit=limit, cursor=cursor, place=lambda one: (one.recorded_at, one.id))
    return as_views(
        found,
        lambda one: OwnMedication(
            medication_id=one.id,
            name=one.name,
            dose=one.dose,
            directions=one.directions,
            prescriber_id=one.prescriber_id,
            started_on=one.started_on,
            refills_left=one.refills_left,
            is_renewable=one.is_renewable,
            discontinued_at=one.discontinued_at,
        ),
    )
