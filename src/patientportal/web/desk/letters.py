"""Letters: an invitation, or a code for a new password, to be printed and handed over; in the patient's language."""

from collections.abc import Callable
from datetime import date

from attrs import frozen
from markupsafe import Markup
from starlette.responses import Response

from patientportal import BadInputError, PatientDetails, PatientId, PracticeAccess, PrintedCode, Purpose
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import LANGUAGES
from patientportal.web.render import rendered
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor
from patientportal.words import choose


@frozen(kw_only=True)
class Letter:
    """One kind of letter.

    Attributes:
        template: what is on paper.
        purpose: what its code is for.
        code: makes a fresh one.
    """

    template: str
    purpose: Purpose
    code: Callable[[PracticeAccess, PatientId], PrintedCode]


INVITATION = Letter(
    template="desk/letter_invitation.html",
    purpose=Purpose.INVITATION,
    code=lambda desk, patient_id: desk.patients.print_invitation(patient_id),
)
PASSWORD = Letter(
    template="desk/letter_password.html",
    purpose=Purpose.PASSWORD_RESET,
    code=lambda desk, patient_id: desk.support.print_password_reset(patient_id),
)


def show_invitation(visitor: Visitor) -> Response:
    """What printing an invitation does."""
    return _asked(visitor, INVITATION)


def print_invitation(visitor: Visitor) -> Response:
    """The invitation, shown this once."""
    return _printed(visitor, INVITATION)


def show_password(visitor: Visitor) -> Response:
    """What printing a code for a new password does."""
    return _asked(visitor, PASSWORD)


def print_password(visitor: Visitor) -> Response:
    """The code for a new password, shown this once."""
    return _printed(visitor, PASSWORD)


def _asked(visitor: Visitor, letter: Letter) -> Response:
    person = patient_at(visitor)
    return visitor.show(
        "desk/print.html",
        person=person,
        is_invitation=letter is INVITATION,
        asks_birth_date=_is_known(person),
        theirs=choose(chosen=person.personal.language, practice=visitor.site.language).tag,
    )


def _printed(visitor: Visitor, letter: Letter) -> Response:
    """The letter by itself is in another language than the page around it, so it is rendered apart."""
    language = visitor.form["language"]
    if language not in LANGUAGES:
        raise BadInputError(field="language", problem="unknown")
    person = patient_at(visitor)
    code = letter.code(visitor.practice, person.patient_id)
    reader = Visitor(visitor.site, visitor.request, visitor.screen)
    reader.language = choose(chosen=language, practice=visitor.site.language)
    portal = visitor.portal
    page = rendered(
        language,
        letter.template,
        {
            "visitor": reader,
            "site": visitor.site,
            "person": person,
            "code": code,
            "asks_birth_date": _is_known(person),
            "address": f"{portal.link_base_url}/{portal.link_paths[letter.purpose]}",
        },
    )
    return visitor.show("desk/letter.html", person=person, letter=Markup(page), language=language)  # noqa: S704 - ours


def _is_known(person: PatientDetails) -> bool:
    return isinstance(person.personal.date_of_birth, date)


SCREENS = (
    Screen("/desk/people/{patient_id}/invitation", show_invitation, print_invitation, who=Who.STAFF),
    Screen("/desk/people/{patient_id}/password-code", show_password, print_password, who=Who.STAFF),
)
