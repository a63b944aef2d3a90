"""The patient's inbox: what the practice writes to a patient, to be read behind the log-in and never in a mail."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MessageId, PatientId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.retractions import RetractionReason
from patientportal.domain.values.text import line, paragraphs

from .facts import Facts, MessageKind

SUBJECT_MAX = 200
BODY_MAX = 10_000  # it holds the longest name of a medication with its longest directions


@frozen(kw_only=True)
class InboxMessage:
    """A message in a patient's inbox.

    Attributes:
        patient_id: whose inbox.
        id: its own.
        kind: what it is about.
        about_id: the id of the thing that it is about, if of one.
        subject: one line, as it was written.
        body: what it says, as it was written.
        facts: all that its text is made of, where the portal wrote it; ``None``: somebody of the practice did, or an
            older release.
        sent_at: when.
        sent_by: who of the practice wrote it; ``None``: the portal did.
        read_at: when the patient first read it; ``None``: not yet.
        idempotency_key: of the form by which the practice sent it; no two messages of a patient share one.
        retracted_at: since when the patient sees nothing of it any more; ``None``: they do.
        retracted_by: who took it back.
        retract_reason: why.
    """

    patient_id: PatientId
    id: MessageId
    kind: MessageKind
    about_id: str | None = None
    subject: str = field(repr=False)
    body: str = field(repr=False)
    facts: Facts | None = field(default=None, repr=False)
    sent_at: datetime
    sent_by: StaffId | None = None
    read_at: datetime | None = None
    idempotency_key: str | None = field(default=None, repr=False)
    retracted_at: datetime | None = None
    retracted_by: StaffId | None = None
    retract_reason: RetractionReason | None = None

    @property
    def is_retracted(self) -> bool:
        """Whether it was taken back."""
        return self.retracted_at is not None


@frozen(kw_only=True)
class MessageSent(Event):
    """The practice wrote to a patient."""

    name: ClassVar[str] = "message_sent"
    message_id: MessageId


@frozen(kw_only=True)
class MessageRetracted(Event):
    """The practice took back what somebody had written to a patient, who may have read it."""

    name: ClassVar[str] = "message_retracted"
    message_id: MessageId
    reason: RetractionReason
    was_read: bool


@frozen(kw_only=True)
class WrittenByPortalError(RefusedError):
    """The portal wrote this message: only what one of the practice wrote is taken back. Nothing changed."""

    code: ClassVar[str] = "written_by_portal"


@frozen(kw_only=True)
class Sent:
    """It is in the inbox."""

    message: InboxMessage = added()
    event: MessageSent = happened()


@frozen(kw_only=True)
class Read:
    """The patient has read it, for the first time."""

    message: InboxMessage = changed()


@frozen(kw_only=True)
class Retracted:
    """The patient doesn't see it any more."""

    message: InboxMessage = changed()
    event: MessageRetracted = happened()


def usable_subject(subject: object) -> str:
    """What a message is headed with: one line of at most 200 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return line(subject, field="subject", at_most=SUBJECT_MAX)


def usable_body(body: object) -> str:
    """What a message says: 1 to 10,000 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(body, field="body", at_most=BODY_MAX)


def written(
    facts: Facts,
    *,
    patient_id: PatientId,
    message_id: MessageId,
    about_id: str,
    now: datetime,
    by: StaffId | None = None,
) -> InboxMessage:
    """What the portal writes into a patient's inbox: the facts, and the text that is made of them.

    Args:
        facts: what is to be told.
        patient_id: whose inbox.
        message_id: a fresh one.
        about_id: the id of the thing that it is about.
        now: UTC.
        by: whose words of the practice are in it, if anybody's.
    """
    return InboxMessage(
        patient_id=patient_id,
        id=message_id,
        kind=facts.kind,
        about_id=about_id,
        subject=facts.subject,
        body=facts.body,
        facts=facts,
        sent_at=now,
        sent_by=by,
    )


def send(message: InboxMessage, *, earlier: InboxMessage | None = None) -> Sent | Repeated[InboxMessage]:
    """The practice writes to a patient, once a key; a mail says that there is a message, and nothing of what it says.

    Args:
        message: a new one.
        earlier: the patient's under the same key, if there is one.

    Raises:
        IdempotencyKeyReusedError: something else was sent under this key.
    """
    if earlier is not None:
        before, asked = (earlier.subject, earlier.body), (message.subject, message.body)
        return repeated(earlier, what="message", before=before, asked=asked)
    return Sent(message=message, event=MessageSent(message_id=message.id))


def read(message: InboxMessage, *, now: datetime) -> Read | Unchanged:
    """A patient reads a message; only the first time is written down.

    Args:
        message: in their inbox.
        now: UTC.
    """
    return Unchanged() if message.read_at is not None else Read(message=evolve(message, read_at=now))


def retract(message: InboxMessage, *, by: StaffId, reason: RetractionReason, now: datetime) -> Retracted | Unchanged:
    """The practice takes back what one of them wrote, read or not; a second time changes nothing.

    Args:
        message: in a patient's inbox.
        by: who takes it back.
        reason: why.
        now: UTC.

    Raises:
        WrittenByPortalError: nobody of the practice wrote it.
    """
    if message.sent_by is None:
        raise WrittenByPortalError
    if message.is_retracted:
        return Unchanged()
    return Retracted(
        message=evolve(message, retracted_at=now, retracted_by=by, retract_reason=reason),
        event=MessageRetracted(message_id=message.id, reason=reason, was_read=message.read_at is not None),
    )
