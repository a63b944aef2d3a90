"""Who decides in whose place: while somebody is away, and from the day on which they leave."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from starlette.responses import Response

from patientportal import BadInputError, NotFoundError, StaffId
from patientportal.web.desk.staff_names import providers
from patientportal.web.forms import given
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

DAY_ENDS = time(23, 59)


def show_covers(visitor: Visitor) -> Response:
    """Who decides for whom now, and the form that says so."""
    return visitor.show(
        "desk/covers/all.html",
        covers=visitor.practice.medications.covers(),
        prescribers=providers(visitor, only_active=False),
        covering=providers(visitor),
    )


def cover(visitor: Visitor) -> Response:
    """Has somebody decide in another's place, to the end of a day; or ends that."""
    form = visitor.form
    form.need("prescriber_id", "by", *(() if form["ends"] else ("until",)))
    prescriber_id, by = StaffId(form["prescriber_id"]), StaffId(form["by"])
    if form["ends"]:
        visitor.practice.medications.cover(prescriber_id, by, visitor.portal.now)
        return visitor.go("/desk/covers", flash="cover_ended")
    last_day, zone = given(form.date("until"), "until"), ZoneInfo(visitor.portal.policy.zone)
    if last_day < visitor.today:
        raise BadInputError(field="until", problem="in_past")
    visitor.practice.medications.cover(prescriber_id, by, datetime.combine(last_day, DAY_ENDS, zone))
    return visitor.go("/desk/covers", flash="covered")


def show_leaving(visitor: Visitor) -> Response:
    """The form for a provider who leaves."""
    return visitor.show(
        "desk/covers/leaving.html", prescribers=providers(visitor, only_active=False), others=providers(visitor)
    )


def leave(visitor: Visitor) -> Response:
    """Goes on to what asks once more."""
    form = visitor.form
    form.need("prescriber_id", "to")
    if form["to"] == form["prescriber_id"]:
        raise BadInputError(field="to", problem="unchanged")
    return visitor.go("/desk/covers/leaving/check", prescriber=form["prescriber_id"], to=form["to"])


def show_check(visitor: Visitor) -> Response:
    """Asks once more before all that somebody prescribes is another's."""
    (_, prescriber), (_, to) = _both(visitor)
    return visitor.show("desk/covers/check.html", prescriber=prescriber, to=to)


def reassign(visitor: Visitor) -> Response:
    """Gives all that somebody prescribes to another."""
    (prescriber_id, _), (to, _) = _both(visitor)
    moved = visitor.practice.medications.reassign(prescriber_id, to)
    return visitor.go("/desk/covers", flash="reassigned" if moved else "nothing_reassigned")


def _both(visitor: Visitor) -> tuple[tuple[StaffId, str], tuple[StaffId, str]]:
    """Who leaves, and who prescribes from now on."""
    known = dict(providers(visitor, only_active=False))
    prescriber_id, to = visitor.query.get("prescriber", ""), visitor.query.get("to", "")
    if prescriber_id not in known or to not in known:
        raise NotFoundError(what="provider")
    return (StaffId(prescriber_id), known[prescriber_id]), (StaffId(to), known[to])


SCREENS = (
    Screen(
        "/desk/covers",
        show_covers,
        cover,
        who=Who.STAFF,
        says={
            "covered": N_("From now on they can decide in the other's place."),
            "cover_ended": N_("From now on they decide only their own."),
        },
    ),
    Screen("/desk/covers/leaving", show_leaving, leave, who=Who.STAFF),
    Screen(
        "/desk/covers/leaving/check",
        show_check,
        reassign,
        who=Who.STAFF,
        says={
            "reassigned": N_("All that was prescribed has changed hands. Patients see the new name in their lists."),
            "nothing_reassigned": N_("There was nothing left to give to anybody."),
        },
    ),
)
