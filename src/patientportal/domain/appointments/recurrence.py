"""Rules of recurrence, as calendars write them (RFC 5545): the days of a period on which one holds."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from itertools import takewhile

from attrs import frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import line

RULE_MAX = 200
_WEEKDAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
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
        text: daily, weekly or monthly, in capitals; without its end.
        until: when the last of them begins at the latest, by the clocks there, or in UTC.
    """

    text: str
    until: datetime | None


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
    until = given.pop("UNTIL", None)
    return Recurrence(
        text=";".join(f"{name}={value}" for name, value in given.items()),
        until=None if until is None else _until(until),
    )


def days(rule: Recurrence, *, first: date, last: date, opens: time, clocks: tzinfo) -> Iterator[date]:
    """The days of a period on which a rule holds, in order.

    A rule that holds on no day is given up at the year 9999, after a second or two.

    Args:
        rule: of days.
        first: the first day, from which the rule counts.
        last: the last one.
        opens: when that which is on these days begins; ``rule.until`` is about that.
        clocks: which show ``opens``.
    """
    from dateutil.rrule import rrulestr

    found = (one.date() for one in rrulestr(rule.text, dtstart=datetime.combine(first, time())))
    return takewhile(lambda day: day <= last and not _is_over(rule.until, datetime.combine(day, opens), clocks), found)


def _fits_together(given: dict[str, str]) -> bool:
    """Whether these parts may stand together in a rule (RFC 5545, 3.3.10); weekdays have a number all or none."""
    is_of_months = given.get("FREQ") == "MONTHLY"
    numbered = [len(one) > len("MO") for one in given["BYDAY"].split(",")] if "BYDAY" in given else []
    return (
        "FREQ" in given
        and not {"UNTIL", "COUNT"} <= given.keys()
        and (is_of_months or not any(numbered))
        and len(set(numbered)) <= 1  # dateutil passes over the others where one is numbered
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
