"""A provider's schedule: what is free and what is booked in a week, and hours that are published."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from starlette.responses import Response

from patientportal import BadInputError, LeftOut, OpenSlot, PatientVisit, PlaceId, StaffId
from patientportal.web.forms import Form, given
from patientportal.web.free_times import A_WEEK, MANY, day_of, moment_of
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

WEEK = "/desk/schedule"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
INTERVALS = (
    ("1", N_("Every week")),
    ("2", N_("Every second week")),
    ("3", N_("Every third week")),
    ("4", N_("Every fourth week")),
)
LEFT_OUT = ("1", "2", "3", "4")
LEFT_OUT_DAYS_MAX = 366
NAMED_MAX = 20
A_DAY = timedelta(days=1)
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)


@frozen(kw_only=True)
class Stretch:
    """Free times at one place, one right after another.

    Attributes:
        place: its name.
        starts_at: from when, by the clocks there.
        ends_at: until when.
        times: how many there are.
    """

    place: str
    starts_at: datetime
    ends_at: datetime
    times: int


@frozen(kw_only=True)
class Day:
    """A day of a provider's.

    Attributes:
        day: which.
        begins: its midnight, by the practice's clocks.
        ends: the next one.
        free: what can be booked.
        visits: what is.
    """

    day: date
    begins: datetime
    ends: datetime
    free: tuple[Stretch, ...]
    visits: tuple[PatientVisit, ...]


def show_week(visitor: Visitor) -> Response:
    """A week of one provider."""
    named = [(one.id, one.name) for one in visitor.practice.providers.all()]
    provider_id = visitor.query.get("provider") or next((key for key, _ in named), None)
    zone = ZoneInfo(visitor.portal.policy.zone)
    asked = day_of(visitor.query.get("week", "")) or visitor.today
    first = asked - timedelta(days=(asked.weekday() - visitor.language.locale.first_week_day) % 7)
    days = list(_week(visitor, StaffId(provider_id), first, zone)) if provider_id else []
    return visitor.show(
        "desk/schedule.html",
        provider_id=provider_id,
        provider_options=named,
        first_day=first,
        before=first - A_WEEK,
        after=first + A_WEEK,
        days=days,
        free=sum(one.times for day in days for one in day.free),
        booked=sum(len(day.visits) for day in days),
        now=visitor.portal.now,
    )


def free_times(
    visitor: Visitor, provider_id: StaffId, *, after: datetime, before: datetime, place_id: PlaceId | None = None
) -> Iterator[OpenSlot]:
    """All of a provider's free times between two moments."""
    cursor = None
    while True:
        found = visitor.practice.schedule.open_slots(
            provider_id=provider_id, place_id=place_id, after=after, before=before, limit=MANY, cursor=cursor
        )
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def show_publish(visitor: Visitor) -> Response:
    """The form for hours that are published."""
    locale = visitor.language.locale
    names = locale.days["format"]["wide"]
    order = [(locale.first_week_day + number) % 7 for number in range(7)]
    return visitor.show(
        "desk/publish.html",
        provider_id=visitor.query.get("provider", ""),
        provider_options=[(one.id, one.name) for one in visitor.practice.providers.all() if one.active],
        place_options=[(one.id, one.name) for one in visitor.practice.places.all() if one.active],
        day_options=[(DAYS[number], names[number]) for number in order],
        intervals=INTERVALS,
        left_out=LEFT_OUT,
        leaves_out=any(visitor.form[f"out_first_{number}-day"] for number in LEFT_OUT),
    )


def publish(visitor: Visitor) -> Response:
    """Publishes hours; the same form again adds nothing."""
    form = visitor.form
    form.need("provider_id", "place", "pattern", "first_day", "last_day", "opens", "closes", "visit_length")
    first = given(form.date("first_day"), "first_day")
    length, pause = given(form.minutes("visit_length"), "visit_length"), form.minutes("pause")
    made = visitor.practice.schedule.publish(
        PlaceId(form["place"]),
        rule_of(form.all("pattern"), form["interval"]),
        opens=given(form.time("opens"), "opens"),
        closes=given(form.time("closes"), "closes"),
        visit_length=length,
        first_day=first,
        last_day=given(form.date("last_day"), "last_day"),
        exceptions=list(_left_out(form)),
        step=length + pause if pause else None,
        provider_id=StaffId(form["provider_id"]),
    )
    return visitor.go(
        f"{WEEK}/published",
        provider=form["provider_id"],
        week=first.isoformat(),
        added=str(made.added),
        there=str(made.already_there),
        left=str(len(made.left_out)),
        times=",".join(_written(made.left_out)) or None,
    )


def show_published(visitor: Visitor) -> Response:
    """How many times are new, and which were left out."""
    counts = (visitor.query.get(name, "") for name in ("added", "there", "left"))
    added, there, left = (int(one) if _COUNT.fullmatch(one) else 0 for one in counts)
    times = list(filter(None, map(moment_of, visitor.query.get("times", "").split(",")[:NAMED_MAX])))
    return visitor.show(
        "desk/published.html",
        provider_id=visitor.query.get("provider", ""),
        week=visitor.query.get("week", ""),
        added=added,
        there=there,
        left=left,
        times=times,
    )


def rule_of(days: Sequence[str], interval: str) -> str:
    """The days of a week, each week or each second, as calendars write it (RFC 5545)."""
    chosen = [day for day in DAYS if day in days]
    every = interval if interval in dict(INTERVALS) else "1"
    return f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(chosen)}"


def _week(visitor: Visitor, provider_id: StaffId, first: date, zone: ZoneInfo) -> Iterator[Day]:
    begins, ends = (datetime.combine(day, time(), zone) for day in (first, first + A_WEEK))
    free: dict[date, list[OpenSlot]] = {}
    # A day more on both sides, for a place may be a day ahead or behind.
    for slot in free_times(visitor, provider_id, after=begins - A_DAY, before=ends + A_DAY):
        free.setdefault(slot.starts_at.date(), []).append(slot)
    for number in range(7):
        day = first + timedelta(days=number)
        yield Day(
            day=day,
            begins=datetime.combine(day, time(), zone),
            ends=datetime.combine(day + A_DAY, time(), zone),
            free=_stretches(free.get(day, [])),
            visits=visitor.practice.appointments.of_day(provider_id, day),
        )


def _stretches(slots: Iterable[OpenSlot]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for slot in slots:
        last = found[-1] if found else None
        if last and last.ends_at == slot.starts_at and last.place == slot.place.name:
            found[-1] = evolve(last, ends_at=slot.ends_at, times=last.times + 1)
        else:
            found.append(Stretch(place=slot.place.name, starts_at=slot.starts_at, ends_at=slot.ends_at, times=1))
    return tuple(found)


def _left_out(form: Form) -> Iterator[date]:
    """The days that are left out, from each first to its last.

    Raises:
        BadInputError: of ``out_first_1`` and the like: the first is ``empty``, the last ``out_of_order``, or they are
            ``too_many``.
    """
    for number in LEFT_OUT:
        first, last = form.date(f"out_first_{number}"), form.date(f"out_last_{number}")
        if first is None and last is None:
            continue
        if first is None:
            raise BadInputError(field=f"out_first_{number}", problem="empty")
        several = ((last or first) - first).days
        if several < 0:
            raise BadInputError(field=f"out_last_{number}", problem="out_of_order")
        if several >= LEFT_OUT_DAYS_MAX:
            raise BadInputError(field=f"out_last_{number}", problem="too_many", limit=LEFT_OUT_DAYS_MAX)
        yield from (first + timedelta(days=more) for more in range(several + 1))


def _written(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for one in left_out[:NAMED_MAX]:
        yield one.starts_at.isoformat()


SCREENS = (
    Screen(WEEK, show_week, who=Who.STAFF),
    Screen(
        f"{WEEK}/publish",
        show_publish,
        publish,
        who=Who.STAFF,
        rename={"step": "pause", "exceptions": "out_first_1"},
    ),
    Screen(f"{WEEK}/published", show_published, who=Who.STAFF),
)
