"""Money, days and times as people write them in a language and a country, and exactly."""

import re
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from patientportal import BadInputError, Money, PartialDate
from patientportal.words.catalogues import Language
from patientportal.words.choosing import language_of

_FRACTION = re.compile(r"\.0+")
_MEGABYTE = 2**20


def money(amount: Money, language: Language | str) -> str:
    """An amount as people write it, with every decimal of its currency, exactly.

    Args:
        amount: of any currency.
        language: from ``choose`` or ``load``, or a tag of BCP 47.

    >>> money(Money.parse("1234.50", "USD"), "en-US")
    '$1,234.50'
    >>> money(Money.parse("1234.50", "USD"), "es-US")
    '$1,234.50'
    """
    locale = language_of(language).locale
    try:
        decimals = amount.decimals
    except BadInputError:  # stored by a release that knows the currency
        return str(amount)
    # Babel would round 13 currencies that ISO 4217 gives two decimals, or three, to none.
    pattern = _FRACTION.sub("." + "0" * decimals if decimals else "", locale.currency_formats["standard"].pattern)
    return format_currency(amount.amount, amount.currency, pattern, locale=locale, currency_digits=False)


def day(known: date | PartialDate, language: Language | str) -> str:
    """A day as people write it, as far as it is known.

    Args:
        known: such as a due date, or the birth date of somebody of whom only the year is known.
        language: from ``choose`` or ``load``, or a tag of BCP 47.

    >>> day(date(2026, 11, 1), "en-US"), day(date(2026, 11, 1), "es")
    ('November 1, 2026', '1 de noviembre de 2026')
    >>> day(PartialDate(1974, 3), "es")
    'marzo de 1974'
    """
    locale = language_of(language).locale
    if isinstance(known, date):
        return format_date(known, "long", locale=locale)
    first = date(known.year, known.month or 1, known.day or 1)
    if known.month is None:
        return format_skeleton("y", datetime.combine(first, datetime.min.time()), locale=locale)
    if known.day is None:
        return format_skeleton("yMMMM", datetime.combine(first, datetime.min.time()), locale=locale)
    return format_date(first, "long", locale=locale)


def weekday(known: date, language: Language | str) -> str:
    """A day as people write it, with the day of the week.

    Args:
        known: such as the day of a visit.
        language: from ``choose`` or ``load``, or a tag of BCP 47.

    >>> weekday(date(2026, 11, 1), "en-US"), weekday(date(2026, 11, 1), "es")
    ('Sunday, November 1, 2026', 'domingo, 1 de noviembre de 2026')
    """
    return format_date(known, "full", locale=language_of(language).locale)


def time(at: datetime, language: Language | str, *, zone: str | None = None) -> str:
    """A time of day as people write it there; with the zone's name where the clocks show it twice that day.

    Args:
        at: aware.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
        zone: by whose clocks (IANA), such as ``portal.policy.zone``; ``None``: those of ``at``, as visits have them.

    Raises:
        ValueError: ``at`` is naive, or there is no such zone.
    """
    locale = language_of(language).locale
    clocks = _clocks(at, zone)
    there = at.astimezone(clocks)
    shown = format_time(there, "short", tzinfo=clocks, locale=locale)
    if not _comes_twice(there, clocks):
        return shown
    name = format_datetime(there, "z", tzinfo=clocks, locale=locale)  # such as EST
    if name[:1] in "+-":  # people there have no short name for it
        name = format_datetime(there, "zzzz", tzinfo=clocks, locale=locale)
    return f"{shown} {name}"


def moment(at: datetime, language: Language | str, *, zone: str | None = None) -> str:
    """A moment as people write it there: the day of the week, the day, and the time as ``time`` writes it.

    Args:
        at: aware.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
        zone: by whose clocks (IANA), such as ``portal.policy.zone``; ``None``: those of ``at``, as visits have them.

    Raises:
        ValueError: ``at`` is naive, or there is no such zone.
    """
    language = language_of(language)
    there = at.astimezone(_clocks(at, zone)).date()
    return str(language.locale.datetime_formats["full"]).format(time(at, language, zone=zone), weekday(there, language))


def number(value: int, language: Language) -> str:
    """A whole number, its digits grouped as people do."""
    return format_decimal(value, locale=language.locale)


def duration(length: timedelta, language: Language) -> str:
    """How long something takes."""
    return format_timedelta(length, granularity="second", locale=language.locale)


def size(length_bytes: int, language: Language) -> str:
    """How large a file is, in megabytes."""
    return format_unit(length_bytes / _MEGABYTE, "digital-megabyte", length="short", locale=language.locale)


def _clocks(at: datetime, zone: str | None) -> tzinfo:
    """The zone's own where it is known, which knows its name and when its hours come twice."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("at must be an aware datetime")
    if zone is not None:
        return ZoneInfo(zone)
    try:
        return ZoneInfo(getattr(at.tzinfo, "zone", ""))
    except (ZoneInfoNotFoundError, ValueError):
        return at.tzinfo


def _comes_twice(there: datetime, clocks: tzinfo) -> bool:
    """Whether the clocks are set back over it; that they skip it can't be, as it is what they show."""
    return len({there.replace(tzinfo=clocks, fold=fold).utcoffset() for fold in (0, 1)}) > 1
