"""Statements: what a patient owes the practice, and which of them may be paid."""

import re
from datetime import date, datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import PatientId, StatementId
from patientportal.domain.outcomes import Unchanged, changed
from patientportal.domain.policy import Policy
from patientportal.domain.values.days import day_within, usable_day
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import revised
from patientportal.domain.values.text import bounded, line
from patientportal.domain.values.types import of_type
from patientportal.domain.values.zones import day, in_utc

NUMBER_MAX = 64
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
_MEDIA_TYPE_BYTES_MAX = 255
# RFC 6838, 4.2: restricted names.
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")


@unique
class StatementStatus(StrEnum):
    """The one that was issued last is current, the others are superseded; what was taken back is neither."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


@frozen(kw_only=True)
class Statement:
    """What a patient owed when it was issued, and what the portal knows beyond that.

    Attributes:
        patient_id: whose it is.
        id: its own.
        number: the practice's; no two that weren't taken back share one.
        external_id: the hospital's key for it, likewise.
        upload_hash: of all that was uploaded under that key, so that the same again is known; ``None``: no key.
        balance: what is owed in all; it never changes.
        issued_on: its date.
        due_on: the last day on which it may be paid.
        covers_earlier: whether its balance holds what the earlier ones asked for.
        posted_until: the practice's books knew what was paid before this moment: it is in the balance.
        uploaded_at: when it arrived; where another of its date is current, after that one, whatever two servers'
            clocks say.
        status: current, superseded or retracted.
        paid_minor_units: what was settled and not given back of the payments that count on it, in its currency.
        reduced_minor_units: what was let off of it, likewise: discounts and write-offs, which are no money.
        pending_minor_units: what is reserved for payments whose end isn't known yet, likewise.
        opened_at: when its patient first opened it; ``None``: they haven't.
        retracted_at: when it was taken back.
    """

    patient_id: PatientId
    id: StatementId
    number: str = field(repr=False)
    external_id: str | None = field(default=None, repr=False)
    upload_hash: bytes | None = field(default=None, repr=False)
    balance: Money
    issued_on: date
    due_on: date
    covers_earlier: bool = True
    posted_until: datetime
    uploaded_at: datetime
    status: StatementStatus = StatementStatus.CURRENT
    paid_minor_units: int = 0
    reduced_minor_units: int = 0
    pending_minor_units: int = 0
    opened_at: datetime | None = None
    retracted_at: datetime | None = None

    @property
    def paid(self) -> Money:
        """What was settled and not given back."""
        return self._of(self.paid_minor_units)

    @property
    def reduced(self) -> Money:
        """What was let off."""
        return self._of(self.reduced_minor_units)

    @property
    def pending(self) -> Money:
        """What is reserved."""
        return self._of(self.pending_minor_units)

    @property
    def owed(self) -> Money:
        """What is to be paid in all: the balance less what was let off."""
        return self._of(self._owed)

    @property
    def remaining(self) -> Money:
        """What can still be paid: what is owed less what is paid and what is pending, of the current one alone."""
        left = self._owed - self.paid_minor_units - self.pending_minor_units
        return self._of(left if self.is_current else 0)

    @property
    def credit(self) -> Money:
        """What was paid beyond what is owed, which is the patient's, of the current one alone."""
        over = self.paid_minor_units - self._owed
        return self._of(over if self.is_current else 0)

    @property
    def is_current(self) -> bool:
        """Whether it is the one that says what is owed."""
        return self.status is StatementStatus.CURRENT

    @property
    def is_retracted(self) -> bool:
        """Whether it was taken back."""
        return self.status is StatementStatus.RETRACTED

    @property
    def place(self) -> tuple[date, datetime, str]:
        """Where it stands among its patient's: by its date, and of one date by its arrival."""
        return self.issued_on, self.uploaded_at, self.id

    @property
    def _owed(self) -> int:
        return max(0, self.balance.minor_units - self.reduced_minor_units)

    def _of(self, minor_units: int) -> Money:
        return revised(self.balance, minor_units=max(0, minor_units))


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
class NotCurrentStatementError(RefusedError):
    """A newer statement has superseded this one, or it was taken back: it can't be paid. Nothing changed."""

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
class Opened:
    """The patient has opened it, for the first time."""

    statement: Statement = changed()


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
    document = of_type(content, bytes, field="document")
    if not document:
        raise BadInputError(field="document", problem="empty")
    if len(document) > DOCUMENT_BYTES_MAX:
        raise BadInputError(field="document", problem="too_long", limit=DOCUMENT_BYTES_MAX)
    return document


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
        BadInputError: ``issued_on`` is ``too_early``: before 1900; or ``due_on`` is: before the statement's own date.
    """
    issued, due = usable_day(issued_on, field="issued_on"), usable_day(due_on, field="due_on")
    day_within(issued, field="issued_on", last=date.max)
    if due < issued:
        raise BadInputError(field="due_on", problem="too_early")
    return issued, due


def usable_posted_until(posted_until: object) -> datetime | None:
    """Until when the practice's books were posted, in UTC; ``None``: the practice doesn't say.

    Raises:
        TypeError: it is neither a ``datetime`` nor ``None``.
        ValueError: it is a naive one.
        BadInputError: ``out_of_range``: UTC has no such moment.
    """
    return None if posted_until is None else in_utc(posted_until, field="posted_until")


def opened(statement: Statement, *, now: datetime) -> Opened | Unchanged:
    """A patient opens a statement; only the first time is written down.

    Args:
        statement: theirs.
        now: UTC.
    """
    return Unchanged() if statement.opened_at is not None else Opened(statement=evolve(statement, opened_at=now))


def is_overdue(statement: Statement, *, now: datetime, policy: Policy) -> bool:
    """Whether the current statement isn't paid, and its due date has ended where the practice is.

    Args:
        statement: the patient's.
        now: UTC.
        policy: the practice's zone.
    """
    return not statement.remaining.is_zero and has_ended(statement.due_on, now=now, policy=policy)


def require_payable(statement: Statement, *, now: datetime, policy: Policy) -> None:
    """Only the current statement may be paid, and only until its due date has ended where the practice is.

    Args:
        statement: the patient's.
        now: UTC.
        policy: the practice's zone, and whether an overdue statement may be paid.

    Raises:
        NotCurrentStatementError: a newer one has superseded it, or it was taken back.
        StatementOverdueError: its due date has ended, and something remains to be paid.
    """
    require_current(statement)
    if is_overdue(statement, now=now, policy=policy) and not policy.payments.overdue_payable:
        raise StatementOverdueError(due_on=statement.due_on)


def require_current(statement: Statement) -> None:
    """Only the current statement may be paid or sent again.

    Raises:
        NotCurrentStatementError: a newer one has superseded it, or it was taken back.
    """
    if not statement.is_current:
        raise NotCurrentStatementError


def has_ended(day_there: date, *, now: datetime, policy: Policy) -> bool:
    """Whether a day is over where the practice is."""
    return day(now, policy.zone) > day_there
