"""What the desk says of a visit on its day: one press each, from the day's list and from the visit's own page."""

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from patientportal import AppointmentId, AppointmentsDesk, AppointmentStatus, BadInputError, Visit
from patientportal.web.languages import N_
from patientportal.web.visitor import Visitor


@frozen(kw_only=True)
class Mark:
    """One of them.

    Attributes:
        code: what a form calls it.
        text: on its button.
        done: what is said afterwards.
        verb: without which nobody sees it.
        act: does it.
    """

    code: str
    text: str
    done: str
    verb: str
    act: Callable[[AppointmentsDesk, AppointmentId], None]

    @property
    def flash(self) -> str:
        """By which code it is said afterwards."""
        return f"mark_{self.code}"


ARRIVED = Mark(
    code="arrived",
    text=N_("Arrived"),
    done=N_("The patient is here."),
    verb="appointments.mark_arrived",
    act=AppointmentsDesk.mark_arrived,
)
NOT_ARRIVED = Mark(
    code="not_arrived",
    text=N_("Not here after all"),
    done=N_("The patient is not here."),
    verb="appointments.unmark_arrived",
    act=AppointmentsDesk.unmark_arrived,
)
CAME = Mark(
    code="came",
    text=N_("Came"),
    done=N_("The patient came."),
    verb="appointments.mark_fulfilled",
    act=AppointmentsDesk.mark_fulfilled,
)
MISSED = Mark(
    code="missed",
    text=N_("Missed"),
    done=N_("The patient did not come."),
    verb="appointments.mark_noshow",
    act=AppointmentsDesk.mark_noshow,
)
MARKS = (ARRIVED, NOT_ARRIVED, CAME, MISSED)
SAYS = {mark.flash: mark.done for mark in MARKS}


def marks_for(visitor: Visitor, visit: Visit) -> tuple[Mark, ...]:
    """What can be said of a visit now, by this member of staff; a mistake is put right by the other one."""
    return tuple(mark for mark in _fitting(visit, now=visitor.portal.now) if visitor.practice.may(mark.verb))


def _fitting(visit: Visit, *, now: datetime) -> tuple[Mark, ...]:
    match visit.status:
        case AppointmentStatus.FULFILLED:
            return (MISSED,)
        case AppointmentStatus.NOSHOW:
            return (CAME,)
        case AppointmentStatus.BOOKED if visit.arrived_at is not None:
            return NOT_ARRIVED, CAME, MISSED
        case AppointmentStatus.BOOKED if now >= visit.starts_at:
            return ARRIVED, CAME, MISSED
        case AppointmentStatus.BOOKED if now.astimezone(visit.starts_at.tzinfo).date() >= visit.starts_at.date():
            return (ARRIVED,)
        case _:
            return ()


def mark(visitor: Visitor, appointment_id: str) -> Mark:
    """Says of a visit what the form says."""
    found = next((one for one in MARKS if one.code == visitor.form["mark"]), None)
    if found is None:
        raise BadInputError(field="mark", problem="unknown")
    found.act(visitor.practice.appointments, AppointmentId(appointment_id))
    return found
