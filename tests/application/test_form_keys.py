"""Forms under a key, over each store: however often one is sent, it is one thing, and something else is refused."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, time, timedelta
from functools import partial
from typing import Any

import pytest
from attrs import frozen

from patientportal import (
    IdempotencyKeyReusedError,
    NoticeKind,
    PatientAccess,
    PatientId,
    Place,
    PlaceId,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SlotTakenError,
    StaffId,
    Window,
)
from patientportal.testing import FrozenClock, Member, activated

Form = tuple[Callable[..., str], list[dict[str, Any]]]
Told = Callable[[], list[NoticeKind]]
Untouched = Callable[[], AbstractContextManager[None]]
NORTH = Place(id=PlaceId("north"), name="North Building", zone="UTC")
MONDAY = date(2026, 1, 5)
THIS_WEEK = Window(first_day=MONDAY, last_day=date(2026, 1, 9))


@frozen
class At:
    """A practice, and somebody who is in."""

    practice: PracticeAccess
    me: PatientAccess


@pytest.fixture
def me(usual: Portal, member: Member, practice: PracticeAccess) -> PatientAccess:
    """Somebody who is in, at a practice that has slots."""
    practice.schedule.publish(
        NORTH,
        "FREQ=WEEKLY;BYDAY=MO",
        opens=time(13),
        closes=time(17),
        visit_length=timedelta(minutes=30),
        first_day=MONDAY,
        last_day=MONDAY,
        provider_id=StaffId("dora"),
    )
    return usual.log_in(member.username, member.password)


@pytest.fixture
def other(usual: Portal, notifier: RecordingNotifier) -> PatientAccess:
    """Somebody else, who is in too."""
    second = activated(usual, notifier, "second", email="second@example.org")
    return usual.log_in(second.username, second.password)


@pytest.fixture
def told(usual: Portal, notifier: RecordingNotifier) -> Told:
    """Has what is due told, and says what was told since the last time."""
    usual.work()

    def told() -> list[NoticeKind]:
        notifier.messages.clear()
        usual.work()
        return [message.kind for message in notifier.messages]

    return told


def request(at: At) -> Form:
    usual: dict[str, Any] = {"reason": "My knee", "windows": [THIS_WEEK]}
    others: list[dict[str, Any]] = [
        {"reason": "My hip"},
        {"windows": [THIS_WEEK, THIS_WEEK]},
        {"provider_id": StaffId("dora")},
    ]
    return partial(at.me.appointments.request, **usual), others


def book(at: At) -> Form:
    first, second, *_ = (slot.slot_id for slot in at.me.appointments.open_slots().items)
    usual: dict[str, Any] = {"slot_id": first, "reason": "My knee"}
    return partial(at.me.appointments.book, **usual), [{"slot_id": second}, {"reason": "My hip"}]


def book_by_practice(at: At) -> Form:
    first, second, *_ = (slot.slot_id for slot in at.practice.schedule.open_slots().items)
    usual: dict[str, Any] = {"patient_id": at.me.patient_id, "slot_id": first, "reason": "My knee"}
    return partial(at.practice.appointments.book, **usual), [{"slot_id": second}, {"reason": "My hip"}]


def ask(at: At) -> Form:
    return partial(at.me.support.ask, message="Where do I park?"), [{"message": "Where are you?"}]


def request_renewal(at: At) -> Form:
    one, two = (
        at.practice.medications.record(at.me.patient_id, name=name, started_on=MONDAY, refills_left=1)
        for name in ("Aspirin", "Lisinopril")
    )
    usual: dict[str, Any] = {"medication_id": one, "pharmacy": "Corner", "note": "Please"}
    others: list[dict[str, Any]] = [{"medication_id": two}, {"pharmacy": "Main Road"}, {"note": ""}]
    return partial(at.me.medications.request_renewal, **usual), others


def send(at: At) -> Form:
    usual: dict[str, Any] = {"patient_id": at.me.patient_id, "subject": "Your test", "body": "All is well."}
    return partial(at.practice.messages.send, **usual), [{"subject": "Your X-ray"}, {"body": "Come again."}]


FORMS = {
    "appointment_request": request,
    "appointment": book,
    "the desk's appointment": book_by_practice,
    "support_request": ask,
    "renewal": request_renewal,
    "message": send,
}
TELLS = {"appointment", "the desk's appointment", "message"}
each = pytest.mark.parametrize("what", FORMS)


@each
def test_the_same_form_again_is_the_same_thing_and_nobody_is_told_twice(
    what: str, practice: PracticeAccess, me: PatientAccess, told: Told, untouched: Untouched
) -> None:
    form, _ = FORMS[what](At(practice, me))
    id_ = form(idempotency_key="form-1")
    before = told()
    with untouched():
        assert form(idempotency_key="form-1") == id_
    assert told() == []
    assert len(before) == (what in TELLS)


@each
def test_something_else_under_the_key_is_refused_and_names_what_has_it(
    what: str, practice: PracticeAccess, me: PatientAccess, untouched: Untouched
) -> None:
    form, others = FORMS[what](At(practice, me))
    id_ = form(idempotency_key="form-1")
    for otherwise in others:
        with untouched(), pytest.raises(IdempotencyKeyReusedError) as refusal:
            form(idempotency_key="form-1", **otherwise)
        assert (refusal.value.what, refusal.value.id) == (what.removeprefix("the desk's "), id_)
        assert (refusal.value.status is None) == (what in {"message", "support_request"})


@each
def test_without_a_key_nothing_more_is_asked_of_the_store_and_with_one_it_is_in_the_same_trip(
    what: str, practice: PracticeAccess, me: PatientAccess, other: PatientAccess, calls: Counter[str]
) -> None:
    mine, _ = FORMS[what](At(practice, me))
    calls.clear()
    mine()
    without = Counter(calls)
    theirs, _ = FORMS[what](At(practice, other))
    calls.clear()
    theirs(idempotency_key="form-1")
    assert Counter(calls) == without


@each
def test_a_key_belongs_to_its_patient(
    what: str, practice: PracticeAccess, me: PatientAccess, other: PatientAccess
) -> None:
    mine, _ = FORMS[what](At(practice, me))
    id_ = mine(idempotency_key="form-1")
    theirs, _ = FORMS[what](At(practice, other))
    assert theirs(idempotency_key="form-1") != id_


@each
def test_a_form_that_was_refused_does_not_use_its_key_up(
    what: str, practice: PracticeAccess, me: PatientAccess, usual: Portal, member: Member
) -> None:
    form, others = FORMS[what](At(practice, me))
    patient_id = {"patient_id": PatientId("nobody-1")}
    if "patient_id" in form.keywords:  # type: ignore[attr-defined] # a partial
        with pytest.raises(Exception, match="not_found"):
            form(idempotency_key="form-1", **patient_id)
    else:
        me.log_off()
        with pytest.raises(Exception, match="session_ended"):
            form(idempotency_key="form-1")
        form, others = FORMS[what](At(practice, usual.log_in(member.username, member.password)))
    assert form(idempotency_key="form-1", **others[0])


@each
def test_however_many_send_one_form_at_once_it_is_one_thing(
    what: str, practice: PracticeAccess, me: PatientAccess, told: Told
) -> None:
    form, _ = FORMS[what](At(practice, me))
    with ThreadPoolExecutor(4) as threads:
        same = [threads.submit(form, idempotency_key="form-1") for _ in range(8)]
    assert len({one.result() for one in same}) == 1
    assert len(told()) == (what in TELLS)


@each
def test_of_two_forms_at_once_under_one_key_one_is_refused(
    what: str, practice: PracticeAccess, me: PatientAccess, told: Told
) -> None:
    form, others = FORMS[what](At(practice, me))
    with ThreadPoolExecutor(2) as threads:
        two = [threads.submit(form, idempotency_key="form-1", **one) for one in ({}, others[0])]
    assert {type(one.exception()) for one in two} == {type(None), IdempotencyKeyReusedError}
    assert len(told()) == (what in TELLS)


def test_a_form_answers_whatever_became_of_it_and_of_the_time(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, told: Told, untouched: Untouched
) -> None:
    asked, _ = request(At(practice, me))
    booked, _ = book(At(practice, me))
    first, second = asked(idempotency_key="form-1"), booked(idempotency_key="form-1")
    practice.appointments.decline_request(first, "Nobody is free")  # type: ignore[arg-type] # an id of it
    me.appointments.cancel(second)  # type: ignore[arg-type] # an id of it
    me.appointments.book(*(slot.slot_id for slot in me.appointments.open_slots(limit=1).items))
    told()
    clock.advance(timedelta(minutes=10))
    with untouched():
        assert (asked(idempotency_key="form-1"), booked(idempotency_key="form-1")) == (first, second)
    assert told() == []


def test_one_form_of_two_slots_that_were_both_wanted_by_others_books_the_first_that_it_gets(
    me: PatientAccess, other: PatientAccess
) -> None:
    first, second, *_ = (slot.slot_id for slot in me.appointments.open_slots().items)
    other.appointments.book(first)
    with pytest.raises(SlotTakenError):
        me.appointments.book(first, idempotency_key="form-1")
    visit_id = me.appointments.book(second, idempotency_key="form-1")
    with pytest.raises(IdempotencyKeyReusedError) as refusal:
        me.appointments.book(first, idempotency_key="form-1")
    assert (refusal.value.id, refusal.value.status) == (visit_id, "booked")
