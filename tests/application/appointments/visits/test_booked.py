"""Visits over each store are found and booked, and seen by nobody else."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentId,
    AppointmentStatus,
    BadInputError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    SlotId,
    SlotTakenError,
    StaffId,
    VisitBegunError,
    VisitsOverlapError,
)
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock
from tests.application.appointments.visits.schedule import (
    DORA,
    EMIL,
    HOUR,
    MINUTE,
    NINE_THERE,
    NORTH,
    SOUTH,
    Again,
    Told,
    publish,
    slots,
    starts,
)

# Finding


def test_free_slots_that_lie_ahead_are_shown_in_local_time_with_the_zone_of_their_place(me: PatientAccess) -> None:
    first, *_ = me.appointments.open_slots().items
    assert (first.starts_at.isoformat(), first.ends_at.isoformat()) == (
        "2026-01-05T09:00:00-05:00",
        "2026-01-05T09:30:00-05:00",
    )
    assert (first.provider_id, first.place) == (DORA, NORTH)
    assert starts(me) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_a_slot_is_shown_until_its_very_beginning(me: PatientAccess, clock: FrozenClock, again: Again) -> None:
    """A bug of others: any slot of this year counts as free."""
    clock.advance(5 * HOUR - timedelta(microseconds=1))
    me = again()
    assert starts(me)[0] == "09:00"
    clock.advance(timedelta(microseconds=1))
    assert starts(me)[0] == "09:30"


def test_a_time_in_the_past_shows_nothing_that_has_begun(me: PatientAccess, clock: FrozenClock, again: Again) -> None:
    clock.advance(5 * HOUR)
    me = again()
    for after in (NINE_THERE - 24 * HOUR, NINE_THERE - timedelta(microseconds=1), NINE_THERE):
        assert starts(me, after=after)[0] == "09:30"


def test_slots_are_looked_for_by_provider_place_and_time(me: PatientAccess, practice: PracticeAccess) -> None:
    publish(practice, place=SOUTH, provider_id=EMIL, opens=time(16), closes=time(17))
    assert starts(me, provider_id=EMIL) == starts(me, place_id=SOUTH.id) == ["16:00", "16:30"]
    assert starts(me, provider_id=EMIL, place_id=NORTH.id) == []
    assert starts(me, provider_id=StaffId("nobody")) == []
    assert len(slots(me)) == 8
    assert starts(me, after=NINE_THERE + HOUR, before=NINE_THERE + 2 * HOUR) == ["10:00", "16:00", "10:30", "16:30"]
    assert starts(me, provider_id=DORA, after=NINE_THERE + HOUR, before=NINE_THERE + 2 * HOUR) == ["10:00", "10:30"]
    assert starts(me, after=NINE_THERE - 24 * HOUR, before=NINE_THERE) == []


def test_slots_come_in_pages(me: PatientAccess) -> None:
    first = me.appointments.open_slots(limit=4)
    second = me.appointments.open_slots(limit=4, cursor=first.next_cursor)
    assert [slot.slot_id for slot in (*first.items, *second.items)] == slots(me)
    assert second.next_cursor is None


# Booking


def test_a_booked_slot_is_the_patients_and_is_confirmed_by_mail(
    me: PatientAccess, notifier: RecordingNotifier, told: Told
) -> None:
    first, *rest = slots(me)
    visit_id = me.appointments.book(first, "My back")
    (visit,) = me.appointments.upcoming().items
    assert visit == me.appointments.get(visit_id)
    assert (visit.appointment_id, visit.patient_id, visit.provider_id) == (visit_id, me.patient_id, DORA)
    assert (visit.place, visit.reason, visit.status) == (NORTH, "My back", AppointmentStatus.BOOKED)
    assert visit.starts_at.isoformat() == "2026-01-05T09:00:00-05:00"
    assert slots(me) == rest
    assert told() == [NoticeKind.VISIT_BOOKED]
    (mail,) = notifier.messages
    assert (mail.visit_at, mail.visit_place) == (visit.starts_at, "North Building")


def test_whatever_is_shown_in_local_time_says_that_djangos_templates_are_to_leave_it_alone(
    me: PatientAccess, practice: PracticeAccess, notifier: RecordingNotifier, told: Told
) -> None:
    """A bug of others: a visit in Los Angeles is shown by the clocks of the site, in New York."""
    slot = me.appointments.open_slots().items[0]
    visit = me.appointments.get(me.appointments.book(slot.slot_id))
    (upcoming,) = me.appointments.upcoming().items
    (of_day,) = practice.appointments.of_day(DORA, NINE_THERE.date())
    assert told() == [NoticeKind.VISIT_BOOKED]
    (mail,) = notifier.messages
    shown = [at for one in (slot, visit, upcoming, of_day) for at in (one.starts_at, one.ends_at)]
    assert {getattr(at, "convert_to_local_time", True) for at in (*shown, mail.visit_at)} == {False}


def test_a_slot_has_one_winner_and_the_loser_learns_nothing_else(me: PatientAccess, other: PatientAccess) -> None:
    first, *rest = slots(me)
    me.appointments.book(first)
    with pytest.raises(SlotTakenError) as refusal:
        other.appointments.book(first)
    assert (str(refusal.value), vars(type(refusal.value)).get("__attrs_attrs__")) == ("slot_taken", ())
    assert slots(other) == rest
    assert me.appointments.upcoming().items != ()
    assert other.appointments.upcoming().items == ()


def test_a_double_click_gives_the_visit_that_one_has_and_changes_nothing(
    me: PatientAccess, told: Told, clock: FrozenClock, again: Again
) -> None:
    first, *_ = slots(me)
    visit_id = me.appointments.book(first, "My back")
    booked = me.appointments.get(visit_id)
    assert me.appointments.book(first, "My knee") == visit_id
    clock.advance(5 * HOUR)
    me = again()
    assert me.appointments.book(first) == visit_id
    assert me.appointments.get(visit_id) == booked
    assert told() == [NoticeKind.VISIT_BOOKED]
    me.appointments.cancel(me.appointments.book(slots(me)[0]))


def test_a_slot_is_booked_until_its_very_beginning(me: PatientAccess, clock: FrozenClock, again: Again) -> None:
    first, second, *_ = slots(me)
    clock.advance(5 * HOUR)
    me = again()
    with pytest.raises(VisitBegunError):
        me.appointments.book(first)
    clock.advance(30 * MINUTE - timedelta(microseconds=1))
    again().appointments.book(second)


def test_visits_of_a_patient_may_touch_and_may_not_overlap(me: PatientAccess, practice: PracticeAccess) -> None:
    publish(practice, provider_id=EMIL, opens=time(9, 15), closes=time(10, 45))
    emils = slots(me, provider_id=EMIL)
    first, second, third, *_ = slots(me, provider_id=DORA)
    visit_id = me.appointments.book(second)
    for overlapping in emils[:2]:
        with pytest.raises(VisitsOverlapError) as refusal:
            me.appointments.book(overlapping)
        assert refusal.value.appointment_id == visit_id
    for touching in (first, third):
        me.appointments.book(touching)
    with pytest.raises(VisitsOverlapError):
        me.appointments.book(emils[2])


def test_a_cancelled_visit_is_in_nobodys_way(me: PatientAccess, practice: PracticeAccess) -> None:
    publish(practice, provider_id=EMIL, opens=time(9, 15), closes=time(9, 45))
    me.appointments.cancel(me.appointments.book(slots(me, provider_id=DORA)[0]))
    me.appointments.book(slots(me, provider_id=EMIL)[0])


@pytest.mark.parametrize("slot_id", ["unknown", "no such id!", ""])
def test_a_slot_that_is_not_there_is_not_found(me: PatientAccess, slot_id: str) -> None:
    with pytest.raises(NotFoundError) as refusal:
        me.appointments.book(SlotId(slot_id))
    assert refusal.value.what == "slot"


def test_an_id_of_another_kind_is_not_found(me: PatientAccess) -> None:
    first, second, *_ = slots(me)
    visit_id = me.appointments.book(first)
    with pytest.raises(NotFoundError, match="not_found"):
        me.appointments.book(SlotId(visit_id))
    for call in (me.appointments.get, me.appointments.cancel):
        with pytest.raises(NotFoundError, match="not_found"):
            call(AppointmentId(second))


def test_a_visit_is_booked_for_oneself_and_seen_by_oneself(me: PatientAccess, other: PatientAccess) -> None:
    """A bug of others: booking, seeing or cancelling for somebody else."""
    first, second, *_ = slots(me)
    visit_id = me.appointments.book(first)
    calls: list[Callable[[AppointmentId], object]] = [
        other.appointments.get,
        other.appointments.cancel,
        lambda of: other.appointments.reschedule(of, second),
    ]
    for call in calls:
        answers = set()
        for of in (visit_id, AppointmentId("unknown")):
            with pytest.raises(NotFoundError) as refusal:
                call(of)
            answers.add((str(refusal.value), refusal.value.what))
        assert answers == {("not_found", "appointment")}
    assert other.appointments.upcoming().items == other.appointments.past().items == ()
    assert me.appointments.get(visit_id).status is AppointmentStatus.BOOKED


# What is kept


def test_a_busy_slot_says_who_has_it_and_only_the_store_knows(
    me: PatientAccess, other: PatientAccess, store: Any
) -> None:
    visit_id = me.appointments.book(slots(me)[0], "My back")
    with store.view() as view:
        (busy,) = [slot for slot in view.select(Query(state=Slot)) if slot.status is SlotStatus.BUSY]
    assert (busy.patient_id, busy.appointment_id) == (me.patient_id, visit_id)
    assert me.patient_id not in repr(other.appointments.open_slots())


def test_booking_takes_few_round_trips(me: PatientAccess, calls: Any) -> None:
    first, *_ = slots(me)
    calls.clear()
    me.appointments.book(first)
    assert (calls["transaction"], calls["get_all"], calls["select"], calls["view"]) == (1, 1, 1, 0)
    assert (calls["add"], calls["put"], calls["record"], calls["get"]) == (2, 1, 1, 0)


def test_after_the_log_off_nothing_is_booked(me: PatientAccess) -> None:
    first, *_ = slots(me)
    visit_id = me.appointments.book(first)
    me.log_off()
    calls: list[Callable[[], object]] = [
        me.appointments.open_slots,
        lambda: me.appointments.book(first),
        lambda: me.appointments.get(visit_id),
        lambda: me.appointments.cancel(visit_id),
        lambda: me.appointments.reschedule(visit_id, first),
        me.appointments.upcoming,
        me.appointments.past,
        me.appointments.requests,
    ]
    for call in calls:
        with pytest.raises(SessionEndedError):
            call()


def test_moments_must_be_in_order_and_known_to_the_calendar(me: PatientAccess) -> None:
    for before in (NINE_THERE, NINE_THERE - MINUTE):
        with pytest.raises(BadInputError, match="before: out_of_order"):
            me.appointments.open_slots(after=NINE_THERE, before=before)
    with pytest.raises(BadInputError, match="after: out_of_range"):
        me.appointments.open_slots(after=datetime.fromisoformat("9999-12-31T23:59:59-05:00"))
