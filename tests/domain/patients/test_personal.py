"""Personal information: each field's bounds, nothing shown, and which passwords are built on it."""

import string
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import asdict, evolve, fields
from hypothesis import assume, given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.personal import PersonalInformation, comparable, is_built_on

ADA = PersonalInformation(
    first_name="Ada",
    last_name="Lovelace",
    date_of_birth=date(1975, 3, 28),
    email="quillpen.mail@example.org",
    phone="+44 20 7946 0958",
    postal_code="SW1A 1AA",
    language="en-GB",
)
USERNAME = "countess"
LONG_EMAIL = f"{'a' * 64}@{'b' * 185}.com"


def changed(**changes: Any) -> PersonalInformation:
    return PersonalInformation(**(asdict(ADA) | changes))


def refusal(make: Callable[[], object]) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        make()
    return caught.value.field, caught.value.problem, caught.value.limit


def built_on(password: str, username: str = USERNAME, **changes: Any) -> bool:
    return is_built_on(password, username=username, personal=evolve(ADA, **changes))


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
        ("phone", "1" * 32),
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
        ("first_name", "", "empty", None),
        ("first_name", " \n ", "empty", None),
        ("first_name", "x" * 101, "too_long", 100),
        ("first_name", "x" * 10_000_000, "too_long", 400),
        ("first_name", "A\0da", "bad_character", None),
        ("last_name", "", "empty", None),
        ("last_name", "x" * 101, "too_long", 100),
        ("last_name", "Love\u202elace", "bad_character", None),
        ("last_name", "Love\nlace", "bad_character", None),
        ("last_name", "Love\ud800lace", "bad_character", None),
        ("date_of_birth", date(1879, 12, 31), "too_early", None),
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
        ("email", f"{'a' * 65}@example.org", "bad_format", None),
        ("email", "\u00e9" * 33 + "@example.org", "bad_format", None),
        ("email", f"{'a' * 64}@{'b' * 186}.com", "too_long", 254),
        ("email", "a@" + "a-" * 126, "bad_format", None),
        ("email", "a" * 10_000_000, "too_long", 1016),
        ("phone", "", "empty", None),
        ("phone", "call me", "bad_format", None),
        ("phone", "+", "bad_format", None),
        ("phone", "(", "bad_format", None),
        ("phone", "12+34", "bad_format", None),
        ("phone", "555 x 12", "bad_format", None),
        ("phone", "\u0661\u0662\u0663", "bad_format", None),
        ("phone", "1" * 33, "too_long", 32),
        ("phone", "1" * 10_000_000, "too_long", 128),
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
        *((f, None) for f in ("first_name", "last_name", "email", "date_of_birth")),
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
        ("first_name", "last_name", "email", "phone", "postal_code", "language"), ""
    )
    changes["date_of_birth"] = date(1700, 1, 1)
    for field in fields(PersonalInformation):
        assert refusal(lambda: changed(**changes))[0] == field.name
        del changes[field.name]
    assert changed(**changes) == ADA


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
        ("\u0130\u015f\u0131k", "is\u0131k"),
        ("\u0391\u0394\u0391\u03a3", "\u03b1\u03b4\u03b1\u03c3"),
        ("-_ !", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_signs(text: str, letters: str) -> None:
    assert comparable(text) == letters


@pytest.mark.parametrize(
    "password",
    [
        "xx Lovelace xx 77",
        "XXLOVELACEXX 77",
        "L.o.v.e.l.a.c.e plum 7",
        "l0v3l4c3 plum tree",
        "|0V3|@C3 plum 7",
        "L\u00f3v\u00e9l\u00e0c\u00e9 plum 7",
        "my countess plum 7",
        "c0unte$5 plum tree",
        "quillpen plum 7!",
        "quillpen.mail plum 7!",
        "QUILL-PEN plum 7!",
        "plum e-m@il tree 7",
        "adalovelace7!",
        "plum 19750328 tree",
        "plum 28.03.1975 tree",
        "plum 03/28/1975 tree",
        "plum 75-03-28 tree",
        "plum 28 03 75 tree",
        "plum 03_28_75 tree",
    ],
)
def test_a_password_with_a_long_name_or_the_birth_date_in_it_is_built_on_it(password: str) -> None:
    assert built_on(password)


@pytest.mark.parametrize(
    "password",
    [
        "violet kettle 42 drifts",
        "love lamp kettles 9!",
        "lovelac kettle 42 x",
        "ada likes kettles 42",
        "adada kettles boil 9",
        "in 1975 kettles boil",
        "2803 kettles drift!!",
        "example.org kettle 42",
        "+442079460958 kettle",
        "SW1A 1AA kettle lamp",
        "1975-04-28 kettle up",
        "",
        "!!!! ---- ????",
        "short",
    ],
)
def test_a_password_with_little_or_nothing_of_the_patient_in_it_is_not(password: str) -> None:
    assert not built_on(password)


@pytest.mark.parametrize(
    ("rest", "built"),
    [("", True), ("k", True), ("kettles", True), ("kettlesb", False), ("kettle-sb", False), ("ket-tles--", True)],
)
@pytest.mark.parametrize("hint", ["Ada", "@d4", "1975", "0328", "2803", "Ada-1975", "2803 ADA 1975"])
def test_besides_short_hints_eight_letters_and_digits_must_remain(hint: str, rest: str, *, built: bool) -> None:
    assert built_on(f"{hint} {rest}") is built
    assert built_on(f"{rest}-{hint}") is built


def test_a_short_text_without_any_hint_is_not_called_personal() -> None:
    assert [text for text in ("k", "kettle", "kettles", "7") if built_on(text)] == []


@pytest.mark.parametrize(
    ("names", "password", "built"),
    [
        ({"first_name": "Bo", "last_name": "Li"}, "bo li 1975", True),
        ({"first_name": "Bo", "last_name": "Li"}, "boat lights drift 7", False),
        ({"first_name": "Bo-Li"}, "li kxzvwkx", True),
        ({"first_name": "Bo-Li"}, "ti kxzvwkx", False),
        ({"first_name": "Le", "last_name": "Ale"}, "ale kxzvwkx", True),  # the longer one is taken away first
        ({"first_name": "Y", "last_name": "O"}, "yo yo yo yo 77", False),
        ({"first_name": "\u5c0f\u9f99", "last_name": "\u674e"}, "\u5c0f\u9f99 kettle7", True),
        ({"first_name": "\u5c0f\u9f99", "last_name": "\u674e"}, "\u5c0f\u9f99 kettles 77", False),
        ({"last_name": "Anne-Marie van der Berg"}, "marie kettles 42", True),
        ({"last_name": "Anne-Marie van der Berg"}, "kettles annma 42 ri", False),
        ({"last_name": "van der Berg"}, "vanderberg kettles 42", True),
        ({"last_name": "van der Berg"}, "a van der kettles 42", False),
        ({"last_name": "M\u00fcller"}, "MULLER kettles 42", True),
        ({"last_name": "\u0410\u043d\u043d\u0430"}, "\u0430\u043d\u043d\u0430 kettles 42", True),
        ({"email": "rosebud99@example.org"}, "rosebud kettles 42", True),
        ({"email": "ab12cd34@example.org"}, "abkettlescd 42", False),
    ],
)
def test_names_of_every_length_and_script_are_looked_for(names: dict[str, str], password: str, *, built: bool) -> None:
    assert built_on(password, **names) is built


@pytest.mark.parametrize(
    ("username", "password", "built"),
    [
        ("ab12", "xx ab12 kettles", True),
        ("ab1", "xx ab1 kettles up", False),
        ("plum_tree.42", "the plum kettles 9", True),
        ("plum_tree.42", "plumtree42", True),
        ("x", "xx kettles up 42", False),
    ],
)
def test_the_username_is_looked_for_whole_and_in_its_parts(username: str, password: str, *, built: bool) -> None:
    assert built_on(password, username=username) is built


words = st.text(string.ascii_lowercase, min_size=4, max_size=12)
fillers = st.text("kxzvw 7!-", max_size=12)


@given(words, fillers, fillers, st.sampled_from(["username", "first_name", "last_name", "email"]), st.randoms())
def test_a_long_name_is_found_in_any_case_and_any_spelling(
    name: str, before: str, after: str, where: str, random: Any
) -> None:
    signs = {"o": "0", "e": "3", "a": "4@", "s": "5$", "t": "7", "b": "8", "i": "1!|", "l": "1!|"}
    typed = "".join(random.choice([c, c.upper(), f"{c}.", f"{c} ", *signs.get(c, "")]) for c in name)
    changes: dict[str, Any] = {where: f"{name}@example.org" if where == "email" else name}
    assert built_on(f"{before}{typed}{after}", **changes)


@given(st.text("kxzvwnmp", min_size=8, max_size=40))
def test_letters_that_no_hint_has_are_never_personal(password: str) -> None:
    assert not built_on(password)


@given(st.dates(date(1880, 1, 1), date(2100, 1, 1)), fillers.filter(str.isascii))
def test_every_birth_date_is_found_in_every_order(born: date, around: str) -> None:
    assume(not any(c.isdigit() for c in around))
    year, month, day = f"{born.year}", f"{born.month:02}", f"{born.day:02}"
    for parts in ((year, month, day), (day, month, year), (month, day, year)):
        for separator in ("", "-", " / "):
            assert built_on(f"{around}{separator.join(parts)}kettles boil", date_of_birth=born)
            short = separator.join(part[-2:] for part in parts)
            assert built_on(f"kettles boil{short}{around}", date_of_birth=born)
            bare = separator.join(part.lstrip("0") for part in parts)
            assert built_on(f"{around}{bare}kettles boil", date_of_birth=born)


@pytest.mark.parametrize("password", ["love1ace plum tree", "love!ace plum 7", "1ove|ace plum 7"])
def test_a_one_may_stand_for_an_l(password: str) -> None:
    assert built_on(password)


def test_a_name_with_digits_is_found_in_look_alike_characters() -> None:
    assert built_on("@da75x kettles up", username="ada75x")
    assert built_on("ada75x kettles up", username="@d475x")


@pytest.mark.parametrize("password", ["w11liam plum tree", "w|lliam plum 7", "W!LL|AM plum 7"])
def test_the_same_sign_may_stand_for_an_i_and_for_an_l(password: str) -> None:
    assert built_on(password, first_name="William")


@pytest.mark.parametrize("password", ["plum 5.03.1975 tree", "plum 3/05/1975 tree", "1975-03-5 plum tree"])
def test_a_birth_date_may_be_written_without_some_of_its_zeros(password: str) -> None:
    assert built_on(password, date_of_birth=date(1975, 3, 5))
