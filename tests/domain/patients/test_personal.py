"""Personal information: each field's bounds, and nothing shown."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import asdict, fields

from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.values.known_days import PartialDate
from patientportal.domain.values.sameness import comparable
from tests.domain.patients.ada import ADA

LONG_EMAIL = f"{'a' * 64}@{'b.' * 92}bcom"


def changed(**changes: Any) -> PersonalInformation:
    return PersonalInformation(**(asdict(ADA) | changes))


def refusal(make: Callable[[], object]) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        make()
    return caught.value.field, caught.value.problem, caught.value.limit


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "X"),
        ("first_name", "x" * 100),
        ("first_name", "Jos\u00e9 Mar\u00eda"),
        ("last_name", "O'Neill-\u017bo\u0142\u0105d\u017a"),
        ("last_name", "\u674e"),
        ("last_name", "\u0627\u0644\u062e\u0648\u0627\u0631\u0632\u0645\u064a"),
        ("date_of_birth", date(1880, 1, 1)),
        ("date_of_birth", date(2999, 12, 31)),
        ("date_of_birth", PartialDate(1880)),
        ("date_of_birth", PartialDate(1974, 3)),
        ("date_of_birth", None),
        ("first_name", ""),
        ("email", None),
        ("email", "a@b"),
        ("email", "first.last+tag_1%x@mail-1.example.co.uk"),
        ("email", "j\u00f6rg@m\u00fcller.example"),
        ("email", f"{'a' * 64}@example.org"),
        ("email", LONG_EMAIL),
        ("phone", None),
        ("phone", "5"),
        ("phone", "+1 (212) 555-0100"),
        ("phone", "(212) 555-0100"),
        ("phone", "020.7946/0958"),
        ("phone", "1" * 64),
        ("postal_code", None),
        ("postal_code", "1"),
        ("postal_code", "SW1A 1AA"),
        ("postal_code", "12345-6789"),
        ("postal_code", "1" * 16),
        ("language", None),
        ("language", "de"),
        ("language", "haw"),
        ("language", "zh-Hant-TW"),
        ("language", "de-CH-1996-x-" + "a" * 8),
    ],
)
def test_a_usable_value_is_kept_as_it_is(field: str, value: object) -> None:
    assert getattr(changed(**{field: value}), field) == value


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "phone", "postal_code", "language"])
def test_white_space_around_a_value_is_trimmed(field: str) -> None:
    assert getattr(changed(**{field: f"\t {getattr(ADA, field)} \n"}), field) == getattr(ADA, field)


@pytest.mark.parametrize(
    ("field", "value", "problem", "limit"),
    [
        ("first_name", " \n ", "empty", None),
        ("first_name", "x" * 101, "too_long", 100),
        ("first_name", "y" * 10_000_000, "too_long", 100),
        ("first_name", "\u3164\u2800\u200e\ufe0f", "empty", None),
        ("first_name", "A\0da", "bad_character", None),
        ("last_name", " ", "empty", None),
        ("last_name", "x" * 101, "too_long", 100),
        ("last_name", "Love\u202elace", "bad_character", None),
        ("last_name", "Love\nlace", "bad_character", None),
        ("last_name", "Love\ud800lace", "bad_character", None),
        ("date_of_birth", date(1879, 12, 31), "too_early", 1880),
        ("date_of_birth", PartialDate(1879, 12), "too_early", 1880),
        ("email", "", "empty", None),
        ("email", "nobody", "bad_format", None),
        ("email", "@example.org", "bad_format", None),
        ("email", "ada@", "bad_format", None),
        ("email", "ada@@example.org", "bad_format", None),
        ("email", "ada@example.org@example.org", "bad_format", None),
        ("email", "ada lovelace@example.org", "bad_format", None),
        ("email", "ada@example..org", "bad_format", None),
        ("email", "ada@.example.org", "bad_format", None),
        ("email", "ada@example.org.", "bad_format", None),
        ("email", "ada@-example.org", "bad_format", None),
        ("email", "ada@example-.org", "bad_format", None),
        ("email", "ada@exa_mple_.org", "bad_format", None),
        ("email", "ada@example.org,bob@example.org", "bad_format", None),
        ("email", "Ada <ada@example.org>", "bad_format", None),
        ("email", '"ada"@example.org', "bad_format", None),
        ("email", "ada@[127.0.0.1]", "bad_format", None),
        ("email", "ada\r\nBcc: all@example.org", "bad_character", None),
        ("email", f"{'a' * 65}@example.org", "too_long", 64),
        ("email", f"{'a' * 64}@{'b.' * 93}bcom", "too_long", 254),
        ("email", "a@" + "a-" * 126, "bad_format", None),
        ("email", "b" * 10_000_000, "too_long", 254),
        ("phone", "", "empty", None),
        ("phone", "call me", "bad_format", None),
        ("phone", "+", "bad_format", None),
        ("phone", "(", "bad_format", None),
        ("phone", "12+34", "bad_format", None),
        ("phone", "1" * 65, "too_long", 64),
        ("postal_code", "", "empty", None),
        ("postal_code", "-12345", "bad_format", None),
        ("postal_code", "12345!", "bad_format", None),
        ("postal_code", "\u0661\u0662\u0663", "bad_format", None),
        ("postal_code", "1" * 17, "too_long", 16),
        ("language", "", "empty", None),
        ("language", "d", "bad_format", None),
        ("language", "deut", "bad_format", None),
        ("language", "de_DE", "bad_format", None),
        ("language", "de-", "bad_format", None),
        ("language", "de-" + "a" * 9, "bad_format", None),
        ("language", "d\u00e9", "bad_format", None),
        ("language", "de" + "-aaaaaaaa" * 4, "too_long", 35),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_an_unusable_value_is_refused_by_field_and_reason(
    field: str, value: object, problem: str, limit: int | None
) -> None:
    assert refusal(lambda: changed(**{field: value})) == (field, problem, limit)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            (f, v)
            for f in ("first_name", "last_name", "email", "phone", "postal_code", "language")
            for v in (b"Ada", 7)
        ),
        *((f, None) for f in ("first_name", "last_name")),
        ("date_of_birth", "1975-03-28"),
        ("date_of_birth", datetime(1975, 3, 28, tzinfo=UTC)),
        ("date_of_birth", 19750328),
    ],
    ids=repr,
)
def test_a_value_of_the_wrong_type_is_a_type_error_that_names_the_field(field: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be .*, not {type(value).__name__}$"):
        changed(**{field: value})


def test_the_first_unusable_field_is_named_in_the_order_of_the_fields() -> None:
    changes: dict[str, Any] = dict.fromkeys(
        ("first_name", "last_name", "email", "phone", "postal_code", "language"), " "
    )
    changes["date_of_birth"] = date(1700, 1, 1)
    for field in fields(PersonalInformation):
        assert refusal(lambda: changed(**changes))[0] == field.name
        del changes[field.name]
    assert changed(**changes) == ADA


@pytest.mark.parametrize("names", [("Suharto", ""), ("", "Suharto")])
def test_one_name_is_enough_and_is_the_last_one_in_whichever_field_it_stands(names: tuple[str, str]) -> None:
    known = changed(first_name=names[0], last_name=names[1])
    assert (known.first_name, known.last_name, known.name) == ("", "Suharto", "Suharto")
    assert ADA.name == "Ada Lovelace"


def test_no_name_is_none() -> None:
    assert refusal(lambda: changed(first_name="", last_name="")) == ("last_name", "empty", None)


def test_a_birth_date_whose_parts_are_all_known_is_a_day() -> None:
    assert changed(date_of_birth=PartialDate(1974, 3, 2)).date_of_birth == date(1974, 3, 2)


def test_personal_information_never_shows_itself() -> None:
    assert repr(ADA) == "PersonalInformation(...)"
    shown = f"{ADA} {ADA!s} {[ADA]}".lower()
    assert [value for value in map(str, asdict(ADA).values()) if value.lower() in shown] == []


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("O'Neill-Smith 3rd", "oneillsmith3rd"),
        ("Jos\u00e9", "jose"),
        ("Jose\u0301", "jose"),
        ("Stra\u00dfe", "strasse"),
        ("\uff21\uff22\u00b2", "ab2"),
        ("\u0130\u015f\u0131k", "isik"),
        ("\u0391\u0394\u0391\u03a3", "\u03b1\u03b4\u03b1\u03c3"),
        ("-_ !", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_signs(text: str, letters: str) -> None:
    assert comparable(text) == letters
