"""Requests for an appointment over each store: bounded, ended once, and each end told once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentPolicy,
    AppointmentRequestEndedError,
    AppointmentRequestId,
    AppointmentStatus,
    BadInputError,
    NotFoundError,
    NoticeKind,
    PartOfDay,
    PatientAccess,
    Place,
    PlaceId,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RequestStatus,
    SlotId,
    SlotTakenError,
    StaffId,
    TooManyAppointmentRequestsError,
    VisitsOverlapError,
    Window,
    Worked,
)
from patientportal.testing import FrozenClock, Member, activated, desk

Told = Callable[[], list[NoticeKind]]
DORA = StaffId("dora")
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
SOON = Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 9), part=PartOfDay.MORNING)


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess) -> PatientAccess:
    """Somebody who is in, at a practice that has two slots."""
    practice.schedule.publish(
        NORTH,
        "FREQ=WEEKLY;BYDAY=MO",
        opens=time(9),
        closes=time(10),
        visit_length=timedelta(minutes=30),
        first_day=date(2026, 1, 5),
        last_day=date(2026, 1, 5),
        provider_id=DORA,
    )
    return usual.log_in(member.username, member.password)


@pytest.fixture
def slots(me: PatientAccess) -> list[SlotId]:
    return [slot.slot_id for slot in me.appointments.open_slots().items]


@pytest.fixture
def told(usual: Portal, notifier: RecordingNotifier) -> Told:
    """Has what is due told, and says what was told since the last time."""

    def told() -> list[NoticeKind]:
        notifier.messages.clear()
        usual.work()
        return [message.kind for message in notifier.messages]

    return told


def test_what_is_asked_for_is_seen_by_the_practice_the_oldest_first(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock
) -> None:
    knee = me.appointments.request("My knee", [SOON], provider_id=DORA)
    clock.advance(timedelta(minutes=1))
    back = me.appointments.request("My back", (SOON, SOON))
    first, second = practice.appointments.requests().items
    assert (first.request_id, first.patient_id, first.provider_id) == (knee, me.patient_id, DORA)
    assert (first.reason, first.windows, first.status) == ("My knee", (SOON,), RequestStatus.OPEN)
    assert (second.request_id, second.provider_id, second.windows) == (back, None, (SOON, SOON))
    assert [request.request_id for request in me.appointments.requests().items] == [back, knee]


def test_lists_of_requests_come_in_pages(me: PatientAccess, practice: PracticeAccess, clock: FrozenClock) -> None:
    asked = []
    for _ in range(3):
        asked.append(me.appointments.request("My knee", [SOON]))
        clock.advance(timedelta(minutes=1))
    for lists, expected in ((practice.appointments.requests, asked), (me.appointments.requests, asked[::-1])):
        first = lists(limit=2)
        second = lists(limit=2, cursor=first.next_cursor)
        assert [request.request_id for request in (*first.items, *second.items)] == expected


def test_three_requests_may_be_open_and_an_ended_one_makes_room(me: PatientAccess) -> None:
    first, *_ = (me.appointments.request("My knee", [SOON]) for _ in range(3))
    with pytest.raises(TooManyAppointmentRequestsError):
        me.appointments.request("My knee", [SOON])
    me.appointments.withdraw_request(first)
    me.appointments.request("My knee", [SOON])


def test_the_policy_says_how_many(portal_with: Callable[..., Portal], me: PatientAccess, member: Member) -> None:
    policy = Policy(zone="America/New_York", appointments=AppointmentPolicy(open_requests=1))
    strict = portal_with(policy=policy).log_in(member.username, member.password)
    me.appointments.request("My knee", [SOON])
    with pytest.raises(TooManyAppointmentRequestsError):
        strict.appointments.request("My knee", [SOON])


def test_what_is_asked_for_becomes_a_visit_and_is_told_once(
    me: PatientAccess, practice: PracticeAccess, slots: list[SlotId], notifier: RecordingNotifier, told: Told
) -> None:
    request_id = me.appointments.request("My knee", [SOON])
    visit_id = practice.appointments.schedule_request(request_id, slots[0])
    (request,) = me.appointments.requests().items
    assert (request.status, request.appointment_id) == (RequestStatus.SCHEDULED, visit_id)
    visit = me.appointments.get(visit_id)
    assert (visit.status, visit.reason) == (AppointmentStatus.BOOKED, "My knee")
    assert practice.appointments.requests().items == ()
    assert told() == [NoticeKind.VISIT_BOOKED]
    assert notifier.messages[0].visit_at == datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


def test_the_practice_declines_with_a_reason_that_the_mail_does_not_say(
    me: PatientAccess, practice: PracticeAccess, told: Told
) -> None:
    request_id = me.appointments.request("My knee", [SOON])
    practice.appointments.decline_request(request_id, "Nobody here treats knees")
    (request,) = me.appointments.requests().items
    assert (request.status, request.decline_reason) == (RequestStatus.DECLINED, "Nobody here treats knees")
    assert told() == [NoticeKind.REQUEST_CLOSED]


def test_the_patient_withdraws(me: PatientAccess, told: Told) -> None:
    me.appointments.withdraw_request(me.appointments.request("My knee", [SOON]))
    (request,) = me.appointments.requests().items
    assert request.status is RequestStatus.WITHDRAWN
    assert told() == [NoticeKind.REQUEST_CLOSED]


@pytest.mark.parametrize("first", ["scheduled", "declined", "withdrawn"])
def test_a_request_ends_once_whoever_comes_second(
    me: PatientAccess, practice: PracticeAccess, slots: list[SlotId], first: str, told: Told
) -> None:
    request_id = me.appointments.request("My knee", [SOON])
    ends: dict[str, Callable[[], object]] = {
        "scheduled": lambda: practice.appointments.schedule_request(request_id, slots[1]),
        "declined": lambda: practice.appointments.decline_request(request_id, "No"),
        "withdrawn": lambda: me.appointments.withdraw_request(request_id),
    }
    ends[first]()
    for second in ends.values():
        with pytest.raises(AppointmentRequestEndedError) as refusal:
            second()
        assert refusal.value.status == first
    assert len(told()) == 1


def test_a_request_that_nobody_answers_expires_is_told_once_and_makes_room(
    usual: Portal, member: Member, me: PatientAccess, clock: FrozenClock, told: Told
) -> None:
    """B2-38."""
    practice = desk(usual)
    later = Window(first_day=date(2026, 1, 6), last_day=date(2026, 1, 7))
    first, *_ = (me.appointments.request("My knee", windows) for windows in ([SOON, later], [later], [SOON]))
    clock.advance(timedelta(minutes=3))
    assert usual.health().oldest_appointment_request == timedelta(minutes=3)
    ends_at = datetime(2026, 1, 8, 5, 0, tzinfo=UTC)
    second = practice.appointments.requests().items[1]
    assert (second.expires_at, second.patient_name) == (ends_at, "Ada Byron")
    clock.advance(ends_at - clock() - timedelta(microseconds=1))
    assert (usual.work(), usual.health().most_overdue) == (Worked(), None)
    clock.advance(timedelta(microseconds=1))
    assert usual.health().most_overdue == timedelta(0)
    assert (told(), told()) == ([NoticeKind.REQUEST_CLOSED], [])
    clock.advance(timedelta(days=2))
    assert told() == [NoticeKind.REQUEST_CLOSED] * 2
    assert usual.health().oldest_appointment_request is None
    assert practice.appointments.requests().items == ()
    me = usual.log_in(member.username, member.password)
    requests = me.appointments.requests().items
    assert {(request.status, request.patient_name) for request in requests} == {(RequestStatus.EXPIRED, None)}
    assert "request_expired" in {entry.what for entry in me.account.history().items}
    with pytest.raises(AppointmentRequestEndedError) as refusal:
        me.appointments.withdraw_request(first)
    assert refusal.value.status is RequestStatus.EXPIRED
    me.appointments.request("My back", [Window(first_day=date(2026, 2, 1), last_day=date(2026, 2, 1))])


def test_a_late_answer_counts_while_no_worker_has_ended_the_request(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock, told: Told
) -> None:
    request_id = me.appointments.request("My knee", [SOON])
    clock.advance(timedelta(days=30))
    practice.appointments.decline_request(request_id, "Too late")
    assert told() == [NoticeKind.REQUEST_CLOSED]


def test_a_list_with_names_is_two_reads_however_many_ask(
    usual: Portal, me: PatientAccess, practice: PracticeAccess, notifier: RecordingNotifier, calls: Any
) -> None:
    other = activated(usual, notifier, username="stranger", email="stranger@example.org", first_name="Bea")
    usual.log_in(other.username, other.password).appointments.request("My hip", [SOON])
    for _ in range(3):
        me.appointments.request("My knee", [SOON])
    calls.clear()
    found = practice.appointments.requests().items
    assert {request.patient_name for request in found} == {"Ada Byron", "Bea Byron"}
    assert (calls["select"], calls["find_all"], calls["find"], calls["view"]) == (0, 2, 0, 1)


def test_a_request_that_cannot_be_scheduled_stays_open(
    me: PatientAccess, practice: PracticeAccess, slots: list[SlotId], contents: Callable[[], Any]
) -> None:
    practice.schedule.publish(
        NORTH,
        "FREQ=WEEKLY;BYDAY=MO",
        opens=time(9, 15),
        closes=time(9, 45),
        visit_length=timedelta(minutes=30),
        first_day=date(2026, 1, 5),
        last_day=date(2026, 1, 5),
        provider_id=StaffId("emil"),
    )
    (emils,) = me.appointments.open_slots(provider_id=StaffId("emil")).items
    me.appointments.book(slots[0])
    request_id = me.appointments.request("My knee", [SOON])
    before = contents()
    attempts: list[tuple[SlotId, type[Exception]]] = [
        (slots[0], SlotTakenError),
        (emils.slot_id, VisitsOverlapError),
        (SlotId("unknown"), NotFoundError),
    ]
    for slot_id, expected in attempts:
        with pytest.raises(expected):
            practice.appointments.schedule_request(request_id, slot_id)
        assert contents() == before


def test_a_strangers_request_is_like_none(usual: Portal, me: PatientAccess, notifier: RecordingNotifier) -> None:
    request_id = me.appointments.request("My knee", [SOON])
    other = activated(usual, notifier, username="stranger", email="stranger@example.org")
    stranger = usual.log_in(other.username, other.password)
    for of in (request_id, AppointmentRequestId("unknown")):
        for call in (stranger.appointments.withdraw_request, stranger.appointments.get_request):
            with pytest.raises(NotFoundError) as refusal:
                call(of)
            assert refusal.value.what == "appointment_request"
    assert stranger.appointments.requests().items == ()


@pytest.mark.parametrize(
    ("verb", "more"), [("schedule_request", ("some-slot",)), ("decline_request", ("No",)), ("get_request", ())]
)
def test_a_request_that_is_not_there_is_not_found_by_the_practice(
    practice: PracticeAccess, verb: str, more: tuple[str, ...]
) -> None:
    with pytest.raises(NotFoundError) as refusal:
        getattr(practice.appointments, verb)(AppointmentRequestId("unknown"), *more)
    assert refusal.value.what == "appointment_request"


def test_one_request_is_got_as_its_lists_show_it_and_once_it_has_ended(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    request_id = me.appointments.request("My knee", [SOON], provider_id=DORA)
    assert [me.appointments.get_request(request_id)] == list(me.appointments.requests().items)
    assert [practice.appointments.get_request(request_id)] == list(practice.appointments.requests().items)
    practice.appointments.decline_request(request_id, "Nobody is free")
    own, seen = me.appointments.get_request(request_id), practice.appointments.get_request(request_id)
    assert (own.status, own.decline_reason, own.patient_name) == (RequestStatus.DECLINED, "Nobody is free", None)
    assert (seen.status, seen.patient_name) == (RequestStatus.DECLINED, "Ada Byron")
    (first, *_) = [one for one in me.account.history().items if one.what == "record_viewed"]
    assert (first.staff_id, first.verb) == ("staff-1", "appointments.get_request")


def test_a_window_that_was_over_before_today_is_refused_and_nothing_is_written(
    me: PatientAccess, contents: Callable[[], Any]
) -> None:
    before = contents()
    over = Window(first_day=date(2026, 1, 1), last_day=date(2026, 1, 4))
    with pytest.raises(BadInputError, match="windows: in_past"):
        me.appointments.request("My knee", [SOON, over])
    assert contents() == before
