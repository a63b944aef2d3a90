"""A free time becomes a visit: a new one, or one that is moved there."""

from starlette.responses import Response

from patientportal import NotFoundError, OpenSlot, SlotId, Visit, VisitTypeId
from patientportal.web.free_times import MANY, Offers, Search, gone, looked_for, week_of
from patientportal.web.languages import N_
from patientportal.web.pages.appointments.visits import go_to, is_booked, visit_of
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

OTHERS = 6
BOOK, TIMES = "/appointments/book", "/appointments/book/times"


def show_kinds(visitor: Visitor) -> Response:
    """The kinds of visits that there are, if there is a choice."""
    kinds = _search(visitor).kinds
    return visitor.show("appointments/kinds.html", kinds=kinds) if len(kinds) > 1 else visitor.go(TIMES)


def show_times(visitor: Visitor) -> Response:
    """The free times of a week, for a visit of the kind that was chosen."""
    wanted = _search(visitor)
    if wanted.kinds and wanted.kind is None:
        return visitor.go(BOOK)
    return visitor.show("appointments/times.html", wanted=wanted, week=week_of(wanted), path=TIMES, visit=None)


def show_times_to_move_to(visitor: Visitor) -> Response:
    """The free times to which a visit can be moved; of one that can't be, what became of it."""
    visit = visit_of(visitor)
    wanted = _search(visitor, moved=visit)
    if not is_booked(visit) or (visit.visit_type_id is not None and wanted.kind is None):
        return go_to(visitor, visit.appointment_id)
    path = f"/appointments/{visit.appointment_id}/move"
    return visitor.show("appointments/times.html", wanted=wanted, week=week_of(wanted), path=path, visit=visit)


def show_book(visitor: Visitor) -> Response:
    """The time that was chosen, and what the visit is for; in the place of a time that is gone, others."""
    wanted = _search(visitor)
    if wanted.kinds and wanted.kind is None:
        return visitor.go(BOOK)
    slot, others = _offered(visitor, wanted)
    return visitor.show("appointments/book.html", wanted=wanted, slot=slot, others=others)


def book(visitor: Visitor) -> Response:
    """Books a visit; the same form again is the same visit."""
    form = visitor.form
    form.need("slot_id")
    try:
        appointment_id = visitor.me.appointments.book(
            SlotId(form["slot_id"]),
            form["reason"].strip(),
            visit_type_id=VisitTypeId(form["visit_type_id"]) if form["visit_type_id"] else None,
            idempotency_key=form["key"] or None,
        )
    except NotFoundError as error:
        raise gone(error) from None
    return go_to(visitor, appointment_id, flash="visit_booked")


def show_move(visitor: Visitor) -> Response:
    """From when to when; in the place of a time that is gone, others."""
    visit = visit_of(visitor)
    if not is_booked(visit):
        return go_to(visitor, visit.appointment_id)
    wanted = _search(visitor, moved=visit)
    slot, others = _offered(visitor, wanted)
    return visitor.show("appointments/move.html", visit=visit, wanted=wanted, slot=slot, others=others)


def move(visitor: Visitor) -> Response:
    """Moves a visit; the same form again is the same visit."""
    former = visit_of(visitor).appointment_id
    visitor.form.need("slot_id")
    try:
        appointment_id = visitor.me.appointments.reschedule(former, SlotId(visitor.form["slot_id"]))
    except NotFoundError as error:
        raise gone(error) from None
    return go_to(visitor, appointment_id, flash="visit_moved")


def _search(visitor: Visitor, *, moved: Visit | None = None) -> Search:
    mine = visitor.me.appointments
    offers = Offers(
        kinds=mine.visit_types(), providers=mine.providers(), places=mine.places(), open_slots=mine.open_slots
    )
    return looked_for(visitor, offers, mine.upcoming(limit=MANY).items, moved=moved)


def _offered(visitor: Visitor, wanted: Search) -> tuple[OpenSlot | None, tuple[OpenSlot, ...]]:
    slot, others = wanted.near(visitor.form["slot_id"] or visitor.at("slot_id"))
    return None if visitor.fault("slot_id") else slot, others[:OTHERS]


SCREENS = (
    Screen(BOOK, show_kinds),
    Screen(TIMES, show_times),
    Screen(f"{TIMES}/{{slot_id}}", show_book, book, says={"visit_booked": N_("Your appointment is booked.")}),
    Screen("/appointments/{appointment_id}/move", show_times_to_move_to),
    Screen(
        "/appointments/{appointment_id}/move/{slot_id}",
        show_move,
        move,
        says={"visit_moved": N_("Your appointment is moved.")},
    ),
)
