"""Logging in: who gets in, what counts, what locks and what ends a lock."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import log_in
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import (
    Admitted,
    Cleared,
    CredentialReplaced,
    Locked,
    LockedOut,
    LoggedIn,
    LogInFailed,
    StillLocked,
    Unlocked,
    Wrong,
    may_authenticate,
)
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import LockoutPolicy, Policy
from tests.domain.accounts.log_in.attempts import (
    ACCOUNT,
    DECOY,
    GUARD,
    HOUR,
    INACTIVE,
    INSTANT,
    LOCKED_ACCOUNT,
    LOCKED_GUARD,
    NOW,
    PATIENT,
    POLICY,
    REPLACED,
    RIGHT,
    SESSION,
    UNLOCKING,
    WRONG,
    Answer,
    attempt,
    counted,
)


def test_the_right_password_opens_a_session_and_nothing_else_changes() -> None:
    assert attempt() == Admitted(guard=None, account=None, session=SESSION, event=LoggedIn())


def test_the_third_wrong_attempt_does_not_lock_and_the_fourth_does() -> None:
    guard = None
    for number in (1, 2, 3):
        wrong = attempt(guard, WRONG)
        assert wrong == Wrong(guard=counted(number), event=LogInFailed(attempt=number), attempts_left=4 - number)
        assert isinstance(wrong, Wrong)
        guard = wrong.guard
    assert attempt(guard, WRONG) == Locked(
        guard=counted(4, locked_at=NOW),
        account=LOCKED_ACCOUNT,
        event=LockedOut(attempt=4, account_locked=True, is_told=True),
    )


def test_a_success_before_the_lock_sets_the_count_to_zero() -> None:
    admitted = attempt(GUARD)
    assert isinstance(admitted, Admitted)
    assert admitted.guard == evolve(GUARD, failed_attempts=0)
    assert isinstance(attempt(admitted.guard, WRONG), Wrong)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        (
            {"guard": LOCKED_GUARD, "verification": REPLACED, "patient": INACTIVE, "account": LOCKED_ACCOUNT},
            StillLocked,
        ),
        (
            {"guard": GUARD, "verification": REPLACED, "patient": INACTIVE, "account": LOCKED_ACCOUNT},
            CredentialReplaced,
        ),
        ({"guard": GUARD, "verification": DECOY, "patient": None, "account": None}, Locked),
        ({"guard": GUARD, "verification": WRONG, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Locked),
        ({"guard": None, "verification": WRONG, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": None, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": INACTIVE}, Wrong),
        ({"guard": None, "patient": None}, Wrong),
        ({"guard": None}, Admitted),
        ({"guard": GUARD}, Admitted),
    ],
    ids=map(str, range(12)),
)
def test_a_lock_is_seen_first_then_a_replaced_password_then_what_counts(
    facts: dict[str, Any], answer: type[Answer]
) -> None:
    assert type(attempt(**facts)) is answer


def test_once_locked_right_and_wrong_are_answered_alike_and_nothing_is_extended() -> None:
    for verification in (RIGHT, WRONG, REPLACED, DECOY):
        for now in (NOW, NOW - HOUR, NOW + 1000 * HOUR):
            assert attempt(LOCKED_GUARD, verification, now=now) == StillLocked()


def test_a_swept_guard_lets_nobody_into_a_locked_account() -> None:
    for number, guard in enumerate([None, counted(1), counted(2)], start=1):
        wrong = attempt(guard, RIGHT, account=LOCKED_ACCOUNT)
        assert wrong == Wrong(guard=counted(number), event=LogInFailed(attempt=number), attempts_left=4 - number)


def test_locking_a_locked_account_again_extends_nothing_and_tells_nobody() -> None:
    later = NOW + HOUR
    again = attempt(GUARD, RIGHT, account=LOCKED_ACCOUNT, now=later)
    assert again == Locked(
        guard=evolve(counted(4, locked_at=later), last_failed_at=later),
        account=None,
        event=LockedOut(attempt=4, account_locked=False),
    )


def test_an_unknown_name_locks_like_a_known_one_with_nobody_to_tell() -> None:
    assert attempt(GUARD, DECOY, patient=None, account=None) == Locked(
        guard=counted(4, locked_at=NOW), account=None, event=LockedOut(attempt=4, account_locked=False)
    )


def test_an_inactive_patients_account_is_locked_like_any_other() -> None:
    locked = attempt(GUARD, RIGHT, patient=INACTIVE)
    assert isinstance(locked, Locked)
    assert locked.account == LOCKED_ACCOUNT


@pytest.mark.parametrize(("after", "answer"), [(HOUR - INSTANT, StillLocked), (HOUR, Admitted), (-HOUR, StillLocked)])
def test_a_lock_ends_by_time_at_the_microsecond_where_the_policy_says_so(
    after: timedelta, answer: type[Answer]
) -> None:
    outcome = attempt(LOCKED_GUARD, RIGHT, account=LOCKED_ACCOUNT, now=NOW + after, policy=UNLOCKING)
    assert type(outcome) is answer
    if isinstance(outcome, Admitted):
        assert outcome.guard == evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None, failed_when_locked=0)
        assert outcome.account == evolve(ACCOUNT, lock_told_at=NOW)


def test_after_a_lock_that_ended_by_time_counting_begins_anew() -> None:
    later = NOW + HOUR
    wrong = attempt(LOCKED_GUARD, WRONG, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert wrong == Wrong(
        guard=evolve(LOCKED_GUARD, failed_attempts=5, last_failed_at=later),
        event=LogInFailed(attempt=1),
        attempts_left=3,
    )
    again = attempt(GUARD, WRONG, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert isinstance(again, Locked)
    assert again.account == evolve(ACCOUNT, locked_at=later, lock_told_at=later)
    assert again.event.account_locked


def test_a_lock_is_told_once_an_hour_also_when_it_was_ended_in_between() -> None:
    for after, is_told in ((INSTANT, False), (HOUR - INSTANT, False), (HOUR, True), (-INSTANT, True)):
        now = NOW + after
        unlocked = evolve(LOCKED_ACCOUNT, locked_at=None)
        outcome = attempt(evolve(GUARD, last_failed_at=now), WRONG, account=unlocked, now=now)
        assert isinstance(outcome, Locked)
        assert outcome.event == LockedOut(attempt=4, account_locked=True, is_told=is_told)
        assert outcome.account == evolve(unlocked, locked_at=now, lock_told_at=now if is_told else NOW)


@pytest.mark.parametrize("attempts", [1, 3, 4, 7, 99, 100])
def test_a_hundred_wrong_passwords_in_a_row_lock_for_good_however_often_time_ends_a_lock(attempts: int) -> None:
    policy = Policy(zone="UTC", lockout=LockoutPolicy(attempts=attempts, unlock_after=HOUR))
    guard, account, now, for_good = None, ACCOUNT, NOW, []
    for wrong in range(1, 101):
        now += HOUR
        outcome = attempt(guard, WRONG, account=account, now=now, policy=policy)
        assert isinstance(outcome, Wrong | Locked)
        guard = outcome.guard
        if isinstance(outcome, Wrong):
            assert outcome.attempts_left <= 100 - wrong
        else:
            account = outcome.account or account
            for_good.append(outcome.event.for_good)
    assert (for_good.count(True), for_good[-1], account.locked_for_good) == (1, True, True)
    for later in (now + 10_000 * HOUR, now - HOUR):
        for verification in (RIGHT, WRONG):
            assert attempt(guard, verification, account=account, now=later, policy=policy) == StillLocked()
        assert not may_authenticate(PATIENT, account, now=later, policy=policy)
    ended = log_in.unlock(account, guard)
    assert isinstance(ended, Cleared)
    assert isinstance(attempt(ended.guard, RIGHT, account=ended.account, now=now, policy=policy), Admitted)


def test_a_success_between_two_locks_begins_the_hundred_anew() -> None:
    nearly = evolve(LOCKED_GUARD, failed_attempts=99, failed_when_locked=99, locked_at=NOW)
    later = NOW + HOUR
    last = attempt(nearly, WRONG, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert isinstance(last, Locked)
    assert last.event.for_good
    admitted = attempt(nearly, RIGHT, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert isinstance(admitted, Admitted)
    assert isinstance(attempt(admitted.guard, WRONG, now=later, policy=UNLOCKING), Wrong)


@given(st.integers(0, 200), st.integers(1, 100))
def test_any_stored_count_is_understood_under_any_limit(stored: int, attempts: int) -> None:
    policy = Policy(zone="UTC", lockout=LockoutPolicy(attempts=attempts))
    left = attempts - stored - 1
    outcome = attempt(evolve(GUARD, failed_attempts=stored), WRONG, policy=policy)
    if left > 0:
        assert isinstance(outcome, Wrong)
        assert (outcome.attempts_left, outcome.guard) == (left, counted(stored + 1))
    else:
        assert isinstance(outcome, Locked)
        assert (outcome.event.attempt, outcome.guard) == (stored + 1, counted(stored + 1, locked_at=NOW))
    assert isinstance(attempt(evolve(GUARD, failed_attempts=stored), RIGHT, policy=policy), Admitted)


@given(
    st.sampled_from([None, PATIENT, INACTIVE]),
    st.sampled_from([None, ACCOUNT, LOCKED_ACCOUNT]),
    st.sampled_from([POLICY, UNLOCKING]),
    st.sampled_from([-HOUR, HOUR - INSTANT, HOUR, HOUR + INSTANT]),
)
def test_only_an_active_patient_with_an_unlocked_account_may_authenticate(
    patient: Patient | None, account: Account | None, policy: Policy, later: timedelta
) -> None:
    is_locked = account is LOCKED_ACCOUNT and not (policy is UNLOCKING and later >= HOUR)
    expected = patient is PATIENT and account is not None and not is_locked
    assert may_authenticate(patient, account, now=NOW + later, policy=policy) is expected


CLEARED_GUARD = evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None, failed_when_locked=0)


@pytest.mark.parametrize(
    ("account", "guard", "cleared"),
    [
        (ACCOUNT, None, None),
        (ACCOUNT, evolve(GUARD, failed_attempts=0), None),
        (ACCOUNT, GUARD, (evolve(GUARD, failed_attempts=0), None)),
        (LOCKED_ACCOUNT, None, (None, ACCOUNT)),
        (evolve(LOCKED_ACCOUNT, locked_for_good=True), LOCKED_GUARD, (CLEARED_GUARD, ACCOUNT)),
        (ACCOUNT, LOCKED_GUARD, (CLEARED_GUARD, None)),
    ],
    ids=["nothing counted", "cleared before", "counted", "guard swept", "locked", "only the name locked"],
)
def test_support_ends_a_lock_and_forgets_what_was_counted(
    account: Account, guard: LogInGuard | None, cleared: tuple[LogInGuard | None, Account | None] | None
) -> None:
    outcome = log_in.unlock(account, guard)
    if cleared is None:
        assert outcome == Unchanged()
    else:
        assert outcome == Cleared(guard=cleared[0], account=cleared[1], event=Unlocked())
