"""The practice ends an account that isn't in its patient's hands."""

from typing import Any

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.log_in import name_hash
from patientportal.application.accounts.recovery import subject_hash
from patientportal.application.accounts.sessions import open_sessions
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, patient_key
from patientportal.application.saving import in_transaction, save, select_all_locked
from patientportal.domain.accounts import account_end as rules
from patientportal.domain.accounts.account_end import AccountEndReason
from patientportal.domain.accounts.activation import Account, Username
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.emails import email_address
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Is, Key, Query, Transaction, Where


def end_account(
    env: Environment, member: StaffMember, patient_id: PatientId, *, email: str, reason: AccountEndReason
) -> None:
    """Ends a patient's account with all that lets in, in one transaction; nobody is told."""
    act = by_staff(env, member, "patients.end_account", patient_id)
    owner = patient_key(patient_id).parts
    address = email_address(email, field="email")
    of_type(reason, AccountEndReason, field="reason")
    with env.store.view() as view:
        found = view.find(Key(Account, owner))
    if found is None:
        raise NotFoundError(what="account")
    keys: tuple[Key[Any], ...] = (
        Key(LogInGuard, (name_hash(env, found.username),)),
        Key(RecoveryGuard, (subject_hash(env, patient_id),)),
        Key(Username, (found.username,)),
        *(Key(kind, owner) for kind in (Patient, PersonalRecord, RecoveryName, Account, SecurityAnswers)),
    )

    def body(tx: Transaction) -> None:
        guard, recovery_guard, username, patient, record, recovery_name, account, answers = tx.get_all(*keys)
        if patient is None or record is None or account is None or account.username != found.username:
            raise NotFoundError(what="account")
        open_links, email_changes, sessions = select_all_locked(
            tx, open_links_of(patient_id), _changes_of(patient_id), open_sessions(patient_id)
        )
        now = env.now()
        outcome = rules.end(
            account,
            patient=patient,
            guard=guard,
            recovery_guard=recovery_guard,
            username=username,
            record=record,
            recovery_name=recovery_name,
            answers=answers,
            open_links=open_links,
            email_changes=email_changes,
            open_sessions=sessions,
            email=address,
            reason=reason,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)


def _changes_of(patient_id: PatientId) -> Query[EmailChange]:
    """All changes of a patient's address that are kept."""
    return Query(state=EmailChange, where=(Where("patient_id", Is.EQ, patient_id),), order=("id",))
