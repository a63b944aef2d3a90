"""Requests for an appointment: bounded, and ended once, by the practice or by the patient."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments import appointments, requests
from patientportal.domain.appointments.appointments import SlotTakenError, VisitBegunError, VisitsOverlapError
from patientportal.domain.appointments.requests import (
    AppointmentRequest,
    AppointmentRequested,
    AppointmentRequestEndedError,
    Declined,
    Expired,
    PartOfDay,
    RequestDeclined,
    Requested,
    RequestExpired,
    RequestScheduled,
    RequestStatus,
    RequestWithdrawn,
    Scheduled,
    TooManyAppointmentRequestsError,
    Window,
    Withdrawn,
)
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import AppointmentPolicy, Policy
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)  # in New York it is ten in the evening of the fourth
YESTERDAY_THERE, TODAY_THERE = date(2026, 1, 3), date(2026, 1, 4)
POLICY = Policy(zone="America/New_York")
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
ADA = PatientId("ada")
WINDOW = Window(first_day=date(2026, 1, 1), last_day=TODAY_THERE)
WANTED = AppointmentRequest(
    patient_id=ADA,
    id=AppointmentRequestId("r-1"),
    provider_id=None,
    reason="My knee",
    windows=(WINDOW,),
    requested_at=NOW,
)
SLOT = Slot(
    id=SlotId("s-1"),
    provider_id=StaffId("dora"),
    place_id=PlaceId("north"),
    zone="America/New_York",
    starts_at=NOW + HOUR,
    ends_at=NOW + 2 * HOUR,
)
TAKEN = evolve(SLOT, status=SlotStatus.BUSY, patient_id=PatientId("ben"), appointment_id=AppointmentId("a-9"))


def book(slot: Slot = SLOT, reason: str = "My knee") -> appointments.Booked:
    outcome = appointments.book(
        Choice(slot=slot),
        patient_id=ADA,
        appointment_id=AppointmentId("a-1"),
        reason=reason,
        booked_before=(),
        ahead=0,
        now=NOW,
        policy=POLICY,
    )
    assert isinstance(outcome, appointments.Booked)
    return outcome


def schedule(request: AppointmentRequest = WANTED, **otherwise: Any) -> Scheduled:
    usual: dict[str, Any] = {
        "slot": SLOT,
        "appointment_id": AppointmentId("a-1"),
        "booked_before": (),
        "now": NOW,
    }
    return requests.schedule(request, **(usual | otherwise))


ENDS: list[Callable[[AppointmentRequest], Any]] = [
    schedule,
    lambda request: requests.decline(request, reason="Nobody here treats knees", now=NOW),
    lambda request: requests.withdraw(request, now=NOW),
]


def code(call: Callable[[], object]) -> str:
    try:
        call()
    except PortalError as refusal:
        return refusal.code
    return "done"


def test_a_patient_asks_for_a_visit() -> None:
    outcome = requests.request(WANTED, already_open=2, now=NOW, policy=POLICY)
    assert outcome == Requested(request=WANTED, event=AppointmentRequested(request_id=WANTED.id))
    assert "knee" not in repr(outcome)
    assert "Window" not in repr(outcome)
    assert "form" not in repr(UNDER_A_KEY)


UNDER_A_KEY = evolve(WANTED, idempotency_key="form")


@pytest.mark.parametrize("status", RequestStatus)
def test_the_same_form_again_is_the_same_request_whatever_became_of_it_and_whatever_time_it_is(
    status: RequestStatus,
) -> None:
    earlier = evolve(UNDER_A_KEY, id=AppointmentRequestId("r-0"), status=status, windows=(PAST,))
    wanted = evolve(UNDER_A_KEY, windows=(PAST,), requested_at=NOW + HOUR)
    again = requests.request(wanted, already_open=3, now=NOW, policy=POLICY, earlier=earlier)
    assert again == Repeated(kept=earlier)
    for otherwise in (
        evolve(wanted, provider_id=StaffId("dora")),
        evolve(wanted, reason="My hip"),
        evolve(wanted, windows=(PAST, PAST)),
    ):
        with pytest.raises(IdempotencyKeyReusedError) as refusal:
            requests.request(otherwise, already_open=0, now=NOW, policy=POLICY, earlier=earlier)
        assert (refusal.value.what, refusal.value.id) == ("appointment_request", earlier.id)
        assert refusal.value.status is status


def test_a_new_request_is_open_and_nobody_answered_it() -> None:
    assert (WANTED.status, WANTED.decline_reason) == (RequestStatus.OPEN, "")
    assert {WANTED.ended_at, WANTED.appointment_id} == {None}


PAST = Window(first_day=date(2026, 1, 1), last_day=YESTERDAY_THERE)


@pytest.mark.parametrize(
    ("windows", "already_open", "expected"),
    [
        ((WINDOW, PAST), 3, "bad_input"),
        ((WINDOW,), 3, "too_many_appointment_requests"),
        ((WINDOW,), 4, "too_many_appointment_requests"),
        ((WINDOW,), 2, "done"),
    ],
)
def test_the_windows_are_checked_and_then_how_many_requests_are_open(
    windows: tuple[Window, ...], already_open: int, expected: str
) -> None:
    wanted = evolve(WANTED, windows=windows)
    assert code(lambda: requests.request(wanted, already_open=already_open, now=NOW, policy=POLICY)) == expected


def test_a_window_that_was_over_before_today_in_the_practices_zone_is_refused() -> None:
    with pytest.raises(BadInputError, match="windows: in_past"):
        requests.request(evolve(WANTED, windows=(PAST,)), already_open=0, now=NOW, policy=POLICY)
    with pytest.raises(BadInputError, match="windows: in_past"):
        requests.request(WANTED, already_open=0, now=NOW, policy=Policy(zone="Asia/Kolkata"))


@pytest.mark.parametrize(
    ("first_day", "last_day", "refused"),
    [
        (date(2025, 1, 2), date(2026, 1, 6), ("windows", "too_early", 2025)),
        (date(2025, 1, 3), date(2026, 1, 6), None),
        (date(26, 1, 5), date(2026, 1, 6), ("windows", "too_early", 2025)),
        (date(2026, 1, 6), date(2036, 1, 5), None),
        (date(2026, 1, 6), date(2036, 1, 6), ("windows", "too_late", 2036)),
        (date(2026, 1, 6), date(9999, 12, 31), ("windows", "too_late", 2036)),
    ],
)
def test_a_window_is_of_days_that_can_be_meant(first_day: date, last_day: date, refused: object) -> None:
    wanted = evolve(WANTED, windows=(Window(first_day=first_day, last_day=last_day),))
    if refused is None:
        outcome = requests.request(wanted, already_open=0, now=NOW, policy=POLICY)
        assert isinstance(outcome, Requested)
        assert outcome.request == wanted
        return
    with pytest.raises(BadInputError) as caught:
        requests.request(wanted, already_open=0, now=NOW, policy=POLICY)
    assert (caught.value.field, caught.value.problem, caught.value.limit) == refused


@given(strategies.appointment_requests(), st.integers(0, 5), strategies.moments(), strategies.policies())
def test_as_many_requests_may_be_open_as_the_policy_says(
    wanted: AppointmentRequest, already_open: int, now: datetime, policy: Policy
) -> None:
    first = now.date() + timedelta(days=2)
    ahead = tuple(
        evolve(window, first_day=first, last_day=first + (window.last_day - window.first_day))
        for window in wanted.windows
    )
    expected = "done" if already_open < policy.appointments.open_requests else "too_many_appointment_requests"
    wanted = evolve(wanted, windows=ahead)
    assert code(lambda: requests.request(wanted, already_open=already_open, now=now, policy=policy)) == expected


def test_the_practice_books_what_was_asked_for() -> None:
    booked = book()
    assert schedule() == Scheduled(
        appointment=booked.appointment,
        request=evolve(WANTED, status=RequestStatus.SCHEDULED, ended_at=NOW, appointment_id=AppointmentId("a-1")),
        slots=booked.slots,
        event=RequestScheduled(request_id=WANTED.id, appointment_id=AppointmentId("a-1"), slot_id=SlotId("s-1")),
    )


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [
        ({"request": requests.withdraw(WANTED, now=NOW).request, "slot": TAKEN}, AppointmentRequestEndedError),
        ({"slot": TAKEN, "now": NOW + HOUR}, SlotTakenError),
        ({"now": NOW + HOUR, "booked_before": [book().appointment]}, VisitBegunError),
        ({"booked_before": [book().appointment]}, VisitsOverlapError),
    ],
)
def test_whether_it_is_open_is_checked_and_then_the_slot_like_any_other(
    otherwise: dict[str, Any], expected: type[PortalError]
) -> None:
    with pytest.raises(expected):
        schedule(**otherwise)


def test_the_practice_declines_with_a_reason() -> None:
    outcome = requests.decline(WANTED, reason="Nobody here treats knees", now=NOW)
    assert outcome == Declined(
        request=evolve(WANTED, status=RequestStatus.DECLINED, ended_at=NOW, decline_reason="Nobody here treats knees"),
        event=RequestDeclined(request_id=WANTED.id),
    )
    assert "knees" not in repr(outcome)


def test_the_patient_withdraws() -> None:
    assert requests.withdraw(WANTED, now=NOW) == Withdrawn(
        request=evolve(WANTED, status=RequestStatus.WITHDRAWN, ended_at=NOW),
        event=RequestWithdrawn(request_id=WANTED.id),
    )


MIDNIGHT_THERE = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)


def test_a_request_that_nobody_answers_expires_as_its_last_day_ends_where_the_practice_is() -> None:
    """B2-38: three months after its last day each is still open, and counts towards the three."""
    both = evolve(WANTED, windows=(PAST, WINDOW), last_day=WINDOW.last_day)
    assert requests.expires_at(both, policy=POLICY) == MIDNIGHT_THERE
    assert requests.expire(both, now=MIDNIGHT_THERE - INSTANT, policy=POLICY) == Unchanged()
    assert requests.expire(both, now=MIDNIGHT_THERE, policy=POLICY) == Expired(
        request=evolve(both, status=RequestStatus.EXPIRED, ended_at=MIDNIGHT_THERE),
        event=RequestExpired(request_id=WANTED.id),
    )


def test_the_last_day_of_a_request_is_that_of_the_last_of_its_windows() -> None:
    later = Window(first_day=date(2026, 1, 1), last_day=date(2026, 2, 1))
    for windows in ((WINDOW, later, PAST), (later,)):
        wanted = AppointmentRequest(
            patient_id=ADA, id=WANTED.id, provider_id=None, reason="My knee", windows=windows, requested_at=NOW
        )
        assert wanted.last_day == date(2026, 2, 1)


def expired(request: AppointmentRequest) -> Any:
    outcome = requests.expire(request, now=MIDNIGHT_THERE, policy=POLICY)
    if isinstance(outcome, Unchanged):
        raise AppointmentRequestEndedError(status=request.status)
    return outcome


ENDS.append(expired)


@pytest.mark.parametrize("first", ENDS, ids=["scheduled", "declined", "withdrawn", "expired"])
@pytest.mark.parametrize("second", ENDS, ids=["schedule", "decline", "withdraw", "expire"])
def test_a_request_ends_once(
    first: Callable[[AppointmentRequest], Any], second: Callable[[AppointmentRequest], Any]
) -> None:
    after = first(WANTED).request
    with pytest.raises(AppointmentRequestEndedError) as refusal:
        second(after)
    assert refusal.value.status is after.status


# Windows


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [
        ({"first_day": "2026-01-05", "part": "morning"}, "first_day must be datetime.date, not str"),
        ({"first_day": NOW}, "first_day must be datetime.date, not datetime"),
        ({"last_day": NOW, "part": "morning"}, "last_day must be datetime.date, not datetime"),
        ({"last_day": date(2026, 1, 4), "part": "morning"}, "part must be PartOfDay, not str"),
        ({"last_day": date(2026, 1, 4)}, "bad_input: last_day: out_of_order"),
        ({"last_day": date(2026, 1, 5)}, None),
        ({}, None),
    ],
)
def test_a_window_is_made_of_days_in_their_order_and_a_part_of_the_day(
    otherwise: dict[str, Any], expected: str | None
) -> None:
    usual: dict[str, Any] = {
        "first_day": date(2026, 1, 5),
        "last_day": date(2026, 1, 9),
        "part": PartOfDay.MORNING,
    }
    if expected is None:
        assert Window(**(usual | otherwise)).part is PartOfDay.MORNING
        return
    with pytest.raises(BadInputError if expected.startswith("bad_input") else TypeError, match=f"^{expected}$"):
        Window(**(usual | otherwise))


def test_a_window_is_of_any_part_of_its_days_unless_the_patient_says_which() -> None:
    assert Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 9)).part is PartOfDay.ANY


def test_parts_of_a_day_are_kept_by_these_words() -> None:
    """Windows are at rest with them, where no column checks them."""
    assert [part.value for part in PartOfDay] == ["any", "morning", "afternoon", "evening"]


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], "bad_input: windows: too_few (1)"),
        ([WINDOW] * 6, "bad_input: windows: too_many (5)"),
    ],
)
def test_one_to_five_windows_are_asked_for(windows: list[Window], expected: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        requests.usable_windows(windows)
    assert str(refusal.value) == expected


@pytest.mark.parametrize("number", [1, 5])
def test_windows_may_come_in_any_collection(number: int) -> None:
    assert requests.usable_windows(iter([WINDOW] * number)) == (WINDOW,) * number


def test_no_more_windows_are_looked_at_than_tell_that_there_are_too_many() -> None:
    many = iter([WINDOW] * 100)
    with pytest.raises(BadInputError, match="too_many"):
        requests.usable_windows(many)
    assert len(list(many)) == 94


@pytest.mark.parametrize("windows", [["morning"], [None], [WINDOW, None], "mornings"])
def test_anything_but_windows_is_a_type_error(windows: Any) -> None:
    with pytest.raises(TypeError, match=r"^windows must be a collection of Window$"):
        requests.usable_windows(windows)


@pytest.mark.parametrize("windows", [WINDOW, 5])
def test_what_is_no_collection_is_a_type_error(windows: Any) -> None:
    with pytest.raises(TypeError):
        requests.usable_windows(windows)


def test_the_policy_bounds_open_requests() -> None:
    policy = Policy(zone="UTC", appointments=AppointmentPolicy(open_requests=1))
    later = evolve(WANTED, windows=(Window(first_day=date(2026, 2, 1), last_day=date(2026, 2, 1)),))
    with pytest.raises(TooManyAppointmentRequestsError):
        requests.request(later, already_open=1, now=NOW, policy=policy)
