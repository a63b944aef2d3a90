"""What was written down wrong, or isn't so any more, of a medication: its prescriber says how it is."""

from datetime import datetime
from typing import ClassVar

from attrs import asdict, evolve, field, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.staff import StaffMember

from .covers import Cover
from .medications import Medication, MedicationDiscontinuedError
from .prescribers import require_prescriber


@frozen(kw_only=True)
class Correction:
    """How it is from now on; ``None``: that stays.

    Attributes:
        dose: how much of it.
        directions: how it is taken.
        refills_left: how often it may still be refilled.
        is_renewable: whether the patient may ask for more.
    """

    dose: str | None = field(default=None, repr=False)
    directions: str | None = field(default=None, repr=False)
    refills_left: int | None = None
    is_renewable: bool | None = None


FIELDS = ("dose", "directions", "refills_left", "is_renewable")
"""What can be corrected, by name."""


@frozen(kw_only=True)
class MedicationCorrected(Event):
    """A provider corrected a medication; the prescriber or who stood in.

    Attributes:
        medication_id: which.
        fields: the names of what changed, of ``FIELDS``; never what it was or is.
        by_cover: whether somebody stood in.
    """

    name: ClassVar[str] = "medication_corrected"
    medication_id: MedicationId
    fields: tuple[str, ...]
    by_cover: bool


@frozen(kw_only=True)
class Corrected:
    """From now on it reads so."""

    medication: Medication = changed()
    event: MedicationCorrected = happened()


def correct(
    medication: Medication, *, by: StaffMember, cover: Cover | None, correction: Correction, now: datetime
) -> Corrected | Unchanged:
    """The prescriber says how it is; what reads so already changes nothing.

    Args:
        medication: a patient's.
        by: who corrects it.
        cover: which they have of its prescriber, if any.
        correction: what is otherwise.
        now: UTC.

    Raises:
        NotPrescriberError: they neither prescribe it nor stand in for who does.
        MedicationDiscontinuedError: it isn't to be taken any more.
    """
    require_prescriber(medication, by=by, cover=cover, now=now)
    if not medication.is_active:
        raise MedicationDiscontinuedError
    other = {name: value for name, value in asdict(correction).items() if value is not None}
    corrected = evolve(medication, **other)
    fields = tuple(name for name in FIELDS if getattr(corrected, name) != getattr(medication, name))
    if not fields:
        return Unchanged()
    event = MedicationCorrected(medication_id=medication.id, fields=fields, by_cover=by.id != medication.prescriber_id)
    return Corrected(medication=corrected, event=event)
