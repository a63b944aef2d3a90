"""Time zones: which names are ones, and which instants a local time is."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from patientportal.domain.errors import BadInputError

# Found where zones are, and none: the machine's own setting, and the database's word for "nobody has set it yet".
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})


class LocalTime(datetime):
    """A moment as the clocks of one place show it, never shown by the clocks of another one unasked.

    Django's templates would show it by the site's; they leave a ``datetime`` alone that says so as this one does.
    """

    convert_to_local_time = False

    def astimezone(self, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # not local any more
        """The moment by the clocks of another zone, as an ordinary ``datetime``."""
        there = super().astimezone(tz)
        return datetime.combine(there.date(), there.timetz())


class LocalOffset(tzinfo):
    """What the clocks of a zone show beside UTC at one moment, which stays, and of which zone they are.

    Args:
        offset: from UTC.
        zone: an IANA name.
        name: what these clocks are called at that moment, such as ``EST``.
    """

    def __init__(self, offset: timedelta, zone: str, name: str | None) -> None:
        self._offset = offset
        self.zone = zone
        self._name = name

    def utcoffset(self, _: datetime | None, /) -> timedelta:
        """The same at every moment."""
        return self._offset

    def dst(self, _: datetime | None, /) -> None:
        """Whether it is summer time: an offset doesn't say."""

    def tzname(self, _: datetime | None, /) -> str | None:
        """What these clocks are called at that moment."""
        return self._name

    def fromutc(self, moment: datetime, /) -> datetime:
        """A moment of UTC at this offset."""
        return moment + self._offset

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._offset!r}, {self.zone!r}, {self._name!r})"

    def __reduce__(self) -> tuple[type[Self], tuple[timedelta, str, str | None]]:
        return type(self), (self._offset, self.zone, self._name)


def is_zone(name: object) -> bool:
    """Whether this is the name of a zone in this machine's copy of the IANA time zone database, letter by letter.

    The one way in for zones. Backward names such as ``US/Eastern`` are names; files and folders beside them aren't.
    """
    return isinstance(name, str) and name in _names()


@cache
def _names() -> frozenset[str]:
    """Asked of the file system once: some 600 files are looked at, in 25 to 50 ms."""
    return frozenset(available_timezones() - _NO_ZONES)


def clocks(zone: str) -> tzinfo:
    """The clocks of a zone; UTC's where this machine doesn't know it, as of a place stored by one that does.

    Args:
        zone: an IANA name that was checked when it was stored.
    """
    return ZoneInfo(zone) if is_zone(zone) else UTC


def local(moment: datetime, zone: str) -> datetime:
    """The same moment as the clocks of a zone show it, with their offset from UTC of that moment: a ``LocalTime``.

    A fixed offset, because two times of one ``ZoneInfo`` are compared and subtracted without a look at it: an hour off
    at a clock change.

    Args:
        moment: aware.
        zone: an IANA name; one that this machine doesn't know shows UTC.
    """
    there = moment.astimezone(clocks(zone))
    offset = LocalOffset(there.utcoffset() or timedelta(0), zone, there.tzname())
    return LocalTime.combine(there.date(), there.time().replace(fold=0), offset)


def day(moment: datetime, zone: str) -> date:
    """The day that it is in a zone at this moment."""
    return moment.astimezone(clocks(zone)).date()


def midnight_before(day_there: date, zone: str) -> datetime:
    """The moment, UTC, at which a day begins in a zone; where clocks skip midnight, as they do so."""
    return datetime.combine(day_there, time(), tzinfo=clocks(zone)).astimezone(UTC)


def comes_twice(there: datetime) -> bool:
    """Whether the clocks show this time twice on that day; never of a moment that doesn't say of which zone it is.

    Args:
        there: what ``local`` gave.
    """
    zone = there.tzinfo.zone if isinstance(there.tzinfo, LocalOffset) else "UTC"
    clock = clocks(zone)
    return isinstance(clock, ZoneInfo) and len(instants(there.replace(tzinfo=None), clock)) > 1


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show at this moment, naive."""
    return moment.astimezone(zone).replace(tzinfo=None)


def instants(shown: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When the clocks of a zone show this time: once; never, where it is skipped; twice, where clocks are set back.

    Args:
        shown: naive.
        zone: whose clocks.

    Returns:
        In UTC and in order.
    """
    found = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(one for one in found if wall_time(one, zone) == shown))


def in_utc(moment: object, *, field: str) -> datetime:
    """A moment that the host gave, in UTC.

    Args:
        moment: what came from outside.
        field: its name, for the error.

    Raises:
        TypeError: it isn't a ``datetime``.
        ValueError: it is a naive one.
        BadInputError: ``out_of_range``: UTC has no such moment, in the year 1 or 9999.
    """
    if not isinstance(moment, datetime):
        raise TypeError(f"{field} must be datetime, not {type(moment).__name__}")
    if moment.utcoffset() is None:
        raise ValueError(f"{field} must be an aware datetime")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadInputError(field=field, problem="out_of_range") from None
