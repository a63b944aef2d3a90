"""Money, days and times: exact, and as people write them there."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from patientportal import ENGLISH, Money, PartialDate
from patientportal.domain.values.money import DECIMALS
from patientportal.domain.values.stored import as_stored
from patientportal.domain.values.zones import local
from patientportal.testing import strategies
from patientportal.words import day, mails, moment, money, time
from patientportal.words.choosing import language_of

COUNTRIES = ("en", "en-US", "es", "es-US", "es-MX", "es-AR", "en-IN")
FIRST = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary spaces: CLDR writes narrow and unbroken ones."""
    return re.sub(r"\s", " ", text)


@pytest.mark.parametrize("country", COUNTRIES)
def test_no_amount_is_rounded_in_any_currency(country: str) -> None:
    """A bug of others: Babel shows 12.34 AFN as AFN 12, for CLDR gives 13 currencies fewer decimals than ISO 4217."""
    for currency, units in product(DECIMALS, (0, 1, 1_234_567, 999_999_999_999)):
        amount = Money(minor_units=units, currency=currency)
        shown = money(amount, country)
        (number,) = re.findall(r"\d[\d.,]*", shown)
        assert parse_decimal(number, locale=language_of(country).locale) == amount.amount
        assert "".join(re.findall(r"\d", shown)) == f"{units:0{DECIMALS[currency] + 1}}", shown


@pytest.mark.parametrize(
    ("country", "shown"),
    [
        ("en-US", "$1,234.50"),
        ("en", "$1,234.50"),
        ("es-US", "$1,234.50"),
        ("es", "1.234,50 US$"),
        ("es-AR", "US$1.234,50"),
    ],
)
def test_money_is_written_as_people_do_there(country: str, shown: str) -> None:
    assert plain(money(Money.parse("1234.50", "USD"), country)) == shown


def test_an_amount_of_a_currency_that_only_a_later_release_knows_is_shown_in_minor_units() -> None:
    assert money(as_stored(Money)(minor_units=1_234, currency="XQQ"), "es") == "1234 minor units of XQQ"


@pytest.mark.parametrize(
    ("known", "english", "spanish"),
    [
        (date(2026, 11, 1), "November 1, 2026", "1 de noviembre de 2026"),
        (PartialDate(1974, 3, 2), "March 2, 1974", "2 de marzo de 1974"),
        (PartialDate(1974, 3), "March 1974", "marzo de 1974"),
        (PartialDate(1974), "1974", "1974"),
    ],
)
def test_a_day_is_written_as_far_as_it_is_known(known: date | PartialDate, english: str, spanish: str) -> None:
    assert (day(known, "en-US"), day(known, "es-MX")) == (english, spanish)


@pytest.mark.parametrize(
    ("country", "before", "after"),
    [
        ("en-US", "1:30 AM EDT", "1:30 AM EST"),
        ("es-US", "1:30 a.m. EDT", "1:30 a.m. EST"),
        ("es-MX", "1:30 a.m. hora de verano oriental", "1:30 a.m. hora estándar oriental"),
        ("es", "1:30 hora de verano oriental", "1:30 hora estándar oriental"),
    ],
)
def test_where_an_hour_comes_twice_the_zone_is_named(country: str, before: str, after: str) -> None:
    for where in (lambda at: local(at, "America/New_York"), lambda at: at.astimezone(ZoneInfo("America/New_York"))):
        assert plain(time(where(FIRST), country)) == before
        assert plain(time(where(FIRST + timedelta(hours=1)), country)) == after
        elsewhere = time(where(FIRST + timedelta(hours=2)), country)
        assert "E" not in elsewhere
        assert "hora" not in elsewhere


def test_a_moment_says_the_day_of_the_week_and_the_time_by_the_clocks_that_are_asked_for() -> None:
    at = datetime(2026, 7, 4, 16, 5, tzinfo=UTC)
    assert plain(moment(at, "en-US", zone="America/Chicago")) == "Saturday, July 4, 2026, 11:05 AM"
    assert plain(moment(at, "es-MX", zone="America/Chicago")) == "sábado, 4 de julio de 2026, 11:05 a.m."
    assert plain(moment(local(at, "Europe/Berlin"), "es")) == "sábado, 4 de julio de 2026, 18:05"
    assert plain(moment(local(at, "Mars/Newtown"), "es")) == "sábado, 4 de julio de 2026, 16:05"
    assert plain(time(at.astimezone(timezone(timedelta(hours=2))), "es")) == "18:05"


@given(strategies.moments(), st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]))
def test_the_cores_english_writes_a_visits_time_as_the_catalogues_do(at: datetime, zone: str) -> None:
    there = local(at, zone)
    ours, theirs = ENGLISH.when(there), plain(mails("en-US").when(there))
    assert theirs.startswith(re.sub(r"([AP]M).*", r"\1", ours))
    assert (ours[-1] == "M") == (theirs[-1] == "M"), "the zone is named by both or by neither"


def test_a_naive_time_and_a_zone_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="at must be an aware datetime"):
        time(FIRST.replace(tzinfo=None), "en")
    with pytest.raises(ValueError, match="Mars"):
        moment(FIRST, "en", zone="../Mars")


def test_an_amount_that_decimal_gives_is_the_amount_that_was_written() -> None:
    assert Money.parse("12.30", "USD").amount == Decimal("12.30")
