"""Zones: which names are ones, what their clocks show, and moments that the host gives."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.values import zones
from patientportal.testing import strategies

NEW_YORK = "America/New_York"
NONE = {"localtime", "posixrules", "Factory"}
ALL_ZONES = sorted(available_timezones() - NONE)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "America", "../etc/passwd", "/etc/passwd", "x\0", "\ud800", 5, None, ["UTC"], *sorted(NONE)],
)
def test_only_a_name_of_the_database_is_a_zone(name: object) -> None:
    assert not zones.is_zone(name)


def test_every_name_of_the_database_is_a_zone() -> None:
    assert all(zones.is_zone(name) for name in ALL_ZONES)
    assert {"US/Eastern", "Asia/Calcutta", "Etc/GMT+5", "EST5EDT", "UTC", "GMT"} <= set(ALL_ZONES)


def test_no_spelling_of_a_name_is_a_zone_and_no_file_beside_it() -> None:
    """A disk that takes both cases for one would find them, and a path leads to the same files."""
    for name in ALL_ZONES:
        for other in spellings(name):
            assert not zones.is_zone(other), other


def spellings(name: str) -> set[str]:
    around = {
        f"{before}{name}" for before in ("/", "./", " ", "right/", "posix/", "/usr/share/zoneinfo/", "Europe/../")
    }
    after = {f"{name}{more}" for more in ("/", "/.", " ", "\0", "\n", ".tab")}
    case = {name.lower(), name.upper(), name.swapcase(), name.title(), name.replace("/", "//"), name.replace("/", "\\")}
    return (around | after | case) - set(ALL_ZONES)


def test_a_text_of_ten_megabytes_is_no_zone_at_once() -> None:
    assert not zones.is_zone("Europe/" * 1_500_000)


@pytest.mark.parametrize("zone", ["Mars/Newtown", "localtime", "../etc/passwd", "\ud800"])
def test_where_a_zone_is_not_known_here_its_clocks_show_utc_and_say_so(zone: str) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert f"{zones.local(noon, zone):%H:%M %Z}" == "12:00 UTC"
    assert not zones.comes_twice(zones.local(noon, zone))
    assert zones.day(noon, zone) == noon.date()


def test_an_hour_that_the_clocks_show_twice_is_told_from_all_others() -> None:
    first = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    there = [zones.local(first + hours * HOUR, NEW_YORK) for hours in range(4)]
    assert [f"{one:%H:%M %Z}" for one in there] == ["00:30 EDT", "01:30 EDT", "01:30 EST", "02:30 EST"]
    assert [zones.comes_twice(one) for one in there] == [False, True, True, False]
    assert not zones.comes_twice(there[1].astimezone(UTC)), "nothing says of which zone it is"


def test_a_moment_of_utc_is_shown_at_the_offset_of_a_local_time() -> None:
    local = zones.local(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), NEW_YORK)
    there = datetime(2026, 11, 1, 7, 30, tzinfo=UTC).astimezone(local.tzinfo)
    assert there.isoformat() == "2026-11-01T03:30:00-04:00"
    assert repr(local.tzinfo) == "LocalOffset(datetime.timedelta(days=-1, seconds=72000), 'America/New_York', 'EDT')"


def test_two_times_an_hour_apart_are_so_even_if_the_clocks_show_the_same() -> None:
    """A bug of others: two times of one ``ZoneInfo`` are compared by what the clocks show."""
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    before, after = zones.local(first, NEW_YORK), zones.local(first + HOUR, NEW_YORK)
    assert (before.isoformat(), after.isoformat()) == ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00")
    assert (before.fold, after.fold) == (0, 0)
    assert before != after
    assert after - before == HOUR


@given(strategies.moments(), st.sampled_from(ALL_ZONES))
def test_a_local_time_is_the_same_moment_with_the_offset_of_its_zone(moment: datetime, zone: str) -> None:
    local = zones.local(moment, zone)
    there = moment.astimezone(ZoneInfo(zone))
    assert local == moment
    assert (local.replace(tzinfo=None), local.utcoffset()) == (
        zones.wall_time(moment, ZoneInfo(zone)),
        there.utcoffset(),
    )
    assert (local.tzname(), local.dst()) == (there.tzname(), None)
    assert zones.comes_twice(local) == (len(zones.instants(local.replace(tzinfo=None), ZoneInfo(zone))) > 1)
    assert zones.day(moment, zone) == there.date()


@given(strategies.moments(), st.sampled_from(ALL_ZONES))
def test_a_local_time_is_left_alone_by_djangos_templates_and_is_a_datetime_for_everything_else(
    moment: datetime, zone: str
) -> None:
    """A bug of others: a visit in Los Angeles is shown by the clocks of the site, in New York."""
    local = zones.local(moment, zone)
    plain = datetime.combine(local.date(), local.timetz())
    copies = [pickle.loads(pickle.dumps(local, kept)) for kept in range(pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301
    for same in (copy.copy(local), copy.deepcopy(local), *copies, local + HOUR - HOUR):
        assert isinstance(same, zones.LocalTime)
        assert (same.tzname(), zones.comes_twice(same)) == (local.tzname(), zones.comes_twice(local))
        assert (same, same.utcoffset(), same.convert_to_local_time) == (local, local.utcoffset(), False)
    assert (local == plain, hash(local), str(local), f"{local:%A %H:%M}") == (
        True,
        hash(plain),
        str(plain),
        f"{plain:%A %H:%M}",
    )
    assert (local - plain, max(local, plain + HOUR)) == (timedelta(0), plain + HOUR)


def test_a_local_time_by_the_clocks_of_another_zone_is_a_moment_like_any_other() -> None:
    """What a host gives back to us, or shows elsewhere on purpose, must not say that it is local there."""
    first = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    local = zones.local(first, "Europe/Berlin")
    same_clocks = local.astimezone(local.tzinfo)
    assert same_clocks.isoformat() == local.isoformat()
    elsewhere = local.astimezone(ZoneInfo(NEW_YORK)), local.astimezone(), zones.in_utc(local, field="after")
    for there in (same_clocks, *elsewhere):
        assert (type(there), there.timestamp()) == (datetime, first.timestamp())
    shown = local.astimezone(ZoneInfo(NEW_YORK))
    assert (shown.isoformat(), shown.fold) == ("2026-11-01T01:30:00-05:00", 1)


@given(strategies.moments(), st.sampled_from(ALL_ZONES))
def test_a_moment_is_one_of_the_instants_of_what_the_clocks_show(moment: datetime, zone: str) -> None:
    there = ZoneInfo(zone)
    found = zones.instants(zones.wall_time(moment, there), there)
    assert moment in found
    assert list(found) == sorted(set(found))


@given(strategies.moments(), st.sampled_from(ALL_ZONES))
def test_a_day_begins_where_it_is_this_day_and_was_another_just_before(moment: datetime, zone: str) -> None:
    today = zones.day(moment, zone)
    begins_at = zones.midnight_before(today, zone)
    assert begins_at - HOUR < moment
    assert zones.day(begins_at, zone) >= today
    assert zones.day(begins_at - HOUR, zone) < today


@pytest.mark.parametrize(
    ("day", "zone", "begins_at"),
    [
        (date(2026, 1, 5), NEW_YORK, datetime(2026, 1, 5, 5, tzinfo=UTC)),
        (date(2026, 9, 6), "America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),  # clocks skip to one
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),  # midnight comes twice
    ],
)
def test_a_day_begins_also_where_clocks_skip_midnight_or_show_it_twice(
    day: date, zone: str, begins_at: datetime
) -> None:
    assert zones.midnight_before(day, zone) == begins_at
    assert zones.day(begins_at, zone) == day
    assert zones.day(begins_at - timedelta(microseconds=1), zone) < day


@pytest.mark.parametrize(
    ("given", "expected", "text"),
    [
        ("2026-01-05", TypeError, "after must be datetime, not str"),
        (None, TypeError, "after must be datetime, not NoneType"),
        (datetime(2026, 1, 5), ValueError, "after must be an aware datetime"),  # noqa: DTZ001 - naive on purpose
        (datetime.max.replace(tzinfo=timezone(-HOUR)), BadInputError, "bad_input: after: out_of_range"),
        (datetime.min.replace(tzinfo=timezone(HOUR)), BadInputError, "bad_input: after: out_of_range"),
    ],
)
def test_what_is_no_moment_in_utc_is_refused(given: Any, expected: type[Exception], text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{text}$") as refusal:
        zones.in_utc(given, field="after")
    assert type(refusal.value) is expected


def test_a_moment_with_an_offset_is_taken_in_utc() -> None:
    moment = zones.in_utc(datetime(2026, 1, 5, 9, tzinfo=timezone(-5 * HOUR)), field="after")
    assert moment.isoformat() == "2026-01-05T14:00:00+00:00"
    assert moment.tzinfo is UTC
