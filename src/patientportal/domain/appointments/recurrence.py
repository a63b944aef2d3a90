"""Rules of recurrence, as calendars write them (RFC 5545): the days of a period on which one holds."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice, takewhile

from attrs import evolve, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import line

RULE_MAX = 200
_A_DAY = timedelta(days=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = f"(?:{'|'.join(_WEEKDAYS)})"
_NTH_WEEKDAY = f"(?:[+-]?[1-5])?{_WEEKDAY}"
_OF_A_MONTH = "[+-]?0*(?:[1-9]|[12][0-9]|3[01])"
_NUMBER = "0*[1-9][0-9]*"
_FORMS = {
    "FREQ": re.compile("DAILY|WEEKLY|MONTHLY"),
    "BYDAY": re.compile(f"{_NTH_WEEKDAY}(?:,{_NTH_WEEKDAY})*"),
    "BYMONTHDAY": re.compile(f"{_OF_A_MONTH}(?:,{_OF_A_MONTH})*"),
    "BYSETPOS": re.compile(f"{_OF_A_MONTH}(?:,{_OF_A_MONTH})*"),
    "INTERVAL": re.compile(_NUMBER),
    "WKST": re.compile(_WEEKDAY),
    "UNTIL": re.compile("[0-9]{8}(?:T[0-9]{6}Z?)?"),
    "COUNT": re.compile(_NUMBER),
}


@frozen(kw_only=True)
class Recurrence:
    """A rule that says on which days something is.

    Attributes:
        every: ``DAILY``, ``WEEKLY`` or ``MONTHLY``.
        interval: in every so many of these; the first one is that of the first day.
        weekdays: on which, 0 for Monday, each with which one of its month it is (from the end if negative; 0 for any).
        month_days: on which days of the month, from its end if negative.
        positions: which of the days of a month that these two leave, from the end if negative.
        week_starts: with which weekday a week begins.
        count: how many days at most.
        until: when the last of them begins at the latest: by the clocks there, or in UTC.
    """

    every: str
    interval: int = 1
    weekdays: frozenset[tuple[int, int]] = frozenset()
    month_days: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()
    week_starts: int = 0
    count: int | None = None
    until: datetime | None = None


def recurrence(rule: object) -> Recurrence:
    """A rule out of a calendar.

    Args:
        rule: what came from outside: daily, weekly or monthly; in either case, and with ``RRULE:`` before it or not.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long``, ``bad_character``, ``empty`` or ``bad_format``.
    """
    text = line(rule, field="pattern", at_most=RULE_MAX)
    parts = [part.partition("=") for part in text.upper().removeprefix("RRULE:").split(";")]
    given = {name: value for name, _, value in parts}
    is_known = all(name in _FORMS and _FORMS[name].fullmatch(value) for name, value in given.items())
    if not text.isascii() or not is_known or len(given) < len(parts) or not _fits_together(given):
        raise BadInputError(field="pattern", problem="bad_format")
    return Recurrence(
        every=given["FREQ"],
        interval=int(given.get("INTERVAL", 1)),
        weekdays=frozenset(_nth_weekday(one) for one in _listed(given, "BYDAY")),
        month_days=frozenset(map(int, _listed(given, "BYMONTHDAY"))),
        positions=frozenset(map(int, _listed(given, "BYSETPOS"))),
        week_starts=_WEEKDAYS.index(given.get("WKST", "MO")),
        count=int(given["COUNT"]) if "COUNT" in given else None,
        until=_until(given["UNTIL"]) if "UNTIL" in given else None,
    )


def days(rule: Recurrence, *, first: date, last: date, opens: time, clocks: tzinfo) -> Iterator[date]:
    """The days of a period on which a rule holds, in order; each is looked at once, whatever the rule says.

    Our own, because ``dateutil`` looks for the next day of a rule that has none until the year 9999.

    Args:
        rule: of days.
        first: the first day, from which the rule counts.
        last: the last one.
        opens: when that which is on these days begins; ``rule.until`` is about that.
        clocks: which show ``opens``.
    """
    number = (last - first).days + 1
    has_turn, chosen = _has_turn(rule, first), _chosen(_with_defaults(rule, first))
    all_days = (first + one * _A_DAY for one in range(number))
    held = (day for day in all_days if has_turn(day) and day.day in chosen(day.year, day.month))
    counted = held if rule.count is None else islice(held, min(rule.count, number))
    return takewhile(lambda day: not _is_over(rule.until, datetime.combine(day, opens), clocks), counted)


def _listed(given: dict[str, str], name: str) -> list[str]:
    return given[name].split(",") if name in given else []


def _nth_weekday(text: str) -> tuple[int, int]:
    return int(text[:-2] or 0), _WEEKDAYS.index(text[-2:])


def _fits_together(given: dict[str, str]) -> bool:
    """Whether these parts may stand together in a rule (RFC 5545, 3.3.10)."""
    is_of_months = given.get("FREQ") == "MONTHLY"
    return (
        "FREQ" in given
        and not {"UNTIL", "COUNT"} <= given.keys()
        and (is_of_months or all(len(one) == len("MO") for one in _listed(given, "BYDAY")))
        and ("BYMONTHDAY" not in given or given["FREQ"] != "WEEKLY")
        and ("BYSETPOS" not in given or (is_of_months and not given.keys().isdisjoint({"BYDAY", "BYMONTHDAY"})))
    )


def _until(text: str) -> datetime:
    """A day is until its end; without ``Z``, a time is by the clocks there."""
    try:
        if "T" in text:
            return datetime.fromisoformat(text)
        return datetime.combine(date.fromisoformat(text), time.max)
    except ValueError:
        raise BadInputError(field="pattern", problem="bad_format") from None


def _is_over(until: datetime | None, shown: datetime, clocks: tzinfo) -> bool:
    if until is None or until.tzinfo is None:
        return until is not None and shown > until
    return shown.replace(tzinfo=clocks).astimezone(UTC) > until


def _with_defaults(rule: Recurrence, first: date) -> Recurrence:
    """The rule with the weekday or the day of the month of the first day, where it says none (RFC 5545, 3.3.10)."""
    if rule.every == "WEEKLY" and not rule.weekdays:
        return evolve(rule, weekdays=frozenset({(0, first.weekday())}))
    if rule.every == "MONTHLY" and not rule.weekdays and not rule.month_days:
        return evolve(rule, month_days=frozenset({first.day}))
    return rule


def _has_turn(rule: Recurrence, first: date) -> Callable[[date], bool]:
    """Tells whether it is the turn of a day's week, month or of itself."""
    week = first - (first.weekday() - rule.week_starts) % 7 * _A_DAY

    def has_turn(day: date) -> bool:
        match rule.every:
            case "DAILY":
                number = (day - first).days
            case "WEEKLY":
                number = (day - week).days // 7
            case _:
                number = (day.year - first.year) * 12 + day.month - first.month
        return number % rule.interval == 0

    return has_turn


def _chosen(rule: Recurrence) -> Callable[[int, int], frozenset[int]]:
    """Tells which days of a month the rule names, whether or not they have their turn."""

    @lru_cache(1)
    def chosen(year: int, month: int) -> frozenset[int]:
        weekday, length = monthrange(year, month)

        def is_named(day: int) -> bool:
            nth, from_end = (day + 6) // 7, -((length - day + 7) // 7)
            names = {(place, (weekday + day - 1) % 7) for place in (0, nth, from_end)}
            is_month_day = not rule.month_days or not rule.month_days.isdisjoint({day, day - length - 1})
            return is_month_day and (not rule.weekdays or not rule.weekdays.isdisjoint(names))

        named = [day for day in range(1, length + 1) if is_named(day)]
        if not rule.positions:
            return frozenset(named)
        places = enumerate(named, start=1)
        return frozenset(d for place, d in places if not rule.positions.isdisjoint({place, place - len(named) - 1}))

    return chosen
