"""A patient's new e-mail address: asked for with the password, confirmed with the link that goes there."""

from patientportal.application.accounts import present_account
from patientportal.application.links import open_links_of
from patientportal.application.log_in import VERIFICATIONS_MAX, name_hash, refusal
from patientportal.application.outside import Outside
from patientportal.application.saving import Act, in_transaction, save, select_locked
from patientportal.application.sessions import SignedIn, live, session_key
from patientportal.domain import email_change as rules
from patientportal.domain import links, passwords, tokens
from patientportal.domain.accounts import Account
from patientportal.domain.email_change import REQUESTS_MAX, REQUESTS_WITHIN, EmailChange, Requested
from patientportal.domain.errors import ConflictError
from patientportal.domain.events import Actor, ActorKind
from patientportal.domain.guards import LogInGuard
from patientportal.domain.ids import EmailChangeId
from patientportal.domain.links import Link, LinkInvalidError, LinkSecret, Purpose
from patientportal.domain.log_in import CredentialReplaced, Locked, StillLocked, Wrong
from patientportal.domain.passwords import Verification
from patientportal.domain.patients import Patient, PersonalRecord
from patientportal.domain.personal import email_address
from patientportal.domain.sessions import SessionEndedError
from patientportal.domain.tokens import Token
from patientportal.ports.store import Is, Key, Query, Transaction, Where


def change_email(outside: Outside, who: SignedIn, *, password: str, new: str) -> None:
    """Has a link mailed to a new address; a wrong password counts toward the lock."""
    present = passwords.usable(password)
    proposed = email_address(new, field="new")
    change_id = EmailChangeId(outside.new_id())
    for _ in range(VERIFICATIONS_MAX):
        with outside.store.view() as view:
            account = present_account(view, who, outside=outside)
        against = account.password_hash
        verification = Verification(against=against, matched=outside.hasher.verify(present, against))
        outcome = _requested(
            outside, who, account.username, proposed=proposed, change_id=change_id, verification=verification
        )
        match outcome:
            case Requested():
                return
            case CredentialReplaced():
                continue
            case _:
                raise refusal(outcome)
    raise ConflictError


def _requested(
    outside: Outside,
    who: SignedIn,
    username: str,
    *,
    proposed: str,
    change_id: EmailChangeId,
    verification: Verification,
) -> Requested | Wrong | Locked | StillLocked | CredentialReplaced:
    name = name_hash(outside, username)

    def body(tx: Transaction) -> Requested | Wrong | Locked | StillLocked | CredentialReplaced:
        of_patient = (who.patient_id,)
        guard, patient, record, account = tx.get_all(
            Key(LogInGuard, (name,)),
            Key(Patient, of_patient),
            Key(PersonalRecord, of_patient),
            Key(Account, of_patient),
        )
        open_links = select_locked(tx, open_links_of(who.patient_id, Purpose.EMAIL_CHANGE))
        session = tx.get(session_key(who))
        now = outside.now()
        live(session, patient, now=now, outside=outside)
        if account is None or record is None:
            raise SessionEndedError
        recent = Query(
            state=EmailChange,
            where=(
                Where("patient_id", Is.EQ, who.patient_id),
                Where("requested_at", Is.GT, now - REQUESTS_WITHIN),
            ),
            order=("requested_at", "id"),
            limit=REQUESTS_MAX,
        )
        outcome = rules.request(
            account,
            record=record,
            proposed=proposed,
            change_id=change_id,
            guard=guard,
            name_hash=name,
            verification=verification,
            open_links=open_links,
            recent=len(tx.select(recent)),
            now=now,
            policy=outside.policy,
        )
        save(tx, outcome, outside=outside, act=who.act, now=now)
        return outcome

    return in_transaction(outside, body)


def confirm_email(outside: Outside, link_secret: str) -> None:
    """Makes the address to which a link went the patient's."""
    token = tokens.parsed(link_secret, field="link_secret")
    if token is None:
        raise LinkInvalidError
    _require_open(outside, token)

    def body(tx: Transaction) -> None:
        of_patient = (token.patient_id,)
        patient, record = tx.get_all(Key(Patient, of_patient), Key(PersonalRecord, of_patient))
        open_links = select_locked(tx, open_links_of(token.patient_id))
        change = tx.get(Key(EmailChange, (token.patient_id, token.id)))
        now = outside.now()
        outcome = rules.confirm(
            next((link for link in open_links if link.id == token.id), None),
            change=change,
            patient=patient,
            record=record,
            open_links=open_links,
            now=now,
            policy=outside.policy,
        )
        by = Actor(kind=ActorKind.PATIENT, id=token.patient_id)
        save(tx, outcome, outside=outside, act=Act(patient_id=token.patient_id, by=by), now=now)

    in_transaction(outside, body)


def _require_open(outside: Outside, token: Token) -> None:
    """Whoever holds no such link makes nobody wait."""
    with outside.store.view() as view:
        secret, link = view.find_all(
            Key(LinkSecret, (token.patient_id, token.id, token.secret_hash)), Key(Link, (token.patient_id, token.id))
        )
    if secret is None:
        raise LinkInvalidError
    links.redeemable(link, Purpose.EMAIL_CHANGE, now=outside.now(), policy=outside.policy)
