"""What a patient takes: written down by a provider, and not refilled for ever."""

from datetime import date, datetime
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import MedicationId, PatientId, StaffId
from patientportal.domain.outcomes import added, happened
from patientportal.domain.values.days import A_YEAR, day_within
from patientportal.domain.values.numbers import whole
from patientportal.domain.values.text import line, paragraphs
from patientportal.domain.values.types import of_type

NAME_MAX = 1_000  # RxNorm's own names of packs have more than 260 (RXCUI 978950), and hospitals add to them
DOSE_MAX = 1_000
DIRECTIONS_MAX = 4_000  # NCPDP SCRIPT's Sig has 1,000, and a schedule of falling doses more
# NCPDP SCRIPT writes a number of refills in two digits.
REFILLS_MAX = 99


@frozen(kw_only=True)
class Medication:
    """A medication of a patient's.

    Attributes:
        patient_id: who takes it.
        id: its own.
        name: what it is.
        dose: how much of it, in words; it may be empty, as where the name says it.
        directions: how it is taken; they may be empty.
        prescriber_id: the provider who prescribes it, and decides what is asked for.
        started_on: the first day, as in the practice's zone.
        refills_left: how often it may still be filled before somebody must approve more (FHIR R4's
            ``numberOfRepeatsAllowed`` less the repeats that were dispensed): the first fill of a new one isn't counted,
            each refill takes one away.
        is_renewable: whether the patient may ask for more.
        recorded_at: when it was written down.
        discontinued_at: since when it isn't to be taken any more; ``None`` while it is.
    """

    patient_id: PatientId
    id: MedicationId
    name: str = field(repr=False)
    dose: str = field(repr=False)
    directions: str = field(repr=False)
    prescriber_id: StaffId
    started_on: date
    refills_left: int
    is_renewable: bool
    recorded_at: datetime
    discontinued_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is to be taken still."""
        return self.discontinued_at is None


@frozen(kw_only=True)
class MedicationRecorded(Event):
    """A provider wrote down what a patient takes."""

    name: ClassVar[str] = "medication_recorded"
    medication_id: MedicationId
    refills: int


@frozen(kw_only=True)
class MedicationDiscontinuedError(RefusedError):
    """The medication has been discontinued. Nothing changed."""

    code: ClassVar[str] = "medication_discontinued"


@frozen(kw_only=True)
class WrittenDown:
    """It is on the patient's list."""

    medication: Medication = added()
    event: MedicationRecorded = happened()


def usable_name(name: object) -> str:
    """What a medication is called: one line of at most 1,000 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return line(name, field="name", at_most=NAME_MAX)


def usable_dose(dose: object) -> str:
    """How much of it: one line of at most 1,000 characters, or nothing.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` or ``bad_character``.
    """
    return line(dose, field="dose", at_most=DOSE_MAX, at_least=0)


def usable_directions(directions: object, *, called: str = "directions", at_least: int = 0) -> str:
    """How it is taken: at most 4,000 characters, line breaks included.

    Args:
        directions: what came from outside.
        called: the argument's name, for the error.
        at_least: 0, or 1 where there must be some.

    Raises:
        TypeError: they aren't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return paragraphs(directions, field=called, at_most=DIRECTIONS_MAX, at_least=at_least)


def usable_refills(refills: object, *, called: str) -> int:
    """A number of refills, from 0 to 99.

    Args:
        refills: what came from outside.
        called: the argument's name, for the error.

    Raises:
        TypeError: it isn't an ``int``.
        BadInputError: ``out_of_range``.
    """
    return whole(refills, field=called, at_least=0, at_most=REFILLS_MAX)


def usable_renewable(is_renewable: object) -> bool:
    """Whether the patient may ask for more.

    Raises:
        TypeError: it isn't a ``bool``.
    """
    return of_type(is_renewable, bool, field="is_renewable")


def record(medication: Medication) -> WrittenDown:
    """A provider writes down what a patient takes.

    Args:
        medication: a new one.

    Raises:
        BadInputError: ``started_on`` is ``too_early``, before 1900, or ``too_late``: more than 366 days ahead.
    """
    day_within(medication.started_on, field="started_on", last=medication.recorded_at.date() + A_YEAR)
    event = MedicationRecorded(medication_id=medication.id, refills=medication.refills_left)
    return WrittenDown(medication=medication, event=event)
