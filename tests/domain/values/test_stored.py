"""Stored values: made again without the checks of input, and never in part."""

from datetime import date
from typing import Any

import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.appointments.directory import Place
from patientportal.domain.appointments.requests import PartOfDay, Window
from patientportal.domain.appointments.schedules import Schedule
from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import as_stored, revised

CHECKED = (Place, Window, PersonalInformation, Money)
UNCHECKABLE: list[tuple[type[Any], dict[str, Any]]] = [
    (Place, {"id": "", "name": "\u0378", "zone": "Mars/Newtown", "address": "", "active": True}),
    (Window, {"first_day": date.max, "last_day": date.min, "part": PartOfDay.ANY}),
    (Money, {"minor_units": -1, "currency": "XQQ"}),
    (
        PersonalInformation,
        {
            "first_name": "\u0378",
            "last_name": "",
            "date_of_birth": date(1, 1, 1),
            "email": "nobody",
            "phone": "?",
            "postal_code": "?",
            "language": "?",
        },
    ),
]


@pytest.mark.parametrize(("cls", "values"), UNCHECKABLE)
def test_a_stored_value_is_made_though_no_check_of_input_lets_it_in(cls: type[Any], values: dict[str, Any]) -> None:
    with pytest.raises(BadInputError):
        cls(**values)
    made = as_stored(cls)(**values)
    assert type(made) is cls
    assert {name: getattr(made, name) for name in values} == values


@given(st.sampled_from(CHECKED).flatmap(st.from_type))
def test_a_value_is_the_same_whether_it_came_in_or_was_stored(value: Any) -> None:
    values = asdict(value, recurse=False)
    made = as_stored(type(value))(**values)
    assert (made, hash(made)) == (value, hash(value))
    assert revised(value) == value


@pytest.mark.parametrize("values", [{}, {"minor_units": 1}, {"minor_units": 1, "currency": "USD", "more": 1}])
def test_a_part_of_a_value_is_none(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"^Money takes its own fields, and all of them$"):
        as_stored(Money)(**values)


def test_what_checks_nothing_is_called_as_it_is() -> None:
    assert as_stored(Schedule) is Schedule


def test_a_value_that_is_revised_keeps_what_was_stored_in_its_other_fields() -> None:
    others: dict[str, Any] = {"id": "", "zone": "Mars/Newtown", "address": "\u0378", "active": True}
    stored = as_stored(Place)(**others, name="\u0378")
    assert revised(stored, name="North") == as_stored(Place)(**others, name="North")


def test_a_field_that_there_is_not_can_not_be_revised() -> None:
    with pytest.raises(AttributeError):
        revised(Money(minor_units=1, currency="USD"), more=1)
