"""Runs: which slots a visit of some kind takes, and where none of them is enough."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments.directory import BookableBy, VisitType, VisitTypePut, put
from patientportal.domain.appointments.runs import Choice, run
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId, VisitTypeId
from patientportal.domain.outcomes import Unchanged

NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DORA = StaffId("dora")
MOVED = AppointmentId("moved")


def slot(begins: int, ends: int, *, of: str = "", place: str = "north") -> Slot:
    """One from so many minutes after nine until so many, free or some visit's."""
    free = Slot(
        id=SlotId(f"s-{begins}"),
        provider_id=DORA,
        place_id=PlaceId(place),
        zone="UTC",
        starts_at=NINE + begins * MINUTE,
        ends_at=NINE + ends * MINUTE,
    )
    if not of:
        return free
    return evolve(free, status=SlotStatus.BUSY, patient_id=PatientId("ada"), appointment_id=AppointmentId(of))


def kind(length: int, holds: int | None = None, **otherwise: Any) -> VisitType:
    usual: dict[str, Any] = {"id": VisitTypeId("new"), "name": "New patient", "length": length * MINUTE}
    if holds is not None:
        usual["holds"] = holds * MINUTE
    return VisitType(**(usual | otherwise))


FIRST, SECOND, THIRD = slot(0, 30), slot(30, 60), slot(60, 90)


def taken(*slots: Slot, visit_type: VisitType | None, moved: AppointmentId | None = None) -> list[str]:
    found = run(Choice(slot=slots[0], beside=slots[1:], visit_type=visit_type), moved=moved)
    return [one.id for one in found]


@pytest.mark.parametrize(
    ("slots", "visit_type", "expected"),
    [
        ((FIRST, SECOND), None, ["s-0"]),
        ((slot(0, 30, of="a-1"), SECOND), None, []),
        ((FIRST, SECOND, THIRD), kind(30), ["s-0"]),
        ((FIRST, THIRD, SECOND), kind(60), ["s-0", "s-30"]),
        ((FIRST, SECOND, THIRD), kind(65), ["s-0", "s-30", "s-60"]),
        ((FIRST, SECOND), kind(65), []),
        ((FIRST, slot(30, 60, of="a-1"), THIRD), kind(60), []),
        ((FIRST, THIRD), kind(60), []),
        ((FIRST, slot(30, 60, place="south")), kind(60), []),
        ((FIRST, SECOND, THIRD), kind(30, 60), ["s-0", "s-30"]),
        ((FIRST,), kind(30, 60), ["s-0"]),
        ((FIRST, slot(30, 60, of="a-1")), kind(30, 60), []),
        ((FIRST, slot(30, 60, of="a-1")), kind(30, 30), ["s-0"]),
        ((FIRST, slot(40, 60, of="a-1")), kind(30, 60), []),
        ((FIRST, slot(40, 60)), kind(30, 60), ["s-0"]),
        ((FIRST, slot(30, 60, place="south")), kind(30, 60), ["s-0"]),
        ((FIRST, slot(30, 60, place="south"), THIRD), kind(30, 90), ["s-0"]),
    ],
)
def test_a_visit_takes_the_fewest_slots_that_cover_what_it_holds(
    slots: tuple[Slot, ...], visit_type: VisitType | None, expected: list[str]
) -> None:
    assert taken(*slots, visit_type=visit_type) == expected


def test_the_slots_of_the_visit_that_is_moved_count_as_free_and_nobody_elses() -> None:
    own, others = slot(30, 60, of="moved"), slot(30, 60, of="a-1")
    assert taken(FIRST, own, visit_type=kind(60)) == []
    assert taken(FIRST, own, visit_type=kind(60), moved=MOVED) == ["s-0", "s-30"]
    assert taken(FIRST, others, visit_type=kind(60), moved=MOVED) == []
    assert taken(own, visit_type=None, moved=MOVED) == ["s-30"]


def changed(otherwise: dict[str, Any]) -> VisitType:
    usual: dict[str, Any] = {"id": VisitTypeId("new"), "name": "New patient", "length": 30 * MINUTE}
    return VisitType(**(usual | otherwise))


@st.composite
def schedules(draw: st.DrawFn) -> list[Slot]:
    """A provider's slots, in steps of five minutes; some are somebody's, some elsewhere, and some hours are missing."""
    found, begins = [], 0
    for _ in range(draw(st.integers(1, 6))):
        ends = begins + 5 * draw(st.integers(1, 4))
        of, place = draw(st.sampled_from(("", "", "", "a-1"))), draw(st.sampled_from(("north", "north", "south")))
        found.append(slot(begins, ends, of=of, place=place))
        begins = ends + 5 * draw(st.sampled_from((0, 0, 0, 1)))
    return found


@given(schedules(), st.integers(1, 12), st.integers(0, 6))
def test_whatever_the_schedule_a_run_is_offered_where_every_minute_of_it_is_free(
    slots: list[Slot], length: int, after: int
) -> None:
    visit_type = kind(5 * length, 5 * (length + after))
    by_minute = {
        one.starts_at + at * 5 * MINUTE: one
        for one in slots
        for at in range((one.ends_at - one.starts_at) // (5 * MINUTE))
    }
    minutes = [by_minute.get(NINE + at * 5 * MINUTE) for at in range(length + after)]
    is_short = any(one is None or one.place_id != slots[0].place_id for one in minutes[:length])
    is_taken = any(one is not None and one.status is SlotStatus.BUSY for one in minutes)
    found = run(Choice(slot=slots[0], beside=slots, visit_type=visit_type))
    assert (found == ()) == (is_short or is_taken)
    if found:
        assert found == tuple(slots[: len(found)])
        assert all(one.ends_at == later.starts_at for one, later in pairwise(found))
        enough = NINE + visit_type.holds
        assert found[-1].starts_at < enough, "the fewest"


@pytest.mark.parametrize(
    ("otherwise", "refused"),
    [
        ({"id": "", "name": ""}, ("id", "empty")),
        ({"name": "x" * 201, "length": timedelta(0)}, ("name", "too_long")),
        ({"length": 4 * MINUTE, "holds": 4 * MINUTE}, ("length", "out_of_range")),
        ({"length": 331 * MINUTE / 60}, ("length", "bad_format")),
        ({"holds": 13 * 60 * MINUTE}, ("holds", "out_of_range")),
        ({"holds": 29 * MINUTE}, ("holds", "out_of_order")),
        ({"provider_ids": [""]}, ("provider_ids", "empty")),
        ({"provider_ids": [f"p-{at}" for at in range(21)]}, ("provider_ids", "too_many")),
    ],
)
def test_a_kind_of_visit_is_checked(otherwise: dict[str, Any], refused: tuple[str, str]) -> None:
    with pytest.raises(BadInputError) as refusal:
        changed(otherwise)
    assert (refusal.value.field, refusal.value.problem) == refused


@pytest.mark.parametrize(
    "otherwise",
    [{"bookable_by": "patient"}, {"provider_ids": "dora"}, {"provider_ids": [5]}, {"active": 1}, {"holds": 30}],
)
def test_a_kind_of_visit_of_wrong_types_is_a_type_error(otherwise: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        changed(otherwise)


def test_a_kind_of_visit_holds_its_provider_for_its_length_and_is_everybodys_unless_it_says_otherwise() -> None:
    assert kind(30).holds == 30 * MINUTE
    assert kind(30).is_offered_by(DORA)
    of_two = kind(30, provider_ids=["emil", "dora", "dora"], bookable_by=BookableBy.PRACTICE)
    assert of_two.provider_ids == ("dora", "emil")
    assert of_two.is_offered_by(DORA)
    assert not of_two.is_offered_by(StaffId("fay"))
    assert put(None, of_two).event == VisitTypePut(visit_type_id=VisitTypeId("new"))  # type: ignore[union-attr]
    assert put(of_two, of_two) == Unchanged()
