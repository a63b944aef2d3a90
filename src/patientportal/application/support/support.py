"""Support: what it is asked, and its ways of letting people in again; it never sees a password, an answer or a link."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.log_in import name_hash
from patientportal.application.accounts.sessions import SignedIn, in_session, require
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, under_key
from patientportal.application.on_patient import by_staff, patient_key, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import Act, in_transaction, save, select_locked
from patientportal.domain.accounts import log_in, password_reset
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.email_change import EmailChanged
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import NOBODY, LinkId, PatientId, StatementId, SupportRequestId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.support import support as rules
from patientportal.domain.support.support import (
    OPEN_MAX,
    STRANGERS_OPEN_MAX,
    STRANGERS_WITHIN,
    Asked,
    SupportRequest,
    SupportTopic,
)
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class OpenRequest:
    """Something that support is asked for, as support sees it.

    Attributes:
        request_id: name it by this when resolving.
        patient_id: who asks; ``None``: somebody who isn't logged in, so that nothing they say is verified.
        contact: how to reach somebody who isn't logged in.
        message: what they wrote, or what the portal wrote for them.
        asked_at: when, UTC.
        about: what is asked for.
        statement_id: which statement is to be sent again.
    """

    request_id: SupportRequestId
    patient_id: PatientId | None
    contact: str = field(repr=False)
    message: str = field(repr=False)
    asked_at: datetime
    about: SupportTopic
    statement_id: StatementId | None


@frozen(kw_only=True)
class OwnRequest:
    """Something that a patient asked support for.

    Attributes:
        request_id: its own.
        message: what they wrote, or what the portal wrote for them.
        asked_at: when, UTC.
        resolved_at: since when it is done with; ``None`` while it is open.
        about: what is asked for.
        statement_id: which statement is to be sent again.
    """

    request_id: SupportRequestId
    message: str = field(repr=False)
    asked_at: datetime
    resolved_at: datetime | None
    about: SupportTopic
    statement_id: StatementId | None


def ask(env: Environment, who: SignedIn, message: str, *, idempotency_key: str | None) -> SupportRequestId:
    """A patient who is in asks for something."""
    text, once = rules.usable_message(message), usable_key(idempotency_key)
    request_id = SupportRequestId(env.new_id())

    def decide(
        tx: Transaction, now: datetime, earlier: Sequence[SupportRequest] = ()
    ) -> Asked | Repeated[SupportRequest]:
        request = SupportRequest(
            patient_id=who.patient_id,
            id=request_id,
            contact="",
            message=text,
            asked_at=now,
            idempotency_key=once,
        )
        is_open = (
            Where("patient_id", Is.EQ, who.patient_id),
            Where("about", Is.EQ, SupportTopic.GENERAL),
            Where("resolved_at", Is.NONE),
        )
        already = tx.select(Query(state=SupportRequest, where=is_open, order=("asked_at", "id"), limit=OPEN_MAX))
        return rules.ask(request, earlier=next(iter(earlier), None), already_open=len(already))

    outcome = in_session(env, who, decide, *under_key(SupportRequest, who.patient_id, once))
    return outcome.kept.id if isinstance(outcome, Repeated) else request_id


def requests(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[OwnRequest]:
    """What the patient asked for, the latest first."""
    query = Query(
        state=SupportRequest,
        where=(Where("patient_id", Is.EQ, who.patient_id),),
        order=("asked_at", "id"),
        descending=True,
    )
    with env.store.view() as view:
        require(view, who, env=env)
        found = page(view, query, limit=limit, cursor=cursor, place=_place)
    return as_views(
        found,
        lambda one: OwnRequest(
            request_id=one.id,
            message=one.message,
            asked_at=one.asked_at,
            resolved_at=one.resolved_at,
            about=one.about,
            statement_id=one.statement_id,
        ),
    )


def ask_as_stranger(env: Environment, *, contact: str, message: str) -> None:
    """Somebody who can't get in asks for help; whether anybody will see it isn't said."""
    where = rules.usable_contact(contact)
    text = rules.usable_message(message)
    request_id = SupportRequestId(env.new_id())

    def body(tx: Transaction) -> None:
        now = env.now()
        request = SupportRequest(patient_id=NOBODY, id=request_id, contact=where, message=text, asked_at=now)
        of_nobody = Where("patient_id", Is.EQ, NOBODY)
        recent = (of_nobody, Where("contact", Is.EQ, where), Where("asked_at", Is.GT, now - STRANGERS_WITHIN))
        of_contact = tx.select(Query(state=SupportRequest, where=recent, order=("asked_at", "id"), limit=OPEN_MAX))
        is_open = (of_nobody, Where("resolved_at", Is.NONE))
        of_all = tx.select(
            Query(state=SupportRequest, where=is_open, order=("asked_at", "id"), limit=STRANGERS_OPEN_MAX)
        )
        outcome = rules.ask_as_stranger(request, of_contact=len(of_contact), of_all=len(of_all))
        save(tx, outcome, env=env, act=Act(patient_id=NOBODY, by=ANONYMOUS), now=now)

    in_transaction(env, body)


def waiting() -> Query[SupportRequest]:
    """What nobody has resolved yet, the oldest first."""
    return Query(state=SupportRequest, where=(Where("resolved_at", Is.NONE),), order=("asked_at", "id"))


def open_requests(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[OpenRequest]:
    """What nobody has resolved yet, the oldest first."""
    permitted(env, member, "support.open_requests")
    with env.store.view() as view:
        found = page(view, waiting(), limit=limit, cursor=cursor, place=_place)
    return as_views(
        found,
        lambda one: OpenRequest(
            request_id=one.id,
            patient_id=None if one.patient_id == NOBODY else one.patient_id,
            contact=one.contact,
            message=one.message,
            asked_at=one.asked_at,
            about=one.about,
            statement_id=one.statement_id,
        ),
    )


def _place(request: SupportRequest) -> tuple[datetime, str]:
    return request.asked_at, request.id


def resolve(env: Environment, member: StaffMember, request_id: SupportRequestId) -> None:
    """Support is done with a request, once."""
    permitted(env, member, "support.resolve")
    found = by_id(env, SupportRequest, request_id, field="request_id", what="support_request")
    act = by_staff(env, member, "support.resolve", found.patient_id)

    def body(tx: Transaction) -> None:
        _, request = tx.get_all(Key(Patient, (found.patient_id,)), Key(SupportRequest, (found.patient_id, found.id)))
        now = env.now()
        if request is None:
            raise NotFoundError(what="support_request")
        save(tx, rules.resolve(request, by=member.id, now=now), env=env, act=act, now=now)

    in_transaction(env, body)


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
