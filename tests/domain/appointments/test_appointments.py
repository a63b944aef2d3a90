"""Visits: one winner a slot, no two at once, cancelled until they begin, moved in one step, kept or missed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments import appointments, attendance, changes
from patientportal.domain.appointments.appointments import (
    Appointment,
    AppointmentBooked,
    AppointmentStatus,
    Booked,
    NotBookedError,
    SlotTakenError,
    VisitBegunError,
    VisitsOverlapError,
)
from patientportal.domain.appointments.attendance import (
    AppointmentFulfilled,
    AppointmentMissed,
    Fulfilled,
    Missed,
    NotYetBegunError,
)
from patientportal.domain.appointments.changes import (
    AppointmentCancelled,
    AppointmentRescheduled,
    Cancelled,
    Rescheduled,
    TooLateToCancelError,
)
from patientportal.domain.appointments.schedules import Place, Slot, SlotStatus
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import AppointmentPolicy, Policy
from patientportal.testing import strategies

INSTANT, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
NOW = NINE - 24 * HOUR
ADA, BEN = PatientId("ada"), PatientId("ben")
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
SLOT = Slot(id=SlotId("s-1"), provider_id=StaffId("dora"), place=NORTH, starts_at=NINE, ends_at=NINE + 30 * MINUTE)
LATER = evolve(SLOT, id=SlotId("s-2"), starts_at=NINE + HOUR, ends_at=NINE + 90 * MINUTE)
ANYTIME = Policy(zone="UTC")
A_DAY_BEFORE = Policy(zone="UTC", appointments=AppointmentPolicy(cancel_notice=24 * HOUR))
ENDED = [status for status in AppointmentStatus if status is not AppointmentStatus.BOOKED]


def book(slot: Slot = SLOT, *, now: datetime = NOW, **otherwise: Any) -> Booked:
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "appointment_id": AppointmentId("a-1"),
        "reason": "My back",
        "booked_before": (),
    }
    return appointments.book(slot, now=now, **(usual | otherwise))


BOOKED = book()
VISIT, HELD = BOOKED.appointment, BOOKED.slot


def visit(begins: int, ends: int, name: str = "a-9") -> Appointment:
    """One from so many minutes after nine until so many."""
    return evolve(VISIT, id=AppointmentId(name), starts_at=NINE + begins * MINUTE, ends_at=NINE + ends * MINUTE)


def ended(status: AppointmentStatus) -> Appointment:
    by = ActorKind.PATIENT if status is AppointmentStatus.CANCELLED else None
    return evolve(VISIT, status=status, ended_at=NOW, cancelled_by=by)


def cancel(appointment: Appointment = VISIT, *, now: datetime = NOW, policy: Policy = ANYTIME) -> Cancelled:
    return changes.cancel(appointment, slot=HELD, now=now, policy=policy)


def reschedule(appointment: Appointment = VISIT, *, now: datetime = NOW, **otherwise: Any) -> Rescheduled:
    usual: dict[str, Any] = {
        "former_slot": HELD,
        "slot": LATER,
        "appointment_id": AppointmentId("a-2"),
        "booked_before": (),
        "policy": ANYTIME,
    }
    return changes.reschedule(appointment, now=now, **(usual | otherwise))


def refused(call: Callable[[], object], expected: type[RefusedError] | None) -> None:
    if expected is None:
        call()
        return
    with pytest.raises(RefusedError) as refusal:
        call()
    assert type(refusal.value) is expected


# Booking


def test_a_free_slot_becomes_the_patients_visit() -> None:
    appointment = Appointment(
        patient_id=ADA,
        id=AppointmentId("a-1"),
        slot_id=SlotId("s-1"),
        provider_id=StaffId("dora"),
        place=NORTH,
        starts_at=NINE,
        ends_at=NINE + 30 * MINUTE,
        reason="My back",
        booked_at=NOW,
    )
    held = evolve(SLOT, status=SlotStatus.BUSY, patient_id=ADA, appointment_id=AppointmentId("a-1"))
    event = AppointmentBooked(appointment_id=AppointmentId("a-1"), slot_id=SlotId("s-1"))
    assert Booked(appointment=appointment, slot=held, event=event) == BOOKED
    assert "back" not in repr(BOOKED)


@pytest.mark.parametrize(
    ("slot", "now", "booked_before", "expected"),
    [
        (HELD, NINE, (VISIT,), SlotTakenError),
        (SLOT, NINE + INSTANT, (VISIT,), VisitBegunError),
        (SLOT, NINE, (VISIT,), VisitBegunError),
        (SLOT, NINE - INSTANT, (VISIT,), VisitsOverlapError),
        (SLOT, NINE - INSTANT, (visit(-30, 0),), None),
        (SLOT, NINE - INSTANT, (), None),
    ],
)
def test_whether_it_is_free_then_ahead_then_whether_they_have_time_is_checked(
    slot: Slot, now: datetime, booked_before: tuple[Appointment, ...], expected: type[RefusedError] | None
) -> None:
    refused(lambda: book(slot, now=now, booked_before=booked_before), expected)


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (visit(-60, -30), False),
        (visit(-30, 0), False),
        (visit(-30, 1), True),
        (visit(-30, 60), True),
        (visit(0, 30), True),
        (visit(10, 20), True),
        (visit(29, 40), True),
        (visit(30, 60), False),
        (visit(60, 90), False),
    ],
)
def test_a_visit_may_touch_another_and_may_not_overlap_it(other: Appointment, *, overlaps: bool) -> None:
    if overlaps:
        with pytest.raises(VisitsOverlapError) as refusal:
            book(booked_before=[other])
        assert refusal.value.appointment_id == "a-9"
    else:
        assert book(booked_before=[other]) == BOOKED


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), max_size=8), st.integers(0, 60), st.integers(1, 12))
def test_of_visits_that_do_not_overlap_the_latest_to_begin_before_the_end_tells_whether_one_overlaps(
    others: list[tuple[int, int]], begins: int, minutes: int
) -> None:
    """What ``booked_before`` relies on, so that a long history costs nothing."""
    row, at = [], 0
    for pause, length in others:
        row.append(visit(at + pause, at + pause + length))
        at += pause + length
    wanted = evolve(SLOT, starts_at=NINE + begins * MINUTE, ends_at=NINE + (begins + minutes) * MINUTE)
    latest = [one for one in row if one.starts_at < wanted.ends_at][-1:]
    some_overlap = any(one.starts_at < wanted.ends_at and wanted.starts_at < one.ends_at for one in row)
    refused(lambda: book(wanted, booked_before=latest), VisitsOverlapError if some_overlap else None)


def test_a_new_visit_is_booked_and_was_neither_ended_nor_moved() -> None:
    assert (VISIT.status, VISIT.cancellation_reason) == (AppointmentStatus.BOOKED, "")
    assert {VISIT.ended_at, VISIT.cancelled_by, VISIT.rescheduled_from, VISIT.rescheduled_to} == {None}


# Cancelling


def test_a_cancelled_visit_gives_its_slot_back_as_it_was() -> None:
    """A bug of others: the slot of a cancelled visit is never offered again."""
    outcome = cancel(now=NINE - INSTANT)
    assert outcome == Cancelled(
        appointment=evolve(
            VISIT, status=AppointmentStatus.CANCELLED, ended_at=NINE - INSTANT, cancelled_by=ActorKind.PATIENT
        ),
        slot=SLOT,
        event=AppointmentCancelled(appointment_id=AppointmentId("a-1"), slot_id=SlotId("s-1")),
    )
    assert book(outcome.slot, patient_id=BEN).appointment.patient_id == BEN


@pytest.mark.parametrize(
    ("appointment", "now", "policy", "expected"),
    [
        (ended(AppointmentStatus.CANCELLED), NINE, A_DAY_BEFORE, NotBookedError),
        (ended(AppointmentStatus.NOSHOW), NINE, A_DAY_BEFORE, NotBookedError),
        (VISIT, NINE, A_DAY_BEFORE, VisitBegunError),
        (VISIT, NINE - INSTANT, A_DAY_BEFORE, TooLateToCancelError),
        (VISIT, NINE - 24 * HOUR + INSTANT, A_DAY_BEFORE, TooLateToCancelError),
        (VISIT, NINE - 24 * HOUR, A_DAY_BEFORE, None),
        (VISIT, NINE - INSTANT, ANYTIME, None),
    ],
)
def test_whether_a_visit_is_booked_then_ahead_then_far_enough_ahead_is_checked(
    appointment: Appointment, now: datetime, policy: Policy, expected: type[RefusedError] | None
) -> None:
    refused(lambda: cancel(appointment, now=now, policy=policy), expected)
    refused(lambda: reschedule(appointment, now=now, policy=policy, slot=HELD), expected or SlotTakenError)


@pytest.mark.parametrize("status", ENDED)
def test_a_visit_that_is_not_booked_is_refused_with_where_it_stands(status: AppointmentStatus) -> None:
    with pytest.raises(NotBookedError) as refusal:
        cancel(ended(status))
    assert refusal.value.status is status


@pytest.mark.parametrize(
    ("appointment", "now", "expected"),
    [
        (ended(AppointmentStatus.FULFILLED), NINE, NotBookedError),
        (VISIT, NINE, VisitBegunError),
        (VISIT, NINE - INSTANT, None),
    ],
)
def test_the_practice_cancels_what_is_booked_and_ahead_whatever_notice_patients_must_give(
    appointment: Appointment, now: datetime, expected: type[RefusedError] | None
) -> None:
    def call() -> Cancelled:
        return changes.cancel_by_practice(appointment, slot=HELD, reason="Dr Dora is ill", now=now)

    refused(call, expected)
    if expected is None:
        outcome = call()
        assert outcome.slot == SLOT
        assert outcome.appointment.cancelled_by is ActorKind.STAFF
        assert outcome.appointment.cancellation_reason == "Dr Dora is ill"
        assert "ill" not in repr(outcome)


# Moving


def test_a_moved_visit_is_another_one_and_the_two_are_linked() -> None:
    outcome = reschedule()
    new = book(LATER, appointment_id=AppointmentId("a-2"))
    assert outcome == Rescheduled(
        former=evolve(cancel().appointment, rescheduled_to=AppointmentId("a-2")),
        former_slot=SLOT,
        appointment=evolve(new.appointment, rescheduled_from=AppointmentId("a-1")),
        slot=new.slot,
        event=AppointmentRescheduled(
            appointment_id=AppointmentId("a-2"),
            slot_id=SlotId("s-2"),
            former_id=AppointmentId("a-1"),
            former_slot_id=SlotId("s-1"),
        ),
    )
    assert outcome.appointment.reason == "My back"


def test_a_visit_may_be_moved_by_a_quarter_of_an_hour_for_it_does_not_stand_in_its_own_way() -> None:
    nearby = evolve(LATER, starts_at=NINE + 15 * MINUTE, ends_at=NINE + 45 * MINUTE)
    assert reschedule(slot=nearby, booked_before=[VISIT]).appointment.starts_at == nearby.starts_at


@pytest.mark.parametrize(
    ("slot", "now", "booked_before", "expected"),
    [
        (evolve(HELD, id=SlotId("s-2")), NOW, (visit(60, 90),), SlotTakenError),
        (evolve(LATER, starts_at=NOW), NOW, (visit(-9999, 90),), VisitBegunError),
        (LATER, NOW, (VISIT, visit(60, 90)), VisitsOverlapError),
        (LATER, NOW, (VISIT, visit(30, 60)), None),
    ],
)
def test_the_new_slot_is_checked_like_any_other(
    slot: Slot, now: datetime, booked_before: tuple[Appointment, ...], expected: type[RefusedError] | None
) -> None:
    refused(lambda: reschedule(slot=slot, now=now, booked_before=booked_before), expected)


# Kept or missed

MARKS: list[tuple[Callable[..., Any], AppointmentStatus, Callable[..., Any]]] = [
    (
        attendance.mark_fulfilled,
        AppointmentStatus.FULFILLED,
        lambda new: Fulfilled(appointment=new, event=AppointmentFulfilled(appointment_id=new.id)),
    ),
    (
        attendance.mark_noshow,
        AppointmentStatus.NOSHOW,
        lambda new: Missed(appointment=new, event=AppointmentMissed(appointment_id=new.id)),
    ),
]


@pytest.mark.parametrize(("mark", "status", "outcome"), MARKS, ids=["fulfilled", "noshow"])
def test_from_its_very_beginning_on_a_visit_is_kept_or_missed_once(
    mark: Callable[..., Any], status: AppointmentStatus, outcome: Callable[..., Any]
) -> None:
    refused(lambda: mark(VISIT, now=NINE - INSTANT), NotYetBegunError)
    marked = evolve(VISIT, status=status, ended_at=NINE)
    assert mark(VISIT, now=NINE) == outcome(marked)
    assert mark(marked, now=NINE + HOUR) == Unchanged()


@pytest.mark.parametrize(("mark", "status"), [one[:2] for one in MARKS], ids=["fulfilled", "noshow"])
def test_what_was_cancelled_or_marked_otherwise_stays_so(mark: Callable[..., Any], status: AppointmentStatus) -> None:
    for other in set(ENDED) - {status}:
        refused(lambda other=other: mark(ended(other), now=NINE + HOUR), NotBookedError)  # type: ignore[misc]


def first_of(*reasons: tuple[bool, type[RefusedError]]) -> type[RefusedError] | None:
    return next((error for holds, error in reasons if holds), None)


@given(strategies.appointments(skewed=True), strategies.slots(), strategies.moments(), strategies.policies())
def test_a_visit_in_any_state_is_refused_as_predicted_and_never_booked_again(
    appointment: Appointment, slot: Slot, now: datetime, policy: Policy
) -> None:
    """A bug of others: a cancelled visit that a save revives."""
    has_ended = (appointment.status is not AppointmentStatus.BOOKED, NotBookedError)
    has_begun = (appointment.starts_at <= now, VisitBegunError)
    lies_ahead = (now < appointment.starts_at, NotYetBegunError)
    notice = policy.appointments.cancel_notice or timedelta(0)
    is_late = (appointment.starts_at - now < notice, TooLateToCancelError)
    is_kept, is_missed = (
        appointment.status is status for status in (AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW)
    )
    rules: list[tuple[Callable[[], Any], type[RefusedError] | None]] = [
        (
            lambda: changes.cancel(appointment, slot=slot, now=now, policy=policy),
            first_of(has_ended, has_begun, is_late),
        ),
        (
            lambda: changes.cancel_by_practice(appointment, slot=slot, reason="Ill", now=now),
            first_of(has_ended, has_begun),
        ),
        (
            lambda: attendance.mark_fulfilled(appointment, now=now),
            None if is_kept else first_of(has_ended, lies_ahead),
        ),
        (
            lambda: attendance.mark_noshow(appointment, now=now),
            None if is_missed else first_of(has_ended, lies_ahead),
        ),
    ]
    for rule, expected in rules:
        refused(rule, expected)
        outcome = Unchanged() if expected else rule()
        if not isinstance(outcome, Unchanged):
            assert outcome.appointment.status is not AppointmentStatus.BOOKED
            assert outcome.appointment.ended_at == now


@pytest.mark.parametrize(
    ("reason", "problem"),
    [("", "empty"), (" \n ", "empty"), ("x" * 501, "too_long"), ("a\0", "bad_character"), ("a\x07", "bad_character")],
)
def test_a_reason_that_cannot_be_used_is_bad_input(reason: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        appointments.usable_reason(reason)
    assert (refusal.value.field, refusal.value.problem) == ("reason", problem)


def test_a_reason_may_have_five_hundred_characters_and_line_breaks() -> None:
    assert appointments.usable_reason("x" * 500) == "x" * 500
    assert appointments.usable_reason(" My back.\r\nSince Monday. ") == "My back.\nSince Monday."
