"""A slot, the visit that took it, and how visits are booked, cancelled and moved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.appointments import appointments, changes
from patientportal.domain.appointments.appointments import AlreadyTheirs, Appointment, AppointmentStatus, Booked
from patientportal.domain.appointments.changes import Cancelled, Rescheduled
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import RefusedError
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.policy import AppointmentPolicy, Policy

INSTANT, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
NOW = NINE - 24 * HOUR
ADA, BEN = PatientId("ada"), PatientId("ben")
NORTH = PlaceId("north")
ZONE = "America/New_York"
SLOT = Slot(
    id=SlotId("s-1"),
    provider_id=StaffId("dora"),
    place_id=NORTH,
    zone=ZONE,
    starts_at=NINE,
    ends_at=NINE + 30 * MINUTE,
)
LATER = evolve(SLOT, id=SlotId("s-2"), starts_at=NINE + HOUR, ends_at=NINE + 90 * MINUTE)
ANYTIME = Policy(zone="UTC")
A_DAY_BEFORE = Policy(zone="UTC", appointments=AppointmentPolicy(cancel_notice=24 * HOUR, grace=None))
ENDED = [status for status in AppointmentStatus if status is not AppointmentStatus.BOOKED]


def book(slot: Slot = SLOT, *, now: datetime = NOW, **otherwise: Any) -> Booked:
    outcome = ask_for(slot, now=now, **otherwise)
    assert isinstance(outcome, Booked)
    return outcome


def ask_for(slot: Slot, *, now: datetime = NOW, **otherwise: Any) -> Booked | AlreadyTheirs:
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "appointment_id": AppointmentId("a-1"),
        "reason": "My back",
        "booked_before": (),
        "ahead": 0,
        "policy": ANYTIME,
    }
    return appointments.book(Choice(slot=slot), now=now, **(usual | otherwise))


BOOKED = book()
VISIT, (HELD,) = BOOKED.appointment, BOOKED.slots


def visit(begins: int, ends: int, name: str = "a-9") -> Appointment:
    """One from so many minutes after nine until so many."""
    starts_at, ends_at = NINE + begins * MINUTE, NINE + ends * MINUTE
    return evolve(VISIT, id=AppointmentId(name), starts_at=starts_at, ends_at=ends_at, held_until=ends_at)


def ended(status: AppointmentStatus) -> Appointment:
    by = ActorKind.PATIENT if status is AppointmentStatus.CANCELLED else None
    return evolve(VISIT, status=status, ended_at=NOW, cancelled_by=by)


def cancel(appointment: Appointment = VISIT, *, now: datetime = NOW, policy: Policy = ANYTIME) -> Cancelled:
    return changes.cancel(appointment, slots=[HELD], now=now, policy=policy)


def reschedule(
    appointment: Appointment = VISIT, *, slot: Slot = LATER, now: datetime = NOW, **otherwise: Any
) -> Rescheduled:
    usual: dict[str, Any] = {
        "former_slots": [HELD],
        "choice": Choice(slot=slot),
        "appointment_id": AppointmentId("a-2"),
        "booked_before": (),
        "policy": ANYTIME,
    }
    return changes.reschedule(appointment, now=now, **(usual | otherwise))


def refused(call: Callable[[], object], expected: type[RefusedError] | None) -> None:
    if expected is None:
        call()
        return
    with pytest.raises(RefusedError) as refusal:
        call()
    assert type(refusal.value) is expected
