"""By which words a patient is found: every run of whole parts of a name, and a phone number however it is written."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.patients.search_words import (
    PARTS_MAX,
    RUN_PARTS_MAX,
    WORD_MAX,
    WordOf,
    indexed,
    is_same_phone,
    name_word,
    phone_word,
    words_of,
)
from patientportal.domain.values.sameness import FOLDING, comparable, parts
from patientportal.testing import person, strategies

ADA = PatientId("p-1")
BORN = date(1980, 12, 10)
ROWS_MAX = 2 + PARTS_MAX * RUN_PARTS_MAX + 2 * (1 + PARTS_MAX * RUN_PARTS_MAX)


def record(**changes: Any) -> PersonalRecord:
    return PersonalRecord(patient_id=ADA, personal=person(**changes))


def words(of: WordOf, **changes: Any) -> set[str]:
    return {word.word for word in words_of(record(**changes)) if word.of is of}


@pytest.mark.parametrize(
    ("last_name", "found"),
    [
        ("Garc\u00eda M\u00e1rquez", {"garcia", "marquez", "garciamarquez"}),
        ("O'Brien Jr.", {"obrien", "jr", "obrienjr"}),
        ("Smith-Jones", {"smith", "jones", "smithjones"}),
        ("van der Berg", {"van", "der", "berg", "vander", "derberg", "vanderberg"}),
        ("\u2603", {"\u2603"}),
    ],
)
def test_a_last_name_is_found_by_each_run_of_its_whole_parts(last_name: str, found: set[str]) -> None:
    assert words(WordOf.LAST_NAME, last_name=last_name) == found


def test_a_name_is_found_from_either_end() -> None:
    assert words(WordOf.NAME) == {"ada", "byron", "adabyron", "byronada"}
    assert name_word("Ada Byron") in words(WordOf.NAME)
    assert name_word("Byron, Ada") in words(WordOf.NAME)


@pytest.mark.parametrize(
    ("kept", "typed", "is_same"),
    [
        ("+1 317 555 0123", "(317) 555-0123", True),
        ("(317) 555-0123", "+1 317 555 0123", True),
        ("+1 317 555 0123", "3175550123", True),
        ("555-0123", "+1 317 555 0123", True),
        ("+44 (0)20 7946 0958", "020 7946 0958", True),
        ("+44 20 7946 0958", "+44 (0)20 7946 0958", True),
        ("030 901820", "+49 30 901820", True),
        ("+1 317 555 0123 ext. 45", "317 555 0123", True),
        ("+1 317 555 0123 x45", "317 555 0123 x46", True),
        ("+1 317 555 0123", "+1 418 555 0123", False),
        ("+1 317 555 0123", "317 555 0124", False),
        ("12345", "12345", True),
        ("12345", "2345", False),
    ],
)
def test_a_phone_number_is_found_however_it_is_written(kept: str, typed: str, *, is_same: bool) -> None:
    assert (phone_word(kept) == phone_word(typed) and is_same_phone(kept, typed)) is is_same
    assert is_same_phone(kept, typed) is is_same_phone(typed, kept)


def test_nobody_is_found_by_a_phone_without_digits() -> None:
    assert phone_word("x") == phone_word("0") == ""
    assert words(WordOf.PHONE, phone="00") == set()
    assert words(WordOf.PHONE) == set()


@given(strategies.personal_records(), st.data())
def test_every_run_of_whole_parts_finds(one: PersonalRecord, data: st.DataObject) -> None:
    first, last = parts(one.personal.first_name), parts(one.personal.last_name)
    found = {(word.of, word.word) for word in words_of(one)}
    for of, names in ((WordOf.LAST_NAME, last), (WordOf.NAME, (*first, *last)), (WordOf.NAME, (*last, *first))):
        if names:
            begin = data.draw(st.integers(0, min(len(names), PARTS_MAX) - 1))
            end = data.draw(st.integers(begin + 1, min(begin + RUN_PARTS_MAX, len(names))))
            assert (of, name_word(" ".join(names[begin:end]))) in found
    assert (WordOf.LAST_NAME, name_word(one.personal.last_name)) in found
    assert all(word.date_of_birth == one.personal.date_of_birth for word in words_of(one))


@given(strategies.personal_records())
def test_the_words_of_a_patient_are_few_and_short_and_none_is_there_twice(one: PersonalRecord) -> None:
    found = words_of(one)
    assert len(set(found)) == len(found) <= ROWS_MAX
    assert all(0 < len(word.word) <= WORD_MAX for word in found)


def test_a_very_long_name_has_a_bounded_number_of_short_words() -> None:
    found = words_of(record(first_name="a " * 50, last_name="\ufdfa" * 100))
    assert len(found) <= ROWS_MAX
    assert max(len(word.word) for word in found) == WORD_MAX
    many = words_of(record(first_name="a1 b2 c3 " * 11, last_name=" ".join(f"n{number}" for number in range(25))))
    assert len(many) <= ROWS_MAX


@given(strategies.personal_records(), strategies.personal_records())
def test_a_record_is_indexed_by_what_is_gone_and_what_is_more(one: PersonalRecord, other: PersonalRecord) -> None:
    before = words_of(evolve(one, patient_id=other.patient_id))
    written, gone, more = indexed(other, before)
    assert written == evolve(other, folding=FOLDING)
    assert {*before} - {*gone} | {*more} == {*words_of(other)}
    assert {*gone} <= {*before}
    assert not {*more} & {*before}
    assert indexed(written, words_of(other)) == (written, (), ())


def test_a_word_shows_nothing_of_whom_it_finds() -> None:
    assert "byron" not in repr(words_of(record()))
    assert "1980" not in repr(words_of(record()))


def test_a_name_of_signs_alone_is_itself() -> None:
    assert comparable("\u2603") == ""
    assert name_word("\u2603") == "\u2603"
