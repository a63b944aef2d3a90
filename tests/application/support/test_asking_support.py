"""Asking support, from inside and from outside, and what support does about it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    Asker,
    BadInputError,
    NotFoundError,
    NotPermittedError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Role,
    SessionEndedError,
    StaffId,
    StaffMember,
    SupportRequestResolvedError,
    TooManySupportRequestsError,
    Worked,
)
from patientportal.domain.ids import SupportRequestId
from patientportal.domain.support.support import (
    MESSAGE_MAX,
    OPEN_MAX,
    STRANGERS_OPEN_MAX,
    STRANGERS_WITHIN,
    SupportRequest,
)
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
CONTACT = "ada.byron@example.org"
MESSAGE = "My results don't open.\nWhom do I ask?"


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


def test_what_a_patient_asks_is_seen_by_support_and_by_themselves(
    practice: PracticeAccess, member: Member, me: PatientAccess, clock: FrozenClock
) -> None:
    request_id = me.support.ask(MESSAGE)
    (seen,) = practice.support.open_requests().items
    assert (seen.request_id, seen.patient_id, seen.contact, seen.message, seen.asked_at) == (
        request_id,
        member.patient_id,
        "",
        MESSAGE,
        clock(),
    )
    assert seen.patient_name == "Ada Byron"
    assert {seen.resolved_at, seen.resolved_by, seen.answer_id} == {None}
    (own,) = me.support.requests().items
    assert (own.request_id, own.message, own.asked_at, own.resolved_at) == (request_id, MESSAGE, clock(), None)


def test_a_patient_sees_their_own_requests_alone(usual: Portal, me: PatientAccess, notifier: RecordingNotifier) -> None:
    other = activated(usual, notifier, "second", email="second@example.org")
    usual.recovery.ask_support(CONTACT, MESSAGE)
    me.support.ask(MESSAGE)
    assert usual.log_in(other.username, other.password).support.requests().items == ()


def test_support_is_asked_without_mail_to_the_patient(
    usual: Portal, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    me.support.ask(MESSAGE)
    usual.recovery.ask_support(CONTACT, MESSAGE)
    assert usual.work() == Worked()
    assert notifier.messages == []


def test_whoever_is_not_in_any_more_asks_and_sees_nothing(me: PatientAccess, untouched: Untouched) -> None:
    me.log_off()
    with untouched():
        for call in (lambda: me.support.ask(MESSAGE), me.support.requests):
            with pytest.raises(SessionEndedError):
                call()


def test_five_requests_of_a_patient_are_open_at_a_time(
    practice: PracticeAccess, me: PatientAccess, untouched: Untouched
) -> None:
    first, *_ = [me.support.ask(f"{number}") for number in range(OPEN_MAX)]
    with untouched(), pytest.raises(TooManySupportRequestsError):
        me.support.ask(MESSAGE)
    practice.support.resolve(first)
    me.support.ask(MESSAGE)
    with untouched(), pytest.raises(TooManySupportRequestsError):
        me.support.ask(MESSAGE)


def test_the_open_requests_of_one_patient_hinder_nobody_else(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    for number in range(OPEN_MAX):
        me.support.ask(f"{number}")
    other = activated(usual, notifier, "second", email="second@example.org")
    usual.log_in(other.username, other.password).support.ask(MESSAGE)
    usual.recovery.ask_support(CONTACT, MESSAGE)
    assert len(practice.support.open_requests().items) == OPEN_MAX + 1
    assert len(practice.support.open_requests(of=Asker.STRANGERS).items) == 1


def test_no_time_closes_a_request(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, clock: FrozenClock
) -> None:
    for number in range(OPEN_MAX):
        me.support.ask(f"{number}")
    clock.advance(timedelta(days=3650))
    usual.work()
    assert len(practice.support.open_requests().items) == OPEN_MAX
    with pytest.raises(TooManySupportRequestsError):
        usual.log_in(member.username, member.password).support.ask(MESSAGE)


def test_what_a_stranger_asks_is_seen_as_nobodys(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess
) -> None:
    usual.recovery.ask_support(CONTACT, f"I am {member.username}.")
    (seen,) = practice.support.open_requests(of=Asker.STRANGERS).items
    assert (seen.patient_id, seen.patient_name, seen.contact) == (None, None, CONTACT)
    assert seen.message == f"I am {member.username}."
    assert practice.support.open_requests().items == ()
    assert me.support.requests().items == ()
    assert "support_asked" not in {entry.what for entry in me.account.history().items}


def test_the_sixth_of_a_contact_within_a_day_is_answered_alike_and_dropped_to_the_microsecond(
    usual: Portal, practice: PracticeAccess, clock: FrozenClock, untouched: Untouched
) -> None:
    for number in range(OPEN_MAX):
        usual.recovery.ask_support(CONTACT, f"{number}")
        clock.advance(SECOND)
    clock.advance(STRANGERS_WITHIN - OPEN_MAX * SECOND - MICROSECOND)
    with untouched():
        usual.recovery.ask_support(CONTACT, "dropped")
    clock.advance(MICROSECOND)
    usual.recovery.ask_support(CONTACT, "kept")
    with untouched():
        usual.recovery.ask_support(CONTACT, "dropped")
    seen = practice.support.open_requests(of=Asker.STRANGERS).items
    assert [one.message for one in seen] == ["0", "1", "2", "3", "4", "kept"]


def test_resolving_a_strangers_requests_makes_no_room_within_the_day(
    usual: Portal, practice: PracticeAccess, untouched: Untouched
) -> None:
    for number in range(OPEN_MAX):
        usual.recovery.ask_support(CONTACT, f"{number}")
    for seen in practice.support.open_requests(of=Asker.STRANGERS).items:
        practice.support.resolve(seen.request_id)
    with untouched():
        usual.recovery.ask_support(CONTACT, "dropped")
    usual.recovery.ask_support("somebody else", "kept")
    assert [seen.message for seen in practice.support.open_requests(of=Asker.STRANGERS).items] == ["kept"]


def test_beyond_two_hundred_open_ones_of_strangers_nobody_sees_more_and_patients_still_ask(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, untouched: Untouched
) -> None:
    usual.recovery.ask_support(CONTACT, MESSAGE)
    with usual._env.store.transaction() as tx:
        (one,) = tx.select(Query(state=SupportRequest))
        for number in range(1, STRANGERS_OPEN_MAX):
            tx.add(evolve(one, id=SupportRequestId(f"many-{number}"), contact=f"{number}@example.org"))
    with untouched():
        usual.recovery.ask_support("somebody else", "dropped")
    me.support.ask(MESSAGE)
    clock.advance(SECOND)
    practice.support.resolve(practice.support.open_requests(of=Asker.STRANGERS, limit=1).items[0].request_id)
    usual.recovery.ask_support("somebody else", "kept")


def test_a_bad_contact_or_message_is_refused_and_touches_nothing(
    usual: Portal, me: PatientAccess, untouched: Untouched
) -> None:
    with untouched():
        for message in ("", " ", "x" * (MESSAGE_MAX + 1), "\0"):
            for call in (me.support.ask, lambda bad: usual.recovery.ask_support(CONTACT, bad)):
                with pytest.raises(BadInputError) as refusal:
                    call(message)
                assert refusal.value.field == "message"
        for contact in ("", "x" * 255, "two\nlines"):
            with pytest.raises(BadInputError) as refusal:
                usual.recovery.ask_support(contact, MESSAGE)
            assert refusal.value.field == "contact"


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_pages_show_every_open_request_once_the_oldest_first(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, limit: int
) -> None:
    for number in range(4):
        me.support.ask(f"mine {number}")
        usual.recovery.ask_support(CONTACT, f"theirs {number}")
        clock.advance(SECOND * (number % 2))
    for of, whose in ((Asker.PATIENTS, "mine"), (Asker.STRANGERS, "theirs")):
        whole = practice.support.open_requests(of=of).items
        assert [seen.asked_at for seen in whole] == sorted(seen.asked_at for seen in whole)
        assert {seen.message for seen in whole} == {f"{whose} {n}" for n in range(4)}
        pages = []
        cursor: str | None = None
        for _ in range(-(-len(whole) // limit)):
            page = practice.support.open_requests(of=of, limit=limit, cursor=cursor)
            pages.append(page.items)
            cursor = page.next_cursor
        assert cursor is None
        assert tuple(seen for items in pages for seen in items) == whole


def test_what_is_resolved_between_two_pages_shifts_nothing(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock
) -> None:
    for number in range(4):
        me.support.ask(f"{number}")
        clock.advance(SECOND)
    first = practice.support.open_requests(limit=2)
    practice.support.resolve(first.items[0].request_id)
    rest = practice.support.open_requests(limit=2, cursor=first.next_cursor)
    assert [seen.message for seen in rest.items] == ["2", "3"]


def test_patients_see_their_requests_the_latest_first_in_pages(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock
) -> None:
    asked = []
    for number in range(3):
        asked.append(me.support.ask(f"{number}"))
        clock.advance(SECOND)
    practice.support.resolve(asked[1])
    first = me.support.requests(limit=2)
    rest = me.support.requests(limit=2, cursor=first.next_cursor)
    assert [(own.message, own.resolved_at) for own in (*first.items, *rest.items)] == [
        ("2", None),
        ("1", clock()),
        ("0", None),
    ]
    assert rest.next_cursor is None


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_one_to_two_hundred_requests(practice: PracticeAccess, me: PatientAccess, limit: int) -> None:
    for call in (practice.support.open_requests, me.support.requests):
        with pytest.raises(BadInputError) as refusal:
            call(limit=limit)
        assert (refusal.value.field, refusal.value.problem) == ("limit", "out_of_range")


def test_a_request_is_resolved_once(practice: PracticeAccess, me: PatientAccess, untouched: Untouched) -> None:
    request_id = me.support.ask(MESSAGE)
    practice.support.resolve(request_id)
    assert practice.support.open_requests().items == ()
    with untouched(), pytest.raises(SupportRequestResolvedError):
        practice.support.resolve(request_id)


def test_a_strangers_request_is_resolved_too(
    usual: Portal, practice: PracticeAccess, contents: Contents, clock: FrozenClock
) -> None:
    usual.recovery.ask_support(CONTACT, MESSAGE)
    (seen,) = practice.support.open_requests(of=Asker.STRANGERS).items
    practice.support.resolve(seen.request_id)
    (kept,) = contents()["support_requests"]
    assert (kept.resolved_at, kept.resolved_by) == (clock(), "staff-1")
    assert practice.support.open_requests(of=Asker.STRANGERS).items == ()


@pytest.mark.parametrize("request_id", ["", "unknown", "a b", "x" * 65, "\0"])
@pytest.mark.usefixtures("member")
def test_what_is_no_request_can_not_be_resolved(
    practice: PracticeAccess, untouched: Untouched, request_id: str
) -> None:
    with untouched(), pytest.raises(NotFoundError) as refusal:
        practice.support.resolve(SupportRequestId(request_id))
    assert refusal.value.what == "support_request"


def test_the_front_desk_and_support_see_and_resolve_requests_and_providers_do_not(
    usual: Portal, me: PatientAccess, untouched: Untouched
) -> None:
    request_id = me.support.ask(MESSAGE)
    provider = usual.practice(_staff(Role.PROVIDER))
    with untouched():
        for call in (provider.support.open_requests, lambda: provider.support.resolve(request_id)):
            with pytest.raises(NotPermittedError):
                call()
    assert len(usual.practice(_staff(Role.FRONT_DESK)).support.open_requests().items) == 1
    usual.practice(_staff(Role.SUPPORT)).support.resolve(request_id)


def _staff(role: Role) -> StaffMember:
    return StaffMember(id=StaffId(f"a-{role.value}"), name="Sam Staff", roles=frozenset({role}))


def test_history_shows_what_was_asked_and_resolved_and_by_whom(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, contents: Contents
) -> None:
    request_id = me.support.ask(MESSAGE)
    clock.advance(SECOND)
    practice.support.resolve(request_id)
    shown = [(entry.what, entry.by.value, entry.device) for entry in me.account.history(limit=2).items]
    assert shown == [("support_resolved", "staff", None), ("support_asked", "patient", "phone")]
    (resolved,) = [one for one in contents()["events"] if one.event.name == "support_resolved"]
    assert (resolved.by.id, resolved.event.request_id) == ("staff-1", request_id)


def test_nothing_of_a_message_or_a_contact_stands_in_an_event_or_a_repr(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, contents: Contents
) -> None:
    request_id = me.support.ask(MESSAGE)
    usual.recovery.ask_support(CONTACT, MESSAGE)
    strangers = practice.support.open_requests(of=Asker.STRANGERS).items
    shown = [
        *practice.support.open_requests().items,
        *strangers,
        *me.support.requests().items,
        *contents()["support_requests"],
    ]
    practice.support.resolve(request_id)
    written = "".join(repr(one) for one in (*contents()["events"], *shown))
    assert "results" not in written
    assert CONTACT not in written
