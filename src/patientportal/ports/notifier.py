"""Sending notices: one notice, one person, one try."""

from datetime import datetime
from enum import Enum, unique
from typing import Protocol

from attrs import field, frozen

from patientportal.domain.notices.digests import Digest
from patientportal.domain.told import NoticeKind


@frozen(kw_only=True)
class Message:
    """What a notifier is given.

    Attributes:
        id: the same at every try; a mail's Message-ID is made of it.
        kind: what is said; the words are the adapter's.
        to_email: the patient's address, as it is kept, or the practice's; it may be in any script (``docs/mail.md``).
        to_name: the patient's first name, or the only one that they have; empty in what the practice is told.
        username: the patient's, in the one notice that reminds of it.
        language: the one to write in, a tag of BCP 47; ``None``: the practice's own.
        visit_at: when the visit begins that it is about, as the clocks show it there, with their offset from UTC.
        visit_place: where that is; a neutral name.
        link: the URL that it carries, with a secret in it; ``None`` without one.
        digest: how much waits for the practice, in the one notice that tells it; ``None`` in others.
    """

    id: str
    kind: NoticeKind
    to_email: str = field(repr=False)
    to_name: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    language: str | None = field(default=None, repr=False)
    visit_at: datetime | None = field(default=None, repr=False)
    visit_place: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    digest: Digest | None = None


@unique
class Answer(Enum):
    """What became of one try.

    Attributes:
        SENT: it was handed over.
        LATER: this one can't be told now; it is tried again after a pause that grows.
        NEVER: this one can't be told, ever, and its recipient or its text is the reason; staff see it.
        UNREACHED: nothing can be told to anybody now: no connection, no TLS, no log-in, the sender refused. That
            spends no try, and the worker's call sends nothing more.
    """

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNREACHED = "unreached"


class Notifier(Protocol):
    """Sends one message within a few minutes at most; thread-safe. An exception counts as ``Answer.LATER``."""

    def send(self, message: Message) -> Answer:
        """Sends a message, or says whether to retry."""
