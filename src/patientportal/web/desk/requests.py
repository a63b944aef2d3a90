"""What patients ask for: each request becomes a visit at a time that suits them, or is declined with a reason."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import Response

from patientportal import (
    AppointmentRequestId,
    NotFoundError,
    OpenSlot,
    PartOfDay,
    RequestedVisit,
    RequestStatus,
    SlotId,
    StaffId,
    Window,
)
from patientportal.web.desk.booking import search
from patientportal.web.free_times import LOOKS_MAX, MANY, Search, by_day, gone, moment_of, week_of
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

LIST = "/desk/requests"
TIMES_MAX = 30
NOON, EVENING = time(12), time(17)


@frozen(kw_only=True)
class Suiting:
    """The free times of some days that suit.

    Attributes:
        window: these days.
        days: the times of each day, by the clocks there, and each provider at each place.
        rest: where the times of these days go on that aren't here.
    """

    window: Window
    days: Mapping[date, Mapping[tuple[str, str], list[OpenSlot]]]
    rest: datetime | None


def show_all(visitor: Visitor) -> Response:
    """All that are open, the oldest first."""
    asked_for = visitor.practice.appointments.requests(cursor=visitor.query.get("cursor"))
    return visitor.show("desk/requests.html", asked_for=asked_for)


def show(visitor: Visitor) -> Response:
    """What somebody asks for, and the free times that suit them."""
    asked = _asked(visitor)
    provider_id = visitor.query.get("provider", asked.provider_id or "")
    named = {one.id: one.name for one in visitor.practice.providers.all() if one.active}
    if asked.provider_id and asked.provider_name:
        named.setdefault(asked.provider_id, asked.provider_name)
    is_open = asked.status is RequestStatus.OPEN
    return visitor.show(
        "desk/request.html",
        asked=asked,
        is_open=is_open,
        provider_id=provider_id,
        provider_options=tuple(named.items()),
        suiting=list(_suiting(visitor, asked, provider_id)) if is_open else [],
    )


def show_other_times(visitor: Visitor) -> Response:
    """All free times, week by week, for somebody who says so on the phone."""
    asked = _asked(visitor)
    if asked.status is not RequestStatus.OPEN:
        return visitor.go(f"{LIST}/{asked.request_id}")
    wanted = search(visitor, asked.patient_id, of_a_kind=False)
    return visitor.show("desk/request_times.html", asked=asked, wanted=wanted, week=week_of(wanted))


def schedule(visitor: Visitor) -> Response:
    """Books what was asked for."""
    visitor.form.need("slot_id")
    try:
        visitor.practice.appointments.schedule_request(_id(visitor), SlotId(visitor.form["slot_id"]))
    except NotFoundError as error:
        raise gone(error) from None
    return visitor.go(LIST, flash="request_scheduled")


def show_decline(visitor: Visitor) -> Response:
    """Whose request it is, and why it can't be."""
    asked = _asked(visitor)
    return visitor.show("desk/request_decline.html", asked=asked, is_open=asked.status is RequestStatus.OPEN)


def decline(visitor: Visitor) -> Response:
    """Says no, and why."""
    visitor.form.need("reason")
    visitor.practice.appointments.decline_request(_id(visitor), visitor.form["reason"].strip())
    return visitor.go(LIST, flash="request_declined")


def _id(visitor: Visitor) -> AppointmentRequestId:
    return AppointmentRequestId(visitor.at("request_id"))


def _asked(visitor: Visitor) -> RequestedVisit:
    return visitor.practice.appointments.get_request(_id(visitor))


def _suiting(visitor: Visitor, asked: RequestedVisit, provider_id: str) -> Iterator[Suiting]:
    wanted = search(visitor, asked.patient_id, of_a_kind=False)
    later = moment_of(visitor.query.get("after", ""))
    for number, window in enumerate(asked.windows, start=1):
        after = later if visitor.query.get("days") == str(number) else None
        fitting = _fitting(wanted, window, provider_id, after=after)
        found = [slot for slot, _ in zip(fitting, range(TIMES_MAX), strict=False)]
        rest = next(fitting, None)
        yield Suiting(window=window, days=by_day(found), rest=rest.starts_at if rest else None)


def _fitting(wanted: Search, window: Window, provider_id: str, *, after: datetime | None) -> Iterator[OpenSlot]:
    zone = ZoneInfo(wanted.visitor.portal.policy.zone)
    first, end = (datetime.combine(day, time(), zone) for day in (window.first_day, window.last_day + timedelta(1)))
    begin = after if after and first < after < end else first
    cursor = None
    for _ in range(LOOKS_MAX):
        found = wanted.open_slots(
            provider_id=StaffId(provider_id) if provider_id else None,
            after=begin,
            before=end,
            limit=MANY,
            cursor=cursor,
        )
        yield from _in_part(filter(wanted.suits, found.items), window.part)
        cursor = found.next_cursor
        if cursor is None:
            return


def _in_part(slots: Iterable[OpenSlot], part: PartOfDay) -> Iterator[OpenSlot]:
    for slot in slots:
        begins = slot.starts_at.time()
        now = PartOfDay.MORNING if begins < NOON else PartOfDay.AFTERNOON if begins < EVENING else PartOfDay.EVENING
        if part in {PartOfDay.ANY, now}:
            yield slot


SCREENS = (
    Screen(
        LIST,
        show_all,
        who=Who.STAFF,
        says={
            "request_scheduled": N_("The visit that was asked for is booked, and we tell the patient."),
            "request_declined": N_("The request is declined, and we tell the patient."),
        },
    ),
    Screen(f"{LIST}/{{request_id}}", show, schedule, who=Who.STAFF),
    Screen(f"{LIST}/{{request_id}}/times", show_other_times, schedule, who=Who.STAFF),
    Screen(f"{LIST}/{{request_id}}/decline", show_decline, decline, who=Who.STAFF),
)
