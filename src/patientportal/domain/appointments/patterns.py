"""Patterns: the days on which a provider sees patients, the hours, and the visits that fit in between."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from attrs import frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.days import A_YEAR, TEN_YEARS, day_within, usable_day
from patientportal.domain.values.zones import instants, is_zone, wall_time

from .recurrence import Recurrence, days, recurrence

SHORTEST_VISIT, LONGEST_VISIT = timedelta(minutes=5), timedelta(hours=12)
DAYS_MAX = 366
SLOTS_MAX = 20_000
_A_DAY, _A_MINUTE, _AN_INSTANT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)


@frozen(kw_only=True)
class Pattern:
    """When a provider sees patients, in local time.

    Attributes:
        rule: on which days.
        opens: when the first visit of a day begins.
        closes: by when the last one is over; at or before ``opens``: on the next day.
        visit_length: how long a visit lasts.
        first_day: where the rule begins to count.
        last_day: the last day on which a visit may begin that ``opens`` that day.
        exceptions: days that are left out.
    """

    rule: Recurrence
    opens: time
    closes: time
    visit_length: timedelta
    first_day: date
    last_day: date
    exceptions: frozenset[date]


def usable_pattern(
    *,
    pattern: object,
    opens: object,
    closes: object,
    visit_length: object,
    first_day: object,
    last_day: object,
    exceptions: Iterable[object],
    today: date,
) -> Pattern:
    """A pattern of what the host gave, for days from a year before today to ten years after.

    Raises:
        TypeError: a value has the wrong type, or a time has a zone.
        BadInputError: ``pattern`` isn't a daily, weekly or monthly rule; a time or the length isn't in whole minutes;
            the length isn't from 5 minutes to 12 hours; the days lie outside these years, in the wrong order or more
            than 366 apart; or there are more than 366 exceptions.
    """
    first = _day(first_day, field="first_day", today=today)
    last = _day(last_day, field="last_day", today=today)
    if last < first:
        raise BadInputError(field="last_day", problem="out_of_order")
    if (last - first).days >= DAYS_MAX:
        raise BadInputError(field="last_day", problem="out_of_range", limit=DAYS_MAX)
    return Pattern(
        rule=recurrence(pattern),
        opens=_time(opens, field="opens"),
        closes=_time(closes, field="closes"),
        visit_length=usable_length(visit_length, field="visit_length"),
        first_day=first,
        last_day=last,
        exceptions=_exceptions(exceptions, today=today),
    )


def visits(pattern: Pattern, *, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """When the visits of a pattern begin and end, in order and in UTC; none overlaps the one before it.

    Each lasts its length in real minutes, whatever the clocks do. One begins wherever the clocks show its time: never
    for a time that they skip, twice for one that they show twice. One that would overlap the visit before it, or go
    on after the clocks show that the practice closes, is left out.

    Args:
        pattern: in local time.
        zone: the IANA zone of that.

    Raises:
        BadInputError: ``zone`` is ``unknown`` to this machine, which has the place from one that knows it; or the
            pattern has ``no_slot`` or ``too_many``: more than 20,000.
    """
    if not is_zone(zone):
        raise BadInputError(field="zone", problem="unknown")
    found: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in sorted(_candidates(pattern, ZoneInfo(zone))):
        if found and starts_at < found[-1][1]:
            continue
        if len(found) == SLOTS_MAX:
            raise BadInputError(field="pattern", problem="too_many", limit=SLOTS_MAX)
        found.append((starts_at, ends_at))
    if not found:
        raise BadInputError(field="pattern", problem="no_slot")
    return tuple(found)


def _candidates(pattern: Pattern, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Each day's visits, which may overlap each other and those of the next day around a change of the clocks."""
    first, last = pattern.first_day, pattern.last_day
    for day in days(pattern.rule, first=first, last=last, opens=pattern.opens, clocks=zone):
        if day in pattern.exceptions:
            continue
        opens, closes = datetime.combine(day, pattern.opens), datetime.combine(day, pattern.closes)
        closes += _A_DAY if closes <= opens else timedelta(0)
        grid = (opens + number * pattern.visit_length for number in range((closes - opens) // pattern.visit_length))
        for starts_at in (at for shown in grid for at in instants(shown, zone)):
            ends_at = starts_at + pattern.visit_length
            if wall_time(ends_at - _AN_INSTANT, zone) < closes:
                yield starts_at, ends_at


def _day(value: object, *, field: str, today: date) -> date:
    return day_within(usable_day(value, field=field), field=field, first=today - A_YEAR, last=today + TEN_YEARS)


def _time(value: object, *, field: str) -> time:
    if type(value) is not time or value.tzinfo is not None:
        raise TypeError(f"{field} must be datetime.time without a zone, not {type(value).__name__}")
    if value.second or value.microsecond:
        raise BadInputError(field=field, problem="bad_format")
    return value


def usable_length(value: object, *, field: str) -> timedelta:
    """How long a visit lasts: in whole minutes, from 5 to 12 hours.

    Raises:
        TypeError: it isn't a ``timedelta``.
        BadInputError: ``out_of_range`` or ``bad_format``.
    """
    if not isinstance(value, timedelta):
        raise TypeError(f"{field} must be timedelta, not {type(value).__name__}")
    if not SHORTEST_VISIT <= value <= LONGEST_VISIT:
        broken = SHORTEST_VISIT if value < SHORTEST_VISIT else LONGEST_VISIT
        raise BadInputError(field=field, problem="out_of_range", limit=broken // _A_MINUTE)
    if value % _A_MINUTE:
        raise BadInputError(field=field, problem="bad_format")
    return value


def _exceptions(days: Iterable[object], *, today: date) -> frozenset[date]:
    some = list(islice(days, DAYS_MAX + 1))
    if len(some) > DAYS_MAX:
        raise BadInputError(field="exceptions", problem="too_many", limit=DAYS_MAX)
    return frozenset(_day(one, field="exceptions", today=today) for one in some)
