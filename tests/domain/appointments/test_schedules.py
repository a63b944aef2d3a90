"""Schedules: places, slots that are added once and never overlap, and free ones that are taken away."""

from collections.abc import Sequence
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
    Place,
    Published,
    Schedule,
    Slot,
    SlotsBookedError,
    SlotsOverlapError,
    SlotStatus,
    Withdrawn,
)
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.values.stored import as_stored

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DORA = StaffId("dora")
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
SOUTH = Place(id=PlaceId("south"), name="South Building", zone="Europe/Berlin")
SCHEDULE = Schedule(provider_id=DORA, begun_at=NOW)


def slot(begins: int = 0, ends: int = 30, *, place: Place = NORTH, name: str = "") -> Slot:
    """A free one, from so many minutes after nine until so many."""
    return Slot(
        id=SlotId(name or f"s-{begins}"),
        provider_id=DORA,
        place=place,
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


def test_a_place_that_was_renamed_is_the_same_place() -> None:
    renamed = evolve(NORTH, name="Lake Building")
    assert publish([slot(place=renamed)], [slot()]) == NothingToAdd()


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
        return (one.starts_at, one.ends_at, one.place) == (other.starts_at, other.ends_at, other.place)

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


def test_free_slots_are_taken_away() -> None:
    assert schedules.withdraw([slot(), slot(30, 60)], now=slot().starts_at - INSTANT) == Withdrawn(
        slots=(slot(), slot(30, 60)), event=schedules.SlotsWithdrawn(provider_id=DORA, slots=2)
    )
    assert schedules.withdraw([], now=slot().starts_at) == Unchanged()


def test_what_has_begun_stays_as_it_was_whether_somebody_had_it_or_not() -> None:
    begun, ahead = busy(slot(), "a-1"), slot(30, 60)
    now = begun.starts_at
    assert schedules.withdraw([begun, slot(-30, 0), ahead], now=now) == Withdrawn(
        slots=(ahead,), event=schedules.SlotsWithdrawn(provider_id=DORA, slots=1)
    )
    assert schedules.withdraw([begun, slot(-30, 0)], now=now) == Unchanged()


def test_booked_slots_are_named_in_the_refusal_in_their_order() -> None:
    with pytest.raises(SlotsBookedError) as refusal:
        schedules.withdraw(
            [busy(slot(60, 90), "a-2"), slot(), busy(slot(30, 60), "a-9")], now=slot().starts_at - INSTANT
        )
    assert refusal.value.appointment_ids == ("a-9", "a-2")


@pytest.mark.parametrize(
    ("otherwise", "refused"),
    [
        ({"id": "", "name": "", "zone": ""}, ("id", "empty", None)),
        ({"id": "x" * 65, "name": ""}, ("id", "too_long", 64)),
        ({"id": "x" * 64, "name": " "}, ("name", "empty", None)),
        ({"name": "x" * 201}, ("name", "too_long", 200)),
        ({"name": "North\nBuilding"}, ("name", "bad_character", None)),
        ({"name": "x" * 200, "zone": ""}, ("zone", "unknown", None)),
        ({"zone": "Mars/Olympus"}, ("zone", "unknown", None)),
        ({"zone": "x" * 65}, ("zone", "too_long", 64)),
        ({"zone": "x\0"}, ("zone", "bad_character", None)),
    ],
)
def test_a_place_is_checked_by_id_then_name_then_zone(otherwise: dict[str, Any], refused: object) -> None:
    usual = {"id": "north", "name": "North Building", "zone": "UTC"}
    with pytest.raises(BadInputError) as refusal:
        Place(**(usual | otherwise))
    assert (refusal.value.field, refusal.value.problem, refusal.value.limit) == refused


@pytest.mark.parametrize("name", ["id", "name", "zone"])
def test_a_place_is_made_of_text(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be str, not int$"):
        Place(**({"id": "north", "name": "North Building", "zone": "UTC"} | {name: 5}))


def test_a_place_knows_what_its_clocks_show() -> None:
    assert SOUTH.local(NOW).isoformat() == "2026-01-05T10:00:00+01:00"
    assert SOUTH.is_zone_known


def test_a_place_whose_zone_is_not_known_here_shows_utc_and_says_so() -> None:
    """It was stored by a machine with a newer time zone database."""
    newtown = as_stored(Place)(id=PlaceId("new"), name="New Building", zone="America/Newtown")
    assert newtown.local(NOW).isoformat() == "2026-01-05T09:00:00+00:00"
    assert not newtown.is_zone_known
