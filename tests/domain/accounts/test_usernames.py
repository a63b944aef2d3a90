"""Usernames: one key for every way of typing a name, checked against another implementation of RFC 8265."""

import sys
import unicodedata
from collections.abc import Callable, Iterable
from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from precis_i18n import get_profile

from patientportal.domain.accounts import usernames
from patientportal.domain.accounts.usernames import normalised
from patientportal.domain.errors import BadInputError
from tests.domain.accounts.around import AROUND, ZWJ, ZWNJ

ORACLE = get_profile("UsernameCaseMapped")
KERAIA = "\u0375"
GERESH = "\u05f3"
GERSHAYIM = "\u05f4"
KATAKANA_DOT = "\u30fb"
VIRAMA = "\u094d"
VIRAMA_CLASS = unicodedata.combining(VIRAMA)
DEVANAGARI_KA = "\u0915"
ALEF = "\u05d0"
BEH = "\u0628"
SIGMA = "\u03c3"
FINAL_SIGMA = "\u03c2"
IOTA_SUBSCRIPT = "\u0345"

LOST_IN_CAPITALS = frozenset({"\u00df", "\u0131", IOTA_SUBSCRIPT, *map(chr, range(0x1C80, 0x1C89))})
NEIGHBOURS = (
    "ab1lLIsS.-_@\u00e9\u0130\u00df\u0131\u01c5\u00b7\u0387\u03a3\u03c3\u03c2\u03b1\u0391\u0345\u0301\u0307\u0327"
    "\u0375\u05d0\u05d1\u05b0\u05f3\u05f4\u0627\u0628\u064b\u0660\u0669\u06f0\u06f9\u06fd\u0915\u094d\u200c\u200d"
    "\u3042\u30a2\u4e00\u3007\u30fb\uff65\uff76\uff9e\uff21\uff41\uff20\u0f0b\u0640\uac00\u1100\u1161\u1c80\u13a0"
)


def outcome(name: str) -> str | None:
    try:
        return normalised(name)
    except BadInputError:
        return None


def expected(name: str) -> str | None:
    """What the oracle makes of a name without what is around it, with one letter sigma."""
    while name and name[0] in AROUND | {ZWNJ, ZWJ}:
        name = name[1:]
    while name and (name[-1] in AROUND or (name[-1] in ZWNJ + ZWJ and unicodedata.combining(name[-2]) != VIRAMA_CLASS)):
        name = name[:-1]
    try:
        return str(ORACLE.enforce(name)).replace(FINAL_SIGMA, SIGMA)
    except UnicodeEncodeError:
        return None


def problem(name: str) -> tuple[str, int | None]:
    with pytest.raises(BadInputError) as caught:
        normalised(name)
    assert caught.value.field == "username"
    return caught.value.problem, caught.value.limit


def ends_of_runs(characters: Iterable[str], like: Callable[[str], object]) -> list[str]:
    """The first, the middle and the last of each run of characters that are alike, in the order of code points."""
    runs = [list(run) for _, run in groupby(characters, key=like)]
    return sorted({run[i] for run in runs for i in (0, len(run) // 2, -1)})


def like_if_by_rule(character: str) -> object:
    """Itself, unless it has no meaning of its own or belongs to a script that the standard numbers by rule."""
    category = unicodedata.category(character)
    if category in {"Cn", "Co", "Cs"}:
        return category
    script = unicodedata.name(character, "TANGUT").partition(" ")[0]
    return script if category == "Lo" and script in {"CJK", "HANGUL", "TANGUT"} else character


def like_if_caseless(character: str) -> object:
    """Its kind, direction and script when it is a plain letter without case or a plain symbol, else itself."""
    category = unicodedata.category(character)
    if category not in {"Lo", "So"} or unicodedata.decomposition(character):
        return character
    return category, unicodedata.bidirectional(character), unicodedata.name(character, "").partition(" ")[0]


CHARACTERS = ends_of_runs(map(chr, range(sys.maxunicode + 1)), like_if_by_rule)
TELLING = ends_of_runs(CHARACTERS, like_if_caseless)
ACCEPTED = [c for c in TELLING if c not in AROUND | {ZWNJ, ZWJ} and (outcome(c) or outcome(ALEF + c))]


def differing(*contexts: str, among: list[str]) -> set[str]:
    """The characters in whose place in any context the library and the oracle disagree."""
    texts = ((c, context.format(c)) for context in contexts for c in among)
    return {c for c, text in texts if outcome(text) != expected(text)}


def test_ordinary_names_are_their_own_key() -> None:
    for name in (
        "maria",
        "maria.lopez_82",
        "maria@example.org",
        "42",
        "!",
        "a" * 64,
        "\u5c71\u7530",
        "\u05d3\u05d5\u05d3",
    ):
        assert normalised(name) == name


def test_case_makes_no_difference() -> None:
    assert normalised("Maria.LOPEZ") == "maria.lopez"
    assert normalised("\u00c9LODIE") == "\u00e9lodie"


def test_width_makes_no_difference() -> None:
    assert normalised("\uff2d\uff41ria\uff20\uff11") == "maria@1"
    assert normalised("\uff76\uff9e") == normalised("\u30ac") == "\u30ac"


def test_composition_makes_no_difference() -> None:
    assert normalised("Ele\u0301onore") == normalised("El\u00e9onore") == "el\u00e9onore"
    assert normalised("\u1112\u1161\u11ab") == "\ud55c"


def test_greek_capitals_are_one_name_with_their_lower_case_whichever_sigma_ends_it() -> None:
    key = "\u03bd\u03b9\u03ba\u03bf\u03c3"
    assert {normalised(name) for name in (key, key[:-1] + FINAL_SIGMA, key.upper(), key.title())} == {key}
    assert normalised(FINAL_SIGMA * 2 + "." + FINAL_SIGMA) == SIGMA * 2 + "." + SIGMA


def test_letters_that_look_alike_in_two_scripts_stay_two_names() -> None:
    assert normalised("\u0430nna") != normalised("anna")


@pytest.mark.parametrize("wrong", [None, b"maria", 42, ["maria"], bytearray(b"maria")])
def test_what_is_not_text_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match=f"^username must be str, not {type(wrong).__name__}$"):
        normalised(wrong)


@pytest.mark.parametrize("name", ["", " ", "   ", "\u200b", "\ufeff\u00a0\ufe0f", ZWNJ + ZWJ], ids=ascii)
def test_no_name_is_empty(name: str) -> None:
    assert problem(name) == ("empty", None)


@pytest.mark.parametrize(
    "name",
    [
        "maria lopez", "ma\nria", "\x07maria", "ma\0ria", "maria\x7f", "ma\x85ria",
        "maria\u00a0lopez", "maria\u3000lopez", "ma\u2003ria", "ma\u2028ria", "maria\ud800", "\udc00maria",
        "ma\u200bria", "ma\u200cria", "ma\u200dria", "ma\u2060ria", "ma\ufeffria", "ma\u00adria", "ma\u034fria",
        "ma\ufe0fria", "ma\u180fria", "ma\U000e0101ria", "maria\U000e0041", "\u115f", "\u3164", "\uffa0",
        "\u202emaria", "ma\u200fria", "ma\u2066ria\u2069", "ma\u061cria", "maria\u0600",
        "maria\u20ac", "maria\u00a9", "maria\u2019s", "maria\u2014", "maria\U0001f600", "maria\u0060\u00b4",
        "\ufb01ona", "maria\u00b2", "\u212ei", "\u2163", "\u01c5", "\U0001d400", "\u1100", "\ud7b0",
        "maria\u0378", "maria\ue000", "maria\ufffe", "maria\ufdd0", "\U0010ffff", "maria\u20dd",
        "\u0640", "\u07fa", "\u302e", "\u3031", "\u303b",
    ],
)  # fmt: skip
def test_what_is_no_letter_digit_or_ascii_sign_is_refused(name: str) -> None:
    assert problem(name) == ("bad_character", None)


def test_the_sixty_fifth_character_of_the_key_is_too_many() -> None:
    assert problem("a" * 65) == ("too_long", 64)


def test_characters_are_counted_in_the_key() -> None:
    assert normalised("e\u0301" * 64) == "\u00e9" * 64
    assert normalised("\U00020000" * 64) == "\U00020000" * 64
    assert normalised("\u0130" * 32) == "i\u0307" * 32
    assert problem("\u0130" * 33) == ("too_long", 64)


def test_the_longest_decomposed_form_of_the_longest_key_may_be_typed() -> None:
    decomposed = max((unicodedata.normalize("NFD", c) for c in ACCEPTED), key=len)
    assert len(normalised(decomposed * 64)) == 64


def test_more_than_four_times_as_many_characters_are_too_long_whatever_their_key_would_be() -> None:
    assert problem("\u0301" * 256) == ("too_long", 64)
    assert problem(" " * 257) == ("too_long", 64)


@pytest.mark.parametrize("unit", ["a", "\u00e9", "\u0301", " ", "\0", "\ud800", "\ufdfa"])
def test_ten_megabytes_are_refused_before_anything_is_computed(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(usernames, "_mapped")
    assert problem(unit * 10_000_000) == ("too_long", 64)


def test_an_error_never_holds_the_name() -> None:
    with pytest.raises(BadInputError) as caught:
        normalised("maria lopez")
    assert "maria" not in repr(caught.value) + str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "name",
    [
        "col\u00b7lega", "COL\u00b7LEGA", "a" + KERAIA + "\u03b1", ALEF + GERESH, ALEF + GERSHAYIM + ALEF,
        "\u30b8" + KATAKANA_DOT + "\u30b9", KATAKANA_DOT + "\u3042", "\u4e00\uff65",
        DEVANAGARI_KA + VIRAMA + ZWJ + DEVANAGARI_KA, DEVANAGARI_KA + VIRAMA + ZWNJ, BEH + "\u0660\u0669",
        BEH + "\u06f0\u06f9",
    ],
)  # fmt: skip
def test_a_character_tied_to_its_neighbours_stands_among_them(name: str) -> None:
    assert outcome(name) == expected(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "a\u00b7l", "l\u00b7a", "l\u00b7", "\u03b1" + KERAIA + "a", "\u03b1" + KERAIA, GERESH + ALEF,
        BEH + GERESH, KATAKANA_DOT, "a" + KATAKANA_DOT + "b", "\u30fc" + KATAKANA_DOT,
        DEVANAGARI_KA + ZWJ + DEVANAGARI_KA, "a" + ZWNJ + "b", BEH + "\u0660\u06f0",
        BEH + "\u06f9" + BEH + "\u0669",
    ],
)  # fmt: skip
def test_a_character_tied_to_its_neighbours_stands_nowhere_else(name: str) -> None:
    assert outcome(name) is expected(name) is None


@pytest.mark.parametrize(
    "name",
    [
        ALEF, ALEF + "1", ALEF + "-" + ALEF, ALEF + "\u05b0", BEH + "\u0660", ALEF + "1\u05b0",
    ],
)  # fmt: skip
def test_a_name_with_right_to_left_letters_that_obeys_the_bidi_rule_is_accepted(name: str) -> None:
    assert outcome(name) == expected(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        ALEF + "a", "a" + ALEF, "1" + ALEF, "-" + ALEF, "\u05b0" + ALEF, ALEF + "-", ALEF + "-\u05b0",
        ALEF + "a" + ALEF, BEH + "1\u0660", "\u0660", "a\u0660",
    ],
)  # fmt: skip
def test_a_name_with_right_to_left_letters_that_breaks_the_bidi_rule_is_refused(name: str) -> None:
    assert outcome(name) is expected(name) is None


def test_every_character_alone_is_what_the_oracle_makes_of_it() -> None:
    assert differing("{}", among=CHARACTERS) == set()


def test_every_character_next_to_a_left_to_right_letter_is_what_the_oracle_makes_of_it() -> None:
    assert differing("a{}", "{}a", among=TELLING) == set()


def test_every_character_next_to_a_right_to_left_letter_is_what_the_oracle_makes_of_it() -> None:
    assert differing(ALEF + "{}", among=TELLING) == set()
    assert differing("{}" + ALEF, ALEF + "{}" + ALEF, among=ACCEPTED) == set()


def test_contextual_characters_agree_with_the_oracle_next_to_every_letter_but_a_few_signs() -> None:
    contexts = (
        "{}\u00b7l",
        "l\u00b7{}",
        "{}" + GERESH,
        ALEF + "{}" + GERSHAYIM,
        "{}" + ZWJ,
        DEVANAGARI_KA + "{}" + ZWNJ,
    )
    assert differing(*contexts, among=ACCEPTED) == set()
    assert differing(KERAIA + "{}", among=ACCEPTED) == {"\U0001d242", "\U0001d243", "\U0001d244"}
    signs = {
        c for c in ACCEPTED if unicodedata.name(c, "").startswith(("HENTAIGANA ", "VIETNAMESE ALTERNATE READING "))
    }
    assert differing("{}" + KATAKANA_DOT, among=ACCEPTED) == signs | {"\u3005", "\u3007", "\U00016fe3"}


def test_a_zero_width_non_joiner_between_joining_letters_is_refused_unlike_by_the_oracle() -> None:
    persian = "\u0639\u0644\u06cc" + ZWNJ + "\u0631\u0636\u0627"
    assert expected(persian) == persian
    assert problem(persian) == ("bad_character", None)


def test_half_width_hangul_letters_are_refused_unlike_by_the_oracle() -> None:
    assert expected("\uffa1\uffc2") == "\uac00"
    assert problem("\uffa1\uffc2") == ("bad_character", None)


KNOWN_TO_DIFFER = frozenset({ZWNJ, KERAIA, KATAKANA_DOT, "\uff65", *map(chr, range(0xFFA1, 0xFFDD))})
LEFT_TO_RIGHT = [c for c in ACCEPTED if outcome(f"a{c}a")]
RIGHT_TO_LEFT = [c for c in ACCEPTED if outcome(BEH + c) and unicodedata.bidirectional(c) in {"R", "AL", "NSM"}]


def texts_of(alphabet: list[str]) -> st.SearchStrategy[str]:
    """Names of these characters, the troublesome ones more often than their share."""
    troublesome = [c for c in alphabet if c in NEIGHBOURS]
    return st.text(st.one_of(st.sampled_from(troublesome), st.sampled_from(alphabet)), min_size=1, max_size=16)


any_names = st.text(st.one_of(texts_of(ACCEPTED).map(lambda text: text[0]), st.characters()), min_size=1, max_size=16)
good_names = st.one_of(texts_of(LEFT_TO_RIGHT), texts_of(RIGHT_TO_LEFT).map(lambda text: ALEF + text))


@given(st.one_of(any_names, st.text(st.sampled_from(NEIGHBOURS), min_size=1, max_size=16)))
def test_any_name_is_what_the_oracle_makes_of_it_or_is_refused_for_a_known_difference(name: str) -> None:
    key = outcome(name)
    assert key == expected(name) or (key is None and KNOWN_TO_DIFFER & set(name))


@given(good_names)
@example("COL\u00b7LEGA")
@example("\uff76\uff9e\uff65\uff76\uff9e")
def test_a_key_is_its_own_key_and_the_oracle_agrees(name: str) -> None:
    key = normalised(name)
    assert normalised(key) == key == expected(name)


@given(good_names)
@example("COL\u00b7LEGA")
@example("\u039d\u03af\u03ba\u03bf\u03c2")
def test_variants_of_an_accepted_name_have_its_key(name: str) -> None:
    key = normalised(name)
    for form in ("NFC", "NFD", "NFKC"):
        assert normalised(unicodedata.normalize(form, name)) == key
    if LOST_IN_CAPITALS.isdisjoint(unicodedata.normalize("NFD", key)):
        assert {outcome(variant) for variant in (name.upper(), name.title(), name.lower())} <= {key, None}


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64))
def test_visible_ascii_is_a_name_in_any_case_and_width(name: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in name)
    assert {normalised(variant) for variant in (name, name.upper(), wide, wide.upper())} == {name.lower()}


def test_capitals_lose_exactly_the_letters_that_the_documentation_names() -> None:
    keys = [c for c in ACCEPTED if outcome(c) == c]
    lost = {c for c in keys for variant in (c.upper(), c.title()) if outcome(variant) not in {c, None}}
    assert lost == {c for c in keys if LOST_IN_CAPITALS & set(unicodedata.normalize("NFD", c))}


def test_a_mapping_that_never_settles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usernames, "_mapped", lambda name: name + "a")
    assert problem("maria") == ("bad_character", None)


def test_a_mapping_that_settles_in_the_fourth_round_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usernames, "_mapped", lambda name: "a" * min(len(name) + 1, 4))
    assert normalised("a") == "aaaa"
