"""Visits: what they are, and how a free slot becomes one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import ActorKind, Event
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId, VisitTypeId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy
from patientportal.domain.values.form_keys import repeated as repeated_under
from patientportal.domain.values.text import paragraphs

from .runs import Choice, run
from .schedules import Slot, SlotStatus

REASON_MAX = 1_000


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
        slot_id: the slot that it begins with, or did until it was cancelled.
        provider_id: who sees the patient.
        place_id: where.
        zone: the IANA zone by whose clocks its instant was made.
        starts_at: from when.
        ends_at: until when, not included.
        reason: what the patient says that it is for; may be empty.
        status: where it stands.
        booked_at: when it was booked.
        arrived_at: since when the patient is here, or was before it ended; ``None``: nobody said so.
        visit_type_id: of which kind it is; ``None``: it takes one slot.
        held_until: until when the provider is taken, by the last of its slots.
        series_id: the first visit of those that came of one by being moved.
        revision: how often that was.
        remind_within: how long before it begins the reminders are that are still to come: shorter than this.
        external_id: the host's own key of it; no two visits of a patient share one.
        idempotency_key: of the form by which it was booked, likewise.
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
    visit_type_id: VisitTypeId | None = None
    held_until: datetime
    series_id: AppointmentId
    revision: int = 0
    remind_within: timedelta = timedelta(0)
    external_id: str | None = None
    idempotency_key: str | None = field(default=None, repr=False)
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


@unique
class BookingLimit(StrEnum):
    """What limits the visits that patients book (``Policy.appointments``)."""

    NOTICE = "notice"
    HORIZON = "horizon"
    MOST_AHEAD = "most_ahead"


@frozen(kw_only=True)
class BookingLimitError(RefusedError):
    """Patients can't book this themselves, and the practice can (``Policy.appointments``). Nothing changed.

    Attributes:
        limit: it begins too soon, or too far ahead; or as many visits as may be lie ahead of the patient.
    """

    code: ClassVar[str] = "booking_limit"
    limit: BookingLimit


@frozen(kw_only=True)
class Booked:
    """The slots are the patient's."""

    appointment: Appointment = added()
    slots: tuple[Slot, ...] = changed()
    event: AppointmentBooked = happened()


@frozen(kw_only=True)
class AlreadyTheirs(Unchanged):
    """The slot was the patient's before: a double click, or an answer that was lost.

    Attributes:
        appointment_id: the visit that they have.
    """

    appointment_id: AppointmentId


def usable_reason(reason: object, *, field: str = "reason") -> str:
    """What a visit is for, or why it isn't: 1 to 1,000 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(reason, field=field, at_most=REASON_MAX)


def book(
    choice: Choice,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    booked_before: Sequence[Appointment],
    ahead: int,
    now: datetime,
    policy: Policy,
    idempotency_key: str | None = None,
) -> Booked | AlreadyTheirs:
    """A patient takes free slots that lie ahead, at a time at which they have no other visit; once, within the limits.

    Args:
        choice: what they want.
        patient_id: theirs.
        appointment_id: a fresh one.
        reason: what it is for; may be empty.
        booked_before: of their booked visits that begin before this one would end, the latest: as no two overlap, it
            alone can overlap this one.
        ahead: how many booked visits lie ahead of them; only what ``most_ahead`` says matters.
        now: UTC.
        policy: what limits patients.
        idempotency_key: of the form; what was booked under it before is for ``repeated``.

    Returns:
        What is to be saved; nothing where the slot is theirs, whatever became of the visit.

    Raises:
        BadInputError: ``not_offered``: the slot's provider has no visits of this kind.
        SlotTakenError: somebody else has the slot, or one of those after it that the visit needs; or there are none.
        VisitBegunError: it has begun; at its very beginning it has.
        VisitsOverlapError: they have a visit then.
        BookingLimitError: it begins too soon or too far ahead, or they have too many visits ahead.
    """
    outcome = _booked(
        choice,
        patient_id=patient_id,
        appointment_id=appointment_id,
        reason=reason,
        idempotency_key=idempotency_key,
        booked_before=booked_before,
        now=now,
    )
    if isinstance(outcome, Booked):
        require_within_limits(choice, now=now, policy=policy)
        most = policy.appointments.most_ahead
        if most is not None and ahead >= most:
            raise BookingLimitError(limit=BookingLimit.MOST_AHEAD)
    return outcome


def require_within_limits(choice: Choice, *, now: datetime, policy: Policy) -> None:
    """That patients may book what begins then.

    Raises:
        BookingLimitError: it begins sooner than ``book_notice`` or later than ``horizon`` says.
    """
    limits, left = policy.appointments, choice.slot.starts_at - now
    if limits.book_notice is not None and left < limits.book_notice:
        raise BookingLimitError(limit=BookingLimit.NOTICE)
    if limits.horizon is not None and left > limits.horizon:
        raise BookingLimitError(limit=BookingLimit.HORIZON)


def _booked(
    choice: Choice,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    external_id: str | None = None,
    idempotency_key: str | None = None,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Booked | AlreadyTheirs:
    slot = choice.slot
    if slot.appointment_id is not None and slot.patient_id == patient_id:
        return AlreadyTheirs(appointment_id=slot.appointment_id)
    slots, appointment = taken(
        choice,
        patient_id=patient_id,
        appointment_id=appointment_id,
        reason=reason,
        booked_before=booked_before,
        now=now,
    )
    return Booked(
        appointment=evolve(appointment, external_id=external_id, idempotency_key=idempotency_key),
        slots=slots,
        event=AppointmentBooked(appointment_id=appointment_id, slot_id=slot.id),
    )


def book_by_practice(
    choice: Choice,
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
        choice: what is wanted.
        patient: for whom.
        appointment_id: a fresh one.
        reason: what it is for; may be empty.
        external_id: the host's own key of the visit.
        idempotency_key: of the form.
        booked_before: as for ``book``.
        now: UTC.

    Raises:
        PatientInactiveError: they are deactivated.
        BadInputError: ``not_offered``: the slot's provider has no visits of this kind.
        SlotTakenError: somebody else has the slot, or one of those after it that the visit needs; or there are none.
        VisitBegunError: it has begun.
        VisitsOverlapError: they have a visit then.
    """
    if not patient.is_active:
        raise PatientInactiveError
    return _booked(
        choice,
        patient_id=patient.id,
        appointment_id=appointment_id,
        reason=reason,
        external_id=external_id,
        idempotency_key=idempotency_key,
        booked_before=booked_before,
        now=now,
    )


def repeated(kept: Appointment, *, slot_id: SlotId, reason: str, visit_type_id: VisitTypeId | None) -> AlreadyTheirs:
    """The visit that was booked under a key before, asked for once more; whatever became of it.

    Args:
        kept: the patient's visit that has the key.
        slot_id: the slot that is wanted under it.
        reason: what for.
        visit_type_id: of which kind.

    Raises:
        IdempotencyKeyReusedError: another visit is wanted.
    """
    repeated_under(
        kept,
        what="appointment",
        before=(kept.slot_id, kept.reason, kept.visit_type_id),
        asked=(slot_id, reason, visit_type_id),
        status=kept.status,
    )
    return AlreadyTheirs(appointment_id=kept.id)


def taken(
    choice: Choice,
    *,
    patient_id: PatientId,
    appointment_id: AppointmentId,
    reason: str,
    booked_before: Sequence[Appointment],
    now: datetime,
    moved: AppointmentId | None = None,
) -> tuple[tuple[Slot, ...], Appointment]:
    """The visit that a choice becomes and the slots that it takes, for ``book`` and whatever else books.

    Arguments and refusals are those of ``book``; ``moved`` is the visit that is moved there.
    """
    slot, visit_type = choice.slot, choice.visit_type
    if visit_type is not None and not visit_type.is_offered_by(slot.provider_id):
        raise BadInputError(field="visit_type_id", problem="not_offered")
    slots = run(choice, moved=moved)
    if not slots:
        raise SlotTakenError
    if slot.starts_at <= now:
        raise VisitBegunError
    for other in booked_before:
        if other.starts_at < choice.ends_at and slot.starts_at < other.ends_at:
            raise VisitsOverlapError(appointment_id=other.id)
    appointment = Appointment(
        patient_id=patient_id,
        id=appointment_id,
        slot_id=slot.id,
        provider_id=slot.provider_id,
        place_id=slot.place_id,
        zone=slot.zone,
        starts_at=slot.starts_at,
        ends_at=choice.ends_at,
        reason=reason,
        booked_at=now,
        visit_type_id=None if visit_type is None else visit_type.id,
        held_until=slots[-1].ends_at,
        series_id=appointment_id,
        remind_within=slot.starts_at - now,
    )
    return tuple(_held(one, appointment) for one in slots), appointment


def _held(slot: Slot, appointment: Appointment) -> Slot:
    return evolve(slot, status=SlotStatus.BUSY, patient_id=appointment.patient_id, appointment_id=appointment.id)


def require_booked(appointment: Appointment) -> None:
    """That a visit is booked still.

    Raises:
        NotBookedError: it was cancelled, kept or missed.
    """
    if appointment.status is not AppointmentStatus.BOOKED:
        raise NotBookedError(status=appointment.status)
