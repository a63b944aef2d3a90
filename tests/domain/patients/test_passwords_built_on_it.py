"""Which passwords are built on a patient's personal information."""

import string
from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from patientportal.domain.patients.personal import is_built_on
from tests.domain.patients.ada import ADA

USERNAME = "countess"


def built_on(password: str, username: str = USERNAME, **changes: Any) -> bool:
    return is_built_on(password, username=username, personal=evolve(ADA, **changes))


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
        ({"last_name": "\u0141ukasz"}, "LUKASZ kettles 42", True),
        ({"last_name": "lukasz"}, "\u0141ukasz kettles 42", True),
        ({"last_name": "\u092e\u0941\u0915\u0947\u0936"}, "\u092e\u0941\u0915\u0947\u0936 kettles 42", True),
        ({"last_name": "\u092e\u0941\u0915\u0947\u0936"}, "\u092e\u0915\u0936 kettle", True),  # without vowels
        ({"last_name": "\u092e\u0941\u0915\u0947\u0936"}, "\u092e\u0917\u0936 kettles", False),
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
