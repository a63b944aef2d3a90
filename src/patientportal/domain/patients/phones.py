"""Phone numbers as people and exports write them, kept as one clean text, and the digits that tell them apart."""

import re
import unicodedata

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import line, typed

PHONE_MAX = 64
# ITU-T E.164, 6.2.1: fifteen digits at most; our own: no country's mobile numbers have fewer than seven.
E164_MIN, E164_MAX = 7, 15
# The calling code of the North American Numbering Plan, whose numbers have ten digits after it and never begin with it.
NANP, NANP_DIGITS = "1", 11
# Beside what Unicode counts among the hyphens: a bullet, the minus, and what Japanese keyboards give for a hyphen.
_SEPARATORS = {"\u2043": "-", "\u2212": "-", "\u30fc": "-", "\u00b7": ".", "\u2022": ".", "\u30fb": "."}
_SPACES = re.compile(" +")
_TEL = re.compile("^tel: *", re.IGNORECASE)  # RFC 3966
_COUNTRY_IN_BRACKETS = re.compile(r"^(?:\( *\+|\+ *\() *([0-9]{1,4}) *\)")
_NUMBER = re.compile(r"\+? ?\(?[0-9][0-9 ()./-]*")
# ``;ext=`` is of RFC 3966; the words and signs are those that libphonenumber reads, and commas the pauses of phones.
_EXTENSION = re.compile(
    r"[ ,;]*\(?(?:(?:;ext=|extension|extn?|x|int|anexo|доб|[#~])[ .:]*([0-9]{1,20})|[,;] *([0-9]{1,6}))\)?#?$",
    re.IGNORECASE,
)
_TRUNK_ZERO = re.compile(r"^(\+ ?[0-9]{1,4}) ?\(0\)")


def usable_phone(phone: object, *, field: str = "phone") -> str:
    """One phone number, written in ASCII: digits and the usual separators, ``+`` before a country, `` x12`` at the end.

    Digits of every script, full-width forms, hyphens and spaces of every sort become those of ASCII; ``tel:`` and
    marks that nobody sees go; ``(+44)`` becomes ``+44``; ``ext. 12``, ``#12`` and ``;ext=12`` become `` x12``.

    Args:
        phone: what came from outside, at most 64 characters.
        field: its name, for the error.

    Returns:
        The clean text, which is its own clean text.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``bad_format``, ``too_long``, ``bad_character`` or ``empty``.
    """
    number, extension = _parts(typed(phone, field=field, at_most=PHONE_MAX))
    text = line(f"{number} x{extension}" if extension else number, field=field, at_most=PHONE_MAX)
    if not _NUMBER.fullmatch(number):
        raise BadInputError(field=field, problem="bad_format")
    return text


def digits_of(phone: str) -> str:
    """The digits by which a number is found: ASCII, without ``+``, the extension and a ``(0)`` after a country.

    Args:
        phone: a number as it is kept, or as somebody types it, of a bounded length.

    Returns:
        The digits; none, where there are none.
    """
    number, _ = _parts(phone)
    return "".join(c for c in _TRUNK_ZERO.sub(r"\1", number) if c in "0123456789")


def textable(phone: str | None, *, calling_code: str | None, trunk_prefix: str) -> str | None:
    """A phone number as text messages are sent to it (ITU-T E.164), such as ``+12025550123``.

    Args:
        phone: a number as it is kept.
        calling_code: of the country whose numbers are written without one; ``None``: such numbers get no texts.
        trunk_prefix: what those begin with, and what a call from abroad leaves out.

    Returns:
        ``None``: it has an extension, is written without its country where the practice names none, or can't be one.
    """
    number, extension = _parts(phone or "")
    digits = digits_of(number)
    if extension or not digits:
        return None
    if not number.startswith("+"):
        digits = _abroad(digits, calling_code=calling_code, trunk_prefix=trunk_prefix)
    is_whole = len(digits) == NANP_DIGITS if digits.startswith(NANP) else E164_MIN <= len(digits) <= E164_MAX
    return f"+{digits}" if is_whole else None


def _abroad(digits: str, *, calling_code: str | None, trunk_prefix: str) -> str:
    """The digits of a national number with its country's; none, where that can't be told."""
    if calling_code is None:
        return ""
    if calling_code == NANP:
        return digits if digits.startswith(NANP) else NANP + digits
    if digits.startswith("00"):  # Recommendation ITU-T E.164, D: how most countries dial abroad
        return digits[2:]
    return calling_code + digits.removeprefix(trunk_prefix) if digits.startswith(trunk_prefix) else ""


def _parts(phone: str) -> tuple[str, str]:
    """The number and its extension in ASCII, whatever else is in it left as it is."""
    text = _TEL.sub("", "".join(_in_ascii(c) for c in unicodedata.normalize("NFKC", phone)).strip())
    extension = _EXTENSION.search(text)
    number = text[: extension.start()] if extension else text
    number = _SPACES.sub(" ", _COUNTRY_IN_BRACKETS.sub(r"+\1 ", number)).strip()
    return number, (extension[1] or extension[2]) if extension else ""


def _in_ascii(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":
        return ""
    if category == "Zs" or character == "\t":
        return " "
    return "-" if category == "Pd" else _SEPARATORS.get(character, character)
