"""Nobody learns from an answer, or from what it cost, whether a name is somebody's."""

from collections import Counter
from collections.abc import Callable

import pytest

from patientportal import PasswordHasher, Portal, PracticeAccess, RecordingNotifier, RefusedError
from patientportal.testing import CheapHasher, Member, activated, person

WRONG = "not the password 0"
ATTEMPTS = range(1, 7)
LOCKING = 4
FREE = ("decoy", "is_outdated")
Answers = list[tuple[str, tuple[object, ...]]]


def attempts(
    portal: Portal, username: str, calls: Counter[str], password: str = WRONG
) -> tuple[Answers, list[Counter[str]]]:
    """What six attempts on a name were answered, and what each of them cost."""
    answers: Answers = []
    costs = []
    for _ in ATTEMPTS:
        calls.clear()
        with pytest.raises(RefusedError) as refusal:
            portal.log_in(username, password)
        answers.append((refusal.value.code, refusal.value.args))
        costs.append(Counter({name: count for name, count in calls.items() if name not in FREE}))
    return answers, costs


@pytest.fixture
def names(usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member) -> dict[str, str]:
    """A name of each sort that an attacker may try."""
    inactive = activated(usual, notifier, "inactive.one", email="inactive@example.org")
    practice.patients.deactivate(inactive.patient_id)
    practice.patients.register(person(email="never.activated@example.org"))
    return {
        "known": member.username,
        "unknown": "nobody.here",
        "inactive": inactive.username,
        "never activated": "never.activated@example.org",
    }


def test_every_sort_of_name_is_answered_alike(usual: Portal, names: dict[str, str], calls: Counter[str]) -> None:
    answers = {sort: attempts(usual, name, calls)[0] for sort, name in names.items()}
    left = [("wrong_credentials", (left,)) for left in (3, 2, 1, 0)]
    for sort, answered in answers.items():
        assert answered == [*left, ("account_locked", ()), ("account_locked", ())], sort


def test_every_sort_of_name_takes_the_same_calls(usual: Portal, names: dict[str, str], calls: Counter[str]) -> None:
    costs = {sort: attempts(usual, name, calls)[1] for sort, name in names.items()}
    for number, *of_one in zip(ATTEMPTS, *costs.values(), strict=True):
        for sort, cost in zip(costs, of_one, strict=True):
            assert cost.total() == of_one[0].total(), f"attempt {number}, {sort}: {cost} against {of_one[0]}"
            # Where an account is locked and its patient is told, a name without one spends two reads instead.
            if number != LOCKING:
                assert cost == of_one[0], f"attempt {number}, {sort}"


def test_each_counted_attempt_is_one_verification_and_one_transaction(
    usual: Portal, names: dict[str, str], calls: Counter[str]
) -> None:
    for sort, name in names.items():
        for number, cost in zip(ATTEMPTS, attempts(usual, name, calls)[1], strict=True):
            counted = int(number <= LOCKING)
            assert (cost["verify"], cost["transaction"], cost["hash"]) == (counted, counted, 0), (sort, number)


def test_the_right_password_of_an_inactive_patient_looks_like_a_wrong_one(
    usual: Portal, names: dict[str, str], member: Member, calls: Counter[str]
) -> None:
    right = attempts(usual, names["inactive"], calls, member.password)
    wrong = attempts(usual, names["known"], calls)
    assert right == wrong


def test_the_right_password_of_an_inactive_patient_is_not_upgraded(
    portal_with: Callable[..., Portal],
    names: dict[str, str],
    member: Member,
    calls: Counter[str],
    counted: Callable[..., PasswordHasher],
) -> None:
    newer = portal_with(hasher=counted(CheapHasher(generation=2)))
    right = attempts(newer, names["inactive"], calls, member.password)
    wrong = attempts(newer, names["known"], calls)
    assert right == wrong
