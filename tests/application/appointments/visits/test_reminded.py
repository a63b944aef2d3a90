"""Patients are reminded of their visits over each store: once, at the right time, and never of what isn't so."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from patientportal import (
    ActorKind,
    Answer,
    AppointmentId,
    NoticeKind,
    NoticePolicy,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Worked,
)
from patientportal.testing import FrozenClock, desk, person
from tests.application.appointments.visits.schedule import HOUR, MINUTE, NORTH, Told, publish, slots

NEXT_MONDAY, MONDAY_AFTER = date(2026, 1, 12), date(2026, 1, 19)
NINE = datetime(2026, 1, 12, 14, tzinfo=UTC)
DAY, INSTANT = 24 * HOUR, timedelta(microseconds=1)
REMINDER = NoticeKind.VISIT_REMINDER


def until(clock: FrozenClock, moment: datetime) -> None:
    clock.advance(moment - clock())


@pytest.fixture
def visit_id(me: PatientAccess, practice: PracticeAccess, told: Told) -> AppointmentId:
    """A visit a week ahead, at a practice that has more then and in two weeks."""
    publish(practice, first_day=NEXT_MONDAY, last_day=MONDAY_AFTER)
    booked_id = me.appointments.book(slots(me, after=NINE - INSTANT)[0], "My back")
    assert told() == [NoticeKind.VISIT_BOOKED]
    return booked_id


def test_two_days_before_their_visit_patients_are_told_once_when_and_where_it_is_and_not_what_for(
    visit_id: AppointmentId, usual: Portal, clock: FrozenClock, notifier: RecordingNotifier, told: Told
) -> None:
    assert visit_id
    until(clock, NINE - 2 * DAY - INSTANT)
    assert told() == []
    clock.advance(INSTANT)
    assert usual.health().most_overdue == timedelta(0)
    notifier.messages.clear()
    assert usual.work() == Worked(concluded=1, sent=1)
    (message,) = notifier.messages
    assert (message.kind, message.visit_at, message.visit_place) == (REMINDER, NINE, NORTH.name)
    assert message.visit_at is not None
    assert f"{message.visit_at:%H:%M}" == "09:00"
    assert "back" not in str(message)
    for moment in (NINE - DAY, NINE - INSTANT, NINE, NINE + DAY):
        until(clock, moment)
        assert (told(), usual.health().most_overdue) == ([], None)


def test_a_practice_may_remind_as_often_as_it_likes_or_not_at_all(
    visit_id: AppointmentId, portal_with: Callable[..., Portal], clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    assert visit_id
    mute, keen = (
        portal_with(policy=Policy(zone="America/New_York", notices=NoticePolicy(reminders=reminders)))
        for reminders in ((), (5 * DAY, DAY, 2 * HOUR))
    )
    notifier.messages.clear()
    at: list[timedelta] = []
    until(clock, NINE - 6 * DAY)
    while clock() < NINE + DAY:
        assert mute.work() == Worked()
        assert mute.health().most_overdue is None
        at += [NINE - clock()] * keen.work().sent
        clock.advance(30 * MINUTE)
    assert at == [5 * DAY, DAY, 2 * HOUR]
    assert {message.kind for message in notifier.messages} == {REMINDER}


def test_a_visit_booked_later_than_that_is_reminded_of_by_the_confirmation_alone(
    me: PatientAccess, clock: FrozenClock, told: Told
) -> None:
    me.appointments.book(slots(me)[0])
    assert told() == [NoticeKind.VISIT_BOOKED]
    clock.advance(4 * HOUR)
    assert told() == []


def test_a_moved_visit_is_reminded_of_at_its_new_time_alone(
    visit_id: AppointmentId, practice: PracticeAccess, clock: FrozenClock, notifier: RecordingNotifier, told: Told
) -> None:
    until(clock, NINE - 2 * DAY)
    later = practice.schedule.open_slots(after=NINE + DAY).items[0].slot_id
    practice.appointments.reschedule(visit_id, later)
    assert told() == [NoticeKind.VISIT_RESCHEDULED]
    until(clock, NINE + 5 * DAY)
    assert told() == [REMINDER]
    assert notifier.messages[-1].visit_at == NINE + 7 * DAY
    until(clock, NINE + 8 * DAY)
    assert told() == []


def test_a_visit_that_was_moved_when_its_reminder_was_on_its_way_is_told_only_as_it_is_now(
    visit_id: AppointmentId, practice: PracticeAccess, clock: FrozenClock, notifier: RecordingNotifier, told: Told
) -> None:
    until(clock, NINE - 2 * DAY)
    notifier.answers = [Answer.LATER]
    assert told() == [REMINDER]
    practice.appointments.reschedule(visit_id, practice.schedule.open_slots(after=NINE).items[0].slot_id)
    clock.advance(2 * MINUTE)
    assert told() == [NoticeKind.VISIT_RESCHEDULED]


@pytest.mark.parametrize("mark", ["cancel", "mark_arrived", "mark_fulfilled", "mark_noshow", "it begins"])
def test_nobody_is_reminded_of_a_visit_to_which_they_are_not_to_come_any_more(
    mark: str,
    visit_id: AppointmentId,
    portal_with: Callable[..., Portal],
    clock: FrozenClock,
    notifier: RecordingNotifier,
) -> None:
    soon = portal_with(policy=Policy(zone="America/New_York", notices=NoticePolicy(reminders=(MINUTE,))))
    until(clock, NINE - MINUTE)
    notifier.answers = [Answer.LATER]
    assert soon.work() == Worked(concluded=1, postponed=1)
    notifier.messages.clear()
    visits = desk(soon).appointments
    match mark:
        case "cancel":
            visits.cancel(visit_id, "Dr Dora is ill")
        case "mark_arrived":
            visits.mark_arrived(visit_id)
        case _:
            until(clock, NINE)
    if mark.startswith("mark") and mark != "mark_arrived":
        getattr(visits, mark)(visit_id)
    clock.advance(2 * MINUTE)
    soon.work()
    assert REMINDER not in {message.kind for message in notifier.messages}
    assert (soon.health().oldest_waiting, desk(soon).audit.undelivered().items) == (None, ())


def test_reminders_that_nobody_sent_in_time_are_one_and_none_once_the_visit_has_begun(
    visit_id: AppointmentId, portal_with: Callable[..., Portal], clock: FrozenClock
) -> None:
    assert visit_id
    keen = portal_with(policy=Policy(zone="UTC", notices=NoticePolicy(reminders=(5 * DAY, DAY))))
    until(clock, NINE - HOUR)
    assert keen.health().most_overdue == 5 * DAY - HOUR
    assert keen.work() == Worked(concluded=1, sent=1)
    desk(keen).appointments.reschedule(visit_id, desk(keen).schedule.open_slots(after=NINE + DAY).items[0].slot_id)
    keen.work()
    until(clock, NINE + 7 * DAY)
    assert keen.health().most_overdue is None
    assert keen.work() == Worked()


def test_whoever_has_no_address_is_on_the_list_of_whom_to_call(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, usual: Portal
) -> None:
    publish(practice, first_day=NEXT_MONDAY, last_day=NEXT_MONDAY)
    known = practice.patients.register(person(first_name="Ben", email=None), invite=False)
    practice.appointments.book(known, slots(me, after=NINE - INSTANT)[0])
    until(clock, NINE - 2 * DAY)
    usual.work()
    to_call = practice.audit.undelivered().items
    assert [(one.patient_id, one.kind) for one in to_call] == [(known, NoticeKind.VISIT_BOOKED), (known, REMINDER)]


def test_the_history_says_when_somebody_was_to_be_reminded(
    visit_id: AppointmentId, me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, told: Told
) -> None:
    assert visit_id
    until(clock, NINE - 2 * DAY)
    told()
    (event,) = [one for one in practice.audit.of_patient(me.patient_id).items if one.what == "reminder_due"]
    assert (event.at, event.by) == (NINE - 2 * DAY, ActorKind.SYSTEM)
