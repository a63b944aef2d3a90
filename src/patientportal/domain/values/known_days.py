"""Days of which only a part is known, as FHIR writes them: a year, a year and a month, or the whole."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from operator import ge, gt, le, lt

from attrs import frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.types import of_type

DECEMBER = 12
_WRITTEN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)


@frozen(order=False)
class PartialDate:
    """A day of the calendar of which the year is known, perhaps the month, and perhaps the day (FHIR's ``date``).

    It is shown as FHIR writes it, and ordered so, among days that are known whole too: 1974, 1974-03, 1974-03-02.

    Attributes:
        year: 1 to 9999.
        month: 1 to 12; ``None``: it isn't known.
        day: of the month; ``None``: it isn't known.

    Raises:
        BadInputError: ``out_of_range``: there is no such day.
        TypeError: a part isn't an ``int``.

    >>> str(PartialDate(1974, 3))
    '1974-03'
    >>> PartialDate(1974) < date(1974, 1, 1) < PartialDate(1974, 3)
    True
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("year", "month", "day"):
            part = getattr(self, name)
            if type(part) is not int and (part is not None or name == "year"):
                raise TypeError(f"{name} must be int, not {type(part).__name__}")
        if self.month is None and self.day is not None:
            raise BadInputError(field="month", problem="empty")
        try:
            date(self.year, self.month or 1, self.day or 1)
        except (ValueError, OverflowError):
            raise BadInputError(field="date", problem="out_of_range") from None
        if 0 in {self.month, self.day}:
            raise BadInputError(field="date", problem="out_of_range")

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """The day that FHIR writes so: ``1974``, ``1974-03`` or ``1974-03-02``.

        Raises:
            TypeError: it isn't a ``str``.
            BadInputError: ``bad_format``, or ``out_of_range``: there is no such day.
        """
        of_type(text, str, field="date")
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise BadInputError(field="date", problem="bad_format")
        return cls(*(None if part is None else int(part) for part in found.groups()))  # type: ignore[arg-type] # a year

    def __str__(self) -> str:
        parts = (f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None))
        return "-".join(parts)

    def __lt__(self, other: object) -> bool:
        return _compared(lt, self, other)

    def __le__(self, other: object) -> bool:
        return _compared(le, self, other)

    def __gt__(self, other: object) -> bool:
        return _compared(gt, self, other)

    def __ge__(self, other: object) -> bool:
        return _compared(ge, self, other)


KnownDay = date | PartialDate
"""A day as far as it is known."""


def _compared(holds: Callable[[str, str], bool], one: PartialDate, other: object) -> bool:
    return holds(str(one), str(other)) if isinstance(other, KnownDay) else NotImplemented


def usable_known_day(value: object, *, field: str) -> KnownDay:
    """A day as far as it is known; one that is known whole is a ``date``.

    Args:
        value: what came from outside.
        field: its name, for the error.

    Raises:
        TypeError: it is neither a ``date`` nor a ``PartialDate``, or is a moment.
    """
    if isinstance(value, PartialDate):
        return value if value.month is None or value.day is None else date(value.year, value.month, value.day)
    if type(value) is not date:
        raise TypeError(f"{field} must be datetime.date or PartialDate, not {type(value).__name__}")
    return value


def read_known_day(text: str) -> KnownDay:
    """The day that was written as FHIR does, as ``str`` of it gives.

    Raises:
        BadInputError: it isn't one.
    """
    return usable_known_day(PartialDate.parse(text), field="date")


def first_day(known: KnownDay) -> date:
    """The first day that it can be."""
    return known if isinstance(known, date) else date(known.year, known.month or 1, 1)


def last_day(known: KnownDay) -> date:
    """The last day that it can be."""
    if isinstance(known, date):
        return known
    month = known.month or DECEMBER
    if month == DECEMBER:
        return date(known.year, DECEMBER, 31)
    return date(known.year, month + 1, 1) - timedelta(days=1)


def is_part_of(known: KnownDay | None, sought: KnownDay) -> bool:
    """Whether all that is known of a day lies in what is sought (FHIR's search by ``eq``): 1974-03-02 does in 1974."""
    return known is not None and str(sought) <= str(known) <= str(last_day(sought))
