"""Days of the calendar: what counts as one, and which can be meant where."""

from datetime import date, timedelta

from patientportal.domain.errors import BadInputError

EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(2999, 12, 31)
# Our own: what a practice plans lies within a year, what it agrees on within ten; the rest is a slip of a digit.
A_YEAR, TEN_YEARS = timedelta(days=366), timedelta(days=3653)


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


def day_within(day: date, *, field: str, first: date = EARLIEST_DAY, last: date = LATEST_DAY) -> date:
    """A day that can be meant.

    Args:
        day: a day of the calendar.
        field: its name, for the error.
        first: the first that can be meant where it stands.
        last: the last.

    Raises:
        BadInputError: ``too_early`` or ``too_late``; its ``limit`` is the year of the first or the last such day.
    """
    if day < first:
        raise BadInputError(field=field, problem="too_early", limit=first.year)
    if day > last:
        raise BadInputError(field=field, problem="too_late", limit=last.year)
    return day
