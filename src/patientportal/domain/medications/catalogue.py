"""What is kept of medications, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Plainly, Telling, untold

from .corrections import MedicationCorrected
from .covers import Cover, CoverGiven
from .decisions import RenewalApproved, RenewalDenied, RenewalRefilled
from .discontinuation import MedicationDiscontinued
from .medications import Medication, MedicationRecorded
from .reassignment import MedicationReassigned
from .renewals import Renewal, RenewalExpired, RenewalRequested, RenewalStatus, RenewalWithdrawn

KINDS: tuple[Kind, ...] = (
    Kind(Medication, "medications", ("patient_id", "id")),
    Kind(
        Renewal,
        "renewals",
        ("patient_id", "id"),
        (
            Unique(("patient_id", "medication_id"), among=("status", RenewalStatus.REQUESTED)),
            Unique(("patient_id", "idempotency_key")),
        ),
    ),
    Kind(Cover, "covers", ("prescriber_id", "covering_id")),
)


def _if_a_request_ended(event: MedicationDiscontinued, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.NEW_MESSAGE),) if event.renewals_ended else ()


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        CoverGiven: untold,
        MedicationCorrected: untold,
        MedicationDiscontinued: _if_a_request_ended,
        MedicationReassigned: untold,
        MedicationRecorded: untold,
        RenewalApproved: Plainly(NoticeKind.NEW_MESSAGE),
        RenewalDenied: Plainly(NoticeKind.NEW_MESSAGE),
        RenewalExpired: Plainly(NoticeKind.NEW_MESSAGE),
        RenewalRefilled: Plainly(NoticeKind.NEW_MESSAGE),
        RenewalRequested: untold,
        RenewalWithdrawn: untold,
    }
)
