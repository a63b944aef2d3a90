"""People: find somebody, and see at once who they are and what they have here."""

import base64
import binascii
import json
from collections.abc import Mapping

from starlette.responses import Response

from patientportal import PatientDetails, PatientId
from patientportal.web.forms import Form
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

SOUGHT_COOKIE, SOUGHT_SECONDS = "sought", 15 * 60
SOUGHT = ("text", "date_of_birth-day", "date_of_birth-month", "date_of_birth-year", "phone", "external_id")


def patient_at(visitor: Visitor) -> PatientDetails:
    """Whom a page below ``/desk/people/{patient_id}`` is about."""
    return visitor.practice.patients.get(PatientId(visitor.at("patient_id")))


def show_find(visitor: Visitor) -> Response:
    """The form, and whom it found; what was sought stands in a cookie, for a name belongs in no address."""
    sought = _kept(visitor.request.cookies.get(SOUGHT_COOKIE, ""))
    if visitor.problems or not any(sought.values()):
        return visitor.show("desk/find.html", found=None)
    visitor.form = Form(sought)
    found = visitor.practice.patients.find(
        text=sought["text"] or None,
        date_of_birth=visitor.form.partial_date("date_of_birth"),
        phone=sought["phone"] or None,
        external_id=sought["external_id"] or None,
    )
    return visitor.show("desk/find.html", found=found)


def find(visitor: Visitor) -> Response:
    """Keeps what is sought, where it can be sought, and shows whom it finds."""
    sought = {name: visitor.form[name].strip() for name in SOUGHT}
    visitor.practice.patients.find(
        text=sought["text"] or None,
        date_of_birth=visitor.form.partial_date("date_of_birth"),
        phone=sought["phone"] or None,
        external_id=sought["external_id"] or None,
    )
    kept = base64.urlsafe_b64encode(json.dumps(sought).encode()).decode().rstrip("=")
    visitor.keep(SOUGHT_COOKIE, kept, seconds=SOUGHT_SECONDS, path="/desk/people")
    return visitor.go("/desk/people")


def show(visitor: Visitor) -> Response:
    """Who somebody is."""
    return visitor.show("desk/person.html", person=patient_at(visitor))


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
    Screen("/desk/people/{patient_id}", show, who=Who.STAFF),
)
