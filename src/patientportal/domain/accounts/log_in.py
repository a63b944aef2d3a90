"""Logging in and the lock: four wrong passwords lock, whoever sends them and however many at once."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from .activation import Account, unlocked
from .guards import LogInGuard, cleared, is_locked, lock_in_force
from .passwords import Verification
from .sessions import Session


@frozen(kw_only=True)
class LoggedIn(Event):
    """A patient got in."""

    name: ClassVar[str] = "logged_in"


@frozen(kw_only=True)
class LogInFailed(Event):
    """A wrong password was answered."""

    name: ClassVar[str] = "log_in_failed"
    attempt: int


@frozen(kw_only=True)
class LockedOut(Event):
    """The last wrong password that was allowed locked the name, and the account where there is one.

    Attributes:
        attempt: which one it was.
        account_locked: whether an account was locked by it, so that its patient is told.
    """

    name: ClassVar[str] = "locked_out"
    attempt: int
    account_locked: bool


@frozen(kw_only=True)
class Unlocked(Event):
    """Support ended a lock."""

    name: ClassVar[str] = "unlocked"


@frozen(kw_only=True)
class WrongCredentialsError(RefusedError):
    """The username or the password is wrong; nobody is told which. The attempt counts.

    Attributes:
        attempts_left: how many more wrong ones are answered before the lock; 0 says that this one locked.
    """

    code: ClassVar[str] = "wrong_credentials"
    attempts_left: int


@frozen(kw_only=True)
class AccountLockedError(RefusedError):
    """Too many wrong passwords: no password is looked at any more. A reset or support ends it. Nothing changed."""

    code: ClassVar[str] = "account_locked"


@frozen(kw_only=True)
class Admitted:
    """The patient gets in."""

    guard: LogInGuard | None = changed()
    account: Account | None = changed()
    session: Session = added()
    event: LoggedIn = happened()


@frozen(kw_only=True)
class Wrong:
    """A wrong attempt that was counted and locks nothing yet."""

    guard: LogInGuard = changed()
    event: LogInFailed = happened()
    attempts_left: int


@frozen(kw_only=True)
class Locked:
    """The wrong attempt that locked."""

    guard: LogInGuard = changed()
    account: Account | None = changed()
    event: LockedOut = happened()


@frozen
class StillLocked:
    """It was locked before: nothing is counted, nothing is extended."""


@frozen
class CredentialReplaced:
    """The password was changed while it was being checked: the check says nothing about the present one."""


@frozen(kw_only=True)
class Cleared:
    """A lock, or a count towards one, was ended by support."""

    guard: LogInGuard | None = changed()
    account: Account | None = changed()
    event: Unlocked = happened()


def may_authenticate(patient: Patient | None, account: Account | None, *, now: datetime, policy: Policy) -> bool:
    """Only an active patient with an account that isn't locked gets in, by whatever route."""
    return (
        patient is not None
        and patient.is_active
        and account is not None
        and not lock_in_force(account.locked_at, now, policy)
    )


def attempt(
    guard: LogInGuard | None,
    *,
    name_hash: bytes,
    patient: Patient | None,
    account: Account | None,
    verification: Verification,
    session: Session,
    now: datetime,
    policy: Policy,
) -> Admitted | Wrong | Locked | StillLocked | CredentialReplaced:
    """A right password of someone who may get in opens a session; anything else counts, and the fourth locks.

    Args:
        guard: of the submitted name; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        patient: whose username it is, if anybody's.
        account: theirs.
        verification: what the hasher said, outside the transaction.
        session: the one that would begin.
        now: UTC.
        policy: the practice's limits.
    """
    if is_locked(guard, now=now, policy=policy):
        return StillLocked()
    if account is not None and account.password_changed_at != verification.password_changed_at:
        return CredentialReplaced()
    if account is None or not verification.matched or not may_authenticate(patient, account, now=now, policy=policy):
        return count_failure(guard, name_hash=name_hash, account=account, now=now, policy=policy)
    return Admitted(
        guard=cleared(guard),
        account=unlocked(account),
        session=session,
        event=LoggedIn(),
    )


def count_failure(
    guard: LogInGuard | None, *, name_hash: bytes, account: Account | None, now: datetime, policy: Policy
) -> Wrong | Locked:
    """Counts one wrong password; the last one that is allowed locks the name and its account.

    Args:
        guard: of the name; one that isn't locked.
        name_hash: the guard's key.
        account: whose name it is, if anybody's.
        now: UTC.
        policy: the practice's limits.
    """
    earlier = 0 if guard is None or guard.locked_at is not None else guard.failed_attempts
    failed = earlier + 1
    counted = LogInGuard(name_hash=name_hash, failed_attempts=failed, last_failed_at=now)
    if failed < policy.lockout.attempts:
        left = policy.lockout.attempts - failed
        return Wrong(guard=counted, event=LogInFailed(attempt=failed), attempts_left=left)
    newly_locked = account is not None and not lock_in_force(account.locked_at, now, policy)
    return Locked(
        guard=evolve(counted, locked_at=now),
        account=evolve(account, locked_at=now) if account is not None and newly_locked else None,
        event=LockedOut(attempt=failed, account_locked=newly_locked),
    )


def reauthenticate(
    account: Account,
    *,
    guard: LogInGuard | None,
    name_hash: bytes,
    verification: Verification,
    now: datetime,
    policy: Policy,
) -> Wrong | Locked | StillLocked | CredentialReplaced | None:
    """Whoever is in says their password again; a wrong one counts like a wrong log-in. ``None``: it was right.

    Args:
        account: the patient's.
        guard: of the account's username; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        verification: what the hasher said, outside the transaction.
        now: UTC.
        policy: the practice's limits.
    """
    if is_locked(guard, now=now, policy=policy) or lock_in_force(account.locked_at, now, policy):
        return StillLocked()
    if account.password_changed_at != verification.password_changed_at:
        return CredentialReplaced()
    if not verification.matched:
        return count_failure(guard, name_hash=name_hash, account=account, now=now, policy=policy)
    return None


def unlock(account: Account, guard: LogInGuard | None) -> Cleared | Unchanged:
    """Support ends a lock and forgets the wrong passwords; the password stays what it is."""
    clear_guard = cleared(guard)
    clear_account = unlocked(account)
    if clear_guard is None and clear_account is None:
        return Unchanged()
    return Cleared(guard=clear_guard, account=clear_account, event=Unlocked())
