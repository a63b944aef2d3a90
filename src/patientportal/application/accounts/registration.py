"""The practice's side of patients: register, invite, reactivate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.recovery_names import recovery_name
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, look_at, on_patient
from patientportal.application.saving import in_transaction, save, select_locked
from patientportal.domain.accounts import email_change, registration
from patientportal.domain.accounts.activation import Account, is_account_locked
from patientportal.domain.accounts.email_change import ChangedByPractice
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.registration import AlreadyRegistered, Invited, Reactivated
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import EmailChangeId, LinkId, PatientId
from patientportal.domain.notices.channels import text_number
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.notice_choices import NoticeChoice, choices_of
from patientportal.domain.patients.patients import Patient, PersonalRecord, usable_external_id
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.emails import email_address
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Is, Key, Query, Transaction, View, Where


@frozen(kw_only=True)
class PatientDetails:
    """What the practice sees of a patient.

    Attributes:
        patient_id: opaque.
        personal: who they are.
        external_id: the hospital's key for them, if it gave one.
        registered_at: when the practice registered them.
        is_active: whether they may log in at all.
        has_account: whether they have activated.
        is_locked: whether wrong passwords have locked their account.
        notices: how they want to be told, of each kind of which they may choose; the others always come by e-mail.
        texts_to: the number that text messages go to (ITU-T E.164); ``None``: they get none, and mails in their place.
    """

    patient_id: PatientId
    personal: PersonalInformation = field(repr=False)
    external_id: str | None = field(repr=False)
    registered_at: datetime
    is_active: bool
    has_account: bool
    is_locked: bool
    notices: tuple[NoticeChoice, ...]
    texts_to: str | None = field(repr=False)


def register(
    env: Environment, member: StaffMember, personal: PersonalInformation, *, external_id: str | None, invite: bool
) -> PatientId:
    """Registers a patient and has them invited, unless the practice wants to do that later."""
    patient_id = PatientId(env.new_id())
    link_id = LinkId(env.new_id())
    act = by_staff(env, member, "patients.register", patient_id)
    require_personal(personal)
    key = None if external_id is None else usable_external_id(external_id)
    of_type(invite, bool, field="invite")

    def body(tx: Transaction) -> PatientId:
        holder = None if key is None else next(iter(tx.select(known_as(key))), None)
        now = env.now()
        outcome = registration.register(
            personal,
            external_id=key,
            holder=holder,
            patient_id=patient_id,
            link_id=link_id if invite else None,
            now=now,
            policy=env.policy,
        )
        if isinstance(outcome, AlreadyRegistered):
            return outcome.patient_id
        save(tx, outcome, env=env, act=act, now=now)
        return patient_id

    return in_transaction(env, body)


def require_personal(personal: object) -> None:
    """What came from outside as somebody's personal information is some, which has checked itself.

    Raises:
        TypeError: it isn't.
    """
    of_type(personal, PersonalInformation, field="personal")


def known_as(external_id: str) -> Query[PersonalRecord]:
    """Whoever has this key of the hospital's."""
    where = (Where("external_id", Is.EQ, external_id),)
    return Query(state=PersonalRecord, where=where, order=("patient_id",), limit=1)


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
        external_id=record.external_id,
        registered_at=patient.registered_at,
        is_active=patient.is_active,
        has_account=account is not None,
        is_locked=account is not None and is_account_locked(account, now=env.now(), policy=env.policy),
        notices=choices_of(record.notices),
        texts_to=text_number(record, env.policy),
    )


def details_of(view: View, patient_ids: Sequence[PatientId], *, env: Environment) -> tuple[PatientDetails, ...]:
    """What the practice sees of several patients, in their order, in one trip where the engine can."""
    kinds = (Patient, PersonalRecord, Account)
    keys: list[Key[Any]] = [Key(kind, (patient_id,)) for kind in kinds for patient_id in patient_ids]
    found, count = view.find_all(*keys), len(patient_ids)
    of_each = zip(found[:count], found[count : 2 * count], found[2 * count :], strict=True)
    return tuple(details(*one, env=env) for one in of_each)


def invite(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Invites a patient again; earlier invitations end."""
    link_id = LinkId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Invited:
        record, account = tx.get_all(Key(PersonalRecord, (patient.id,)), Key(Account, (patient.id,)))
        if record is None:
            raise NotFoundError(what="patient")
        return registration.invite(
            patient,
            record=record,
            has_account=account is not None,
            open_links=select_locked(tx, open_links_of(patient.id)),
            link_id=link_id,
            now=now,
            policy=env.policy,
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
