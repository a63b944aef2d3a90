"""An account, guards of its name, and attempts to log in to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from patientportal.domain.accounts import log_in, sessions
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import Admitted, CredentialReplaced, Locked, StillLocked, Wrong
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import LockoutPolicy, Policy
from patientportal.domain.values.tokens import Token

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
POLICY = Policy(zone="UTC")
UNLOCKING = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
NAME = b"hash of the name"
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW,
    password_changed_at=NOW,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW, lock_told_at=NOW)
GUARD = LogInGuard(name_hash=NAME, failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, failed_attempts=4, locked_at=NOW, failed_when_locked=4)
SESSION = sessions.begun(Token(patient_id=PATIENT.id, id="s-1", secret="s" * 43), device="phone", now=NOW)
RIGHT = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=True)
WRONG = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=False)
REPLACED = Verification(against="earlier", password_changed_at=ACCOUNT.password_changed_at - INSTANT, matched=True)
DECOY = Verification(against="decoy", password_changed_at=None, matched=False)

Answer = Admitted | Wrong | Locked | StillLocked | CredentialReplaced


def attempt(guard: LogInGuard | None = None, verification: Verification = RIGHT, **changes: Any) -> Answer:
    usual: dict[str, Any] = {"patient": PATIENT, "account": ACCOUNT, "session": SESSION, "now": NOW, "policy": POLICY}
    return log_in.attempt(guard, name_hash=NAME, verification=verification, **(usual | changes))


def counted(number: int, locked_at: datetime | None = None) -> LogInGuard:
    return LogInGuard(
        name_hash=NAME,
        failed_attempts=number,
        last_failed_at=NOW,
        locked_at=locked_at,
        failed_when_locked=number if locked_at else 0,
    )
