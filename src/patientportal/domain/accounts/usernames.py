"""Which username is which: the one key that every way of typing the same name leads to."""

import re
import unicodedata

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import typed

from .mixed_scripts import is_mixed

CHARACTERS_MAX = 64
_ROUNDS_MAX = 4

_ASCII = re.compile("[!-~]+")
_WIDTHS = {
    width: chr(int(unicodedata.decomposition(chr(width)).split()[1], 16))
    for width in range(0xFF01, 0xFFEF)
    if unicodedata.decomposition(chr(width))
}
_LETTERS_AND_DIGITS = frozenset({"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"})
_ALSO_ALLOWED = frozenset("\u06fd\u06fe\u0f0b\u3007\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d")
_REFUSED = re.compile(
    "[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b"  # RFC 5892 section 2.6, exceptions
    "\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb"  # Hangul_Syllable_Type L, V and T
    "\u034f\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"  # default ignorable marks
)
_ARABIC_DIGITS = re.compile("[\u0660-\u0669]")
_EXTENDED_ARABIC_DIGITS = re.compile("[\u06f0-\u06f9]")
_JOINERS = "\u200c\u200d"
_SPACES = (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F)
_UNSEEN = (0xAD, 0x34F, 0x61C, *range(0x180B, 0x1810), 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202D), 0xFEFF)
_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_AROUND = "".join(map(chr, (*_SPACES, *range(0x205F, 0x2065), *range(0x2066, 0x2070), 0x3000, *_UNSEEN, *_SELECTORS)))
_VIRAMA = 9  # the canonical combining class
_RTL = frozenset({"R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"})


def normalised(username: object) -> str:
    """The key of a username: RFC 8265's UsernameCaseMapped, with one letter sigma.

    Case, width and composition make no difference, nor do white space and what nobody sees around the name: keyboards
    put a space behind a completed word, and copying leaves marks of direction. One letter more than the RFC: final
    sigma (U+03C2) becomes sigma (U+03C3). Less than the RFC: a zero-width non-joiner stands only after a virama, as
    the table of joining letters is long, and a few signs of Greek, kana and Han don't count as such, as
    ``unicodedata`` knows no scripts. Capitals lose what the key keeps in sharp s (SS), dotless i (I), iota subscript
    (a whole iota) and the historic Cyrillic U+1C80 to U+1C88: with these, a name and its capitals are two names.

    Args:
        username: what came from outside.

    Returns:
        The key, which is its own key: store and compare it, not what was typed. It has at most 64 characters,
        the library's own limit; four times as many may be typed, enough for any decomposed form.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``, in this order once the bytes fit.
    """
    name = _settled(_trimmed(typed(username, field="username", at_most=CHARACTERS_MAX)))
    if not name:
        raise BadInputError(field="username", problem="empty")
    if len(name) > CHARACTERS_MAX:
        raise BadInputError(field="username", problem="too_long", limit=CHARACTERS_MAX)
    if not _ASCII.fullmatch(name) and not (_is_identifier(name) and _is_in_context(name) and _is_one_way(name)):
        raise BadInputError(field="username", problem="bad_character")
    return name


def chosen(username: object) -> str:
    """The key of a username that somebody chooses, which may not mix scripts to look like another's.

    Args:
        username: what came from outside.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: as ``normalised``, or ``mixed_scripts``.
    """
    name = normalised(username)
    if is_mixed(name):
        raise BadInputError(field="username", problem="mixed_scripts")
    return name


def _trimmed(name: str) -> str:
    """The name alone; a joiner at its end is part of it where it may stand, after a virama."""
    name = name.lstrip(_AROUND + _JOINERS)
    alone = name.rstrip(_AROUND + _JOINERS)
    after = name[len(alone) : len(alone) + 1]
    return alone + after if after in _JOINERS and alone and unicodedata.combining(alone[-1]) == _VIRAMA else alone


def _settled(name: str) -> str:
    """The name mapped until mapping changes nothing, as RFC 8264 section 7 asks; no known name needs two rounds."""
    for _ in range(_ROUNDS_MAX):
        before, name = name, _mapped(name)
        if name == before:
            return name
    raise BadInputError(field="username", problem="bad_character")


def _mapped(name: str) -> str:
    return unicodedata.normalize("NFC", name.translate(_WIDTHS).lower().replace("\u03c2", "\u03c3"))


def _is_identifier(name: str) -> bool:
    """Whether every character may stand in RFC 8264's IdentifierClass, its neighbours aside."""
    return (
        unicodedata.is_normalized("NFKC", name)
        and not _REFUSED.search(name)
        and all(unicodedata.category(c) in _LETTERS_AND_DIGITS or c in _ALSO_ALLOWED or _ASCII.match(c) for c in name)
    )


def _is_in_context(name: str) -> bool:
    """Whether the characters that RFC 5892 appendix A ties to their neighbours stand next to such."""
    if _ARABIC_DIGITS.search(name) and _EXTENDED_ARABIC_DIGITS.search(name):
        return False
    befores, afters = " " + name[:-1], name[1:] + " "
    return all(_fits(*around, name) for around in zip(befores, name, afters, strict=True))


def _fits(before: str, character: str, after: str, name: str) -> bool:
    match character:
        case "\u200c" | "\u200d":
            return unicodedata.combining(before) == _VIRAMA
        case "\u00b7":
            return before == after == "l"
        case "\u0375":
            return _script(after) == "GREEK"
        case "\u05f3" | "\u05f4":
            return _script(before) == "HEBREW"
        case "\u30fb":
            return any(_script(c) in {"HIRAGANA", "KATAKANA", "CJK"} for c in name.replace("\u30fb", ""))
        case _:
            return True


def _script(character: str) -> str:
    """The first word of its name: right for the letters of the scripts asked for, not for every sign."""
    return unicodedata.name(character, "").partition(" ")[0]


def _is_one_way(name: str) -> bool:
    """Whether the name obeys the bidi rule of RFC 5893 section 2, which binds names with right-to-left letters."""
    kinds = [unicodedata.bidirectional(c) for c in name]
    seen = set(kinds)
    if seen.isdisjoint({"R", "AL", "AN"}):
        return True
    last = next(kind for kind in reversed(kinds) if kind != "NSM")
    return kinds[0] in {"R", "AL"} and seen <= _RTL and last in {"R", "AL", "EN", "AN"} and not {"EN", "AN"} <= seen
