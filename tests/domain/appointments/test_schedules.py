"""Schedules: slots that are added once and never overlap, and free ones that are taken away."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments import schedules
from patientportal.domain.appointments.schedules import (
    LeftOut,
    NothingToAdd,
    Published,
    Schedule,
    Slot,
    SlotsBookedError,
    SlotsOverlapError,
    SlotStatus,
    SlotsWithdrawn,
    Withdrawn,
)
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DORA = StaffId("dora")
NORTH, SOUTH = PlaceId("north"), PlaceId("south")
SCHEDULE = Schedule(provider_id=DORA, begun_at=NOW)


def slot(begins: int = 0, ends: int = 30, *, place: PlaceId = NORTH, name: str = "") -> Slot:
    """A free one, from so many minutes after nine until so many."""
    return Slot(
        id=SlotId(name or f"s-{begins}"),
        provider_id=DORA,
        place_id=place,
        zone="America/New_York",
        starts_at=NINE + begins * MINUTE,
        ends_at=NINE + ends * MINUTE,
    )


def busy(of: Slot, appointment: str = "a-1") -> Slot:
    return evolve(of, status=SlotStatus.BUSY, patient_id=PatientId("ada"), appointment_id=AppointmentId(appointment))


def publish(wanted: Sequence[Slot], existing: Sequence[Slot] = (), schedule: Schedule | None = SCHEDULE) -> Any:
    return schedules.publish(schedule, wanted=wanted, existing=existing, now=NOW)


def test_slots_are_added_to_a_schedule() -> None:
    outcome = publish([slot(), slot(30, 60)])
    assert outcome == Published(
        schedule=None,
        slots=(slot(), slot(30, 60)),
        event=schedules.SlotsPublished(provider_id=DORA, slots=2),
    )


def test_the_first_slots_begin_the_schedule() -> None:
    assert publish([slot()], schedule=None).schedule == SCHEDULE


def test_a_new_slot_is_free_and_nobodys() -> None:
    assert (slot().status, slot().patient_id, slot().appointment_id) == (SlotStatus.FREE, None, None)


def test_publishing_again_adds_what_is_missing_and_leaves_alone_what_is_there() -> None:
    there = [slot(name="old"), busy(slot(30, 60, name="older"))]
    assert publish([slot(), slot(30, 60), slot(60, 90)], there).slots == (slot(60, 90),)
    assert publish([slot(), slot(30, 60)], there) == NothingToAdd()


@pytest.mark.parametrize(
    ("existing", "overlaps"),
    [
        (slot(-30, 0), False),
        (slot(-30, 1), True),
        (slot(0, 29), True),
        (slot(0, 31), True),
        (slot(0, 30, place=SOUTH), True),
        (slot(10, 20, place=SOUTH), True),
        (slot(-60, 60, place=SOUTH), True),
        (slot(29, 60), True),
        (slot(30, 60), False),
        (slot(30, 60, place=SOUTH), False),
    ],
)
def test_a_slot_that_overlaps_a_free_one_is_refused_one_that_overlaps_a_visit_is_left_out_and_touching_is_fine(
    existing: Slot, *, overlaps: bool
) -> None:
    if not overlaps:
        for other in (existing, busy(existing)):
            assert publish([slot()], [other]).slots == (slot(),)
        return
    with pytest.raises(SlotsOverlapError) as refusal:
        publish([slot()], [existing])
    assert refusal.value.starts_at == NINE
    told = publish([slot(-300, -270), slot()], [busy(existing)])
    assert told.slots == (slot(-300, -270),)
    assert told.left_out == (left_out(slot(), "a-1"),)
    assert publish([slot()], [busy(existing)]) == NothingToAdd(left_out=told.left_out)


def left_out(of: Slot, *visits: str) -> LeftOut:
    return LeftOut(starts_at=of.starts_at, ends_at=of.ends_at, appointment_ids=tuple(map(AppointmentId, visits)))


def test_after_a_law_has_moved_the_clocks_what_is_free_is_published_anew_around_the_visits() -> None:
    """The advice was refused as long as one visit stood off the new grid."""
    visits = [busy(slot(20, 60), "a-1"), busy(slot(60, 100), "a-2")]
    grid = [slot(begins, begins + 40) for begins in (-40, 0, 40, 80, 120)]
    told = publish(grid, visits)
    assert told.slots == (grid[0], grid[4])
    assert told.left_out == (left_out(grid[1], "a-1"), left_out(grid[2], "a-1", "a-2"), left_out(grid[3], "a-2"))
    assert told.event.slots == 2


@pytest.mark.parametrize(("until_it_begins", "is_refused"), [(INSTANT, True), (0 * INSTANT, False), (-INSTANT, False)])
def test_a_free_slot_is_in_the_way_for_good_once_it_has_begun(until_it_begins: timedelta, *, is_refused: bool) -> None:
    """Nobody can book it any more, and nobody can withdraw it."""
    free, now = slot(-10, 20), slot(-10, 20).starts_at - until_it_begins
    if is_refused:
        with pytest.raises(SlotsOverlapError):
            schedules.publish(SCHEDULE, wanted=[slot()], existing=[free], now=now)
    else:
        outcome = schedules.publish(SCHEDULE, wanted=[slot()], existing=[free], now=now)
        assert outcome == NothingToAdd(left_out=(left_out(slot()),))


def test_a_visit_beside_a_free_slot_does_not_hide_the_mistake() -> None:
    with pytest.raises(SlotsOverlapError) as refusal:
        publish([slot(), slot(30, 90)], [busy(slot(-10, 10)), busy(slot(30, 50)), slot(50, 70)])
    assert refusal.value.starts_at == NINE + 30 * MINUTE


def test_the_refusal_names_the_first_slot_that_overlaps() -> None:
    with pytest.raises(SlotsOverlapError) as refusal:
        publish([slot(), slot(60, 90), slot(120, 150)], [slot(70, 80), slot(125, 130)])
    assert refusal.value.starts_at == NINE + 60 * MINUTE


@st.composite
def rows(draw: st.DrawFn, name: str) -> list[Slot]:
    """Slots of one provider, none of which overlaps another."""
    found, begins = [], 0
    for number in range(draw(st.integers(1, 5))):
        begins += 5 * draw(st.integers(0, 3))
        ends = begins + 5 * draw(st.integers(1, 4))
        place = draw(st.sampled_from((NORTH, SOUTH)))
        found.append(slot(begins, ends, place=place, name=f"{name}-{number}"))
        begins = ends
    return found


@given(rows("new"), rows("old"), st.data())
def test_what_is_added_overlaps_nothing_and_what_is_left_out_has_something_in_its_way(
    wanted: list[Slot], free: list[Slot], data: st.DataObject
) -> None:
    def same(one: Slot, other: Slot) -> bool:
        return (one.starts_at, one.ends_at, one.place_id) == (other.starts_at, other.ends_at, other.place_id)

    def overlap(one: Slot, other: Slot) -> bool:
        return max(one.starts_at, other.starts_at) < min(one.ends_at, other.ends_at)

    existing = [busy(one, one.id) if data.draw(st.booleans()) else one for one in free]
    now = NINE + 5 * MINUTE * data.draw(st.integers(-1, 8))
    missing = [one for one in wanted if not any(same(one, other) for other in existing)]
    ahead = [other for other in existing if other.appointment_id is None and other.starts_at > now]
    clashing = [one for one in missing if any(overlap(one, other) for other in ahead)]
    if clashing:
        with pytest.raises(SlotsOverlapError) as refusal:
            schedules.publish(SCHEDULE, wanted=wanted, existing=existing, now=now)
        assert refusal.value.starts_at == clashing[0].starts_at
        return
    told = schedules.publish(SCHEDULE, wanted=wanted, existing=existing, now=now)
    in_the_way = {one.starts_at: [other for other in existing if overlap(one, other)] for one in missing}
    fine = tuple(one for one in missing if not in_the_way[one.starts_at])
    assert (told.slots if isinstance(told, Published) else ()) == fine
    assert told.left_out == tuple(
        left_out(one, *(other.appointment_id for other in in_the_way[one.starts_at] if other.appointment_id))
        for one in missing
        if in_the_way[one.starts_at]
    )


BEFORE = NINE - INSTANT


def withdraw(slots: list[Slot], *, now: datetime = BEFORE, booked: tuple[str, ...] = ()) -> Withdrawn | Unchanged:
    return schedules.withdraw(slots, booked=[AppointmentId(one) for one in booked], now=now)


def test_free_slots_are_taken_away() -> None:
    assert withdraw([slot(), slot(30, 60)]) == Withdrawn(
        slots=(slot(), slot(30, 60)), closing=(), event=SlotsWithdrawn(provider_id=DORA, slots=2)
    )
    assert withdraw([]) == schedules.close([], now=BEFORE) == Unchanged()


@pytest.mark.parametrize("take", [withdraw, schedules.close])
def test_what_has_begun_stays_as_it_was_whether_somebody_had_it_or_not(
    take: Callable[..., Withdrawn | Unchanged],
) -> None:
    begun, ahead = busy(slot(), "a-1"), slot(30, 60)
    now = begun.starts_at
    assert take([begun, slot(-30, 0), ahead], now=now) == Withdrawn(
        slots=(ahead,), closing=(), event=SlotsWithdrawn(provider_id=DORA, slots=1)
    )
    assert take([begun, slot(-30, 0)], now=now) == Unchanged()


def test_booked_slots_are_named_in_the_refusal_in_their_order() -> None:
    with pytest.raises(SlotsBookedError) as refusal:
        withdraw([busy(slot(60, 90), "a-2"), slot(), busy(slot(30, 60), "a-9")], booked=("a-2", "a-3", "a-9"))
    assert refusal.value.appointment_ids == ("a-9", "a-2")


def test_who_was_seen_before_the_time_keeps_the_slot_and_stands_in_nobodys_way() -> None:
    seen = busy(slot(), "a-1")
    assert withdraw([seen, slot(30, 60)]) == Withdrawn(
        slots=(slot(30, 60),), closing=(), event=SlotsWithdrawn(provider_id=DORA, slots=1)
    )
    assert withdraw([seen]) == Unchanged()


def test_to_close_takes_the_free_slots_away_and_marks_the_others_once() -> None:
    """B2-36: a cancelled slot is bookable at once, also by whom it was just cancelled for."""
    held = busy(slot(30, 60), "a-1")
    marked = evolve(held, is_closing=True)
    assert schedules.close([slot(), held, slot(60, 90)], now=BEFORE) == Withdrawn(
        slots=(slot(), slot(60, 90)), closing=(marked,), event=SlotsWithdrawn(provider_id=DORA, slots=2, closing=1)
    )
    assert schedules.close([held], now=BEFORE) == Withdrawn(
        slots=(), closing=(marked,), event=SlotsWithdrawn(provider_id=DORA, slots=0, closing=1)
    )
    assert schedules.close([marked], now=BEFORE) == Unchanged()
