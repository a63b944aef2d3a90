"""What counts as usable in a setting: a whole number, yes or no, a duration."""

from datetime import timedelta

from patientportal.domain.errors import ConfigurationError

DURATION_MAX = timedelta(days=3650)


def whole(setting: str, value: object, *, at_least: int, at_most: int) -> None:
    """That a setting is a whole number within its bounds.

    Raises:
        ConfigurationError: it isn't.
    """
    if type(value) is not int:
        raise ConfigurationError(setting=setting, reason="must be a whole number")
    if not at_least <= value <= at_most:
        raise ConfigurationError(setting=setting, reason=f"must be from {at_least} to {at_most}")


def yes_or_no(setting: str, value: object) -> None:
    """That a setting is ``True`` or ``False``.

    Raises:
        ConfigurationError: it isn't.
    """
    if type(value) is not bool:
        raise ConfigurationError(setting=setting, reason="must be True or False")


def duration(setting: str, value: object) -> None:
    """That a setting is longer than zero and ten years at most.

    Raises:
        ConfigurationError: it isn't.
    """
    if not isinstance(value, timedelta):
        raise ConfigurationError(setting=setting, reason="must be a timedelta")
    if not timedelta(0) < value <= DURATION_MAX:
        raise ConfigurationError(setting=setting, reason="must be longer than zero, and ten years at most")
