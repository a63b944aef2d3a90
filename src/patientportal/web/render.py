"""From a template to a page: one environment a language, whose filters write days, times and money as people do."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context

from patientportal import Money, PartialDate, words
from patientportal.web.languages import translations
from patientportal.web.site import STATIC


@cache
def environment(tag: str) -> Environment:
    """The templates with the texts of one language, each compiled once.

    Args:
        tag: of the texts, one of ``LANGUAGES``.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader("patientportal.web"), PackageLoader("nhsuk_frontend_jinja")]),
        autoescape=True,
        undefined=ChainableUndefined,  # the components ask for what nobody gave them
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(tag), newstyle=True)  # type: ignore[attr-defined]  # by i18n
    made.filters |= {
        "day": _day,
        "weekday": _weekday,
        "moment": _moment,
        "time": _time,
        "money": _money,
        "label": _label,
        "duration": _duration,
    }
    return made


def rendered(tag: str, template: str, values: Mapping[str, Any]) -> str:
    """A page.

    Args:
        tag: of the texts, one of ``LANGUAGES``.
        template: its name below ``templates``.
        values: what it shows.
    """
    return environment(tag).get_template(template).render(values)


@cache
def version(name: str) -> str:
    """What a static file's address ends with, so that a browser may keep it for as long as it is the same."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@pass_context
def _day(context: Context, value: date | PartialDate, zone: str | None = None) -> str:
    if isinstance(value, datetime):  # by its own clocks, as a visit has them, or by the zone's
        value = (value.astimezone(ZoneInfo(zone)) if zone else value).date()
    return words.day(value, context["visitor"].language)


@pass_context
def _weekday(context: Context, value: date) -> str:
    return words.weekday(value, context["visitor"].language)


@pass_context
def _moment(context: Context, value: datetime, zone: str | None = None) -> str:
    return words.moment(value, context["visitor"].language, zone=zone)


@pass_context
def _time(context: Context, value: datetime, zone: str | None = None) -> str:
    return words.time(value, context["visitor"].language, zone=zone)


@pass_context
def _money(context: Context, value: Money) -> str:
    return words.money(value, context["visitor"].language)


@pass_context
def _duration(context: Context, value: timedelta) -> str:
    return format_timedelta(value, locale=context["visitor"].language.locale)


@pass_context
def _label(context: Context, value: Enum) -> str:
    return words.label(value, context["visitor"].language)
