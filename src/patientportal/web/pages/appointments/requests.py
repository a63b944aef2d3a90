"""Requests for a visit, where no free time suits: what was asked for, asking, and taking it back."""

from collections.abc import Iterator
from datetime import date

from attrs import evolve
from starlette.responses import Response

from patientportal import (
    AppointmentRequestId,
    BadInputError,
    PartOfDay,
    RequestStatus,
    StaffId,
    Window,
)
from patientportal.web.forms import Form
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

WINDOWS = ("1", "2", "3")
_FURTHER = [
    f"{which}_day_{number}-{part}"
    for which in ("first", "last")
    for number in WINDOWS[1:]
    for part in ("year", "month", "day")
]
MANY = 20


def show_requests(visitor: Visitor) -> Response:
    """All that they asked for, the latest first."""
    asked_for = visitor.me.appointments.requests(limit=MANY, cursor=visitor.query.get("cursor"))
    return visitor.show("appointments/requests.html", asked_for=asked_for)


def show_request(visitor: Visitor) -> Response:
    """One request, and the practice's answer."""
    asked = visitor.me.appointments.get_request(AppointmentRequestId(visitor.at("request_id")))
    return visitor.show("appointments/request.html", asked=asked, is_open=asked.status is RequestStatus.OPEN)


def withdraw(visitor: Visitor) -> Response:
    """Takes a request back."""
    visitor.me.appointments.withdraw_request(AppointmentRequestId(visitor.at("request_id")))
    return visitor.go(visitor.path, flash="request_withdrawn")


def show_ask(visitor: Visitor) -> Response:
    """The form for what is wanted, and on which days."""
    return visitor.show(
        "appointments/ask.html",
        providers=visitor.me.appointments.providers(),
        parts=tuple(PartOfDay),
        windows=WINDOWS,
        has_more=any(visitor.form[name].strip() for name in _FURTHER),
    )


def ask(visitor: Visitor) -> Response:
    """Asks for a visit; the same form again is the same request."""
    form = visitor.form
    request_id = visitor.me.appointments.request(
        form["reason"],
        _windows(form),
        provider_id=StaffId(form["provider_id"]) if form["provider_id"] else None,
        idempotency_key=form["key"] or None,
    )
    return visitor.go(f"/appointments/requests/{request_id}", flash="visit_requested")


def _windows(form: Form) -> list[Window]:
    """The days that suit; what is missing and what can't be is told all at once, each at its own field.

    Raises:
        ExceptionGroup: of a ``BadInputError`` for each.
    """
    found: list[Window] = []
    wrong: list[Exception] = []
    try:
        form.need("reason")
    except ExceptionGroup as missing:
        wrong += missing.exceptions
    for number in WINDOWS:
        try:
            found += _window(form, number)
        except BadInputError as error:
            wrong.append(error)
    if wrong:
        raise ExceptionGroup("form", wrong)
    return found


def _window(form: Form, number: str) -> Iterator[Window]:
    first = form.date(f"first_day_{number}")
    last = form.date(f"last_day_{number}")
    if first is None and last is None and number != WINDOWS[0]:
        return
    if first is None:
        raise BadInputError(field=f"first_day_{number}", problem="empty")
    yield _made(first, last or first, part=form[f"part_{number}"], number=number)


def _made(first: date, last: date, *, part: str, number: str) -> Window:
    known = part if part in set(PartOfDay) else PartOfDay.ANY
    try:
        return Window(first_day=first, last_day=last, part=PartOfDay(known))
    except BadInputError as error:
        raise evolve(error, field=f"{error.field}_{number}") from None


SCREENS = (
    Screen("/appointments/requests", show_requests),
    Screen(
        "/appointments/requests/{request_id}",
        show_request,
        withdraw,
        says={"request_withdrawn": N_("You took your request back.")},
    ),
    Screen(
        "/appointments/ask",
        show_ask,
        ask,
        rename={"windows": "first_day_1"},
        says={"visit_requested": N_("We have your request. We will answer you soon.")},
    ),
)
