"""Patients are reminded of a visit that begins soon: once for each moment that came after it was booked."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments import reminders
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.appointments.reminders import Reminded, ReminderDue
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.testing import strategies
from tests.domain.appointments.visits.visiting import HOUR, INSTANT, LATER, NINE, VISIT, book, ended, reschedule

DAY = 24 * HOUR
BOOKED_EARLY = book(now=NINE - 30 * DAY).appointment
USUAL = Policy(zone="UTC")


def policy(*before: timedelta) -> Policy:
    return Policy(zone="UTC", notices=NoticePolicy(reminders=before))


def reminded(visit: Appointment, now: datetime, *before: timedelta) -> Appointment | None:
    outcome = reminders.remind(visit, now=now, policy=policy(*before))
    return outcome.appointment if isinstance(outcome, Reminded) else None


def test_two_days_before_a_visit_its_patient_is_reminded_of_it() -> None:
    outcome = reminders.remind(BOOKED_EARLY, now=NINE - 2 * DAY, policy=USUAL)
    assert outcome == Reminded(
        appointment=evolve(BOOKED_EARLY, remind_within=2 * DAY),
        event=ReminderDue(appointment_id=VISIT.id, before_minutes=2880),
    )
    assert reminders.remind(outcome.appointment, now=NINE - HOUR, policy=USUAL) == Unchanged()


@pytest.mark.parametrize(
    ("visit", "now", "before", "expected"),
    [
        (ended(AppointmentStatus.CANCELLED), NINE, (), None),
        (ended(AppointmentStatus.CANCELLED), NINE, (DAY,), None),
        (evolve(BOOKED_EARLY, arrived_at=NINE - HOUR), NINE, (DAY,), None),
        (BOOKED_EARLY, NINE, (DAY,), None),
        (BOOKED_EARLY, NINE - DAY - INSTANT, (DAY,), None),
        (book(now=NINE - DAY).appointment, NINE - HOUR, (DAY,), None),
        (book(now=NINE - DAY - INSTANT).appointment, NINE - INSTANT, (DAY,), DAY),
        (BOOKED_EARLY, NINE - DAY, (DAY,), DAY),
    ],
    ids=[
        "none is wanted",
        "cancelled",
        "they are here",
        "it has begun",
        "too early",
        "booked no earlier than that",
        "booked just before that",
        "now",
    ],
)
def test_it_is_wanted_awaited_and_due_before_anybody_is_reminded(
    visit: Appointment, now: datetime, before: tuple[timedelta, ...], expected: timedelta | None
) -> None:
    found = reminded(visit, now, *before)
    assert (found and found.remind_within) == expected


def test_of_several_moments_that_nobody_came_to_the_last_one_is_told_and_none_before_it() -> None:
    late = reminded(BOOKED_EARLY, NINE - HOUR, 2 * DAY, DAY, HOUR / 2)
    assert late is not None
    assert late.remind_within == DAY
    assert reminded(late, NINE - HOUR, 2 * DAY, DAY, HOUR / 2) is None
    assert reminded(late, NINE - HOUR / 2, 2 * DAY, DAY, HOUR / 2) == evolve(late, remind_within=HOUR / 2)


def test_a_moved_visit_is_reminded_of_at_its_new_time_as_if_it_had_been_booked_when_it_was_moved() -> None:
    once = reminded(BOOKED_EARLY, NINE - 2 * DAY, 2 * DAY)
    assert once is not None
    far = evolve(LATER, starts_at=NINE + 9 * DAY, ends_at=NINE + 9 * DAY + HOUR)
    moved = reschedule(once, slot=far, now=NINE - DAY)
    assert reminded(moved.former, NINE - HOUR, DAY) is None
    assert reminded(moved.appointment, NINE + 7 * DAY - INSTANT, 2 * DAY) is None
    assert reminded(moved.appointment, NINE + 7 * DAY, 2 * DAY) is not None
    near = reschedule(once, now=NINE - DAY).appointment
    assert reminded(near, NINE, 2 * DAY) is None


def test_what_the_practice_chooses_later_holds_of_visits_that_were_booked_before() -> None:
    assert reminded(BOOKED_EARLY, NINE - DAY) is None
    assert reminded(BOOKED_EARLY, NINE - DAY, 2 * DAY) is not None
    once = evolve(BOOKED_EARLY, remind_within=2 * DAY)
    assert reminded(once, NINE - 2 * DAY, 7 * DAY) is None
    assert reminded(once, NINE - DAY, 7 * DAY, DAY) == evolve(once, remind_within=DAY)


@given(
    strategies.appointments(),
    st.sets(st.integers(1, 100), max_size=4),
    st.lists(st.integers(-60, 10), max_size=8).map(sorted),
)
def test_whenever_somebody_looks_each_moment_is_told_once_and_only_as_long_as_they_are_to_come(
    visit: Appointment, before: set[int], looks: list[int]
) -> None:
    chosen, told, expected = tuple(number * HOUR for number in before), 0, set[timedelta]()
    for look in looks:
        now = visit.starts_at + look * HOUR
        passed = {one for one in chosen if visit.starts_at - visit.remind_within < visit.starts_at - one <= now}
        is_to_come = visit.status is AppointmentStatus.BOOKED and visit.arrived_at is None and look < 0
        is_told = bool(passed) and is_to_come
        outcome = reminders.remind(visit, now=now, policy=policy(*chosen))
        assert isinstance(outcome, Reminded) is is_told
        if isinstance(outcome, Reminded):
            assert outcome.event.before_minutes * timedelta(minutes=1) == min(passed) not in expected
            visit, told = outcome.appointment, told + 1
            expected |= passed
    assert told <= len(chosen)


@given(strategies.appointments(), st.sampled_from((-HOUR, -INSTANT, timedelta(0), HOUR)))
def test_a_reminder_that_is_late_is_pointless_once_nobody_is_to_come(visit: Appointment, offset: timedelta) -> None:
    is_to_come = visit.status is AppointmentStatus.BOOKED and visit.arrived_at is None and offset < timedelta(0)
    now = visit.starts_at + offset
    assert reminders.is_stale(NoticeKind.VISIT_REMINDER, visit, now=now) is not is_to_come
    assert reminders.is_stale(NoticeKind.VISIT_REMINDER, None, now=now)
