"""Two buildings and two providers, whose hours are published and whose free slots are looked for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from patientportal import NoticeKind, PatientAccess, Place, PlaceId, PracticeAccess, SlotId, StaffId

MONDAY = date(2026, 1, 5)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
SOUTH = Place(id=PlaceId("south"), name="South Building", zone="Europe/Berlin")
Told = Callable[[], list[NoticeKind]]
Again = Callable[[], PatientAccess]
DORA, EMIL = StaffId("dora"), StaffId("emil")
NINE_THERE = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


def publish(practice: PracticeAccess, **otherwise: Any) -> int:
    """Six half hours on Monday morning, from nine on; the clock stands at four in the morning there."""
    usual: dict[str, Any] = {
        "place": NORTH,
        "pattern": "FREQ=WEEKLY;BYDAY=MO",
        "opens": time(9),
        "closes": time(12),
        "visit_length": 30 * MINUTE,
        "first_day": MONDAY,
        "last_day": MONDAY,
        "provider_id": DORA,
    }
    return practice.schedule.publish(**(usual | otherwise)).added


def slots(me: PatientAccess, **narrowed: Any) -> list[SlotId]:
    return [slot.slot_id for slot in me.appointments.open_slots(**narrowed).items]


def starts(me: PatientAccess, **narrowed: Any) -> list[str]:
    return [f"{slot.starts_at:%H:%M}" for slot in me.appointments.open_slots(**narrowed).items]
