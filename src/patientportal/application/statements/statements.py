"""Statements as they are shown, to the patient and to the practice; and how a patient asks for another one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from attrs import field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key
from patientportal.application.on_patient import look_at, looked_at
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, StatementId, SupportRequestId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import statements as rules
from patientportal.domain.statements.statements import Opened, Statement, StatementDocument, StatementStatus
from patientportal.domain.support import support
from patientportal.domain.support.support import AlreadyAsked, Asked, SupportRequest, SupportTopic
from patientportal.domain.values.money import Money
from patientportal.ports.store import Answering, Is, Key, Query, Transaction, Where, key_of


@frozen(kw_only=True)
class StatementDetails:
    """A statement as it is now.

    Attributes:
        statement_id: its own.
        patient_id: whose it is.
        number: the practice's.
        external_id: the hospital's key for it.
        balance: what was owed when it was issued.
        paid: what was paid of it and not given back: the payments that count on it.
        reduced: what was let off of it.
        pending: what is reserved for payments whose end isn't known yet.
        remaining: what can be paid: the balance less what is let off, paid and pending; nothing unless it is current.
        credit: what was paid beyond what is owed, which is the patient's; nothing unless it is current.
        issued_on: its date.
        due_on: the last day on which it may be paid, in the practice's zone.
        covers_earlier: whether its balance holds what the earlier ones asked for.
        posted_until: the practice's books knew what was paid before this moment, UTC: it is in the balance.
        uploaded_at: when it arrived, UTC.
        status: only the current one can be paid; a patient never sees one that was taken back.
        is_overdue: whether it is current and not paid, and its due date has ended.
        opened_at: when its patient first opened it, UTC; ``None``: they haven't.
        retracted_at: when it was taken back, UTC.
    """

    statement_id: StatementId
    patient_id: PatientId
    number: str = field(repr=False)
    external_id: str | None = field(repr=False)
    balance: Money
    paid: Money
    reduced: Money
    pending: Money
    remaining: Money
    credit: Money
    issued_on: date
    due_on: date
    covers_earlier: bool
    posted_until: datetime
    uploaded_at: datetime
    status: StatementStatus
    is_overdue: bool
    opened_at: datetime | None
    retracted_at: datetime | None


@frozen(kw_only=True)
class Document:
    """The electronic copy of a statement.

    Attributes:
        media_type: such as ``application/pdf``, as the practice said.
        content: byte by byte as it was uploaded.
    """

    media_type: str
    content: bytes = field(repr=False)


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

    def decide(_: Transaction, now: datetime, *found: Any) -> Asked | AlreadyAsked:
        *of_key, already = found
        for statement in of_key:
            rules.require_current(_there(statement))
        wanted = support.for_statement(who.patient_id, request_id, statement_id=statement_id, now=now)
        return support.request_statement(wanted, open_requests=already)

    about = SupportTopic.RESEND_STATEMENT if keys else SupportTopic.NEW_STATEMENT
    return in_session(env, who, decide, *keys, open_requests(who.patient_id, about)).request.id


def open_requests(patient_id: PatientId, *about: SupportTopic) -> Query[SupportRequest]:
    """What a patient asks for of some kinds, and nobody has answered, the oldest first."""
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("about", Is.ONE_OF, about),
        Where("resolved_at", Is.NONE),
    )
    return Query(state=SupportRequest, where=where, order=("asked_at", "id"))


def statements(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[StatementDetails]:
    """The patient's statements but those that were taken back, the latest issued first."""
    of_patient = Where("patient_id", Is.EQ, who.patient_id), Where("retracted_at", Is.NONE)
    return _page(env, WhileIn(env.store, who, env), *of_patient, limit=limit, cursor=cursor)


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[StatementDetails]:
    """A patient's statements, the latest issued first, as the practice sees them."""
    usable_place(limit, cursor)
    look_at(env, member, "statements.of_patient", patient_id)
    return _page(env, env.store, Where("patient_id", Is.EQ, patient_id), limit=limit, cursor=cursor)


def _page(
    env: Environment, answering: Answering, *where: Where, limit: int, cursor: str | None
) -> Page[StatementDetails]:
    query = Query(state=Statement, where=where, order=("issued_on", "id"), descending=True)
    found = page(answering, query, limit=limit, cursor=cursor, place=_place, at=datetime.date)
    now = env.now()
    return as_views(found, lambda one: _details(one, env=env, now=now))


def _place(statement: Statement) -> tuple[datetime, str]:
    return datetime.combine(statement.issued_on, time(), UTC), statement.id


def current(env: Environment, who: SignedIn) -> StatementDetails | None:
    """The patient's current statement; ``None``: there is none."""
    (found,) = WhileIn(env.store, who, env).find_all(current_of(who.patient_id))
    return _details(found[0], env=env, now=env.now()) if found else None


def current_of(patient_id: PatientId) -> Query[Statement]:
    """A patient's current statement."""
    where = (Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, StatementStatus.CURRENT))
    return Query(state=Statement, where=where, limit=1)


def get(env: Environment, who: SignedIn, statement_id: StatementId) -> StatementDetails:
    """One statement of the patient's, which they have opened now."""
    statement, _ = _opened(env, who, statement_id)
    return _details(statement, env=env, now=env.now())


def document(env: Environment, who: SignedIn, statement_id: StatementId) -> Document:
    """The electronic copy of a statement of the patient's, which they have opened now."""
    _, found = _opened(env, who, statement_id, Key(StatementDocument, _own(who, statement_id).parts))
    return _document(*found)


def _opened(
    env: Environment, who: SignedIn, statement_id: StatementId, *also: Key[Any]
) -> tuple[Statement, Sequence[Any]]:
    """A statement of the patient's, and what else is asked; the first time that they open it is written down."""
    key = _own(who, statement_id)
    statement, *more = WhileIn(env.store, who, env).find_all(key, *also)
    found = _shown(statement)
    if found.opened_at is not None:
        return found, more

    def decide(_: Transaction, now: datetime, statement: Statement | None) -> Opened | Unchanged:
        return rules.opened(_shown(statement), now=now)

    outcome = in_session(env, who, decide, key)
    return outcome.statement if isinstance(outcome, Opened) else found, more


def get_as_staff(env: Environment, member: StaffMember, statement_id: StatementId) -> StatementDetails:
    """One statement, whoever's it is; that it was looked at is kept with its patient."""
    found = _looked_at(env, member, "statements.get", statement_id)
    return _details(_there(*env.store.find_all(key_of(found))), env=env, now=env.now())


def document_as_staff(env: Environment, member: StaffMember, statement_id: StatementId) -> Document:
    """The electronic copy of one, whoever's it is; that it was looked at is kept with its patient."""
    found = _looked_at(env, member, "statements.document", statement_id)
    return _document(*env.store.find_all(Key(StatementDocument, key_of(found).parts)))


def _looked_at(env: Environment, member: StaffMember, verb: str, statement_id: StatementId) -> Statement:
    return looked_at(env, member, verb, Statement, statement_id, field="statement_id", what="statement")


def _document(found: StatementDocument | None) -> Document:
    if found is None:
        raise NotFoundError(what="statement")
    return Document(media_type=found.media_type, content=found.content)


def _own(who: SignedIn, statement_id: object) -> Key[Statement]:
    return own_key(Statement, who.patient_id, statement_id, field="statement_id", what="statement")


def _there(found: Statement | None) -> Statement:
    if found is None:
        raise NotFoundError(what="statement")
    return found


def _shown(found: Statement | None) -> Statement:
    """A statement that its patient may see."""
    statement = _there(found)
    if statement.is_retracted:
        raise NotFoundError(what="statement")
    return statement


def _details(statement: Statement, *, env: Environment, now: datetime) -> StatementDetails:
    return StatementDetails(
        statement_id=statement.id,
        patient_id=statement.patient_id,
        number=statement.number,
        external_id=statement.external_id,
        balance=statement.balance,
        paid=statement.paid,
        reduced=statement.reduced,
        pending=statement.pending,
        remaining=statement.remaining,
        credit=statement.credit,
        issued_on=statement.issued_on,
        due_on=statement.due_on,
        covers_earlier=statement.covers_earlier,
        posted_until=statement.posted_until,
        uploaded_at=statement.uploaded_at,
        status=statement.status,
        is_overdue=rules.is_overdue(statement, now=now, policy=env.policy),
        opened_at=statement.opened_at,
        retracted_at=statement.retracted_at,
    )
