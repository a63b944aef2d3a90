"""Requests to the practice's support, by those who are in and by those who can't get in."""

from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from .errors import RefusedError
from .events import Event
from .ids import PatientId, StaffId, SupportRequestId
from .outcomes import added, changed, happened
from .personal import EMAIL_MAX
from .text import line, paragraphs

MESSAGE_MAX = 2_000
OPEN_MAX = 5
STRANGERS_OPEN_MAX = 200
STRANGERS_WITHIN = timedelta(hours=24)


@frozen(kw_only=True)
class SupportRequest:
    """Something that support is asked for.

    Attributes:
        patient_id: who asks; ``NOBODY``: somebody who isn't in.
        id: its own.
        contact: how to reach somebody who isn't in; empty for a patient.
        message: what they wrote.
        asked_at: when.
        resolved_at: since when it is done with; ``None`` while it is open.
        resolved_by: who resolved it.
    """

    patient_id: PatientId
    id: SupportRequestId
    contact: str = field(repr=False)
    message: str = field(repr=False)
    asked_at: datetime
    resolved_at: datetime | None = None
    resolved_by: StaffId | None = None


@frozen(kw_only=True)
class SupportAsked(Event):
    """Support was asked for something."""

    name: ClassVar[str] = "support_asked"
    request_id: SupportRequestId


@frozen(kw_only=True)
class SupportResolved(Event):
    """Support was done with a request."""

    name: ClassVar[str] = "support_resolved"
    request_id: SupportRequestId


@frozen(kw_only=True)
class TooManySupportRequestsError(RefusedError):
    """Five requests of this patient are open; one of them must be resolved first. Nothing changed."""

    code: ClassVar[str] = "too_many_support_requests"


@frozen(kw_only=True)
class SupportRequestResolvedError(RefusedError):
    """Somebody has resolved this request already. Nothing changed."""

    code: ClassVar[str] = "support_request_resolved"


@frozen(kw_only=True)
class Asked:
    """Support will see it."""

    request: SupportRequest = added()
    event: SupportAsked = happened()


@frozen(kw_only=True)
class Dropped:
    """A stranger asked too often: it is answered alike, and nobody sees it."""


@frozen(kw_only=True)
class Resolved:
    """It is done with."""

    request: SupportRequest = changed()
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


def ask(request: SupportRequest, *, already_open: int) -> Asked:
    """A patient asks support for something; at most five requests of theirs are open.

    Args:
        request: a new one, of the patient.
        already_open: how many of theirs are.

    Raises:
        TooManySupportRequestsError: five are.
    """
    if already_open >= OPEN_MAX:
        raise TooManySupportRequestsError
    return Asked(request=request, event=SupportAsked(request_id=request.id))


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


def resolve(request: SupportRequest, *, by: StaffId, now: datetime) -> Resolved:
    """Support is done with a request, once.

    Args:
        request: an open one.
        by: who resolved it.
        now: UTC.

    Raises:
        SupportRequestResolvedError: somebody was before.
    """
    if request.resolved_at is not None:
        raise SupportRequestResolvedError
    return Resolved(
        request=evolve(request, resolved_at=now, resolved_by=by), event=SupportResolved(request_id=request.id)
    )
