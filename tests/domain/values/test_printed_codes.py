"""Codes on paper: sixty bits, that are typed in any way and never mistaken for others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.values import printed_codes
from patientportal.testing.strategies.values import secrets


@given(
    secret=secrets(), case=st.sampled_from([str.lower, str.upper]), between=st.sampled_from(["", "-", " ", "\u2013"])
)
def test_what_is_shown_is_read_again_however_it_is_typed(secret: str, case: object, between: str) -> None:
    code = printed_codes.made_of(secret)
    shown = printed_codes.shown(code)
    assert callable(case)
    assert printed_codes.parsed(case(shown.replace("-", between))) == code
    for read, written in (("1", "I"), ("1", "l"), ("0", "O")):
        assert printed_codes.parsed(shown.replace(read, written)) == code


@given(one=secrets(), other=secrets())
def test_two_secrets_give_two_codes_and_two_keys_two_hashes(one: str, other: str) -> None:
    same = printed_codes.made_of(one) == printed_codes.made_of(other)
    assert same == (one == other)
    code = printed_codes.made_of(one)
    hashes = {printed_codes.code_hash(code, key=key) for key in (b"k" * 32, b"j" * 32)}
    assert len(hashes) == 2
    assert {len(one) for one in hashes} == {32}


@pytest.mark.parametrize(
    "text",
    ["", "A" * 11, "A" * 13, "U" * 12, "AAAA.AAAA.AAAA", "A" * 11 + "\u00c4", "A" * 12 + " " * 60, "A" * 11_000_000],
)
def test_what_can_not_be_a_code_is_none(text: str) -> None:
    assert printed_codes.parsed(text) is None
