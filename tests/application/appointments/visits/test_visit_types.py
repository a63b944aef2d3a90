"""Kinds of visits: offered where their slots are free, booked, moved and given up with all of them."""

from collections.abc import Callable
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    BadInputError,
    BookableBy,
    NotFoundError,
    PatientAccess,
    PracticeAccess,
    SlotTakenError,
    StaffId,
    Store,
    VisitsOverlapError,
    VisitType,
    VisitTypeId,
)
from patientportal.domain.appointments.schedules import Slot
from patientportal.ports.store import Query
from tests.application.appointments.visits.schedule import DORA, EMIL, HOUR, MINUTE, MONDAY, publish, slots, starts

LONG = VisitType(id=VisitTypeId("long"), name="New patient", length=90 * MINUTE)
CLEANED = VisitType(id=VisitTypeId("cleaned"), name="Endoscopy", length=30 * MINUTE, holds=HOUR)
AT_THE_DESK = evolve(LONG, id=VisitTypeId("desk"), name="Operation", bookable_by=BookableBy.PRACTICE)


@pytest.fixture(autouse=True)
def known(practice: PracticeAccess) -> None:
    for visit_type in (LONG, CLEANED, AT_THE_DESK):
        practice.visit_types.put(visit_type)


@pytest.fixture
def busy(raw_store: Store) -> Callable[[], dict[str, str]]:
    """When the slots begin that are somebody's, each with its visit."""

    def busy() -> dict[str, str]:
        with raw_store.view() as view:
            found = view.select(Query(state=Slot, order=("starts_at", "id")))
        return {f"{one.starts_at - 5 * HOUR:%H:%M}": one.appointment_id for one in found if one.appointment_id}

    return busy


def test_a_kind_of_visit_is_offered_where_all_its_slots_are_free(me: PatientAccess, other: PatientAccess) -> None:
    assert [one.id for one in me.appointments.visit_types()] == ["cleaned", "long"]
    assert starts(me, visit_type_id=LONG.id) == ["09:00", "09:30", "10:00", "10:30"]
    slot = me.appointments.open_slots(visit_type_id=LONG.id).items[0]
    assert slot.ends_at - slot.starts_at == LONG.length
    other.appointments.book(slots(other)[3])
    assert starts(me, visit_type_id=LONG.id) == ["09:00"]
    assert starts(me, visit_type_id=CLEANED.id) == ["09:00", "09:30", "11:00", "11:30"], "the day may end in between"
    assert starts(me) == ["09:00", "09:30", "10:00", "11:00", "11:30"]


def test_a_visit_takes_and_gives_back_all_its_slots(
    me: PatientAccess, other: PatientAccess, busy: Callable[[], dict[str, str]]
) -> None:
    first, second, *_ = slots(me)
    visit_id = me.appointments.book(first, visit_type_id=LONG.id)
    assert busy() == dict.fromkeys(("09:00", "09:30", "10:00"), visit_id)
    visit = me.appointments.get(visit_id)
    assert (visit.visit_type_id, visit.visit_type_name) == ("long", "New patient")
    assert (visit.ends_at - visit.starts_at, visit.series_id, visit.revision) == (LONG.length, visit_id, 0)
    with pytest.raises(SlotTakenError):
        other.appointments.book(second)
    assert me.appointments.book(second) == visit_id, "that time is theirs"
    me.appointments.cancel(visit_id)
    assert busy() == {}
    assert len(slots(me)) == 6


def test_a_run_that_was_broken_meanwhile_is_taken(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess
) -> None:
    first, second, third, fourth, *_ = slots(me)
    other.appointments.book(third)
    books: tuple[Callable[..., object], ...] = (
        me.appointments.book,
        partial(practice.appointments.book, me.patient_id),
    )
    for book in books:
        with pytest.raises(SlotTakenError):
            book(first, visit_type_id=LONG.id)
        with pytest.raises(SlotTakenError):
            book(second, visit_type_id=CLEANED.id)
        with pytest.raises(NotFoundError):
            book("nothing", visit_type_id=LONG.id)
    me.appointments.book(fourth, visit_type_id=LONG.id)


def test_moving_a_visit_counts_its_own_slots_as_free_and_keeps_its_series(
    me: PatientAccess, practice: PracticeAccess, busy: Callable[[], dict[str, str]]
) -> None:
    first, second, third, *_ = slots(me)
    visit_id = me.appointments.book(first, visit_type_id=LONG.id)
    with pytest.raises(SlotTakenError):
        me.appointments.reschedule(visit_id, first)
    moved_id = me.appointments.reschedule(visit_id, second)
    assert busy() == dict.fromkeys(("09:30", "10:00", "10:30"), moved_id)
    again_id = practice.appointments.reschedule(moved_id, third)
    assert busy() == dict.fromkeys(("10:00", "10:30", "11:00"), again_id)
    visit = me.appointments.get(again_id)
    assert (visit.series_id, visit.revision, visit.visit_type_id) == (visit_id, 2, "long")


def test_the_desk_calls_off_a_visit_over_several_slots(
    me: PatientAccess, practice: PracticeAccess, busy: Callable[[], dict[str, str]]
) -> None:
    visit_id = practice.appointments.book(me.patient_id, slots(me)[0], visit_type_id=AT_THE_DESK.id)
    assert set(busy().values()) == {visit_id}
    practice.appointments.cancel(visit_id, "Dr Dora is ill")
    assert busy() == {}


def test_a_visit_does_not_overlap_the_patients_others_by_its_length_not_by_what_it_holds(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(practice, provider_id=EMIL)
    of_dora, of_emil = (slots(me, provider_id=one) for one in (DORA, EMIL))
    visit_id = me.appointments.book(of_emil[2])
    with pytest.raises(VisitsOverlapError) as refusal:
        me.appointments.book(of_dora[0], visit_type_id=LONG.id)
    assert refusal.value.appointment_id == visit_id
    me.appointments.book(of_dora[1], visit_type_id=CLEANED.id)


def test_what_is_not_for_patients_not_active_or_not_there_is_not_found_and_what_nobody_offers_not_offered(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    first = slots(me)[0]
    practice.visit_types.put(evolve(CLEANED, active=False))
    for visit_type_id in (AT_THE_DESK.id, CLEANED.id, VisitTypeId("unknown")):
        with pytest.raises(NotFoundError):
            me.appointments.open_slots(visit_type_id=visit_type_id)
        with pytest.raises(NotFoundError):
            me.appointments.book(first, visit_type_id=visit_type_id)
    with pytest.raises(NotFoundError):
        practice.appointments.book(me.patient_id, first, visit_type_id=CLEANED.id)
    assert len(practice.schedule.open_slots(visit_type_id=AT_THE_DESK.id).items) == 4
    practice.visit_types.put(evolve(LONG, provider_ids=(EMIL,)))
    assert starts(me, visit_type_id=LONG.id) == starts(me, visit_type_id=LONG.id, provider_id=DORA) == []
    with pytest.raises(BadInputError) as refusal:
        me.appointments.book(first, visit_type_id=LONG.id)
    assert (refusal.value.field, refusal.value.problem) == ("visit_type_id", "not_offered")
    assert [one.active for one in practice.visit_types.all()] == [False, True, True]


def test_a_kind_that_some_providers_have_is_looked_up_by_each_of_them(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(practice, provider_id=EMIL, opens=time(10), closes=time(12))
    publish(practice, provider_id=StaffId("fay"))
    practice.visit_types.put(evolve(LONG, provider_ids=(DORA, EMIL)))
    found = me.appointments.open_slots(visit_type_id=LONG.id).items
    assert [(f"{one.starts_at:%H:%M}", one.provider_id) for one in found] == [
        *(("09:00", DORA), ("09:30", DORA), ("10:00", DORA), ("10:00", EMIL), ("10:30", DORA), ("10:30", EMIL)),
    ]


def test_pages_of_a_kind_of_visit_have_everything_once_and_a_short_one_says_that_there_is_more(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(
        practice,
        provider_id=EMIL,
        pattern="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        visit_length=15 * MINUTE,
        first_day=MONDAY + timedelta(days=1),
        last_day=MONDAY + timedelta(days=60),
    )
    longest = evolve(LONG, id=VisitTypeId("longest"), length=3 * HOUR, holds=3 * HOUR)
    practice.visit_types.put(longest)
    seen: list[Any] = []
    lengths: list[int] = []
    cursor = None
    while not lengths or cursor is not None:
        page = me.appointments.open_slots(visit_type_id=longest.id, limit=3, cursor=cursor)
        seen += page.items
        lengths.append(len(page.items))
        cursor = page.next_cursor
    assert len(seen) == len({one.slot_id for one in seen}) == 45, "the first slot of Monday and of 44 days"
    assert max(lengths) == 3
    practice.visit_types.put(evolve(longest, length=12 * HOUR, holds=12 * HOUR))
    page = me.appointments.open_slots(visit_type_id=longest.id, limit=3)
    assert page.items == ()
    assert page.next_cursor is not None, "five hundred slots were looked at, of 534"
    rest = me.appointments.open_slots(visit_type_id=longest.id, cursor=page.next_cursor)
    assert (rest.items, rest.next_cursor) == ((), None)
