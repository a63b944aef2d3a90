"""Quiet hours are what the clocks of the practice show, also on the days on which clocks change."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.values.quiet_hours import QuietHours
from patientportal.testing import strategies

NIGHT = QuietHours(begin=time(21), end=time(8))
NEW_YORK = "America/New_York"
MINUTE = timedelta(minutes=1)
CHANGING = (NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC")


def at(day: str, zone: str = NEW_YORK, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-01-12 20:59:59.999999", None),
        ("2026-01-12 21:00", "2026-01-13 08:00"),
        ("2026-01-12 23:59:59", "2026-01-13 08:00"),
        ("2026-01-13 00:00", "2026-01-13 08:00"),
        ("2026-01-13 07:59:59.999999", "2026-01-13 08:00"),
        ("2026-01-13 08:00", None),
        ("2026-03-07 22:00", "2026-03-08 08:00"),  # ten hours less one
        ("2026-10-31 22:00", "2026-11-01 08:00"),  # and more one
    ],
)
def test_the_night_ends_in_the_morning_by_the_clocks_of_the_practice(now: str, over: str | None) -> None:
    assert NIGHT.over_at(at(now), zone=NEW_YORK) == at(over or now)


@pytest.mark.parametrize(
    ("quiet", "now", "over"),
    [
        # Clocks that skip the end, end them where they go on.
        (QuietHours(begin=time(0), end=time(2, 30)), at("2026-03-08 01:00"), at("2026-03-08 03:00")),
        # Clocks that show it twice, at the first time; set back into the quiet hours, they are quiet again.
        (QuietHours(begin=time(0), end=time(1, 30)), at("2026-11-01 00:30"), at("2026-11-01 01:30")),
        (QuietHours(begin=time(0), end=time(1, 30)), at("2026-11-01 01:10", fold=1), at("2026-11-01 01:30", fold=1)),
        # In between they aren't.
        (QuietHours(begin=time(0), end=time(1, 30)), at("2026-11-01 01:40"), at("2026-11-01 01:40")),
        # By day.
        (QuietHours(begin=time(12), end=time(13)), at("2026-01-12 12:00"), at("2026-01-12 13:00")),
        (QuietHours(begin=time(12), end=time(13)), at("2026-01-12 13:00"), at("2026-01-12 13:00")),
    ],
)
def test_clock_changes_neither_lengthen_nor_lose_an_end(quiet: QuietHours, now: datetime, over: datetime) -> None:
    assert quiet.over_at(now, zone=NEW_YORK) == over


def is_quiet(quiet: QuietHours, moment: datetime, zone: str) -> bool:
    """Counted in minutes since the beginning, on the circle of a day: another way than the rule's."""
    shown = moment.astimezone(ZoneInfo(zone))
    since = (shown.hour * 60 + shown.minute - quiet.begin.hour * 60 - quiet.begin.minute) % 1440
    return since < (quiet.end.hour * 60 + quiet.end.minute - quiet.begin.hour * 60 - quiet.begin.minute) % 1440


@given(
    quiet=strategies.quiet_hours(),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(CHANGING),
)
@example(quiet=NIGHT, now=at("2026-10-31 22:00"), zone=NEW_YORK)
def test_it_is_the_first_moment_that_is_not_quiet(quiet: QuietHours, now: datetime, zone: str) -> None:
    if not is_quiet(quiet, now, zone):
        assert quiet.over_at(now, zone=zone) == now
        return
    minute = now.replace(second=0, microsecond=0)
    predicted = next(m for m in (minute + n * MINUTE for n in range(1, 1500)) if not is_quiet(quiet, m, zone))
    assert quiet.over_at(now, zone=zone) == predicted


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (time(9), time(9)),
        (time(9, 0, 1), time(10)),
        (time(9), time(10, 0, 0, 1)),
        (time(9, tzinfo=UTC), time(10)),
        (9, time(10)),
        (time(9), "10:00"),
    ],
)
def test_what_is_no_hours_of_a_day_is_refused(begin: Any, end: Any) -> None:
    with pytest.raises(ConfigurationError, match="quiet_hours"):
        QuietHours(begin=begin, end=end)
