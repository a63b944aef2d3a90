"""Patterns: the days of the rule, and which rules are refused."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from patientportal.domain.appointments import recurrence
from patientportal.domain.appointments.patterns import Pattern, visits
from patientportal.domain.errors import BadInputError
from tests.domain.appointments.patterns.usual import (
    DAY,
    DAY_ONE,
    EVERY_DAY,
    MINUTE,
    NEW_YORK,
    days,
    of_one_day,
    pattern,
    refusal,
    shown,
)
from tests.length import times

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", [6, 13, 20, 27]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU", [6, 13, 20, 27]),
        (" freq=weekly;byday=tu,we ", [6, 7, 13, 14, 20, 21, 27, 28]),
        ("BYDAY=TU;FREQ=WEEKLY;INTERVAL=2", [6, 20]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO", [5, 11, 19, 25]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", [5, 18, 19]),
        ("FREQ=WEEKLY;BYDAY=TU;INTERVAL=002", [6, 20]),
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", [6, 13]),
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=00002", [6, 13]),
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=9999", [6, 13, 20, 27]),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260120", [6, 13, 20]),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260119", [6, 13]),
        ("FREQ=WEEKLY;BYDAY=MO;INTERVAL=52", [5]),
        ("FREQ=WEEKLY;BYDAY=MO;INTERVAL=999999", [5]),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU,MO;INTERVAL=9", [5, 6, 7, 8, 9, 10, 11]),
        ("FREQ=WEEKLY", [5, 12, 19, 26]),
        ("FREQ=WEEKLY;COUNT=3", [5, 12, 19]),
        ("FREQ=DAILY;INTERVAL=10", [5, 15, 25]),
        ("FREQ=DAILY;BYDAY=SA,SU;COUNT=3", [10, 11, 17]),
        ("FREQ=DAILY;BYMONTHDAY=-1,6", [6, 31]),
        ("FREQ=MONTHLY", [5]),
        ("FREQ=MONTHLY;BYDAY=2MO,-1FR", [12, 30]),
        ("FREQ=MONTHLY;BYDAY=+1MO", [5]),
        ("FREQ=MONTHLY;BYDAY=MO", [5, 12, 19, 26]),
        ("FREQ=MONTHLY;BYSETPOS=2,-1;BYDAY=MO,TU", [6, 27]),
        ("FREQ=MONTHLY;BYSETPOS=1;BYDAY=TH", []),  # the first of January, before the first day
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", [15, 31]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13,16", [16]),
    ],
)
def test_the_days_are_those_of_rfc_5545(rule: str, days: list[int]) -> None:
    month = pattern(pattern=rule, last_day=date(2026, 1, 31))
    found = recurrence.days(
        month.rule, first=month.first_day, last=month.last_day, opens=month.opens, clocks=ZoneInfo(NEW_YORK)
    )
    assert [day.day for day in found] == days


def test_exceptions_are_left_out() -> None:
    week = pattern(exceptions=[date(2026, 1, 7), date(2026, 1, 6), date(2030, 1, 1)])
    assert shown(week) == ["Mon 09:00 -0500", "Mon 09:30 -0500"]


@pytest.mark.parametrize(
    "rule",
    [
        "BYDAY=MO",
        "COUNT=3",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;BYDAY=-1MO",
        "FREQ=WEEKLY;BYDAY=MO,,TU",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=1",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=32",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-32",
        "FREQ=MONTHLY;BYMONTHDAY=MO",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYDAY=MO",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;BYDAY=MO",
        "FREQ=SECONDLY;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9",
        "FREQ=WEEKLY;BYDAY=MO;BYMONTH=2",
        "FREQ=MONTHLY;BYYEARDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=1",
        "FREQ=WEEKLY;BYDAY=MO;BYEASTER=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=-1",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=\u0661",
        "FREQ=WEEKLY;BYDAY=\u017fU",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=0",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=1E9",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260231",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260231T000000Z",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120T250000",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120T000000+0100",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120Z",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=00000101",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120;COUNT=2",
        "FREQ=WEEKLY;BYDAY=MO;WKST=1",
        "FREQ=MONTHLY;BYDAY=SA,-1FR",
        "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU",
        "FREQ=WEEKLY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=MO;",
        "FREQ=WEEKLY BYDAY=MO",
        "DTSTART:20260101T000000 RRULE:FREQ=WEEKLY;BYDAY=MO",
        "every Monday",
    ],
)
def test_a_rule_that_is_not_of_days_contradicts_itself_or_is_none_is_refused(rule: str) -> None:
    with pytest.raises(BadInputError, match="pattern: bad_format"):
        pattern(pattern=rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=DAILY;BYDAY=SU;INTERVAL=999999",
        f"FREQ=MONTHLY;BYDAY=1SU;BYMONTHDAY=8;COUNT=1{'0' * 99}",
        f"FREQ=WEEKLY;BYDAY=SU;WKST=SU;INTERVAL=1{'0' * 99};UNTIL=00010101T000000Z",
        "FREQ=DAILY;UNTIL=00010101T000000",
    ],
)
def test_a_rule_that_never_holds_makes_no_slot(rule: str) -> None:
    year = pattern(pattern=rule, last_day=date(2027, 1, 5))
    assert refusal(lambda: visits(year, zone=NEW_YORK)) == ("pattern", "no_slot", None)


def test_no_number_is_too_high_for_a_rule() -> None:
    many = "9" * 150
    for rule, number in ((f"FREQ=DAILY;COUNT={many}", 366), (f"FREQ=DAILY;INTERVAL={many}", 1)):
        year = pattern(pattern=rule, last_day=date(2027, 1, 5), closes=time(9, 30))
        assert len(visits(year, zone=NEW_YORK)) == number


def test_until_is_about_the_moment_at_which_a_day_opens() -> None:
    """In New York nine o'clock is 14:00 UTC in January, and 13:00 in July."""
    for until, last in (
        ("20260120T140000Z", 20),
        ("20260120T135959Z", 13),
        ("20260120T090000", 20),
        ("20260120T085959", 13),
        ("20260120T235959", 20),
    ):
        month = pattern(pattern=f"FREQ=WEEKLY;BYDAY=TU;UNTIL={until}", last_day=date(2026, 1, 31), closes=time(11))
        assert visits(month, zone=NEW_YORK)[-1][0].day == last


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules within the grammar; weekdays are all numbered or none is."""
    every = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY")))
    number = st.sampled_from(("", "", "+", "-")).flatmap(lambda sign: st.integers(1, 5).map(lambda n: f"{sign}{n}"))
    weekday = st.sampled_from(WEEKDAYS)
    numbered = every == "MONTHLY" and draw(st.booleans())
    nth = st.tuples(number, weekday).map("".join) if numbered else weekday
    month_day = st.integers(1, 31) | st.integers(-31, -1)
    parts = {
        "INTERVAL": draw(st.none() | st.sampled_from((1, 2, 3, 5, 7, 12, 30, 999_999))),
        "BYDAY": draw(st.none() | st.lists(nth, min_size=1, max_size=7).map(",".join)),
        "BYMONTHDAY": draw(st.none() | joined(month_day)) if every != "WEEKLY" else None,
        "WKST": draw(st.none() | weekday),
        draw(st.sampled_from(("COUNT", "UNTIL"))): None,
    }
    if every == "MONTHLY" and (parts["BYDAY"] or parts["BYMONTHDAY"]):
        parts["BYSETPOS"] = draw(st.none() | joined(st.integers(1, 6) | st.integers(-6, -1)))
    if "COUNT" in parts:
        parts["COUNT"] = draw(st.none() | st.sampled_from((1, 2, 10, 10**9)))
    else:
        moment = draw(st.datetimes(datetime(9990, 1, 1), datetime(9993, 1, 1)))  # noqa: DTZ001 - as rules have them
        parts["UNTIL"] = draw(st.none() | st.sampled_from((f"{moment:%Y%m%dT%H%M%S}", f"{moment:%Y%m%dT%H%M%SZ}")))
    written = [f"{name}={value}" for name, value in parts.items() if value is not None]
    return ";".join([f"FREQ={every}", *draw(st.permutations(written))])


def joined(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return st.lists(numbers, min_size=1, max_size=4).map(lambda some: ",".join(map(str, some)))


@settings(max_examples=times(200))
@given(
    rules(),
    st.dates(date(9990, 1, 1), date(9992, 1, 1)),  # a rule that never holds is given up at 9999
    st.integers(1, 366),
    st.sampled_from(("UTC", NEW_YORK, "Pacific/Apia")),
)
def test_a_rule_ends_where_dateutil_ends_it(rule: str, first: date, number: int, zone: str) -> None:
    last, opens, clocks = first + (number - 1) * DAY, time(9), ZoneInfo(zone)
    found = list(recurrence.days(recurrence.recurrence(rule), first=first, last=last, opens=opens, clocks=clocks))
    begins = datetime.combine(first, opens, tzinfo=clocks if rule_is_in_utc(rule) else None)
    theirs = (moment.date() for moment in rrulestr(rule, dtstart=begins))
    assert found == list(takewhile(lambda day: day <= last, theirs))


def rule_is_in_utc(rule: str) -> bool:
    return re.search("UNTIL=[0-9T]*Z", rule) is not None


@pytest.mark.parametrize(
    ("otherwise", "refused"),
    [
        ({"first_day": "2026-01-05"}, (TypeError, "first_day must be datetime.date, not str")),
        ({"first_day": datetime(2026, 1, 5, tzinfo=UTC)}, (TypeError, "first_day must be datetime.date, not datetime")),
        ({"first_day": date(2025, 1, 3), "today": DAY_ONE}, ("first_day", "too_early", 2025)),
        ({"first_day": date(2025, 1, 4), "last_day": date(2025, 1, 5), "today": DAY_ONE}, None),
        ({"first_day": date(2036, 1, 7), "today": DAY_ONE}, ("first_day", "too_late", 2036)),
        ({"first_day": date(206, 1, 5), "today": DAY_ONE}, ("first_day", "too_early", 2025)),
        ({"last_day": None}, (TypeError, "last_day must be datetime.date, not NoneType")),
        ({"last_day": date.max}, ("last_day", "too_late", 2036)),
        ({"first_day": date(2036, 1, 6), "last_day": date(2036, 1, 6), "today": DAY_ONE}, None),
        ({"last_day": date(2026, 1, 4)}, ("last_day", "out_of_order", None)),
        ({"last_day": date(2027, 1, 6)}, ("last_day", "out_of_range", 366)),
        ({"last_day": date(2027, 1, 5), "pattern": 5}, (TypeError, "pattern must be str, not int")),
        ({"pattern": ""}, ("pattern", "empty", None)),
        ({"pattern": "x" * 201}, ("pattern", "too_long", 200)),
        ({"opens": "09:00"}, (TypeError, "opens must be datetime.time without a zone, not str")),
        ({"opens": time(9, tzinfo=UTC)}, (TypeError, "opens must be datetime.time without a zone, not time")),
        ({"opens": time(9, 0, 1)}, ("opens", "bad_format", None)),
        ({"closes": time(9, 0, 0, 1)}, ("closes", "bad_format", None)),
        ({"visit_length": 30}, (TypeError, "visit_length must be timedelta, not int")),
        ({"visit_length": timedelta(minutes=4, seconds=59)}, ("visit_length", "out_of_range", 5)),
        ({"visit_length": timedelta(hours=12, microseconds=1)}, ("visit_length", "out_of_range", 720)),
        ({"visit_length": timedelta(minutes=5, seconds=1)}, ("visit_length", "bad_format", None)),
        ({"exceptions": ["2026-01-05"]}, (TypeError, "exceptions must be datetime.date, not str")),
        ({"exceptions": [date(2062, 1, 7)]}, ("exceptions", "too_late", 2036)),
        ({"exceptions": days(367)}, ("exceptions", "too_many", 366)),
        ({"exceptions": days(366)}, None),
    ],
)
def test_a_pattern_is_checked_by_days_then_rule_then_hours_then_length_then_exceptions(
    otherwise: dict[str, Any], refused: Any
) -> None:
    match refused:
        case None:
            pattern(**otherwise)
        case (type() as error, text):
            with pytest.raises(error, match=f"^{text}$"):
                pattern(**otherwise)
        case _:
            assert refusal(lambda: pattern(**otherwise)) == refused


def test_a_rule_of_ten_megabytes_is_too_long_before_it_is_read() -> None:
    assert refusal(lambda: pattern(pattern="FREQ=DAILY;" * 1_000_000))[:2] == ("pattern", "too_long")


def test_no_more_exceptions_are_looked_at_than_tell_that_there_are_too_many() -> None:
    many = iter(days(400))
    assert refusal(lambda: pattern(exceptions=many)) == ("exceptions", "too_many", 366)
    assert len(list(many)) == 33


@pytest.mark.parametrize(
    "nothing",
    [
        pattern(first_day=date(2026, 1, 6), last_day=date(2026, 1, 6)),
        pattern(exceptions=[date(2026, 1, 5), date(2026, 1, 7)]),
        pattern(visit_length=timedelta(minutes=61)),
        of_one_day(date(2026, 3, 8), time(2), time(3), 30),
        pattern(pattern="FREQ=WEEKLY;BYDAY=MO;UNTIL=20260104"),
    ],
    ids=[
        "no such weekday",
        "only exceptions",
        "a visit longer than the hours",
        "an hour that the clocks skip",
        "over before",
    ],
)
def test_a_pattern_without_a_visit_is_refused(nothing: Pattern) -> None:
    assert refusal(lambda: visits(nothing, zone=NEW_YORK)) == ("pattern", "no_slot", None)


@pytest.mark.parametrize(("slots_a_day", "days", "total"), [(100, 200, 20_000), (177, 113, 20_001)])
def test_twenty_thousand_slots_are_the_most(slots_a_day: int, days: int, total: int) -> None:
    closes = (datetime(2026, 1, 5, tzinfo=UTC) + slots_a_day * 5 * MINUTE).time()
    last_day = date(2026, 1, 5) + (days - 1) * DAY
    many = pattern(pattern=EVERY_DAY, opens=time(0), closes=closes, visit_length=5 * MINUTE, last_day=last_day)
    if total == 20_000:
        assert len(visits(many, zone="UTC")) == total
    else:
        assert refusal(lambda: visits(many, zone="UTC")) == ("pattern", "too_many", 20_000)


def test_the_last_days_there_are_can_be_published() -> None:
    last = pattern(pattern=EVERY_DAY, first_day=date(2999, 12, 31), last_day=date(2999, 12, 31), closes=time(8, 59))
    assert len(visits(last, zone=NEW_YORK)) == 47
