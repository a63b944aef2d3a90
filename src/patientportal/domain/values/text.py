"""What counts as usable text: the bounds that every typed value passes before anything else happens."""

import re
import unicodedata

from patientportal.domain.errors import BadInputError

UTF8_BYTES_PER_CHARACTER_MAX = 4
_BREAK = re.compile("\r\n|[\n\r\u2028\u2029]")
_UNUSABLE = re.compile("[\\0\ud800-\udfff]")
_NO_PART_OF_A_LINE = frozenset({"Cc", "Zl", "Zp", "Co", "Cn"})
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    if not isinstance(value, str):
        raise TypeError(f"{field} must be str, not {type(value).__name__}")
    if len(value) > at_most_bytes:
        raise BadInputError(field=field, problem="too_long", limit=at_most_bytes)
    if _UNUSABLE.search(value):
        raise BadInputError(field=field, problem="bad_character")
    if len(value.encode()) > at_most_bytes:
        raise BadInputError(field=field, problem="too_long", limit=at_most_bytes)
    return value


def line(value: object, *, field: str, at_most: int, at_least: int = 1) -> str:
    """One line of text: NFC, trimmed, no control characters, none that turn the direction of writing.

    Args:
        value: what came from outside.
        field: its name, for the error.
        at_most: the most characters it may have.
        at_least: the fewest.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character``, ``empty`` or ``too_short``.
    """
    text = bounded(value, field=field, at_most_bytes=at_most * UTF8_BYTES_PER_CHARACTER_MAX)
    is_plain = _is_plain(text)
    text = (text if is_plain else unicodedata.normalize("NFC", text)).strip()
    if not is_plain and any(unicodedata.category(c) in _NO_PART_OF_A_LINE or c in _BIDI_CONTROLS for c in text):
        raise BadInputError(field=field, problem="bad_character")
    if len(text) > at_most:
        raise BadInputError(field=field, problem="too_long", limit=at_most)
    if at_least and not (text if is_plain else visible_length(text)):
        raise BadInputError(field=field, problem="empty")
    if len(text) < at_least:
        raise BadInputError(field=field, problem="too_short", limit=at_least)
    return text


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
    text = value[: at_most * UTF8_BYTES_PER_CHARACTER_MAX]
    if not _is_plain(text):
        text = unicodedata.normalize("NFC", "".join(_in_a_line(c) for c in text))
    return " ".join(text.split())[:at_most].rstrip()


def _in_a_line(character: str) -> str:
    if character in _BIDI_CONTROLS:
        return ""
    return " " if unicodedata.category(character) in {*_NO_PART_OF_A_LINE, "Cs"} else character


def paragraphs(value: object, *, field: str, at_most: int, at_least: int = 1) -> str:
    """Several lines of text: each as ``line`` wants it, but for its length.

    Args:
        value: what came from outside; line breaks become line feeds, and tabs spaces.
        field: its name, for the error.
        at_most: the most characters it may have, line breaks included.
        at_least: 1, or 0 where nothing may be written.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character`` or ``empty``.
    """
    text = bounded(value, field=field, at_most_bytes=at_most * UTF8_BYTES_PER_CHARACTER_MAX).replace("\t", " ")
    lines = [line(one, field=field, at_most=at_most, at_least=0) for one in _BREAK.split(text)]
    joined = "\n".join(lines).strip()
    if len(joined) > at_most:
        raise BadInputError(field=field, problem="too_long", limit=at_most)
    if at_least and not visible_length(joined):
        raise BadInputError(field=field, problem="empty")
    return joined


def visible_length(text: str) -> int:
    """How many characters a reader sees: all but spaces, marks, and control and format characters."""
    if _is_plain(text):
        return len(text) - text.count(" ")
    return sum(unicodedata.category(c)[0] not in "CMZ" for c in text)


def _is_plain(text: str) -> bool:
    """Whether it is printable ASCII and nothing else, in which only a space isn't visible: most text, told at once."""
    return text.isascii() and text.isprintable()


def folded(text: str) -> str:
    """The text for comparing: NFKC, case folded, runs of white space as one space, ends trimmed."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
