"""Logging in: look, verify outside any transaction, decide inside one."""

import hashlib
import hmac
from contextlib import suppress

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, by_patient, in_transaction, save
from patientportal.domain.accounts import log_in as rules
from patientportal.domain.accounts import passwords, sessions, usernames
from patientportal.domain.accounts.activation import Account, upgrade_hash
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
from patientportal.domain.accounts.passwords import PasswordProblem, Verification
from patientportal.domain.errors import ConflictError, PortalError
from patientportal.domain.events import ANONYMOUS, SYSTEM
from patientportal.domain.ids import NOBODY, PatientId, SessionId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Is, Key, Query, Transaction, Where

VERIFICATIONS_MAX = 4


def name_hash(env: Environment, name: str) -> bytes:
    """The key of a name's guard: HMAC, never a plain hash, because people type passwords into that field."""
    return hmac.digest(env.secret_key, b"log-in-guard\0" + name.encode(), hashlib.sha256)


def log_in(env: Environment, *, username: str, password: str, device: str) -> tuple[SignedIn, str]:
    """Opens a session for a right password; anything else counts, and the fourth locks.

    Returns:
        Who is in, and the session's token.
    """
    name = usernames.normalised(username)
    text = passwords.usable(password)
    label = sessions.device_name(device)
    guard = name_hash(env, name)
    for _ in range(VERIFICATIONS_MAX):
        patient_id, verification = _verified(env, name=name, guard=guard, password=text)
        token = Token(patient_id=patient_id, id=env.new_id(), secret=env.new_secret())
        outcome = _decided(env, guard=guard, token=token, verification=verification, device=label)
        match outcome:
            case Admitted(session=session):
                _upgrade(env, patient_id, password=text, against=verification.against)
                return SignedIn.by(session, policy=env.policy), token.as_text()
            case CredentialReplaced():
                continue
            case _:
                raise refusal(outcome, patient_id)
    raise ConflictError


def password_problems(
    env: Environment, password: str, *, username: str, personal: PersonalInformation
) -> tuple[PasswordProblem, ...]:
    """Everything that keeps this from being a patient's new password, the list of common ones included."""
    return passwords.problems(
        password,
        username=username,
        personal=personal,
        is_listed=env.common_passwords.contains(password),
        policy=env.policy.passwords,
    )


def refusal(outcome: Wrong | Locked | StillLocked, patient_id: PatientId) -> WrongCredentialsError | AccountLockedError:
    """What the front door raises, and logs, once an attempt that didn't succeed has been saved."""
    match outcome:
        case Wrong(attempts_left=left):
            log_line("log_in_refused", patient_id=patient_id, attempts_left=left)
            return WrongCredentialsError(attempts_left=left)
        case Locked():
            log_line("locked_out", patient_id=patient_id)
            return WrongCredentialsError(attempts_left=0)
        case StillLocked():
            return locked(patient_id)


def locked(patient_id: PatientId) -> AccountLockedError:
    """What whoever comes while a name is locked is told, and what the log is."""
    log_line("log_in_while_locked", patient_id=patient_id)
    return AccountLockedError()


def _verified(env: Environment, *, name: str, guard: bytes, password: str) -> tuple[PatientId, Verification]:
    named = Query(state=Account, where=(Where("username", Is.EQ, name),), limit=1)
    counted, accounts = env.store.find_all(Key(LogInGuard, (guard,)), named)
    account: Account | None = next(iter(accounts), None)
    patient_id = NOBODY if account is None else account.patient_id
    if is_locked(counted, now=env.now(), policy=env.policy):
        raise locked(patient_id)
    return patient_id, verified(env, account, password)


def verified(env: Environment, account: Account | None, password: str) -> Verification:
    """What the hasher says of a password, at the cost of one hash, where nobody has an account too."""
    against = env.hasher.decoy() if account is None else account.password_hash
    return Verification(
        against=against,
        password_changed_at=None if account is None else account.password_changed_at,
        matched=env.hasher.verify(password, against),
    )


def _decided(
    env: Environment, *, guard: bytes, token: Token, verification: Verification, device: str
) -> Admitted | Wrong | Locked | StillLocked | CredentialReplaced:
    def body(tx: Transaction) -> Admitted | Wrong | Locked | StillLocked | CredentialReplaced:
        of_patient = (token.patient_id,)
        counted, patient, account = tx.get_all(
            Key(LogInGuard, (guard,)), Key(Patient, of_patient), Key(Account, of_patient)
        )
        now = env.now()
        outcome = rules.attempt(
            counted,
            name_hash=guard,
            patient=patient,
            account=account,
            verification=verification,
            session=sessions.begun(token, device=device, now=now),
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=_act(outcome, patient, token), now=now)
        if isinstance(outcome, Locked) and outcome.account is None:
            _spend_what_locking_an_account_takes(tx, token.patient_id)
        return outcome

    return in_transaction(env, body)


def _upgrade(env: Environment, patient_id: PatientId, *, password: str, against: str) -> None:
    """Hashes a password that was right again where its hash is older than today's parameters; another day will do."""
    if not env.hasher.is_outdated(against):
        return
    with suppress(PortalError):
        upgraded = env.hasher.hash(password)

        def body(tx: Transaction) -> None:
            _, account = tx.get_all(Key(Patient, (patient_id,)), Key(Account, (patient_id,)))
            if account is not None:
                outcome = upgrade_hash(account, against=against, upgraded=upgraded)
                save(tx, outcome, env=env, act=Act(patient_id=patient_id, by=SYSTEM), now=env.now())

        in_transaction(env, body)


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
