"""Visits: a patient books one, and sees theirs."""

from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.appointments.choosing import Choosing, visit_type_id_or_none
from patientportal.application.appointments.directory import Names, names_of
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key, under_key, usable_id
from patientportal.application.pages import Page, as_views, page
from patientportal.domain.appointments import appointments as rules
from patientportal.domain.appointments.appointments import AlreadyTheirs, Appointment, AppointmentStatus, Booked
from patientportal.domain.appointments.directory import BookableBy, Place
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, PatientId, SlotId, StaffId, VisitTypeId
from patientportal.domain.values.form_keys import usable_key
from patientportal.domain.values.zones import local
from patientportal.ports.notifier import CalendarEntry
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class Visit:
    """A patient's visit, as they and the practice see it.

    Attributes:
        appointment_id: its own.
        patient_id: whose.
        provider_id: who sees the patient.
        provider_name: what they are called now; their id, where the practice never said.
        place: where, as it is called now, with the zone by whose clocks the visit was made.
        starts_at: from when, as the clocks there show it, with their offset from UTC.
        ends_at: until when, likewise.
        reason: what the patient says that it is for; may be empty.
        status: where it stands.
        booked_at: when it was booked, UTC.
        arrived_at: since when the patient is here, or was before it ended, UTC; ``None``: nobody said so.
        ended_at: since when it isn't booked any more, UTC.
        cancelled_by: the patient or staff; ``None``: it wasn't cancelled.
        cancellation_reason: what the practice said when it cancelled.
        rescheduled_from: the visit in whose place it was booked.
        rescheduled_to: the visit that was booked in its place.
        visit_type_id: of which kind it is; ``None``: of none, it takes one slot.
        visit_type_name: what that kind is called now.
        series_id: the first visit of those that came of one by being moved.
        revision: how often that was.
    """

    appointment_id: AppointmentId
    patient_id: PatientId
    provider_id: StaffId
    provider_name: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    reason: str = field(repr=False)
    status: AppointmentStatus
    booked_at: datetime
    arrived_at: datetime | None
    ended_at: datetime | None
    cancelled_by: ActorKind | None
    cancellation_reason: str = field(repr=False)
    rescheduled_from: AppointmentId | None
    rescheduled_to: AppointmentId | None
    visit_type_id: VisitTypeId | None
    visit_type_name: str | None
    series_id: AppointmentId
    revision: int


def calendar_entry(visit: Visit | Appointment, *, place: Place) -> CalendarEntry:
    """A visit for the patient's calendar; one that was cancelled, to be taken out of it.

    Args:
        visit: one that wasn't moved.
        place: where it is.
    """
    is_cancelled = visit.status is AppointmentStatus.CANCELLED
    return CalendarEntry(
        uid=visit.series_id,
        sequence=visit.revision + is_cancelled,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        place=place.name if place.address is None else f"{place.name}, {place.address}",
        is_cancelled=is_cancelled,
    )


def book(
    env: Environment,
    who: SignedIn,
    slot_id: SlotId,
    *,
    reason: str,
    visit_type_id: VisitTypeId | None,
    idempotency_key: str | None,
) -> AppointmentId:
    """A patient takes a free slot, or those that a kind of visit needs; again, it is the visit that they have."""
    wanted, kind = usable_slot_id(slot_id), visit_type_id_or_none(visit_type_id)
    text, once = rules.usable_reason(reason) if reason != "" else "", usable_key(idempotency_key)
    choosing = Choosing(wanted, kind, under_key(Appointment, who.patient_id, once))
    new_id = AppointmentId(env.new_id())

    def decide(tx: Transaction, now: datetime, *found: Any) -> Booked | AlreadyTheirs:
        earlier, rest = choosing.apart(found)
        for visit in earlier:
            return rules.repeated(visit, slot_id=wanted, reason=text, visit_type_id=kind)
        choice = choosing.chosen(rest, by=BookableBy.PATIENT)
        return rules.book(
            choice,
            patient_id=who.patient_id,
            appointment_id=new_id,
            reason=text,
            idempotency_key=once,
            booked_before=tx.select(booked_before(who.patient_id, choice)),
            ahead=_ahead(tx, who, most=env.policy.appointments.most_ahead, now=now),
            now=now,
            policy=env.policy,
        )

    match in_session(env, who, decide, *choosing.asked, also=choosing.also):
        case Booked(appointment=visit):
            return visit.id
        case AlreadyTheirs(appointment_id=appointment_id):
            return appointment_id


def _ahead(tx: Transaction, who: SignedIn, *, most: int | None, now: datetime) -> int:
    """How many booked visits lie ahead of a patient, as far as it matters."""
    if most is None:
        return 0
    query = _own_visits(who, AppointmentStatus.BOOKED, Where("starts_at", Is.GT, now))
    return len(tx.select(evolve(query, limit=most)))


def usable_slot_id(slot_id: object) -> SlotId:
    """An id that a slot may have.

    Raises:
        TypeError: it isn't a ``str``.
        NotFoundError: no id looks like this.
    """
    return SlotId(usable_id(slot_id, field="slot_id", what="slot"))


def booked_before(patient_id: PatientId, choice: Choice, *, limit: int = 1) -> Query[Appointment]:
    """The latest of a patient's booked visits that begin before a new one ends: see ``domain.appointments.book``."""
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("status", Is.EQ, AppointmentStatus.BOOKED),
        Where("starts_at", Is.LT, choice.ends_at),
    )
    return Query(state=Appointment, where=where, order=("starts_at", "id"), descending=True, limit=limit)


def get(env: Environment, who: SignedIn, appointment_id: AppointmentId) -> Visit:
    """One of the patient's visits."""
    key = own_visit(who, appointment_id)
    visit = require_found(*WhileIn(env.store, who, env).find_all(key))
    return visit_shown(visit, names_of(env.store, [visit]))


def upcoming(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[Visit]:
    """The patient's booked visits that aren't over, the next one first."""
    query = _own_visits(who, AppointmentStatus.BOOKED, Where("ends_at", Is.GT, env.now()))
    return _shown(env, who, evolve(query, descending=False), limit=limit, cursor=cursor)


def past(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[Visit]:
    """All the others, the latest first: each status by a look-up of its own, so that no long history is sorted."""
    over = _own_visits(who, AppointmentStatus.BOOKED, Where("ends_at", Is.LE, env.now()))
    ended = [_own_visits(who, status) for status in AppointmentStatus if status is not AppointmentStatus.BOOKED]
    return _shown(env, who, over, *ended, limit=limit, cursor=cursor)


def _own_visits(who: SignedIn, status: AppointmentStatus, *where: Where) -> Query[Appointment]:
    of_patient = (Where("patient_id", Is.EQ, who.patient_id), Where("status", Is.EQ, status))
    return Query(state=Appointment, where=of_patient + where, order=("starts_at", "id"), descending=True)


def _shown(
    env: Environment, who: SignedIn, *queries: Query[Appointment], limit: int, cursor: str | None
) -> Page[Visit]:
    asked = WhileIn(env.store, who, env)
    found = page(asked, *queries, limit=limit, cursor=cursor, place=lambda one: (one.starts_at, one.id))
    names = names_of(env.store, found.items)
    return as_views(found, lambda one: visit_shown(one, names))


def own_visit(who: SignedIn, appointment_id: object) -> Key[Appointment]:
    """The key of one of the patient's visits.

    Raises:
        TypeError: ``appointment_id`` isn't a ``str``.
        NotFoundError: no id looks like this.
    """
    return own_key(Appointment, who.patient_id, appointment_id, field="appointment_id", what="appointment")


def require_found(appointment: Appointment | None) -> Appointment:
    """The visit that was looked for.

    Raises:
        NotFoundError: there is none.
    """
    if appointment is None:
        raise NotFoundError(what="appointment")
    return appointment


def visit_shown(appointment: Appointment, names: Names) -> Visit:
    """A visit in the form in which it is shown."""
    return Visit(**fields_shown(appointment, names))


def fields_shown(appointment: Appointment, names: Names) -> dict[str, Any]:
    """What of a visit patients and staff are shown alike."""
    return {
        "appointment_id": appointment.id,
        "patient_id": appointment.patient_id,
        "provider_id": appointment.provider_id,
        "provider_name": names.provider(appointment.provider_id),
        "place": names.place(appointment),
        "starts_at": local(appointment.starts_at, appointment.zone),
        "ends_at": local(appointment.ends_at, appointment.zone),
        "reason": appointment.reason,
        "status": appointment.status,
        "booked_at": appointment.booked_at,
        "arrived_at": appointment.arrived_at,
        "ended_at": appointment.ended_at,
        "cancelled_by": appointment.cancelled_by,
        "cancellation_reason": appointment.cancellation_reason,
        "rescheduled_from": appointment.rescheduled_from,
        "rescheduled_to": appointment.rescheduled_to,
        "visit_type_id": appointment.visit_type_id,
        "visit_type_name": names.visit_type(appointment.visit_type_id),
        "series_id": appointment.series_id,
        "revision": appointment.revision,
    }
