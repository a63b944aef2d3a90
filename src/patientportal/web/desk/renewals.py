"""What patients ask more of: what waits for a decision, what was approved and isn't filled yet, and deciding it."""

from starlette.responses import Response

from patientportal import BadInputError, RenewalId
from patientportal.web.desk.people import patient_at
from patientportal.web.desk.staff_names import called
from patientportal.web.forms import given
from patientportal.web.languages import N_
from patientportal.web.pages.medications import COLOURS
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show_waiting(visitor: Visitor) -> Response:
    """What waits for a decision, and what waits to be filled; the oldest first."""
    medications = visitor.practice.medications
    return visitor.show(
        "desk/renewals/waiting.html",
        pending=medications.pending_renewals(cursor=visitor.query.get("cursor")),
        unfilled=medications.unfilled_renewals(cursor=visitor.query.get("unfilled")),
    )


def show_renewal(visitor: Visitor) -> Response:
    """One request, and what can be done with it now."""
    renewal = visitor.practice.medications.renewal(RenewalId(visitor.at("renewal_id")))
    return visitor.show(
        "desk/renewals/renewal.html",
        renewal=renewal,
        colours=COLOURS,
        decided_by=called(visitor, renewal.decided_by),
    )


def decide(visitor: Visitor) -> Response:
    """Approves a request, denies it, or marks it as filled."""
    renewal_id, medications, form = RenewalId(visitor.at("renewal_id")), visitor.practice.medications, visitor.form
    match form["decision"]:
        case "approve":
            form.need("refills", "refilled")
            is_filled = form["refilled"] == "yes"
            medications.approve_renewal(
                renewal_id,
                refills=given(form.number("refills"), "refills"),
                changes=form["changes"].strip() or None,
                refilled=is_filled,
            )
            done = "renewal_filled" if is_filled else "renewal_approved"
        case "deny":
            form.need("reason")
            medications.deny_renewal(renewal_id, form["reason"])
            done = "renewal_denied"
        case "fill":
            medications.mark_refilled(renewal_id)
            done = "renewal_filled"
        case _:
            raise BadInputError(field="decision", problem="unknown")
    return visitor.go("/desk/renewals", flash=done)


def show_of_patient(visitor: Visitor) -> Response:
    """What one patient asked for, and what became of it."""
    person = patient_at(visitor)
    page = visitor.practice.medications.renewals(person.patient_id, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/renewals/of_patient.html", person=person, page=page, colours=COLOURS)


SCREENS = (
    Screen("/desk/renewals", show_waiting, who=Who.STAFF),
    Screen(
        "/desk/renewals/{renewal_id}",
        show_renewal,
        decide,
        who=Who.STAFF,
        says={
            "renewal_approved": N_("Approved. It waits in the second list until it is filled. The patient is told."),
            "renewal_denied": N_("Denied. The patient is told why."),
            "renewal_filled": N_("Approved and filled. The patient is told."),
        },
    ),
    Screen("/desk/people/{patient_id}/medications/renewals", show_of_patient, who=Who.STAFF),
)
