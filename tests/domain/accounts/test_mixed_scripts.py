"""Usernames of one script are chosen, and whoever has another one gets in as ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.mixed_scripts import is_mixed
from patientportal.domain.accounts.usernames import chosen, normalised
from patientportal.domain.errors import BadInputError
from patientportal.testing import strategies


@pytest.mark.parametrize(
    "name",
    [
        *("countess", "zo\u00eb", "counte\u00df", "ada.byron@example.org", "c0untess", "7", "...", "a\u0301b\u0302"),
        *(
            "\u043c\u0430\u0440\u0438\u044f",
            "\u03ba\u03cc\u03bc\u03b7\u03c3",
            "\u05e2\u05d3\u05d4",
            "\u0939\u093f\u0928\u094d\u0926\u0940",
        ),
        *(
            "\u3055\u304f\u3089",
            "\u685c\u30b5\u30af\u3089",
            "\u3055\u30fc",
            "sakura\u685c\u3055\u30af",
            "hong\u6d2a",
            "kim\uae40",
            "\u91d1\uae40",
        ),
        *("\u043c\u0430\u0440\u0438\u044f-1980", "\u0645\u0631\u064a\u0645\u0661", "li\u674e\u3112"),
    ],
)
def test_a_name_of_one_script_or_of_latin_and_an_east_asian_one_is_chosen(name: str) -> None:
    assert not is_mixed(name)
    assert chosen(name) == normalised(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "c\u043euntess",
            "c\u03bfuntess",
            "\u0441ountess",
            "counte\u0455s",
            "p\u0430ypal",
            "ada.\u0431",
            "\u0430\u03b1",
        ),
        *(
            "\u043c\u0430\u0440\u0438\u044f\u685c",
            "a\u0531".lower(),
            "\u0915\u0a95",
            "\uae40\u3055",
            "\u3055\u3112",
            "ab\u13a0".lower(),
        ),
        "x\u3055\u043e",
    ],
)
def test_a_name_of_mixed_scripts_is_refused_when_it_is_chosen_and_goes_on_to_lead_in(name: str) -> None:
    assert is_mixed(name)
    with pytest.raises(BadInputError) as refusal:
        chosen(name)
    assert (refusal.value.field, refusal.value.problem) == ("username", "mixed_scripts")
    assert normalised(name)


@given(strategies.usernames(), st.sampled_from("\u0430\u0435\u043e\u0440\u0441\u03bf\u03b1"))
def test_no_borrowed_letter_passes_among_latin_ones(name: str, borrowed: str) -> None:
    key = normalised(name)
    if any("a" <= letter <= "z" for letter in key):
        assert is_mixed(key + borrowed)


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert is_mixed(text) in {True, False}
