"""People: find somebody, list those in a state, see who they are, and help by one press."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.responses import Response

from patientportal import (
    BadInputError,
    NoticeKind,
    PatientDetails,
    PatientId,
    PatientState,
    PracticeAccess,
)
from patientportal.web.forms import Form
from patientportal.web.languages import LANGUAGES, N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

SOUGHT_COOKIE, SOUGHT_SECONDS = "sought", 15 * 60
SOUGHT = ("text", "date_of_birth-day", "date_of_birth-month", "date_of_birth-year", "phone", "external_id")
SOME = 50
EVERYBODY = "all"
STATES = (
    PatientState.INVITED,
    PatientState.NEVER_ACTIVATED,
    PatientState.LOCKED,
    PatientState.ACTIVE,
    PatientState.INACTIVE,
)
"""Who needs somebody of the practice comes first."""


@frozen(kw_only=True)
class Act:
    """What is done to a person from their page, by one press.

    Attributes:
        text: on its button.
        done: what is said afterwards.
        verb: without which nobody sees it.
        fits: of whom it makes sense.
        act: does it.
    """

    text: str
    done: str
    verb: str
    fits: Callable[[PatientDetails], bool]
    act: Callable[[PracticeAccess, PatientId], None]


ACTS = {
    "unlock": Act(
        text=N_("Unlock the account"),
        done=N_("The account is unlocked."),
        verb="support.unlock",
        fits=lambda one: one.is_locked,
        act=lambda desk, patient_id: desk.support.unlock(patient_id),
    ),
    "send_reset": Act(
        text=N_("Mail a link for a new password"),
        done=N_("The link for a new password is on its way."),
        verb="support.send_password_reset",
        fits=lambda one: one.is_active and one.has_account and one.personal.email is not None,
        act=lambda desk, patient_id: desk.support.send_password_reset(patient_id),
    ),
    "invite": Act(
        text=N_("Mail an invitation"),
        done=N_("The invitation is on its way. Earlier ones have ended."),
        verb="patients.invite",
        fits=lambda one: one.is_active and not one.has_account and one.personal.email is not None,
        act=lambda desk, patient_id: desk.patients.invite(patient_id),
    ),
    "reactivate": Act(
        text=N_("Let this person log in again"),
        done=N_("This person can log in again."),
        verb="patients.reactivate",
        fits=lambda one: not one.is_active,
        act=lambda desk, patient_id: desk.patients.reactivate(patient_id),
    ),
}


def patient_at(visitor: Visitor) -> PatientDetails:
    """Whom a page below ``/desk/people/{patient_id}`` is about."""
    return visitor.practice.patients.get(PatientId(visitor.at("patient_id")))


def show_find(visitor: Visitor) -> Response:
    """The form, and whom it found; what was sought stands in a cookie, for a name belongs in no address."""
    sought = _kept(visitor.request.cookies.get(SOUGHT_COOKIE, ""))
    if visitor.problems or not any(sought.values()):
        return visitor.show("desk/find.html", found=None, states=_states(visitor))
    visitor.form = Form(sought)
    try:
        found = _found(visitor, sought)
    except BadInputError:  # the cookie is not as we made it
        return visitor.show("desk/find.html", found=None, states=_states(visitor))
    return visitor.show("desk/find.html", found=found, states=_states(visitor))


def find(visitor: Visitor) -> Response:
    """Keeps what is sought, where it can be sought, and shows whom it finds: one person at once."""
    sought = {name: visitor.form[name].strip() for name in SOUGHT}
    found = _found(visitor, sought)
    kept = base64.urlsafe_b64encode(json.dumps(sought).encode()).decode().rstrip("=")
    visitor.keep(SOUGHT_COOKIE, kept, seconds=SOUGHT_SECONDS, path="/desk/people")
    return visitor.go(f"/desk/people/{found[0].patient_id}" if len(found) == 1 else "/desk/people")


def show_state(visitor: Visitor) -> Response:
    """Everybody in a state."""
    asked = visitor.at("state")
    if asked not in {EVERYBODY, *STATES}:
        raise HTTPException(404)
    state = None if asked == EVERYBODY else PatientState(asked)
    page = visitor.practice.patients.all(state=state, limit=SOME, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/people.html", page=page, state=state, here=asked, states=_states(visitor))


def show(visitor: Visitor) -> Response:
    """Who somebody is, and what can be done for them: one look, so that nobody's visits are seen by the way."""
    person, practice = patient_at(visitor), visitor.practice
    kinds = {kind.value: kind for kind in NoticeKind}
    return visitor.show(
        "desk/person.html",
        person=person,
        acts=[(code, one.text) for code, one in ACTS.items() if one.fits(person) and practice.may(one.verb)],
        may=practice.may,
        notices=[(kinds[one.kind], one.channel) for one in person.notices if one.kind in kinds],
        language=LANGUAGES.get(person.personal.language or "", person.personal.language),
    )


def act(visitor: Visitor) -> Response:
    """Does what was pressed."""
    code = visitor.form["act"]
    if code not in ACTS:
        raise BadInputError(field="act", problem="unknown")
    patient_id = PatientId(visitor.at("patient_id"))
    ACTS[code].act(visitor.practice, patient_id)
    return visitor.go(f"/desk/people/{patient_id}", flash=f"person_{code}")


def _found(visitor: Visitor, sought: Mapping[str, str]) -> tuple[PatientDetails, ...]:
    return visitor.practice.patients.find(
        text=sought["text"] or None,
        date_of_birth=Form(sought).partial_date("date_of_birth"),
        phone=sought["phone"] or None,
        external_id=sought["external_id"] or None,
    )


def _states(visitor: Visitor) -> tuple[PatientState, ...]:
    """The states of which there are lists, for whoever may see them."""
    return STATES if visitor.practice.may("patients.all") else ()


def _kept(cookie: str) -> Mapping[str, str]:
    """What was sought last; nothing, where the cookie isn't one of ours."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
    except (binascii.Error, ValueError):
        found = {}
    given = found if isinstance(found, dict) else {}
    return {name: text if isinstance(text := given.get(name), str) else "" for name in SOUGHT}


SCREENS = (
    Screen("/desk/people", show_find, find, who=Who.STAFF),
    Screen("/desk/people/in/{state}", show_state, who=Who.STAFF),
    Screen(
        "/desk/people/{patient_id}",
        show,
        act,
        who=Who.STAFF,
        says={f"person_{code}": one.done for code, one in ACTS.items()},
    ),
)
