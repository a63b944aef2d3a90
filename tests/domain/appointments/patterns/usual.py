"""A usual weekly pattern, what is otherwise about it, and why one is refused."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from patientportal.domain.appointments.patterns import Pattern, usable_pattern, visits
from patientportal.domain.errors import BadInputError

NEW_YORK = "America/New_York"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EVERY_DAY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"


DAY_ONE = date(2026, 1, 5)
USUAL: dict[str, Any] = {
    "pattern": "FREQ=WEEKLY;BYDAY=MO,WE",
    "opens": time(9),
    "closes": time(10),
    "visit_length": 30 * MINUTE,
    "first_day": DAY_ONE,
    "last_day": date(2026, 1, 11),
    "exceptions": (),
}


def pattern(**otherwise: Any) -> Pattern:
    of = USUAL | otherwise
    return usable_pattern(**{"today": of["first_day"] if type(of["first_day"]) is date else DAY_ONE} | of)


def of_one_day(day: date, opens: time, closes: time, minutes: int) -> Pattern:
    return pattern(
        pattern=EVERY_DAY, opens=opens, closes=closes, visit_length=minutes * MINUTE, first_day=day, last_day=day
    )


def shown(of: Pattern, zone: str = NEW_YORK) -> list[str]:
    """When the visits begin, as the clocks of the place show it, with their offset."""
    return [f"{starts_at.astimezone(ZoneInfo(zone)):%a %H:%M %z}" for starts_at, _ in visits(of, zone=zone)]


def days(number: int) -> list[date]:
    return [date(2026, 1, 1) + one * DAY for one in range(number)]


def refusal(call: Callable[[], object]) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        call()
    assert caught.value.limit is None or type(caught.value.limit) is int
    return caught.value.field, caught.value.problem, caught.value.limit
