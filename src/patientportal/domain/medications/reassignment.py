"""A prescriber leaves: another prescribes from then on, and decides what waits."""

from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId, StaffId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.staff import Role, StaffMember

from .medications import Medication


@frozen(kw_only=True)
class MedicationReassigned(Event):
    """Another prescribes a medication from now on."""

    name: ClassVar[str] = "medication_reassigned"
    medication_id: MedicationId
    former_id: StaffId
    prescriber_id: StaffId


@frozen(kw_only=True)
class ReassignmentNotAllowedError(RefusedError):
    """Only the prescriber and the front desk give medications to another, and nobody to themselves. Nothing changed."""

    code: ClassVar[str] = "reassignment_not_allowed"


@frozen(kw_only=True)
class Reassigned:
    """Another decides about it now, and so do those who stand in for that one."""

    medication: Medication = changed()
    event: MedicationReassigned = happened()


def require_may_reassign(prescriber_id: StaffId, *, to: StaffId, by: StaffMember) -> None:
    """A prescriber's medications go to another by the prescriber's word or the front desk's, never to who says so.

    Args:
        prescriber_id: who leaves.
        to: who prescribes from now on.
        by: who says so.

    Raises:
        ReassignmentNotAllowedError: they are neither, or it would go to themselves or to who has it.
    """
    may = by.id == prescriber_id or Role.FRONT_DESK in by.roles
    if not may or to in {by.id, prescriber_id}:
        raise ReassignmentNotAllowedError


def reassign(medication: Medication, *, prescriber_id: StaffId, to: StaffId) -> Reassigned | Unchanged:
    """Another prescribes it; what isn't that prescriber's any more, or isn't to be taken any more, stays.

    Args:
        medication: a patient's.
        prescriber_id: who leaves.
        to: who prescribes from now on.
    """
    if not medication.is_active or medication.prescriber_id != prescriber_id:
        return Unchanged()
    return Reassigned(
        medication=evolve(medication, prescriber_id=to),
        event=MedicationReassigned(medication_id=medication.id, former_id=prescriber_id, prescriber_id=to),
    )
