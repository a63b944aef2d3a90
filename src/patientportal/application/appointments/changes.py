"""Visits that change: a patient moves or cancels theirs, and the practice calls one off."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from patientportal.application.accounts.sessions import SignedIn, in_session
from patientportal.application.appointments.appointments import (
    booked_before,
    own_visit,
    require_found,
    usable_slot_id,
)
from patientportal.application.appointments.choosing import Choosing, of_visit
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import on_patient, permitted
from patientportal.domain.appointments import changes as rules
from patientportal.domain.appointments.appointments import AlreadyTheirs, Appointment, require_booked, usable_reason
from patientportal.domain.appointments.changes import Cancelled, Rescheduled
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Key, Transaction, key_of


def cancel(env: Environment, who: SignedIn, appointment_id: AppointmentId) -> None:
    """A patient gives up a visit that hasn't begun."""
    own = own_visit(who, appointment_id)

    def decide(_: Transaction, now: datetime, found: Appointment | None, __: object, *slots: Slot | None) -> Cancelled:
        appointment = require_found(found)
        return rules.cancel(appointment, slots=taken_by(appointment, slots), now=now, policy=env.policy)

    in_session(env, who, decide, own, of_visit(appointment_id), also=slots_found)


def reschedule(env: Environment, who: SignedIn, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
    """A patient moves a visit to another slot, or those that its kind needs; again, it is the visit that they have."""
    own, wanted = own_visit(who, appointment_id), usable_slot_id(slot_id)
    known: Appointment | None
    (known,) = env.store.find_all(own)
    choosing = Choosing(wanted, None if known is None else known.visit_type_id)
    new_id = AppointmentId(env.new_id())

    def decide(
        tx: Transaction, now: datetime, visit: Appointment | None, _: object, *found: Any
    ) -> Rescheduled | AlreadyTheirs:
        appointment = require_found(visit)
        choice = moved_to(choosing, appointment, found)
        if isinstance(choice, AlreadyTheirs):
            return choice
        return rules.reschedule(
            appointment,
            former_slots=taken_by(appointment, choosing.locked(found)),
            choice=choice,
            appointment_id=new_id,
            booked_before=tx.select(booked_before(who.patient_id, choice, limit=2)),
            now=now,
            policy=env.policy,
        )

    match in_session(env, who, decide, own, of_visit(appointment_id), *choosing.looked_up, also=keys_to_move(choosing)):
        case Rescheduled(appointment=visit):
            return visit.id
        case AlreadyTheirs(appointment_id=appointment_id):
            return appointment_id


def cancel_by_practice(
    env: Environment, member: StaffMember, appointment_id: AppointmentId, *, reason: str, reopen: bool
) -> None:
    """The practice calls a visit off."""
    permitted(env, member, "appointments.cancel")
    text = usable_reason(reason)
    of_type(reopen, bool, field="reopen")
    found = by_id(env, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide(
        _: Transaction, __: Patient, now: datetime, appointment: Appointment | None, ___: object, *slots: Slot | None
    ) -> Cancelled:
        known = require_found(appointment)
        return rules.cancel_by_practice(known, slots=taken_by(known, slots), reason=text, reopen=reopen, now=now)

    verb, taken = "appointments.cancel", of_visit(appointment_id)
    on_patient(env, member, verb, found.patient_id, decide, key_of(found), taken, also=slots_found)


def call_off(env: Environment, member: StaffMember, found: Appointment, *, reason: str) -> Cancelled | Unchanged:
    """The practice closes, and cancels a visit that is booked there still."""

    def decide(
        _: Transaction, __: Patient, now: datetime, appointment: Appointment | None, ___: object, *slots: Slot | None
    ) -> Cancelled | Unchanged:
        known = require_found(appointment)
        return rules.call_off(known, slots=taken_by(known, slots), reason=reason, now=now)

    verb, taken = "appointments.cancel", of_visit(found.id)
    return on_patient(env, member, verb, found.patient_id, decide, key_of(found), taken, also=slots_found)


def slots_found(_: Transaction, __: Appointment | None, slots: Sequence[Slot]) -> list[Key[Slot]]:
    """The keys of the slots that a visit takes, in the order of the locks."""
    return [key_of(slot) for slot in slots]


def taken_by(appointment: Appointment, slots: Sequence[Slot | None]) -> list[Slot]:
    """Those of the slots that are locked that a visit takes."""
    return [slot for slot in slots if slot is not None and slot.appointment_id == appointment.id]


def keys_to_move(choosing: Choosing) -> Callable[..., list[Key[Slot]]]:
    """How the keys of a visit's slots and of those that are wanted in their place are found, in the locks' order."""

    def keys(tx: Transaction, _: Appointment | None, taken: Sequence[Slot], *looked_up: Any) -> list[Key[Slot]]:
        return sorted({*map(key_of, taken), *choosing.keys(tx, *looked_up)}, key=lambda key: key.parts)

    return keys


def moved_to(choosing: Choosing, appointment: Appointment, found: Sequence[Any]) -> Choice | AlreadyTheirs:
    """What a visit is to be moved to; or the visit that it became, if that is there already.

    Raises:
        NotBookedError: it isn't booked any more.
        NotFoundError: there is no such slot any more.
    """
    for slot in choosing.locked(found):
        if slot.id == choosing.slot_id and (moved := rules.already_moved(appointment, slot)):
            return moved
    require_booked(appointment)
    return choosing.chosen(found, by=None)
