"""What is sealed comes back whole with its own key, and nothing else does."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.values.sealed import sealed, unsealed

KEY = b"k" * 32
CONTENTS = st.binary(max_size=700)


def opened(text: object, key: bytes = KEY) -> bytes | None:
    return unsealed(text, field="challenge_id", key=key)


@given(CONTENTS, st.binary(min_size=1, max_size=64))
def test_what_was_sealed_is_opened_by_its_own_key_alone(content: bytes, key: bytes) -> None:
    text = sealed(content, key=key)
    assert text == sealed(content, key=key)
    assert opened(text, key) == content
    assert opened(text, key + b"x") is None


@given(CONTENTS, st.data())
def test_no_character_of_it_can_be_another(content: bytes, data: st.DataObject) -> None:
    text = sealed(content, key=KEY)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_+/= \n\0\u00e9\ud800").filter(lambda one: one != text[at]))
    assert opened(text[:at] + other + text[at + 1 :]) is None
    assert opened(text[:at]) is None
    assert opened(text + other) is None


@given(st.binary(min_size=8, max_size=700))
def test_nothing_of_a_content_can_be_read_and_its_length_alone_shows(content: bytes) -> None:
    raw = base64.urlsafe_b64decode(sealed(content, key=KEY) + "==")
    assert content not in raw
    assert len(raw) == 32 + len(content)


def test_two_contents_of_which_one_is_known_do_not_show_the_other() -> None:
    one, other = (base64.urlsafe_b64decode(sealed(each, key=KEY) + "==")[32:] for each in (b"a" * 90, b"a" * 89 + b"b"))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 10


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 43, "A" * 45, "A" * 1025, "A" * 10_000_000, "\ud800" * 43])
def test_what_nobody_sealed_is_none(text: str) -> None:
    assert opened(text) is None


@pytest.mark.parametrize("value", [b"A" * 43, None, 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(value: object) -> None:
    with pytest.raises(TypeError, match=f"^challenge_id must be str, not {type(value).__name__}$"):
        opened(value)
