"""What type a value from outside has."""

from typing import TypeVar

T = TypeVar("T")


def of_type(value: object, wanted: type[T], *, field: str) -> T:
    """The value itself, once it is known to be of this type.

    Raises:
        TypeError: it isn't.
    """
    if not isinstance(value, wanted):
        raise TypeError(f"{field} must be {wanted.__name__}, not {type(value).__name__}")
    return value
