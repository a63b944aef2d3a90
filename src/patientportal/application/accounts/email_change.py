"""A patient's new e-mail address: asked for with the password, confirmed with the link that goes there."""

from datetime import datetime

from patientportal.application.accounts.credentials import Reauthentication, Refused, reauthenticated
from patientportal.application.accounts.links import looked_at, made_within, open_links_of, presented
from patientportal.application.accounts.sessions import SignedIn, live, session_key
from patientportal.application.environment import Environment
from patientportal.application.saving import by_patient, in_transaction, save, select_locked
from patientportal.domain.accounts import email_change as rules
from patientportal.domain.accounts import passwords
from patientportal.domain.accounts.email_change import REQUESTS_MAX, REQUESTS_WITHIN, EmailChange, Requested
from patientportal.domain.accounts.links import Link, Purpose
from patientportal.domain.ids import EmailChangeId, PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.values.emails import email_address
from patientportal.ports.store import Key, Query, Transaction


def change_email(env: Environment, who: SignedIn, *, password: str, new: str) -> None:
    """Has a link mailed to a new address; a wrong password counts toward the lock."""
    require_found = passwords.usable(password)
    proposed = email_address(new, field="new")
    change_id = EmailChangeId(env.new_id())

    def decide(tx: Transaction, attempt: Reauthentication) -> tuple[Requested | Refused, datetime]:
        open_links = select_locked(tx, open_links_of(who.patient_id, Purpose.EMAIL_CHANGE))
        session = tx.get(session_key(who))
        now = env.now()
        live(session, attempt.patient, now=now, env=env)
        outcome = rules.request(
            attempt.account,
            record=attempt.record,
            proposed=proposed,
            change_id=change_id,
            guard=attempt.guard,
            name_hash=attempt.name_hash,
            verification=attempt.verification,
            open_links=open_links,
            recent=len(tx.select(_recent(who.patient_id, now))),
            now=now,
            policy=env.policy,
        )
        return outcome, now

    reauthenticated(env, who, password=require_found, decide=decide)


def _recent(patient_id: PatientId, now: datetime) -> Query[Link]:
    """The links of the patient's own requests: what the practice wrote down made none."""
    return made_within(REQUESTS_WITHIN, patient_id, Purpose.EMAIL_CHANGE, now=now, limit=REQUESTS_MAX)


def confirm_email(env: Environment, link_secret: str) -> None:
    """Makes the address to which a link went the patient's."""
    with env.store.view() as view:  # so that whoever holds no such link makes nobody wait
        given = presented(env, view, link_secret)
        secret, _ = looked_at(env, view, given, Purpose.EMAIL_CHANGE)

    def body(tx: Transaction) -> None:
        of_patient = (given.patient_id,)
        patient, record = tx.get_all(Key(Patient, of_patient), Key(PersonalRecord, of_patient))
        open_links = select_locked(tx, open_links_of(given.patient_id))
        change = tx.get(Key(EmailChange, (given.patient_id, given.link_id)))
        now = env.now()
        outcome = rules.confirm(
            next((link for link in open_links if link.id == given.link_id), None),
            secret=secret,
            change=change,
            patient=patient,
            record=record,
            open_links=open_links,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=by_patient(given.patient_id), now=now)

    in_transaction(env, body)
