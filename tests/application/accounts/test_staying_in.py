"""Sessions through the front door: how long they last, on which devices, and how they end for good."""

import sys
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    NotFoundError,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    SessionPolicy,
)
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)

CALLS: dict[str, Callable[[PatientAccess], object]] = {
    "devices": lambda me: me.account.devices(),
    "security_questions": lambda me: me.account.security_questions(),
    "history": lambda me: me.account.history(),
    "change_password": lambda me: me.account.change_password("violet kettle 42 drifts", "amber lantern 77 drifts"),
    "log_off_device": lambda me: me.account.log_off_device(me.account.devices().items[0].session_id),
    "log_off_everywhere": lambda me: me.log_off_everywhere(),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@every_call
def test_a_session_is_over_once_it_was_idle_for_fifteen_minutes(
    usual: Portal, me: PatientAccess, clock: FrozenClock, call: Callable[[PatientAccess], object]
) -> None:
    clock.advance(IDLE)
    with pytest.raises(SessionEndedError):
        call(me)
    with pytest.raises(SessionEndedError):
        usual.resume(me.token)


@every_call
def test_a_session_still_lives_a_microsecond_before(
    me: PatientAccess, clock: FrozenClock, call: Callable[[PatientAccess], object]
) -> None:
    clock.advance(IDLE - MICROSECOND)
    call(me)


def test_only_resume_extends_a_session(me: PatientAccess, clock: FrozenClock) -> None:
    clock.advance(IDLE - MINUTE)
    me.account.devices()
    clock.advance(MINUTE)
    with pytest.raises(SessionEndedError):
        me.account.devices()


def test_resume_extends_a_session_up_to_eight_hours(usual: Portal, me: PatientAccess, clock: FrozenClock) -> None:
    for _ in range(ABSOLUTE // (IDLE - MINUTE)):
        clock.advance(IDLE - MINUTE)
        assert usual.resume(me.token).patient_id == me.patient_id
    clock.advance(ABSOLUTE % (IDLE - MINUTE) - MICROSECOND)
    usual.resume(me.token)
    clock.advance(MICROSECOND)
    with pytest.raises(SessionEndedError):
        usual.resume(me.token)


def test_being_seen_is_written_at_most_once_a_minute(
    usual: Portal, me: PatientAccess, clock: FrozenClock, calls: dict[str, int]
) -> None:
    written = []
    for pause in (timedelta(0), MINUTE - MICROSECOND, MICROSECOND, timedelta(0), MINUTE):
        clock.advance(pause)
        calls.clear()
        usual.resume(me.token)
        written.append(calls.get("put", 0))
    assert written == [0, 0, 1, 0, 1]


def test_a_resumed_session_is_the_same_session(usual: Portal, me: PatientAccess) -> None:
    again = usual.resume(me.token)
    assert (again.token, again.patient_id) == (me.token, me.patient_id)
    assert [device.is_this for device in again.account.devices().items] == [True]


def test_log_off_ends_this_session_for_good_and_no_other(
    usual: Portal, member: Member, me: PatientAccess, clock: FrozenClock
) -> None:
    other = usual.log_in(member.username, member.password, device="computer")
    me.log_off()
    for _ in range(3):
        with pytest.raises(SessionEndedError):
            usual.resume(me.token)
        with pytest.raises(SessionEndedError):
            me.account.devices()
        clock.advance(-MINUTE)
    assert [device.name for device in usual.resume(other.token).account.devices().items] == ["computer"]


def test_a_second_log_off_changes_nothing(me: PatientAccess, contents: Contents) -> None:
    me.log_off()
    before = contents()
    me.log_off()
    assert contents() == before


def test_a_lost_phone_is_logged_off_from_the_computer(usual: Portal, member: Member, me: PatientAccess) -> None:
    computer = usual.log_in(member.username, member.password, device="computer")
    (phone,) = (device for device in computer.account.devices().items if device.name == "phone")
    computer.account.log_off_device(phone.session_id)
    with pytest.raises(SessionEndedError):
        me.account.devices()
    with pytest.raises(SessionEndedError):
        usual.resume(me.token)
    assert [device.name for device in computer.account.devices().items] == ["computer"]
    entry = computer.account.history().items[0]
    assert (entry.what, entry.device) == ("device_logged_off", "computer")


def test_a_device_that_is_logged_off_again_changes_nothing(
    usual: Portal, member: Member, me: PatientAccess, contents: Contents
) -> None:
    phone = me.account.devices().items[0].session_id
    computer = usual.log_in(member.username, member.password)
    computer.account.log_off_device(phone)
    before = contents()
    computer.account.log_off_device(phone)
    assert contents() == before


def test_the_device_at_hand_can_be_logged_off_too(me: PatientAccess) -> None:
    me.account.log_off_device(me.account.devices().items[0].session_id)
    with pytest.raises(SessionEndedError):
        me.account.devices()


def test_a_strangers_device_is_like_none(usual: Portal, notifier: RecordingNotifier, me: PatientAccess) -> None:
    stranger = activated(usual, notifier, username="stranger")
    them = usual.log_in(stranger.username, stranger.password)
    with pytest.raises(NotFoundError):
        me.account.log_off_device(them.account.devices().items[0].session_id)
    assert len(them.account.devices().items) == 1


def test_whoever_was_logged_off_logs_nobody_off(usual: Portal, member: Member, me: PatientAccess) -> None:
    computer = usual.log_in(member.username, member.password)
    wanted = me.account.devices().items[-1].session_id
    me.log_off()
    with pytest.raises(SessionEndedError):
        me.account.log_off_device(wanted)
    computer.account.devices()


def test_log_off_everywhere_ends_every_session(usual: Portal, member: Member, me: PatientAccess) -> None:
    tokens = [usual.log_in(member.username, member.password).token for _ in range(3)]
    me.log_off_everywhere()
    for token in (me.token, *tokens):
        with pytest.raises(SessionEndedError):
            usual.resume(token)
    usual.log_in(member.username, member.password)


OF_EACH_SORT = {unicodedata.category(chr(code)): chr(code) for code in range(sys.maxunicode, -1, -1)}


@pytest.mark.parametrize("name", [*OF_EACH_SORT.values(), "\ud800" * 10_000_000, "\u0301" * 10_000_000], ids=range(32))
def test_no_name_of_a_device_refuses_a_right_password(usual: Portal, member: Member, name: str) -> None:
    assert len(OF_EACH_SORT) == 30
    (device,) = usual.log_in(member.username, member.password, device=name).account.devices().items
    assert len(device.name) <= 100


@pytest.mark.usefixtures("me")
def test_devices_shows_where_the_patient_is_in_the_earliest_first(
    usual: Portal, member: Member, clock: FrozenClock
) -> None:
    started = clock()
    clock.advance(MINUTE)
    computer = usual.log_in(member.username, member.password, device="  computer\u0301 ")
    usual.log_in(member.username, member.password).log_off()
    found = computer.account.devices().items
    assert [(device.name, device.started_at - started, device.is_this) for device in found] == [
        ("phone", timedelta(0), False),
        ("compute\u0155", MINUTE, True),
    ]


@pytest.mark.usefixtures("me")
def test_devices_leaves_out_what_was_idle_too_long(usual: Portal, member: Member, clock: FrozenClock) -> None:
    clock.advance(IDLE)
    computer = usual.log_in(member.username, member.password, device="computer")
    assert [device.name for device in computer.account.devices().items] == ["computer"]


def test_devices_pages_through_every_session_once(usual: Portal, member: Member, me: PatientAccess) -> None:
    for number in range(6):
        usual.log_in(member.username, member.password, device=f"tablet {number}")
    names: list[str] = []
    cursor = None
    for _ in range(4):
        page = me.account.devices(limit=2, cursor=cursor)
        names += [device.name for device in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert sorted(names) == ["phone", *(f"tablet {number}" for number in range(6))]


def test_deactivation_ends_every_session_for_good(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess
) -> None:
    practice.patients.deactivate(member.patient_id)
    with pytest.raises(SessionEndedError):
        me.account.devices()
    practice.patients.reactivate(member.patient_id)
    with pytest.raises(SessionEndedError):
        usual.resume(me.token)
    usual.log_in(member.username, member.password)


def test_a_token_is_worth_nothing_with_another_secret_session_or_patient(usual: Portal, me: PatientAccess) -> None:
    patient_id, session_id, secret = me.token.split(".")
    for forged in (
        f"{patient_id}.{session_id}.{'A' * 43}",
        f"{patient_id}.{session_id}x.{secret}",
        f"{patient_id}x.{session_id}.{secret}",
        me.token + "A",
        me.token[:-1],
        f" {me.token}",
        "",
    ):
        with pytest.raises(SessionEndedError):
            usual.resume(forged)


@pytest.mark.usefixtures("member")
def test_a_link_is_no_session(usual: Portal, contents: Contents) -> None:
    (link,) = contents()["links"]
    with pytest.raises(SessionEndedError):
        usual.resume(f"{link.patient_id}.{link.id}.{'0' * 42}1")


def test_the_policy_decides_how_long_a_session_lasts(
    portal_with: Callable[..., Portal], member: Member, clock: FrozenClock
) -> None:
    second = timedelta(seconds=1)
    portal = portal_with(policy=Policy(zone="UTC", sessions=SessionPolicy(idle=10 * second, absolute=25 * second)))
    me = portal.log_in(member.username, member.password)
    for _ in range(4):
        clock.advance(6 * second)
        portal.resume(me.token)
    clock.advance(second)
    with pytest.raises(SessionEndedError):
        portal.resume(me.token)


def test_only_a_hash_of_a_token_is_stored(me: PatientAccess, contents: Contents) -> None:
    (session,) = contents()["sessions"]
    secret = me.token.rpartition(".")[2]
    assert len(session.secret_hash) == 32
    assert secret.encode() not in session.secret_hash
    assert secret not in repr(contents())


def test_a_patient_sees_only_their_own_sessions_and_history(me: PatientAccess, stranger: PatientAccess) -> None:
    assert [device.name for device in me.account.devices().items] == ["phone"]
    assert [device.name for device in stranger.account.devices().items] == ["stranger's"]
    assert "stranger's" not in {entry.device for entry in me.account.history().items}


@pytest.fixture
def stranger(usual: Portal, notifier: RecordingNotifier) -> PatientAccess:
    """Another patient, in by a device of their own."""
    other = activated(usual, notifier, "stranger", email="stranger@example.org")
    return usual.log_in(other.username, other.password, device="stranger's")
