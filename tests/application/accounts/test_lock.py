"""The lock through the front door: when it falls, what it answers, and what ends it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AccountLockedError,
    AdapterError,
    BadInputError,
    LockoutPolicy,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    TooBusyError,
    WrongCredentialsError,
)
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.ids import NOBODY
from patientportal.ports.store import Query, key_of
from patientportal.testing import CheapHasher, FrozenClock, Member, desk

Contents = Callable[[], dict[str, set[Any]]]
WRONG = "not the password 0"
HOUR = timedelta(hours=1)


class OutOfOrder(CheapHasher):
    """A hasher that can't answer."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def verify(self, text: str, against: str) -> bool:  # noqa: ARG002 - the port's
        raise self._error


def fail(portal: Portal, username: str, times: int = 1) -> list[int]:
    """How many attempts were said to be left after each wrong password."""
    left = []
    for _ in range(times):
        with pytest.raises(WrongCredentialsError) as refusal:
            portal.log_in(username, WRONG)
        left.append(refusal.value.attempts_left)
    return left


def test_the_third_wrong_attempt_does_not_lock(usual: Portal, member: Member) -> None:
    assert fail(usual, member.username, 3) == [3, 2, 1]
    assert usual.log_in(member.username, member.password).patient_id == member.patient_id


def test_the_fourth_wrong_attempt_locks(usual: Portal, practice: PracticeAccess, member: Member) -> None:
    assert fail(usual, member.username, 4) == [3, 2, 1, 0]
    with pytest.raises(AccountLockedError):
        usual.log_in(member.username, WRONG)
    assert practice.patients.get(member.patient_id).is_locked


def test_a_success_before_the_lock_sets_the_count_to_zero(usual: Portal, member: Member) -> None:
    fail(usual, member.username, 3)
    usual.log_in(member.username, member.password)
    assert fail(usual, member.username, 3) == [3, 2, 1]
    usual.log_in(member.username, member.password)


@pytest.mark.usefixtures("member")
def test_every_spelling_of_a_name_counts_toward_one_lock(usual: Portal) -> None:
    spellings = ("countess", "COUNTESS", "\uff43ountess", "Countess")
    assert [fail(usual, spelling)[0] for spelling in spellings] == [3, 2, 1, 0]


def test_the_right_password_while_locked_gets_the_same_answer_and_is_not_hashed(
    usual: Portal, member: Member, calls: Counter[str]
) -> None:
    fail(usual, member.username, 4)
    answers, costs = [], []
    for password in (WRONG, member.password):
        calls.clear()
        with pytest.raises(AccountLockedError) as refusal:
            usual.log_in(member.username, password)
        answers.append(refusal.value)
        costs.append(Counter(calls))
    assert answers[0].args == answers[1].args
    assert costs[0] == costs[1]
    assert not costs[0].keys() & {"hash", "verify", "transaction"}


def test_attempts_while_locked_change_and_extend_nothing(
    usual: Portal, member: Member, clock: FrozenClock, contents: Contents
) -> None:
    fail(usual, member.username, 4)
    before = contents()
    for password in (WRONG, member.password) * 3:
        clock.advance(HOUR)
        with pytest.raises(AccountLockedError):
            usual.log_in(member.username, password)
    assert contents() == before


def test_the_patient_gets_exactly_one_mail_about_the_lock(
    usual: Portal, member: Member, notifier: RecordingNotifier
) -> None:
    fail(usual, member.username, 4)
    for _ in range(3):
        with pytest.raises(AccountLockedError):
            usual.log_in(member.username, WRONG)
        usual.work()
    assert [(message.kind.value, message.link) for message in notifier.messages] == [("account_locked", None)]


def test_the_lock_is_one_event(usual: Portal, member: Member, contents: Contents) -> None:
    before = contents()["events"]
    fail(usual, member.username, 4)
    added = sorted(contents()["events"] - before, key=lambda recorded: recorded.id)
    assert [(recorded.event.name, recorded.event.attempt) for recorded in added] == [
        ("log_in_failed", 1),
        ("log_in_failed", 2),
        ("log_in_failed", 3),
        ("locked_out", 4),
    ]
    assert {recorded.patient_id for recorded in added} == {member.patient_id}


def test_the_lock_of_a_name_that_nobody_has_tells_nobody(
    usual: Portal, member: Member, notifier: RecordingNotifier, contents: Contents
) -> None:
    before = contents()
    fail(usual, "nobody.here", 4)
    usual.work()
    after = contents()
    assert notifier.messages == []
    assert {recorded.patient_id for recorded in after["events"] - before["events"]} == {NOBODY}
    assert usual.log_in(member.username, member.password).patient_id == member.patient_id


def test_support_ends_a_lock_and_forgets_the_wrong_passwords(
    usual: Portal, practice: PracticeAccess, member: Member, contents: Contents
) -> None:
    fail(usual, member.username, 4)
    practice.support.unlock(member.patient_id)
    assert not practice.patients.get(member.patient_id).is_locked
    assert fail(usual, member.username, 3) == [3, 2, 1]
    usual.log_in(member.username, member.password)
    before = contents()
    practice.support.unlock(member.patient_id)
    assert contents() == before, "a second time changes nothing"


def test_after_support_ended_a_lock_the_next_one_is_told_again(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier
) -> None:
    for _ in range(2):
        fail(usual, member.username, 4)
        practice.support.unlock(member.patient_id)
        usual.work()
    assert [message.kind.value for message in notifier.messages] == ["account_locked"] * 2


def test_no_time_ends_a_lock_unless_the_policy_says_so(usual: Portal, member: Member, clock: FrozenClock) -> None:
    fail(usual, member.username, 4)
    clock.advance(timedelta(days=3650))
    with pytest.raises(AccountLockedError):
        usual.log_in(member.username, member.password)


@pytest.mark.parametrize("name", ["countess", "nobody.here"])
def test_a_lock_ends_to_the_microsecond_where_the_policy_says_so(
    portal_with: Callable[..., Portal], member: Member, clock: FrozenClock, name: str
) -> None:
    portal = portal_with(policy=Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR)))
    fail(portal, name, 4)
    clock.advance(HOUR - timedelta(microseconds=1))
    with pytest.raises(AccountLockedError):
        portal.log_in(name, member.password)
    clock.advance(timedelta(microseconds=1))
    assert fail(portal, name, 4) == [3, 2, 1, 0]
    with pytest.raises(AccountLockedError):
        portal.log_in(name, WRONG)


@pytest.mark.parametrize("name", ["countess", "nobody.here"])
def test_a_hundred_wrong_passwords_in_a_row_are_answered_at_most_and_one_lock_mail_an_hour_is_sent(
    portal_with: Callable[..., Portal], notifier: RecordingNotifier, member: Member, clock: FrozenClock, name: str
) -> None:
    minute = timedelta(minutes=1)
    portal = portal_with(policy=Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=minute)))
    for _ in range(25):
        assert fail(portal, name, 4) == [3, 2, 1, 0]
        clock.advance(minute)
        portal.work()
    assert len(notifier.messages) == (1 if name == member.username else 0)
    clock.advance(timedelta(days=365))
    portal.work()
    with pytest.raises(AccountLockedError):
        portal.log_in(name, member.password)
    if name == member.username:
        assert desk(portal).patients.get(member.patient_id).is_locked
        desk(portal).support.unlock(member.patient_id)
        portal.log_in(name, member.password)


def test_the_right_password_gets_in_once_the_time_of_a_lock_is_over(
    portal_with: Callable[..., Portal], practice: PracticeAccess, member: Member, clock: FrozenClock
) -> None:
    portal = portal_with(policy=Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR)))
    fail(portal, member.username, 4)
    clock.advance(HOUR)
    portal.log_in(member.username, member.password)
    assert not practice.patients.get(member.patient_id).is_locked


def test_open_sessions_go_on_while_the_account_is_locked(usual: Portal, member: Member, clock: FrozenClock) -> None:
    me = usual.log_in(member.username, member.password)
    fail(usual, member.username, 4)
    clock.advance(timedelta(minutes=10))
    assert usual.resume(me.token).account.history(limit=1).items[0].what == "locked_out"


@pytest.mark.parametrize(
    "error", [TooBusyError(queue="hashing"), AdapterError(adapter="argon2", reason="not_a_hash"), MemoryError()]
)
def test_what_the_hasher_could_not_answer_is_not_counted(
    portal_with: Callable[..., Portal], member: Member, contents: Contents, error: Exception
) -> None:
    before = contents()
    for _ in range(5):
        with pytest.raises(type(error)):
            portal_with(hasher=OutOfOrder(error)).log_in(member.username, WRONG)
    assert contents() == before


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 1025])
def test_what_can_not_be_a_password_is_not_counted(
    usual: Portal, member: Member, contents: Contents, password: str
) -> None:
    before = contents()
    for _ in range(5):
        with pytest.raises(BadInputError):
            usual.log_in(member.username, password)
    assert contents() == before


def test_a_locked_account_lets_nobody_in_even_when_its_guard_is_gone(usual: Portal, member: Member) -> None:
    fail(usual, member.username, 4)
    forget_every_guard(usual)
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, member.password)


def test_a_lock_that_goes_on_after_its_guard_is_gone_is_not_told_twice(
    usual: Portal, member: Member, notifier: RecordingNotifier
) -> None:
    fail(usual, member.username, 4)
    forget_every_guard(usual)
    fail(usual, member.username, 4)
    usual.work()
    assert [message.kind.value for message in notifier.messages] == ["account_locked"]


def forget_every_guard(portal: Portal) -> None:
    """What a lost key does."""
    with portal._env.store.transaction() as tx:
        for guard in tx.select(Query(state=LogInGuard)):
            tx.get(key_of(guard))
            tx.remove(key_of(guard))
