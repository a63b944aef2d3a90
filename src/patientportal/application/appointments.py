"""Visits: a patient books, moves and cancels theirs; the practice looks at a day, cancels, and says who came."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from attrs import evolve, field, frozen

from patientportal.application.finding import by_id, own_key, usable_id
from patientportal.application.outside import Outside
from patientportal.application.pages import Page, page, shown
from patientportal.application.patients import on_patient
from patientportal.application.sessions import SignedIn, in_session, require
from patientportal.domain import appointment_changes, attendance, staff
from patientportal.domain import appointments as rules
from patientportal.domain.appointment_changes import Cancelled, Rescheduled
from patientportal.domain.appointments import Appointment, AppointmentStatus, Booked
from patientportal.domain.attendance import Fulfilled, Missed
from patientportal.domain.errors import BadInputError, NotFoundError
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, PatientId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients import AHEAD_OF_UTC_AT_MOST, Patient
from patientportal.domain.patterns import EARLIEST_DAY, LATEST_DAY
from patientportal.domain.schedules import Place, Slot
from patientportal.domain.staff import STAFF_ID_MAX, StaffMember
from patientportal.domain.text import line
from patientportal.domain.zones import day as day_there
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

_A_DAY = timedelta(days=1)
_COMING = tuple(status for status in AppointmentStatus if status is not AppointmentStatus.CANCELLED)


@frozen(kw_only=True)
class Visit:
    """A patient's visit, as they and the practice see it.

    Attributes:
        appointment_id: its own.
        patient_id: whose.
        provider_id: who sees the patient.
        place: where, with the zone of its clocks.
        starts_at: from when, as the clocks there show it, with their offset from UTC.
        ends_at: until when, likewise.
        reason: what the patient says that it is for; may be empty.
        status: where it stands.
        booked_at: when it was booked, UTC.
        ended_at: since when it isn't booked any more, UTC.
        cancelled_by: the patient or staff; ``None``: it wasn't cancelled.
        cancellation_reason: what the practice said when it cancelled.
        rescheduled_from: the visit in whose place it was booked.
        rescheduled_to: the visit that was booked in its place.
    """

    appointment_id: AppointmentId
    patient_id: PatientId
    provider_id: StaffId
    place: Place
    starts_at: datetime
    ends_at: datetime
    reason: str = field(repr=False)
    status: AppointmentStatus
    booked_at: datetime
    ended_at: datetime | None
    cancelled_by: ActorKind | None
    cancellation_reason: str = field(repr=False)
    rescheduled_from: AppointmentId | None
    rescheduled_to: AppointmentId | None


def book(outside: Outside, who: SignedIn, slot_id: SlotId, *, reason: str) -> AppointmentId:
    """A patient takes a free slot."""
    key = slot_key(slot_id)
    text = rules.usable_reason(reason) if reason != "" else ""
    appointment_id = AppointmentId(outside.new_id())

    def decide(tx: Transaction, now: datetime, slot: Slot | None) -> Booked:
        if slot is None:
            raise NotFoundError(what="slot")
        return rules.book(
            slot,
            patient_id=who.patient_id,
            appointment_id=appointment_id,
            reason=text,
            booked_before=tx.select(booked_before(who.patient_id, slot)),
            now=now,
        )

    in_session(outside, who, decide, key)
    return appointment_id


def slot_key(slot_id: object) -> Key[Slot]:
    """The key of the slot with this id.

    Raises:
        TypeError: it isn't a ``str``.
        NotFoundError: no id looks like this.
    """
    return Key(Slot, (usable_id(slot_id, field="slot_id", what="slot"),))


def booked_before(patient_id: PatientId, slot: Slot, *, limit: int = 1) -> Query[Appointment]:
    """The latest of a patient's booked visits that begin before a slot ends: see ``domain.appointments.book``."""
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("status", Is.EQ, AppointmentStatus.BOOKED),
        Where("starts_at", Is.LT, slot.ends_at),
    )
    return Query(state=Appointment, where=where, order=("starts_at", "id"), descending=True, limit=limit)


def cancel(outside: Outside, who: SignedIn, appointment_id: AppointmentId) -> None:
    """A patient gives up a visit that hasn't begun."""

    def decide(_: Transaction, now: datetime, found: Appointment | None, slot: Slot | None = None) -> Cancelled:
        appointment = _present(found)
        return appointment_changes.cancel(
            appointment, slot=_taken_by(appointment, slot), now=now, policy=outside.policy
        )

    in_session(outside, who, decide, _own(who, appointment_id), also=_slots)


def reschedule(outside: Outside, who: SignedIn, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
    """A patient moves a visit to another slot."""
    own, wanted = _own(who, appointment_id), slot_key(slot_id)
    new_id = AppointmentId(outside.new_id())

    def decide(tx: Transaction, now: datetime, found: Appointment | None, *slots: Slot | None) -> Rescheduled:
        appointment = _present(found)
        by_id = {slot.id: slot for slot in slots if slot is not None}
        former_slot = _taken_by(appointment, by_id.get(appointment.slot_id))
        slot = by_id.get(slot_id)
        if slot is None:
            raise NotFoundError(what="slot")
        return appointment_changes.reschedule(
            appointment,
            former_slot=former_slot,
            slot=slot,
            appointment_id=new_id,
            booked_before=tx.select(booked_before(who.patient_id, slot, limit=2)),
            now=now,
            policy=outside.policy,
        )

    in_session(outside, who, decide, own, also=lambda found: _slots(found, wanted))
    return new_id


def _slots(appointment: Appointment | None, *wanted: Key[Slot]) -> list[Key[Slot]]:
    """The keys of the slot that a visit takes, if there is one, and of those that are wanted, in the locks' order."""
    taken = () if appointment is None else (Key(Slot, (appointment.slot_id,)),)
    return sorted({*taken, *wanted}, key=lambda key: key.parts)


def get(outside: Outside, who: SignedIn, appointment_id: AppointmentId) -> Visit:
    """One of the patient's visits."""
    key = _own(who, appointment_id)
    with outside.store.view() as view:
        require(view, who, outside=outside)
        return _visit(_present(view.find(key)))


def upcoming(outside: Outside, who: SignedIn, *, limit: int, cursor: str | None) -> Page[Visit]:
    """The patient's booked visits that aren't over, the next one first."""
    query = _own_visits(who, AppointmentStatus.BOOKED, Where("ends_at", Is.GT, outside.now()))
    return _shown(outside, who, evolve(query, descending=False), limit=limit, cursor=cursor)


def past(outside: Outside, who: SignedIn, *, limit: int, cursor: str | None) -> Page[Visit]:
    """All the others, the latest first: each status by a look-up of its own, so that no long history is sorted."""
    over = _own_visits(who, AppointmentStatus.BOOKED, Where("ends_at", Is.LE, outside.now()))
    ended = [_own_visits(who, status) for status in AppointmentStatus if status is not AppointmentStatus.BOOKED]
    return _shown(outside, who, over, *ended, limit=limit, cursor=cursor)


def _own_visits(who: SignedIn, status: AppointmentStatus, *where: Where) -> Query[Appointment]:
    of_patient = (Where("patient_id", Is.EQ, who.patient_id), Where("status", Is.EQ, status))
    return Query(state=Appointment, where=of_patient + where, order=("starts_at", "id"), descending=True)


def _shown(
    outside: Outside, who: SignedIn, *queries: Query[Appointment], limit: int, cursor: str | None
) -> Page[Visit]:
    with outside.store.view() as view:
        require(view, who, outside=outside)
        found = page(view, *queries, limit=limit, cursor=cursor, place=lambda one: (one.starts_at, one.id))
    return shown(found, _visit)


def of_day(outside: Outside, member: StaffMember, provider_id: StaffId, day: date) -> tuple[Visit, ...]:
    """A provider's visits of a day, as each place's clocks count it; those that were cancelled are left out."""
    staff.permit(member, "appointments.of_day")
    provider = line(provider_id, field="provider_id", at_most=STAFF_ID_MAX)
    if type(day) is not date:
        raise TypeError(f"day must be datetime.date, not {type(day).__name__}")
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise BadInputError(field="day", problem="too_early" if day < EARLIEST_DAY else "too_late")
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    anywhere = (
        Where("provider_id", Is.EQ, provider),
        Where("status", Is.ONE_OF, _COMING),
        Where("starts_at", Is.GE, midnight - AHEAD_OF_UTC_AT_MOST),
        Where("starts_at", Is.LT, midnight + _A_DAY + AHEAD_OF_UTC_AT_MOST),
    )
    with outside.store.view() as view:
        found = view.select(Query(state=Appointment, where=anywhere, order=("starts_at", "id")))
    return tuple(_visit(one) for one in found if day_there(one.starts_at, one.place.zone) == day)


def cancel_by_practice(outside: Outside, member: StaffMember, appointment_id: AppointmentId, *, reason: str) -> None:
    """The practice calls a visit off that hasn't begun."""
    staff.permit(member, "appointments.cancel")
    text = rules.usable_reason(reason)

    found = by_id(outside, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide(
        _: Transaction, __: Patient, now: datetime, appointment: Appointment | None, slot: Slot | None
    ) -> Cancelled:
        known = _present(appointment)
        return appointment_changes.cancel_by_practice(known, slot=_taken_by(known, slot), reason=text, now=now)

    on_patient(outside, member, "appointments.cancel", found.patient_id, decide, key_of(found), *_slots(found))


def mark_fulfilled(outside: Outside, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient came."""

    def decide(appointment: Appointment, now: datetime) -> Fulfilled | Unchanged:
        return attendance.mark_fulfilled(appointment, now=now)

    _by_practice(outside, member, "appointments.mark_fulfilled", appointment_id, decide)


def mark_noshow(outside: Outside, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient didn't come."""

    def decide(appointment: Appointment, now: datetime) -> Missed | Unchanged:
        return attendance.mark_noshow(appointment, now=now)

    _by_practice(outside, member, "appointments.mark_noshow", appointment_id, decide)


def _by_practice(
    outside: Outside,
    member: StaffMember,
    verb: str,
    appointment_id: AppointmentId,
    decide: Callable[[Appointment, datetime], object],
) -> None:
    staff.permit(member, verb)
    found = by_id(outside, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide_again(_: Transaction, __: Patient, now: datetime, appointment: Appointment | None) -> object:
        return decide(_present(appointment), now)

    on_patient(outside, member, verb, found.patient_id, decide_again, key_of(found))


def _own(who: SignedIn, appointment_id: object) -> Key[Appointment]:
    return own_key(Appointment, who.patient_id, appointment_id, field="appointment_id", what="appointment")


def _present(appointment: Appointment | None) -> Appointment:
    if appointment is None:
        raise NotFoundError(what="appointment")
    return appointment


def _taken_by(appointment: Appointment, slot: Slot | None) -> Slot:
    """The slot that a booked visit takes; the practice may have withdrawn that of another one."""
    rules.require_booked(appointment)
    if slot is None:
        raise NotFoundError(what="slot")
    return slot


def _visit(appointment: Appointment) -> Visit:
    return Visit(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        provider_id=appointment.provider_id,
        place=appointment.place,
        starts_at=appointment.place.local(appointment.starts_at),
        ends_at=appointment.place.local(appointment.ends_at),
        reason=appointment.reason,
        status=appointment.status,
        booked_at=appointment.booked_at,
        ended_at=appointment.ended_at,
        cancelled_by=appointment.cancelled_by,
        cancellation_reason=appointment.cancellation_reason,
        rescheduled_from=appointment.rescheduled_from,
        rescheduled_to=appointment.rescheduled_to,
    )
