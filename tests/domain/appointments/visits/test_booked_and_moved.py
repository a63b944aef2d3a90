"""Visits: one winner a slot, no two at once, cancelled until they begin, moved in one step."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.appointments import appointments, changes
from patientportal.domain.appointments.appointments import (
    AlreadyTheirs,
    Appointment,
    AppointmentBooked,
    AppointmentStatus,
    Booked,
    BookingLimit,
    BookingLimitError,
    NotBookedError,
    SlotTakenError,
    VisitBegunError,
    VisitsOverlapError,
)
from patientportal.domain.appointments.changes import (
    AlreadyArrivedError,
    AppointmentCancelled,
    AppointmentRescheduled,
    Cancelled,
    Rescheduled,
    TooLateToCancelError,
)
from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, SlotId, StaffId, VisitTypeId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import AppointmentPolicy, Policy
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError
from tests.domain.appointments.visits.visiting import (
    A_DAY_BEFORE,
    ADA,
    ANYTIME,
    BEN,
    BOOKED,
    ENDED,
    HELD,
    HOUR,
    INSTANT,
    LATER,
    MINUTE,
    NINE,
    NORTH,
    NOW,
    SLOT,
    VISIT,
    ZONE,
    ask_for,
    book,
    cancel,
    ended,
    refused,
    reschedule,
    visit,
)

# Booking


def test_a_free_slot_becomes_the_patients_visit() -> None:
    appointment = Appointment(
        patient_id=ADA,
        id=AppointmentId("a-1"),
        slot_id=SlotId("s-1"),
        provider_id=StaffId("dora"),
        place_id=NORTH,
        zone=ZONE,
        starts_at=NINE,
        ends_at=NINE + 30 * MINUTE,
        reason="My back",
        booked_at=NOW,
        held_until=NINE + 30 * MINUTE,
        series_id=AppointmentId("a-1"),
        remind_within=24 * HOUR,
    )
    held = evolve(SLOT, status=SlotStatus.BUSY, patient_id=ADA, appointment_id=AppointmentId("a-1"))
    event = AppointmentBooked(appointment_id=AppointmentId("a-1"), slot_id=SlotId("s-1"))
    assert Booked(appointment=appointment, slots=(held,), event=event) == BOOKED
    assert "back" not in repr(BOOKED)


@pytest.mark.parametrize(
    ("slot", "now", "booked_before", "expected"),
    [
        (evolve(HELD, patient_id=BEN), NINE, (VISIT,), SlotTakenError),
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


@pytest.mark.parametrize("now", [NINE - INSTANT, NINE, NINE + 9 * HOUR])
def test_a_slot_that_is_theirs_is_the_visit_that_they_have_whenever_they_ask_again(now: datetime) -> None:
    """A bug of others: a double click tells whoever has the slot that somebody has taken it."""
    assert ask_for(HELD, now=now, patient_id=ADA, booked_before=[VISIT]) == AlreadyTheirs(appointment_id=VISIT.id)


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
    assert {VISIT.arrived_at, VISIT.ended_at, VISIT.cancelled_by, VISIT.rescheduled_from, VISIT.rescheduled_to} == {
        None
    }


# Cancelling

HERE = evolve(VISIT, arrived_at=NINE - HOUR)


def test_a_cancelled_visit_gives_its_slot_back_as_it_was() -> None:
    """A bug of others: the slot of a cancelled visit is never offered again."""
    outcome = cancel(now=NINE - INSTANT)
    assert outcome == Cancelled(
        appointment=evolve(
            VISIT, status=AppointmentStatus.CANCELLED, ended_at=NINE - INSTANT, cancelled_by=ActorKind.PATIENT
        ),
        freed=(SLOT,),
        gone=(),
        event=AppointmentCancelled(appointment_id=AppointmentId("a-1"), slot_id=SlotId("s-1")),
    )
    assert book(outcome.freed[0], patient_id=BEN).appointment.patient_id == BEN


@pytest.mark.parametrize(
    ("appointment", "now", "policy", "expected"),
    [
        (ended(AppointmentStatus.CANCELLED), NINE, A_DAY_BEFORE, NotBookedError),
        (ended(AppointmentStatus.NOSHOW), NINE, A_DAY_BEFORE, NotBookedError),
        (HERE, NINE, A_DAY_BEFORE, VisitBegunError),
        (HERE, NINE - INSTANT, A_DAY_BEFORE, AlreadyArrivedError),
        (VISIT, NINE - INSTANT, A_DAY_BEFORE, TooLateToCancelError),
        (VISIT, NINE - 24 * HOUR + INSTANT, A_DAY_BEFORE, TooLateToCancelError),
        (VISIT, NINE - 24 * HOUR, A_DAY_BEFORE, None),
        (VISIT, NINE - INSTANT, ANYTIME, None),
    ],
)
def test_whether_a_visit_is_booked_then_ahead_then_awaited_then_far_enough_ahead_is_checked(
    appointment: Appointment, now: datetime, policy: Policy, expected: type[RefusedError] | None
) -> None:
    refused(lambda: cancel(appointment, now=now, policy=policy), expected)
    refused(lambda: reschedule(appointment, now=now, policy=policy, slot=HELD), expected or SlotTakenError)


@pytest.mark.parametrize("status", ENDED)
def test_a_visit_that_is_not_booked_is_refused_with_where_it_stands(status: AppointmentStatus) -> None:
    with pytest.raises(NotBookedError) as refusal:
        cancel(ended(status))
    assert refusal.value.status is status


def by_practice(appointment: Appointment, *, now: datetime, reopen: bool = True) -> Cancelled:
    return changes.cancel_by_practice(appointment, slots=[HELD], reason="Dr Dora is ill", reopen=reopen, now=now)


@pytest.mark.parametrize("now", [NOW, NINE - INSTANT, NINE, NINE + HOUR])
@pytest.mark.parametrize("status", AppointmentStatus)
@pytest.mark.parametrize("reopen", [True, False])
def test_the_practice_cancels_whatever_was_not_cancelled_at_any_time(
    now: datetime, status: AppointmentStatus, *, reopen: bool
) -> None:
    """B2-37: what has begun can only be missed or kept; and a visit that was marked by mistake stays so."""
    appointment = VISIT if status is AppointmentStatus.BOOKED else ended(status)
    if status is AppointmentStatus.CANCELLED:
        refused(lambda: by_practice(appointment, now=now, reopen=reopen), NotBookedError)
        return
    outcome = by_practice(evolve(appointment, arrived_at=NOW), now=now, reopen=reopen)
    assert outcome.appointment == evolve(
        appointment,
        status=AppointmentStatus.CANCELLED,
        arrived_at=NOW,
        ended_at=appointment.ended_at or now,
        cancelled_by=ActorKind.STAFF,
        cancellation_reason="Dr Dora is ill",
    )
    is_ahead = now < NINE
    assert (outcome.freed, outcome.gone) == (((SLOT,), ()) if reopen or not is_ahead else ((), (HELD,)))
    assert outcome.event == AppointmentCancelled(
        appointment_id=AppointmentId("a-1"),
        slot_id=SlotId("s-1"),
        former=status,
        reopened=reopen and is_ahead,
        is_told=now < NINE + HOUR,
    )
    assert "is ill" not in repr(outcome)


CLOSING = evolve(HELD, is_closing=True)


def test_whoever_gives_up_a_slot_that_is_closing_removes_it() -> None:
    """B2-36."""
    by_patient = changes.cancel(VISIT, slots=[CLOSING], now=NOW, policy=ANYTIME)
    called_off = changes.cancel_by_practice(VISIT, slots=[CLOSING], reason="Ill", reopen=True, now=NOW)
    moved = reschedule(former_slots=[CLOSING])
    for outcome in (by_patient, called_off):
        assert (outcome.freed, outcome.gone, outcome.event.reopened) == ((), (CLOSING,), False)
    assert (moved.former_slots, moved.gone) == ((), (CLOSING,))
    late = changes.cancel_by_practice(VISIT, slots=[CLOSING], reason="Ill", reopen=True, now=NINE)
    assert (late.freed, late.gone) == ((SLOT,), ())


@pytest.mark.parametrize("status", AppointmentStatus)
@pytest.mark.parametrize("now", [NINE - INSTANT, NINE])
def test_where_the_practice_closes_it_calls_off_what_is_booked_and_lies_ahead(
    status: AppointmentStatus, now: datetime
) -> None:
    appointment = VISIT if status is AppointmentStatus.BOOKED else ended(status)
    outcome = changes.call_off(appointment, slots=[CLOSING], reason="Dr Dora is ill", now=now)
    if status is AppointmentStatus.BOOKED and now < NINE:
        reopen = {"reason": "Dr Dora is ill", "reopen": True}
        assert outcome == changes.cancel_by_practice(appointment, slots=[CLOSING], now=now, **reopen)  # type: ignore[arg-type]
    else:
        assert outcome == Unchanged()


def test_the_patient_is_told_until_the_time_of_the_visit_is_over() -> None:
    for now, is_told in ((NINE + 30 * MINUTE - INSTANT, True), (NINE + 30 * MINUTE, False)):
        assert by_practice(VISIT, now=now).event.is_told is is_told


# Moving


def test_a_moved_visit_is_another_one_and_the_two_are_linked() -> None:
    outcome = reschedule()
    new = book(LATER, appointment_id=AppointmentId("a-2"))
    assert outcome == Rescheduled(
        former=evolve(cancel().appointment, rescheduled_to=AppointmentId("a-2")),
        former_slots=(SLOT,),
        gone=(),
        appointment=evolve(
            new.appointment, rescheduled_from=AppointmentId("a-1"), series_id=AppointmentId("a-1"), revision=1
        ),
        slots=new.slots,
        event=AppointmentRescheduled(
            appointment_id=AppointmentId("a-2"),
            slot_id=SlotId("s-2"),
            former_id=AppointmentId("a-1"),
            former_slot_id=SlotId("s-1"),
        ),
    )
    assert outcome.appointment.reason == "My back"


def test_a_visit_that_was_moved_to_a_slot_is_the_one_there_and_no_other_slots() -> None:
    moved = reschedule()
    assert changes.already_moved(moved.former, moved.slots[0]) == AlreadyTheirs(appointment_id=moved.appointment.id)
    free = evolve(moved.slots[0], status=SlotStatus.FREE, patient_id=None, appointment_id=None)
    anothers = evolve(moved.slots[0], appointment_id=AppointmentId("a-3"))
    for slot in (free, anothers, moved.former_slots[0]):
        assert changes.already_moved(moved.former, slot) is None
        assert changes.already_moved(VISIT, slot) is None


def test_a_visit_may_be_moved_by_a_quarter_of_an_hour_for_it_does_not_stand_in_its_own_way() -> None:
    nearby = evolve(LATER, starts_at=NINE + 15 * MINUTE, ends_at=NINE + 45 * MINUTE)
    assert reschedule(slot=nearby, booked_before=[VISIT]).appointment.starts_at == nearby.starts_at


@pytest.mark.parametrize(
    ("slot", "now", "booked_before", "expected"),
    [
        (evolve(HELD, id=SlotId("s-2"), appointment_id=AppointmentId("a-7")), NOW, (visit(60, 90),), SlotTakenError),
        (evolve(LATER, starts_at=NOW), NOW, (visit(-9999, 90),), VisitBegunError),
        (LATER, NOW, (VISIT, visit(60, 90)), VisitsOverlapError),
        (LATER, NOW, (VISIT, visit(30, 60)), None),
    ],
)
def test_the_new_slot_is_checked_like_any_other(
    slot: Slot, now: datetime, booked_before: tuple[Appointment, ...], expected: type[RefusedError] | None
) -> None:
    refused(lambda: reschedule(slot=slot, now=now, booked_before=booked_before), expected)


# What limits patients


def limited(**limits: Any) -> Policy:
    return Policy(zone="UTC", appointments=AppointmentPolicy(**limits))


@pytest.mark.parametrize(
    ("limits", "left", "ahead", "expected"),
    [
        ({}, INSTANT, 100, None),
        ({"book_notice": HOUR}, HOUR - INSTANT, 0, BookingLimit.NOTICE),
        ({"book_notice": HOUR}, HOUR, 0, None),
        ({"horizon": 9 * HOUR}, 9 * HOUR + INSTANT, 0, BookingLimit.HORIZON),
        ({"horizon": 9 * HOUR}, 9 * HOUR, 0, None),
        ({"book_notice": HOUR, "most_ahead": 2}, INSTANT, 2, BookingLimit.NOTICE),
        ({"most_ahead": 2}, HOUR, 2, BookingLimit.MOST_AHEAD),
        ({"most_ahead": 2}, HOUR, 3, BookingLimit.MOST_AHEAD),
        ({"most_ahead": 2}, HOUR, 1, None),
    ],
)
def test_patients_book_within_the_limits_and_move_within_those_of_time(
    limits: dict[str, Any], left: timedelta, ahead: int, expected: BookingLimit | None
) -> None:
    policy, now = limited(**limits), LATER.starts_at - left
    calls: list[tuple[Callable[[], object], BookingLimit | None]] = [
        (partial(book, LATER, now=now, ahead=ahead, policy=policy), expected),
        (
            partial(reschedule, visit(9999, 10029), now=now, policy=policy),
            None if expected is BookingLimit.MOST_AHEAD else expected,
        ),
    ]
    for call, limit in calls:
        if limit is None:
            call()
            continue
        with pytest.raises(BookingLimitError) as refusal:
            call()
        assert refusal.value.limit is limit
    assert ask_for(HELD, now=now, ahead=100, policy=policy) == AlreadyTheirs(appointment_id=VISIT.id)


@pytest.mark.parametrize(
    ("since", "grace", "expected"),
    [
        (15 * MINUTE - INSTANT, 15 * MINUTE, None),
        (15 * MINUTE, 15 * MINUTE, TooLateToCancelError),
        (-MINUTE, 15 * MINUTE, None),
        (INSTANT, None, TooLateToCancelError),
    ],
)
def test_what_was_just_booked_can_be_given_up_at_any_notice_until_it_begins(
    since: timedelta, grace: timedelta | None, expected: type[RefusedError] | None
) -> None:
    policy, booked_at = limited(cancel_notice=24 * HOUR, grace=grace), NINE - HOUR
    just_booked = evolve(VISIT, booked_at=booked_at)
    refused(lambda: cancel(just_booked, now=booked_at + since, policy=policy), expected)
    refused(lambda: reschedule(just_booked, now=booked_at + since, policy=policy), expected)
    refused(lambda: cancel(evolve(VISIT, booked_at=NINE), now=NINE, policy=policy), VisitBegunError)


# By the practice

PATIENT = Patient(id=ADA, registered_at=NOW)
GONE = evolve(PATIENT, deactivated_at=NOW)


def book_by_practice(slot: Slot = SLOT, *, patient: Patient = PATIENT, now: datetime = NOW) -> Booked | AlreadyTheirs:
    return appointments.book_by_practice(
        Choice(slot=slot),
        patient=patient,
        appointment_id=AppointmentId("a-1"),
        reason="My back",
        external_id="A-1",
        idempotency_key="form",
        booked_before=(),
        now=now,
    )


def test_the_practice_books_what_a_patient_could_have_booked_under_its_own_keys() -> None:
    kept = evolve(VISIT, external_id="A-1", idempotency_key="form")
    assert book_by_practice() == evolve(BOOKED, appointment=kept)
    assert book_by_practice(HELD) == AlreadyTheirs(appointment_id=VISIT.id)
    for slot, patient, now, expected in (
        (evolve(HELD, patient_id=BEN), GONE, NINE, PatientInactiveError),
        (evolve(HELD, patient_id=BEN), PATIENT, NINE, SlotTakenError),
        (SLOT, PATIENT, NINE, VisitBegunError),
    ):
        refused(partial(book_by_practice, slot, patient=patient, now=now), expected)


def test_a_key_stands_for_the_visit_that_was_booked_under_it() -> None:
    kept = ended(AppointmentStatus.CANCELLED)
    assert appointments.repeated(kept, slot_id=SLOT.id, reason="My back", visit_type_id=None) == AlreadyTheirs(
        appointment_id=kept.id
    )
    for slot_id, reason in ((LATER.id, "My back"), (SLOT.id, "My knee")):
        with pytest.raises(IdempotencyKeyReusedError) as refusal:
            appointments.repeated(kept, slot_id=slot_id, reason=reason, visit_type_id=None)
        assert (refusal.value.what, refusal.value.id, refusal.value.status) == ("appointment", kept.id, "cancelled")


def test_the_practice_moves_at_any_notice_what_is_booked_and_ahead() -> None:
    def move(
        appointment: Appointment = VISIT, patient: Patient = PATIENT, now: datetime = NINE - INSTANT
    ) -> Rescheduled:
        return changes.reschedule_by_practice(
            appointment,
            patient=patient,
            former_slots=[HELD],
            choice=Choice(slot=LATER),
            appointment_id=AppointmentId("a-2"),
            booked_before=[VISIT],
            now=now,
        )

    by_patient = reschedule(now=NINE - INSTANT, booked_before=[VISIT])
    assert move() == evolve(by_patient, former=evolve(by_patient.former, cancelled_by=ActorKind.STAFF))
    refused(lambda: move(ended(AppointmentStatus.NOSHOW), GONE), PatientInactiveError)
    refused(lambda: move(ended(AppointmentStatus.NOSHOW), now=NINE), NotBookedError)
    refused(lambda: move(now=NINE), VisitBegunError)


def test_a_kind_of_visit_that_the_slots_provider_does_not_have_is_not_offered() -> None:
    elsewhere = VisitType(id=VisitTypeId("scan"), name="Scan", length=HOUR, provider_ids=frozenset({StaffId("emil")}))
    with pytest.raises(BadInputError, match=r"^bad_input: visit_type_id: not_offered$"):
        appointments.taken(
            Choice(slot=SLOT, visit_type=elsewhere, beside=(SLOT,)),
            patient_id=ADA,
            appointment_id=AppointmentId("a-9"),
            reason="",
            booked_before=[],
            now=NOW,
        )
