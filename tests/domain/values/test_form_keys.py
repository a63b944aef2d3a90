"""Keys of forms: what one is, and that it stands for one thing, whatever is asked for under it later."""

from enum import StrEnum

import pytest
from attrs import frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated, repeated, usable_key


class Status(StrEnum):
    OPEN = "open"


@frozen
class Thing:
    id: str


def refusal(value: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        usable_key(value)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_key_is_compared_as_it_is_and_has_255_characters_at_most() -> None:
    for key in (None, " ", "x" * 255, "\U0001f9ea" * 255, "e\u0301"):
        assert usable_key(key) == key
    assert refusal("") == ("idempotency_key", "empty", None)
    assert refusal("x" * 256) == ("idempotency_key", "too_long", 255)
    assert refusal("x" * 10_000_000) == ("idempotency_key", "too_long", 255)
    assert refusal("\ud800") == ("idempotency_key", "bad_character", None)
    with pytest.raises(TypeError, match=r"^idempotency_key must be str, not int$"):
        usable_key(7)


def test_the_same_again_is_what_is_kept_and_nothing_is_saved() -> None:
    again = repeated(Thing("t-1"), what="thing", before=("a", None), asked=("a", None), status=Status.OPEN)
    assert again == Repeated(kept=Thing("t-1"))
    assert isinstance(again, Unchanged)


@pytest.mark.parametrize("status", [None, Status.OPEN])
def test_something_else_is_refused_naming_what_has_the_key_and_where_it_stands(status: Status | None) -> None:
    with pytest.raises(IdempotencyKeyReusedError) as caught:
        repeated(Thing("t-1"), what="thing", before=("a", None), asked=("thrush", None), status=status)
    assert (caught.value.what, caught.value.id, caught.value.status) == ("thing", "t-1", status)
    assert isinstance(caught.value, RefusedError)
    assert str(caught.value) == "idempotency_key_reused"
    assert "thrush" not in repr(caught.value)
