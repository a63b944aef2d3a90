"""Patients of the practice, and what it knows of them."""

from datetime import datetime

from attrs import field, frozen

from patientportal.domain.ids import PatientId
from patientportal.domain.values.text import line

from .notice_choices import NoticeChoice
from .personal import PersonalInformation

EXTERNAL_ID_MAX = 255


@frozen(kw_only=True)
class Patient:
    """Somebody whom the practice registered; the row that guards everything a patient owns.

    Attributes:
        id: opaque.
        registered_at: when the practice did.
        activated_at: since when they have an account; ``None`` while they have none.
        deactivated_at: since when nothing lets them in; ``None`` while they are active.
    """

    id: PatientId
    registered_at: datetime
    activated_at: datetime | None = None
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
        external_id: the hospital's key for them, which nobody else has; ``None``: it gave none.
        folding: the version (``FOLDING``) of the rule by which the words that they are found by were made; 0: none yet.
        notices: what they chose of how they are told; of what isn't in it, by e-mail.
    """

    patient_id: PatientId
    personal: PersonalInformation = field(repr=False)
    external_id: str | None = field(default=None, repr=False)
    folding: int = 0
    notices: tuple[NoticeChoice, ...] = ()


def usable_external_id(value: object) -> str:
    """The key by which the hospital knows a patient: one line of at most 255 characters, told apart by each of them.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return line(value, field="external_id", at_most=EXTERNAL_ID_MAX)
