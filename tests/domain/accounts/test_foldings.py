"""An answer is the same from every keyboard, and one that was given before is compared as it was then."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.security_questions import (
    FOLDING,
    FOLDINGS,
    SecurityAnswer,
    SecurityQuestion,
    in_form_of,
)
from patientportal.domain.values.text import folded, visible_length

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF and code]
SIGNS = [
    c for c in EVERY if unicodedata.category(c) in {"Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Zs", "Zl", "Zp", "Cc"}
]
UNSEEN = [
    c for c in EVERY if unicodedata.category(c) == "Cf" or 0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF
]
ACCENTS = [chr(c) for c in range(0x300, 0x370) if unicodedata.combining(chr(c)) and c != 0x345]  # which is an iota
LATIN = [
    c for c in EVERY if unicodedata.normalize("NFD", c)[0] in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
]
TOLD_APART = [
    ("Mopsy", "Topsy"),
    ("\u674e", "\u738b"),
    ("\uc774", "\ubc15"),
    ("\u2764", "\u263a"),
    ("1", "2"),
    ("\u00c5", "\u00d6"),
]


def kept(folding: int) -> SecurityAnswer:
    return SecurityAnswer(question=SecurityQuestion.FIRST_PET, folding=folding, answer_hash="hash")


def new(answer: str) -> str:
    return in_form_of(answer, None)


def test_a_new_answer_is_folded_in_the_latest_way_and_one_of_before_as_it_was_then() -> None:
    assert (sorted(FOLDINGS), FOLDING) == ([1, 2], 2)
    assert in_form_of("O\u2019Hara. ", kept(1)) == "o\u2019hara."
    assert in_form_of("O\u2019Hara. ", kept(2)) == new("O\u2019Hara. ") == "ohara"


@pytest.mark.parametrize(
    ("typed", "then"),
    [
        (" Harbour\u00a0 LANE\n", "harbour lane"),
        ("Mo\uff50sy", "mopsy"),
        ("St. Mary\u2019s", "st. mary\u2019s"),
        ("STRASSE", "strasse"),
        ("Stra\u00dfe", "strasse"),
        ("\u00c5", "\u00e5"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("a\u200bb", "a\u200bb"),
    ],
)
def test_the_first_way_never_changes(typed: str, then: str) -> None:
    assert in_form_of(typed, kept(1)) == then


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Mary's", "st mary\u2019s "),
        ("O'Hara", "O\u2018Hara"),
        ("O'Hara", "OHARA"),
        ("Jean-Luc", "Jean\u2013Luc"),
        ("Jean-Luc", "jean luc"),
        ("Mopsy", "Mopsy. "),
        ("New York", "new  york"),
        ("\u2764", "\u2764\ufe0f "),
        ("\u263a\u263a", "\u263a \u263a"),
        ("Jos\u00e9", "jose"),
        ("caf\u00e9", "cafe\u0301"),
        ("1\ufe0f\u20e3", "1"),
    ],
)
def test_what_two_keyboards_type_is_one_answer(one: str, other: str) -> None:
    assert new(one) == new(other) != ""


@pytest.mark.parametrize(("one", "other"), TOLD_APART)
def test_what_a_reader_tells_apart_is_two_answers(one: str, other: str) -> None:
    assert new(one) != new(other)


def test_no_sign_and_nothing_unseen_makes_another_answer_wherever_it_stands() -> None:
    assert (len(SIGNS) > 900, len(UNSEEN) > 400) == (True, True)
    for sign in SIGNS + UNSEEN:
        told = {new(f"{sign}Mopsy"), new(f"Mop{sign}sy"), new(f"Mopsy{sign}"), new(f"{sign} Mopsy {sign}{sign}")}
        assert told == {"mopsy"}, ascii(sign)
        if unicodedata.category(sign)[0] in "CMZ":
            assert new(f"{sign}\u263a{sign}") == new("\u263a"), ascii(sign)


def test_no_accent_makes_another_latin_answer() -> None:
    assert (len(ACCENTS) > 100, len(LATIN) > 500) == (True, True)
    for accent in ACCENTS:
        assert new(f"Mo{accent}psy") == "mopsy", ascii(accent)
    for letter in LATIN:
        plain = unicodedata.normalize("NFD", letter)[0]
        assert new(f"x{letter}y") == new(f"x{plain}y"), ascii(letter)


def test_every_letter_and_symbol_alone_is_some_answer() -> None:
    for one in EVERY:
        if unicodedata.category(one)[0] in "LNPS" and visible_length(folded(one)):
            assert new(one), ascii(one)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_folded_answer_is_its_own_folded_form(answer: str) -> None:
    for folding in FOLDINGS:
        once = in_form_of(answer, kept(folding))
        assert in_form_of(once, kept(folding)) == once
