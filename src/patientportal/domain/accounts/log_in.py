"""Logging in and the lock: four wrong passwords lock, whoever sends them and however many at once."""

from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import ATTEMPTS_MAX, Policy

from .activation import Account, is_account_locked, unlocked
from .guards import LogInGuard, cleared, failed_once_more, is_locked, locked
from .passwords import Verification
from .sessions import Session

TOLD_AGAIN_AFTER = timedelta(hours=1)


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
        account_locked: whether an account was locked by it.
        is_told: whether its patient is told, which is once an hour at most.
        for_good: whether time doesn't end this lock, whatever the policy says.
    """

    name: ClassVar[str] = "locked_out"
    attempt: int
    account_locked: bool
    is_told: bool = False
    for_good: bool = False


@frozen(kw_only=True)
class Unlocked(Event):
    """Support ended a lock."""

    name: ClassVar[str] = "unlocked"


@frozen(kw_only=True)
class WrongCredentialsError(RefusedError):
    """The username or the password is wrong; the error doesn't say which. The attempt counts.

    Attributes:
        attempts_left: how many more wrong ones lock the account; 0: this one did.
    """

    code: ClassVar[str] = "wrong_credentials"
    attempts_left: int


@frozen(kw_only=True)
class AccountLockedError(RefusedError):
    """Too many wrong passwords: no password is checked any more. A reset or support ends it. Nothing changed."""

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
        and not is_account_locked(account, now=now, policy=policy)
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

    A hundred in a row lock for good, however often time has ended a lock in between.

    Args:
        guard: of the name; one that isn't locked.
        name_hash: the guard's key.
        account: whose name it is, if anybody's.
        now: UTC.
        policy: the practice's limits.
    """
    counted = failed_once_more(guard, name_hash=name_hash, now=now)
    attempt = counted.failed_since_lock
    left = min(policy.lockout.attempts - attempt, ATTEMPTS_MAX - counted.failed_attempts)
    if left > 0:
        return Wrong(guard=counted, event=LogInFailed(attempt=attempt), attempts_left=left)
    newly_locked = account is not None and not is_account_locked(account, now=now, policy=policy)
    is_told = account is not None and newly_locked and not _was_told(account, now=now)
    return Locked(
        guard=locked(counted, now=now),
        account=_locked(account, counted, is_told=is_told, now=now) if account is not None and newly_locked else None,
        event=LockedOut(attempt=attempt, account_locked=newly_locked, is_told=is_told, for_good=counted.is_for_good),
    )


def _was_told(account: Account, *, now: datetime) -> bool:
    return account.lock_told_at is not None and account.lock_told_at <= now < account.lock_told_at + TOLD_AGAIN_AFTER


def _locked(account: Account, guard: LogInGuard, *, is_told: bool, now: datetime) -> Account:
    told_at = now if is_told else account.lock_told_at
    return evolve(account, locked_at=now, locked_for_good=guard.is_for_good, lock_told_at=told_at)


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
    if is_locked(guard, now=now, policy=policy) or is_account_locked(account, now=now, policy=policy):
        return StillLocked()
    if account.password_changed_at != verification.password_changed_at:
        return CredentialReplaced()
    if not verification.matched:
        return count_failure(guard, name_hash=name_hash, account=account, now=now, policy=policy)
    return None


def unlock(account: Account, guard: LogInGuard | None) -> Cleared | Unchanged:
    """Support ends a lock and forgets the wrong passwords; the password stays what it is, and the next lock is told."""
    clear_guard = cleared(guard)
    clear_account = unlocked(evolve(account, lock_told_at=None))
    if clear_guard is None and clear_account is None:
        return Unchanged()
    return Cleared(guard=clear_guard, account=clear_account, event=Unlocked())
