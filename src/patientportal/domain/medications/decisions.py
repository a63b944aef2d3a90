"""Yes or no to a renewal: by the prescriber or who stands in for them, once, and never by the patient in person."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId, MessageId, RenewalId
from patientportal.domain.messages.facts import RenewalApprovedFacts, RenewalDeniedFacts, RenewalRefilledFacts
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.text import paragraphs

from .covers import Cover
from .medications import REFILLS_MAX, Medication, MedicationDiscontinuedError
from .prescribers import require_prescriber
from .renewals import Renewal, RenewalDecidedError, RenewalStatus, told

REASON_MAX = 1_000


@frozen(kw_only=True)
class Grant:
    """What a provider gives.

    Attributes:
        refills: how many more.
        directions: other ones from now on; ``None``: they stay.
        is_refilled: whether it is refilled at once.
    """

    refills: int
    directions: str | None = field(default=None, repr=False)
    is_refilled: bool = True


@frozen(kw_only=True)
class RenewalApproved(Event):
    """A provider said yes: so many refills more, refilled at once or not yet; the prescriber or who stood in."""

    name: ClassVar[str] = "renewal_approved"
    renewal_id: RenewalId
    medication_id: MedicationId
    refills: int
    is_changed: bool
    is_refilled: bool
    by_cover: bool


@frozen(kw_only=True)
class RenewalRefilled(Event):
    """What was approved is refilled."""

    name: ClassVar[str] = "renewal_refilled"
    renewal_id: RenewalId


@frozen(kw_only=True)
class RenewalDenied(Event):
    """A provider said no; the prescriber or who stood in."""

    name: ClassVar[str] = "renewal_denied"
    renewal_id: RenewalId
    by_cover: bool


@frozen(kw_only=True)
class TooManyRefillsError(RefusedError):
    """The medication would have more than 99 refills left. Nothing changed.

    Attributes:
        refills_left: how many it has.
    """

    code: ClassVar[str] = "too_many_refills"
    refills_left: int


@frozen(kw_only=True)
class NoRefillsLeftError(RefusedError):
    """No refill is left that could be filled. Nothing changed."""

    code: ClassVar[str] = "no_refills_left"


@frozen(kw_only=True)
class RenewalNotApprovedError(RefusedError):
    """Only an approved request can be marked as refilled. Nothing changed."""

    code: ClassVar[str] = "renewal_not_approved"


@frozen(kw_only=True)
class Approved:
    """The patient gets more, and is told."""

    medication: Medication = changed()
    renewal: Renewal = changed()
    message: InboxMessage = added()
    event: RenewalApproved = happened()


@frozen(kw_only=True)
class Refilled:
    """What was approved is refilled, which takes a refill away, and the patient is told."""

    medication: Medication = changed()
    renewal: Renewal = changed()
    message: InboxMessage = added()
    event: RenewalRefilled = happened()


@frozen(kw_only=True)
class Denied:
    """The patient doesn't get more, and is told why."""

    renewal: Renewal = changed()
    message: InboxMessage = added()
    event: RenewalDenied = happened()


def usable_reason(reason: object) -> str:
    """Why a request is denied: 1 to 1,000 characters, line breaks included.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(reason, field="reason", at_most=REASON_MAX)


def approve(
    renewal: Renewal,
    *,
    medication: Medication,
    by: StaffMember,
    cover: Cover | None,
    grant: Grant,
    message_id: MessageId,
    now: datetime,
) -> Approved:
    """A provider says yes: so many refills more, of which the one that is filled with it takes the first.

    Args:
        renewal: a patient's request.
        medication: what it is for.
        by: who decides.
        cover: which they have of the prescriber, if any.
        grant: what they give.
        message_id: of the message that says so.
        now: UTC.

    Raises:
        NotPrescriberError: they neither prescribe it nor stand in for who does.
        RenewalDecidedError: it doesn't wait any more.
        MedicationDiscontinuedError: the medication isn't to be taken any more.
        NoRefillsLeftError: there would be none, not even this one.
        TooManyRefillsError: more than 99 would be left.
    """
    require_prescriber(medication, by=by, cover=cover, now=now)
    if renewal.status is not RenewalStatus.REQUESTED:
        raise RenewalDecidedError
    if not medication.is_active:
        raise MedicationDiscontinuedError
    refills_left = _left_after(grant, medication=medication)
    return Approved(
        medication=_with(medication, grant, refills_left=refills_left),
        renewal=_granted(renewal, grant, by=by, now=now),
        message=_yes(renewal, medication, grant, message_id=message_id, now=now),
        event=RenewalApproved(
            renewal_id=renewal.id,
            medication_id=medication.id,
            refills=grant.refills,
            is_changed=grant.directions is not None,
            is_refilled=grant.is_refilled,
            by_cover=by.id != medication.prescriber_id,
        ),
    )


def mark_refilled(
    renewal: Renewal,
    *,
    medication: Medication,
    by: StaffMember,
    cover: Cover | None,
    message_id: MessageId,
    now: datetime,
) -> Refilled | Unchanged:
    """What was approved only is refilled now, which takes a refill away; a second time changes nothing.

    Args:
        renewal: a patient's request.
        medication: what it is for.
        by: who says so.
        cover: which they have of the prescriber, if any.
        message_id: of the message that says so.
        now: UTC.

    Raises:
        NotPrescriberError: they neither prescribe it nor stand in for who does.
        RenewalNotApprovedError: nobody approved it, or the medication was discontinued since.
        NoRefillsLeftError: others were filled since, or the number was corrected, and none is left.
    """
    require_prescriber(medication, by=by, cover=cover, now=now)
    if renewal.status is RenewalStatus.REFILLED:
        return Unchanged()
    if renewal.status is not RenewalStatus.APPROVED:
        raise RenewalNotApprovedError
    if medication.refills_left == 0:
        raise NoRefillsLeftError
    return Refilled(
        medication=evolve(medication, refills_left=medication.refills_left - 1),
        renewal=evolve(renewal, status=RenewalStatus.REFILLED, refilled_at=now),
        message=told(renewal, RenewalRefilledFacts(medication=medication.name), message_id=message_id, now=now),
        event=RenewalRefilled(renewal_id=renewal.id),
    )


def deny(
    renewal: Renewal,
    *,
    medication: Medication,
    by: StaffMember,
    cover: Cover | None,
    reason: str,
    message_id: MessageId,
    now: datetime,
) -> Denied:
    """A provider says no, and why.

    Args:
        renewal: a patient's request.
        medication: what it is for.
        by: who decides.
        cover: which they have of the prescriber, if any.
        reason: in the form that ``usable_reason`` gives.
        message_id: of the message that says so.
        now: UTC.

    Raises:
        NotPrescriberError: they neither prescribe it nor stand in for who does.
        RenewalDecidedError: it doesn't wait any more.
    """
    require_prescriber(medication, by=by, cover=cover, now=now)
    if renewal.status is not RenewalStatus.REQUESTED:
        raise RenewalDecidedError
    facts = RenewalDeniedFacts(medication=medication.name, reason=reason)
    return Denied(
        renewal=evolve(renewal, status=RenewalStatus.DENIED, decided_at=now, decided_by=by.id, denial_reason=reason),
        message=told(renewal, facts, message_id=message_id, now=now),
        event=RenewalDenied(renewal_id=renewal.id, by_cover=by.id != medication.prescriber_id),
    )


def _left_after(grant: Grant, *, medication: Medication) -> int:
    granted = medication.refills_left + grant.refills
    if granted == 0:
        raise NoRefillsLeftError
    left = granted - 1 if grant.is_refilled else granted
    if left > REFILLS_MAX:
        raise TooManyRefillsError(refills_left=medication.refills_left)
    return left


def _with(medication: Medication, grant: Grant, *, refills_left: int) -> Medication:
    directions = medication.directions if grant.directions is None else grant.directions
    return evolve(medication, refills_left=refills_left, directions=directions)


def _granted(renewal: Renewal, grant: Grant, *, by: StaffMember, now: datetime) -> Renewal:
    return evolve(
        renewal,
        status=RenewalStatus.REFILLED if grant.is_refilled else RenewalStatus.APPROVED,
        decided_at=now,
        decided_by=by.id,
        refills_granted=grant.refills,
        new_directions=grant.directions,
        refilled_at=now if grant.is_refilled else None,
    )


def _yes(
    renewal: Renewal, medication: Medication, grant: Grant, *, message_id: MessageId, now: datetime
) -> InboxMessage:
    told_of = RenewalRefilledFacts if grant.is_refilled else RenewalApprovedFacts
    facts = told_of(medication=medication.name, new_directions=grant.directions)
    return told(renewal, facts, message_id=message_id, now=now)
