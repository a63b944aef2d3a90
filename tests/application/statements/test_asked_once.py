"""Nobody is asked for anything twice where the practice says up to when its books were posted."""

from random import Random

import pytest

from tests.application.statements.simulated import Found, Habits, Simulated
from tests.length import times

PATIENTS = 12
"""At length, ``dev.py torture`` has many more."""


def lives(habits: Habits, patients: int) -> list[Found]:
    return [Simulated(Random(seed), habits).live() for seed in range(patients)]  # noqa: S311 - of a test


@pytest.mark.parametrize("lag_days", [0, 1, 3])
def test_nobody_is_asked_twice_by_books_that_say_how_far_they_were_posted(lag_days: int) -> None:
    found = lives(Habits(lag_days, says_cut_off=True), times(PATIENTS))
    assert [one for one in found if one.asked_twice or one.overpaid] == []
    assert sum(one.asked for one in found) > 10 * PATIENTS
    assert any(one.moved for one in found)


@pytest.mark.parametrize("lag_days", [0, 1])
def test_nor_by_books_that_are_posted_by_midnight_and_do_not_say_so(lag_days: int) -> None:
    found = lives(Habits(lag_days, says_cut_off=False), times(PATIENTS))
    assert [one for one in found if one.asked_twice or one.overpaid] == []


def test_slower_books_that_do_not_say_so_ask_some_twice() -> None:
    found = lives(Habits(3, says_cut_off=False), times(PATIENTS))
    assert any(one.asked_twice for one in found)
