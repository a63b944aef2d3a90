"""Days of the calendar: what counts as one, and which a schedule can hold."""

from datetime import date

from patientportal.domain.errors import BadInputError

EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def usable_day(day: object, *, field: str) -> date:
    """A day of the calendar.

    Args:
        day: what came from outside.
        field: its name, for the error.

    Raises:
        TypeError: it isn't a ``date``, or is a moment.
    """
    if type(day) is not date:
        raise TypeError(f"{field} must be datetime.date, not {type(day).__name__}")
    return day


def schedule_day(day: object, *, field: str) -> date:
    """A day that a schedule can hold: of the years 1900 to 2999.

    Args:
        day: what came from outside.
        field: its name, for the error.

    Raises:
        TypeError: it isn't a ``date``, or is a moment.
        BadInputError: ``too_early`` or ``too_late``.
    """
    usable = usable_day(day, field=field)
    if usable < EARLIEST_DAY:
        raise BadInputError(field=field, problem="too_early")
    if usable > LATEST_DAY:
        raise BadInputError(field=field, problem="too_late")
    return usable
