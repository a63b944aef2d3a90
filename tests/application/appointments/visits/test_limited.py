"""What limits patients: hidden from the open slots, refused when it is booked or moved to, and nothing to the desk."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentPolicy,
    BookingLimit,
    BookingLimitError,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    TooLateToCancelError,
    VisitType,
    VisitTypeId,
)
from patientportal.testing import FrozenClock, Member
from tests.application.appointments.visits.schedule import DORA, HOUR, MINUTE, NINE_THERE, slots, starts

Limited = Callable[..., PatientAccess]


@pytest.fixture
def limited(portal_with: Callable[..., Portal], me: PatientAccess, member: Member) -> Limited:
    """Logs the patient in where these limits hold."""

    def limited(**limits: Any) -> PatientAccess:
        assert me.patient_id == member.patient_id
        policy = Policy(zone="America/New_York", appointments=AppointmentPolicy(**limits))
        return portal_with(policy=policy).log_in(member.username, member.password)

    return limited


def refused(call: Callable[[], object]) -> BookingLimit:
    with pytest.raises(BookingLimitError) as refusal:
        call()
    return refusal.value.limit


def test_what_begins_too_soon_or_too_far_ahead_is_hidden_from_patients_and_refused_and_not_to_the_desk(
    limited: Limited, practice: PracticeAccess, clock: FrozenClock
) -> None:
    left = NINE_THERE - clock()
    mine = limited(book_notice=left + HOUR, horizon=left + 2 * HOUR)
    assert starts(mine) == ["10:00", "10:30", "11:00"]
    assert starts(mine, after=NINE_THERE + 90 * MINUTE, before=NINE_THERE + 3 * HOUR) == ["10:30", "11:00"]
    assert starts(mine, after=NINE_THERE, before=NINE_THERE + 90 * MINUTE) == ["10:00"]
    practice.visit_types.put(VisitType(id=VisitTypeId("long"), name="New patient", length=HOUR))
    assert starts(mine, visit_type_id="long") == ["10:00", "10:30", "11:00"]
    first, _, third, *_, last = (one.slot_id for one in practice.schedule.open_slots(provider_id=DORA).items)
    assert refused(lambda: mine.appointments.book(first)) is BookingLimit.NOTICE
    assert refused(lambda: mine.appointments.book(last)) is BookingLimit.HORIZON
    visit_id = mine.appointments.book(third)
    assert refused(lambda: mine.appointments.reschedule(visit_id, first)) is BookingLimit.NOTICE
    assert practice.appointments.reschedule(visit_id, first)
    assert practice.appointments.book(mine.patient_id, last)


def test_no_more_visits_lie_ahead_of_a_patient_than_may_and_one_of_them_can_be_moved(
    limited: Limited, practice: PracticeAccess, clock: FrozenClock
) -> None:
    mine = limited(most_ahead=2)
    first, second, third, fourth, *_ = slots(mine)
    visit_id = mine.appointments.book(first)
    practice.appointments.book(mine.patient_id, second)
    assert refused(lambda: mine.appointments.book(third)) is BookingLimit.MOST_AHEAD
    assert mine.appointments.book(first) == visit_id
    mine.appointments.reschedule(visit_id, third)
    assert practice.appointments.book(mine.patient_id, fourth)
    clock.advance(NINE_THERE + 75 * MINUTE - clock())
    mine = limited(most_ahead=2)
    assert mine.appointments.book(slots(mine)[0]), "what has begun lies ahead no more"


def test_what_was_just_booked_is_given_up_or_moved_within_the_notice_for_a_quarter_of_an_hour(
    limited: Limited, clock: FrozenClock
) -> None:
    mine = limited(cancel_notice=timedelta(days=1))
    first, second, *_ = slots(mine)
    moved_id = mine.appointments.reschedule(mine.appointments.book(first), second)
    clock.advance(14 * MINUTE)
    mine.appointments.cancel(moved_id)
    visit_id = limited(cancel_notice=timedelta(days=1)).appointments.book(first)
    clock.advance(15 * MINUTE)
    with pytest.raises(TooLateToCancelError):
        limited(cancel_notice=timedelta(days=1)).appointments.cancel(visit_id)
