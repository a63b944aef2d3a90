"""A patient asks for more of a medication, takes that back, or waits in vain."""

from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId, MessageId, PatientId, RenewalId, StaffId
from patientportal.domain.messages.facts import Facts, RenewalExpiredFacts
from patientportal.domain.messages.messages import InboxMessage, written
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.text import line, paragraphs

from .medications import Medication, MedicationDiscontinuedError

PHARMACY_MAX = 200
NOTE_MAX = 1_000


@unique
class RenewalStatus(StrEnum):
    """Where a request stands, in the words of NCPDP SCRIPT; only ``requested`` waits for a decision."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFILLED = "refilled"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DISCONTINUED = "discontinued"


@frozen(kw_only=True)
class Renewal:
    """A patient's request for more of a medication, of whoever prescribes that.

    Attributes:
        patient_id: who asks.
        id: its own.
        medication_id: for more of what.
        pharmacy: where they want it from; it may be empty.
        note: what they wrote; it may be empty.
        requested_at: when.
        status: where it stands.
        decided_at: when somebody approved or denied it.
        decided_by: who did.
        refills_granted: how many refills an approval gave.
        new_directions: how it is taken from the approval on, where that changed it.
        denial_reason: why it was denied.
        refilled_at: since when the medication is refilled.
        idempotency_key: of the form by which they asked; no two requests of a patient share one.
    """

    patient_id: PatientId
    id: RenewalId
    medication_id: MedicationId
    pharmacy: str = field(repr=False)
    note: str = field(repr=False)
    requested_at: datetime
    status: RenewalStatus = RenewalStatus.REQUESTED
    decided_at: datetime | None = None
    decided_by: StaffId | None = None
    refills_granted: int | None = None
    new_directions: str | None = field(default=None, repr=False)
    denial_reason: str | None = field(default=None, repr=False)
    refilled_at: datetime | None = None
    idempotency_key: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class RenewalRequested(Event):
    """A patient asked for more of a medication."""

    name: ClassVar[str] = "renewal_requested"
    renewal_id: RenewalId
    medication_id: MedicationId


@frozen(kw_only=True)
class RenewalWithdrawn(Event):
    """A patient took a request back."""

    name: ClassVar[str] = "renewal_withdrawn"
    renewal_id: RenewalId


@frozen(kw_only=True)
class RenewalExpired(Event):
    """Nobody decided a request in time."""

    name: ClassVar[str] = "renewal_expired"
    renewal_id: RenewalId


@frozen(kw_only=True)
class NotRenewableError(RefusedError):
    """The medication can't be renewed on request. Nothing changed."""

    code: ClassVar[str] = "not_renewable"


@frozen(kw_only=True)
class RenewalPendingError(RefusedError):
    """A request for this medication is pending already. Nothing changed."""

    code: ClassVar[str] = "renewal_pending"


@frozen(kw_only=True)
class RenewalDecidedError(RefusedError):
    """The request is no longer pending: somebody decided it, or it ended. Nothing changed."""

    code: ClassVar[str] = "renewal_decided"


@frozen(kw_only=True)
class Requested:
    """It waits for the prescriber."""

    renewal: Renewal = added()
    event: RenewalRequested = happened()


@frozen(kw_only=True)
class Withdrawn:
    """The patient doesn't want it any more."""

    renewal: Renewal = changed()
    event: RenewalWithdrawn = happened()


@frozen(kw_only=True)
class Expired:
    """Nobody decided in time, and the patient is told."""

    renewal: Renewal = changed()
    message: InboxMessage = added()
    event: RenewalExpired = happened()


def usable_pharmacy(pharmacy: object) -> str:
    """Where a patient wants it from: one line of at most 200 characters, or nothing.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` or ``bad_character``.
    """
    return line(pharmacy, field="pharmacy", at_most=PHARMACY_MAX, at_least=0)


def usable_note(note: object) -> str:
    """What a patient writes with a request: at most 1,000 characters, line breaks included, or nothing.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` or ``bad_character``.
    """
    return paragraphs(note, field="note", at_most=NOTE_MAX, at_least=0)


def told(renewal: Renewal, facts: Facts, *, message_id: MessageId, now: datetime) -> InboxMessage:
    """What the portal writes into the patient's inbox about a request of theirs."""
    return written(facts, patient_id=renewal.patient_id, message_id=message_id, about_id=renewal.id, now=now)


def request(
    renewal: Renewal, *, medication: Medication, is_pending: bool, earlier: Renewal | None = None
) -> Requested | Repeated[Renewal]:
    """A patient asks for more of what they take, once a key; one request for a medication waits at a time.

    Args:
        renewal: a new one, for this medication.
        medication: the patient's own.
        is_pending: whether a request for it waits.
        earlier: theirs under the same key, if there is one.

    Raises:
        IdempotencyKeyReusedError: something else was asked for under this key.
        MedicationDiscontinuedError: it isn't to be taken any more.
        NotRenewableError: it can't be renewed by asking here.
        RenewalPendingError: a request waits.
    """
    if earlier is not None:
        return repeated(
            earlier,
            what="renewal",
            before=(earlier.medication_id, earlier.pharmacy, earlier.note),
            asked=(renewal.medication_id, renewal.pharmacy, renewal.note),
            status=earlier.status,
        )
    if not medication.is_active:
        raise MedicationDiscontinuedError
    if not medication.is_renewable:
        raise NotRenewableError
    if is_pending:
        raise RenewalPendingError
    return Requested(
        renewal=renewal, event=RenewalRequested(renewal_id=renewal.id, medication_id=renewal.medication_id)
    )


def withdraw(renewal: Renewal) -> Withdrawn | Unchanged:
    """A patient takes a request back while it waits; a second time changes nothing.

    Raises:
        RenewalDecidedError: it doesn't wait any more.
    """
    if renewal.status is RenewalStatus.WITHDRAWN:
        return Unchanged()
    if renewal.status is not RenewalStatus.REQUESTED:
        raise RenewalDecidedError
    return Withdrawn(
        renewal=evolve(renewal, status=RenewalStatus.WITHDRAWN), event=RenewalWithdrawn(renewal_id=renewal.id)
    )


def expire(
    renewal: Renewal, *, medication: Medication, message_id: MessageId, now: datetime, policy: Policy
) -> Expired | Unchanged:
    """A request that nobody decided in time ends, and the patient is told: none is lost in silence.

    Args:
        renewal: in any state.
        medication: what it is for.
        message_id: of the message that says so.
        now: UTC.
        policy: how long a patient waits.
    """
    is_due = renewal.requested_at <= now - policy.renewals.expires_after
    if renewal.status is not RenewalStatus.REQUESTED or not is_due:
        return Unchanged()
    return Expired(
        renewal=evolve(renewal, status=RenewalStatus.EXPIRED),
        message=told(renewal, RenewalExpiredFacts(medication=medication.name), message_id=message_id, now=now),
        event=RenewalExpired(renewal_id=renewal.id),
    )
