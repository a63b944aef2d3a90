"""What isn't undone by one press: another address, the end of an account, and somebody who is a patient no more."""

from starlette.responses import Response

from patientportal import AccountEndReason, BadInputError
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show_email(visitor: Visitor) -> Response:
    """The address, and the form for another one."""
    return visitor.show("desk/email.html", person=patient_at(visitor))


def change_email(visitor: Visitor) -> Response:
    """Writes another address down."""
    visitor.form.need("email")
    person = patient_at(visitor)
    visitor.practice.patients.change_email(person.patient_id, visitor.form["email"])
    return visitor.go(f"/desk/people/{person.patient_id}", flash="person_email_changed")


def show_end(visitor: Visitor) -> Response:
    """What ends with an account, and why it does."""
    return visitor.show("desk/end_account.html", person=patient_at(visitor), reasons=tuple(AccountEndReason))


def end_account(visitor: Visitor) -> Response:
    """Ends the account, for good."""
    visitor.form.need("reason", "email")
    if visitor.form["reason"] not in set(AccountEndReason):
        raise BadInputError(field="reason", problem="unknown")
    person = patient_at(visitor)
    visitor.practice.patients.end_account(
        person.patient_id, email=visitor.form["email"], reason=AccountEndReason(visitor.form["reason"])
    )
    return visitor.go(f"/desk/people/{person.patient_id}", flash="person_account_ended")


def show_deactivate(visitor: Visitor) -> Response:
    """What ends, and whether visits ahead do, too."""
    return visitor.show("desk/deactivate.html", person=patient_at(visitor))


def deactivate(visitor: Visitor) -> Response:
    """Lets somebody in no more, with their visits or without."""
    visitor.form.need("visits")
    person, cancelling = patient_at(visitor), visitor.form["visits"] == "cancel"
    if cancelling:
        visitor.form.need("cancel_visits")
    visitor.practice.patients.deactivate(
        person.patient_id, cancel_visits=visitor.form["cancel_visits"] if cancelling else None
    )
    return visitor.go(f"/desk/people/{person.patient_id}", flash="person_deactivated")


SCREENS = (
    Screen(
        "/desk/people/{patient_id}/email",
        show_email,
        change_email,
        who=Who.STAFF,
        rename={"new": "email"},
        says={"person_email_changed": N_("The e-mail address is changed.")},
    ),
    Screen(
        "/desk/people/{patient_id}/end-account",
        show_end,
        end_account,
        who=Who.STAFF,
        says={"person_account_ended": N_("The account has ended. Invite this person again when they are ready.")},
    ),
    Screen(
        "/desk/people/{patient_id}/deactivate",
        show_deactivate,
        deactivate,
        who=Who.STAFF,
        says={"person_deactivated": N_("This person can't log in any more.")},
    ),
)
