"""Strategies for schedules, slots, visits and requests for one, and their events."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.appointments.attendance import (
    AppointmentFulfilled,
    AppointmentMissed,
    ArrivalUndone,
    PatientArrived,
)
from patientportal.domain.appointments.directory import (
    BookableBy,
    Place,
    PlacePut,
    Provider,
    ProviderPut,
    VisitType,
    VisitTypePut,
)
from patientportal.domain.appointments.patterns import LONGEST_VISIT, SHORTEST_VISIT
from patientportal.domain.appointments.requests import (
    WINDOWS_MAX,
    AppointmentRequest,
    PartOfDay,
    RequestDeclined,
    RequestScheduled,
    RequestStatus,
    Window,
)
from patientportal.domain.appointments.schedules import (
    Schedule,
    Slot,
    SlotsPublished,
    SlotStatus,
    SlotsWithdrawn,
)
from patientportal.domain.events import ActorKind, Event
from patientportal.domain.notice_policy import REMINDER_MAX
from patientportal.testing.strategies.values import (
    EARLIEST,
    LATEST,
    ZONES,
    appointment_ids,
    appointment_request_ids,
    lines,
    moments,
    patient_ids,
    place_ids,
    rising,
    slot_ids,
    staff_ids,
    visit_type_ids,
)

A_MINUTE = timedelta(minutes=1)


def places() -> SearchStrategy[Place]:
    """Places in zones of every sort."""
    return st.builds(
        Place,
        id=place_ids(),
        name=lines(),
        zone=st.sampled_from(ZONES),
        address=st.none() | lines(),
        active=st.booleans(),
    )


def providers() -> SearchStrategy[Provider]:
    """Providers, some of whom see nobody any more."""
    return st.builds(Provider, id=staff_ids(), name=lines(), active=st.booleans())


def schedules() -> SearchStrategy[Schedule]:
    """Providers' schedules."""
    return st.builds(Schedule, provider_id=staff_ids(), begun_at=moments())


@st.composite
def spans(draw: DrawFn) -> tuple[datetime, datetime]:
    """When visits begin and end: from five minutes to twelve hours, in whole minutes."""
    starts_at = draw(moments(earliest=EARLIEST, latest=LATEST - LONGEST_VISIT)).replace(second=0, microsecond=0)
    minute = timedelta(minutes=1)
    return starts_at, starts_at + draw(st.integers(SHORTEST_VISIT // minute, LONGEST_VISIT // minute)) * minute


@st.composite
def slots(draw: DrawFn) -> Slot:
    """Slots, free and busy."""
    starts_at, ends_at = draw(spans())
    status = draw(st.sampled_from(SlotStatus))
    is_busy = status is SlotStatus.BUSY
    return Slot(
        id=draw(slot_ids()),
        provider_id=draw(staff_ids()),
        place_id=draw(place_ids()),
        zone=draw(st.sampled_from(ZONES)),
        starts_at=starts_at,
        ends_at=ends_at,
        status=status,
        patient_id=draw(patient_ids()) if is_busy else None,
        appointment_id=draw(appointment_ids()) if is_busy else None,
        is_closing=is_busy and draw(st.booleans()),
    )


@st.composite
def appointments(draw: DrawFn, *, skewed: bool = False) -> Appointment:
    """Visits: booked, cancelled by either side, moved, kept and missed.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    booked_at, ended_at = draw(rising(2, skewed=skewed))
    starts_at, ends_at = draw(spans())
    status = draw(st.sampled_from(AppointmentStatus))
    is_cancelled = status is AppointmentStatus.CANCELLED
    by = draw(st.sampled_from((ActorKind.PATIENT, ActorKind.STAFF))) if is_cancelled else None
    return Appointment(
        patient_id=draw(patient_ids()),
        id=draw(appointment_ids()),
        slot_id=draw(slot_ids()),
        provider_id=draw(staff_ids()),
        place_id=draw(place_ids()),
        zone=draw(st.sampled_from(ZONES)),
        starts_at=starts_at,
        ends_at=ends_at,
        reason=draw(st.just("") | lines(max_size=80)),
        status=status,
        booked_at=booked_at,
        arrived_at=draw(st.none() | st.just(ended_at)),
        visit_type_id=draw(st.none() | visit_type_ids()),
        held_until=ends_at + draw(st.integers(0, 12)) * timedelta(minutes=5),
        series_id=draw(appointment_ids()),
        revision=draw(st.integers(0, 5)),
        remind_within=draw(st.just(timedelta(0)) | st.timedeltas(timedelta(0), REMINDER_MAX)),
        ended_at=None if status is AppointmentStatus.BOOKED else ended_at,
        cancelled_by=by,
        cancellation_reason=draw(st.just("") | lines(max_size=80)) if by is ActorKind.STAFF else "",
        rescheduled_from=draw(st.none() | appointment_ids()),
        rescheduled_to=draw(st.none() | appointment_ids()) if is_cancelled else None,
        external_id=draw(st.none() | lines(max_size=80)),
        idempotency_key=draw(st.none() | lines(max_size=80)),
    )


@st.composite
def visit_types(draw: DrawFn) -> VisitType:
    """Kinds of visits: for patients and for the practice, with and without something after them."""
    length = draw(st.integers(SHORTEST_VISIT // A_MINUTE, LONGEST_VISIT // A_MINUTE))
    return VisitType(
        id=draw(visit_type_ids()),
        name=draw(lines()),
        length=length * A_MINUTE,
        holds=draw(st.integers(length, LONGEST_VISIT // A_MINUTE)) * A_MINUTE,
        bookable_by=draw(st.sampled_from(BookableBy)),
        provider_ids=tuple(draw(st.lists(staff_ids(), max_size=3))),
        active=draw(st.booleans()),
    )


@st.composite
def windows(draw: DrawFn) -> Window:
    """Days that suit somebody: one or more, at any part of them."""
    first = draw(st.dates(EARLIEST.date(), LATEST.date()))
    days = draw(st.integers(0, 60))
    return Window(first_day=first, last_day=first + timedelta(days=days), part=draw(st.sampled_from(PartOfDay)))


@st.composite
def appointment_requests(draw: DrawFn, *, skewed: bool = False) -> AppointmentRequest:
    """Requests for a visit: open, scheduled, declined, withdrawn and expired.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    requested_at, ended_at = draw(rising(2, skewed=skewed))
    status = draw(st.sampled_from(RequestStatus))
    return AppointmentRequest(
        patient_id=draw(patient_ids()),
        id=draw(appointment_request_ids()),
        provider_id=draw(st.none() | staff_ids()),
        reason=draw(lines(max_size=80)),
        windows=tuple(draw(st.lists(windows(), min_size=1, max_size=WINDOWS_MAX))),
        status=status,
        requested_at=requested_at,
        ended_at=None if status is RequestStatus.OPEN else ended_at,
        decline_reason=draw(lines(max_size=80)) if status is RequestStatus.DECLINED else "",
        appointment_id=draw(appointment_ids()) if status is RequestStatus.SCHEDULED else None,
        idempotency_key=draw(st.none() | lines(max_size=80)),
    )


_SLOTS = st.integers(1, 500)
EVENTS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {
        SlotsPublished: st.builds(SlotsPublished, provider_id=staff_ids(), slots=_SLOTS),
        SlotsWithdrawn: st.builds(SlotsWithdrawn, provider_id=staff_ids(), slots=_SLOTS, closing=st.integers(0, 500)),
    }
)
"""The events of this topic that can be less than their fields' types say."""

VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        AppointmentFulfilled: "appointments.mark_fulfilled",
        AppointmentMissed: "appointments.mark_noshow",
        ArrivalUndone: "appointments.unmark_arrived",
        PatientArrived: "appointments.mark_arrived",
        PlacePut: "places.put",
        ProviderPut: "providers.put",
        RequestDeclined: "appointments.decline_request",
        RequestScheduled: "appointments.schedule_request",
        SlotsPublished: "schedule.publish",
        SlotsWithdrawn: "schedule.withdraw",
        VisitTypePut: "visit_types.put",
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Appointment: appointments,
        AppointmentRequest: appointment_requests,
        Place: places,
        Provider: providers,
        Schedule: schedules,
        Slot: slots,
        VisitType: visit_types,
        Window: windows,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
