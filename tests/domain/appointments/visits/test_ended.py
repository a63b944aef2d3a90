"""Patients arrive; visits are kept or missed, which may be corrected; in any state they are refused as predicted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from patientportal.domain.appointments import appointments, attendance, changes
from patientportal.domain.appointments.appointments import (
    Appointment,
    AppointmentStatus,
    NotBookedError,
    VisitBegunError,
)
from patientportal.domain.appointments.attendance import (
    AppointmentFulfilled,
    AppointmentMissed,
    ArrivalUndone,
    Arrived,
    Fulfilled,
    Missed,
    NotArrived,
    NotYetBegunError,
    PatientArrived,
)
from patientportal.domain.appointments.changes import AlreadyArrivedError, TooLateToCancelError
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import Policy
from patientportal.testing import strategies
from tests.domain.appointments.visits.visiting import ENDED, HOUR, INSTANT, NINE, NOW, VISIT, ended, refused

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


@pytest.mark.parametrize("mark", [one[0] for one in MARKS], ids=["fulfilled", "noshow"])
def test_what_was_cancelled_is_neither_kept_nor_missed(mark: Callable[..., Any]) -> None:
    refused(lambda: mark(ended(AppointmentStatus.CANCELLED), now=NINE + HOUR), NotBookedError)


def test_a_mark_that_was_a_mistake_is_corrected_and_the_event_says_what_it_was() -> None:
    """B2-37: a no-show who came after all stays one."""
    missed, kept = ended(AppointmentStatus.NOSHOW), ended(AppointmentStatus.FULFILLED)
    for now in (NINE - HOUR, NINE + HOUR):
        assert attendance.mark_fulfilled(missed, now=now) == Fulfilled(
            appointment=kept, event=AppointmentFulfilled(appointment_id=VISIT.id, former=AppointmentStatus.NOSHOW)
        )
        assert attendance.mark_noshow(kept, now=now) == Missed(
            appointment=missed, event=AppointmentMissed(appointment_id=VISIT.id, former=AppointmentStatus.FULFILLED)
        )


MIDNIGHT = datetime(2026, 1, 12, 5, 0, tzinfo=UTC)  # in New York


def test_a_patient_arrives_from_the_beginning_of_the_day_on_once() -> None:
    refused(lambda: attendance.mark_arrived(VISIT, now=MIDNIGHT - INSTANT), NotYetBegunError)
    for now in (MIDNIGHT, NINE, NINE + 99 * HOUR):
        here = evolve(VISIT, arrived_at=now)
        assert attendance.mark_arrived(VISIT, now=now) == Arrived(
            appointment=here, event=PatientArrived(appointment_id=VISIT.id)
        )
        assert attendance.mark_arrived(here, now=NINE + 100 * HOUR) == Unchanged()


def test_an_arrival_that_was_a_mistake_is_undone() -> None:
    here = evolve(VISIT, arrived_at=NOW)
    assert attendance.unmark_arrived(here) == NotArrived(
        appointment=VISIT, event=ArrivalUndone(appointment_id=VISIT.id)
    )
    assert attendance.unmark_arrived(VISIT) == Unchanged()


@pytest.mark.parametrize("status", ENDED)
def test_to_what_is_not_booked_nobody_arrives(status: AppointmentStatus) -> None:
    over = evolve(ended(status), arrived_at=NOW)
    refused(lambda: attendance.mark_arrived(over, now=NINE), NotBookedError)
    refused(lambda: attendance.unmark_arrived(over), NotBookedError)


@pytest.mark.parametrize("mark", [one[0] for one in MARKS], ids=["fulfilled", "noshow"])
def test_who_has_arrived_may_be_seen_or_leave_before_the_time(mark: Callable[..., Any]) -> None:
    outcome = mark(evolve(VISIT, arrived_at=MIDNIGHT), now=NINE - INSTANT)
    assert outcome.appointment.arrived_at == MIDNIGHT
    assert outcome.event.former is AppointmentStatus.BOOKED


def first_of(*reasons: tuple[bool, type[RefusedError]]) -> type[RefusedError] | None:
    return next((error for holds, error in reasons if holds), None)


@given(strategies.appointments(skewed=True), strategies.slots(), strategies.moments(), strategies.policies())
def test_a_visit_in_any_state_is_refused_as_predicted_and_never_booked_again(
    appointment: Appointment, slot: Slot, now: datetime, policy: Policy
) -> None:
    """A bug of others: a cancelled visit that a save revives."""
    has_ended = (appointment.status is not AppointmentStatus.BOOKED, NotBookedError)
    has_begun = (appointment.starts_at <= now, VisitBegunError)
    is_off = (appointment.status is AppointmentStatus.CANCELLED, NotBookedError)
    is_here = (appointment.arrived_at is not None, AlreadyArrivedError)
    is_marked = appointment.status in {AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW}
    lies_ahead = (
        not is_marked and appointment.arrived_at is None and now < appointment.starts_at,
        NotYetBegunError,
    )
    notice = policy.appointments.cancel_notice or timedelta(0)
    grace = policy.appointments.grace or timedelta.min
    is_late = (appointment.starts_at - now < notice and now - appointment.booked_at >= grace, TooLateToCancelError)
    is_kept, is_missed = (
        appointment.status is status for status in (AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW)
    )
    rules: list[tuple[Callable[[], Any], type[RefusedError] | None]] = [
        (
            lambda: changes.cancel(appointment, slots=[slot], now=now, policy=policy),
            first_of(has_ended, has_begun, is_here, is_late),
        ),
        (
            lambda: changes.cancel_by_practice(appointment, slots=[slot], reason="Ill", reopen=False, now=now),
            first_of(is_off),
        ),
        (
            lambda: attendance.mark_fulfilled(appointment, now=now),
            None if is_kept else first_of(is_off, lies_ahead),
        ),
        (
            lambda: attendance.mark_noshow(appointment, now=now),
            None if is_missed else first_of(is_off, lies_ahead),
        ),
    ]
    for rule, expected in rules:
        refused(rule, expected)
        outcome = Unchanged() if expected else rule()
        if not isinstance(outcome, Unchanged):
            assert outcome.appointment.status is not AppointmentStatus.BOOKED
            assert outcome.appointment.ended_at == (appointment.ended_at or now)


@pytest.mark.parametrize(
    ("reason", "problem"),
    [("", "empty"), (" \n ", "empty"), ("x" * 1001, "too_long"), ("a\0", "bad_character"), ("a\x07", "bad_character")],
)
def test_a_reason_that_cannot_be_used_is_bad_input(reason: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        appointments.usable_reason(reason)
    assert (refusal.value.field, refusal.value.problem) == ("reason", problem)


def test_a_reason_may_have_a_thousand_characters_and_line_breaks() -> None:
    assert appointments.usable_reason("x" * 1000) == "x" * 1000
    assert appointments.usable_reason(" My back.\r\nSince Monday. ") == "My back.\nSince Monday."
