"""Tokens: taken apart only when whole, of any length, with a secret that is nowhere to be seen."""

import hashlib
import string
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import PatientId
from patientportal.domain.values.tokens import Token, parsed

ALPHABET = string.ascii_letters + string.digits + "_-"
SECRET = "s" * 43
TOKEN = Token(patient_id=PatientId("p-1"), id="id_2", secret=SECRET)


def parts(at_least: int, at_most: int) -> st.SearchStrategy[str]:
    return st.text(ALPHABET, min_size=at_least, max_size=at_most)


def test_a_token_is_three_parts_between_dots() -> None:
    assert TOKEN.as_text() == f"p-1.id_2.{SECRET}"
    assert parsed(TOKEN.as_text(), field="session_token") == TOKEN


@given(parts(1, 64), parts(1, 64), parts(43, 64))
def test_what_is_handed_out_is_read_again(patient_id: str, one: str, secret: str) -> None:
    token = Token(patient_id=PatientId(patient_id), id=one, secret=secret)
    assert parsed(token.as_text(), field="link_secret") == token


@given(st.lists(st.text(f"{ALPHABET}.\n \u0660", max_size=70), max_size=4).map(".".join))
def test_any_other_text_is_no_token(text: str) -> None:
    pieces = text.split(".")
    sizes = [(1, 64), (1, 64), (43, 64)]
    whole = len(pieces) == 3 and all(
        low <= len(piece) <= high and set(piece) <= set(ALPHABET)
        for piece, (low, high) in zip(pieces, sizes, strict=True)
    )
    assert (parsed(text, field="session_token") is not None) is whole


@pytest.mark.parametrize(
    ("text", "is_token"),
    [
        ("", False),
        (SECRET, False),
        (f"p.{SECRET}", False),
        (f"p..{SECRET}", False),
        (f"p.i.{'s' * 42}", False),
        (f"p.i.{'s' * 65}", False),
        (f"{'p' * 65}.i.{SECRET}", False),
        (f"p.{'i' * 65}.{SECRET}", False),
        (f"p.i.{SECRET}\n", False),
        (f" p.i.{SECRET}", False),
        (f"p.i.{SECRET}=", False),
        ("p.i." + "\u0660" * 43, False),
        (f"p.\ud800.{SECRET}", False),
        ("p.i." + "\0" * 43, False),
        ("." * 10_000_000, False),
        ("s" * 10_000_000, False),
        (f"p.i.{'s' * 10_000_000}", False),
        (f"p.i.{SECRET}", True),
        (f"{'p' * 64}.{'i' * 64}.{'s' * 64}", True),
    ],
    ids=map(str, count(1)),
)
def test_a_token_of_any_length_is_read_or_answered_with_none(text: str, is_token: bool) -> None:  # noqa: FBT001 - a column
    assert (parsed(text, field="session_token") is not None) is is_token


@pytest.mark.parametrize("value", [b"p.i.s", None, 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(value: object) -> None:
    with pytest.raises(TypeError, match=f"^link_secret must be str, not {type(value).__name__}$"):
        parsed(value, field="link_secret")


def test_only_the_hash_of_a_secret_is_kept_and_fits_that_secret_alone() -> None:
    assert TOKEN.secret_hash == hashlib.sha256(SECRET.encode()).digest()
    assert TOKEN.fits(TOKEN.secret_hash)
    assert not Token(patient_id=TOKEN.patient_id, id=TOKEN.id, secret=f"{SECRET}s").fits(TOKEN.secret_hash)
    assert not TOKEN.fits(b"")


def test_a_token_does_not_show_its_secret() -> None:
    assert SECRET not in repr(TOKEN)
