"""A patient's medications: providers write them down and end them, the patient sees them."""

from datetime import date, datetime
from typing import Any

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, own_key
from patientportal.application.names import People, people_of, require_active
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.pages import Page, as_views, page
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
from patientportal.ports.store import Is, Query, Transaction, Where, key_of


@frozen(kw_only=True)
class OwnMedication:
    """A medication as its patient and the practice see it.

    Attributes:
        medication_id: its own; name it by this when asking for more.
        name: what it is.
        dose: how much of it; empty where the name says it.
        directions: how it is taken; they may be empty.
        prescriber_id: the staff id of who prescribes it.
        prescriber_name: what they are called now; their id, where the practice never said.
        started_on: the first day.
        refills_left: how often it may still be refilled before more must be asked for; each refill takes one away.
        is_renewable: whether the patient may ask for more.
        discontinued_at: when it was discontinued, UTC; ``None``: it wasn't.
    """

    medication_id: MedicationId
    name: str = field(repr=False)
    dose: str = field(repr=False)
    directions: str = field(repr=False)
    prescriber_id: StaffId
    prescriber_name: str
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
    renewable = rules.usable_renewable(is_renewable)
    permitted(env, member, "medications.record", patient_id)
    if by != member.id:
        require_active(env, by, field="prescriber_id")
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
                is_renewable=renewable,
                recorded_at=now,
            )
        )

    on_patient(env, member, "medications.record", patient_id, decide)
    return medication_id


def discontinue(env: Environment, member: StaffMember, medication_id: MedicationId) -> None:
    """A provider ends a medication, and what waits for it."""
    permitted(env, member, "medications.discontinue")
    known = by_id(env, Medication, medication_id, field="medication_id", what="medication")
    message_id = MessageId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime, found: Medication | None) -> Discontinued | Unchanged:
        medication = require_medication(found)
        waits = (
            Where("patient_id", Is.EQ, patient.id),
            Where("medication_id", Is.EQ, medication.id),
            Where("status", Is.ONE_OF, WAITING),
        )
        waiting = select_locked(tx, Query(state=Renewal, where=waits, order=("requested_at", "id")))
        return discontinuation.discontinue(medication, waiting=waiting, message_id=message_id, now=now)

    on_patient(env, member, "medications.discontinue", known.patient_id, decide, key_of(known))


def own(env: Environment, who: SignedIn, *, active_only: bool, limit: int, cursor: str | None) -> Page[OwnMedication]:
    """The patient's medications, the latest written down first."""
    query = taken_by(who.patient_id)
    if active_only:
        query = evolve(query, where=(*query.where, Where("discontinued_at", Is.NONE)))
    found = page(WhileIn(env.store, who, env), query, limit=limit, cursor=cursor, place=place_of_medication)
    names = people_of(env.store, providers=(one.prescriber_id for one in found.items))
    return as_views(found, lambda one: OwnMedication(**medication_fields(one, names)))


def get(env: Environment, who: SignedIn, medication_id: MedicationId) -> OwnMedication:
    """One of the patient's medications."""
    key = own_key(Medication, who.patient_id, medication_id, field="medication_id", what="medication")
    medication = require_medication(*WhileIn(env.store, who, env).find_all(key))
    names = people_of(env.store, providers=[medication.prescriber_id])
    return OwnMedication(**medication_fields(medication, names))


def taken_by(patient_id: PatientId) -> Query[Medication]:
    """A patient's medications, the latest written down first."""
    of_patient = (Where("patient_id", Is.EQ, patient_id),)
    return Query(state=Medication, where=of_patient, order=("recorded_at", "id"), descending=True)


def place_of_medication(medication: Medication) -> tuple[datetime, str]:
    """Where a medication stands in a list."""
    return medication.recorded_at, medication.id


def require_medication(medication: Medication | None) -> Medication:
    """The medication that was looked for.

    Raises:
        NotFoundError: there is none.
    """
    if medication is None:
        raise NotFoundError(what="medication")
    return medication


def medication_fields(medication: Medication, names: People) -> dict[str, Any]:
    """What a medication's patient and the practice both see of it."""
    return {
        "medication_id": medication.id,
        "name": medication.name,
        "dose": medication.dose,
        "directions": medication.directions,
        "prescriber_id": medication.prescriber_id,
        "prescriber_name": names.provider(medication.prescriber_id),
        "started_on": medication.started_on,
        "refills_left": medication.refills_left,
        "is_renewable": medication.is_renewable,
        "discontinued_at": medication.discontinued_at,
    }
