"""The practice's side of patients: register, invite, deactivate, reactivate."""

from datetime import datetime

from attrs import field, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.recovery_names import recovery_name
from patientportal.application.accounts.sessions import open_sessions
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, look_at, on_patient
from patientportal.application.saving import in_transaction, save, select_locked
from patientportal.domain.accounts import email_change, registration
from patientportal.domain.accounts.activation import Account, is_account_locked
from patientportal.domain.accounts.email_change import ChangedByPractice
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.registration import Deactivated, Invited, Reactivated
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import EmailChangeId, LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.emails import email_address
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Key, Transaction


@frozen(kw_only=True)
class PatientDetails:
    """What the practice sees of a patient.

    Attributes:
        patient_id: opaque.
        personal: who they are.
        registered_at: when the practice registered them.
        is_active: whether they may log in at all.
        has_account: whether they have activated.
        is_locked: whether wrong passwords have locked their account.
    """

    patient_id: PatientId
    personal: PersonalInformation = field(repr=False)
    registered_at: datetime
    is_active: bool
    has_account: bool
    is_locked: bool


def register(env: Environment, member: StaffMember, personal: PersonalInformation) -> PatientId:
    """Registers a patient and has them invited."""
    patient_id = PatientId(env.new_id())
    link_id = LinkId(env.new_id())
    act = by_staff(env, member, "patients.register", patient_id)
    if not isinstance(personal, PersonalInformation):
        raise TypeError(f"personal must be PersonalInformation, not {type(personal).__name__}")

    def body(tx: Transaction) -> None:
        now = env.now()
        outcome = registration.register(personal, patient_id=patient_id, link_id=link_id, now=now)
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)
    return patient_id


def get(env: Environment, member: StaffMember, patient_id: PatientId) -> PatientDetails:
    """What the practice knows of a patient."""
    key = look_at(env, member, "patients.get", patient_id)
    with env.store.view() as view:
        return details(*view.find_all(key, Key(PersonalRecord, key.parts), Key(Account, key.parts)), env=env)


def details(
    patient: Patient | None, record: PersonalRecord | None, account: Account | None, *, env: Environment
) -> PatientDetails:
    """What the practice sees of a patient.

    Raises:
        NotFoundError: there is none.
    """
    if patient is None or record is None:
        raise NotFoundError(what="patient")
    return PatientDetails(
        patient_id=patient.id,
        personal=record.personal,
        registered_at=patient.registered_at,
        is_active=patient.is_active,
        has_account=account is not None,
        is_locked=account is not None and is_account_locked(account, now=env.now(), policy=env.policy),
    )


def invite(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Invites a patient again; earlier invitations end."""
    link_id = LinkId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Invited:
        account = tx.get(Key(Account, (patient.id,)))
        open_links = select_locked(tx, open_links_of(patient.id))
        return registration.invite(
            patient, has_account=account is not None, open_links=open_links, link_id=link_id, now=now
        )

    on_patient(env, member, "patients.invite", patient_id, decide)


def change_email(env: Environment, member: StaffMember, patient_id: PatientId, new: str) -> None:
    """Writes down another address, for a mailbox that was lost."""
    proposed = email_address(new, field="new")
    change_id = EmailChangeId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> ChangedByPractice | Unchanged:
        record = tx.get(Key(PersonalRecord, (patient.id,)))
        if record is None:
            raise NotFoundError(what="patient")
        open_links = select_locked(tx, open_links_of(patient.id))
        return email_change.change_by_practice(
            record, proposed=proposed, change_id=change_id, open_links=open_links, now=now
        )

    on_patient(env, member, "patients.change_email", patient_id, decide)


def deactivate(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Shuts a patient out at once: every session and every link ends."""

    def decide(tx: Transaction, patient: Patient, now: datetime, kept: RecoveryName | None) -> Deactivated | Unchanged:
        open_links = select_locked(tx, open_links_of(patient.id))
        found = select_locked(tx, open_sessions(patient.id))
        return registration.deactivate(
            patient, recovery_name=kept, open_sessions=found, open_links=open_links, now=now, policy=env.policy
        )

    on_patient(env, member, "patients.deactivate", patient_id, decide, Key(RecoveryName, (patient_id,)))


def reactivate(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Lets a patient log in again."""

    def decide(
        _: Transaction,
        patient: Patient,
        __: datetime,
        record: PersonalRecord | None,
        ___: RecoveryName | None,
        account: Account | None,
    ) -> Reactivated | Unchanged:
        if record is None:
            raise NotFoundError(what="patient")
        name = recovery_name(env, record)
        return registration.reactivate(patient, has_account=account is not None, recovery_name=name)

    keys = (Key(kind, (patient_id,)) for kind in (PersonalRecord, RecoveryName, Account))
    on_patient(env, member, "patients.reactivate", patient_id, decide, *keys)
