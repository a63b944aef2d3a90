"""People read what the portal says who went to school for six years."""

import pytest

from tools.reading_level import (
    GROUPS,
    Counted,
    counted,
    crawford,
    english_syllables,
    fernandez_huerta,
    flesch_kincaid,
    inflesz,
    of_english,
    of_spanish,
    spanish_syllables,
)

SIXTH_GRADE = 6
SIXTH_GRADE_BY_EASE = 80  # Fernández Huerta: 80 to 90
FAIRLY_EASY = 65  # INFLESZ: 65 to 80


@pytest.mark.parametrize("group", GROUPS)
def test_the_english_is_at_most_of_the_sixth_grade(group: str) -> None:
    assert flesch_kincaid(of_english()[group]) <= SIXTH_GRADE


@pytest.mark.parametrize("group", GROUPS)
def test_the_spanish_is_at_most_of_the_sixth_grade(group: str) -> None:
    text = of_spanish()[group]
    assert fernandez_huerta(text) >= SIXTH_GRADE_BY_EASE
    assert inflesz(text) >= FAIRLY_EASY
    assert crawford(text) <= SIXTH_GRADE


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("please", 1), ("people", 2), ("account", 2), ("locked", 1), ("needed", 2), ("statement", 3), ("medicine", 3)],
)
def test_syllables_of_english(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("que", 1), ("guion", 1), ("hacia", 2), ("hacía", 3), ("leer", 2), ("aéreo", 4), ("vergüenza", 3), ("y", 1)],
)
def test_syllables_of_spanish(word: str, syllables: int) -> None:
    assert spanish_syllables(word) == syllables


def test_what_is_counted() -> None:
    text = counted(["Ana Luz $name. Dos a las 3:15?\n\nSi"], spanish_syllables)
    assert text == Counted(sentences=3, words=7, syllables=9)
