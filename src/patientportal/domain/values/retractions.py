"""Why the practice takes something back that it had put into a patient's account."""

from enum import StrEnum, unique

from patientportal.domain.values.types import of_type


@unique
class RetractionReason(StrEnum):
    """Why something is taken back; a word of a closed list, for it is kept in the patient's history."""

    WRONG_PATIENT = "wrong_patient"
    """It is somebody else's."""
    WRONG_CONTENT = "wrong_content"
    """It is theirs, and says something wrong."""
    SENT_TWICE = "sent_twice"
    """It is there once more."""
    OTHER = "other"
    """Anything else."""


def usable_retraction_reason(reason: object) -> RetractionReason:
    """Why something is taken back.

    Raises:
        TypeError: it isn't a ``RetractionReason``.
    """
    return of_type(reason, RetractionReason, field="reason")
