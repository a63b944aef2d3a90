"""Numbers that somebody gives: whole, and within their limits."""

from patientportal.domain.errors import BadInputError


def whole(number: object, *, field: str, at_least: int, at_most: int) -> int:
    """A whole number within its limits.

    Args:
        number: what came from outside.
        field: its name, for the error.
        at_least: the lowest that it may be.
        at_most: the highest.

    Raises:
        TypeError: it isn't an ``int``; ``True`` and ``False`` aren't.
        BadInputError: ``out_of_range``; its ``limit`` is the one that was broken.
    """
    if type(number) is not int:
        raise TypeError(f"{field} must be int, not {type(number).__name__}")
    if not at_least <= number <= at_most:
        limit = at_least if number < at_least else at_most
        raise BadInputError(field=field, problem="out_of_range", limit=limit)
    return number
