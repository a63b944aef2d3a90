"""The patient's inbox: the practice writes, the patient reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, own_key, under_key
from patientportal.application.on_patient import look_at, looked_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import MessageId, PatientId, StaffId
from patientportal.domain.messages import messages as rules
from patientportal.domain.messages.facts import Facts, MessageKind
from patientportal.domain.messages.messages import InboxMessage, Read, Retracted, Sent
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.domain.values.retractions import RetractionReason, usable_retraction_reason
from patientportal.ports.store import Is, Query, Transaction, Where, key_of

UNREAD_MAX = 100


@frozen(kw_only=True)
class ReceivedMessage:
    """A message as its patient sees it.

    Attributes:
        message_id: its own.
        kind: what it is about; a host may show words of its own for what the portal writes.
        about_id: the id of the thing that it is about, if of one.
        subject: one line, as it was written.
        body: what it says, as it was written.
        facts: what it tells, where the portal wrote it: all that its text is made of; ``None`` where somebody of the
            practice wrote it, or an older release.
        sent_at: when, UTC.
        is_from_staff: whether somebody of the practice wrote it; else the portal did.
        read_at: when it was first read, UTC; ``None``: not yet.
    """

    message_id: MessageId
    kind: MessageKind
    about_id: str | None
    subject: str = field(repr=False)
    body: str = field(repr=False)
    facts: Facts | None = field(repr=False)
    sent_at: datetime
    is_from_staff: bool
    read_at: datetime | None


@frozen(kw_only=True)
class PatientMessage(ReceivedMessage):
    """A message as staff see it, whether or not its patient still does.

    Attributes:
        patient_id: whose inbox it is in.
        sent_by: who of the practice wrote it, by the host's id; ``None``: the portal did.
        retracted_at: since when the patient sees nothing of it any more, UTC; ``None``: they do.
        retracted_by: who took it back.
        retract_reason: why; ``None``: it wasn't.
    """

    patient_id: PatientId
    sent_by: StaffId | None
    retracted_at: datetime | None
    retracted_by: StaffId | None
    retract_reason: RetractionReason | None


def send(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    *,
    subject: str,
    body: str,
    idempotency_key: str | None,
) -> MessageId:
    """The practice writes to a patient."""
    heading, text, once = rules.usable_subject(subject), rules.usable_body(body), usable_key(idempotency_key)
    message_id = MessageId(env.new_id())

    def decide(
        _: Transaction, patient: Patient, now: datetime, earlier: Sequence[InboxMessage] = ()
    ) -> Sent | Repeated[InboxMessage]:
        return rules.send(
            InboxMessage(
                patient_id=patient.id,
                id=message_id,
                kind=MessageKind.FROM_PRACTICE,
                subject=heading,
                body=text,
                sent_at=now,
                sent_by=member.id,
                idempotency_key=once,
            ),
            earlier=next(iter(earlier), None),
        )

    asked = under_key(InboxMessage, patient_id, once)
    outcome = on_patient(env, member, "messages.send", patient_id, decide, *asked)
    return outcome.kept.id if isinstance(outcome, Repeated) else message_id


def retract(env: Environment, member: StaffMember, message_id: MessageId, reason: RetractionReason) -> None:
    """The practice takes back what one of them wrote."""
    permitted(env, member, "messages.retract")
    why = usable_retraction_reason(reason)
    found = by_id(env, InboxMessage, message_id, field="message_id", what="message")

    def decide(_: Transaction, __: Patient, now: datetime, message: InboxMessage | None) -> Retracted | Unchanged:
        return rules.retract(_present(message), by=member.id, reason=why, now=now)

    on_patient(env, member, "messages.retract", found.patient_id, decide, key_of(found))


def inbox(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[ReceivedMessage]:
    """What was written to the patient and not taken back, the latest first."""
    query = _written_to(who.patient_id, Where("retracted_at", Is.NONE))
    found = page(WhileIn(env.store, who, env), query, limit=limit, cursor=cursor, place=_place)
    return as_views(found, lambda one: ReceivedMessage(**_shown(one)))


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PatientMessage]:
    """What was written to a patient, the latest first, and whether they have read it."""
    usable_place(limit, cursor)
    look_at(env, member, "messages.of_patient", patient_id)
    found = page(env.store, _written_to(patient_id), limit=limit, cursor=cursor, place=_place)
    return as_views(found, _shown_to_staff)


def _written_to(patient_id: PatientId, *where: Where) -> Query[InboxMessage]:
    of_patient = (Where("patient_id", Is.EQ, patient_id), *where)
    return Query(state=InboxMessage, where=of_patient, order=("sent_at", "id"), descending=True)


def _place(message: InboxMessage) -> tuple[datetime, str]:
    return message.sent_at, message.id


def get(env: Environment, who: SignedIn, message_id: MessageId) -> ReceivedMessage:
    """One message, which is read from now on."""
    key = own_key(InboxMessage, who.patient_id, message_id, field="message_id", what="message")

    found = _unretracted(*WhileIn(env.store, who, env).find_all(key))
    if found.read_at is not None:
        return ReceivedMessage(**_shown(found))

    def decide(_: Transaction, now: datetime, message: InboxMessage | None) -> Read | Unchanged:
        nonlocal found
        found = _unretracted(message)
        return rules.read(found, now=now)

    outcome = in_session(env, who, decide, key)
    return ReceivedMessage(**_shown(outcome.message if isinstance(outcome, Read) else found))


def get_by_staff(env: Environment, member: StaffMember, message_id: MessageId) -> PatientMessage:
    """One message, whoever's it is; that it was looked at is kept with its patient, who alone reads it."""
    found = looked_at(env, member, "messages.get", InboxMessage, message_id, field="message_id", what="message")
    return _shown_to_staff(_present(*env.store.find_all(key_of(found))))


def unread_count(env: Environment, who: SignedIn) -> int:
    """How many messages the patient hasn't read, as far as they are counted."""
    where = (
        Where("patient_id", Is.EQ, who.patient_id),
        Where("read_at", Is.NONE),
        Where("retracted_at", Is.NONE),
    )
    query = Query(state=InboxMessage, where=where, order=("sent_at", "id"), limit=UNREAD_MAX)
    (unread,) = WhileIn(env.store, who, env).find_all(query)
    return len(unread)


def _present(message: InboxMessage | None) -> InboxMessage:
    if message is None:
        raise NotFoundError(what="message")
    return message


def _unretracted(message: InboxMessage | None) -> InboxMessage:
    """What a patient may see: to them, what was taken back never was."""
    found = _present(message)
    if found.is_retracted:
        raise NotFoundError(what="message")
    return found


def _shown(message: InboxMessage) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "kind": message.kind,
        "about_id": message.about_id,
        "subject": message.subject,
        "body": message.body,
        "facts": message.facts,
        "sent_at": message.sent_at,
        "is_from_staff": message.sent_by is not None,
        "read_at": message.read_at,
    }


def _shown_to_staff(message: InboxMessage) -> PatientMessage:
    return PatientMessage(
        **_shown(message),
        patient_id=message.patient_id,
        sent_by=message.sent_by,
        retracted_at=message.retracted_at,
        retracted_by=message.retracted_by,
        retract_reason=message.retract_reason,
    )
