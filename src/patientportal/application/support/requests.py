"""What support is asked, by patients and by strangers, and what it answers."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, own_key, under_key
from patientportal.application.names import People, people_of
from patientportal.application.on_patient import acting, look_at, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import ANONYMOUS
from patientportal.domain.ids import NOBODY, MessageId, PatientId, StaffId, StatementId, SupportRequestId
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.support import support as rules
from patientportal.domain.support.support import (
    OPEN_MAX,
    STRANGERS_OPEN_MAX,
    STRANGERS_WITHIN,
    Asked,
    Asker,
    SupportRequest,
    SupportTopic,
)
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.ports.store import Answering, Is, Key, Query, Transaction, View, Where, key_of


@frozen(kw_only=True)
class SupportRequestDetails:
    """Something that support is asked for, as the practice sees it.

    Attributes:
        request_id: name it by this when resolving.
        patient_id: who asks; ``None``: somebody who isn't logged in, so that nothing they say is verified.
        patient_name: what they are called; ``None`` for somebody who isn't logged in.
        contact: how to reach somebody who isn't logged in; empty for a patient.
        message: what they wrote, or what the portal wrote for them.
        asked_at: when, UTC.
        about: what is asked for.
        statement_id: which statement is to be sent again.
        resolved_at: since when it is done with, UTC; ``None`` while it is open.
        resolved_by: who resolved it, by the host's id.
        answer_id: the message in the patient's inbox that answers it, if one does: ``desk.messages.get`` shows it.
    """

    request_id: SupportRequestId
    patient_id: PatientId | None
    patient_name: str | None = field(repr=False)
    contact: str = field(repr=False)
    message: str = field(repr=False)
    asked_at: datetime
    about: SupportTopic
    statement_id: StatementId | None
    resolved_at: datetime | None
    resolved_by: StaffId | None
    answer_id: MessageId | None


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
        answer_id: the message in their inbox that answers it, if one does and wasn't taken back.
        answer: what that says.
    """

    request_id: SupportRequestId
    message: str = field(repr=False)
    asked_at: datetime
    resolved_at: datetime | None
    about: SupportTopic
    statement_id: StatementId | None
    answer_id: MessageId | None
    answer: str | None = field(repr=False)


def ask(env: Environment, who: SignedIn, message: str, *, idempotency_key: str | None) -> SupportRequestId:
    """A patient who is in asks for something."""
    text, once = rules.usable_message(message), usable_key(idempotency_key)
    request_id = SupportRequestId(env.new_id())

    def decide(
        _: Transaction, now: datetime, already: Sequence[SupportRequest], earlier: Sequence[SupportRequest] = ()
    ) -> Asked | Repeated[SupportRequest]:
        request = SupportRequest(
            patient_id=who.patient_id,
            id=request_id,
            contact="",
            message=text,
            asked_at=now,
            idempotency_key=once,
        )
        return rules.ask(request, earlier=next(iter(earlier), None), already_open=len(already))

    where = (
        Where("patient_id", Is.EQ, who.patient_id),
        Where("about", Is.EQ, SupportTopic.GENERAL),
        Where("resolved_at", Is.NONE),
    )
    is_open = Query(state=SupportRequest, where=where, order=("asked_at", "id"), limit=OPEN_MAX)
    outcome = in_session(env, who, decide, is_open, *under_key(SupportRequest, who.patient_id, once))
    return outcome.kept.id if isinstance(outcome, Repeated) else request_id


def requests(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[OwnRequest]:
    """What the patient asked for, the latest first."""
    asked = WhileIn(env.store, who, env)
    found = page(asked, _asked_by(who.patient_id), limit=limit, cursor=cursor, place=_place)
    answers = _answers(env.store, found.items)
    return as_views(found, lambda one: _own(one, answers))


def _asked_by(patient_id: PatientId) -> Query[SupportRequest]:
    of_patient = (Where("patient_id", Is.EQ, patient_id),)
    return Query(state=SupportRequest, where=of_patient, order=("asked_at", "id"), descending=True)


def get(env: Environment, who: SignedIn, request_id: SupportRequestId) -> OwnRequest:
    """One thing that the patient asked for."""
    key = own_key(SupportRequest, who.patient_id, request_id, field="request_id", what="support_request")
    found = _present(*WhileIn(env.store, who, env).find_all(key))
    return _own(found, _answers(env.store, [found]))


def _answers(where: Answering, asked: Sequence[SupportRequest]) -> dict[str, InboxMessage]:
    """The messages that answer these, as far as they weren't taken back, by their ids."""
    keys = [Key(InboxMessage, (one.patient_id, one.answer_id)) for one in asked if one.answer_id is not None]
    found = where.find_all(*keys) if keys else ()
    return {one.id: one for one in found if one is not None and not one.is_retracted}


def _own(request: SupportRequest, answers: dict[str, InboxMessage]) -> OwnRequest:
    answer = None if request.answer_id is None else answers.get(request.answer_id)
    return OwnRequest(
        request_id=request.id,
        message=request.message,
        asked_at=request.asked_at,
        resolved_at=request.resolved_at,
        about=request.about,
        statement_id=request.statement_id,
        answer_id=None if answer is None else answer.id,
        answer=None if answer is None else answer.body,
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
        of_all = tx.select(evolve(standing(Asker.STRANGERS), limit=STRANGERS_OPEN_MAX))
        outcome = rules.ask_as_stranger(request, of_contact=len(of_contact), of_all=len(of_all))
        save(tx, outcome, env=env, act=Act(patient_id=NOBODY, by=ANONYMOUS), now=now)

    in_transaction(env, body)


def standing(of: Asker) -> Query[SupportRequest]:
    """What nobody has resolved yet of what these ask for, the oldest first.

    Strangers ask as nobody, and patients under no contact: neither list is any longer for the other.
    """
    whose = Where("contact", Is.EQ, "") if of is Asker.PATIENTS else Where("patient_id", Is.EQ, NOBODY)
    return Query(state=SupportRequest, where=(whose, Where("resolved_at", Is.NONE)), order=("asked_at", "id"))


def open_requests(
    env: Environment, member: StaffMember, *, of: Asker, limit: int, cursor: str | None
) -> Page[SupportRequestDetails]:
    """What nobody has resolved yet of what patients, or strangers, ask for, the oldest first."""
    permitted(env, member, "support.open_requests")
    query = standing(rules.usable_asker(of))
    with env.store.view() as view:
        found = page(view, query, limit=limit, cursor=cursor, place=_place)
        names = _names(view, found.items)
    return as_views(found, lambda one: _details(one, names))


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[SupportRequestDetails]:
    """What a patient asked for, open or resolved, the latest first."""
    usable_place(limit, cursor)
    look_at(env, member, "support.of_patient", patient_id)
    with env.store.view() as view:
        found = page(view, _asked_by(patient_id), limit=limit, cursor=cursor, place=_place)
        names = _names(view, found.items)
    return as_views(found, lambda one: _details(one, names))


def get_by_staff(env: Environment, member: StaffMember, request_id: SupportRequestId) -> SupportRequestDetails:
    """One request, whoever's it is; that it was looked at is kept with its patient."""
    permitted(env, member, "support.get")
    found = by_id(env, SupportRequest, request_id, field="request_id", what="support_request")
    if found.patient_id != NOBODY:
        look_at(env, member, "support.get", found.patient_id)
    with env.store.view() as view:
        request = _present(view.find(key_of(found)))
        return _details(request, _names(view, [request]))


def _names(view: View, asked: Sequence[SupportRequest]) -> People:
    return people_of(view, patients={one.patient_id for one in asked} - {NOBODY})


def _details(request: SupportRequest, names: People) -> SupportRequestDetails:
    patient_id = None if request.patient_id == NOBODY else request.patient_id
    return SupportRequestDetails(
        request_id=request.id,
        patient_id=patient_id,
        patient_name=None if patient_id is None else names.patient(patient_id),
        contact=request.contact,
        message=request.message,
        asked_at=request.asked_at,
        about=request.about,
        statement_id=request.statement_id,
        resolved_at=request.resolved_at,
        resolved_by=request.resolved_by,
        answer_id=request.answer_id,
    )


def _present(request: SupportRequest | None) -> SupportRequest:
    if request is None:
        raise NotFoundError(what="support_request")
    return request


def _place(request: SupportRequest) -> tuple[datetime, str]:
    return request.asked_at, request.id


def resolve(env: Environment, member: StaffMember, request_id: SupportRequestId, *, answer: str | None) -> None:
    """Support is done with a request, once, and may answer it."""
    role = permitted(env, member, "support.resolve")
    text = rules.usable_answer(answer)
    found = by_id(env, SupportRequest, request_id, field="request_id", what="support_request")
    act = acting(member, role, found.patient_id)
    message_id = MessageId(env.new_id())

    def body(tx: Transaction) -> None:
        _, request = tx.get_all(Key(Patient, (found.patient_id,)), key_of(found))
        now = env.now()
        outcome = rules.resolve(_present(request), by=member.id, answer=text, message_id=message_id, now=now)
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)
