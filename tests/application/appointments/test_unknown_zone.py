"""A place whose zone only a newer machine knows: the rest is there, and its times are shown in UTC and say so."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal import BadInputError, PatientAccess, Place, PlaceId, Portal, PracticeAccess, StaffId
from patientportal.adapters.recording import RecordingNotifier
from patientportal.domain.appointments.schedules import Schedule, Slot
from patientportal.domain.ids import SlotId
from patientportal.domain.values.stored import as_stored
from patientportal.ports.store import Store
from patientportal.testing import Member

DORA, EMIL = StaffId("dora"), StaffId("emil")
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
NEWTOWN = as_stored(Place)(id=PlaceId("new"), name="New Building", zone="America/Newtown", address=None, active=True)
TWO = datetime(2026, 1, 6, 14, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
HOURS: dict[str, Any] = {
    "pattern": "FREQ=WEEKLY;BYDAY=TU",
    "opens": time(9),
    "closes": time(9, 30),
    "visit_length": HALF_AN_HOUR,
    "first_day": date(2026, 1, 6),
    "last_day": date(2026, 1, 6),
}


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess, raw_store: Store) -> PatientAccess:
    """Emil has a slot at nine in New York, and Dora one at the same moment in Newtown."""
    practice.schedule.publish(NORTH, **HOURS, provider_id=EMIL)
    with raw_store.transaction() as tx:
        tx.add(Schedule(provider_id=DORA, begun_at=TWO))
        tx.add(NEWTOWN)
        tx.add(
            Slot(
                id=SlotId("new"),
                provider_id=DORA,
                place_id=NEWTOWN.id,
                zone=NEWTOWN.zone,
                starts_at=TWO,
                ends_at=TWO + HALF_AN_HOUR,
            )
        )
    return usual.log_in(member.username, member.password)


def test_its_slots_stand_beside_the_others_in_utc_and_say_so(me: PatientAccess) -> None:
    shown = {slot.provider_id: slot for slot in me.appointments.open_slots().items}
    assert {provider: f"{slot.starts_at:%H:%M %Z}" for provider, slot in shown.items()} == {
        DORA: "14:00 UTC",
        EMIL: "09:00 EST",
    }
    assert {provider: slot.place.is_zone_known for provider, slot in shown.items()} == {DORA: False, EMIL: True}


def test_its_visits_are_booked_shown_mailed_and_moved_like_any(
    me: PatientAccess, practice: PracticeAccess, usual: Portal, notifier: RecordingNotifier
) -> None:
    booked = me.appointments.book(SlotId("new"))
    assert [visit.starts_at for visit in me.appointments.upcoming().items] == [TWO]
    assert [visit.appointment_id for visit in practice.appointments.of_day(DORA, TWO.date())] == [booked]
    usual.work()
    assert f"{notifier.messages[-1].visit_at:%H:%M %Z}" == "14:00 UTC"
    (other,) = me.appointments.open_slots(provider_id=EMIL).items
    me.appointments.reschedule(booked, other.slot_id)
    assert [visit.place for visit in me.appointments.past().items] == [NEWTOWN]


def test_nothing_more_is_published_there_from_here(practice: PracticeAccess, me: PatientAccess) -> None:
    (slot,) = me.appointments.open_slots(place_id=NEWTOWN.id).items
    with pytest.raises(BadInputError, match="zone: unknown"):
        practice.schedule.publish(slot.place, **HOURS, provider_id=DORA)


def test_what_is_free_there_is_withdrawn_like_any(practice: PracticeAccess, me: PatientAccess) -> None:
    assert practice.schedule.withdraw(after=TWO, before=TWO + HALF_AN_HOUR, provider_id=DORA).slots == 1
    assert [slot.provider_id for slot in me.appointments.open_slots().items] == [EMIL]
