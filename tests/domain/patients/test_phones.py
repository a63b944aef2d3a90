"""Phone numbers: as people and exports write them, kept as one clean text, and found by their digits."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.phones import digits_of, usable_phone

EVERY = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
DIGITS = [c for c in EVERY if unicodedata.category(c) == "Nd"]
HYPHENS = [c for c in EVERY if unicodedata.category(c) == "Pd"]
SPACES = [c for c in EVERY if unicodedata.category(c) == "Zs"]
UNSEEN = [c for c in EVERY if unicodedata.category(c) == "Cf"]
EXTENSIONS = [
    *("x12", " x12", "X12", " x 12", ",12", ", 12", ";12", " ext 12", " ext. 12", " Ext.: 12", ", ext 12", " extn 12"),
    *(" extension 12", "#12", " #12", " # 12", ";ext=12", "~12", " int. 12", " anexo 12", " доб. 12", " (ext 12)"),
    *(" (x12)", ",,12#", "\uff5812", "\uff0312"),
]


def refused(phone: object) -> tuple[str, int | None]:
    with pytest.raises(BadInputError) as caught:
        usable_phone(phone)
    assert caught.value.field == "phone"
    return caught.value.problem, caught.value.limit


@pytest.mark.parametrize(
    ("typed", "kept", "digits"),
    [
        ("5", "5", "5"),
        ("+1 (212) 555-0100", "+1 (212) 555-0100", "12125550100"),
        ("(212) 555-0100", "(212) 555-0100", "2125550100"),
        ("020.7946/0958", "020.7946/0958", "02079460958"),
        ("tel:+13175550123", "+13175550123", "13175550123"),
        ("Tel: +1 317 555 0123", "+1 317 555 0123", "13175550123"),
        ("tel:+1-317-555-0123;ext=89", "+1-317-555-0123 x89", "13175550123"),
        ("(+44) 20 7946 0958", "+44 20 7946 0958", "442079460958"),
        ("+(44)20 7946 0958", "+44 20 7946 0958", "442079460958"),
        ("( + 44 ) 20", "+44 20", "4420"),
        ("+44 (0)20 7946 0958", "+44 (0)20 7946 0958", "442079460958"),
        ("+44(0) 20 7946 0958", "+44(0) 20 7946 0958", "442079460958"),
        ("(0)20 7946 0958", "(0)20 7946 0958", "02079460958"),
        ("02 2758 0000 #123", "02 2758 0000 x123", "0227580000"),
        ("(555) 123-4567 ext. 89", "(555) 123-4567 x89", "5551234567"),
        ("555 x 12", "555 x12", "555"),
        ("  555\t0100 ", "555 0100", "5550100"),
        ("555   0100", "555 0100", "5550100"),
        ("\u202a+1 555\u2011010\u00a00\u202c", "+1 555-010 0", "15550100"),  # as address books copy it
        ("\uff0b\uff18\uff11\u30fc\uff13\u30fc\uff11\uff12", "+81-3-12", "81312"),
        ("\u0661\u0662\u0663", "123", "123"),
        ("06\u00b712\u202234", "06.12.34", "061234"),
        ("1" * 64, "1" * 64, "1" * 64),
        ("555 x" + "1" * 20, "555 x" + "1" * 20, "555"),
    ],
    ids=ascii,
)
def test_a_number_is_kept_in_ascii_and_found_by_its_digits(typed: str, kept: str, digits: str) -> None:
    assert usable_phone(typed) == kept == usable_phone(kept)
    assert digits_of(typed) == digits == digits_of(kept)


@pytest.mark.parametrize("extension", EXTENSIONS, ids=ascii)
def test_an_extension_is_kept_one_way_and_is_no_part_of_the_digits(extension: str) -> None:
    assert usable_phone(f"+1 555-0100{extension}") == "+1 555-0100 x12"
    assert digits_of(f"+1 555-0100{extension}") == "15550100"


def test_digits_hyphens_and_spaces_of_every_sort_become_those_of_ascii_and_what_nobody_sees_goes() -> None:
    assert len(DIGITS) >= 650
    assert {usable_phone(f"+1 {digit}") for digit in DIGITS} == {f"+1 {number}" for number in range(10)}
    assert {(usable_phone(f"+1{c}23"), digits_of(f"+1{c}23")) for c in HYPHENS} == {("+1-23", "123")}
    assert {usable_phone(f"+1{c}23") for c in SPACES} == {"+1 23"}
    assert {usable_phone(f"{c}+1{c}23{c}") for c in UNSEEN} == {"+123"}
    assert min(len(HYPHENS), len(SPACES), len(UNSEEN)) > 15


@pytest.mark.parametrize(
    ("phone", "problem", "limit"),
    [
        ("", "empty", None),
        (" \u200e ", "empty", None),
        ("tel:", "empty", None),
        ("call me", "bad_format", None),
        ("+", "bad_format", None),
        ("(", "bad_format", None),
        ("x12", "bad_format", None),
        ("12+34", "bad_format", None),
        ("555 0100 x", "bad_format", None),
        ("555 x" + "1" * 21, "bad_format", None),
        ("030,1234567", "bad_format", None),
        ("555 0100\n555 0101", "bad_character", None),
        ("555\0", "bad_character", None),
        ("555\x07", "bad_character", None),
        ("1" * 65, "too_long", 64),
        ("2" * 10_000_000, "too_long", 64),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_is_no_number_is_refused(phone: str, problem: str, limit: int | None) -> None:
    assert refused(phone) == (problem, limit)


def test_what_is_no_text_is_a_type_error_that_names_the_field() -> None:
    with pytest.raises(TypeError, match=r"^phone must be str, not int$"):
        usable_phone(5550100)


@given(st.text(st.sampled_from("+()0123456789 ./-x#,;etlEXT:=\u200e\u0661\uff11\u2013\u00a0"), max_size=80))
def test_what_is_kept_is_its_own_kept_form_in_ascii_with_the_same_digits(phone: str) -> None:
    try:
        kept = usable_phone(phone)
    except BadInputError:
        return
    assert kept.isascii()
    assert usable_phone(kept) == kept
    assert digits_of(kept) == digits_of(phone)


@given(st.text(max_size=80))
def test_digits_can_be_asked_of_any_text(text: str) -> None:
    assert set(digits_of(text)) <= set("0123456789")
