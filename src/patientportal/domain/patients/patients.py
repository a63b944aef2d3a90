"""Patients of the practice, and what it knows of them."""

from datetime import datetime

from attrs import field, frozen

from patientportal.domain.ids import PatientId

from .personal import PersonalInformation


@frozen(kw_only=True)
class Patient:
    """Somebody whom the practice registered; the row that guards everything a patient owns.

    Attributes:
        id: opaque.
        registered_at: when the practice did.
        deactivated_at: since when nothing lets them in; ``None`` while they are active.
    """

    id: PatientId
    registered_at: datetime
    deactivated_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether the practice lets them in at all."""
        return self.deactivated_at is None


@frozen(kw_only=True)
class PersonalRecord:
    """What the practice knows of a patient, apart from the row that every request reads.

    Attributes:
        patient_id: whom.
        personal: who they are.
        folding: the version (``FOLDING``) of the rule by which the words that they are found by were made; 0: none yet.
    """

    patient_id: PatientId
    personal: PersonalInformation = field(repr=False)
    folding: int = 0
