"""Guards: when a lock is in force, and what clearing leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.guards import LogInGuard, cleared, is_locked, lock_in_force
from patientportal.domain.policy import LockoutPolicy, Policy

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
FOR_EVER = Policy(zone="UTC")
FOR_AN_HOUR = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
GUARD = LogInGuard(name_hash=b"secret name", failed_attempts=3, last_failed_at=NOW)


@pytest.mark.parametrize(
    ("since", "policy", "holds"),
    [
        (None, FOR_EVER, False),
        (None, FOR_AN_HOUR, False),
        (NOW - HOUR, FOR_AN_HOUR, False),
        (NOW - HOUR + INSTANT, FOR_AN_HOUR, True),
        (NOW, FOR_AN_HOUR, True),
        (NOW + HOUR, FOR_AN_HOUR, True),  # the clock went backwards
        (NOW - 10_000 * HOUR, FOR_EVER, True),
        (NOW + HOUR, FOR_EVER, True),
    ],
)
def test_a_lock_holds_for_ever_or_for_as_long_as_the_policy_says(
    since: datetime | None, policy: Policy, *, holds: bool
) -> None:
    guard = evolve(GUARD, locked_at=since, failed_when_locked=3)
    assert lock_in_force(since, for_good=False, now=NOW, policy=policy) is holds
    assert lock_in_force(since, for_good=True, now=NOW, policy=policy) is (since is not None)
    assert is_locked(guard, now=NOW, policy=policy) is holds
    assert is_locked(evolve(guard, failed_when_locked=0), now=NOW, policy=policy) is holds, "of an older release"


@given(
    duration=st.timedeltas(HOUR / 60, 100 * HOUR),
    off=st.one_of(st.sampled_from([-INSTANT, 0 * INSTANT, INSTANT]), st.timedeltas(-200 * HOUR, 200 * HOUR)),
)
def test_a_lock_ends_at_the_microsecond_at_which_its_time_is_over(duration: timedelta, off: timedelta) -> None:
    policy = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=duration))
    now = NOW + duration + off
    assert lock_in_force(NOW, for_good=False, now=now, policy=policy) is (off < timedelta(0))
    assert lock_in_force(NOW, for_good=False, now=now, policy=FOR_EVER)
    assert lock_in_force(NOW, for_good=True, now=now, policy=policy)


def test_a_name_that_nobody_tried_is_not_locked() -> None:
    assert not is_locked(None, now=NOW, policy=FOR_EVER)


def test_a_high_count_alone_does_not_lock() -> None:
    assert not is_locked(evolve(GUARD, failed_attempts=99), now=NOW, policy=FOR_EVER)


@pytest.mark.parametrize(
    ("guard", "left"),
    [
        (None, None),
        (evolve(GUARD, failed_attempts=0), None),
        (evolve(GUARD, failed_attempts=1), evolve(GUARD, failed_attempts=0)),
        (evolve(GUARD, failed_attempts=0, locked_at=NOW), evolve(GUARD, failed_attempts=0)),
        (evolve(GUARD, failed_attempts=4, locked_at=NOW, failed_when_locked=4), evolve(GUARD, failed_attempts=0)),
        (evolve(GUARD, failed_attempts=6, locked_at=NOW, failed_when_locked=4), evolve(GUARD, failed_attempts=0)),
    ],
)
def test_clearing_leaves_nothing_counted_and_nothing_to_save_where_nothing_was(
    guard: LogInGuard | None, left: LogInGuard | None
) -> None:
    assert cleared(guard) == left
    assert cleared(cleared(guard)) is None


def test_a_guard_does_not_show_its_name() -> None:
    assert "secret name" not in repr(GUARD)
