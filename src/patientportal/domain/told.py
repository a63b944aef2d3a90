"""What people are told: which notices there are, what each carries, and how a room says which event is told as what."""

from collections.abc import Callable
from enum import StrEnum, unique
from typing import Any

from attrs import frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import EmailChangeId, LinkId
from patientportal.domain.policy import Policy


@unique
class NoticeKind(StrEnum):
    """What a notice says: that something happened, never what; to patients, but for the digest of the practice."""

    INVITATION = "invitation"
    ACCOUNT_LOCKED = "account_locked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a code
    NEW_LOG_IN = "new_log_in"
    CONFIRM_EMAIL = "confirm_email"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a code
    PASSWORD_RESET_PRINTED = "password_reset_printed"  # noqa: S105 - a code
    USERNAME_REMINDER = "username_reminder"
    DETAILS_CORRECTED = "details_corrected"
    SECURITY_ANSWERS_CHANGED = "security_answers_changed"
    NEW_MESSAGE = "new_message"
    VISIT_BOOKED = "visit_booked"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_RESCHEDULED = "visit_rescheduled"
    VISIT_REMINDER = "visit_reminder"
    REQUEST_CLOSED = "request_closed"
    STATEMENT_AVAILABLE = "statement_available"
    PRACTICE_DIGEST = "practice_digest"


WITH_LINK = frozenset(
    {NoticeKind.INVITATION, NoticeKind.CONFIRM_EMAIL, NoticeKind.PASSWORD_RESET, NoticeKind.USERNAME_REMINDER}
)
"""The notices that carry a link."""


AWAITED = frozenset({NoticeKind.CONFIRM_EMAIL, NoticeKind.PASSWORD_RESET, NoticeKind.USERNAME_REMINDER})
"""The notices for which somebody sits and waits."""


WITH_USERNAME = frozenset({NoticeKind.USERNAME_REMINDER})
"""The notices that say the patient's username."""


WITH_VISIT = frozenset(
    {
        NoticeKind.VISIT_BOOKED,
        NoticeKind.VISIT_CANCELLED,
        NoticeKind.VISIT_RESCHEDULED,
        NoticeKind.VISIT_REMINDER,
    }
)
"""The notices that may say when and where a visit is."""


BY_CHOICE = frozenset(
    {
        NoticeKind.NEW_MESSAGE,
        NoticeKind.VISIT_BOOKED,
        NoticeKind.VISIT_CANCELLED,
        NoticeKind.VISIT_RESCHEDULED,
        NoticeKind.VISIT_REMINDER,
        NoticeKind.REQUEST_CLOSED,
        NoticeKind.STATEMENT_AVAILABLE,
    }
)
"""The notices of which a patient chooses how they come. The others protect an account or let somebody in: by e-mail."""


@unique
class Channel(StrEnum):
    """How a patient wants to be told of something: by e-mail, by a text message, or not at all."""

    EMAIL = "email"
    TEXT = "text"
    NONE = "none"


@frozen(kw_only=True)
class Notice:
    """Something to tell the patient whom the event is about: what it carries or is about.

    Attributes:
        kind: what is said.
        link_id: the link that it carries, if any.
        email_change_id: the change of address that it is about, if any.
        about_id: the id of what it is about and is pointless without: a visit, message or statement, as its kind says.
    """

    kind: NoticeKind
    link_id: LinkId | None = None
    email_change_id: EmailChangeId | None = None
    about_id: str | None = None


Telling = Callable[[Any, Policy], tuple[Notice, ...]]
"""Given an event and the policy: what the patient whom it is about is told of it."""


def untold(_: Event, __: Policy) -> tuple[Notice, ...]:
    """Of this nobody is told; whoever asks finds it in the history."""
    return ()


@frozen
class Plainly:
    """Of this there is always one notice, about nothing but itself."""

    kind: NoticeKind

    def __call__(self, _: Event, __: Policy) -> tuple[Notice, ...]:
        """See ``Telling``."""
        return (Notice(kind=self.kind),)
