"""Statements: what a patient owes the practice, which of them may be paid, and asking for another one."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, StaffId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.values.days import A_YEAR, TEN_YEARS, day_within, usable_day
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import revised
from patientportal.domain.values.text import bounded, line

NUMBER_MAX = 64
JUST_AFTER = timedelta(microseconds=1)
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
_MEDIA_TYPE_BYTES_MAX = 255
# RFC 6838, 4.2: restricted names.
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")


@unique
class StatementStatus(StrEnum):
    """The newest statement is the current one; each earlier one was superseded when the next arrived."""

    CURRENT = "current"
    SUPERSEDED = "superseded"


@frozen(kw_only=True)
class Statement:
    """What a patient owed when it was issued, and what of that is paid.

    Attributes:
        patient_id: whose it is.
        id: its own.
        number: the practice's.
        balance: what is owed in all.
        issued_on: its date.
        due_on: the last day on which it may be paid.
        uploaded_at: when it arrived; after the patient's others, whatever two servers' clocks say.
        status: current or superseded.
        paid_minor_units: what was settled of it and not given back, in the balance's currency.
        pending_minor_units: what is reserved for payments whose end isn't known yet.
    """

    patient_id: PatientId
    id: StatementId
    number: str = field(repr=False)
    balance: Money
    issued_on: date
    due_on: date
    uploaded_at: datetime
    status: StatementStatus = StatementStatus.CURRENT
    paid_minor_units: int = 0
    pending_minor_units: int = 0

    @property
    def paid(self) -> Money:
        """What was settled and not given back."""
        return revised(self.balance, minor_units=self.paid_minor_units)

    @property
    def pending(self) -> Money:
        """What is reserved."""
        return revised(self.balance, minor_units=self.pending_minor_units)

    @property
    def remaining(self) -> Money:
        """What can still be paid: the balance less what is paid and what is pending."""
        spent = self.paid_minor_units + self.pending_minor_units
        return revised(self.balance, minor_units=self.balance.minor_units - spent)


@frozen(kw_only=True)
class StatementDocument:
    """The electronic copy of a statement.

    Attributes:
        patient_id: whose it is.
        statement_id: which statement's.
        media_type: such as ``application/pdf``.
        content: byte by byte as it was uploaded.
    """

    patient_id: PatientId
    statement_id: StatementId
    media_type: str
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class StatementUploaded(Event):
    """A statement arrived, and closed the one before for payment."""

    name: ClassVar[str] = "statement_uploaded"
    statement_id: StatementId
    balance: Money
    superseded_id: StatementId | None
    requests_resolved: int


@frozen(kw_only=True)
class StatementResent(Event):
    """A statement was sent again, with another due date."""

    name: ClassVar[str] = "statement_resent"
    statement_id: StatementId
    requests_resolved: int


@frozen(kw_only=True)
class StatementNumberTakenError(RefusedError):
    """This patient has a statement of this number. Nothing changed."""

    code: ClassVar[str] = "statement_number_taken"


@frozen(kw_only=True)
class NotCurrentStatementError(RefusedError):
    """A newer statement has superseded this one, which can't be paid any more. Nothing changed."""

    code: ClassVar[str] = "not_current_statement"


@frozen(kw_only=True)
class StatementOverdueError(RefusedError):
    """Its due date has ended in the practice's zone: it must be sent again first. Nothing changed.

    Attributes:
        due_on: the day that has ended.
    """

    code: ClassVar[str] = "statement_overdue"
    due_on: date


@frozen(kw_only=True)
class Uploaded:
    """It is the current statement."""

    superseded: Statement | None = changed()
    statement: Statement = added()
    document: StatementDocument = added()
    requests: tuple[SupportRequest, ...] = changed()
    event: StatementUploaded = happened()


@frozen(kw_only=True)
class Resent:
    """It may be paid until its new due date."""

    statement: Statement = changed()
    requests: tuple[SupportRequest, ...] = changed()
    event: StatementResent = happened()


def usable_number(number: object) -> str:
    """The practice's number of a statement: one line of at most 64 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return line(number, field="number", at_most=NUMBER_MAX)


def usable_document(content: object) -> bytes:
    """An electronic copy: any bytes, 10 MiB at most.

    Raises:
        TypeError: it isn't ``bytes``.
        BadInputError: ``empty`` or ``too_long``.
    """
    if not isinstance(content, bytes):
        raise TypeError(f"document must be bytes, not {type(content).__name__}")
    if not content:
        raise BadInputError(field="document", problem="empty")
    if len(content) > DOCUMENT_BYTES_MAX:
        raise BadInputError(field="document", problem="too_long", limit=DOCUMENT_BYTES_MAX)
    return content


def usable_media_type(media_type: object) -> str:
    """What an electronic copy is: a type and a subtype, without parameters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character`` or ``bad_format``.
    """
    text = bounded(media_type, field="media_type", at_most_bytes=_MEDIA_TYPE_BYTES_MAX)
    if not _MEDIA_TYPE.fullmatch(text):
        raise BadInputError(field="media_type", problem="bad_format")
    return text


def usable_days(issued_on: object, due_on: object) -> tuple[date, date]:
    """A statement's own date and its due date.

    Raises:
        TypeError: one of them isn't a ``date``, or is a moment.
        BadInputError: ``due_on`` is ``too_early``: before the statement's own date.
    """
    issued, due = usable_day(issued_on, field="issued_on"), usable_day(due_on, field="due_on")
    if due < issued:
        raise BadInputError(field="due_on", problem="too_early")
    return issued, due


def upload(
    statement: Statement,
    *,
    document: StatementDocument,
    same_number: Statement | None,
    current: Statement | None,
    open_requests: Sequence[SupportRequest],
    by: StaffId,
) -> Uploaded:
    """A new statement is the current one from its arrival on; the one before can't be paid any more.

    What was reserved on the one before settles there. Where the clock of the server that took that one runs ahead, the
    new one arrives just after it: the order of arrival is the order in which they superseded each other.

    Args:
        statement: the new one, arrived now.
        document: its electronic copy.
        same_number: the patient's statement of this number, if there is one.
        current: the one that was current until now.
        open_requests: what the patient asked for, of any statement; this answers it.
        by: who uploads it.

    Raises:
        BadInputError: ``issued_on`` is ``too_early``, before 1900, or ``too_late``: more than 366 days ahead; or
            ``due_on`` is ``too_late``: more than ten years ahead.
        StatementNumberTakenError: the patient has a statement of this number.
    """
    today = statement.uploaded_at.date()
    day_within(statement.issued_on, field="issued_on", last=today + A_YEAR)
    day_within(statement.due_on, field="due_on", last=today + TEN_YEARS)
    if same_number is not None:
        raise StatementNumberTakenError
    now = statement.uploaded_at
    arrived_at = now if current is None else max(now, current.uploaded_at + JUST_AFTER)
    return Uploaded(
        superseded=None if current is None else evolve(current, status=StatementStatus.SUPERSEDED),
        statement=evolve(statement, uploaded_at=arrived_at),
        document=document,
        requests=_resolved(open_requests, by=by, now=now),
        event=StatementUploaded(
            statement_id=statement.id,
            balance=statement.balance,
            superseded_id=None if current is None else current.id,
            requests_resolved=len(open_requests),
        ),
    )


def resend(
    statement: Statement,
    *,
    due_on: date,
    open_requests: Sequence[SupportRequest],
    by: StaffId,
    now: datetime,
    policy: Policy,
) -> Resent:
    """The current statement is sent again, and may be paid until its new due date has ended.

    Args:
        statement: the patient's.
        due_on: its new due date.
        open_requests: the patient's requests for this; it answers them.
        by: who sends it.
        now: UTC.
        policy: the practice's zone.

    Raises:
        NotCurrentStatementError: a newer one has superseded it.
        BadInputError: ``due_on`` is ``too_early``, before the statement's own date or ended, or ``too_late``: more than
            ten years ahead.
    """
    require_current(statement)
    day_within(due_on, field="due_on", last=now.date() + TEN_YEARS)
    if due_on < statement.issued_on or has_ended(due_on, now=now, policy=policy):
        raise BadInputError(field="due_on", problem="too_early")
    return Resent(
        statement=evolve(statement, due_on=due_on),
        requests=_resolved(open_requests, by=by, now=now),
        event=StatementResent(statement_id=statement.id, requests_resolved=len(open_requests)),
    )


def require_payable(statement: Statement, *, now: datetime, policy: Policy) -> None:
    """Only the current statement may be paid, and only until its due date has ended where the practice is.

    Args:
        statement: the patient's.
        now: UTC.
        policy: the practice's zone, and whether an overdue statement may be paid.

    Raises:
        NotCurrentStatementError: a newer one has superseded it.
        StatementOverdueError: its due date has ended.
    """
    require_current(statement)
    if has_ended(statement.due_on, now=now, policy=policy) and not policy.payments.overdue_payable:
        raise StatementOverdueError(due_on=statement.due_on)


def require_current(statement: Statement) -> None:
    """Only the current statement may be paid or sent again.

    Raises:
        NotCurrentStatementError: a newer one has superseded it.
    """
    if statement.status is not StatementStatus.CURRENT:
        raise NotCurrentStatementError


def has_ended(day: date, *, now: datetime, policy: Policy) -> bool:
    """Whether a day is over where the practice is."""
    return now.astimezone(ZoneInfo(policy.zone)).date() > day


def _resolved(open_requests: Sequence[SupportRequest], *, by: StaffId, now: datetime) -> tuple[SupportRequest, ...]:
    return tuple(evolve(request, resolved_at=now, resolved_by=by) for request in open_requests)
