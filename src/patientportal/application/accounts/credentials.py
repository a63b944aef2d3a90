"""What takes more than being in: the password is said again, and a wrong one counts like a wrong log-in."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from attrs import frozen

from patientportal.application.accounts.log_in import VERIFICATIONS_MAX, locked, name_hash, refusal, verified
from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.environment import Environment
from patientportal.application.saving import in_transaction, save
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard, is_locked
from patientportal.domain.accounts.log_in import CredentialReplaced, Locked, StillLocked, Wrong
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.accounts.sessions import SessionEndedError
from patientportal.domain.errors import ConflictError
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.ports.store import Key, Transaction, View

T = TypeVar("T")
Refused = Wrong | Locked | StillLocked | CredentialReplaced


@frozen(kw_only=True)
class Reauthentication:
    """A password was said again: what was locked to decide on it, and what the hasher found.

    Attributes:
        guard: of the account's username; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        patient: the patient.
        record: what the practice knows of them.
        account: theirs.
        verification: what the hasher found.
    """

    guard: LogInGuard | None
    name_hash: bytes
    patient: Patient | None
    record: PersonalRecord
    account: Account
    verification: Verification


def reauthenticated(
    env: Environment,
    who: SignedIn,
    *,
    password: str,
    decide: Callable[[Transaction, Reauthentication], tuple[T | Refused, datetime]],
    look: Callable[[View, Account], None] = lambda _, __: None,
    prepare: Callable[[Verification], None] = lambda _: None,
) -> T:
    """Has a rule decide on a password that was said again, and saves what it decided.

    Args:
        env: everything that the portal was given.
        who: is in.
        password: in the form that ``passwords.usable`` gives.
        decide: locks what else the rule needs, in the order of the locks, asks the rule, and says when that was.
        look: looks at what can be refused before anything is hashed.
        prepare: hashes what is new, before the transaction.

    Raises:
        SessionEndedError: they aren't in any more.
        AccountLockedError: wrong passwords have locked the account.
        WrongCredentialsError: the password is wrong. It was counted.
        ConflictError: the password was changed again and again meanwhile.
    """
    for _ in range(VERIFICATIONS_MAX):
        with env.store.view() as view:
            account = _account_of(view, who, env=env)
            look(view, account)
        verification = verified(env, account, password)
        prepare(verification)
        outcome = _decided(env, who, account.username, verification=verification, decide=decide)
        match outcome:
            case CredentialReplaced():
                continue
            case Wrong() | Locked() | StillLocked():
                raise refusal(outcome, who.patient_id)
            case _:
                return outcome
    raise ConflictError


def _account_of(view: View, who: SignedIn, *, env: Environment) -> Account:
    account: Account | None
    (account,) = WhileIn(view, who, env).find_all(Key(Account, (who.patient_id,)))
    if account is None:
        raise SessionEndedError
    guard = view.find(Key(LogInGuard, (name_hash(env, account.username),)))
    if is_locked(guard, now=env.now(), policy=env.policy):
        raise locked(who.patient_id)
    return account


def _decided(
    env: Environment,
    who: SignedIn,
    username: str,
    *,
    verification: Verification,
    decide: Callable[[Transaction, Reauthentication], tuple[T | Refused, datetime]],
) -> T | Refused:
    name = name_hash(env, username)

    def body(tx: Transaction) -> T | Refused:
        of_patient = (who.patient_id,)
        guard, patient, record, account = tx.get_all(
            Key(LogInGuard, (name,)),
            Key(Patient, of_patient),
            Key(PersonalRecord, of_patient),
            Key(Account, of_patient),
        )
        if account is None or record is None:
            raise SessionEndedError
        attempt = Reauthentication(
            guard=guard,
            name_hash=name,
            patient=patient,
            record=record,
            account=account,
            verification=verification,
        )
        outcome, now = decide(tx, attempt)
        save(tx, outcome, env=env, act=who.act, now=now)
        return outcome

    return in_transaction(env, body)
