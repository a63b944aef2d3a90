"""What a patient does with their own account: change the password, read the history."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from patientportal import (
    AccountLockedError,
    BadInputError,
    PasswordProblemCode,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    WeakPasswordError,
    WrongCredentialsError,
)
from patientportal.testing import PASSWORD, FrozenClock, Member

Untouched = Callable[[], AbstractContextManager[None]]
NEW = "amber lantern 77 drifts"
WRONG = "not the password 0"


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


def test_a_changed_password_holds_and_the_old_one_does_not(usual: Portal, member: Member, me: PatientAccess) -> None:
    me.account.change_password(member.password, NEW)
    assert usual.log_in(member.username, NEW).patient_id == member.patient_id
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, member.password)


def test_a_changed_password_ends_every_other_session(usual: Portal, member: Member, me: PatientAccess) -> None:
    others = [usual.log_in(member.username, member.password) for _ in range(2)]
    me.account.change_password(member.password, NEW)
    for other in others:
        with pytest.raises(SessionEndedError):
            usual.resume(other.token)
    assert [device.name for device in usual.resume(me.token).account.devices().items] == ["phone"]


def test_a_changed_password_is_told(
    usual: Portal, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    me.account.change_password(member.password, NEW)
    usual.work()
    assert [(message.kind.value, message.link) for message in notifier.messages] == [("password_changed", None)]


def test_a_wrong_present_password_counts_like_a_wrong_log_in(usual: Portal, member: Member, me: PatientAccess) -> None:
    left = []
    for _ in range(2):
        with pytest.raises(WrongCredentialsError) as refusal:
            me.account.change_password(WRONG, NEW)
        left.append(refusal.value.attempts_left)
        with pytest.raises(WrongCredentialsError) as refusal:
            usual.log_in(member.username, WRONG)
        left.append(refusal.value.attempts_left)
    assert left == [3, 2, 1, 0]
    with pytest.raises(AccountLockedError):
        me.account.change_password(member.password, NEW)


def test_the_right_present_password_while_locked_is_not_hashed_and_changes_nothing(
    member: Member, me: PatientAccess, untouched: Untouched
) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            me.account.change_password(WRONG, NEW)
    with untouched(), pytest.raises(AccountLockedError):
        me.account.change_password(member.password, NEW)


def test_a_change_sets_the_count_to_zero(usual: Portal, member: Member, me: PatientAccess) -> None:
    for _ in range(3):
        with pytest.raises(WrongCredentialsError):
            me.account.change_password(WRONG, NEW)
    me.account.change_password(member.password, NEW)
    with pytest.raises(WrongCredentialsError) as refusal:
        usual.log_in(member.username, WRONG)
    assert refusal.value.attempts_left == 3


@pytest.mark.parametrize(
    ("present", "new", "problem"),
    [
        (PASSWORD, PASSWORD, PasswordProblemCode.UNCHANGED),
        (PASSWORD, "s h 0 r t", PasswordProblemCode.TOO_SHORT),
        (WRONG, "s h 0 r t", PasswordProblemCode.TOO_SHORT),
        (WRONG, "my countess 42 drifts", PasswordProblemCode.PERSONAL),
    ],
)
def test_a_weak_new_password_is_refused_before_anything_is_hashed_or_counted(
    me: PatientAccess, untouched: Untouched, present: str, new: str, problem: PasswordProblemCode
) -> None:
    with untouched(), pytest.raises(WeakPasswordError) as refusal:
        me.account.change_password(present, new)
    assert problem in {one.code for one in refusal.value.problems}


def test_the_same_password_in_another_composition_is_unchanged(member: Member, me: PatientAccess) -> None:
    me.account.change_password(member.password, "caf\u00e9 lantern 77 drifts")
    with pytest.raises(WeakPasswordError) as refusal:
        me.account.change_password("caf\u00e9 lantern 77 drifts", "cafe\u0301 lantern 77 drifts")
    assert [one.code for one in refusal.value.problems] == [PasswordProblemCode.UNCHANGED]


def test_history_shows_log_ins_refusals_and_who_did_it_the_latest_first(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, clock: FrozenClock
) -> None:
    for _ in range(4):
        clock.advance(timedelta(seconds=1))
        with pytest.raises(WrongCredentialsError):
            usual.log_in(member.username, WRONG)
    practice.support.unlock(member.patient_id)
    me.account.change_password(member.password, NEW)
    shown = [(entry.what, entry.by.value, entry.device) for entry in me.account.history().items]
    assert shown == [
        ("password_changed", "patient", "phone"),
        ("unlocked", "staff", None),
        ("locked_out", "anonymous", None),
        *[("log_in_failed", "anonymous", None)] * 3,
        ("logged_in", "patient", "phone"),
        ("account_activated", "patient", None),
        ("patient_registered", "staff", None),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_history_pages_show_everything_once_and_in_order(me: PatientAccess, limit: int) -> None:
    for _ in range(3):
        with pytest.raises(WrongCredentialsError):
            me.account.change_password(WRONG, NEW)
    whole = me.account.history().items
    pages = []
    cursor: str | None = None
    for _ in range(-(-len(whole) // limit)):
        page = me.account.history(limit=limit, cursor=cursor)
        pages.append(page.items)
        cursor = page.next_cursor
    assert cursor is None
    assert tuple(entry for items in pages for entry in items) == whole


def test_what_happens_between_two_pages_shifts_nothing(usual: Portal, member: Member, me: PatientAccess) -> None:
    whole = me.account.history().items
    first = me.account.history(limit=1)
    usual.log_in(member.username, member.password)
    rest = me.account.history(cursor=first.next_cursor)
    assert (*first.items, *rest.items) == whole


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_one_to_two_hundred_entries(me: PatientAccess, limit: int) -> None:
    for call in (me.account.history, me.account.devices):
        with pytest.raises(BadInputError) as refusal:
            call(limit=limit)
        assert (refusal.value.field, refusal.value.problem) == ("limit", "out_of_range")


def test_a_changed_password_is_a_new_token_and_the_one_before_is_dead(usual: Portal, member: Member) -> None:
    me = usual.log_in(member.username, member.password, device="phone")
    before = me.token
    after = me.account.change_password(member.password, NEW)
    assert before != after == me.token
    with pytest.raises(SessionEndedError):
        usual.resume(before)
    (device,) = usual.resume(after).account.devices().items
    assert (device.name, device.is_this) == ("phone", True)


def test_a_refused_change_leaves_the_token_as_it_is(usual: Portal, member: Member) -> None:
    me = usual.log_in(member.username, member.password)
    before = me.token
    with pytest.raises(WrongCredentialsError):
        me.account.change_password(WRONG, NEW)
    assert usual.resume(before).token == me.token == before


def test_no_handle_shows_its_token_where_its_inside_is_printed(usual: Portal, member: Member) -> None:
    me = usual.log_in(member.username, member.password)
    for shown in (vars(me), vars(me.account)):
        assert me.token not in repr(shown)
        assert me.token.rpartition(".")[2] not in repr(shown)
