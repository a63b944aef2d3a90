"""The patient's visits: those ahead, those that were, one of them, and how it is given up."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

from starlette.exceptions import HTTPException
from starlette.responses import Response

from patientportal import AppointmentId, AppointmentStatus, Visit
from patientportal.ical import FILE_NAME, MEDIA_TYPE, to_ics
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

SOME, MANY = 3, 20


def show_all(visitor: Visitor) -> Response:
    """What lies ahead, and the latest of what was and of what was asked for."""
    mine = visitor.me.appointments
    return visitor.show(
        "appointments/all.html",
        ahead=mine.upcoming(cursor=visitor.query.get("cursor")),
        asked_for=mine.requests(limit=SOME).items,
        past=mine.past(limit=SOME).items,
    )


def show_past(visitor: Visitor) -> Response:
    """All that was, the latest first."""
    past = visitor.me.appointments.past(limit=MANY, cursor=visitor.query.get("cursor"))
    return visitor.show("appointments/past.html", past=past)


def show_visit(visitor: Visitor) -> Response:
    """One visit, and what can be done about it."""
    visit = visit_of(visitor)
    kinds = {None, *(kind.id for kind in visitor.me.appointments.visit_types())}
    return visitor.show(
        "appointments/visit.html",
        visit=visit,
        is_ahead=is_booked(visit) and visitor.portal.now < visit.starts_at,
        is_movable=visit.visit_type_id in kinds,
        change_until=_change_until(visitor, visit),
        has_file=_has_file(visitor, visit),
    )


def show_cancel(visitor: Visitor) -> Response:
    """Whether they are sure; of a visit that isn't booked any more, what became of it."""
    visit = visit_of(visitor)
    if not is_booked(visit):
        return go_to(visitor, visit.appointment_id)
    return visitor.show("appointments/cancel.html", visit=visit)


def cancel(visitor: Visitor) -> Response:
    """Gives a visit up."""
    appointment_id = AppointmentId(visitor.at("appointment_id"))
    visitor.me.appointments.cancel(appointment_id)
    return go_to(visitor, appointment_id, flash="visit_cancelled")


def calendar(visitor: Visitor) -> Response:
    """A visit as a file for a calendar, of which no name and no word tells anything of health."""
    visit = visit_of(visitor)
    if not _has_file(visitor, visit):
        raise HTTPException(404)
    file = to_ics(visit, practice=visitor.site.practice, email=visitor.site.email or "")
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(file, media_type=MEDIA_TYPE, headers=headers)


def visit_of(visitor: Visitor) -> Visit:
    """The visit that the page is about.

    Raises:
        NotFoundError: there is no such visit, or it isn't theirs.
    """
    return visitor.me.appointments.get(AppointmentId(visitor.at("appointment_id")))


def is_booked(visit: Visit) -> bool:
    """Whether it is booked still."""
    return visit.status is AppointmentStatus.BOOKED


def go_to(visitor: Visitor, appointment_id: AppointmentId, *, flash: str | None = None) -> Response:
    """Goes on to a visit."""
    return visitor.go(f"/appointments/{appointment_id}", flash=flash)


def _change_until(visitor: Visitor, visit: Visit) -> datetime | None:
    """Until when it can be moved or cancelled here, by the clocks there; ``None``: until it begins, or that is over."""
    notice = visitor.portal.policy.appointments.cancel_notice
    until = visit.place.local(visit.starts_at.astimezone(UTC) - (notice or timedelta(0)))
    return until if notice and visitor.portal.now <= until else None


def _has_file(visitor: Visitor, visit: Visit) -> bool:
    """The file names the practice's address as who invites (RFC 5546); a visit that was moved has none of its own."""
    can_be_made = visitor.site.email is not None and find_spec("icalendar") is not None
    return can_be_made and is_booked(visit)


SCREENS = (
    Screen("/appointments", show_all),
    Screen("/appointments/past", show_past),
    Screen("/appointments/{appointment_id}", show_visit),
    Screen("/appointments/{appointment_id}/calendar", calendar),
    Screen(
        "/appointments/{appointment_id}/cancel",
        show_cancel,
        cancel,
        says={"visit_cancelled": N_("Your appointment is cancelled.")},
    ),
)
