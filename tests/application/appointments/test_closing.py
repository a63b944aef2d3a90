"""Days that the practice closes, over each store: nothing there is booked any more, and everybody is told once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    AppointmentStatus,
    BadInputError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SlotsBookedError,
    SlotTakenError,
    Store,
    WithdrawnSlots,
)
from patientportal.testing import FrozenClock, Member, activated, desk
from patientportal.testing.machine_base import FailingStore
from tests.application.appointments.visits.schedule import DORA, EMIL, HOUR, MINUTE, publish, slots

MONDAY = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)
ILL = "Dr Dora is ill"


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess) -> PatientAccess:
    """Somebody who is in, at a practice where two providers have a morning."""
    publish(practice)
    publish(practice, provider_id=EMIL, opens=time(13), closes=time(14))
    return usual.log_in(member.username, member.password)


@pytest.fixture
def other(usual: Portal, notifier: RecordingNotifier) -> PatientAccess:
    """Somebody else."""
    stranger = activated(usual, notifier, username="stranger", email="stranger@example.org")
    notifier.messages.clear()
    return usual.log_in(stranger.username, stranger.password)


def close(practice: PracticeAccess, **otherwise: Any) -> WithdrawnSlots:
    usual: dict[str, Any] = {"provider_id": DORA, "after": MONDAY, "before": MONDAY + 24 * HOUR, "cancelling": ILL}
    return practice.schedule.withdraw(**(usual | otherwise))


def test_a_closed_day_has_neither_slots_nor_visits_and_everybody_is_told_once(
    usual: Portal, me: PatientAccess, other: PatientAccess, notifier: RecordingNotifier
) -> None:
    """B2-36: the desk can't close booked slots, and each cancelled one is bookable at once."""
    first, second, third, *_ = slots(me, provider_id=DORA)
    (emils, _) = slots(me, provider_id=EMIL)
    mine, theirs, kept = me.appointments.book(first), other.appointments.book(third), me.appointments.book(emils)
    usual.work()
    notifier.messages.clear()
    assert close(desk(usual)) == WithdrawnSlots(slots=6, visits=2)
    assert slots(me, provider_id=DORA) == []
    for slot_id in (first, second):
        with pytest.raises(NotFoundError):
            me.appointments.book(slot_id)
    for who, visit_id in ((me, mine), (other, theirs)):
        visit = who.appointments.get(visit_id)
        assert (visit.status, visit.cancellation_reason) == (AppointmentStatus.CANCELLED, ILL)
    assert me.appointments.get(kept).status is AppointmentStatus.BOOKED
    assert close(desk(usual)) == WithdrawnSlots(slots=0, visits=0)
    usual.work()
    told = Counter((message.kind, message.to_email) for message in notifier.messages)
    assert told == {
        (NoticeKind.VISIT_CANCELLED, "ada.byron@example.org"): 1,
        (NoticeKind.VISIT_CANCELLED, "stranger@example.org"): 1,
    }
    assert publish(desk(usual)) == 6, "the provider is well again"


def test_a_part_of_a_day_is_closed_and_the_rest_stays(me: PatientAccess, practice: PracticeAccess) -> None:
    first, second, third, *rest = slots(me, provider_id=DORA)
    me.appointments.book(first)
    me.appointments.book(second)
    begins_at = MONDAY + 9 * HOUR + 30 * MINUTE
    assert close(practice, after=begins_at, before=begins_at + HOUR, place_id="south") == WithdrawnSlots(
        slots=0, visits=0
    )
    assert close(practice, after=begins_at, before=begins_at + HOUR) == WithdrawnSlots(slots=2, visits=1)
    assert slots(me, provider_id=DORA) == rest
    (visit,) = me.appointments.upcoming().items
    assert visit.starts_at == begins_at - 30 * MINUTE
    assert third not in rest


@pytest.fixture
def stopping(raw_store: Store, portal_with: Callable[..., Portal]) -> tuple[FailingStore, Portal]:
    """A portal on the same store, whose database fails when told to."""
    store = FailingStore(raw_store)
    return store, portal_with(store=store, policy=Policy(zone="America/New_York"))


@pytest.mark.parametrize("good_commits", range(4))
def test_a_day_whose_closing_is_stopped_is_not_bookable_and_the_next_call_does_the_rest(
    stopping: tuple[FailingStore, Portal],
    me: PatientAccess,
    other: PatientAccess,
    notifier: RecordingNotifier,
    good_commits: int,
) -> None:
    store, one = stopping
    first, second, third, fourth, *_ = slots(me, provider_id=DORA)
    visits = [me.appointments.book(first), other.appointments.book(second), me.appointments.book(third)]
    one.work()
    notifier.messages.clear()
    store.good_commits = good_commits
    with pytest.raises(AdapterError):
        close(desk(one))
    if good_commits == 0:
        assert len(slots(other, provider_id=DORA)) == 3, "nothing happened"
    else:
        assert slots(other, provider_id=DORA) == []
        with pytest.raises(NotFoundError):
            other.appointments.book(fourth)
    if good_commits < 3:
        with pytest.raises(SlotTakenError):
            other.appointments.book(third)
    left = 3 - max(0, good_commits - 1)
    free = 3 if good_commits == 0 else 0
    assert close(desk(one)) == WithdrawnSlots(slots=left + free, visits=left)
    assert [me.appointments.past().items[at].appointment_id for at in (1, 0)] == [visits[0], visits[2]]
    one.work()
    assert Counter(message.to_email for message in notifier.messages) == {
        "ada.byron@example.org": 2,
        "stranger@example.org": 1,
    }


def test_whoever_gives_up_a_slot_of_a_day_that_is_being_closed_leaves_it_to_nobody(
    stopping: tuple[FailingStore, Portal], me: PatientAccess, other: PatientAccess
) -> None:
    store, one = stopping
    first, second, third, *_ = slots(me, provider_id=DORA)
    (emils, _) = slots(me, provider_id=EMIL)
    cancelled, moved = me.appointments.book(first), other.appointments.book(second)
    called_off = me.appointments.book(third)
    store.good_commits = 1
    with pytest.raises(AdapterError):
        close(desk(one))
    me.appointments.cancel(cancelled)
    other.appointments.reschedule(moved, emils)
    desk(one).appointments.cancel(called_off, "Mrs Byron rang")
    assert slots(me, provider_id=DORA) == []
    for slot_id in (first, second, third):
        with pytest.raises(NotFoundError):
            me.appointments.book(slot_id)
    assert close(desk(one)) == WithdrawnSlots(slots=0, visits=0)


def test_who_has_been_seen_before_the_time_is_left_alone(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, clock: FrozenClock
) -> None:
    first, second, *_ = slots(me, provider_id=DORA)
    seen, waiting = me.appointments.book(first), other.appointments.book(second)
    practice.appointments.mark_arrived(seen)
    practice.appointments.mark_fulfilled(seen)
    practice.appointments.mark_arrived(waiting)
    with pytest.raises(SlotsBookedError) as refusal:
        close(practice, cancelling=None)
    assert refusal.value.appointment_ids == (waiting,)
    assert close(practice) == WithdrawnSlots(slots=5, visits=1)
    assert me.appointments.get(seen).status is AppointmentStatus.FULFILLED
    assert other.appointments.get(waiting).status is AppointmentStatus.CANCELLED
    assert close(practice, cancelling=None) == WithdrawnSlots(slots=0, visits=0)
    clock.advance(24 * HOUR)
    assert close(practice) == WithdrawnSlots(slots=0, visits=0)


@pytest.mark.parametrize(("reason", "problem"), [("", "empty"), ("x" * 1001, "too_long"), ("a\0", "bad_character")])
def test_what_patients_read_must_be_usable_before_anything_is_closed(
    me: PatientAccess, practice: PracticeAccess, contents: Callable[[], Any], reason: str, problem: str
) -> None:
    me.appointments.book(slots(me)[0])
    before = contents()
    with pytest.raises(BadInputError) as refusal:
        close(practice, cancelling=reason)
    assert (refusal.value.field, refusal.value.problem) == ("cancelling", problem)
    assert contents() == before


def test_to_close_a_day_takes_a_transaction_for_the_slots_and_one_for_each_visit(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, calls: Counter[str]
) -> None:
    first, second, *_ = slots(me, provider_id=DORA)
    me.appointments.book(first)
    other.appointments.book(second)
    calls.clear()
    close(practice)
    assert (calls["transaction"], calls["view"]) == (3, 0)
    assert (calls["remove"], calls["put"], calls["record"], calls["add"]) == (6, 2 + 2, 3, 2)
