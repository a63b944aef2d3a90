"""Visits are kept or missed once, and in any state they are refused as predicted."""

from collections.abc import Callable
from datetime import datetime, timedelta
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
    Fulfilled,
    Missed,
    NotYetBegunError,
)
from patientportal.domain.appointments.changes import TooLateToCancelError
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import Policy
from patientportal.testing import strategies
from tests.domain.appointments.visits.visiting import ENDED, HOUR, INSTANT, NINE, VISIT, ended, refused

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
    [("", "empty"), (" \n ", "empty"), ("x" * 1001, "too_long"), ("a\0", "bad_character"), ("a\x07", "bad_character")],
)
def test_a_reason_that_cannot_be_used_is_bad_input(reason: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        appointments.usable_reason(reason)
    assert (refusal.value.field, refusal.value.problem) == ("reason", problem)


def test_a_reason_may_have_a_thousand_characters_and_line_breaks() -> None:
    assert appointments.usable_reason("x" * 1000) == "x" * 1000
    assert appointments.usable_reason(" My back.\r\nSince Monday. ") == "My back.\nSince Monday."
