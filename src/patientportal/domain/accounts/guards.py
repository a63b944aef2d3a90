"""What counts wrong passwords for a name, whether anybody has that name or not."""

from datetime import datetime

from attrs import evolve, field, frozen

from patientportal.domain.policy import ATTEMPTS_MAX, Policy


@frozen(kw_only=True)
class LogInGuard:
    """What counts the wrong passwords for a submitted name, known or unknown alike, and decides what is answered.

    Attributes:
        name_hash: HMAC-SHA-256 of the normalised name under the portal's key.
        failed_attempts: in a row: since the last success or clearing, also through locks that time ended.
        last_failed_at: when the last of them was counted.
        locked_at: when it last locked since then; ``None``: it hasn't.
        failed_when_locked: how many of them had been counted by then.
    """

    name_hash: bytes = field(repr=False)
    failed_attempts: int
    last_failed_at: datetime
    locked_at: datetime | None = None
    failed_when_locked: int = 0

    @property
    def failed_since_lock(self) -> int:
        """How many count towards the next lock."""
        return self.failed_attempts - self.failed_when_locked

    @property
    def is_for_good(self) -> bool:
        """Whether so many failed in a row that time doesn't end the lock any more (NIST SP 800-63B-4, 3.2.2)."""
        return self.failed_attempts >= ATTEMPTS_MAX


def lock_in_force(locked_at: datetime | None, *, for_good: bool, now: datetime, policy: Policy) -> bool:
    """Whether a lock set then holds now: until something ends it, or for as long as the policy says."""
    if locked_at is None:
        return False
    return for_good or policy.lockout.unlock_after is None or now < locked_at + policy.lockout.unlock_after


def is_locked(guard: LogInGuard | None, *, now: datetime, policy: Policy) -> bool:
    """Whether attempts on this name are answered with "locked"."""
    if guard is None:
        return False
    return lock_in_force(guard.locked_at, for_good=guard.is_for_good, now=now, policy=policy)


def failed_once_more(guard: LogInGuard | None, *, name_hash: bytes, now: datetime) -> LogInGuard:
    """The guard with one wrong password more, which locks nothing yet."""
    if guard is None:
        return LogInGuard(name_hash=name_hash, failed_attempts=1, last_failed_at=now)
    return evolve(guard, failed_attempts=guard.failed_attempts + 1, last_failed_at=now)


def locked(guard: LogInGuard, *, now: datetime) -> LogInGuard:
    """The guard after the last wrong password that was allowed."""
    return evolve(guard, locked_at=now, failed_when_locked=guard.failed_attempts)


def cleared(guard: LogInGuard | None) -> LogInGuard | None:
    """The guard with nothing counted; ``None`` where there is nothing to clear."""
    if guard is None or (guard.failed_attempts == 0 and guard.locked_at is None):
        return None
    return evolve(guard, failed_attempts=0, locked_at=None, failed_when_locked=0)
