"""Medications: what is written down, and what can't be."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import MedicationId, PatientId, StaffId
from patientportal.domain.medications import medications
from patientportal.domain.medications.medications import Medication, MedicationRecorded, WrittenDown
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MEDICATION = Medication(
    patient_id=PatientId("p-1"),
    id=MedicationId("m-1"),
    name="Lisinopril 10 MG Oral Tablet",
    dose="one tablet",
    directions="In the morning.",
    prescriber_id=StaffId("dr-house"),
    started_on=date(2026, 1, 5),
    refills_left=3,
    is_renewable=True,
    recorded_at=NOW,
)


def refusal(check: Callable[..., object], *arguments: object, **named: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(*arguments, **named)
    return caught.value.field, caught.value.problem, caught.value.limit


@given(strategies.medications())
def test_what_is_written_down_is_kept_as_it_is_and_its_event_names_neither_it_nor_its_text(
    medication: Medication,
) -> None:
    event = MedicationRecorded(medication_id=medication.id, refills=medication.refills_left)
    assert medications.record(medication) == WrittenDown(medication=medication, event=event)


@pytest.mark.parametrize(
    ("started_on", "refused"),
    [
        (date(1899, 12, 31), ("started_on", "too_early", 1900)),
        (date(1900, 1, 1), None),
        (NOW.date() + timedelta(days=366), None),
        (NOW.date() + timedelta(days=367), ("started_on", "too_late", 2027)),
        (date(2206, 1, 5), ("started_on", "too_late", 2027)),
    ],
)
def test_a_medication_begins_on_a_day_that_can_be_meant(started_on: date, refused: object) -> None:
    medication = evolve(MEDICATION, started_on=started_on)
    if refused is None:
        assert medications.record(medication).medication == medication
    else:
        assert refusal(medications.record, medication) == refused


def test_a_medication_is_active_until_it_is_discontinued() -> None:
    assert MEDICATION.is_active
    assert not evolve(MEDICATION, discontinued_at=NOW).is_active


def test_a_name_is_one_line_of_1000_characters() -> None:
    assert medications.usable_name(" Aspirin 81 MG\t".replace("\t", " ")) == "Aspirin 81 MG"
    assert medications.usable_name("x" * 1000) == "x" * 1000
    assert refusal(medications.usable_name, "x" * 1001) == ("name", "too_long", 1000)
    assert refusal(medications.usable_name, "a\nb") == ("name", "bad_character", None)
    assert refusal(medications.usable_name, " ") == refusal(medications.usable_name, "") == ("name", "empty", None)


def test_a_dose_is_one_line_of_1000_characters_or_nothing() -> None:
    assert medications.usable_dose("") == medications.usable_dose("  ") == ""
    assert medications.usable_dose("x" * 1000) == "x" * 1000
    assert refusal(medications.usable_dose, "x" * 1001) == ("dose", "too_long", 1000)
    assert refusal(medications.usable_dose, "a\nb") == ("dose", "bad_character", None)


def test_directions_have_several_lines_and_four_thousand_characters_and_may_be_nothing_unless_they_must_not() -> None:
    assert medications.usable_directions("") == medications.usable_directions(" \n ") == ""
    assert medications.usable_directions("One.\r\nTwo.") == "One.\nTwo."
    assert medications.usable_directions("x" * 4000, called="changes", at_least=1) == "x" * 4000
    assert refusal(medications.usable_directions, "x" * 4001) == ("directions", "too_long", 4000)
    assert refusal(medications.usable_directions, "a\0b") == ("directions", "bad_character", None)
    assert refusal(medications.usable_directions, " \n ", called="changes", at_least=1) == ("changes", "empty", None)


@given(st.integers() | st.integers(-3, 102))
def test_refills_are_from_none_to_ninety_nine(refills: int) -> None:
    if 0 <= refills <= 99:
        assert medications.usable_refills(refills, called="refills") == refills
    else:
        broken = 0 if refills < 0 else 99
        assert refusal(medications.usable_refills, refills, called="refills") == ("refills", "out_of_range", broken)


@pytest.mark.parametrize("refills", [None, "3", 3.0, True])
def test_what_is_no_whole_number_of_refills_is_a_type_error(refills: object) -> None:
    with pytest.raises(TypeError, match=f"^refills_left must be int, not {type(refills).__name__}$"):
        medications.usable_refills(refills, called="refills_left")


@pytest.mark.parametrize("is_renewable", [None, "yes", 1])
def test_what_is_neither_yes_nor_no_is_a_type_error(is_renewable: object) -> None:
    with pytest.raises(TypeError, match=f"^is_renewable must be bool, not {type(is_renewable).__name__}$"):
        medications.usable_renewable(is_renewable)
    assert medications.usable_renewable(is_renewable=True) is not medications.usable_renewable(is_renewable=False)


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (medications.usable_name, "name"),
        (medications.usable_dose, "dose"),
        (medications.usable_directions, "directions"),
    ],
)
@pytest.mark.parametrize("value", [None, b"text", 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(
    check: Callable[[object], str], field: str, value: object
) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be str, not {type(value).__name__}$"):
        check(value)


def test_a_medication_shows_nothing_of_what_it_is() -> None:
    shown = repr(medications.record(MEDICATION))
    assert not [word for word in ("Lisinopril", "tablet", "morning") if word in shown]
