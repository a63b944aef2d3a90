"""A visit is called off, or moved to another slot before it begins; it never returns to booked."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.errors import RefusedError
from patientportal.domain.events import ActorKind, Event
from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.domain.outcomes import Unchanged, added, changed, happened, removed
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from .appointments import (
    AlreadyTheirs,
    Appointment,
    AppointmentStatus,
    NotBookedError,
    SlotTakenError,
    VisitBegunError,
    require_booked,
    require_within_limits,
    taken,
)
from .runs import Choice
from .schedules import Slot, SlotStatus


@frozen(kw_only=True)
class AppointmentCancelled(Event):
    """A visit was cancelled.

    Attributes:
        appointment_id: which.
        slot_id: the slot that it began with.
        former: where it stood: booked; or ``fulfilled`` or ``noshow``, which was a mistake.
        reopened: whether others can have a slot of it; not, if they had begun or are gone with the visit.
        is_told: whether the patient is told: as long as the time of the visit isn't over.
    """

    name: ClassVar[str] = "appointment_cancelled"
    appointment_id: AppointmentId
    slot_id: SlotId
    former: AppointmentStatus = AppointmentStatus.BOOKED
    reopened: bool = True
    is_told: bool = True


@frozen(kw_only=True)
class AppointmentRescheduled(Event):
    """A visit was moved to another slot, by the patient or for them."""

    name: ClassVar[str] = "appointment_rescheduled"
    appointment_id: AppointmentId
    slot_id: SlotId
    former_id: AppointmentId
    former_slot_id: SlotId


@frozen(kw_only=True)
class TooLateToCancelError(RefusedError):
    """The visit is so close that only the practice can cancel it (``Policy.appointments``). Nothing changed."""

    code: ClassVar[str] = "too_late_to_cancel"


@frozen(kw_only=True)
class AlreadyArrivedError(RefusedError):
    """The patient is here for this visit, so that only the practice can cancel it. Nothing changed."""

    code: ClassVar[str] = "already_arrived"


@frozen(kw_only=True)
class Cancelled:
    """The slots are nobody's any more, or are no more."""

    appointment: Appointment = changed()
    freed: tuple[Slot, ...] = changed()
    gone: tuple[Slot, ...] = removed()
    event: AppointmentCancelled = happened()


@frozen(kw_only=True)
class Rescheduled:
    """The visit ends where it was and stands where it was moved to; saved in this order, for the two may overlap."""

    former: Appointment = changed()
    former_slots: tuple[Slot, ...] = changed()
    gone: tuple[Slot, ...] = removed()
    appointment: Appointment = added()
    slots: tuple[Slot, ...] = changed()
    event: AppointmentRescheduled = happened()


def cancel(appointment: Appointment, *, slots: Sequence[Slot], now: datetime, policy: Policy) -> Cancelled:
    """A patient gives up a visit that hasn't begun.

    Args:
        appointment: theirs.
        slots: all that it takes.
        now: UTC.
        policy: how long before it begins that must be, and how long after it was booked.

    Raises:
        NotBookedError: it isn't booked.
        VisitBegunError: it has begun.
        AlreadyArrivedError: they are here for it.
        TooLateToCancelError: it begins sooner than ``Policy.appointments.cancel_notice`` says, and wasn't just booked.
    """
    _require_ahead(appointment, now=now)
    _require_theirs_to_give_up(appointment, now=now, policy=policy)
    return _cancelled(appointment, slots=slots, by=ActorKind.PATIENT, now=now)


def cancel_by_practice(
    appointment: Appointment, *, slots: Sequence[Slot], reason: str, reopen: bool, now: datetime
) -> Cancelled:
    """The practice calls a visit off, also one that has begun, or that was marked as kept or missed by mistake.

    The patient reads the reason behind the log-in, and is told, unless its time is over: nobody goes there any more.

    Args:
        appointment: a patient's.
        slots: all that it takes.
        reason: why.
        reopen: whether others can have what of these lies ahead; otherwise it is gone, as it is where the practice
            closes. What has begun stays in the schedule, and is nobody's.
        now: UTC.

    Raises:
        NotBookedError: it is cancelled already.
    """
    if appointment.status is AppointmentStatus.CANCELLED:
        raise NotBookedError(status=appointment.status)
    return _cancelled(appointment, slots=slots, by=ActorKind.STAFF, reason=reason, reopen=reopen, now=now)


def call_off(appointment: Appointment, *, slots: Sequence[Slot], reason: str, now: datetime) -> Cancelled | Unchanged:
    """The practice closes, and cancels a visit that lies ahead and is booked still; no other one.

    Args:
        appointment: a patient's.
        slots: all that it takes; what of it is closing is gone.
        reason: why.
        now: UTC.
    """
    if appointment.status is not AppointmentStatus.BOOKED or appointment.starts_at <= now:
        return Unchanged()
    return cancel_by_practice(appointment, slots=slots, reason=reason, reopen=True, now=now)


def reschedule(
    appointment: Appointment,
    *,
    former_slots: Sequence[Slot],
    choice: Choice,
    appointment_id: AppointmentId,
    booked_before: Sequence[Appointment],
    now: datetime,
    policy: Policy,
) -> Rescheduled:
    """A patient moves a visit to another slot, which makes it another visit; the two are linked.

    Args:
        appointment: theirs.
        former_slots: all that it takes; they count as free.
        choice: what they want in its place, of the same kind.
        appointment_id: a fresh one.
        booked_before: of their booked visits that begin before the new one would end, the latest two, for one of them
            may be this visit.
        now: UTC.
        policy: how long before it begins a visit may be given up, and which slots patients may book.

    Raises:
        NotBookedError: the visit isn't booked.
        VisitBegunError: it has begun, or the slot has.
        AlreadyArrivedError: they are here for it.
        TooLateToCancelError: it begins sooner than ``Policy.appointments.cancel_notice`` says, and wasn't just booked.
        SlotTakenError: somebody has the slot; they themselves perhaps.
        VisitsOverlapError: they have another visit then.
        BookingLimitError: the slot begins too soon or too far ahead.
    """
    _require_ahead(appointment, now=now)
    _require_theirs_to_give_up(appointment, now=now, policy=policy)
    outcome = _moved(
        appointment,
        former_slots=former_slots,
        choice=choice,
        appointment_id=appointment_id,
        booked_before=booked_before,
        by=ActorKind.PATIENT,
        now=now,
    )
    require_within_limits(choice, now=now, policy=policy)
    return outcome


def reschedule_by_practice(
    appointment: Appointment,
    *,
    patient: Patient,
    former_slots: Sequence[Slot],
    choice: Choice,
    appointment_id: AppointmentId,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Rescheduled:
    """The practice moves a visit of a patient who is one still; no notice binds it.

    Args:
        appointment: a patient's.
        patient: that one.
        former_slots: as for ``reschedule``, like those that follow.
        choice: as there.
        appointment_id: as there.
        booked_before: as there.
        now: UTC.

    Raises:
        PatientInactiveError: they are deactivated.
        NotBookedError: the visit isn't booked.
        VisitBegunError: it has begun, or the slot has.
        SlotTakenError: somebody has the slot; they themselves perhaps.
        VisitsOverlapError: they have another visit then.
    """
    if not patient.is_active:
        raise PatientInactiveError
    _require_ahead(appointment, now=now)
    return _moved(
        appointment,
        former_slots=former_slots,
        choice=choice,
        appointment_id=appointment_id,
        booked_before=booked_before,
        by=ActorKind.STAFF,
        now=now,
    )


def _moved(
    appointment: Appointment,
    *,
    former_slots: Sequence[Slot],
    choice: Choice,
    appointment_id: AppointmentId,
    booked_before: Sequence[Appointment],
    by: ActorKind,
    now: datetime,
) -> Rescheduled:
    if choice.slot.id == appointment.slot_id:
        raise SlotTakenError
    slots, new = taken(
        choice,
        patient_id=appointment.patient_id,
        appointment_id=appointment_id,
        reason=appointment.reason,
        booked_before=[other for other in booked_before if other.id != appointment.id],
        now=now,
        moved=appointment.id,
    )
    kept = {slot.id for slot in slots}
    left = [slot for slot in former_slots if slot.id not in kept]
    ended = _cancelled(appointment, slots=left, by=by, now=now)
    return Rescheduled(
        former=evolve(ended.appointment, rescheduled_to=appointment_id),
        former_slots=ended.freed,
        gone=ended.gone,
        appointment=evolve(
            new,
            rescheduled_from=appointment.id,
            series_id=appointment.series_id,
            revision=appointment.revision + 1,
        ),
        slots=slots,
        event=AppointmentRescheduled(
            appointment_id=appointment_id,
            slot_id=choice.slot.id,
            former_id=appointment.id,
            former_slot_id=appointment.slot_id,
        ),
    )


def already_moved(appointment: Appointment, slot: Slot) -> AlreadyTheirs | None:
    """The visit that another one became when it was moved to this slot, asked for again as by a double click.

    Args:
        appointment: the former one.
        slot: the one that they want.
    """
    later = appointment.rescheduled_to
    return None if later is None or slot.appointment_id != later else AlreadyTheirs(appointment_id=later)


def _require_ahead(appointment: Appointment, *, now: datetime) -> None:
    require_booked(appointment)
    if appointment.starts_at <= now:
        raise VisitBegunError


def _require_theirs_to_give_up(appointment: Appointment, *, now: datetime, policy: Policy) -> None:
    if appointment.arrived_at is not None:
        raise AlreadyArrivedError
    notice, grace = policy.appointments.cancel_notice, policy.appointments.grace
    was_just_booked = grace is not None and now - appointment.booked_at < grace
    if notice is not None and appointment.starts_at - notice < now and not was_just_booked:
        raise TooLateToCancelError


def _cancelled(
    appointment: Appointment,
    *,
    slots: Sequence[Slot],
    by: ActorKind,
    reason: str = "",
    reopen: bool = True,
    now: datetime,
) -> Cancelled:
    ahead = [slot for slot in slots if slot.starts_at > now]
    gone = tuple(slot for slot in ahead if slot.is_closing or not reopen)
    return Cancelled(
        appointment=evolve(
            appointment,
            status=AppointmentStatus.CANCELLED,
            ended_at=appointment.ended_at or now,
            cancelled_by=by,
            cancellation_reason=reason,
        ),
        freed=tuple(_freed(slot) for slot in slots if slot not in gone),
        gone=gone,
        event=AppointmentCancelled(
            appointment_id=appointment.id,
            slot_id=appointment.slot_id,
            former=appointment.status,
            reopened=len(gone) < len(ahead),
            is_told=now < appointment.ends_at,
        ),
    )


def _freed(slot: Slot) -> Slot:
    return evolve(slot, status=SlotStatus.FREE, patient_id=None, appointment_id=None, is_closing=False)
