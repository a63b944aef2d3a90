"""Visits over each store are cancelled until they begin, and moved in one step or not at all."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest

from patientportal import (
    AppointmentPolicy,
    AppointmentStatus,
    NotBookedError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SlotId,
    SlotTakenError,
    TooLateToCancelError,
    VisitBegunError,
    VisitsOverlapError,
)
from patientportal.testing import FrozenClock, Member
from tests.application.appointments.visits.schedule import (
    DORA,
    EMIL,
    HOUR,
    MINUTE,
    NINE_THERE,
    Again,
    Told,
    publish,
    slots,
)

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
    policy = Policy(
        zone="America/New_York", appointments=AppointmentPolicy(cancel_notice=5 * HOUR + MINUTE, grace=None)
    )
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


def test_the_practice_calls_off_what_has_begun_and_what_was_marked_by_mistake(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, again: Again, told: Told
) -> None:
    """B2-37: nobody could be seen, and only blame was left for it. Who may be on the way is told, nobody else."""
    begun, missed, over = (me.appointments.book(slot_id) for slot_id in slots(me)[:3])
    told()
    clock.advance(5 * HOUR + MINUTE)
    practice.appointments.cancel(begun, "Power cut", reopen=False)
    assert told() == [NoticeKind.VISIT_CANCELLED]
    clock.advance(HOUR)
    practice.appointments.mark_noshow(missed)
    practice.appointments.cancel(missed, "Power cut")
    clock.advance(24 * HOUR)
    practice.appointments.cancel(over, "Power cut")
    assert told() == []
    me = again()
    statuses = [(visit.status, visit.cancellation_reason) for visit in me.appointments.past().items]
    assert statuses == [(AppointmentStatus.CANCELLED, "Power cut")] * 3
    for visit_id in (begun, missed, over):
        with pytest.raises(NotBookedError):
            practice.appointments.cancel(visit_id, "Again")


def test_a_slot_that_goes_with_its_visit_is_offered_to_nobody(
    me: PatientAccess, practice: PracticeAccess, contents: Any
) -> None:
    """B2-36: whoever was just cancelled for books the slot again, although nobody is there."""
    first, *others = slots(me)
    visit_id = me.appointments.book(first)
    practice.appointments.cancel(visit_id, "Dr Dora is ill", reopen=False)
    assert slots(me) == others
    with pytest.raises(NotFoundError):
        me.appointments.book(first)
    assert me.appointments.get(visit_id).status is AppointmentStatus.CANCELLED
    before = contents()
    with pytest.raises(TypeError, match="reopen must be bool"):
        practice.appointments.cancel(visit_id, "Ill", reopen=1)  # type: ignore[arg-type]
    assert contents() == before


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


def test_a_visit_that_is_moved_by_a_double_click_is_moved_once(
    me: PatientAccess, other: PatientAccess, told: Told, contents: Callable[[], Any]
) -> None:
    first, second, third, *_ = slots(me)
    former_id = me.appointments.book(first)
    new_id = me.appointments.reschedule(former_id, second)
    other.appointments.book(first)
    told()
    before = contents()
    assert me.appointments.reschedule(former_id, second) == new_id
    for slot_id in (first, third):
        with pytest.raises(NotBookedError):
            me.appointments.reschedule(former_id, slot_id)
    with pytest.raises(NotFoundError):
        other.appointments.reschedule(former_id, second)
    assert (contents(), told()) == (before, [])


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
