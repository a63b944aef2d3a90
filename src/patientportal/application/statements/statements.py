"""Statements: the practice uploads them and sends them again; the patient looks at them and asks for another one."""

from datetime import date, datetime

from attrs import field, frozen

from patientportal.application.accounts.sessions import SignedIn, in_session, require
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, own_key
from patientportal.application.on_patient import look_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.application.saving import select_locked
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, StatementId, SupportRequestId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import statements as rules
from patientportal.domain.statements.statements import Resent, Statement, StatementDocument, StatementStatus, Uploaded
from patientportal.domain.support import support
from patientportal.domain.support.support import OF_STATEMENTS, AlreadyAsked, Asked, SupportRequest, SupportTopic
from patientportal.domain.values.days import usable_day
from patientportal.domain.values.money import Money
from patientportal.ports.store import Is, Key, Query, Transaction, View, Where


@frozen(kw_only=True)
class StatementDetails:
    """A statement as its patient sees it.

    Attributes:
        statement_id: its own.
        number: the practice's.
        balance: what was owed when it was issued.
        paid: what was settled of it and not refunded.
        pending: what is reserved for payments whose end isn't known yet.
        remaining: the balance less what is paid and what is pending.
        issued_on: its date.
        due_on: the last day on which it may be paid, in the practice's zone.
        uploaded_at: when it arrived, UTC.
        status: current or superseded: only the current one can be paid.
        is_overdue: whether its due date has ended.
    """

    statement_id: StatementId
    number: str = field(repr=False)
    balance: Money
    paid: Money
    pending: Money
    remaining: Money
    issued_on: date
    due_on: date
    uploaded_at: datetime
    status: StatementStatus
    is_overdue: bool


@frozen(kw_only=True)
class Document:
    """The electronic copy of a statement.

    Attributes:
        media_type: such as ``application/pdf``, as the practice said.
        content: byte by byte as it was uploaded.
    """

    media_type: str
    content: bytes = field(repr=False)


def upload(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    *,
    number: str,
    balance: Money,
    issued_on: date,
    due_on: date,
    document: bytes,
    media_type: str,
) -> StatementId:
    """A new statement for a patient, which is the current one from now on."""
    wanted, (issued, due) = rules.usable_number(number), rules.usable_days(issued_on, due_on)
    content, kind = rules.usable_document(document), rules.usable_media_type(media_type)
    if not isinstance(balance, Money):
        raise TypeError(f"balance must be Money, not {type(balance).__name__}")
    statement_id = StatementId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Uploaded:
        statement = Statement(
            patient_id=patient.id,
            id=statement_id,
            number=wanted,
            balance=balance,
            issued_on=issued,
            due_on=due,
            uploaded_at=now,
        )
        open_requests = select_locked(tx, _open_requests(patient.id, *OF_STATEMENTS))
        current = select_locked(tx, _current(patient.id))
        return rules.upload(
            statement,
            document=StatementDocument(
                patient_id=patient.id, statement_id=statement_id, media_type=kind, content=content
            ),
            same_number=next(iter(tx.select(_numbered(patient.id, wanted))), None),
            current=next(iter(current), None),
            open_requests=open_requests,
            by=member.id,
        )

    on_patient(env, member, "statements.upload", patient_id, decide)
    return statement_id


def resend(env: Environment, member: StaffMember, statement_id: StatementId, *, due_on: date) -> None:
    """The current statement may be paid until another due date, and the patient is told of it."""
    permitted(env, member, "statements.resend")
    day = usable_day(due_on, field="due_on")
    found = by_id(env, Statement, statement_id, field="statement_id", what="statement")

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Resent:
        open_requests = select_locked(tx, _open_requests(patient.id, SupportTopic.RESEND_STATEMENT))
        statement = tx.get(Key(Statement, (patient.id, found.id)))
        if statement is None:
            raise NotFoundError(what="statement")
        return rules.resend(
            statement,
            due_on=day,
            open_requests=open_requests,  # all of them about the current one: its arrival resolved the others
            by=member.id,
            now=now,
            policy=env.policy,
        )

    on_patient(env, member, "statements.resend", found.patient_id, decide)


def request_new_statement(env: Environment, who: SignedIn) -> SupportRequestId:
    """The patient asks for a new statement; it is one request until it is resolved."""
    return _requested(env, who)


def request_resend(env: Environment, who: SignedIn, statement_id: StatementId) -> SupportRequestId:
    """The patient asks for the current statement to be sent again; it is one request until it is resolved."""
    return _requested(env, who, _own(who, statement_id))


def _requested(env: Environment, who: SignedIn, *keys: Key[Statement]) -> SupportRequestId:
    """Asks for a new statement, or for the one under a key to be sent again."""
    request_id = SupportRequestId(env.new_id())
    statement_id = next((StatementId(str(key.parts[1])) for key in keys), None)

    def decide(tx: Transaction, now: datetime, *found: Statement | None) -> Asked | AlreadyAsked:
        for statement in found:
            rules.require_current(_there(statement))
        wanted = support.for_statement(who.patient_id, request_id, statement_id=statement_id, now=now)
        open_requests = tx.select(_open_requests(who.patient_id, wanted.about))
        return support.request_statement(wanted, open_requests=open_requests)

    return in_session(env, who, decide, *keys).request.id


def statements(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[StatementDetails]:
    """The patient's statements, the newest first."""
    with env.store.view() as view:
        require(view, who, env=env)
        return _page(env, view, who.patient_id, limit=limit, cursor=cursor)


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[StatementDetails]:
    """A patient's statements, the newest first, as the practice sees them."""
    usable_place(limit, cursor)
    look_at(env, member, "statements.of_patient", patient_id)
    with env.store.view() as view:
        return _page(env, view, patient_id, limit=limit, cursor=cursor)


def _page(
    env: Environment, view: View, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[StatementDetails]:
    of_patient = (Where("patient_id", Is.EQ, patient_id),)
    query = Query(state=Statement, where=of_patient, order=("uploaded_at", "id"), descending=True)
    found = page(view, query, limit=limit, cursor=cursor, place=lambda one: (one.uploaded_at, one.id))
    now = env.now()
    return as_views(found, lambda one: _details(one, env=env, now=now))


def current(env: Environment, who: SignedIn) -> StatementDetails | None:
    """The patient's current statement; ``None``: there is none yet."""
    with env.store.view() as view:
        require(view, who, env=env)
        found = view.select(_current(who.patient_id))
    return _details(found[0], env=env, now=env.now()) if found else None


def get(env: Environment, who: SignedIn, statement_id: StatementId) -> StatementDetails:
    """One statement of the patient's."""
    key = _own(who, statement_id)
    with env.store.view() as view:
        require(view, who, env=env)
        return _details(_there(view.find(key)), env=env, now=env.now())


def document(env: Environment, who: SignedIn, statement_id: StatementId) -> Document:
    """The electronic copy of a statement of the patient's."""
    key = _own(who, statement_id)
    with env.store.view() as view:
        require(view, who, env=env)
        found = view.find(Key(StatementDocument, key.parts))
    if found is None:
        raise NotFoundError(what="statement")
    return Document(media_type=found.media_type, content=found.content)


def _own(who: SignedIn, statement_id: object) -> Key[Statement]:
    return own_key(Statement, who.patient_id, statement_id, field="statement_id", what="statement")


def _there(found: Statement | None) -> Statement:
    if found is None:
        raise NotFoundError(what="statement")
    return found


def _current(patient_id: PatientId) -> Query[Statement]:
    where = (Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, StatementStatus.CURRENT))
    return Query(state=Statement, where=where, order=("uploaded_at", "id"), limit=1)


def _numbered(patient_id: PatientId, number: str) -> Query[Statement]:
    where = (Where("patient_id", Is.EQ, patient_id), Where("number", Is.EQ, number))
    return Query(state=Statement, where=where, order=("id",), limit=1)


def _open_requests(patient_id: PatientId, *about: SupportTopic) -> Query[SupportRequest]:
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("about", Is.ONE_OF, about),
        Where("resolved_at", Is.NONE),
    )
    return Query(state=SupportRequest, where=where, order=("asked_at", "id"))


def _details(statement: Statement, *, env: Environment, now: datetime) -> StatementDetails:
    return StatementDetails(
        statement_id=statement.id,
        number=statement.number,
        balance=statement.balance,
        paid=statement.paid,
        pending=statement.pending,
        remaining=statement.remaining,
        issued_on=statement.issued_on,
        due_on=statement.due_on,
        uploaded_at=statement.uploaded_at,
        status=statement.status,
        is_overdue=rules.has_ended(statement.due_on, now=now, policy=env.policy),
    )
