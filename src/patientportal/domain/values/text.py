"""What counts as usable text: the bounds that every typed value passes before anything else happens."""

import re
import unicodedata

from patientportal.domain.errors import BadInputError

TYPED_PER_CHARACTER_MAX = 4  # a composed letter is typed with four at most, as U+1F82 is: a letter and three marks
_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")
_UNUSABLE = re.compile("[\\0\ud800-\udfff]")
_NO_PART_OF_A_LINE = frozenset({"Cc", "Zl", "Zp", "Co", "Cn"})
_MARK_OF_DIRECTION = re.compile("[\u061c\u200e\u200f]")
_TURNS_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What shows nothing and is yet no C, M or Z to Unicode: the Hangul fillers, which its DerivedCoreProperties.txt has as
# Default_Ignorable_Code_Point, and what it names blank or null: a Braille cell, a note without its head, hieroglyphs.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")


def bounded(value: object, *, field: str, at_most_bytes: int) -> str:
    """The value itself, once it is known to be text of a bearable size without NUL or lone surrogates.

    Args:
        value: what came from outside.
        field: its name, for the error.
        at_most_bytes: the most bytes that its UTF-8 form may have.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` (decided before anything is computed) or ``bad_character``.
    """
    text = _usable(value, field=field, longest=at_most_bytes, limit=at_most_bytes)
    if len(text.encode()) > at_most_bytes:
        raise BadInputError(field=field, problem="too_long", limit=at_most_bytes)
    return text


def typed(value: object, *, field: str, at_most: int) -> str:
    """The value itself, once it is known to be text that may be short enough when it is composed.

    Args:
        value: what came from outside.
        field: its name, for the error.
        at_most: the most characters that it may have then; four times as many may be typed.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` (decided before anything is computed) or ``bad_character``.
    """
    return _usable(value, field=field, longest=at_most * TYPED_PER_CHARACTER_MAX, limit=at_most)


def _usable(value: object, *, field: str, longest: int, limit: int) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{field} must be str, not {type(value).__name__}")
    if len(value) > longest:
        raise BadInputError(field=field, problem="too_long", limit=limit)
    if _UNUSABLE.search(value):
        raise BadInputError(field=field, problem="bad_character")
    return value


def line(value: object, *, field: str, at_most: int, at_least: int = 1) -> str:
    """One line of text: NFC, trimmed, no control characters, none that turn the direction of writing; marks of it go.

    Args:
        value: what came from outside.
        field: its name, for the error.
        at_most: the most characters it may have.
        at_least: the fewest.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character``, ``empty`` or ``too_short``.
    """
    text = typed(value, field=field, at_most=at_most)
    return _sized(_tidy(_MARK_OF_DIRECTION.sub("", text), field=field), field=field, at_most=at_most, at_least=at_least)


def _tidy(text: str, *, field: str) -> str:
    if _is_plain(text):
        return text.strip()
    text = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(c) in _NO_PART_OF_A_LINE or c in _TURNS_DIRECTION for c in text):
        raise BadInputError(field=field, problem="bad_character")
    return text


def _sized(text: str, *, field: str, at_most: int, at_least: int) -> str:
    if len(text) > at_most:
        raise BadInputError(field=field, problem="too_long", limit=at_most)
    text = _shown(text)
    if at_least and not text:
        raise BadInputError(field=field, problem="empty")
    if len(text) < at_least:
        raise BadInputError(field=field, problem="too_short", limit=at_least)
    return text


def _shown(text: str) -> str:
    return text if visible_length(text) else ""


def label(value: object, *, field: str, at_most: int) -> str:
    """What ``line`` would take of a text that nobody typed, such as a browser's name: cleaned and cut, never refused.

    Args:
        value: what came from outside; what a line can't hold becomes a space, runs of white space one, and characters
            that turn the direction of writing go.
        field: its name, for the error.
        at_most: after how many characters it is cut.

    Raises:
        TypeError: it isn't a ``str``.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be str, not {type(value).__name__}")
    text = value[: at_most * TYPED_PER_CHARACTER_MAX]
    if not _is_plain(text):
        text = unicodedata.normalize("NFC", "".join(_in_a_line(c) for c in _MARK_OF_DIRECTION.sub("", text)))
    return _shown(" ".join(text.split())[:at_most].rstrip())


def _in_a_line(character: str) -> str:
    if character in _TURNS_DIRECTION:
        return ""
    return " " if unicodedata.category(character) in {*_NO_PART_OF_A_LINE, "Cs"} else character


def paragraphs(value: object, *, field: str, at_most: int, at_least: int = 1) -> str:
    """Several lines of text: each as ``line`` wants it, but for its length; marks of direction stay, as they are read.

    Args:
        value: what came from outside; line breaks become line feeds, and tabs spaces.
        field: its name, for the error.
        at_most: the most characters it may have, line breaks included.
        at_least: 1, or 0 where nothing may be written.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character`` or ``empty``.
    """
    text = typed(value, field=field, at_most=at_most).replace("\t", " ")
    joined = "\n".join(_tidy(one, field=field) for one in _BREAK.split(text)).strip()
    return _sized(joined, field=field, at_most=at_most, at_least=at_least)


def visible_length(text: str) -> int:
    """How many characters a reader sees: all but spaces, marks, control and format characters, fillers and blanks."""
    if _is_plain(text):
        return len(text) - text.count(" ")
    return sum(unicodedata.category(c)[0] not in "CMZ" and c not in _BLANKS for c in text)


def _is_plain(text: str) -> bool:
    """Whether it is printable ASCII and nothing else, in which only a space isn't visible: most text, told at once."""
    return text.isascii() and text.isprintable()


def folded(text: str) -> str:
    """The text for comparing: NFKC, case folded, runs of white space as one space, ends trimmed."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
