"""A provider falls ill: a day or some hours are closed, their visits cancelled, and everybody is told."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import Response

from patientportal import AppointmentStatus, BadInputError, PatientVisit, Place, Provider, VisitTypeId
from patientportal.web.desk.schedule import A_DAY, WEEK, free_times
from patientportal.web.forms import Form, given
from patientportal.web.free_times import YEARS, moment_of
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

AT_ONCE, NOTHING = timedelta(days=31), timedelta(0)


@frozen(kw_only=True)
class Closing:
    """What is to be closed.

    Attributes:
        provider: whose time.
        place: where; ``None``: everywhere.
        after: from when, by the clocks there, or by the practice's.
        before: until when, likewise.
    """

    provider: Provider
    place: Place | None
    after: datetime
    before: datetime


def show_close(visitor: Visitor) -> Response:
    """The form: whose days, or hours."""
    return visitor.show(
        "desk/close.html",
        provider_id=visitor.query.get("provider", ""),
        provider_options=[(one.id, one.name) for one in visitor.practice.providers.all()],
        place_options=[(one.id, one.name) for one in visitor.practice.places.all()],
        today=visitor.today,
    )


def close(visitor: Visitor) -> Response:
    """Goes on to what that means; nothing is closed yet."""
    form = visitor.form
    form.need("provider_id", "first_day")
    places = {one.id: one for one in visitor.practice.places.all()}
    place = next((one for key, one in places.items() if key == form["place_id"]), None)
    after, before = _between(form, ZoneInfo(place.zone if place else visitor.portal.policy.zone))
    return visitor.go(
        f"{WEEK}/close/check",
        provider=form["provider_id"],
        place=place.id if place else None,
        after=after.isoformat(),
        before=before.isoformat(),
    )


def show_check(visitor: Visitor) -> Response:
    """How many times and visits that concerns, and whose."""
    closing = _asked(visitor)
    place_id = closing.place.id if closing.place else None
    free = free_times(visitor, closing.provider.id, after=closing.after, before=closing.before, place_id=place_id)
    return visitor.show(
        "desk/close_check.html", closing=closing, free=sum(1 for _ in free), visits=_visits(visitor, closing)
    )


def do_close(visitor: Visitor) -> Response:
    """Closes."""
    closing = _asked(visitor)
    if _visits(visitor, closing):
        visitor.form.need("cancelling")
    done = visitor.practice.schedule.withdraw(
        after=closing.after,
        before=closing.before,
        provider_id=closing.provider.id,
        place_id=closing.place.id if closing.place else None,
        cancelling=visitor.form["cancelling"].strip() or None,
    )
    return visitor.go(
        WEEK,
        flash="hours_closed_and_told" if done.visits else "hours_closed",
        provider=closing.provider.id,
        week=closing.after.date().isoformat(),
    )


def _between(form: Form, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when, by the clocks of a zone.

    Raises:
        BadInputError: ``out_of_order``, or ``out_of_range``: a day is none of ours, or they are more than 31 days.
    """
    first = given(form.date("first_day"), "first_day")
    last = form.date("last_day") or first
    for name, day in (("first_day", first), ("last_day", last)):
        if day.year not in YEARS:
            raise BadInputError(field=name, problem="out_of_range")
    opens, closes = form.time("after") or time(), form.time("before")
    after = datetime.combine(first, opens, zone)
    before = datetime.combine(last, closes, zone) if closes else datetime.combine(last + A_DAY, time(), zone)
    if before.astimezone(UTC) <= after.astimezone(UTC):
        raise BadInputError(field="last_day" if last < first else "before", problem="out_of_order")
    if before.astimezone(UTC) - after.astimezone(UTC) > AT_ONCE:
        raise BadInputError(field="last_day", problem="out_of_range", limit=AT_ONCE.days)
    return after, before


def _asked(visitor: Visitor) -> Closing:
    """What the page's address says.

    Raises:
        BadInputError: it says none of our days, nobody of ours, or no place of ours.
    """
    provider_id, place_id = visitor.query.get("provider", ""), visitor.query.get("place")
    after, before = (moment_of(visitor.query.get(name, "")) for name in ("after", "before"))
    if after is None or before is None or not after < before <= after + AT_ONCE + A_DAY:
        raise BadInputError(field="day", problem="bad_format")
    providers = {one.id: one for one in visitor.practice.providers.all()}
    places = {one.id: one for one in visitor.practice.places.all()}
    provider = next((one for key, one in providers.items() if key == provider_id), None)
    place = next((one for key, one in places.items() if key == place_id), None)
    if provider is None or (place_id is not None and place is None):
        raise BadInputError(field="provider_id", problem="unknown")
    return Closing(provider=provider, place=place, after=after, before=before)


def _visits(visitor: Visitor, closing: Closing) -> list[PatientVisit]:
    """The booked visits that take any of that time; each holds its provider for as long as its kind says."""
    holds: dict[VisitTypeId | None, timedelta] = {one.id: one.holds for one in visitor.practice.visit_types.all()}
    first, last = (one.astimezone(UTC).date() for one in (closing.after - A_DAY, closing.before + A_DAY))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found = [one for day in days for one in visitor.practice.appointments.of_day(closing.provider.id, day)]
    return [
        one
        for one in found
        if one.status is AppointmentStatus.BOOKED
        and visitor.portal.now < one.starts_at < closing.before
        and closing.after < max(one.ends_at, one.starts_at + holds.get(one.visit_type_id, NOTHING))
        and (closing.place is None or one.place.id == closing.place.id)
    ]


SCREENS = (
    Screen(f"{WEEK}/close", show_close, close, who=Who.STAFF),
    Screen(
        f"{WEEK}/close/check",
        show_check,
        do_close,
        who=Who.STAFF,
        says={
            "hours_closed": N_("These hours are closed."),
            "hours_closed_and_told": N_("These hours are closed, the visits are cancelled, and we tell the patients."),
        },
    ),
)
