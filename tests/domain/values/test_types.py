"""A value of another type is refused by the name of its field, and shows nothing of itself."""

import pytest

from patientportal.domain.staff import Role
from patientportal.domain.values.types import of_type


def test_a_value_of_the_type_comes_back_itself() -> None:
    assert of_type(Role.BILLING, Role, field="role") is Role.BILLING
    assert of_type(False, bool, field="invite") is False


@pytest.mark.parametrize("value", [None, "billing", 1, b"secret"])
def test_another_is_a_type_error_that_names_the_field_and_both_types(value: object) -> None:
    with pytest.raises(TypeError, match=rf"^role must be Role, not {type(value).__name__}$"):
        of_type(value, Role, field="role")
