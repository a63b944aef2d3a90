"""What a reader calls the same is compared as the same, and nothing else: told by Unicode's own properties."""

import hashlib
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.values.sameness import FOLDING, comparable, parts

FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
UNSEEN = (" FILLER", " JOINER", *(f"SELECTOR-{number}" for number in range(1, 257)), "VARIATION SELECTOR ONE")
FOLDED = ("LATIN", "GREEK", "CYRILLIC")
A_LETTER = {"DEVANAGARI": "\u0915", "THAI": "\u0e01", "HEBREW": "\u05d0", "ARABIC": "\u0628", "MYANMAR": "\u1000"}


@cache
def characters() -> tuple[str, ...]:
    """Every character that is assigned and stands for itself."""
    points = (chr(point) for point in range(0x110000))
    return tuple(character for character in points if unicodedata.category(character) not in {"Cn", "Cs", "Co"})


def named(*words: str) -> Iterator[str]:
    """Every character with one of these words in its name."""
    return (c for c in characters() if any(word in unicodedata.name(c, "").split() for word in words))


def script(character: str) -> str:
    """The first word of a name is the script, or says that a mark combines."""
    return unicodedata.name(character, "").partition(" ")[0]


def of_category(*categories: str) -> list[str]:
    """Every character of these general categories."""
    return [character for character in characters() if unicodedata.category(character) in categories]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("\u0110\u1eb7ng", "Dang"),
        ("\u0141ukasz", "LUKASZ"),
        ("S\u00f8rensen", "sorensen"),
        ("Ma\u0111ari\u0107", "Madaric"),
        ("\u00c6gir", "aegir"),
        ("B\u0153uf", "BOEUF"),
        ("Strau\u00df", "STRAUSS"),
        ("\u00de\u00f3r", "Thor"),
        ("\u0130zmir", "izmir"),
        ("I\u015fIK", "\u0131\u015f\u0131k"),
        ("O\u2019Brien", "O'Brien"),
        ("O\u02bcBrien", "O`Brien"),
        ("O\u00b4Brien", "obrien"),
        ("\u02bb\u014ckina", "okina"),
        ("Smith\u2010Jones", "smith\u2014jones"),
        ("J.\u00a0R.", "jr"),
        ("A\u00add\u200ba\ufe0f", "Ada"),
        ("\u0410\u043d\u0434\u0440\u0435\u0439", "\u0430\u043d\u0434\u0440\u0435\u0438"),
        ("\u0401\u043b\u043a\u0430", "\u0435\u043b\u043a\u0430"),
        ("\u03a3\u03c9\u03ba\u03c1\u03ac\u03c4\u03b7\u03c2", "\u03a3\u03a9\u039a\u03a1\u0391\u03a4\u0397\u03a3"),
        ("\uff76\uff9e", "\u30ac"),
        ("\u304b\u3099", "\u304c"),
        ("\u0663\u0669", "39"),
        ("\ufb01n", "FIN"),
    ],
)
def test_what_a_reader_calls_the_same_is_the_same(written: str, typed: str) -> None:
    assert comparable(written) == comparable(typed) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u304b", "\u304c"),  # ka and ga
        ("\u0915", "\u0915\u093f"),  # ka and ki
        ("\u0e01\u0e32", "\u0e01\u0e48\u0e32"),  # two tones
        ("\u05e9\u05c1", "\u05e9\u05c2"),  # sh and s
        ("\u548c", "\u8f2a"),  # two ideographs, both read wa
        ("\u5c71", "\u4e09"),
        ("\u0433", "\u0491"),
        ("Lund", "Lunda"),
    ],
)
def test_what_a_reader_tells_apart_stays_apart(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_it_is_the_same_in_every_form_and_case_of_every_character() -> None:
    for character in characters():
        folded = comparable(character)
        again = [comparable(unicodedata.normalize(form, character)) for form in FORMS]
        cased = [comparable(character.upper()), comparable(character.lower()), comparable(character.casefold())]
        assert {comparable(folded), *again, *cased} == {folded}, unicodedata.name(character, hex(ord(character)))


def test_every_latin_letter_with_marks_or_strokes_is_read_without_them() -> None:
    tried = 0
    for character in named("LATIN"):
        base = unicodedata.normalize("NFKD", character)
        name = unicodedata.name(character)
        has_stroke = " WITH STROKE" in name and "GLOTTAL" not in name  # a glottal stop is an apostrophe
        if character.isalpha() and (has_stroke or (base != character and base[0].isascii())):
            tried += 1
            assert comparable(character).isascii(), name
            assert comparable(character) != "", name
            if not has_stroke and not base.isascii():
                letters = "".join(c for c in base if c.isascii())
                assert comparable(character) == comparable(letters)
    assert tried > 600


def test_greek_and_cyrillic_letters_are_read_without_their_marks() -> None:
    tried = 0
    for character in named("GREEK", "CYRILLIC"):
        base, *marks = list(unicodedata.normalize("NFD", character))
        if script(character) in FOLDED and marks and "\u0345" not in marks:  # a subscript iota is a letter, in capitals
            tried += 1
            assert comparable(character) == comparable(base)
    assert tried > 200


def test_marks_of_other_scripts_are_letters() -> None:
    unseen = ("VARIATION", "GRAPHEME", "INHERENT")
    of_scripts = [
        mark
        for mark in of_category("Mn", "Mc")
        if script(mark) not in {*FOLDED, "COMBINING"} and not any(word in unicodedata.name(mark) for word in unseen)
    ]
    for mark in of_scripts:
        for letter in A_LETTER.values():
            assert comparable(letter + mark) != comparable(letter), unicodedata.name(mark)
    assert len(of_scripts) > 1_000


def test_dashes_apostrophes_spaces_and_what_nobody_sees_are_nothing() -> None:
    unseen = [c for c in named("HANGUL", "HALFWIDTH", "VARIATION", "GRAPHEME") if unicodedata.name(c).endswith(UNSEEN)]
    apostrophes = [c for c in named("APOSTROPHE", "SALTILLO") if c != "\u0149" and "NKO" not in unicodedata.name(c)]
    nothing = {*of_category("Pd", "Zs", "Zl", "Zp", "Cf", "Pi", "Pf"), *unseen, *apostrophes, *"'`\u00b4\u05f3\u05f4"}
    for one in nothing:
        assert comparable(f"O{one}Brien") == "obrien", unicodedata.name(one)
        assert comparable(f"\u0915{one}\u0916") == "\u0915\u0916", unicodedata.name(one)
    assert len(nothing) > 250


def test_a_digit_is_its_value_in_every_script() -> None:
    for digit in of_category("Nd"):
        assert comparable(digit) == str(unicodedata.decimal(digit))


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_is_comparable_stays_so_part_by_part(one: str, other: str) -> None:
    assert comparable(comparable(one)) == comparable(one)
    assert comparable(f"{one} {other}") == comparable(f"{comparable(one)} {comparable(other)}")


def test_the_version_rises_when_what_it_stands_for_changes() -> None:
    latin = (chr(point) for point in (*range(0x20, 0x250), *range(0x1E00, 0x1F00)))
    digest = hashlib.sha256("\0".join(map(comparable, latin)).encode()).hexdigest()
    assert (FOLDING, digest[:16]) == (1, "1960d973312953f9")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Garc\u00eda M\u00e1rquez", ("garcia", "marquez")),
        ("Smith-Jones", ("smith", "jones")),
        ("Smith\u2013Jones", ("smith", "jones")),
        ("O'Brien Jr.", ("obrien", "jr")),
        ("O\u2019Brien", ("obrien",)),
        ("O\u00b4Brien", ("obrien",)),
        ("van der Berg", ("van", "der", "berg")),
        ("Byron, Ada", ("byron", "ada")),
        ("St.John (Smith)", ("st", "john", "smith")),
        ("\u30b8\u30e7\u30f3\u30fb\u30b9\u30df\u30b9", ("\u30b8\u30e7\u30f3", "\u30b9\u30df\u30b9")),
        ("\u05d2\u05f3\u05d5\u05e8\u05d2\u05f3", ("\u05d2\u05d5\u05e8\u05d2",)),
        ("- \u2019 .", ()),
    ],
)
def test_a_name_has_whole_parts(name: str, found: tuple[str, ...]) -> None:
    assert parts(name) == found


@given(st.text(max_size=30))
def test_the_parts_of_a_name_make_up_the_name(name: str) -> None:
    assert "".join(parts(name)) == comparable(name)
