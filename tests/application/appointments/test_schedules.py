"""Publishing over each store: added once, in transactions of 500, and taken away again."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal import (
    BadInputError,
    PatientAccess,
    Place,
    PlaceId,
    Portal,
    PracticeAccess,
    PublishedSlots,
    Role,
    SlotsBookedError,
    SlotsOverlapError,
    StaffId,
    StaffMember,
    WithdrawnSlots,
)
from patientportal.domain.appointments.schedules import Slot
from patientportal.ports.store import Query, Store
from patientportal.testing import Member

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
SOUTH = Place(id=PlaceId("south"), name="South Building", zone="America/New_York")
MONDAY_THERE = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
DORA, EMIL = StaffId("dora"), StaffId("emil")
EVERY_DAY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
MORNING: dict[str, Any] = {
    "place": NORTH,
    "pattern": EVERY_DAY,
    "opens": time(9),
    "closes": time(11),
    "visit_length": 30 * MINUTE,
    "first_day": date(2026, 1, 5),
    "last_day": date(2026, 1, 6),
    "provider_id": DORA,
}

Untouched = Callable[[], AbstractContextManager[None]]


def publish(practice: PracticeAccess, **otherwise: Any) -> PublishedSlots:
    return practice.schedule.publish(**(MORNING | otherwise))


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    return usual.log_in(member.username, member.password)


def test_publishing_again_adds_only_what_is_missing_and_leaves_booked_slots_alone(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    assert publish(practice) == PublishedSlots(added=8, already_there=0)
    me.appointments.book(me.appointments.open_slots().items[0].slot_id)
    before = me.appointments.open_slots().items
    assert publish(practice) == PublishedSlots(added=0, already_there=8)
    assert me.appointments.open_slots().items == before
    assert publish(practice, last_day=date(2026, 1, 7)) == PublishedSlots(added=4, already_there=8)


def test_what_is_there_already_is_recorded_nowhere(
    practice: PracticeAccess, contents: Callable[[], dict[str, set[Any]]]
) -> None:
    publish(practice)
    before = contents()
    publish(practice)
    assert contents() == before
    (recorded,) = (one for one in before["events"] if one.event.name == "slots_published")
    assert (recorded.event.provider_id, recorded.event.slots) == (DORA, 8)
    assert (recorded.patient_id, recorded.by.id, recorded.by.role) == ("nobody", "staff-1", Role.FRONT_DESK)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"place": SOUTH},
        {"place": SOUTH, "opens": time(8, 45), "closes": time(9, 15), "visit_length": 30 * MINUTE},
        {"visit_length": 15 * MINUTE},
        {"opens": time(9, 45), "closes": time(10, 15)},
        {"opens": time(10, 45), "closes": time(11, 15)},
    ],
)
def test_slots_of_a_provider_that_would_overlap_are_refused_and_none_is_added(
    practice: PracticeAccess, untouched: Untouched, otherwise: dict[str, Any]
) -> None:
    publish(practice)
    with untouched(), pytest.raises(SlotsOverlapError):
        publish(practice, **otherwise)
    publish(practice, provider_id=EMIL, **otherwise)


def test_all_of_a_long_pattern_is_looked_at_before_the_first_of_it_is_added(
    practice: PracticeAccess, untouched: Untouched
) -> None:
    publish(practice, first_day=date(2026, 6, 30), last_day=date(2026, 6, 30))
    with untouched(), pytest.raises(SlotsOverlapError) as refusal:
        publish(practice, place=SOUTH, last_day=date(2026, 6, 30))
    assert refusal.value.starts_at == datetime(2026, 6, 30, 13, 0, tzinfo=UTC)


def test_slots_that_touch_those_of_another_place_are_fine(practice: PracticeAccess) -> None:
    publish(practice)
    assert publish(practice, place=SOUTH, opens=time(11), closes=time(12)).added == 4
    assert publish(practice, place=SOUTH, opens=time(8), closes=time(9)).added == 4


def test_a_long_pattern_goes_in_transactions_of_five_hundred_and_tells_how_far_it_is(
    practice: PracticeAccess, calls: Counter[str]
) -> None:
    told: list[tuple[int, int]] = []
    calls.clear()
    done = publish(practice, last_day=date(2026, 12, 31), progress=lambda *steps: told.append(steps))
    assert done == PublishedSlots(added=361 * 4, already_there=0)
    assert told == [(500, 1444), (1000, 1444), (1444, 1444)]
    assert calls["transaction"] == 1 + 3, "the place is put, and the slots"


def test_what_was_stopped_in_the_middle_can_be_run_again(practice: PracticeAccess, raw_store: Store) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done == 1000:
            raise StoppedError

    with pytest.raises(StoppedError):
        publish(practice, last_day=date(2026, 12, 31), progress=stop)
    with raw_store.view() as view:
        assert len(view.select(Query(state=Slot))) == 1000
    assert publish(practice, last_day=date(2026, 12, 31)) == PublishedSlots(added=444, already_there=1000)


def test_a_provider_publishes_their_own_slots_without_saying_so(usual: Portal, me: PatientAccess) -> None:
    emil = usual.practice(StaffMember(id=EMIL, name="Dr Emil", roles=frozenset({Role.PROVIDER})))
    publish(emil, provider_id=None)
    assert {slot.provider_id for slot in me.appointments.open_slots().items} == {EMIL}
    assert emil.schedule.withdraw(after=MONDAY_THERE, before=MONDAY_THERE + DAY) == WithdrawnSlots(slots=4, visits=0)


def test_the_front_desk_says_whose_slots_are_meant(usual: Portal, untouched: Untouched) -> None:
    susan = usual.practice(StaffMember(id=StaffId("susan"), name="Susan", roles=frozenset({Role.FRONT_DESK})))
    with untouched(), pytest.raises(TypeError, match="provider_id must be str"):
        publish(susan, provider_id=None)


# Withdrawing


def withdraw(practice: PracticeAccess, **otherwise: Any) -> int:
    usual: dict[str, Any] = {"provider_id": DORA, "after": MONDAY_THERE, "before": MONDAY_THERE + DAY}
    withdrawn = practice.schedule.withdraw(**(usual | otherwise))
    assert withdrawn.visits == 0
    return withdrawn.slots


def test_free_slots_are_taken_away_within_the_given_time(me: PatientAccess, practice: PracticeAccess) -> None:
    publish(practice)
    publish(practice, provider_id=EMIL)
    assert withdraw(practice, after=MONDAY_THERE + 9 * HOUR, before=MONDAY_THERE + 10 * HOUR) == 2
    assert [f"{slot.starts_at:%d %H:%M}" for slot in me.appointments.open_slots(provider_id=DORA).items] == [
        *("05 10:00", "05 10:30", "06 09:00", "06 09:30", "06 10:00", "06 10:30"),
    ]
    assert len(me.appointments.open_slots(provider_id=EMIL).items) == 8
    assert withdraw(practice) == 2
    assert withdraw(practice) == 0


def test_slots_of_one_place_are_taken_away(practice: PracticeAccess) -> None:
    publish(practice)
    publish(practice, place=SOUTH, opens=time(13), closes=time(14))
    assert withdraw(practice, place_id=SOUTH.id) == 2
    assert withdraw(practice) == 4


def test_where_slots_are_booked_their_visits_are_named_and_nothing_is_taken_away(
    me: PatientAccess, practice: PracticeAccess, untouched: Untouched
) -> None:
    publish(practice)
    _, second, third, *_ = me.appointments.open_slots().items
    visits = [me.appointments.book(slot.slot_id) for slot in (third, second)]
    with untouched(), pytest.raises(SlotsBookedError) as refusal:
        withdraw(practice)
    assert refusal.value.appointment_ids == tuple(visits[::-1])
    for visit_id in visits:
        practice.appointments.cancel(visit_id, "Dr Dora is ill")
    assert withdraw(practice) == 4


def test_after_a_law_has_moved_the_clocks_the_rest_is_published_around_the_visits_and_they_are_named(
    me: PatientAccess, practice: PracticeAccess, contents: Callable[[], dict[str, set[Any]]]
) -> None:
    publish(practice)
    second = me.appointments.open_slots().items[1]
    visit_id = me.appointments.book(second.slot_id)
    for after, until in ((MONDAY_THERE, second.starts_at), (second.ends_at, MONDAY_THERE + 2 * DAY)):
        withdraw(practice, after=after, before=until)
    moved = {"opens": time(8, 20), "closes": time(11, 20), "last_day": date(2026, 1, 5)}
    told = publish(practice, **moved)
    assert (told.added, told.already_there) == (4, 0)
    assert [(f"{one.starts_at:%H:%M %Z}", f"{one.ends_at:%H:%M}", one.appointment_ids) for one in told.left_out] == [
        ("09:20 EST", "09:50", (visit_id,)),
        ("09:50 EST", "10:20", (visit_id,)),
    ]
    assert [f"{slot.starts_at:%H:%M}" for slot in me.appointments.open_slots().items] == [
        *("08:20", "08:50", "10:20", "10:50"),
    ]
    before = contents()
    assert publish(practice, **moved) == PublishedSlots(added=0, already_there=4, left_out=told.left_out)
    assert contents() == before
    assert [visit.appointment_id for visit in me.appointments.upcoming().items] == [visit_id]


def test_what_was_withdrawn_can_be_published_again(practice: PracticeAccess) -> None:
    publish(practice)
    withdraw(practice)
    assert publish(practice) == PublishedSlots(added=4, already_there=4)


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        (MONDAY_THERE, "out_of_order"),
        (MONDAY_THERE - MINUTE, "out_of_order"),
        (MONDAY_THERE + 31 * DAY + timedelta(microseconds=1), "out_of_range"),
        (MONDAY_THERE + 31 * DAY, None),
    ],
)
def test_slots_of_at_most_31_days_are_taken_away_at_once(
    practice: PracticeAccess, before: datetime, problem: str | None
) -> None:
    if problem is None:
        assert withdraw(practice, before=before) == 0
        return
    with pytest.raises(BadInputError) as refusal:
        withdraw(practice, before=before)
    assert (refusal.value.field, refusal.value.problem) == ("before", problem)
