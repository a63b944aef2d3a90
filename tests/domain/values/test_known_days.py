"""Days known in part: written and ordered as FHIR has it, among days that are known whole."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.known_days import (
    KnownDay,
    PartialDate,
    first_day,
    is_part_of,
    last_day,
    read_known_day,
    usable_known_day,
)

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@st.composite
def known_days(draw: st.DrawFn) -> KnownDay:
    day = draw(DAYS)
    known: tuple[KnownDay, ...] = (day, PartialDate(day.year), PartialDate(day.year, day.month))
    return draw(st.sampled_from(known))


@pytest.mark.parametrize("text", ["0001", "1974", "1974-03", "1974-12", "1974-03-02", "2024-02-29", "9999-12-31"])
def test_a_day_is_shown_as_it_was_written(text: str) -> None:
    assert str(PartialDate.parse(text)) == str(read_known_day(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "bad_format"),
        ("74", "bad_format"),
        ("1974-3", "bad_format"),
        ("1974-03-2", "bad_format"),
        ("1974-03-02T00:00", "bad_format"),
        ("\u0661\u0669\u0667\u0664", "bad_format"),
        ("1974\n", "bad_format"),
        ("0000", "out_of_range"),
        ("1974-00", "out_of_range"),
        ("1974-13", "out_of_range"),
        ("1974-03-00", "out_of_range"),
        ("2023-02-29", "out_of_range"),
    ],
)
def test_what_is_no_day_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        PartialDate.parse(text)
    assert (refusal.value.field, refusal.value.problem) == ("date", problem)


@pytest.mark.parametrize("parts", [(10_000,), (10**30,), (0,), (-1974,), (1974, 0), (1974, 13), (1974, 4, 31)])
def test_parts_make_a_day_that_there_is(parts: tuple[Any, ...]) -> None:
    with pytest.raises(BadInputError, match=r"^bad_input: date: out_of_range$"):
        PartialDate(*parts)


def test_a_day_needs_its_month() -> None:
    with pytest.raises(BadInputError, match=r"^bad_input: month: empty$"):
        PartialDate(1974, None, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PartialDate("1974"),  # type: ignore[arg-type] # bad on purpose
        lambda: PartialDate(None),  # type: ignore[arg-type] # bad on purpose
        lambda: PartialDate(1974, True),
        lambda: PartialDate.parse(1974),  # type: ignore[arg-type] # bad on purpose
        lambda: usable_known_day("1974", field="date_of_birth"),
        lambda: usable_known_day(None, field="date_of_birth"),
        lambda: usable_known_day(datetime(1974, 3, 2, tzinfo=UTC), field="date_of_birth"),
        lambda: PartialDate(1974) < "1975",
    ],
    ids=range(8),
)
def test_what_is_of_another_type_is_a_type_error(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        make()


def test_a_day_all_of_whose_parts_are_known_is_a_date() -> None:
    assert usable_known_day(PartialDate(1974, 3, 2), field="date_of_birth") == date(1974, 3, 2)
    assert usable_known_day(PartialDate(1974, 3), field="date_of_birth") == PartialDate(1974, 3)


@given(known_days(), known_days())
def test_days_are_ordered_as_they_are_written(one: KnownDay, other: KnownDay) -> None:
    if isinstance(one, PartialDate):
        assert (one < other, one <= other, one > other, one >= other) == (
            str(one) < str(other),
            str(one) <= str(other),
            str(one) > str(other),
            str(one) >= str(other),
        )


@given(known_days(), DAYS)
def test_a_day_lies_in_what_is_known_of_it_from_the_first_to_the_last(known: KnownDay, day: date) -> None:
    is_in_it = str(day).startswith(str(known))
    assert (first_day(known) <= day <= last_day(known)) is is_in_it
    assert is_part_of(day, known) is is_in_it


@given(known_days(), known_days())
def test_only_all_that_is_known_is_part_of_what_is_sought(known: KnownDay, sought: KnownDay) -> None:
    assert is_part_of(known, sought) is str(known).startswith(str(sought))
    assert not is_part_of(None, sought)
