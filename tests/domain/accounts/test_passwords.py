"""Passwords: the form in which they are measured, and every problem of a new one at once."""

import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.passwords import (
    PasswordProblem,
    PasswordProblemCode,
    Verification,
    problems,
    problems_for_anybody,
    rules,
    usable,
)
from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import PasswordPolicy

ADA = PersonalInformation(
    first_name="Ada", last_name="Lovelace", date_of_birth=date(1975, 3, 28), email="quillpen@example.org"
)
GOOD = "violet kettle 42 drifts"
UNJUDGED = {"refuse_common": False, "refuse_personal": False}


def found(password: str, policy: PasswordPolicy | None = None) -> list[str]:
    """The problems as ``code`` or ``code number``."""
    listed = problems(password, username="princess", personal=ADA, is_listed=False, policy=policy or PasswordPolicy())
    return [str(p.code) if p.limit is None else f"{p.code} {p.limit}" for p in listed]


def problem(password: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        usable(password, field="new_password")
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_password_is_composed_and_never_trimmed_or_cut() -> None:
    assert usable(" Cafe\u0301 \uff11\ufb01 ") == " Caf\u00e9 1fi "
    assert usable("x" * 1024) == "x" * 1024


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("\0" * 1025, ("too_long", 1024)),
        ("\u4e2d" * 341 + "\0", ("bad_character", None)),
        ("\u4e2d" * 341 + "\ud800", ("bad_character", None)),
        ("\u4e2d" * 342, ("too_long", 1024)),
        ("x" * 10_000_000, ("too_long", 1024)),
        ("", ("empty", None)),
    ],
    ids=map(str, range(6)),
)
def test_a_password_is_checked_for_size_then_characters_then_presence(
    password: str, refused: tuple[str, int | None]
) -> None:
    assert problem(password) == ("new_password", *refused)


def test_the_field_is_named_password_unless_told_otherwise() -> None:
    with pytest.raises(BadInputError, match="bad_input: password: empty"):
        usable("")


@pytest.mark.parametrize("password", [b"bytes", None, 12])
def test_what_is_no_text_is_a_type_error(password: object) -> None:
    with pytest.raises(TypeError, match=f"^password must be str, not {type(password).__name__}$"):
        usable(password)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30))
def test_however_a_password_is_composed_it_is_the_same(password: str) -> None:
    forms = {unicodedata.normalize(form, password) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert {usable(form) for form in forms} == {usable(password)}


def test_a_good_password_has_no_problem() -> None:
    assert problems(GOOD, username="princess", personal=ADA, is_listed=False, policy=PasswordPolicy()) == ()


@pytest.mark.parametrize(
    ("password", "left"),
    [
        ("\u0301", ["too_short 12", "no_letter 1", "no_digit 1", "no_special 1"]),
        ("\u0301" * 129, ["too_long 128", "no_letter 1", "no_digit 1", "no_special 1"]),
        ("\u0301" * 12, ["no_letter 1", "no_digit 1", "no_special 1"]),
        ("princess" + "\u0301" * 4, ["no_digit 1", "no_special 1", "common", "personal"]),
        ("princess1975", ["no_special 1", "common", "personal"]),
        ("princess 1975", ["common", "personal"]),
        ("princess 1975 copper kettles drift", ["personal"]),
        ("drifting 1975 copper kettles", []),
    ],
)
def test_all_problems_come_at_once_in_their_documented_order(password: str, left: list[str]) -> None:
    assert found(password) == left


def test_everything_at_once_is_listed_in_the_order_of_the_codes() -> None:
    listed = problems("princess", username="princess", personal=ADA, is_listed=False, policy=PasswordPolicy())
    assert listed == (
        PasswordProblem(PasswordProblemCode.TOO_SHORT, 12),
        PasswordProblem(PasswordProblemCode.NO_DIGIT, 1),
        PasswordProblem(PasswordProblemCode.NO_SPECIAL, 1),
        PasswordProblem(PasswordProblemCode.COMMON),
        PasswordProblem(PasswordProblemCode.PERSONAL),
    )
    order = list(PasswordProblemCode)
    assert [p.code for p in listed] == sorted((p.code for p in listed), key=order.index)


@pytest.mark.parametrize(
    ("length", "left"),
    [(11, ["too_short 12"]), (12, []), (128, []), (129, ["too_long 128"])],
)
def test_twelve_to_a_hundred_and_twenty_eight_characters_are_asked_for(length: int, left: list[str]) -> None:
    assert found("\u4e2d" * length, PasswordPolicy(composition=False, **UNJUDGED)) == left


@given(st.integers(8, 70), st.integers(0, 40), st.integers(0, 80))
def test_the_length_is_counted_in_characters_at_both_ends(min_length: int, over: int, length: int) -> None:
    policy = PasswordPolicy(min_length=min_length, max_length=70 + over, composition=False, **UNJUDGED)
    expected = [f"too_short {min_length}"] if length < min_length else []
    expected += [f"too_long {70 + over}"] if length > 70 + over else []
    assert found("\u4e2d" * length, policy) == expected


def test_the_length_is_that_of_the_composed_form() -> None:
    policy = PasswordPolicy(composition=False, **UNJUDGED)
    decomposed, ligatures = "e\u0301" * 11, "\ufb03" * 4  # 22 characters that are 11, and 4 that are 12
    assert found(usable(decomposed), policy) == ["too_short 12"]
    assert found(usable(ligatures), policy) == []


LETTERS, DIGITS, SPECIALS, OTHERS = (
    "aZ\u00e9\u4e2d\u0905\u02b0\u01c5",
    "7\u0663\u096b",
    " !~\u20ac\u00b1\u2014\u00ab\u3000\U0001f600",
    "\u0301\u0903\u200d\t\u2460",
)


@pytest.mark.parametrize(
    ("characters", "missing"),
    [
        (LETTERS, ["no_digit 1", "no_special 1"]),
        (DIGITS, ["no_letter 1", "no_special 1"]),
        (SPECIALS, ["no_letter 1", "no_digit 1"]),
        (OTHERS, ["no_letter 1", "no_digit 1", "no_special 1"]),
    ],
)
def test_letters_digits_and_specials_are_those_of_any_script(characters: str, missing: list[str]) -> None:
    policy = PasswordPolicy(**UNJUDGED)
    assert {c: found(c * 12, policy) for c in characters} == dict.fromkeys(characters, missing)


@given(
    st.text(LETTERS, max_size=9),
    st.text(DIGITS, max_size=9),
    st.text(SPECIALS, max_size=9),
    st.text(OTHERS, min_size=12, max_size=15),
)
def test_whatever_sort_is_missing_is_named(letters: str, digits: str, specials: str, others: str) -> None:
    sorts = {"no_letter 1": letters, "no_digit 1": digits, "no_special 1": specials}
    missing = [code for code, characters in sorts.items() if not characters]
    password = specials + others + letters + digits
    assert found(password, PasswordPolicy(**UNJUDGED)) == missing
    assert found(password, PasswordPolicy(composition=False, **UNJUDGED)) == []


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (PasswordPolicy(), ["no_special 1", "common", "personal"]),
        (PasswordPolicy(composition=False), ["common", "personal"]),
        (PasswordPolicy(composition=False, refuse_common=False), ["personal"]),
        (PasswordPolicy(composition=False, refuse_personal=False), ["common"]),
        (PasswordPolicy(composition=False, **UNJUDGED), []),
    ],
)
def test_a_practice_may_switch_off_each_demand(policy: PasswordPolicy, left: list[str]) -> None:
    assert found("princess1975", policy) == left


def test_the_rules_are_every_problem_there_is_with_its_number() -> None:
    numbers = {"too_short": 12, "too_long": 128, "no_letter": 1, "no_digit": 1, "no_special": 1}
    assert rules(PasswordPolicy()) == tuple(PasswordProblem(code, numbers.get(code)) for code in PasswordProblemCode)


@given(
    policy=st.builds(
        PasswordPolicy, min_length=st.integers(8, 64), composition=st.booleans(), refuse_common=st.booleans()
    ),
    password=st.text(st.sampled_from("ab1! \u4e2d"), min_size=1, max_size=140),
    is_listed=st.booleans(),
)
def test_whatever_is_wrong_for_anybody_is_a_rule_and_all_of_what_a_patient_is_told(
    policy: PasswordPolicy, password: str, *, is_listed: bool
) -> None:
    wrong = problems_for_anybody(password, is_listed=is_listed, policy=policy)
    assert set(wrong) <= set(rules(policy))
    told = problems(password, username="princess", personal=ADA, is_listed=is_listed, policy=policy)
    assert tuple(one for one in told if one.code != PasswordProblemCode.PERSONAL) == wrong


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        (PasswordPolicy(composition=False), {"no_letter", "no_digit", "no_special"}),
        (PasswordPolicy(refuse_common=False), {"common"}),
        (PasswordPolicy(refuse_personal=False), {"personal"}),
    ],
)
def test_what_a_practice_has_switched_off_is_no_rule(policy: PasswordPolicy, missing: set[str]) -> None:
    assert {rule.code.value for rule in rules(policy)} == {code.value for code in PasswordProblemCode} - missing


def test_the_largest_usable_password_is_judged_in_bounded_time() -> None:
    largest = usable("\ufdfa" * 341)  # each becomes 18 characters
    begin = time.perf_counter()
    assert found(largest)[0] == "too_long 128"
    assert time.perf_counter() - begin < 2


def test_a_verification_shows_no_hash() -> None:
    assert "secret" not in repr(Verification(against="secret", password_changed_at=None, matched=True))
