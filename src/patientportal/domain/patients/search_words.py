"""By which words a patient is found: each run of whole parts of their names, and the end of their phone number."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum, unique

from attrs import evolve, field, frozen

from patientportal.domain.ids import PatientId
from patientportal.domain.values.sameness import FOLDING, comparable, parts
from patientportal.domain.values.text import folded

from .patients import PersonalRecord
from .personal import PersonalInformation
from .phones import digits_of

WORD_MAX = 100
"""After so many characters a word is cut, when it is kept and when it is looked for: it has to fit into an index."""
RUN_PARTS_MAX, PARTS_MAX = 4, 12
"""How many parts a run has at most, unless it is the whole; and how many of a name's parts begin one."""
PHONE_DIGITS = 7
"""The last digits of a phone number, which it keeps in whichever country it is written."""


@unique
class WordOf(StrEnum):
    """What a word is of."""

    LAST_NAME = "last_name"
    NAME = "name"
    PHONE = "phone"


@frozen(kw_only=True)
class SearchWord:
    """A word that a patient is found by.

    Attributes:
        patient_id: who.
        of: what the word is of.
        word: comparable, at most 100 characters.
        date_of_birth: theirs, so that a word and a birth date are one look-up.
    """

    patient_id: PatientId
    of: WordOf
    word: str = field(repr=False)
    date_of_birth: date = field(repr=False)


def words_of(record: PersonalRecord) -> tuple[SearchWord, ...]:
    """Every word that a patient is found by: at most some 200, for most people five to ten.

    Args:
        record: theirs.
    """
    return tuple(
        SearchWord(patient_id=record.patient_id, of=of, word=word, date_of_birth=record.personal.date_of_birth)
        for of, word in sorted(_words(record.personal))
    )


def indexed(
    record: PersonalRecord, kept: Sequence[SearchWord]
) -> tuple[PersonalRecord, tuple[SearchWord, ...], tuple[SearchWord, ...]]:
    """A record and its words by today's rule.

    Args:
        record: as it is, or as it is to be.
        kept: the words that it has.

    Returns:
        The record, the words that it has no more, and those that it has besides.
    """
    wanted = words_of(record)
    gone = tuple(word for word in kept if word not in wanted)
    return evolve(record, folding=FOLDING), gone, tuple(word for word in wanted if word not in kept)


def name_word(text: str) -> str:
    """The word by which a name, or a run of its parts, is found; in whatever way it is typed.

    Args:
        text: one line.
    """
    return (comparable(text) or folded(text))[:WORD_MAX]


def phone_word(phone: str) -> str:
    """The word by which a phone number is found: its last seven digits, all of them where there are fewer.

    Args:
        phone: as it is written, an extension included.
    """
    return _digits(phone)[-PHONE_DIGITS:]


def is_same_phone(one: str, other: str) -> bool:
    """Whether two numbers are one, written with or without their country's code, trunk zeros and extensions."""
    shorter, longer = sorted((_digits(one), _digits(other)), key=len)
    return shorter != "" and longer.endswith(shorter)


def _digits(phone: str) -> str:
    return digits_of(phone).lstrip("0")


def _words(personal: PersonalInformation) -> Iterator[tuple[WordOf, str]]:
    first, last = parts(personal.first_name), parts(personal.last_name)
    yield from {(WordOf.LAST_NAME, word) for word in _runs(personal.last_name, last)}
    both = f"{personal.first_name} {personal.last_name}", f"{personal.last_name} {personal.first_name}"
    names = {*_runs(both[0], (*first, *last)), *_runs(both[1], (*last, *first))}
    yield from {(WordOf.NAME, word) for word in names}
    if personal.phone is not None and (number := phone_word(personal.phone)):
        yield WordOf.PHONE, number


def _runs(name: str, found: tuple[str, ...]) -> Iterator[str]:
    """The whole name, and each run of a few of its parts."""
    yield name_word(name)
    for begin in range(min(len(found), PARTS_MAX)):
        for end in range(begin + 1, min(begin + RUN_PARTS_MAX, len(found)) + 1):
            yield "".join(found[begin:end])[:WORD_MAX]
