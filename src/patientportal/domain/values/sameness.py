"""What a reader calls the same: the one rule by which names, answers and passwords are compared."""

import re
import unicodedata
from functools import lru_cache

FOLDING = 1
"""The rule's version: it stands with whatever was made by the rule and is kept, and rises when the rule changes."""

CHARACTERS_KNOWN_MAX = 4_096
_SIGNS = re.compile("[^0-9a-z]+")
# Unicode's Default_Ignorable_Code_Point, as far as it is neither a format character nor unassigned: it shows nothing.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_READ_WITHOUT_MARKS = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_IN_A_WORD = re.compile("APOSTROPHE|QUOTATION|PRIME|GERESH")


def comparable(text: str) -> str:
    """Two texts are the same if they differ in case, signs, spaces, or in how a plain keyboard writes Latin letters.

    Marks are left out where readers do without them: in Latin (\N{LATIN SMALL LETTER E WITH ACUTE} is e), Greek and
    Cyrillic. Elsewhere they are vowels, voicing or tones, which tell words apart. Strokes and ligatures are read as
    ASCII writes them, each digit as its value, compatibility forms as what they stand for.

    Args:
        text: of a length that was bounded.

    Returns:
        Letters, digits and the marks that count, in NFC; empty where there are none.

    >>> comparable("O'Brien-Dang") == comparable("o\N{RIGHT SINGLE QUOTATION MARK}brien \u0110\u1eb7ng")
    True
    """
    if text.isascii():
        return _SIGNS.sub("", text.lower())
    kept: list[str] = []
    takes_marks = False
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        letter, is_mark, counts_marks = _read(character)
        if is_mark:
            letter = letter if takes_marks else ""
        elif counts_marks is not None:
            takes_marks = counts_marks
        kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))


def parts(text: str) -> tuple[str, ...]:
    """The whole parts of a name, each comparable: what stands between spaces, dashes and dots, but not apostrophes.

    Args:
        text: of a length that was bounded.

    >>> parts("Garc\u00eda M\u00e1rquez"), parts("O'Brien Jr."), parts("Smith-Jones")
    (('garcia', 'marquez'), ('obrien', 'jr'), ('smith', 'jones'))
    """
    spaced = "".join(" " if _stands_between(character) else character for character in text)
    return tuple(part for part in map(comparable, spaced.split()) if part)


@lru_cache(CHARACTERS_KNOWN_MAX)
def _read(character: str) -> tuple[str, bool, bool | None]:
    """What is left of a folded character, whether it is a mark, and whether marks on it count; ``None``: unseen."""
    category = unicodedata.category(character)
    if category == "Cf" or _UNSEEN.match(character):
        return "", False, None
    if category in {"Mn", "Mc"}:
        return character, True, None
    if category == "Nd":
        return str(unicodedata.decimal(character)), False, True
    if not character.isalnum():
        return "", False, False
    script = unicodedata.name(character, "").partition(" ")[0]  # a name never changes, and begins with the script
    if script in {"LATIN", "MODIFIER"}:
        return _in_ascii(character), False, False
    return character, False, script not in _READ_WITHOUT_MARKS


def _in_ascii(letter: str) -> str:
    """A Latin letter as a plain keyboard writes it; nothing, if it is one of the letters that are apostrophes."""
    from anyascii import anyascii

    return _SIGNS.sub("", anyascii(letter).lower())


@lru_cache(CHARACTERS_KNOWN_MAX)
def _stands_between(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Po":
        return not _IN_A_WORD.search(unicodedata.name(character, ""))
    return category in {"Zs", "Zl", "Zp", "Cc", "Pd", "Pc", "Ps", "Pe", "Sm", "So"} and not comparable(character)
