"""What counts wrong passwords for a name, whether anybody has that name or not."""

from datetime import datetime

from attrs import evolve, field, frozen

from patientportal.domain.policy import Policy


@frozen(kw_only=True)
class LogInGuard:
    """What counts the wrong passwords for a submitted name, known or unknown alike, and decides what is answered.

    Attributes:
        name_hash: HMAC-SHA-256 of the normalised name under the portal's key.
        failed_attempts: since the last success or clearing.
        last_failed_at: when the last of them was counted.
        locked_at: when it locked; ``None`` while it isn't.
    """

    name_hash: bytes = field(repr=False)
    failed_attempts: int
    last_failed_at: datetime
    locked_at: datetime | None = None


def lock_in_force(locked_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """Whether a lock set then holds now: until something ends it, or for as long as the policy says."""
    if locked_at is None:
        return False
    return policy.lockout.unlock_after is None or now < locked_at + policy.lockout.unlock_after


def is_locked(guard: LogInGuard | None, *, now: datetime, policy: Policy) -> bool:
    """Whether attempts on this name are answered with "locked"."""
    return guard is not None and lock_in_force(guard.locked_at, now, policy)


def cleared(guard: LogInGuard | None) -> LogInGuard | None:
    """The guard with nothing counted; ``None`` where there is nothing to clear."""
    if guard is None or (guard.failed_attempts == 0 and guard.locked_at is None):
        return None
    return evolve(guard, failed_attempts=0, locked_at=None)
