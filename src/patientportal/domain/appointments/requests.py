"""Requests for an appointment, when no slot suits: the practice schedules or declines, or the patient withdraws."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from itertools import islice
from typing import ClassVar

from attrs import Factory, evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.days import A_YEAR, TEN_YEARS, day_within, usable_day
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.types import of_type
from patientportal.domain.values.zones import day, midnight_before

from .appointments import Appointment, taken
from .runs import Choice
from .schedules import Slot

WINDOWS_MAX = 5


@unique
class PartOfDay(StrEnum):
    """When on a day."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@frozen(kw_only=True)
class Window:
    """Days that suit a patient.

    Attributes:
        first_day: from this day on.
        last_day: up to and with this one.
        part: at which part of these days.

    Raises:
        TypeError: a value has the wrong type.
        BadInputError: ``out_of_order``: it ends before it begins.
    """

    first_day: date
    last_day: date
    part: PartOfDay = PartOfDay.ANY

    def __attrs_post_init__(self) -> None:
        for name in ("first_day", "last_day"):
            usable_day(getattr(self, name), field=name)
        of_type(self.part, PartOfDay, field="part")
        if self.last_day < self.first_day:
            raise BadInputError(field="last_day", problem="out_of_order")


@unique
class RequestStatus(StrEnum):
    """Open until it ends, once."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def _last_day(request: "AppointmentRequest") -> date:
    return max(window.last_day for window in request.windows)


@frozen(kw_only=True)
class AppointmentRequest:
    """That a patient would like a visit.

    Attributes:
        patient_id: whose.
        id: its own.
        provider_id: whom they want to see; ``None``: anybody.
        reason: what for.
        windows: when, one to five.
        last_day: the last day of them all, with which it expires.
        status: where it stands.
        requested_at: when they asked.
        ended_at: since when it isn't open any more.
        decline_reason: what the practice says; empty where it didn't decline.
        appointment_id: the visit that it became.
        idempotency_key: of the form by which they asked; no two requests of a patient share one.
    """

    patient_id: PatientId
    id: AppointmentRequestId
    provider_id: StaffId | None
    reason: str = field(repr=False)
    windows: tuple[Window, ...] = field(repr=False)
    last_day: date = field(default=Factory(_last_day, takes_self=True), repr=False)
    status: RequestStatus = RequestStatus.OPEN
    requested_at: datetime
    ended_at: datetime | None = None
    decline_reason: str = field(default="", repr=False)
    appointment_id: AppointmentId | None = None
    idempotency_key: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class AppointmentRequested(Event):
    """A patient asked for a visit."""

    name: ClassVar[str] = "appointment_requested"
    request_id: AppointmentRequestId


@frozen(kw_only=True)
class RequestScheduled(Event):
    """The practice booked the visit that a patient had asked for."""

    name: ClassVar[str] = "request_scheduled"
    request_id: AppointmentRequestId
    appointment_id: AppointmentId
    slot_id: SlotId


@frozen(kw_only=True)
class RequestDeclined(Event):
    """The practice declined what a patient had asked for."""

    name: ClassVar[str] = "request_declined"
    request_id: AppointmentRequestId


@frozen(kw_only=True)
class RequestWithdrawn(Event):
    """A patient no longer wants what they had asked for."""

    name: ClassVar[str] = "request_withdrawn"
    request_id: AppointmentRequestId


@frozen(kw_only=True)
class RequestExpired(Event):
    """Nobody answered a request before its last day was over."""

    name: ClassVar[str] = "request_expired"
    request_id: AppointmentRequestId


@frozen(kw_only=True)
class TooManyAppointmentRequestsError(RefusedError):
    """As many requests as ``Policy.appointments.open_requests`` says are open. Nothing changed."""

    code: ClassVar[str] = "too_many_appointment_requests"


@frozen(kw_only=True)
class AppointmentRequestEndedError(RefusedError):
    """The request was scheduled, declined or withdrawn already, or it expired. Nothing changed.

    Attributes:
        status: which of these.
    """

    code: ClassVar[str] = "appointment_request_ended"
    status: RequestStatus


@frozen(kw_only=True)
class Requested:
    """The practice will see it."""

    request: AppointmentRequest = added()
    event: AppointmentRequested = happened()


@frozen(kw_only=True)
class Scheduled:
    """The patient has a visit."""

    appointment: Appointment = added()
    request: AppointmentRequest = changed()
    slots: tuple[Slot, ...] = changed()
    event: RequestScheduled = happened()


@frozen(kw_only=True)
class Declined:
    """There won't be one."""

    request: AppointmentRequest = changed()
    event: RequestDeclined = happened()


@frozen(kw_only=True)
class Withdrawn:
    """The patient wants none any more."""

    request: AppointmentRequest = changed()
    event: RequestWithdrawn = happened()


@frozen(kw_only=True)
class Expired:
    """Nobody answered in time."""

    request: AppointmentRequest = changed()
    event: RequestExpired = happened()


def usable_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """When a visit would suit: one to five windows.

    Raises:
        TypeError: they aren't a collection of ``Window``.
        BadInputError: ``too_few`` or ``too_many``.
    """
    some = tuple(islice(windows, WINDOWS_MAX + 1))
    if not all(isinstance(one, Window) for one in some):
        raise TypeError("windows must be a collection of Window")
    if not some:
        raise BadInputError(field="windows", problem="too_few", limit=1)
    if len(some) > WINDOWS_MAX:
        raise BadInputError(field="windows", problem="too_many", limit=WINDOWS_MAX)
    return some


def request(
    wanted: AppointmentRequest,
    *,
    already_open: int,
    now: datetime,
    policy: Policy,
    earlier: AppointmentRequest | None = None,
) -> Requested | Repeated[AppointmentRequest]:
    """A patient asks for a visit, once a key; at most three requests of theirs are open.

    Args:
        wanted: a new one.
        already_open: how many of theirs are.
        now: UTC.
        policy: how many may be, and in which zone today is today.
        earlier: theirs under the same key, if there is one.

    Raises:
        IdempotencyKeyReusedError: something else was asked for under this key.
        BadInputError: a window is ``in_past``, over before today; or it can't be meant: it begins more than a year ago,
            ``too_early``, or ends more than ten years ahead, ``too_late``.
        TooManyAppointmentRequestsError: as many as may be are open.
    """
    if earlier is not None:
        return repeated(
            earlier,
            what="appointment_request",
            before=(earlier.provider_id, earlier.reason, earlier.windows),
            asked=(wanted.provider_id, wanted.reason, wanted.windows),
            status=earlier.status,
        )
    today = day(now, policy.zone)
    if any(window.last_day < today for window in wanted.windows):
        raise BadInputError(field="windows", problem="in_past")
    for window in wanted.windows:
        day_within(window.first_day, field="windows", first=today - A_YEAR)
        day_within(window.last_day, field="windows", last=today + TEN_YEARS)
    if already_open >= policy.appointments.open_requests:
        raise TooManyAppointmentRequestsError
    return Requested(request=wanted, event=AppointmentRequested(request_id=wanted.id))


def schedule(
    request: AppointmentRequest,
    *,
    slot: Slot,
    appointment_id: AppointmentId,
    booked_before: Sequence[Appointment],
    now: datetime,
) -> Scheduled:
    """The practice books the visit that a patient asked for, in a slot that it found with them.

    Args:
        request: an open one.
        slot: a free one.
        appointment_id: a fresh one.
        booked_before: as for ``appointments.book``.
        now: UTC.

    Raises:
        AppointmentRequestEndedError: it isn't open.
        SlotTakenError: somebody has the slot.
        VisitBegunError: it has begun.
        VisitsOverlapError: the patient has a visit then.
    """
    _require_open(request)
    slots, appointment = taken(
        Choice(slot=slot),
        patient_id=request.patient_id,
        appointment_id=appointment_id,
        reason=request.reason,
        booked_before=booked_before,
        now=now,
    )
    return Scheduled(
        request=evolve(request, status=RequestStatus.SCHEDULED, ended_at=now, appointment_id=appointment_id),
        appointment=appointment,
        slots=slots,
        event=RequestScheduled(request_id=request.id, appointment_id=appointment_id, slot_id=slot.id),
    )


def decline(request: AppointmentRequest, *, reason: str, now: datetime) -> Declined:
    """The practice declines what a patient asked for; they read the reason behind the log-in.

    Args:
        request: an open one.
        reason: why.
        now: UTC.

    Raises:
        AppointmentRequestEndedError: it isn't open.
    """
    _require_open(request)
    return Declined(
        request=evolve(request, status=RequestStatus.DECLINED, ended_at=now, decline_reason=reason),
        event=RequestDeclined(request_id=request.id),
    )


def withdraw(request: AppointmentRequest, *, now: datetime) -> Withdrawn:
    """A patient no longer wants what they asked for.

    Args:
        request: an open one.
        now: UTC.

    Raises:
        AppointmentRequestEndedError: it isn't open.
    """
    _require_open(request)
    return Withdrawn(
        request=evolve(request, status=RequestStatus.WITHDRAWN, ended_at=now),
        event=RequestWithdrawn(request_id=request.id),
    )


def expires_at(request: AppointmentRequest, *, policy: Policy) -> datetime:
    """When a request expires that nobody answers, UTC: as its last day ends in the practice's zone."""
    return midnight_before(request.last_day + timedelta(days=1), policy.zone)


def expire(request: AppointmentRequest, *, now: datetime, policy: Policy) -> Expired | Unchanged:
    """A request that nobody answered ends with its last day, and the patient is told: none is lost in silence.

    Args:
        request: in any state.
        now: UTC.
        policy: in which zone the practice's day ends.
    """
    if request.status is not RequestStatus.OPEN or now < expires_at(request, policy=policy):
        return Unchanged()
    return Expired(
        request=evolve(request, status=RequestStatus.EXPIRED, ended_at=now),
        event=RequestExpired(request_id=request.id),
    )


def _require_open(request: AppointmentRequest) -> None:
    if request.status is not RequestStatus.OPEN:
        raise AppointmentRequestEndedError(status=request.status)
