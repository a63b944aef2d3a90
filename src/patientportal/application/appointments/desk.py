"""The desk: the practice books and moves visits for its patients, and reads what they have and who comes on a day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import field, frozen

from patientportal.application.appointments.appointments import (
    Visit,
    booked_before,
    fields_shown,
    require_found,
    usable_slot_id,
)
from patientportal.application.appointments.changes import keys_to_move, moved_to, taken_by
from patientportal.application.appointments.choosing import Choosing, of_visit, visit_type_id_or_none
from patientportal.application.appointments.directory import Names, names_of
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, under_key
from patientportal.application.on_patient import look_at, looked_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.accounts.registration import AHEAD_OF_UTC_AT_MOST
from patientportal.domain.appointments import appointments as rules
from patientportal.domain.appointments import changes
from patientportal.domain.appointments.appointments import AlreadyTheirs, Appointment, AppointmentStatus, Booked
from patientportal.domain.appointments.changes import Rescheduled
from patientportal.domain.appointments.directory import BookableBy
from patientportal.domain.ids import AppointmentId, PatientId, SlotId, StaffId, VisitTypeId
from patientportal.domain.patients.patients import Patient, usable_external_id
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.domain.values.days import day_within, usable_day
from patientportal.domain.values.form_keys import usable_key
from patientportal.domain.values.zones import day as day_there
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

_A_DAY = timedelta(days=1)
_COMING = tuple(status for status in AppointmentStatus if status is not AppointmentStatus.CANCELLED)


@frozen(kw_only=True)
class PatientVisit(Visit):
    """A visit as staff see it.

    Attributes:
        patient_name: the patient's first and last name.
        external_id: the host's own key of it.
    """

    patient_name: str = field(repr=False)
    external_id: str | None


def book(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    slot_id: SlotId,
    *,
    reason: str,
    visit_type_id: VisitTypeId | None,
    external_id: str | None,
    idempotency_key: str | None,
) -> AppointmentId:
    """The practice books for a patient; again, it is the visit that they have."""
    permitted(env, member, "appointments.book")
    text = rules.usable_reason(reason) if reason != "" else ""
    keys = {
        "external_id": None if external_id is None else usable_external_id(external_id),
        "idempotency_key": usable_key(idempotency_key),
    }
    choosing = Choosing(
        usable_slot_id(slot_id),
        visit_type_id_or_none(visit_type_id),
        tuple(query for name, key in keys.items() for query in under_key(Appointment, patient_id, key, field=name)),
    )
    new_id = AppointmentId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime, *found: Any) -> Booked | AlreadyTheirs:
        earlier, rest = choosing.apart(found)
        for visit in earlier:
            return rules.repeated(visit, slot_id=slot_id, reason=text, visit_type_id=choosing.visit_type_id)
        choice = choosing.chosen(rest, by=BookableBy.PRACTICE)
        return rules.book_by_practice(
            choice,
            patient=patient,
            appointment_id=new_id,
            reason=text,
            booked_before=tx.select(booked_before(patient.id, choice)),
            now=now,
            **keys,
        )

    match on_patient(env, member, "appointments.book", patient_id, decide, *choosing.asked, also=choosing.also):
        case Booked(appointment=visit):
            return visit.id
        case AlreadyTheirs(appointment_id=appointment_id):
            return appointment_id


def reschedule(env: Environment, member: StaffMember, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
    """The practice moves a visit to another slot; again, it is the visit that the patient has."""
    permitted(env, member, "appointments.reschedule")
    wanted = usable_slot_id(slot_id)
    known = by_id(env, Appointment, appointment_id, field="appointment_id", what="appointment")
    choosing = Choosing(wanted, known.visit_type_id)
    new_id = AppointmentId(env.new_id())

    def decide(
        tx: Transaction, patient: Patient, now: datetime, visit: Appointment | None, _: object, *found: Any
    ) -> Rescheduled | AlreadyTheirs:
        appointment = require_found(visit)
        choice = moved_to(choosing, appointment, found)
        if isinstance(choice, AlreadyTheirs):
            return choice
        return changes.reschedule_by_practice(
            appointment,
            patient=patient,
            former_slots=taken_by(appointment, choosing.locked(found)),
            choice=choice,
            appointment_id=new_id,
            booked_before=tx.select(booked_before(patient.id, choice, limit=2)),
            now=now,
        )

    asked: tuple[Key[Any] | Query[Any], ...] = (key_of(known), of_visit(appointment_id), *choosing.looked_up)
    also = keys_to_move(choosing)
    match on_patient(env, member, "appointments.reschedule", known.patient_id, decide, *asked, also=also):
        case Rescheduled(appointment=visit):
            return visit.id
        case AlreadyTheirs(appointment_id=moved_id):
            return moved_id


def get(env: Environment, member: StaffMember, appointment_id: AppointmentId) -> PatientVisit:
    """One visit, whoever's it is; that it was looked at is kept with its patient."""
    found = looked_at(
        env, member, "appointments.get", Appointment, appointment_id, field="appointment_id", what="appointment"
    )
    with env.store.view() as view:
        visit = require_found(view.find(key_of(found)))
        return _shown(visit, names_of(view, [visit], for_staff=True))


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PatientVisit]:
    """All of a patient's visits, the latest first: each status by a look-up of its own, so that nothing is sorted."""
    usable_place(limit, cursor)
    look_at(env, member, "appointments.of_patient", patient_id)
    queries = [
        Query(
            state=Appointment,
            where=(Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, status)),
            order=("starts_at", "id"),
            descending=True,
        )
        for status in AppointmentStatus
    ]
    with env.store.view() as view:
        found = page(view, *queries, limit=limit, cursor=cursor, place=lambda one: (one.starts_at, one.id))
        names = names_of(view, found.items, for_staff=True)
    return as_views(found, lambda one: _shown(one, names))


def of_day(
    env: Environment, member: StaffMember, provider_id: StaffId | None, day: date | None
) -> tuple[PatientVisit, ...]:
    """The visits of a day, as each place's clocks count it, of a provider or of all; cancelled ones are left out."""
    permitted(env, member, "appointments.of_day")
    day = day_there(env.now(), env.policy.zone) if day is None else day
    midnight = datetime.combine(day_within(usable_day(day, field="day"), field="day"), time(), tzinfo=UTC)
    anywhere = [
        Where("status", Is.ONE_OF, _COMING),
        Where("starts_at", Is.GE, midnight - AHEAD_OF_UTC_AT_MOST),
        Where("starts_at", Is.LT, midnight + _A_DAY + AHEAD_OF_UTC_AT_MOST),
    ]
    if provider_id is not None:
        anywhere.insert(0, Where("provider_id", Is.EQ, usable_staff_id(provider_id, field="provider_id")))
    with env.store.view() as view:
        near = view.select(Query(state=Appointment, where=tuple(anywhere), order=("starts_at", "id")))
        found = [one for one in near if day_there(one.starts_at, one.zone) == day]
        names = names_of(view, found, for_staff=True)
    return tuple(_shown(one, names) for one in found)


def _shown(appointment: Appointment, names: Names) -> PatientVisit:
    return PatientVisit(
        **fields_shown(appointment, names),
        patient_name=names.patient(appointment.patient_id),
        external_id=appointment.external_id,
    )
