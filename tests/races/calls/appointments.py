"""What races over schedules, visits and requests call."""

import random
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from patientportal import NotBookedError, NotFoundError, Place, Portal, SlotTakenError, StaffId, VisitsOverlapError
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, SlotId, VisitTypeId
from patientportal.ports.store import Key
from patientportal.testing import desk
from tests.races.calls.told import Told


def publish(
    portal: Portal, *, place: dict[str, str], pattern: str, hours: list[str], minutes: int, days: list[str], **of: Any
) -> Told:
    """Publishes a pattern."""
    opens, closes = map(time_of_day.fromisoformat, hours)
    first_day, last_day = map(date.fromisoformat, days)
    published = desk(portal).schedule.publish(
        Place(**place),
        pattern,
        opens=opens,
        closes=closes,
        visit_length=timedelta(minutes=minutes),
        first_day=first_day,
        last_day=last_day,
        **of,
    )
    return {"added": published.added, "already_there": published.already_there}


def withdraw(portal: Portal, *, provider_id: str, after: str, before: str, cancelling: str | None = None) -> Told:
    """Takes a provider's slots away, perhaps with the visits in them."""
    taken = desk(portal).schedule.withdraw(
        provider_id=StaffId(provider_id),
        after=datetime.fromisoformat(after),
        before=datetime.fromisoformat(before),
        cancelling=cancelling,
    )
    return {"withdrawn": taken.slots, "visits": taken.visits}


def book(portal: Portal, *, token: str, slot_id: str) -> Told:
    """Books a slot."""
    return {"appointment_id": portal.resume(token).appointments.book(SlotId(slot_id))}


def book_a_kind(portal: Portal, *, token: str, slot_id: str, visit_type_id: str) -> Told:
    """Books the slots that a kind of visit needs."""
    mine = portal.resume(token).appointments
    return {"appointment_id": mine.book(SlotId(slot_id), visit_type_id=VisitTypeId(visit_type_id))}


def book_at_the_desk(portal: Portal, *, patient_id: str, slot_id: str, visit_type_id: str | None = None) -> Told:
    """Books for a patient, a slot or the slots that a kind of visit needs."""
    kind = None if visit_type_id is None else VisitTypeId(visit_type_id)
    visits = desk(portal).appointments
    return {"appointment_id": visits.book(PatientId(patient_id), SlotId(slot_id), visit_type_id=kind)}


def move_at_the_desk(portal: Portal, *, appointment_id: str, slot_id: str) -> Told:
    desk(portal).appointments.reschedule(AppointmentId(appointment_id), SlotId(slot_id))
    return {}


def cancel(portal: Portal, *, token: str, appointment_id: str) -> Told:
    """Cancels a visit."""
    portal.resume(token).appointments.cancel(AppointmentId(appointment_id))
    return {}


def reschedule(portal: Portal, *, token: str, appointment_id: str, slot_id: str) -> Told:
    """Moves a visit."""
    mine = portal.resume(token).appointments
    return {"moved_to": mine.reschedule(AppointmentId(appointment_id), SlotId(slot_id))}


def come_and_go(portal: Portal, *, token: str, slot_id: str, times: int) -> Told:
    """Books a slot and gives it up again, so many times, and tells how often it was got."""
    mine, got = portal.resume(token).appointments, 0
    for _ in range(times):
        try:
            visit = mine.book(SlotId(slot_id))
            got += 1
            mine.cancel(visit)
        except (SlotTakenError, NotBookedError):
            pass
    return {"got": got}


def dither(portal: Portal, *, token: str, slot_ids: list[str], times: int, seed: int) -> Told:
    """Books any of these slots, moves to any or cancels, so many times, and tells how many visits were cancelled."""
    chance = random.Random(seed)  # noqa: S311 - for the order of a test
    mine, cancelled = portal.resume(token).appointments, 0
    for _ in range(times):
        visits, slot = mine.upcoming().items, SlotId(chance.choice(slot_ids))
        try:
            if not visits or chance.random() < 0.4:
                mine.book(slot)
            elif chance.random() < 0.5:
                mine.reschedule(chance.choice(visits).appointment_id, slot)
            else:
                mine.cancel(chance.choice(visits).appointment_id)
                cancelled += 1
        except (SlotTakenError, NotBookedError, NotFoundError, VisitsOverlapError):
            pass
    return {"cancelled": cancelled}


def call_off(portal: Portal, *, provider_id: str, day: str, times: int) -> Told:
    """Looks at a provider's day so many times, calls off what is booked, and tells how many visits that were."""
    visits, called_off = desk(portal).appointments, 0
    for _ in range(times):
        for visit in visits.of_day(StaffId(provider_id), date.fromisoformat(day)):
            try:
                visits.cancel(visit.appointment_id, "The doctor is ill")
                called_off += 1
            except NotBookedError:
                pass
    return {"called_off": called_off}


def move_about(portal: Portal, *, token: str, slot_ids: list[str], times: int, seed: int) -> Told:
    """Moves the patient's next visit to any of these slots, so many times, and tells how often that went."""
    chance = random.Random(seed)  # noqa: S311 - for the order of a test
    mine, moved = portal.resume(token).appointments, 0
    for _ in range(times):
        (visit,) = mine.upcoming(limit=1).items
        try:
            mine.reschedule(visit.appointment_id, SlotId(chance.choice(slot_ids)))
            moved += 1
        except (SlotTakenError, NotBookedError):
            pass
    return {"moved": moved}


def schedule_request(portal: Portal, *, request_id: str, slot_id: str) -> Told:
    """Books what a patient asked for."""
    visits = desk(portal).appointments
    return {"appointment_id": visits.schedule_request(AppointmentRequestId(request_id), SlotId(slot_id))}


def decline_request(portal: Portal, *, request_id: str) -> Told:
    """Declines what a patient asked for."""
    desk(portal).appointments.decline_request(AppointmentRequestId(request_id), "Nobody is free")
    return {}


def withdraw_request(portal: Portal, *, token: str, request_id: str) -> Told:
    """Takes back what the patient asked for."""
    portal.resume(token).appointments.withdraw_request(AppointmentRequestId(request_id))
    return {}


def force(portal: Portal, *, patient_id: str, appointment_id: str) -> Told:
    """Books a cancelled visit again, in some other slot, past every rule and every lock of a row."""
    env = portal._env
    with env.store.view() as view:
        visit = view.find(Key(Appointment, (PatientId(patient_id), AppointmentId(appointment_id))))
    assert visit is not None
    with env.store.transaction() as tx:
        tx.add(
            Appointment(
                patient_id=visit.patient_id,
                id=AppointmentId(env.new_id()),
                slot_id=SlotId(env.new_id()),
                provider_id=visit.provider_id,
                place_id=visit.place_id,
                zone=visit.zone,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                reason="",
                booked_at=visit.booked_at,
                held_until=visit.held_until,
                series_id=visit.series_id,
            )
        )
    return {}


CALLS = (
    move_at_the_desk,
    publish,
    withdraw,
    book,
    book_a_kind,
    book_at_the_desk,
    cancel,
    reschedule,
    come_and_go,
    dither,
    call_off,
    move_about,
    schedule_request,
    decline_request,
    withdraw_request,
    force,
)
