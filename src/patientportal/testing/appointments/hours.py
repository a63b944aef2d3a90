"""When providers see patients: hours, the days on which they hold, and what a clock on the wall makes of them."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from attrs import frozen

STEP, A_DAY = timedelta(minutes=5), timedelta(days=1)
HALF_AN_HOUR, A_QUARTER = timedelta(minutes=30), timedelta(minutes=15)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EVERY_DAY = WEEKDAYS


@frozen
class Hours:
    """When a provider sees patients, every so many weeks; all in steps of five minutes."""

    days: tuple[str, ...]
    opens: time
    closes: time
    visit_length: timedelta
    every_weeks: int = 1
    step: timedelta | None = None

    @property
    def pattern(self) -> str:
        """As RFC 5545 writes it."""
        return f"FREQ=WEEKLY;INTERVAL={self.every_weeks};BYDAY={','.join(self.days)}"


@frozen
class Period:
    """From when on hours hold and until when, and on which days they don't."""

    first_day: date
    last_day: date
    exceptions: tuple[date, ...] = ()

    def days(self, hours: Hours) -> list[date]:
        """The days with these hours; weeks begin on Monday, and the first one is that of the first day."""
        all_days = [self.first_day + number * A_DAY for number in range((self.last_day - self.first_day).days + 1)]
        first_monday = self.first_day - self.first_day.weekday() * A_DAY
        return [
            day
            for day in all_days
            if WEEKDAYS[day.weekday()] in hours.days
            and (day - first_monday).days // 7 % hours.every_weeks == 0
            and day not in self.exceptions
        ]


MORNINGS = Hours(EVERY_DAY, time(9), time(10, 30), HALF_AN_HOUR)
NIGHTS = Hours(EVERY_DAY, time(1), time(4), HALF_AN_HOUR)
AT_NIGHT = (
    NIGHTS,
    Hours(EVERY_DAY, time(1, 30), time(3, 30), timedelta(minutes=40)),
    Hours(EVERY_DAY, time(1, 30), time(3), timedelta(minutes=90)),
)
EVENINGS = Hours(EVERY_DAY, time(23, 45), time(0, 15), A_QUARTER)
EVERY_SECOND_WEEK = Hours(("MO", "WE", "SA"), time(12), time(13), HALF_AN_HOUR, every_weeks=2)
HOURS = (
    MORNINGS,
    MORNINGS,
    Hours(EVERY_DAY, time(9, 15), time(10, 45), timedelta(minutes=45)),
    Hours(EVERY_DAY, time(8), time(11), timedelta(minutes=85), step=timedelta(minutes=90)),
    *AT_NIGHT,
    EVENINGS,
    EVERY_SECOND_WEEK,
)


def times(hours: Hours, period: Period, zone: str) -> list[tuple[datetime, datetime]]:
    """When visits begin and end: by a look at a clock on the wall there, every five minutes.

    It must show the opening time of a day at a closing time that it shows, be it skipped or doubled what lies between.
    """
    shown = clock_on_the_wall(zone, period.first_day, period.last_day)
    found: list[tuple[datetime, datetime]] = []
    for day in period.days(hours):
        opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
        closes += timedelta(0) if closes > opens else A_DAY
        step, last = hours.step or hours.visit_length, closes - hours.visit_length
        grid = [opens + number * step for number in range((closes - opens) // STEP) if opens + number * step <= last]
        for starts_at in sorted(moment for wall_time in grid for moment in shown.get(wall_time, ())):
            ends_at = starts_at + hours.visit_length
            if ends_at <= shown[closes][-1] and (not found or starts_at >= found[-1][1]):
                found.append((starts_at, ends_at))
    return found


def midnight_before(moment: datetime, zone: str) -> datetime:
    """The beginning of the day that it is in a zone then."""
    there = ZoneInfo(zone)
    return datetime.combine(moment.astimezone(there).date(), time(), tzinfo=there).astimezone(ZoneInfo("UTC"))


@cache
def clock_on_the_wall(zone: str, first_day: date, last_day: date) -> dict[datetime, list[datetime]]:
    """The moments, in order and in UTC, at which it shows a time from the beginning of a day on until after another."""
    utc = ZoneInfo("UTC")
    moment = datetime.combine(first_day - A_DAY, time(), tzinfo=utc)
    shown: dict[datetime, list[datetime]] = {}
    while moment < datetime.combine(last_day + 3 * A_DAY, time(), tzinfo=utc):
        shown.setdefault(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None), []).append(moment)
        moment += STEP
    return shown
