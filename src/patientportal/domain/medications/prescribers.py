"""Who decides about a medication: its prescriber, or who stands in for them."""

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.staff import StaffMember

from .covers import Cover, is_in_force
from .medications import Medication


@frozen(kw_only=True)
class NotPrescriberError(RefusedError):
    """They neither prescribed the medication nor cover for its prescriber at this moment. Nothing changed."""

    code: ClassVar[str] = "not_prescriber"


def require_prescriber(medication: Medication, *, by: StaffMember, cover: Cover | None, now: datetime) -> None:
    """Only who prescribes it, or stands in for them at this moment, decides.

    Args:
        medication: a patient's.
        by: who wants to decide.
        cover: which they have of its prescriber, if any.
        now: UTC.

    Raises:
        NotPrescriberError: they are neither.
    """
    if by.id != medication.prescriber_id and not is_in_force(cover, now=now):
        raise NotPrescriberError
