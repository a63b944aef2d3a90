"""What is asked of a new password, for the form in which one is chosen."""

from collections.abc import Callable

import pytest

from patientportal import BadInputError, PasswordPolicy, Policy, Portal
from patientportal.testing import portal

Untouched = Callable[[], object]


def codes(of: Portal, password: str) -> list[str]:
    return [problem.code.value for problem in of.passwords.problems(password)]


def test_all_problems_of_what_was_typed_come_at_once() -> None:
    assert codes(portal(), "violetkettl") == ["too_short", "no_digit", "no_special"]
    assert codes(portal(), "violet kettle 42 drifts") == []


def test_what_many_people_use_is_refused_by_the_rule_and_by_the_list_of_the_practice() -> None:
    class Listed:
        def contains(self, password: str) -> bool:
            return password == "caf\u00e9 kettle 42 drifts"

    listed = portal(common_passwords=Listed())
    assert codes(listed, "cafe\u0301 kettle 42 drifts") == ["common"], "in the form that is compared"
    assert codes(listed, "cafe kettle 42 drifts") == []
    assert codes(listed, "aaaaaaaaaa 1!") == ["common"]


def test_the_rules_are_those_of_the_practice() -> None:
    policy = Policy(zone="UTC", passwords=PasswordPolicy(min_length=15, composition=False))
    strict = portal(policy=policy)
    assert strict.policy is policy
    assert [(rule.code.value, rule.limit) for rule in strict.passwords.all()] == [
        ("too_short", 15),
        ("too_long", 128),
        ("common", None),
        ("personal", None),
        ("unchanged", None),
    ]
    assert codes(strict, "violet kettle!") == ["too_short"]


@pytest.mark.parametrize(("typed", "problem"), [("", "empty"), ("x" * 1025, "too_long"), ("a\0", "bad_character")])
def test_what_can_be_no_password_is_bad_input(typed: str, problem: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        portal().passwords.problems(typed)
    assert (refusal.value.field, refusal.value.problem) == ("password", problem)
