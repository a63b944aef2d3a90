"""The hospital's key for a patient: one line, told apart by each of its characters."""

import pytest

from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.patients import usable_external_id


@pytest.mark.parametrize("key", ["K", "k", "MRN 12/34-5", "x" * 255, "\u0661\u0662"])
def test_a_key_is_kept_as_it_is(key: str) -> None:
    assert usable_external_id(key) == usable_external_id(f" {key} ") == key


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\nb", "a\0"])
def test_what_is_no_line_is_no_key(key: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        usable_external_id(key)
    assert refusal.value.field == "external_id"
