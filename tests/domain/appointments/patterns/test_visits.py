"""Weekly patterns: the hours by the clocks of the place, and visits that last real minutes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patientportal.domain.appointments.patterns import visits
from patientportal.domain.errors import BadInputError
from tests.domain.appointments.patterns.usual import (
    DAY,
    EVERY_DAY,
    MINUTE,
    NEW_YORK,
    of_one_day,
    pattern,
    refusal,
    shown,
)

ALL_ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def test_visits_are_on_the_days_of_the_rule_one_after_another_between_the_hours() -> None:
    assert shown(pattern()) == ["Mon 09:00 -0500", "Mon 09:30 -0500", "Wed 09:00 -0500", "Wed 09:30 -0500"]


def test_a_visit_that_would_not_be_over_when_the_practice_closes_is_left_out() -> None:
    assert len(visits(pattern(closes=time(9, 59)), zone=NEW_YORK)) == 2
    assert len(visits(pattern(closes=time(10, 29)), zone=NEW_YORK)) == 4


def test_a_half_hour_visit_stands_on_the_half_hour_whatever_grid_another_pattern_has() -> None:
    quarter = visits(pattern(visit_length=15 * MINUTE), zone=NEW_YORK)
    half = visits(pattern(visit_length=30 * MINUTE), zone=NEW_YORK)
    assert {starts_at for starts_at, _ in half} < {starts_at for starts_at, _ in quarter}
    assert [ends_at - starts_at for starts_at, ends_at in half] == [30 * MINUTE] * 4


@pytest.mark.parametrize(
    ("opens", "closes", "minutes", "expected"),
    [
        (time(23), time(0), 30, ["Mon 23:00 -0500", "Mon 23:30 -0500"]),
        (time(23), time(1), 60, ["Mon 23:00 -0500", "Tue 00:00 -0500"]),
        (time(22, 30), time(0, 15), 45, ["Mon 22:30 -0500", "Mon 23:15 -0500"]),
        (time(12), time(12), 720, ["Mon 12:00 -0500", "Tue 00:00 -0500"]),
        (time(0), time(0), 720, ["Mon 00:00 -0500", "Mon 12:00 -0500"]),
    ],
)
def test_hours_that_end_at_or_before_their_beginning_go_past_midnight(
    opens: time, closes: time, minutes: int, expected: list[str]
) -> None:
    assert shown(of_one_day(date(2026, 1, 5), opens, closes, minutes)) == expected


def test_the_leap_day_is_a_day_like_any_other() -> None:
    around = pattern(pattern=EVERY_DAY, first_day=date(2028, 2, 28), last_day=date(2028, 3, 1), closes=time(9, 30))
    assert [starts_at.date().isoformat() for starts_at, _ in visits(around, zone=NEW_YORK)] == [
        "2028-02-28",
        "2028-02-29",
        "2028-03-01",
    ]


def test_a_whole_leap_year_is_a_year() -> None:
    year = pattern(pattern=EVERY_DAY, first_day=date(2028, 1, 1), last_day=date(2028, 12, 31), closes=time(9, 30))
    assert len(visits(year, zone=NEW_YORK)) == 366


# Where clocks change: in New York on 8 March and on 1 November 2026, at 02:00


@pytest.mark.parametrize(
    ("day", "opens", "closes", "minutes", "expected"),
    [
        (date(2026, 3, 8), time(1), time(4), 60, ["Sun 01:00 -0500", "Sun 03:00 -0400"]),
        (date(2026, 3, 8), time(1, 30), time(3, 30), 30, ["Sun 01:30 -0500", "Sun 03:00 -0400"]),
        # 01:30 lasts until 03:15, and the visit of 03:00 would overlap it.
        (date(2026, 3, 8), time(0, 45), time(4), 45, ["Sun 00:45 -0500", "Sun 01:30 -0500"]),
        # 90 minutes after 01:30 the clocks show 04:00, and the practice closed at three.
        (date(2026, 3, 8), time(0), time(3), 90, ["Sun 00:00 -0500"]),
        # The clocks never show 02:30: it closes when they go on.
        (date(2026, 3, 8), time(1, 30), time(2, 30), 30, ["Sun 01:30 -0500"]),
        (date(2026, 11, 1), time(1), time(3), 60, ["Sun 01:00 -0400", "Sun 01:00 -0500", "Sun 02:00 -0500"]),
        (
            *(date(2026, 11, 1), time(1), time(2), 30),
            ["Sun 01:00 -0400", "Sun 01:30 -0400", "Sun 01:00 -0500", "Sun 01:30 -0500"],
        ),
        # The second 01:30 would overlap the first, which lasts an hour and a half.
        (date(2026, 11, 1), time(0), time(3), 90, ["Sun 00:00 -0400", "Sun 01:30 -0400"]),
        # The day goes on after it.
        (date(2026, 11, 1), time(0), time(4, 30), 90, ["Sun 00:00 -0400", "Sun 01:30 -0400", "Sun 03:00 -0500"]),
    ],
)
def test_skipped_times_have_no_visit_doubled_ones_have_two_and_each_lasts_its_minutes(
    day: date, opens: time, closes: time, minutes: int, expected: list[str]
) -> None:
    hours = of_one_day(day, opens, closes, minutes)
    assert shown(hours) == expected
    assert {ends_at - starts_at for starts_at, ends_at in visits(hours, zone=NEW_YORK)} == {minutes * MINUTE}


def test_where_clocks_change_by_half_an_hour_doubled_times_are_half_an_hour_apart() -> None:
    back = of_one_day(date(2026, 4, 5), time(1, 30), time(2, 30), 30)
    assert shown(back, "Australia/Lord_Howe") == ["Sun 01:30 +1100", "Sun 01:30 +1030", "Sun 02:00 +1030"]


def test_a_practice_that_never_closes_has_each_doubled_time_twice_whenever_its_days_begin() -> None:
    """The day from half past one on 31 October ends within the doubled hour, and the next one begins within it."""
    around = pattern(
        pattern=EVERY_DAY,
        opens=time(1, 30),
        closes=time(1, 30),
        first_day=date(2026, 10, 31),
        last_day=date(2026, 11, 1),
    )
    doubled = [one for one in shown(around) if one.startswith("Sun 01:")]
    assert doubled == ["Sun 01:00 -0400", "Sun 01:30 -0400", "Sun 01:00 -0500", "Sun 01:30 -0500"]


def test_a_day_that_a_zone_skipped_has_no_visits() -> None:
    around = pattern(pattern=EVERY_DAY, first_day=date(2011, 12, 29), last_day=date(2011, 12, 31))
    assert shown(around, "Pacific/Apia") == ["Thu 09:00 -1000", "Thu 09:30 -1000", "Sat 09:00 +1400", "Sat 09:30 +1400"]


def test_an_hour_is_not_off_after_a_clock_change() -> None:
    """A bug of others: slots that step in UTC from the first one are an hour off from the change on."""
    around = pattern(pattern=EVERY_DAY, first_day=date(2026, 3, 7), last_day=date(2026, 3, 9), closes=time(9, 30))
    assert shown(around) == ["Sat 09:00 -0500", "Sun 09:00 -0400", "Mon 09:00 -0400"]


def test_a_place_whose_zone_this_machine_does_not_know_has_no_hours_to_publish() -> None:
    assert refusal(lambda: visits(pattern(), zone="America/Newtown")) == ("zone", "unknown", None)


def changes(zone: str, year: int) -> list[date]:
    """The days of a year before or on which the clocks of a zone change."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + number * DAY for number in range(366)]
    offsets = [(noon.date(), noon.astimezone(ZoneInfo(zone)).utcoffset()) for noon in noons]
    return [day for (day, before), (_, after) in pairwise(offsets) if before != after]


@st.composite
def days_and_zones(draw: st.DrawFn) -> tuple[date, str]:
    """A zone, and a day in it on or next to which the clocks change, if they do in that year."""
    zone = draw(st.sampled_from(ALL_ZONES))
    year = draw(st.integers(1975, 2036))
    changing = changes(zone, year) or [date(year, 6, 1)]
    return draw(st.sampled_from(changing)) + draw(st.integers(-1, 1)) * DAY, zone


def predicted(
    day: date, zone: str, opens: time, closes: time, length: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """The visits of a day, found by watching the clocks minute by minute."""
    there, opening = ZoneInfo(zone), datetime.combine(day, opens)
    closing = datetime.combine(day, closes) + (DAY if closes <= opens else 0 * DAY)
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    free_from = midnight - 2 * DAY
    for number in range(-16 * 60, 64 * 60):
        now = midnight + number * MINUTE
        clock = now.astimezone(there).replace(tzinfo=None)
        is_on_grid = opening <= clock and clock + length <= closing and (clock - opening) % length == 0 * MINUTE
        last_minute = (now + length - MINUTE).astimezone(there).replace(tzinfo=None)
        if is_on_grid and now >= free_from and last_minute < closing:
            free_from = now + length
            yield now, free_from


@settings(max_examples=60)
@given(
    days_and_zones(),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([5, 7, 15, 20, 30, 45, 50, 60, 90, 120, 240, 720]),
)
def test_in_every_zone_and_at_every_clock_change_the_visits_are_those_that_a_clock_watcher_finds(
    where: tuple[date, str], opens: time, closes: time, minutes: int
) -> None:
    day, zone = where
    expected = tuple(predicted(day, zone, opens, closes, minutes * MINUTE))
    hours = of_one_day(day, opens, closes, minutes)
    if not expected:
        with pytest.raises(BadInputError, match="no_slot"):
            visits(hours, zone=zone)
        return
    found = visits(hours, zone=zone)
    assert found == expected
    assert all(ends_at - starts_at == minutes * MINUTE for starts_at, ends_at in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    assert all(moment.tzinfo is UTC for visit in found for moment in visit)
