"""One visit at the desk: all of it, what became of it, and how it is cancelled."""

from collections.abc import Iterator
from datetime import datetime

from starlette.responses import Response

from patientportal import AppointmentId, AppointmentStatus, PatientVisit
from patientportal.web.desk import marks
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

ENDS = {
    AppointmentStatus.FULFILLED: N_("It was done"),
    AppointmentStatus.NOSHOW: N_("The patient did not come"),
    AppointmentStatus.CANCELLED: N_("It was cancelled"),
}


def visit_at(visitor: Visitor) -> PatientVisit:
    """Which visit a page below ``/desk/visits/{appointment_id}`` is about."""
    return visitor.practice.appointments.get(AppointmentId(visitor.at("appointment_id")))


def show(visitor: Visitor) -> Response:
    """All of a visit."""
    visit = visit_at(visitor)
    is_booked = visit.status is AppointmentStatus.BOOKED
    is_ahead = is_booked and visitor.portal.now < visit.starts_at
    return visitor.show(
        "desk/visit.html",
        visit=visit,
        marks=marks.marks_for(visitor, visit),
        steps=list(_steps(visit)),
        can_move=is_ahead and visitor.practice.may("appointments.reschedule"),
        can_cancel=_can_be_cancelled(visit) and visitor.practice.may("appointments.cancel"),
    )


def mark(visitor: Visitor) -> Response:
    """Says what became of it."""
    done = marks.mark(visitor, visitor.at("appointment_id"))
    return visitor.go(f"/desk/visits/{visitor.at('appointment_id')}", flash=done.flash)


def show_cancel(visitor: Visitor) -> Response:
    """Why, and whether its time opens again; of a visit that is cancelled already, what became of it."""
    visit = visit_at(visitor)
    if not _can_be_cancelled(visit):
        return visitor.go(f"/desk/visits/{visit.appointment_id}")
    return visitor.show("desk/visit_cancel.html", visit=visit)


def cancel(visitor: Visitor) -> Response:
    """Cancels it, and goes on with its day."""
    visitor.form.need("reason", "reopen")
    visit = visit_at(visitor)
    visitor.practice.appointments.cancel(
        visit.appointment_id, visitor.form["reason"], reopen=visitor.form["reopen"] == "yes"
    )
    return visitor.go("/desk", flash="visit_cancelled_by_us", day=visit.starts_at.date().isoformat())


def _can_be_cancelled(visit: PatientVisit) -> bool:
    return visit.status is not AppointmentStatus.CANCELLED


def _steps(visit: PatientVisit) -> Iterator[tuple[datetime, str]]:
    """What became of it so far, in order."""
    yield visit.booked_at, N_("It was moved here") if visit.rescheduled_from else N_("It was booked")
    if visit.arrived_at is not None:
        yield visit.arrived_at, N_("The patient arrived")
    if visit.ended_at is not None:
        yield visit.ended_at, N_("It was moved to another time") if visit.rescheduled_to else ENDS[visit.status]


SCREENS = (
    Screen("/desk/visits/{appointment_id}", show, mark, who=Who.STAFF),
    Screen(
        "/desk/visits/{appointment_id}/cancel",
        show_cancel,
        cancel,
        who=Who.STAFF,
        says={"visit_cancelled_by_us": N_("The visit is cancelled.")},
    ),
)
