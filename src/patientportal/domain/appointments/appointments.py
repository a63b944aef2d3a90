"""Visits: what they are, and how a free slot becomes one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import ActorKind, Event
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.text import paragraphs

from .schedules import Slot, SlotStatus

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
        place_id: where.
        zone: the IANA zone by whose clocks its instant was made.
        starts_at: from when.
        ends_at: until when, not included.
        reason: what the patient says that it is for; may be empty.
        status: where it stands.
        booked_at: when it was booked.
        arrived_at: since when the patient is here, or was before it ended; ``None``: nobody said so.
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
    place_id: PlaceId
    zone: str
    starts_at: datetime
    ends_at: datetime
    reason: str = field(repr=False)
    status: AppointmentStatus = AppointmentStatus.BOOKED
    booked_at: datetime
    arrived_at: datetime | None = None
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
class Booked:
    """The slot is the patient's."""

    appointment: Appointment = added()
    slot: Slot = changed()
    event: AppointmentBooked = happened()


@frozen(kw_only=True)
class AlreadyTheirs(Unchanged):
    """The slot was the patient's before: a double click, or an answer that was lost.

    Attributes:
        appointment_id: the visit that they have.
    """

    appointment_id: AppointmentId


def usable_reason(reason: object, *, field: str = "reason") -> str:
    """What a visit is for, or why it isn't: 1 to 500 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(reason, field=field, at_most=REASON_MAX)


def book(
    slot: Slot,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Booked | AlreadyTheirs:
    """A patient takes a free slot that lies ahead, at a time at which they have no other visit; once.

    Args:
        slot: the one they want.
        patient_id: theirs.
        appointment_id: a fresh one.
        reason: what it is for; may be empty.
        booked_before: of their booked visits that begin before this one would end, the latest: as no two overlap, it
            alone can overlap this one.
        now: UTC.

    Returns:
        What is to be saved; nothing where the slot is theirs, whatever became of the visit.

    Raises:
        SlotTakenError: somebody else has the slot.
        VisitBegunError: it has begun; at its very beginning it has.
        VisitsOverlapError: they have a visit then.
    """
    if slot.appointment_id is not None and slot.patient_id == patient_id:
        return AlreadyTheirs(appointment_id=slot.appointment_id)
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
        place_id=slot.place_id,
        zone=slot.zone,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        reason=reason,
        booked_at=now,
    )


def held(slot: Slot, appointment: Appointment) -> Slot:
    """The slot after this visit took it."""
    return evolve(slot, status=SlotStatus.BUSY, patient_id=appointment.patient_id, appointment_id=appointment.id)


def require_booked(appointment: Appointment) -> None:
    """That a visit is booked still.

    Raises:
        NotBookedError: it was cancelled, kept or missed.
    """
    if appointment.status is not AppointmentStatus.BOOKED:
        raise NotBookedError(status=appointment.status)


def is_stale(kind: NoticeKind, visit: Appointment | None) -> bool:
    """Whether a notice would confirm a visit that isn't booked any more: somebody might go there."""
    confirms = kind in {NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED}
    return confirms and (visit is None or visit.status is not AppointmentStatus.BOOKED)
