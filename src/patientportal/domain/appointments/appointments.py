"""Visits: what they are, and how a free slot becomes one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.errors import RefusedError
from patientportal.domain.events import ActorKind, Event
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.text import line, paragraphs

from .schedules import Slot, SlotStatus

REASON_MAX = 500
KEY_MAX = 128


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
        external_id: the host's own key of it; no two visits of a patient share one.
        idempotency_key: of the form by which the practice booked it, likewise.
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
    external_id: str | None = None
    idempotency_key: str | None = None
    ended_at: datetime | None = None
    cancelled_by: ActorKind | None = None
    cancellation_reason: str = field(default="", repr=False)
    rescheduled_from: AppointmentId | None = None
    rescheduled_to: AppointmentId | None = None


@frozen(kw_only=True)
class AppointmentBooked(Event):
    """A visit was booked, by the patient or for them."""

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
class BookingKeyReusedError(RefusedError):
    """The key stands for another visit of this patient: another slot, reason or kind. Nothing changed.

    Attributes:
        appointment_id: the visit that has it.
    """

    code: ClassVar[str] = "booking_key_reused"
    appointment_id: AppointmentId


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


def usable_reason(reason: object) -> str:
    """What a visit is for, or why it isn't: 1 to 500 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(reason, field="reason", at_most=REASON_MAX)


def usable_key(key: object, *, field: str) -> str | None:
    """A host's key of a visit, or of the form that books it: one line of at most 128 characters, or none.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return None if key is None else line(key, field=field, at_most=KEY_MAX)


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


def book_by_practice(
    slot: Slot,
    *,
    patient: Patient,
    appointment_id: AppointmentId,
    reason: str,
    external_id: str | None,
    idempotency_key: str | None,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Booked | AlreadyTheirs:
    """The practice books for a patient who is one still; what binds patients alone doesn't bind it.

    Args:
        slot: a free one.
        patient: for whom.
        appointment_id: a fresh one.
        reason: what it is for; may be empty.
        external_id: the host's own key of the visit.
        idempotency_key: of the form.
        booked_before: as for ``book``.
        now: UTC.

    Raises:
        PatientInactiveError: they are deactivated.
        SlotTakenError: somebody else has the slot.
        VisitBegunError: it has begun.
        VisitsOverlapError: they have a visit then.
    """
    if not patient.is_active:
        raise PatientInactiveError
    outcome = book(
        slot,
        patient_id=patient.id,
        appointment_id=appointment_id,
        reason=reason,
        booked_before=booked_before,
        now=now,
    )
    if isinstance(outcome, AlreadyTheirs):
        return outcome
    return evolve(
        outcome, appointment=evolve(outcome.appointment, external_id=external_id, idempotency_key=idempotency_key)
    )


def repeated(kept: Appointment, *, slot_id: SlotId, reason: str) -> AlreadyTheirs:
    """The visit that was booked under a key before, asked for once more; whatever became of it.

    Args:
        kept: the patient's visit that has the key.
        slot_id: the slot that is wanted under it.
        reason: what for.

    Raises:
        BookingKeyReusedError: another visit is wanted.
    """
    if (kept.slot_id, kept.reason) != (slot_id, reason):
        raise BookingKeyReusedError(appointment_id=kept.id)
    return AlreadyTheirs(appointment_id=kept.id)


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
