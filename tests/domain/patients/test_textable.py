"""A phone number is texted only where nobody can doubt which one it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.patients.phones import textable, usable_phone


@pytest.mark.parametrize(
    ("phone", "calling_code", "trunk_prefix", "number"),
    [
        (None, "1", "", None),
        ("+1 (202) 555-0123", None, "", "+12025550123"),
        ("(202) 555-0123", None, "", None),
        ("(202) 555-0123", "1", "", "+12025550123"),
        ("1-202-555-0123", "1", "", "+12025550123"),
        ("555-0123", "1", "", None),
        ("+1 202 555 01234", "1", "", None),
        ("202-555-0123 x12", "1", "", None),
        ("+44 (0)20 7946 0018", None, "", "+442079460018"),
        ("020 7946 0018", "44", "0", "+442079460018"),
        ("7946 0018", "44", "0", None),
        ("0044 20 7946 0018", "44", "0", "+442079460018"),
        ("0049 30 901820", "44", "0", "+4930901820"),
        ("06 1234 5678", "39", "", "+390612345678"),
        ("612 345 678", "34", "", "+34612345678"),
        ("8 (912) 345-67-89", "7", "8", "+79123456789"),
        ("+", "1", "", None),
        ("+49 112", None, "", None),
        ("+49 " + "1" * 13, None, "", "+49" + "1" * 13),
        ("+49 " + "1" * 14, None, "", None),
        ("call me", "1", "", None),
    ],
)
def test_a_number_is_the_one_that_is_dialled_from_abroad(
    phone: str | None, calling_code: str | None, trunk_prefix: str, number: str | None
) -> None:
    assert textable(phone, calling_code=calling_code, trunk_prefix=trunk_prefix) == number


@given(
    typed=st.from_regex(r"\+?[0-9][0-9 ()./-]{5,18}", fullmatch=True),
    country=st.sampled_from([(None, ""), ("1", ""), ("44", "0"), ("34", "")]),
)
def test_what_is_texted_is_a_number_of_the_standard_with_every_digit_that_was_written(
    typed: str, country: tuple[str | None, str]
) -> None:
    number = textable(usable_phone(typed), calling_code=country[0], trunk_prefix=country[1])
    if number is not None:
        assert re.fullmatch(r"\+[0-9]{7,15}", number)
        written = re.sub(r"[^0-9]", "", typed)
        assert len(written) - len(number[1:]) <= 2  # a trunk zero, or the 00 of a call abroad
        assert number.endswith(written.lstrip("0")[-7:])
