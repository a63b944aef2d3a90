"""Logging in: look, verify outside any transaction, decide inside one."""

import hashlib
import hmac
from contextlib import suppress

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.outside import Outside
from patientportal.application.saving import Act, by_patient, in_transaction, save
from patientportal.domain.accounts import log_in as rules
from patientportal.domain.accounts import passwords, sessions, usernames
from patientportal.domain.accounts.activation import Account, Username, upgrade_hash
from patientportal.domain.accounts.guards import LogInGuard, is_locked
from patientportal.domain.accounts.log_in import (
    AccountLockedError,
    Admitted,
    CredentialReplaced,
    Locked,
    StillLocked,
    Wrong,
    WrongCredentialsError,
)
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.errors import ConflictError, PortalError
from patientportal.domain.events import ANONYMOUS, SYSTEM
from patientportal.domain.ids import NOBODY, PatientId, SessionId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Key, Transaction

VERIFICATIONS_MAX = 4


def name_hash(outside: Outside, name: str) -> bytes:
    """The key of a name's guard: HMAC, never a plain hash, because people type passwords into that field."""
    return hmac.digest(outside.secret_key, b"log-in-guard\0" + name.encode(), hashlib.sha256)


def log_in(outside: Outside, *, username: str, password: str, device: str) -> tuple[SignedIn, str]:
    """Opens a session for a right password; anything else counts, and the fourth locks.

    Returns:
        Who is in, and the session's token.
    """
    name = usernames.normalised(username)
    text = passwords.usable(password)
    label = sessions.device_name(device)
    guard = name_hash(outside, name)
    for _ in range(VERIFICATIONS_MAX):
        patient_id, verification = _verified(outside, name=name, guard=guard, password=text)
        token = Token(patient_id=patient_id, id=outside.new_id(), secret=outside.new_secret())
        outcome = _decided(outside, guard=guard, token=token, verification=verification, device=label)
        match outcome:
            case Admitted():
                _upgrade(outside, patient_id, password=text, against=verification.against)
                return SignedIn(patient_id=patient_id, session_id=SessionId(token.id)), token.as_text()
            case CredentialReplaced():
                continue
            case _:
                raise refusal(outcome)
    raise ConflictError


def refusal(outcome: Wrong | Locked | StillLocked) -> WrongCredentialsError | AccountLockedError:
    """What the front door raises once an attempt that didn't succeed has been saved."""
    match outcome:
        case Wrong(attempts_left=left):
            return WrongCredentialsError(attempts_left=left)
        case Locked():
            return WrongCredentialsError(attempts_left=0)
        case StillLocked():
            return AccountLockedError()


def _verified(outside: Outside, *, name: str, guard: bytes, password: str) -> tuple[PatientId, Verification]:
    with outside.store.view() as view:
        counted, holder = view.find_all(Key(LogInGuard, (guard,)), Key(Username, (name,)))
        patient_id = NOBODY if holder is None else holder.patient_id
        account = view.find(Key(Account, (patient_id,)))
    if is_locked(counted, now=outside.now(), policy=outside.policy):
        raise AccountLockedError
    against = outside.hasher.decoy() if account is None else account.password_hash
    return patient_id, Verification(against=against, matched=outside.hasher.verify(password, against))


def _decided(
    outside: Outside, *, guard: bytes, token: Token, verification: Verification, device: str
) -> Admitted | Wrong | Locked | StillLocked | CredentialReplaced:
    def body(tx: Transaction) -> Admitted | Wrong | Locked | StillLocked | CredentialReplaced:
        of_patient = (token.patient_id,)
        counted, patient, account = tx.get_all(
            Key(LogInGuard, (guard,)), Key(Patient, of_patient), Key(Account, of_patient)
        )
        now = outside.now()
        outcome = rules.attempt(
            counted,
            name_hash=guard,
            patient=patient,
            account=account,
            verification=verification,
            session=sessions.begun(token, device=device, now=now),
            now=now,
            policy=outside.policy,
        )
        save(tx, outcome, outside=outside, act=_act(outcome, patient, token), now=now)
        if isinstance(outcome, Locked) and outcome.account is None:
            _spend_what_locking_an_account_takes(tx, token.patient_id)
        return outcome

    return in_transaction(outside, body)


def _upgrade(outside: Outside, patient_id: PatientId, *, password: str, against: str) -> None:
    """Hashes a password that was right again where its hash is older than today's parameters; another day will do."""
    if not outside.hasher.is_outdated(against):
        return
    with suppress(PortalError):
        upgraded = outside.hasher.hash(password)

        def body(tx: Transaction) -> None:
            tx.get(Key(Patient, (patient_id,)))
            account = tx.get(Key(Account, (patient_id,)))
            if account is not None:
                outcome = upgrade_hash(account, against=against, upgraded=upgraded)
                save(tx, outcome, outside=outside, act=Act(patient_id=patient_id, by=SYSTEM), now=outside.now())

        in_transaction(outside, body)


def _act(outcome: object, patient: Patient | None, token: Token) -> Act:
    if patient is None:
        return Act(patient_id=NOBODY, by=ANONYMOUS)
    if not isinstance(outcome, Admitted):
        return Act(patient_id=patient.id, by=ANONYMOUS)
    return by_patient(patient.id, SessionId(token.id))


def _spend_what_locking_an_account_takes(tx: Transaction, patient_id: PatientId) -> None:
    """One call for the account that isn't put and one for the notice that isn't added."""
    for _ in range(2):
        tx.get(Key(Account, (patient_id,)))
