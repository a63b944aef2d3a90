"""Text: what is usable at all, what makes one line, and which texts count as the same."""

import sys
import unicodedata
from collections.abc import Callable

import pytest
import regex as re
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import (
    TYPED_PER_CHARACTER_MAX,
    bounded,
    folded,
    label,
    line,
    paragraphs,
    typed,
    visible_length,
)

PLAIN = st.text(st.sampled_from("aZ9 .-\u00e9\u00df\u4e2d\U0001f600"), max_size=12)
BAD_IN_A_LINE = "\t\n\r\x1b\x7f\x85\u2028\u2029\ue000\U000f0000\ufdd0\ufffe\U0010ffff\u202a\u202b\u202c\u202d\u202e"
MARKS_OF_DIRECTION = "\u061c\u200e\u200f"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
EVERY = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
HIEROGLYPHS = {"EGYPTIAN HIEROGLYPH FULL BLANK", "EGYPTIAN HIEROGLYPH HALF BLANK"}  # of Unicode 15
OF_DIRECTION = {"L", "R", "AL", "LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def problem(check: Callable[[], str]) -> tuple[str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check()
    assert caught.value.field == "motto"
    return caught.value.problem, caught.value.limit


def of_bounded(value: object, at_most_bytes: int = 8) -> tuple[str, int | None]:
    return problem(lambda: bounded(value, field="motto", at_most_bytes=at_most_bytes))


def of_line(value: object, *, at_most: int = 4, at_least: int = 1) -> tuple[str, int | None]:
    return problem(lambda: line(value, field="motto", at_most=at_most, at_least=at_least))


def test_bounded_text_comes_back_as_it_was_typed() -> None:
    assert bounded(" \tCafe\u0301\n", field="motto", at_most_bytes=20) == " \tCafe\u0301\n"
    assert bounded("", field="motto", at_most_bytes=8) == ""


@pytest.mark.parametrize("value", [b"text", None, 1, ["text"], bytearray(b"text")])
def test_what_is_no_text_is_a_type_error_that_names_the_field(value: object) -> None:
    message = f"^motto must be str, not {type(value).__name__}$"
    with pytest.raises(TypeError, match=message):
        bounded(value, field="motto", at_most_bytes=8)
    with pytest.raises(TypeError, match=message):
        line(value, field="motto", at_most=8)
    with pytest.raises(TypeError, match=message):
        label(value, field="motto", at_most=8)


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("\0" * 10_000_000, ("too_long", 8)),  # before anything is searched
        ("\ud800" * 9, ("too_long", 8)),
        ("\ud800\U0001f600\U0001f600", ("bad_character", None)),
        ("\udfffab", ("bad_character", None)),
        ("ab\0", ("bad_character", None)),
        ("\u4e2d\u4e2d\u4e2d", ("too_long", 8)),  # nine bytes in three characters
    ],
)
def test_bounded_text_refuses_what_is_too_long_first_then_what_is_unusable(
    value: str, refused: tuple[str, int | None]
) -> None:
    assert of_bounded(value) == refused


@given(st.text(st.sampled_from("a\u00e9\u4e2d\U0001f600\0\ud800"), max_size=8), st.integers(0, 24))
def test_the_bound_of_text_is_its_bytes(value: str, at_most_bytes: int) -> None:
    size = sum({"a": 1, "\u00e9": 2, "\u4e2d": 3, "\U0001f600": 4}.get(c, 0) for c in value)
    if len(value) > at_most_bytes:
        assert of_bounded(value, at_most_bytes) == ("too_long", at_most_bytes)
    elif "\0" in value or "\ud800" in value:
        assert of_bounded(value, at_most_bytes) == ("bad_character", None)
    elif size > at_most_bytes:
        assert of_bounded(value, at_most_bytes) == ("too_long", at_most_bytes)
    else:
        assert bounded(value, field="motto", at_most_bytes=at_most_bytes) == value


def test_a_line_is_trimmed_and_composed() -> None:
    assert line(" \n Cafe\u0301 no 5\t", field="motto", at_most=9) == "Caf\u00e9 no 5"


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("\0" * 17, ("too_long", 4)),
        ("\0\nabcdefgh", ("bad_character", None)),
        ("a\nbcdefgh", ("bad_character", None)),
        ("abcdefgh", ("too_long", 4)),
        ("  ", ("empty", None)),
        (" a ", ("too_short", 2)),
        (" ab ", None),
    ],
)
def test_a_line_is_checked_for_size_then_characters_then_length(
    value: str, refused: tuple[str, int | None] | None
) -> None:
    if refused is None:
        assert line(value, field="motto", at_most=4, at_least=2) == "ab"
    else:
        assert of_line(value, at_least=2) == refused


@pytest.mark.parametrize("character", sorted(set(BAD_IN_A_LINE + TURNING)), ids=ascii)
def test_controls_and_what_turns_the_direction_of_writing_have_no_place_in_a_line(character: str) -> None:
    assert of_line(f"a{character}b") == ("bad_character", None)


@pytest.mark.parametrize(
    "value", ["\u0627\u0644", "\u05d0\u05d1", "a\u200db", "\U0001f469\u200d\u2695", "\u0e01\u0e31"]
)
def test_right_to_left_letters_and_joiners_may_stand_in_a_line(value: str) -> None:
    assert line(value, field="motto", at_most=4) == value


def test_a_line_is_one_character_at_least_where_nothing_else_is_said() -> None:
    assert line("a", field="motto", at_most=4) == "a"
    assert problem(lambda: line("", field="motto", at_most=4)) == ("empty", None)


def test_a_line_may_be_nothing_only_where_nothing_is_asked_for() -> None:
    for nothing in ("   ", "\u3164", " \u2800\u200e", "\ufe0f"):
        assert line(nothing, field="motto", at_most=4, at_least=0) == ""
        assert paragraphs(nothing, field="motto", at_most=4, at_least=0) == ""
        assert label(nothing, field="motto", at_most=4) == ""
    assert of_line("   ") == ("empty", None)


@given(PLAIN, st.sampled_from(["", *BAD_IN_A_LINE]), PLAIN, st.integers(0, 2))
def test_a_line_is_refused_for_one_bad_character_or_its_length(
    before: str, bad: str, after: str, at_least: int
) -> None:
    value = f"<{before}{bad}{after}>"
    if len(value) > 40:
        assert of_line(value, at_most=10, at_least=at_least) == ("too_long", 10)
    elif bad:
        assert of_line(value, at_most=10, at_least=at_least) == ("bad_character", None)
    elif len(value) > 10:
        assert of_line(value, at_most=10, at_least=at_least) == ("too_long", 10)
    else:
        assert line(f" {value}\n", field="motto", at_most=10, at_least=at_least) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour Lane", "harbour  lane"),
        ("Harbour Lane", "\tHARBOUR\u00a0LANE "),
        ("Stra\u00dfe", "STRASSE"),
        ("Caf\u00e9", "cafe\u0301"),
        ("\uff21\uff42 \uff11", "ab 1"),
        ("\ufb01re", "Fire"),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
        ("\u0130", "i\u0307"),
    ],
)
def test_two_ways_of_typing_the_same_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("resume", "r\u00e9sum\u00e9"), ("one two", "onetwo"), ("1", "l")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_folding_any_character_twice_changes_nothing_more() -> None:
    characters = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in {"Cs", "Cn", "Co"}]
    assert [ascii(c) for c in characters if folded(folded(c)) != folded(c)] == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1), max_size=5))
def test_folded_text_has_single_spaces_and_is_its_own_folded_form(words: list[str]) -> None:
    once = folded(" ".join(words))
    assert once == folded(once) == folded("\n" + "\u3000 ".join(words) + " ")
    assert once.split() == once.split(" ") or once == ""


def of_paragraphs(value: object, *, at_most: int = 5) -> tuple[str, int | None]:
    return problem(lambda: paragraphs(value, field="motto", at_most=at_most))


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\r", "\u2028", "\u2029"], ids=ascii)
def test_every_sort_of_line_break_becomes_a_line_feed(sign: str) -> None:
    assert paragraphs(f"one{sign}two{sign}{sign}three", field="motto", at_most=20) == "one\ntwo\n\nthree"
    assert paragraphs(f"{sign} one {sign} {sign} two {sign}{sign}", field="motto", at_most=20) == "one\n\ntwo"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one", "one"),
        ("one\ttwo", "one two"),
        ("\tone\n\ttwo\t", "one\ntwo"),
        ("Cafe\u0301\ncafe\u0301", "Caf\u00e9\ncaf\u00e9"),
        ("a\n\rb", "a\n\nb"),
        ("a\r\r\nb", "a\n\nb"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("a  b", "a  b"),
    ],
)
def test_paragraphs_are_kept_line_by_line(typed: str, kept: str) -> None:
    assert paragraphs(typed, field="motto", at_most=20) == kept


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("\0" * 10_000_000, ("too_long", 5)),  # before anything is searched
        ("\n" * 21, ("too_long", 5)),
        ("ab\0", ("bad_character", None)),
        ("a\ud800b", ("bad_character", None)),
        ("a\u202eb" + "x" * 10, ("bad_character", None)),
        ("abcdef\na\x1bb", ("bad_character", None)),
        ("abcdef", ("too_long", 5)),
        ("abc\nde", ("too_long", 5)),
        ("", ("empty", None)),
        (" \n\t\r\n \u2029", ("empty", None)),
        ("\u200b\n\u0301", ("empty", None)),
        ("\u3164\n\u2800\u200e", ("empty", None)),
    ],
)
def test_paragraphs_are_checked_for_their_bytes_their_characters_their_length_and_for_being_empty(
    value: str, refused: tuple[str, int | None]
) -> None:
    assert of_paragraphs(value) == refused


@pytest.mark.parametrize("bad", sorted(set(BAD_IN_A_LINE + TURNING) - set("\t\n\r\u2028\u2029")), ids=ascii)
def test_what_is_bad_in_a_line_is_bad_in_any_line_of_several(bad: str) -> None:
    for value in (f"a{bad}b", f"one\na{bad}b\nthree"):
        assert of_paragraphs(value, at_most=20) == ("bad_character", None)


def test_line_breaks_count_and_what_is_trimmed_does_not() -> None:
    assert paragraphs("ab\r\ncd", field="motto", at_most=5) == "ab\ncd"
    assert paragraphs("  ab\r\ncd\r\n  ", field="motto", at_most=5) == "ab\ncd"
    assert paragraphs("\U0001f600" * 5, field="motto", at_most=5) == "\U0001f600" * 5
    assert of_paragraphs("ab\n\ncd") == ("too_long", 5)


@pytest.mark.parametrize("value", [b"text", None, 1, ["text"]])
def test_paragraphs_that_are_no_text_are_a_type_error_that_names_the_field(value: object) -> None:
    with pytest.raises(TypeError, match=f"^motto must be str, not {type(value).__name__}$"):
        paragraphs(value, field="motto", at_most=8)


@pytest.mark.parametrize("letter", ["\u0958", "\ufb1d", "\ufb2c"], ids=ascii)
def test_a_letter_that_nfc_writes_with_several_characters_is_a_letter_like_any_other(letter: str) -> None:
    written = unicodedata.normalize("NFC", letter)
    assert len(written) > 1
    assert paragraphs(f"a\n{letter}", field="motto", at_most=5) == f"a\n{written}"


@given(st.lists(PLAIN, max_size=6), st.sampled_from(["\n", "\r\n", "\r", "\u2028"]), st.integers(1, 40))
def test_usable_paragraphs_are_their_own_usable_form_and_short_enough(
    lines: list[str], sign: str, at_most: int
) -> None:
    written, kept = sign.join(lines), "\n".join(one.strip() for one in lines).strip()
    if len(written) > 4 * at_most or len(kept) > at_most:
        assert of_paragraphs(written, at_most=at_most) == ("too_long", at_most)
    elif not kept:
        assert of_paragraphs(written, at_most=at_most) == ("empty", None)
    else:
        assert paragraphs(written, field="motto", at_most=at_most) == kept
        assert paragraphs(kept, field="motto", at_most=at_most) == kept


@given(st.text() | st.text(st.sampled_from(" \ta" + BAD_IN_A_LINE + TURNING + "e\u0301\udc80\0")))
def test_a_label_is_never_refused_and_always_a_line(value: str) -> None:
    cleaned = label(value, field="motto", at_most=4)
    assert line(cleaned, field="motto", at_most=4, at_least=0) == cleaned == label(cleaned, field="motto", at_most=4)


@given(st.text())
def test_a_label_keeps_what_is_a_line_but_for_its_white_space(value: str) -> None:
    try:
        whole = line(value, field="motto", at_most=40, at_least=0)
    except BadInputError:
        return
    assert label(value, field="motto", at_most=40) == " ".join(whole.split())


def test_marks_of_direction_go_from_a_line_and_stay_in_paragraphs() -> None:
    marks = [c for c in EVERY if unicodedata.category(c) == "Cf" and unicodedata.bidirectional(c) in OF_DIRECTION]
    invisible_letters = [c for c in marks if c in MARKS_OF_DIRECTION]
    assert "".join(invisible_letters) == MARKS_OF_DIRECTION
    for mark in MARKS_OF_DIRECTION:
        name = f"{mark}\u05db\u05d4{mark}\u05df {mark}"
        assert line(name, field="motto", at_most=4) == label(name, field="motto", at_most=4) == "\u05db\u05d4\u05df"
        assert line(f"e{mark}\u0301", field="motto", at_most=1) == "\u00e9"
        text = f"10 mg{mark} \u05d1\u05d1\u05d5\u05e7\u05e8"
        assert paragraphs(text, field="motto", at_most=20) == text
        assert of_line(mark) == of_paragraphs(mark) == ("empty", None)


def test_what_else_unicode_has_to_turn_text_around_is_refused_in_lines_and_paragraphs() -> None:
    turning = [c for c in EVERY if unicodedata.bidirectional(c) in OF_DIRECTION - {"L", "R", "AL"}]
    assert set(turning) == set(TURNING)
    assert (
        {of_line(f"a{c}b") for c in turning} == {of_paragraphs(f"a{c}b") for c in turning} == {("bad_character", None)}
    )


def test_what_shows_nothing_is_empty_in_whatever_script() -> None:
    ignorable = re.compile(r"\p{Default_Ignorable_Code_Point}")
    blank = re.compile("(BRAILLE PATTERN|FULL|HALF) BLANK|NULL NOTEHEAD")
    unseen = [c for c in EVERY if ignorable.match(c) or blank.search(unicodedata.name(c, ""))]
    assert len(unseen) > 4000
    assert [ascii(c) for c in unseen if visible_length(c)] == []
    usable = [c for c in unseen if unicodedata.category(c) != "Cn" and c not in TURNING]
    assert len(usable) > 390
    assert {of_line(c) for c in usable} == {of_paragraphs(f"{c}\n {c}") for c in usable} == {("empty", None)}
    assert {line(f"a{c}", field="motto", at_most=2)[0] for c in usable} == {"a"}


def test_every_letter_number_and_sign_that_shows_is_seen() -> None:
    ignorable = re.compile(r"\p{Default_Ignorable_Code_Point}")
    seen = [c for c in EVERY if unicodedata.category(c)[0] in "LNPS" and not ignorable.match(c)]
    unseen = {unicodedata.name(c) for c in seen if not visible_length(c)}
    assert unseen - HIEROGLYPHS == {"BRAILLE PATTERN BLANK", "MUSICAL SYMBOL NULL NOTEHEAD"}


def test_a_letter_is_typed_with_four_characters_at_most() -> None:
    composed = [c for c in EVERY if unicodedata.normalize("NFC", c) == c]
    assert max(len(unicodedata.normalize("NFD", c)) for c in composed) == TYPED_PER_CHARACTER_MAX
    longest = unicodedata.normalize("NFD", "\u1f82") * 9
    assert line(longest, field="motto", at_most=9) == "\u1f82" * 9
    assert paragraphs(longest, field="motto", at_most=9) == "\u1f82" * 9


@pytest.mark.parametrize("value", ["x" * 10_000_000, "\0" * 5, "\U0001f600" * 5, "\ud800" * 10_000_000])
def test_typed_text_is_told_how_many_characters_it_may_have(value: str) -> None:
    assert problem(lambda: typed(value, field="motto", at_most=1)) == ("too_long", 1)


@pytest.mark.parametrize("value", ["\0", "a\udfff"])
def test_typed_text_holds_neither_nul_nor_half_a_character(value: str) -> None:
    assert problem(lambda: typed(value, field="motto", at_most=1)) == ("bad_character", None)


def test_every_character_there_is_makes_a_label_and_is_told_at_once() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    assert len({unicodedata.category(c) for c in every}) == 30
    for c in every:
        cleaned = label(f"a{c}b", field="device", at_most=100)
        assert line(cleaned, field="device", at_most=100) == cleaned, ascii(c)
