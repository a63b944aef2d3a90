"""The desk books for who calls, and moves a visit: what somebody has, and the free times, week by week."""

from collections.abc import Iterator

from starlette.responses import Response

from patientportal import (
    AppointmentId,
    AppointmentStatus,
    NotFoundError,
    PatientId,
    PatientVisit,
    RequestedVisit,
    SlotId,
    VisitTypeId,
)
from patientportal.web.desk.people import patient_at
from patientportal.web.free_times import LOOKS_MAX, MANY, Offers, Search, gone, looked_for, week_of
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show_appointments(visitor: Visitor) -> Response:
    """What somebody has ahead, what they ask for, and what was."""
    person = patient_at(visitor)
    ahead = _ahead(visitor, person.patient_id)
    page = visitor.practice.appointments.of_patient(person.patient_id, cursor=visitor.query.get("cursor"))
    return visitor.show(
        "desk/appointments.html",
        person=person,
        ahead=ahead,
        rest=[one for one in page.items if one not in ahead],
        page=page,
        asked_for=list(_asked_for(visitor, person.patient_id)),
        kinds=[one for one in visitor.practice.visit_types.all() if one.active],
    )


def show_book(visitor: Visitor) -> Response:
    """The free times of a week for somebody who calls, once it is said of which kind the visit is."""
    person = patient_at(visitor)
    wanted = search(visitor, person.patient_id)
    is_said = "kind" in visitor.query or len(wanted.kinds) <= 1
    week = week_of(wanted) if is_said else None
    return visitor.show("desk/book.html", person=person, wanted=wanted, week=week, is_said=is_said)


def book(visitor: Visitor) -> Response:
    """Books a visit; the same form again is the same visit."""
    form, patient_id = visitor.form, PatientId(visitor.at("patient_id"))
    form.need("slot_id")
    try:
        visitor.practice.appointments.book(
            patient_id,
            SlotId(form["slot_id"]),
            reason=form["reason"].strip(),
            visit_type_id=VisitTypeId(form["visit_type_id"]) if form["visit_type_id"] else None,
            idempotency_key=form["key"] or None,
        )
    except NotFoundError as error:
        raise gone(error) from None
    return _back_to(visitor, patient_id, flash="desk_visit_booked")


def show_move(visitor: Visitor) -> Response:
    """The free times to which a visit can be moved; of one that isn't booked, what its patient has."""
    visit = _visit_of(visitor)
    if visit.status is not AppointmentStatus.BOOKED:
        return _back_to(visitor, visit.patient_id)
    wanted = search(visitor, visit.patient_id, moved=visit)
    is_offered = visit.visit_type_id is None or wanted.kind is not None
    week = week_of(wanted) if is_offered else None
    return visitor.show("desk/move.html", visit=visit, wanted=wanted, week=week, is_offered=is_offered)


def move(visitor: Visitor) -> Response:
    """Moves a visit; the same form again is the same visit."""
    visit = _visit_of(visitor)
    visitor.form.need("slot_id")
    try:
        visitor.practice.appointments.reschedule(visit.appointment_id, SlotId(visitor.form["slot_id"]))
    except NotFoundError as error:
        raise gone(error) from None
    return _back_to(visitor, visit.patient_id, flash="desk_visit_moved")


def search(
    visitor: Visitor, patient_id: PatientId, *, moved: PatientVisit | None = None, of_a_kind: bool = True
) -> Search:
    """What the desk looks for, for a patient: of all that is in use, also what only the practice may book.

    Args:
        visitor: a member of staff.
        patient_id: who comes.
        moved: the visit that is to be moved.
        of_a_kind: whether the visit may be of a kind; else it takes one free time.
    """
    practice = visitor.practice
    offers = Offers(
        kinds=[one for one in practice.visit_types.all() if one.active and of_a_kind],
        providers=[one for one in practice.providers.all() if one.active],
        places=[one for one in practice.places.all() if one.active],
        open_slots=practice.schedule.open_slots,
    )
    return looked_for(visitor, offers, _ahead(visitor, patient_id), moved=moved)


def _ahead(visitor: Visitor, patient_id: PatientId) -> list[PatientVisit]:
    """Their booked visits that aren't over, the next one first."""
    theirs = visitor.practice.appointments.of_patient(patient_id, limit=MANY).items
    now = visitor.portal.now
    return [one for one in reversed(theirs) if one.status is AppointmentStatus.BOOKED and now < one.ends_at]


def _visit_of(visitor: Visitor) -> PatientVisit:
    return visitor.practice.appointments.get(AppointmentId(visitor.at("appointment_id")))


def _back_to(visitor: Visitor, patient_id: PatientId, *, flash: str | None = None) -> Response:
    return visitor.go(f"/desk/people/{patient_id}/appointments", flash=flash)


def _asked_for(visitor: Visitor, patient_id: PatientId) -> Iterator[RequestedVisit]:
    """Their open requests among those of the practice, as far as one looks."""
    cursor = None
    for _ in range(LOOKS_MAX):
        found = visitor.practice.appointments.requests(limit=MANY, cursor=cursor)
        yield from (one for one in found.items if one.patient_id == patient_id)
        cursor = found.next_cursor
        if cursor is None:
            return


SCREENS = (
    Screen("/desk/people/{patient_id}/appointments", show_appointments, who=Who.STAFF),
    Screen(
        "/desk/people/{patient_id}/book",
        show_book,
        book,
        who=Who.STAFF,
        says={"desk_visit_booked": N_("The visit is booked, and we tell the patient.")},
    ),
    Screen(
        "/desk/visits/{appointment_id}/move",
        show_move,
        move,
        who=Who.STAFF,
        says={"desk_visit_moved": N_("The visit is moved, and we tell the patient.")},
    ),
)
