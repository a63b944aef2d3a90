"""Weekly patterns: the days of the rule, and which rules are refused."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal.domain.appointments.patterns import Pattern, visits
from patientportal.domain.errors import BadInputError
from tests.domain.appointments.patterns.usual import (
    DAY,
    EVERY_DAY,
    MINUTE,
    NEW_YORK,
    days,
    of_one_day,
    pattern,
    refusal,
    shown,
)


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
    ],
)
def test_the_days_are_those_of_rfc_5545(rule: str, days: list[int]) -> None:
    month = pattern(pattern=rule, last_day=date(2026, 1, 31), closes=time(9, 30))
    assert [starts_at.day for starts_at, _ in visits(month, zone=NEW_YORK)] == days


def test_exceptions_are_left_out() -> None:
    week = pattern(exceptions=[date(2026, 1, 7), date(2026, 1, 6), date(2030, 1, 1)])
    assert shown(week) == ["Mon 09:00 -0500", "Mon 09:30 -0500"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY",
        "BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=MO,,TU",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU,MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MINUTELY;BYDAY=MO",
        "FREQ=SECONDLY;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1",
        "FREQ=WEEKLY;BYDAY=MO;BYMONTH=2",
        "FREQ=WEEKLY;BYDAY=MO;BYEASTER=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=53",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=-1",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=\u0661",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=0",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=10000",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260231",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120T000000Z",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260120;COUNT=2",
        "FREQ=WEEKLY;BYDAY=MO;WKST=1",
        "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=MO;",
        "FREQ=WEEKLY BYDAY=MO",
        "DTSTART:20260101T000000 RRULE:FREQ=WEEKLY;BYDAY=MO",
        "every Monday",
    ],
)
def test_a_rule_that_is_not_weekly_does_not_name_its_days_or_is_none_is_refused(rule: str) -> None:
    with pytest.raises(BadInputError, match="pattern: bad_format"):
        pattern(pattern=rule)


@pytest.mark.parametrize(
    ("otherwise", "refused"),
    [
        ({"first_day": "2026-01-05"}, (TypeError, "first_day must be datetime.date, not str")),
        ({"first_day": datetime(2026, 1, 5, tzinfo=UTC)}, (TypeError, "first_day must be datetime.date, not datetime")),
        ({"first_day": date(1899, 12, 31)}, ("first_day", "too_early", None)),
        ({"first_day": date(1900, 1, 1), "last_day": date(1900, 1, 1)}, None),
        ({"first_day": date(3000, 1, 1)}, ("first_day", "too_late", None)),
        ({"last_day": None}, (TypeError, "last_day must be datetime.date, not NoneType")),
        ({"last_day": date.max}, ("last_day", "too_late", None)),
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
        ({"visit_length": timedelta(minutes=4, seconds=59)}, ("visit_length", "out_of_range", 720)),
        ({"visit_length": timedelta(hours=12, microseconds=1)}, ("visit_length", "out_of_range", 720)),
        ({"visit_length": timedelta(minutes=5, seconds=1)}, ("visit_length", "bad_format", None)),
        ({"exceptions": ["2026-01-05"]}, (TypeError, "exceptions must be datetime.date, not str")),
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
