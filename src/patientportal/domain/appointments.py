"""Visits: booked into a free slot, cancelled, moved to another one, kept or missed."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from .errors import RefusedError
from .events import ActorKind, Event
from .ids import AppointmentId, PatientId, SlotId, StaffId
from .outcomes import Unchanged, added, changed, happened
from .policy import Policy
from .schedules import Place, Slot, SlotStatus
from .text import paragraphs

REASON_MAX = 500


@unique
class AppointmentStatus(StrEnum):
    """Where a visit stands, in FHIR's words."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    FULFILLED = "fulfilled"
    NOSHOW = "noshow"


@frozen(kw_only=True)
class Appointment:
    """A patient's visit. It never returns to booked.

    Attributes:
        patient_id: whose.
        id: its own.
        slot_id: the slot that it takes, or took until it was cancelled.
        provider_id: who sees the patient.
        place: where.
        starts_at: from when.
        ends_at: until when, not included.
        reason: what the patient says that it is for; may be empty.
        status: where it stands.
        booked_at: when it was booked.
        ended_at: since when it isn't booked any more.
        cancelled_by: the patient or the practice.
        cancellation_reason: what the practice says; empty where the patient cancelled.
        rescheduled_from: the visit in whose place it was booked.
        rescheduled_to: the visit that was booked in its place.
    """

    patient_id: PatientId
    id: AppointmentId
    slot_id: SlotId
    provider_id: StaffId
    place: Place
    starts_at: datetime
    ends_at: datetime
    reason: str = field(repr=False)
    status: AppointmentStatus = AppointmentStatus.BOOKED
    booked_at: datetime
    ended_at: datetime | None = None
    cancelled_by: ActorKind | None = None
    cancellation_reason: str = field(default="", repr=False)
    rescheduled_from: AppointmentId | None = None
    rescheduled_to: AppointmentId | None = None


@frozen(kw_only=True)
class AppointmentBooked(Event):
    """A patient booked a visit."""

    name: ClassVar[str] = "appointment_booked"
    appointment_id: AppointmentId
    slot_id: SlotId


@frozen(kw_only=True)
class AppointmentCancelled(Event):
    """A visit was cancelled, and its slot is free again."""

    name: ClassVar[str] = "appointment_cancelled"
    appointment_id: AppointmentId
    slot_id: SlotId


@frozen(kw_only=True)
class AppointmentRescheduled(Event):
    """A patient moved a visit to another slot."""

    name: ClassVar[str] = "appointment_rescheduled"
    appointment_id: AppointmentId
    slot_id: SlotId
    former_id: AppointmentId
    former_slot_id: SlotId


@frozen(kw_only=True)
class AppointmentFulfilled(Event):
    """The patient came."""

    name: ClassVar[str] = "appointment_fulfilled"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class AppointmentMissed(Event):
    """The patient didn't come."""

    name: ClassVar[str] = "appointment_missed"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class SlotTakenError(RefusedError):
    """Somebody has this slot. Nothing changed."""

    code: ClassVar[str] = "slot_taken"


@frozen(kw_only=True)
class VisitBegunError(RefusedError):
    """The visit, or the slot for it, has begun. Nothing changed."""

    code: ClassVar[str] = "visit_begun"


@frozen(kw_only=True)
class VisitsOverlapError(RefusedError):
    """The patient has another visit at that time. Nothing changed.

    Attributes:
        appointment_id: the other one.
    """

    code: ClassVar[str] = "visits_overlap"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class NotBookedError(RefusedError):
    """The visit isn't booked any more. Nothing changed.

    Attributes:
        status: where it stands.
    """

    code: ClassVar[str] = "not_booked"
    status: AppointmentStatus


@frozen(kw_only=True)
class TooLateToCancelError(RefusedError):
    """The visit is so close that only the practice can cancel it (``Policy.appointments``). Nothing changed."""

    code: ClassVar[str] = "too_late_to_cancel"


@frozen(kw_only=True)
class NotYetBegunError(RefusedError):
    """The visit lies ahead: nobody came to it or missed it yet. Nothing changed."""

    code: ClassVar[str] = "not_yet_begun"


@frozen(kw_only=True)
class Booked:
    """The slot is the patient's."""

    appointment: Appointment = added()
    slot: Slot = changed()
    event: AppointmentBooked = happened()


@frozen(kw_only=True)
class Cancelled:
    """The slot is anybody's again."""

    appointment: Appointment = changed()
    slot: Slot = changed()
    event: AppointmentCancelled = happened()


@frozen(kw_only=True)
class Rescheduled:
    """The visit ends where it was and stands where it was moved to; saved in this order, for the two may overlap."""

    former: Appointment = changed()
    former_slot: Slot = changed()
    appointment: Appointment = added()
    slot: Slot = changed()
    event: AppointmentRescheduled = happened()


@frozen(kw_only=True)
class Fulfilled:
    """They came."""

    appointment: Appointment = changed()
    event: AppointmentFulfilled = happened()


@frozen(kw_only=True)
class Missed:
    """They didn't come."""

    appointment: Appointment = changed()
    event: AppointmentMissed = happened()


def usable_reason(reason: object) -> str:
    """What a visit is for, or why it isn't: 1 to 500 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(reason, field="reason", at_most=REASON_MAX)


def book(
    slot: Slot,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Booked:
    """A patient takes a free slot that lies ahead, at a time at which they have no other visit.

    Args:
        slot: the one they want.
        patient_id: theirs.
        appointment_id: a fresh one.
        reason: what it is for; may be empty.
        booked_before: of their booked visits that begin before this one would end, the latest: as no two overlap, it
            alone can overlap this one.
        now: UTC.

    Raises:
        SlotTakenError: somebody has the slot.
        VisitBegunError: it has begun; at its very beginning it has.
        VisitsOverlapError: they have a visit then.
    """
    appointment = taken(
        slot, patient_id=patient_id, appointment_id=appointment_id, reason=reason, booked_before=booked_before, now=now
    )
    return Booked(
        appointment=appointment,
        slot=held(slot, appointment),
        event=AppointmentBooked(appointment_id=appointment_id, slot_id=slot.id),
    )


def taken(
    slot: Slot,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Appointment:
    """The visit that a slot becomes, for ``book`` and whatever else books; arguments and refusals are those of it."""
    if slot.status is not SlotStatus.FREE:
        raise SlotTakenError
    if slot.starts_at <= now:
        raise VisitBegunError
    for other in booked_before:
        if other.starts_at < slot.ends_at and slot.starts_at < other.ends_at:
            raise VisitsOverlapError(appointment_id=other.id)
    return Appointment(
        patient_id=patient_id,
        id=appointment_id,
        slot_id=slot.id,
        provider_id=slot.provider_id,
        place=slot.place,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        reason=reason,
        booked_at=now,
    )


def held(slot: Slot, appointment: Appointment) -> Slot:
    """The slot after this visit took it."""
    return evolve(slot, status=SlotStatus.BUSY, patient_id=appointment.patient_id, appointment_id=appointment.id)


def cancel(appointment: Appointment, *, slot: Slot, now: datetime, policy: Policy) -> Cancelled:
    """A patient gives up a visit that hasn't begun.

    Args:
        appointment: theirs.
        slot: the one that it takes.
        now: UTC.
        policy: how long before it begins that must be.

    Raises:
        NotBookedError: it isn't booked.
        VisitBegunError: it has begun.
        TooLateToCancelError: it begins sooner than ``Policy.appointments.cancel_notice`` says.
    """
    _require_ahead(appointment, now=now)
    _require_notice(appointment, now=now, policy=policy)
    return _cancelled(appointment, slot=slot, by=ActorKind.PATIENT, reason="", now=now)


def cancel_by_practice(appointment: Appointment, *, slot: Slot, reason: str, now: datetime) -> Cancelled:
    """The practice calls a visit off that hasn't begun; the patient is told, and reads the reason behind the log-in.

    Args:
        appointment: a patient's.
        slot: the one that it takes.
        reason: why.
        now: UTC.

    Raises:
        NotBookedError: it isn't booked.
        VisitBegunError: it has begun.
    """
    _require_ahead(appointment, now=now)
    return _cancelled(appointment, slot=slot, by=ActorKind.STAFF, reason=reason, now=now)


def reschedule(
    appointment: Appointment,
    *,
    former_slot: Slot,
    slot: Slot,
    appointment_id: AppointmentId,
    booked_before: Sequence[Appointment],
    now: datetime,
    policy: Policy,
) -> Rescheduled:
    """A patient moves a visit to another slot, which makes it another visit; the two are linked.

    Args:
        appointment: theirs.
        former_slot: the slot that it takes.
        slot: the one that they want.
        appointment_id: a fresh one.
        booked_before: of their booked visits that begin before the new one would end, the latest two, for one of them
            may be this visit.
        now: UTC.
        policy: how long before it begins a visit may be given up.

    Raises:
        NotBookedError: the visit isn't booked.
        VisitBegunError: it has begun, or the slot has.
        TooLateToCancelError: it begins sooner than ``Policy.appointments.cancel_notice`` says.
        SlotTakenError: somebody has the slot; they themselves perhaps.
        VisitsOverlapError: they have another visit then.
    """
    _require_ahead(appointment, now=now)
    _require_notice(appointment, now=now, policy=policy)
    new = taken(
        slot,
        patient_id=appointment.patient_id,
        appointment_id=appointment_id,
        reason=appointment.reason,
        booked_before=[other for other in booked_before if other.id != appointment.id],
        now=now,
    )
    ended = _cancelled(appointment, slot=former_slot, by=ActorKind.PATIENT, reason="", now=now)
    return Rescheduled(
        former=evolve(ended.appointment, rescheduled_to=appointment_id),
        former_slot=ended.slot,
        appointment=evolve(new, rescheduled_from=appointment.id),
        slot=held(slot, new),
        event=AppointmentRescheduled(
            appointment_id=appointment_id,
            slot_id=slot.id,
            former_id=appointment.id,
            former_slot_id=former_slot.id,
        ),
    )


def mark_fulfilled(appointment: Appointment, *, now: datetime) -> Fulfilled | Unchanged:
    """The patient came. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled, or missed.
        NotYetBegunError: it lies ahead.
    """
    if appointment.status is AppointmentStatus.FULFILLED:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Fulfilled(
        appointment=evolve(appointment, status=AppointmentStatus.FULFILLED, ended_at=now),
        event=AppointmentFulfilled(appointment_id=appointment.id),
    )


def mark_noshow(appointment: Appointment, *, now: datetime) -> Missed | Unchanged:
    """The patient didn't come. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled, or they came.
        NotYetBegunError: it lies ahead.
    """
    if appointment.status is AppointmentStatus.NOSHOW:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Missed(
        appointment=evolve(appointment, status=AppointmentStatus.NOSHOW, ended_at=now),
        event=AppointmentMissed(appointment_id=appointment.id),
    )


def require_booked(appointment: Appointment) -> None:
    """That a visit is booked still.

    Raises:
        NotBookedError: it was cancelled, kept or missed.
    """
    if appointment.status is not AppointmentStatus.BOOKED:
        raise NotBookedError(status=appointment.status)


def _require_ahead(appointment: Appointment, *, now: datetime) -> None:
    require_booked(appointment)
    if appointment.starts_at <= now:
        raise VisitBegunError


def _require_begun(appointment: Appointment, *, now: datetime) -> None:
    require_booked(appointment)
    if now < appointment.starts_at:
        raise NotYetBegunError


def _require_notice(appointment: Appointment, *, now: datetime, policy: Policy) -> None:
    notice = policy.appointments.cancel_notice
    if notice is not None and appointment.starts_at - notice < now:
        raise TooLateToCancelError


def _cancelled(appointment: Appointment, *, slot: Slot, by: ActorKind, reason: str, now: datetime) -> Cancelled:
    return Cancelled(
        appointment=evolve(
            appointment,
            status=AppointmentStatus.CANCELLED,
            ended_at=now,
            cancelled_by=by,
            cancellation_reason=reason,
        ),
        slot=evolve(slot, status=SlotStatus.FREE, patient_id=None, appointment_id=None),
        event=AppointmentCancelled(appointment_id=appointment.id, slot_id=slot.id),
    )
