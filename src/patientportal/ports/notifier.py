"""Sending notices: one notice, one person, one try."""

from datetime import datetime
from enum import Enum, unique
from typing import Protocol

from attrs import field, frozen

from patientportal.domain.ids import PatientId
from patientportal.domain.notices.digests import Digest
from patientportal.domain.told import Channel, NoticeKind


@frozen(kw_only=True)
class CalendarEntry:
    """A visit as the patient's calendar has it: one entry for all that came of one by being moved.

    Attributes:
        uid: the visit's series.
        sequence: how often it was moved, and once more where it was cancelled (RFC 5546, 2.1.4).
        starts_at: aware.
        ends_at: aware.
        place: where; a neutral name, with its address if there is one.
        is_cancelled: whether it is to be taken out.
    """

    uid: str
    sequence: int
    starts_at: datetime = field(repr=False)
    ends_at: datetime = field(repr=False)
    place: str = field(repr=False)
    is_cancelled: bool


@frozen(kw_only=True)
class Message:
    """What a notifier is given.

    Attributes:
        id: the same at every try; a mail's Message-ID is made of it.
        patient_id: whom it tells; ``NOBODY``: the practice.
        kind: what is said; the words are the adapter's.
        channel: how it is said: ``EMAIL`` or, where the policy allows texts and the patient wants them, ``TEXT``.
        to_email: the patient's address, as it is kept, or the practice's; it may be in any script (``docs/mail.md``).
            ``None``: it is a text message.
        to_phone: the patient's number by ITU-T E.164, such as ``+12025550123``; ``None``: it is a mail.
        to_name: the patient's first name, or the only one that they have; empty in what the practice is told.
        username: the patient's, in the one notice that reminds of it.
        language: the one to write in, a tag of BCP 47; ``None``: the practice's own.
        visit_at: when the visit begins that it is about, as the clocks show it there, with their offset from UTC.
        visit_place: where that is; a neutral name.
        entry: the same for the patient's calendar, where ``Policy.notices.calendar_entries`` wants it in mails.
        link: the URL that it carries, with a secret in it; ``None`` without one.
        digest: how much waits for the practice, in the one notice that tells it; ``None`` in others.
    """

    id: str
    patient_id: PatientId
    kind: NoticeKind
    channel: Channel = Channel.EMAIL
    to_email: str | None = field(default=None, repr=False)
    to_phone: str | None = field(default=None, repr=False)
    to_name: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    language: str | None = field(default=None, repr=False)
    visit_at: datetime | None = field(default=None, repr=False)
    visit_place: str | None = field(default=None, repr=False)
    entry: CalendarEntry | None = None
    link: str | None = field(default=None, repr=False)
    digest: Digest | None = None


@unique
class Answer(Enum):
    """What became of one try.

    Attributes:
        SENT: it was handed over.
        LATER: this one can't be told now; it is tried again after a pause that grows.
        NEVER: this one can't be told, ever, and its recipient or its text is the reason; a text message is mailed then,
            of a mail staff see it.
        UNREACHED: nothing can be told to anybody by this channel now: no connection, no TLS, no log-in, the sender
            refused. That spends no try, and the worker's call sends nothing more that way.
    """

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNREACHED = "unreached"


class Notifier(Protocol):
    """Sends one message within a few minutes at most; thread-safe. An exception counts as ``Answer.LATER``.

    ``docs/notifiers.md`` has one in ten lines.
    """

    def send(self, message: Message) -> Answer:
        """Sends a message, or says whether to retry."""
