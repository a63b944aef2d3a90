"""Visits over each store: found, booked, moved, cancelled, and seen by nobody else."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentId,
    AppointmentPolicy,
    AppointmentStatus,
    BadInputError,
    NotBookedError,
    NotFoundError,
    NoticeKind,
    NotYetBegunError,
    PatientAccess,
    Place,
    PlaceId,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    SlotId,
    SlotTakenError,
    StaffId,
    TooLateToCancelError,
    VisitBegunError,
    VisitsOverlapError,
)
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, Member, activated

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


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess) -> PatientAccess:
    """Somebody who is in, at a practice that has published a morning."""
    publish(practice)
    return usual.log_in(member.username, member.password)


@pytest.fixture
def again(usual: Portal, member: Member) -> Again:
    """Logs the patient in anew, after hours in which their session ended."""
    return lambda: usual.log_in(member.username, member.password)


@pytest.fixture
def other(usual: Portal, notifier: RecordingNotifier) -> PatientAccess:
    """Somebody else."""
    stranger = activated(usual, notifier, username="stranger", email="stranger@example.org")
    notifier.messages.clear()
    return usual.log_in(stranger.username, stranger.password)


def slots(me: PatientAccess, **narrowed: Any) -> list[SlotId]:
    return [slot.slot_id for slot in me.appointments.open_slots(**narrowed).items]


def starts(me: PatientAccess, **narrowed: Any) -> list[str]:
    return [f"{slot.starts_at:%H:%M}" for slot in me.appointments.open_slots(**narrowed).items]


@pytest.fixture
def told(usual: Portal, notifier: RecordingNotifier) -> Told:
    """Has what is due told, and says what was told since the last time."""

    def told() -> list[NoticeKind]:
        notifier.messages.clear()
        usual.work()
        return [message.kind for message in notifier.messages]

    return told


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


def test_a_slot_has_one_winner_and_the_loser_learns_nothing_else(me: PatientAccess, other: PatientAccess) -> None:
    first, *rest = slots(me)
    me.appointments.book(first)
    for loser in (me, other):
        with pytest.raises(SlotTakenError) as refusal:
            loser.appointments.book(first)
        assert (str(refusal.value), vars(type(refusal.value)).get("__attrs_attrs__")) == ("slot_taken", ())
    assert slots(other) == rest
    assert me.appointments.upcoming().items != ()
    assert other.appointments.upcoming().items == ()


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


# Cancelling


def test_a_cancelled_slot_is_offered_again_at_once_to_anybody(
    me: PatientAccess, other: PatientAccess, told: Told
) -> None:
    """A bug of others: the slot of a cancelled visit is never offered again."""
    before = slots(me)
    visit_id = me.appointments.book(before[0], "My back")
    told()
    me.appointments.cancel(visit_id)
    assert slots(other) == before
    other.appointments.book(before[0])
    assert me.appointments.upcoming().items == ()
    (cancelled,) = me.appointments.past().items
    assert (cancelled.appointment_id, cancelled.status) == (visit_id, AppointmentStatus.CANCELLED)
    assert (cancelled.cancelled_by, cancelled.cancellation_reason) == ("patient", "")
    assert told() == [NoticeKind.VISIT_CANCELLED, NoticeKind.VISIT_BOOKED]


def test_a_second_cancel_is_refused_even_after_the_slot_was_withdrawn(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    first, second, *_ = slots(me)
    visit_id = me.appointments.book(first)
    me.appointments.cancel(visit_id)
    practice.schedule.withdraw(provider_id=DORA, after=NINE_THERE, before=NINE_THERE + 30 * MINUTE)
    for call in (lambda: me.appointments.cancel(visit_id), lambda: me.appointments.reschedule(visit_id, second)):
        with pytest.raises(NotBookedError) as refusal:
            call()
        assert refusal.value.status is AppointmentStatus.CANCELLED


def test_a_visit_can_be_cancelled_until_its_very_beginning(me: PatientAccess, clock: FrozenClock, again: Again) -> None:
    visits = [me.appointments.book(slot_id) for slot_id in slots(me)[:2]]
    clock.advance(5 * HOUR)
    me = again()
    with pytest.raises(VisitBegunError):
        me.appointments.cancel(visits[0])
    me.appointments.cancel(visits[1])


def test_where_the_practice_wants_notice_patients_give_it_and_the_practice_need_not(
    portal_with: Callable[..., Portal], me: PatientAccess, practice: PracticeAccess, member: Member
) -> None:
    policy = Policy(zone="America/New_York", appointments=AppointmentPolicy(cancel_notice=5 * HOUR + MINUTE))
    strict = portal_with(policy=policy).log_in(member.username, member.password)
    first, second, *_ = slots(me)
    visit_id, later_id = strict.appointments.book(first), strict.appointments.book(second)
    with pytest.raises(TooLateToCancelError):
        strict.appointments.cancel(visit_id)
    with pytest.raises(TooLateToCancelError):
        strict.appointments.reschedule(visit_id, slots(me)[0])
    strict.appointments.cancel(later_id)
    practice.appointments.cancel(visit_id, "Dr Dora is ill")


def test_the_practice_cancels_with_a_reason_and_the_patient_is_told_that_it_did(
    me: PatientAccess, practice: PracticeAccess, told: Told
) -> None:
    visit_id = me.appointments.book(slots(me)[0])
    practice.appointments.cancel(visit_id, " Dr Dora is ill ")
    visit = me.appointments.get(visit_id)
    assert (visit.status, visit.cancelled_by) == (AppointmentStatus.CANCELLED, "staff")
    assert visit.cancellation_reason == "Dr Dora is ill"
    assert told() == [NoticeKind.VISIT_CANCELLED]
    with pytest.raises(NotBookedError):
        practice.appointments.cancel(visit_id, "Again")


def test_a_confirmation_is_not_sent_any_more_once_the_visit_was_cancelled(me: PatientAccess, told: Told) -> None:
    me.appointments.cancel(me.appointments.book(slots(me)[0]))
    assert told() == [NoticeKind.VISIT_CANCELLED]


# Moving


def test_a_visit_is_moved_in_one_step_and_the_two_are_linked(
    me: PatientAccess, notifier: RecordingNotifier, told: Told
) -> None:
    first, second, *_ = slots(me)
    former_id = me.appointments.book(first, "My back")
    assert told() == [NoticeKind.VISIT_BOOKED]
    new_id = me.appointments.reschedule(former_id, second)
    former, new = me.appointments.get(former_id), me.appointments.get(new_id)
    assert (former.status, former.rescheduled_to) == (AppointmentStatus.CANCELLED, new_id)
    assert (new.status, new.rescheduled_from, new.reason) == (AppointmentStatus.BOOKED, former_id, "My back")
    assert [visit.appointment_id for visit in me.appointments.upcoming().items] == [new_id]
    assert slots(me)[0] == first
    assert told() == [NoticeKind.VISIT_RESCHEDULED]
    assert notifier.messages[-1].visit_at == new.starts_at


def test_a_visit_may_be_moved_to_an_earlier_slot_and_into_its_own_time(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(practice, provider_id=EMIL, opens=time(9, 15), closes=time(9, 45))
    first, second, *_ = slots(me, provider_id=DORA)
    visit_id = me.appointments.book(second)
    (between,) = slots(me, provider_id=EMIL)
    visit_id = me.appointments.reschedule(visit_id, between)
    visit_id = me.appointments.reschedule(visit_id, first)
    assert me.appointments.get(visit_id).starts_at == NINE_THERE


def test_a_visit_is_not_moved_into_another_one_that_begins_before_it(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(practice, provider_id=EMIL, opens=time(9, 15), closes=time(9, 45))
    first, second, *_ = slots(me, provider_id=DORA)
    in_the_way, visit_id = me.appointments.book(first), me.appointments.book(second)
    with pytest.raises(VisitsOverlapError) as refusal:
        me.appointments.reschedule(visit_id, slots(me, provider_id=EMIL)[0])
    assert refusal.value.appointment_id == in_the_way


def test_a_visit_that_cannot_be_moved_stands_where_it_was(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, contents: Callable[[], Any]
) -> None:
    publish(practice, provider_id=EMIL, opens=time(10, 15), closes=time(10, 45))
    first, second, third, *_ = slots(me, provider_id=DORA)
    visit_id = me.appointments.book(first)
    me.appointments.book(third)
    other.appointments.book(second)
    before = contents()
    attempts: list[tuple[SlotId, type[Exception]]] = [
        (second, SlotTakenError),
        (first, SlotTakenError),
        (slots(me, provider_id=EMIL)[0], VisitsOverlapError),
        (SlotId("unknown"), NotFoundError),
    ]
    for slot_id, expected in attempts:
        with pytest.raises(expected):
            me.appointments.reschedule(visit_id, slot_id)
        assert contents() == before


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
    with pytest.raises(NotBookedError):
        practice.appointments.mark_noshow(came)
    with pytest.raises(NotBookedError):
        practice.appointments.cancel(missed, "Too late")
    me = again()
    assert [visit.status.value for visit in me.appointments.past().items] == ["noshow", "fulfilled"]
    assert [entry.what for entry in me.account.history().items[:3]] == [
        "logged_in",
        "appointment_missed",
        "appointment_fulfilled",
    ]
    assert told() == []


@pytest.mark.parametrize("verb", ["cancel", "mark_fulfilled", "mark_noshow"])
def test_a_visit_that_is_not_there_is_not_found_by_the_practice(practice: PracticeAccess, verb: str) -> None:
    more = ("A reason",) if verb == "cancel" else ()
    with pytest.raises(NotFoundError) as refusal:
        getattr(practice.appointments, verb)(AppointmentId("unknown"), *more)
    assert refusal.value.what == "appointment"


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
