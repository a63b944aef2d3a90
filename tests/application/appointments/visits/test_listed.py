"""Visits over each store are listed for the patient and for the practice, which writes down who came."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from patientportal import (
    AlreadyArrivedError,
    AppointmentId,
    AppointmentStatus,
    NotFoundError,
    NotYetBegunError,
    PatientAccess,
    Place,
    PlaceId,
    PracticeAccess,
)
from patientportal.testing import FrozenClock
from tests.application.appointments.visits.schedule import DORA, EMIL, HOUR, MINUTE, MONDAY, Again, Told, publish, slots

# Lists


def test_a_visit_is_upcoming_until_it_is_over_and_past_from_then_on(
    me: PatientAccess, clock: FrozenClock, again: Again
) -> None:
    visit_id = me.appointments.book(slots(me)[0])
    clock.advance(5 * HOUR + 30 * MINUTE - timedelta(microseconds=1))
    me = again()
    assert [visit.appointment_id for visit in me.appointments.upcoming().items] == [visit_id]
    assert me.appointments.past().items == ()
    clock.advance(timedelta(microseconds=1))
    assert me.appointments.upcoming().items == ()
    (over,) = me.appointments.past().items
    assert (over.appointment_id, over.status) == (visit_id, AppointmentStatus.BOOKED)


def test_the_past_is_one_list_of_all_that_ended_the_latest_first_in_pages(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, again: Again
) -> None:
    visits = [me.appointments.book(slot_id) for slot_id in slots(me)]
    me.appointments.cancel(visits[1])
    me.appointments.cancel(visits[4])
    clock.advance(9 * HOUR)
    practice.appointments.mark_fulfilled(visits[0])
    practice.appointments.mark_noshow(visits[3])
    me = again()
    seen, cursor = [], None
    for _ in range(4):
        page = me.appointments.past(limit=2, cursor=cursor)
        seen += [(visit.appointment_id, visit.status.value) for visit in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    statuses = ["fulfilled", "cancelled", "booked", "noshow", "cancelled", "booked"]
    assert seen == list(zip(visits, statuses, strict=True))[::-1]
    assert cursor is None


# The practice


def test_the_day_of_a_provider_shows_who_is_to_come_and_why(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess
) -> None:
    first, second, third, *_ = slots(me)
    mine, theirs = me.appointments.book(first, "My back"), other.appointments.book(third)
    me.appointments.cancel(me.appointments.book(second))
    of_day = practice.appointments.of_day(DORA, MONDAY)
    assert [(visit.appointment_id, visit.patient_id, visit.reason) for visit in of_day] == [
        (mine, me.patient_id, "My back"),
        (theirs, other.patient_id, ""),
    ]
    assert practice.appointments.of_day(EMIL, MONDAY) == ()
    assert practice.appointments.of_day(DORA, date(2026, 1, 6)) == ()


def test_a_day_is_counted_by_the_clocks_of_each_place(me: PatientAccess, practice: PracticeAccess) -> None:
    """A visit at 23:30 in New York is on the sixth in UTC; one at 00:00 in Apia on the sixth is on the fifth there."""
    apia = Place(id=PlaceId("apia"), name="Apia", zone="Pacific/Apia")
    publish(practice, opens=time(23, 30), closes=time(0))
    tuesday = {"pattern": "FREQ=WEEKLY;BYDAY=TU", "first_day": date(2026, 1, 6), "last_day": date(2026, 1, 6)}
    publish(practice, place=apia, opens=time(0), closes=time(0, 30), **tuesday)
    late = me.appointments.book(slots(me, after=datetime(2026, 1, 6, 4, tzinfo=UTC))[0])
    tropical = me.appointments.book(slots(me, place_id=apia.id)[0])
    assert [visit.appointment_id for visit in practice.appointments.of_day(DORA, MONDAY)] == [late]
    assert [visit.appointment_id for visit in practice.appointments.of_day(DORA, date(2026, 1, 6))] == [tropical]


def test_without_a_day_it_is_the_practices_own_present_one(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock
) -> None:
    """When Monday ends in New York, it has been Tuesday in UTC for five hours."""
    booked = me.appointments.book(slots(me)[0])
    of_today = []
    for moment in (datetime(2026, 1, 6, 4, 59, tzinfo=UTC), datetime(2026, 1, 6, 5, tzinfo=UTC)):
        clock.advance(moment - clock())
        of_today.append([visit.appointment_id for visit in practice.appointments.of_day(DORA)])
    assert of_today == [[booked], []]


def test_who_came_is_written_down_from_the_beginning_on_and_told_to_nobody(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, again: Again, told: Told
) -> None:
    came, missed = (me.appointments.book(slot_id) for slot_id in slots(me)[:2])
    told()
    with pytest.raises(NotYetBegunError):
        practice.appointments.mark_fulfilled(came)
    clock.advance(6 * HOUR)
    for _ in range(2):
        practice.appointments.mark_fulfilled(came)
        practice.appointments.mark_noshow(missed)
    me = again()
    assert [visit.status.value for visit in me.appointments.past().items] == ["noshow", "fulfilled"]
    assert [entry.what for entry in me.account.history().items[:3]] == [
        "logged_in",
        "appointment_missed",
        "appointment_fulfilled",
    ]
    assert told() == []


def test_who_was_marked_as_missed_and_came_after_all_came(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, again: Again, told: Told
) -> None:
    """B2-37: and the other way round; the patient's history keeps both, and nobody is told."""
    visit_id = me.appointments.book(slots(me)[0])
    told()
    clock.advance(6 * HOUR)
    practice.appointments.mark_noshow(visit_id)
    clock.advance(MINUTE)
    practice.appointments.mark_fulfilled(visit_id)
    me = again()
    (visit,) = me.appointments.past().items
    assert (visit.status, visit.ended_at) == (AppointmentStatus.FULFILLED, clock() - MINUTE)
    practice.appointments.mark_noshow(visit_id)
    assert me.appointments.get(visit_id).status is AppointmentStatus.NOSHOW
    seen = [entry.what for entry in me.account.history().items]
    assert seen[:4] == ["appointment_missed", "logged_in", "appointment_fulfilled", "appointment_missed"]
    assert told() == []


def test_who_is_here_is_seen_by_the_desk_and_no_longer_cancels_online(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, told: Told
) -> None:
    tuesday = date(2026, 1, 6)
    publish(practice, pattern="FREQ=WEEKLY;BYDAY=TU", first_day=tuesday, last_day=tuesday)
    first, second, third, *_ = slots(me)
    visit_id, tomorrows = me.appointments.book(first), me.appointments.book(slots(me)[-1])
    told()
    for _ in range(2):
        practice.appointments.mark_arrived(visit_id)
    (visit, *_) = practice.appointments.of_day(DORA, MONDAY)
    assert (visit.arrived_at, visit.status) == (clock(), AppointmentStatus.BOOKED)
    for call in (
        lambda: me.appointments.cancel(visit_id),
        lambda: me.appointments.reschedule(visit_id, second),
    ):
        with pytest.raises(AlreadyArrivedError):
            call()
    with pytest.raises(NotYetBegunError):
        practice.appointments.mark_arrived(tomorrows)
    for _ in range(2):
        practice.appointments.unmark_arrived(visit_id)
    moved_id = me.appointments.reschedule(visit_id, third)
    practice.appointments.mark_arrived(moved_id)
    practice.appointments.mark_fulfilled(moved_id)
    assert me.appointments.past().items[0].status is AppointmentStatus.FULFILLED
    assert told() == []


VERBS = ["cancel", "mark_arrived", "unmark_arrived", "mark_fulfilled", "mark_noshow"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_visit_that_is_not_there_is_not_found_by_the_practice(practice: PracticeAccess, verb: str) -> None:
    more = ("A reason",) if verb == "cancel" else ()
    with pytest.raises(NotFoundError) as refusal:
        getattr(practice.appointments, verb)(AppointmentId("unknown"), *more)
    assert refusal.value.what == "appointment"
