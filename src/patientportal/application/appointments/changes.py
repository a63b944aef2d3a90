"""Visits that change: a patient moves or cancels theirs, and the practice calls one off."""

from collections.abc import Sequence
from datetime import datetime

from patientportal.application.accounts.sessions import SignedIn, in_session
from patientportal.application.appointments.appointments import booked_before, own_visit, require_found, slot_key
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import on_patient
from patientportal.domain import staff
from patientportal.domain.appointments import changes as rules
from patientportal.domain.appointments.appointments import AlreadyTheirs, Appointment, require_booked, usable_reason
from patientportal.domain.appointments.changes import Cancelled, Rescheduled
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Key, Transaction, key_of


def cancel(env: Environment, who: SignedIn, appointment_id: AppointmentId) -> None:
    """A patient gives up a visit that hasn't begun."""

    def decide(_: Transaction, now: datetime, found: Appointment | None, *slots: Slot | None) -> Cancelled:
        appointment = require_found(found)
        return rules.cancel(appointment, slots=_taken_by(appointment, slots), now=now, policy=env.policy)

    in_session(env, who, decide, own_visit(who, appointment_id), also=_slots)


def reschedule(env: Environment, who: SignedIn, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
    """A patient moves a visit to another slot; again, it is the visit that they have."""
    own, wanted = own_visit(who, appointment_id), slot_key(slot_id)
    new_id = AppointmentId(env.new_id())

    def decide(
        tx: Transaction, now: datetime, found: Appointment | None, *slots: Slot | None
    ) -> Rescheduled | AlreadyTheirs:
        appointment = require_found(found)
        by_id = {slot.id: slot for slot in slots if slot is not None}
        slot = by_id.get(slot_id)
        if slot is not None and (moved := rules.already_moved(appointment, slot)):
            return moved
        require_booked(appointment)
        if slot is None:
            raise NotFoundError(what="slot")
        return rules.reschedule(
            appointment,
            former_slots=_taken_by(appointment, slots),
            slot=slot,
            appointment_id=new_id,
            booked_before=tx.select(booked_before(who.patient_id, slot, limit=2)),
            now=now,
            policy=env.policy,
        )

    match in_session(env, who, decide, own, also=lambda found: _slots(found, wanted)):
        case Rescheduled(appointment=visit):
            return visit.id
        case AlreadyTheirs(appointment_id=appointment_id):
            return appointment_id


def cancel_by_practice(
    env: Environment, member: StaffMember, appointment_id: AppointmentId, *, reason: str, reopen: bool
) -> None:
    """The practice calls a visit off."""
    staff.permit(member, "appointments.cancel")
    text = usable_reason(reason)
    if type(reopen) is not bool:
        raise TypeError(f"reopen must be bool, not {type(reopen).__name__}")
    found = by_id(env, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide(
        _: Transaction, __: Patient, now: datetime, appointment: Appointment | None, *slots: Slot | None
    ) -> Cancelled:
        known = require_found(appointment)
        return rules.cancel_by_practice(known, slots=_taken_by(known, slots), reason=text, reopen=reopen, now=now)

    on_patient(env, member, "appointments.cancel", found.patient_id, decide, key_of(found), *_slots(found))


def call_off(env: Environment, member: StaffMember, found: Appointment, *, reason: str) -> Cancelled | Unchanged:
    """The practice closes, and cancels a visit that is booked there still."""

    def decide(
        _: Transaction, __: Patient, now: datetime, appointment: Appointment | None, *slots: Slot | None
    ) -> Cancelled | Unchanged:
        known = require_found(appointment)
        return rules.call_off(known, slots=_taken_by(known, slots), reason=reason, now=now)

    return on_patient(env, member, "appointments.cancel", found.patient_id, decide, key_of(found), *_slots(found))


def _slots(appointment: Appointment | None, *wanted: Key[Slot]) -> list[Key[Slot]]:
    """The keys of the slot that a visit takes, if there is one, and of those that are wanted, in the locks' order."""
    taken = () if appointment is None else (Key(Slot, (appointment.slot_id,)),)
    return sorted({*taken, *wanted}, key=lambda key: key.parts)


def _taken_by(appointment: Appointment, slots: Sequence[Slot | None]) -> list[Slot]:
    """Those that a visit takes; of a cancelled one, others may have them, or the practice has withdrawn them."""
    return [slot for slot in slots if slot is not None and slot.appointment_id == appointment.id]
