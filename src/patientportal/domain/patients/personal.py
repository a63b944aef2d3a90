"""Who a patient is: the personal information that the practice gives, and what a password may not be built on."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import product

from attrs import field, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.days import day_within
from patientportal.domain.values.emails import email_address
from patientportal.domain.values.known_days import KnownDay, PartialDate, first_day, usable_known_day
from patientportal.domain.values.sameness import comparable, parts
from patientportal.domain.values.text import line

from .phones import usable_phone

NAME_MAX = 100
POSTAL_CODE_MAX = 16
LANGUAGE_MAX = 35  # RFC 5646, 4.4.1
EARLIEST_BIRTH = date(1880, 1, 1)
_POSTAL_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]*", re.ASCII)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[0-9a-zA-Z]{1,8})*")


def _first_name(value: object) -> str:
    return "" if value == "" else line(value, field="first_name", at_most=NAME_MAX)


def _last_name(value: object) -> str:
    return "" if value == "" else line(value, field="last_name", at_most=NAME_MAX)


def _email(value: object) -> str | None:
    return None if value is None else email_address(value)


def _optional(value: object, *, field: str, at_most: int, pattern: re.Pattern[str]) -> str | None:
    if value is None:
        return None
    text = line(value, field=field, at_most=at_most)
    if not pattern.fullmatch(text):
        raise BadInputError(field=field, problem="bad_format")
    return text


def _phone(value: object) -> str | None:
    return None if value is None else usable_phone(value)


def _postal_code(value: object) -> str | None:
    return _optional(value, field="postal_code", at_most=POSTAL_CODE_MAX, pattern=_POSTAL_CODE)


def usable_language(value: object) -> str | None:
    """The tag of a language to write in (BCP 47), or ``None``.

    Raises:
        TypeError: it is neither a ``str`` nor ``None``.
        BadInputError: ``empty``, ``bad_format``, ``too_long`` or ``bad_character``.
    """
    return _optional(value, field="language", at_most=LANGUAGE_MAX, pattern=_LANGUAGE)


def _date_of_birth(value: object) -> KnownDay | None:
    if value is None:
        return None
    born = usable_known_day(value, field="date_of_birth")
    day_within(first_day(born), field="date_of_birth", first=EARLIEST_BIRTH)
    return born


@frozen(kw_only=True)
class PersonalInformation:
    """What the practice knows of a person; it checks itself and never shows itself.

    Attributes:
        first_name: at most 100 characters; empty for who has one name only.
        last_name: 1 to 100 characters; who has one name only, has it here, in whichever field it was given.
        date_of_birth: a calendar day, not before 1880; a ``PartialDate`` where a part of it is known; ``None``: nothing
            is.
        email: one address that mail servers take, at most 254 bytes as it is routed; ``None``: they have none.
        phone: a number as people write it, with its extension, at most 64 characters; kept in ASCII; optional.
        postal_code: letters, digits, spaces and hyphens, at most 16 characters; optional.
        language: the one to write in, as a tag of BCP 47 such as ``de`` or ``es-MX``; optional.

    Raises:
        BadInputError: a value can't be used; it names the field, never the value.
        TypeError: a value has the wrong type.
    """

    first_name: str = field(converter=_first_name)
    last_name: str = field(converter=_last_name)
    date_of_birth: KnownDay | None = field(converter=_date_of_birth)
    email: str | None = field(converter=_email)
    phone: str | None = field(default=None, converter=_phone)
    postal_code: str | None = field(default=None, converter=_postal_code)
    language: str | None = field(default=None, converter=usable_language)

    def __attrs_post_init__(self) -> None:
        if not self.last_name:
            if not self.first_name:
                raise BadInputError(field="last_name", problem="empty")
            object.__setattr__(self, "last_name", self.first_name)
            object.__setattr__(self, "first_name", "")

    @property
    def name(self) -> str:
        """The first name and the last, or the only one, as lists show it."""
        return f"{self.first_name} {self.last_name}".strip()

    def __repr__(self) -> str:
        return "PersonalInformation(...)"


PERSONAL_WORD_MIN = 4
PERSONAL_REST_MIN = 8
_LOOKALIKES = str.maketrans("0134578@$!|l", "oieastbasiii")


def is_built_on(password: str, *, username: str, personal: PersonalInformation) -> bool:
    """Whether a password holds the patient's names, username, e-mail name or birth date, or is little else.

    A word of four or more letters or digits may not stand in it at all, plainly or in look-alike characters; with
    the shorter ones, the birth year and the birthday taken away, at least eight letters and digits must remain.

    Args:
        password: NFKC text.
        username: the patient's, normalised.
        personal: what is known of the patient.
    """
    born = personal.date_of_birth
    words = {spelling for word in _words(username, personal) for spelling in _spellings(word)}
    spellings = _spellings(password)
    if any(word in spelling for word in words if len(word) >= PERSONAL_WORD_MIN for spelling in spellings):
        return True
    plain = comparable(password)
    if any(written in plain for written in _written_dates(born)):
        return True
    hints = sorted(words | {_year(born), *_birthday(born)}, key=len, reverse=True)
    return any(len(rest) < min(PERSONAL_REST_MIN, len(s)) for s in spellings for rest in (_without(s, hints),))


def is_nothing_but(text: str, *, username: str, personal: PersonalInformation) -> bool:
    """Whether a text is made of the patient's names, username, e-mail address and birth date, and of nothing else.

    Args:
        text: a patient's answer.
        username: the patient's, normalised.
        personal: what is known of the patient.
    """
    born = personal.date_of_birth
    words = {*_words(username, personal), comparable(personal.email or "")}
    hints = {*words, *map(_unmarked, words), *_written_dates(born), _year(born)}
    in_order = sorted(hints, key=len, reverse=True)
    bare = comparable(text)
    spellings = {_without(bare, in_order), _without(_unmarked(bare), in_order)}
    return bare in hints - {""} or (bare != "" and "" in spellings)


def _words(username: str, personal: PersonalInformation) -> Iterator[str]:
    local_part = (personal.email or "").partition("@")[0]
    for text in (username, local_part, personal.first_name, personal.last_name):
        yield comparable(text)
        yield from parts(text)
        yield from (comparable(part) for part in re.split(r"[\W\d_]+", text))


def _spellings(text: str) -> set[str]:
    """A text to compare, plainly and with every sign read as the letter that it looks like (an l looks like an i).

    Both also without the marks that are letters in their scripts: who leaves vowels out has built on a name, too.
    """
    read = {comparable(text), comparable(text.casefold().translate(_LOOKALIKES))}
    return {*read, *map(_unmarked, read)}


def _unmarked(text: str) -> str:
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFKD", text) if c.isalnum())


def _year(born: KnownDay | None) -> str:
    return "" if born is None else str(born)[:4]


def _birthday(born: KnownDay | None) -> tuple[str, ...]:
    return (f"{born:%m%d}", f"{born:%d%m}") if isinstance(born, date) else ()


def _written_dates(born: KnownDay | None) -> Iterator[str]:
    """A birth date in digits, as far as it is known; a year alone isn't one."""
    if isinstance(born, PartialDate) and born.month is not None:
        yield from (f"{born.year}{born.month:02}", f"{born.month:02}{born.year}")
    if not isinstance(born, date):
        return
    months, days = {f"{born:%m}", str(born.month)}, {f"{born:%d}", str(born.day)}
    written = [*product([f"{born:%Y}"], months, days), (f"{born:%y}", f"{born:%m}", f"{born:%d}")]
    for year, month, day in written:
        yield from (year + month + day, day + month + year, month + day + year)


def _without(text: str, hints: list[str]) -> str:
    for hint in hints:
        if len(hint) > 1 or not hint.isascii():  # a name may be one ideograph
            text = text.replace(hint, "")
    return text
