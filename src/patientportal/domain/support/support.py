"""Requests to the practice's support, by those who are in and by those who can't get in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import NOBODY, MessageId, PatientId, StaffId, StatementId, SupportRequestId
from patientportal.domain.messages.facts import SupportAnsweredFacts
from patientportal.domain.messages.messages import BODY_MAX, InboxMessage, written
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.values.emails import EMAIL_MAX
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.text import line, paragraphs
from patientportal.domain.values.types import of_type

MESSAGE_MAX = 2_000
OPEN_MAX = 5
STRANGERS_OPEN_MAX = 200
STRANGERS_WITHIN = timedelta(hours=24)


@unique
class SupportTopic(StrEnum):
    """What somebody asks for: anything that they write, or one of the things that the portal knows of."""

    GENERAL = "general"
    NEW_STATEMENT = "new_statement"
    RESEND_STATEMENT = "resend_statement"


@unique
class Asker(StrEnum):
    """Who asks support: patients who are in, or strangers, of whom nothing is known but what they say."""

    PATIENTS = "patients"
    STRANGERS = "strangers"


OF_STATEMENTS = frozenset({SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT})
"""What a new statement answers."""

_WRITTEN = {
    SupportTopic.NEW_STATEMENT: "Please send me a new statement.",
    SupportTopic.RESEND_STATEMENT: "Please send me this statement again.",
}


@frozen(kw_only=True)
class SupportRequest:
    """Something that support is asked for.

    Attributes:
        patient_id: who asks; ``NOBODY``: somebody who isn't in.
        id: its own.
        contact: how to reach somebody who isn't in; empty for a patient.
        message: what they wrote, or what the portal wrote for them.
        asked_at: when.
        resolved_at: since when it is done with; ``None`` while it is open.
        resolved_by: who resolved it.
        about: what is asked for.
        statement_id: which statement is to be sent again.
        answered_by: the statement whose arrival, or whose being sent again, resolved it.
        idempotency_key: of the form by which a patient asked; no two requests of theirs share one.
        answer_id: the message in the patient's inbox that answers it, if one does.
    """

    patient_id: PatientId
    id: SupportRequestId
    contact: str = field(repr=False)
    message: str = field(repr=False)
    asked_at: datetime
    resolved_at: datetime | None = None
    resolved_by: StaffId | None = None
    about: SupportTopic = SupportTopic.GENERAL
    statement_id: StatementId | None = None
    answered_by: StatementId | None = None
    idempotency_key: str | None = field(default=None, repr=False)
    answer_id: MessageId | None = None


@frozen(kw_only=True)
class SupportAsked(Event):
    """Support was asked for something."""

    name: ClassVar[str] = "support_asked"
    request_id: SupportRequestId


@frozen(kw_only=True)
class SupportResolved(Event):
    """Support was done with a request, and may have answered it."""

    name: ClassVar[str] = "support_resolved"
    request_id: SupportRequestId
    message_id: MessageId | None = None


@frozen(kw_only=True)
class TooManySupportRequestsError(RefusedError):
    """Five requests of this patient are open; one of them must be resolved first. Nothing changed."""

    code: ClassVar[str] = "too_many_support_requests"


@frozen(kw_only=True)
class SupportRequestResolvedError(RefusedError):
    """Somebody has resolved this request already. Nothing changed."""

    code: ClassVar[str] = "support_request_resolved"


@frozen(kw_only=True)
class NobodyToAnswerError(RefusedError):
    """Whoever asked has no inbox here: answer by the contact that they gave. Nothing changed."""

    code: ClassVar[str] = "nobody_to_answer"


@frozen(kw_only=True)
class Asked:
    """Support will see it."""

    request: SupportRequest = added()
    event: SupportAsked = happened()


@frozen(kw_only=True)
class AlreadyAsked:
    """The same is asked for already: nothing is saved."""

    request: SupportRequest


@frozen(kw_only=True)
class Dropped:
    """A stranger asked too often: it is answered alike, and nobody sees it."""


@frozen(kw_only=True)
class Resolved:
    """It is done with, and its answer, if there is one, is in the patient's inbox."""

    request: SupportRequest = changed()
    message: InboxMessage | None = added()
    event: SupportResolved = happened()


def usable_message(message: object) -> str:
    """What somebody writes to support: 1 to 2,000 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(message, field="message", at_most=MESSAGE_MAX)


def usable_contact(contact: object) -> str:
    """How somebody wants to be reached: one line of at most 254 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return line(contact, field="contact", at_most=EMAIL_MAX)


def usable_answer(answer: object) -> str | None:
    """What a request is answered with: 1 to 10,000 characters, line breaks included, or nothing.

    Raises:
        TypeError: it is neither a ``str`` nor ``None``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return None if answer is None else paragraphs(answer, field="answer", at_most=BODY_MAX)


def usable_asker(asker: object) -> Asker:
    """Whose requests are wanted.

    Raises:
        TypeError: it isn't an ``Asker``.
    """
    return of_type(asker, Asker, field="of")


def ask(
    request: SupportRequest, *, already_open: int, earlier: SupportRequest | None = None
) -> Asked | Repeated[SupportRequest]:
    """A patient asks support, once a key; at most five requests of theirs are open, those for statements aside.

    Args:
        request: a new one, of the patient.
        already_open: how many of theirs are.
        earlier: theirs under the same key, if there is one.

    Raises:
        IdempotencyKeyReusedError: something else was asked for under this key.
        TooManySupportRequestsError: five are.
    """
    if earlier is not None:
        return repeated(earlier, what="support_request", before=earlier.message, asked=request.message)
    if already_open >= OPEN_MAX:
        raise TooManySupportRequestsError
    return Asked(request=request, event=SupportAsked(request_id=request.id))


def request_statement(request: SupportRequest, *, open_requests: Sequence[SupportRequest]) -> Asked | AlreadyAsked:
    """A patient asks for a statement; while the same is asked for already, nothing changes.

    Args:
        request: a new one, of the patient.
        open_requests: theirs about the same.
    """
    for earlier in open_requests:
        if (earlier.about, earlier.statement_id) == (request.about, request.statement_id):
            return AlreadyAsked(request=earlier)
    return Asked(request=request, event=SupportAsked(request_id=request.id))


def for_statement(
    patient_id: PatientId, request_id: SupportRequestId, *, statement_id: StatementId | None, now: datetime
) -> SupportRequest:
    """A request for this statement to be sent again; ``None``: for a new one."""
    about = SupportTopic.NEW_STATEMENT if statement_id is None else SupportTopic.RESEND_STATEMENT
    return SupportRequest(
        patient_id=patient_id,
        id=request_id,
        contact="",
        message=_WRITTEN[about],
        asked_at=now,
        about=about,
        statement_id=statement_id,
    )


def ask_as_stranger(request: SupportRequest, *, of_contact: int, of_all: int) -> Asked | Dropped:
    """Somebody who can't get in asks; beyond five a day for a contact and 200 open ones, nobody sees more.

    Args:
        request: a new one, of nobody.
        of_contact: how many the same contact asked within the last day.
        of_all: how many of strangers are open.
    """
    if of_contact >= OPEN_MAX or of_all >= STRANGERS_OPEN_MAX:
        return Dropped()
    return Asked(request=request, event=SupportAsked(request_id=request.id))


def resolve(
    request: SupportRequest, *, by: StaffId, answer: str | None, message_id: MessageId, now: datetime
) -> Resolved:
    """Support is done with a request, once; what it answers a patient is a message in their inbox.

    Args:
        request: an open one.
        by: who resolved it.
        answer: in the form that ``usable_answer`` gives; ``None``: there is nothing to say.
        message_id: a fresh one, of the answer.
        now: UTC.

    Raises:
        SupportRequestResolvedError: somebody was before.
        NobodyToAnswerError: there is an answer, and a stranger asked.
    """
    if request.resolved_at is not None:
        raise SupportRequestResolvedError
    if answer is None:
        message = None
    elif request.patient_id == NOBODY:
        raise NobodyToAnswerError
    else:
        facts = SupportAnsweredFacts(answer=answer)
        message = written(
            facts, patient_id=request.patient_id, message_id=message_id, about_id=request.id, now=now, by=by
        )
    answer_id = None if message is None else message.id
    return Resolved(
        request=evolve(request, resolved_at=now, resolved_by=by, answer_id=answer_id),
        message=message,
        event=SupportResolved(request_id=request.id, message_id=answer_id),
    )


def answered(
    requests: Sequence[SupportRequest], *, statement_id: StatementId, by: StaffId, now: datetime
) -> tuple[SupportRequest, ...]:
    """What a patient asked for, once a statement that arrived, or was sent again, answers it.

    Args:
        requests: open ones.
        statement_id: the statement.
        by: who uploaded or sent it.
        now: UTC.
    """
    return tuple(evolve(one, resolved_at=now, resolved_by=by, answered_by=statement_id) for one in requests)


def reopened(
    requests: Sequence[SupportRequest], *, open_requests: Sequence[SupportRequest]
) -> tuple[SupportRequest, ...]:
    """What a statement had answered is asked for again once that was taken back, unless the patient has asked anew.

    Args:
        requests: what it had answered, the oldest first.
        open_requests: what is open already.
    """
    asked = {(one.about, one.statement_id) for one in open_requests}
    anew = {(one.about, one.statement_id): one for one in reversed(requests)}
    return tuple(
        evolve(one, resolved_at=None, resolved_by=None, answered_by=None)
        for what, one in anew.items()
        if what not in asked
    )
