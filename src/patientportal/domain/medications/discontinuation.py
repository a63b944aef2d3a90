"""A medication isn't to be taken any more: that ends it, and every renewal of it that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId, MessageId
from patientportal.domain.messages.facts import MedicationDiscontinuedFacts
from patientportal.domain.messages.messages import InboxMessage, written
from patientportal.domain.outcomes import Unchanged, added, changed, happened

from .medications import Medication
from .renewals import Renewal, RenewalStatus

WAITING = (RenewalStatus.REQUESTED, RenewalStatus.APPROVED)
"""Of a decision, or of being refilled."""


@frozen(kw_only=True)
class MedicationDiscontinued(Event):
    """A provider ended a medication, and with it so many renewals that waited."""

    name: ClassVar[str] = "medication_discontinued"
    medication_id: MedicationId
    renewals_ended: int


@frozen(kw_only=True)
class Discontinued:
    """It isn't to be taken any more; the patient is told when something that they wait for ends with it."""

    medication: Medication = changed()
    renewals: tuple[Renewal, ...] = changed()
    message: InboxMessage | None = added()
    event: MedicationDiscontinued = happened()


def discontinue(
    medication: Medication, *, waiting: Sequence[Renewal], message_id: MessageId, now: datetime
) -> Discontinued | Unchanged:
    """A provider ends a medication; a second time changes nothing.

    Args:
        medication: a patient's.
        waiting: the renewals of it that wait for a decision or for being refilled.
        message_id: of the message that says so.
        now: UTC.
    """
    if not medication.is_active:
        return Unchanged()
    return Discontinued(
        medication=evolve(medication, discontinued_at=now),
        renewals=tuple(evolve(one, status=RenewalStatus.DISCONTINUED) for one in waiting),
        message=_told(medication, message_id=message_id, now=now) if waiting else None,
        event=MedicationDiscontinued(medication_id=medication.id, renewals_ended=len(waiting)),
    )


def _told(medication: Medication, *, message_id: MessageId, now: datetime) -> InboxMessage:
    facts = MedicationDiscontinuedFacts(medication=medication.name)
    return written(facts, patient_id=medication.patient_id, message_id=message_id, about_id=medication.id, now=now)
