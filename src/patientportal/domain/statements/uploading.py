"""Uploading a statement: the one that was issued last says what is owed, and takes what its books couldn't know."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, StaffId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.support.support import SupportRequest, answered
from patientportal.domain.values.days import TEN_YEARS, day_within
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.zones import day, midnight_before

from .counting import moved, moves
from .payments import Payment
from .statements import Statement, StatementDocument, StatementStatus

A_DAY = timedelta(days=1)
JUST_AFTER = timedelta(microseconds=1)


@frozen(kw_only=True)
class StatementUpload:
    """What the practice uploads.

    Attributes:
        statement_id: a fresh one.
        patient_id: who owes it.
        number: the practice's.
        external_id: the hospital's key for it, if it gave one.
        balance: what is owed in all.
        issued_on: its date.
        due_on: the last day on which it may be paid.
        covers_earlier: whether its balance holds what the earlier ones asked for.
        posted_until: until when the practice's books were posted, UTC; ``None``: it doesn't say.
        media_type: of the electronic copy.
        content: the copy.
    """

    statement_id: StatementId
    patient_id: PatientId
    number: str = field(repr=False)
    external_id: str | None = field(repr=False)
    balance: Money
    issued_on: date
    due_on: date
    covers_earlier: bool
    posted_until: datetime | None
    media_type: str
    content: bytes = field(repr=False)

    @property
    def hash(self) -> bytes | None:
        """Of all that the practice said under the hospital's key; ``None``: there is no key."""
        if self.external_id is None:
            return None
        said = (self.number, self.balance, self.issued_on, self.due_on, self.covers_earlier, self.posted_until)
        words = "\0".join(map(str, (*said, self.media_type)))
        return hashlib.sha256(words.encode() + b"\0" + self.content).digest()


@frozen(kw_only=True)
class StatementUploaded(Event):
    """A statement arrived; as the current one it closed the one before for payment.

    Attributes:
        statement_id: which.
        balance: what it says is owed.
        superseded_id: the one that was current until then, if it took its place.
        requests_resolved: how many of the patient's requests it answered.
        is_current: whether it was issued last; an older one that is loaded later is told to nobody.
        payments_moved: how many payments count on it that counted elsewhere.
    """

    name: ClassVar[str] = "statement_uploaded"
    statement_id: StatementId
    balance: Money
    superseded_id: StatementId | None
    requests_resolved: int
    is_current: bool = True
    payments_moved: int = 0


@frozen(kw_only=True)
class StatementNumberTakenError(RefusedError):
    """This patient has a statement of this number, which wasn't taken back. Nothing changed."""

    code: ClassVar[str] = "statement_number_taken"


@frozen(kw_only=True)
class Uploaded:
    """It is there."""

    earlier: tuple[Statement, ...] = changed()
    statement: Statement = added()
    document: StatementDocument = added()
    payments: tuple[Payment, ...] = changed()
    requests: tuple[SupportRequest, ...] = changed()
    event: StatementUploaded = happened()


def upload(
    wanted: StatementUpload,
    *,
    same_external_id: Sequence[Statement],
    same_number: Statement | None,
    current: Statement | None,
    payments: Sequence[Payment],
    holders: Sequence[Statement],
    open_requests: Sequence[SupportRequest],
    by: StaffId,
    now: datetime,
    policy: Policy,
) -> Uploaded | Repeated[Statement]:
    """A statement that was issued last is the current one from its arrival on; an older one arrives superseded.

    The current one takes what its books couldn't know of the patient's payments (``counting.moves``), and answers what
    the patient asked for. Of the same date, the one that arrives last is the current one, whatever the clocks of two
    servers say. Under the hospital's key the same again changes nothing.

    Args:
        wanted: what the practice uploads.
        same_external_id: the patient's statements under its key.
        same_number: the one of its number, if there is one that wasn't taken back.
        current: the one that is current until now.
        payments: the patient's that are pending, or were settled since ``posted_until`` at least.
        holders: the statements on which these count.
        open_requests: what the patient asked for, of any statement.
        by: who uploads it.
        now: UTC.
        policy: the practice's zone.

    Raises:
        BadInputError: ``issued_on`` is ``too_late``: after tomorrow where the practice is; so is ``due_on``: more than
            ten years ahead; or ``posted_until``: it isn't over.
        IdempotencyKeyReusedError: another statement has its external id, or the same one with other data.
        StatementNumberTakenError: the patient has a statement of this number.
    """
    if wanted.external_id is not None and (known := _known(wanted, same_external_id)) is not None:
        return known
    statement = _made(wanted, now=now, policy=policy)
    if same_number is not None:
        raise StatementNumberTakenError
    document = StatementDocument(
        patient_id=wanted.patient_id,
        statement_id=wanted.statement_id,
        media_type=wanted.media_type,
        content=wanted.content,
    )
    if current is not None and statement.issued_on < current.issued_on:
        return _filed(statement, document)
    return _arrived(
        statement,
        document,
        current=current,
        payments=payments,
        holders=holders,
        requests=answered(open_requests, statement_id=statement.id, by=by, now=now),
    )


def _known(wanted: StatementUpload, holders: Sequence[Statement]) -> Repeated[Statement] | None:
    """What was uploaded under the same external id; one that was taken back gives it up to other data alone."""
    for holder in holders:
        if holder.upload_hash == wanted.hash:
            return Repeated(kept=holder)
    for holder in holders:
        if not holder.is_retracted:
            raise IdempotencyKeyReusedError(what="statement", id=holder.id, status=holder.status)
    return None


def _made(wanted: StatementUpload, *, now: datetime, policy: Policy) -> Statement:
    """A statement of days that can be meant; books that don't say otherwise were posted by the midnight before it."""
    today = day(now, policy.zone)
    day_within(wanted.issued_on, field="issued_on", last=today + A_DAY)
    day_within(wanted.due_on, field="due_on", last=today + TEN_YEARS)
    if wanted.posted_until is not None and wanted.posted_until > now:
        raise BadInputError(field="posted_until", problem="too_late")
    return Statement(
        patient_id=wanted.patient_id,
        id=wanted.statement_id,
        number=wanted.number,
        external_id=wanted.external_id,
        upload_hash=wanted.hash,
        balance=wanted.balance,
        issued_on=wanted.issued_on,
        due_on=wanted.due_on,
        covers_earlier=wanted.covers_earlier,
        posted_until=wanted.posted_until or midnight_before(min(wanted.issued_on, today), policy.zone),
        uploaded_at=now,
        status=StatementStatus.SUPERSEDED,
    )


def _filed(statement: Statement, document: StatementDocument) -> Uploaded:
    """One that is older than the current one moves, answers and tells nothing."""
    event = StatementUploaded(
        statement_id=statement.id,
        balance=statement.balance,
        superseded_id=None,
        requests_resolved=0,
        is_current=False,
    )
    return Uploaded(earlier=(), statement=statement, document=document, payments=(), requests=(), event=event)


def _arrived(
    statement: Statement,
    document: StatementDocument,
    *,
    current: Statement | None,
    payments: Sequence[Payment],
    holders: Sequence[Statement],
    requests: tuple[SupportRequest, ...],
) -> Uploaded:
    """The one that was issued last takes the current one's place, and what its books couldn't know."""
    before = {one.id: one for one in holders}
    superseded = {}
    if current is not None:
        statement = evolve(statement, uploaded_at=max(statement.uploaded_at, current.uploaded_at + JUST_AFTER))
        superseded = {current.id: evolve(current, status=StatementStatus.SUPERSEDED)}
    taken = moved([one for one in payments if moves(one, to=statement)], to=statement, holders=before | superseded)
    return Uploaded(
        earlier=tuple((superseded | taken.holders).values()),
        statement=evolve(taken.to, status=StatementStatus.CURRENT),
        document=document,
        payments=taken.payments,
        requests=requests,
        event=StatementUploaded(
            statement_id=statement.id,
            balance=statement.balance,
            superseded_id=None if current is None else current.id,
            requests_resolved=len(requests),
            payments_moved=len(taken.payments),
        ),
    )
