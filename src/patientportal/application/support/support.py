"""Support's ways of letting people in again; it never sees a password, an answer or a link."""

from datetime import datetime

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.log_in import name_hash
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, patient_key
from patientportal.application.saving import in_transaction, save, select_locked
from patientportal.domain.accounts import log_in, password_reset
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.email_change import EmailChanged
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import Recorded
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Is, Key, Query, Transaction, Where


def send_password_reset(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Has a link for a new password mailed to the patient's address."""
    act = by_staff(env, member, "support.send_password_reset", patient_id)
    key = patient_key(patient_id)
    link_id = LinkId(env.new_id())

    def body(tx: Transaction) -> None:
        patient, account = tx.get_all(key, Key(Account, key.parts))
        if patient is None:
            raise NotFoundError(what="patient")
        open_links = select_locked(tx, open_links_of(patient.id, Purpose.PASSWORD_RESET))
        now = env.now()
        outcome = password_reset.send(
            patient,
            account=account,
            address_changed_at=address_changed_at(tx, patient.id, member),
            open_links=open_links,
            link_id=link_id,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)


def address_changed_at(tx: Transaction, patient_id: PatientId, member: StaffMember) -> datetime | None:
    """When this member of staff last changed this patient's address."""
    query = Query(
        state=Recorded,
        where=(
            Where("patient_id", Is.EQ, patient_id),
            Where("event.name", Is.EQ, EmailChanged.name),
            Where("by.id", Is.EQ, member.id),
        ),
        order=("at", "id"),
        descending=True,
        limit=1,
    )
    changes = tx.select(query)
    return changes[0].at if changes else None


def unlock(env: Environment, member: StaffMember, patient_id: PatientId) -> None:
    """Ends the lock of a patient's account and forgets the wrong passwords; a second time changes nothing."""
    act = by_staff(env, member, "support.unlock", patient_id)
    key = patient_key(patient_id)
    with env.store.view() as view:
        found = view.find(Key(Account, key.parts))
    if found is None:
        raise NotFoundError(what="account")
    guard_of_name = Key(LogInGuard, (name_hash(env, found.username),))

    def body(tx: Transaction) -> None:
        guard, _, account = tx.get_all(guard_of_name, key, Key(Account, key.parts))
        now = env.now()
        if account is None:
            raise NotFoundError(what="account")
        save(tx, log_in.unlock(account, guard), env=env, act=act, now=now)

    in_transaction(env, body)
