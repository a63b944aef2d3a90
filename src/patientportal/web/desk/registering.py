"""Somebody new, and what the practice keeps of a person put right; whoever seems to be here already is shown before."""

from typing import Any

from attrs import evolve
from starlette.responses import Response

from patientportal import BadInputError, PatientDetails, PersonalInformation
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import LANGUAGES, N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

_BLANK: dict[str, Any] = {"first_name": "", "last_name": "x", "date_of_birth": None, "email": None}


def show_register(visitor: Visitor) -> Response:
    """The form for somebody new."""
    return _asked(visitor, ())


def register(visitor: Visitor) -> Response:
    """Registers somebody; who seems to be here already is shown once before, and so is who came by a double click."""
    personal = personal_of(visitor)
    invite = visitor.form["invite"]
    if invite == "mail" and personal.email is None:
        raise BadInputError(field="email", problem="empty")
    similar, seen = _similar(visitor, personal), visitor.form["seen"].split()
    if any(one.patient_id not in seen for one in similar):
        return _asked(visitor, similar)
    patient_id = visitor.practice.patients.register(
        personal, external_id=visitor.form["external_id"].strip() or None, invite=invite == "mail"
    )
    if invite == "paper":
        return visitor.go(f"/desk/people/{patient_id}/invitation", flash="person_registered")
    return visitor.go(f"/desk/people/{patient_id}", flash="person_registered")


def show_correct(visitor: Visitor) -> Response:
    """What is kept of a person, to be put right."""
    person = patient_at(visitor)
    return visitor.show("desk/correct.html", person=person, languages_known=_languages(person.personal.language))


def correct(visitor: Visitor) -> Response:
    """Puts it right; the address of who has an account stays, for it has a page of its own."""
    person = patient_at(visitor)
    personal = personal_of(visitor)
    visitor.practice.patients.correct(
        person.patient_id,
        evolve(personal, email=person.personal.email) if person.has_account else personal,
        external_id=visitor.form["external_id"].strip(),
    )
    return visitor.go(f"/desk/people/{person.patient_id}", flash="person_corrected")


def personal_of(visitor: Visitor) -> PersonalInformation:
    """Who the form says that somebody is.

    Raises:
        ExceptionGroup: of a ``BadInputError`` for each field that can't be used.
    """
    form, faults = visitor.form, list[BadInputError]()
    given: dict[str, Any] = {name: form[name].strip() for name in ("first_name", "last_name")}
    given |= {name: form[name].strip() or None for name in ("email", "phone", "postal_code", "language")}
    try:
        given["date_of_birth"] = form.partial_date("date_of_birth")
    except BadInputError as error:
        faults.append(error)
    for name, value in given.items():
        try:  # of one field after another, so that all of them are told
            PersonalInformation(**_BLANK | {name: value or (given["first_name"] if name == "last_name" else value)})
        except BadInputError as error:
            faults.append(error)
    if faults:
        raise ExceptionGroup("form", faults)
    return PersonalInformation(**given)


def _asked(visitor: Visitor, similar: tuple[PatientDetails, ...]) -> Response:
    return visitor.show("desk/register.html", similar=similar, languages_known=_languages(None))


def _similar(visitor: Visitor, personal: PersonalInformation) -> tuple[PatientDetails, ...]:
    """Who has the same last name and may be born on the same day, or the same whole name."""
    patients, born = visitor.practice.patients, personal.date_of_birth
    try:
        by_birth = patients.find(last_name=personal.last_name, date_of_birth=born) if born else ()
        by_name = patients.find(text=personal.name)
    except BadInputError:  # a name without a letter, by which nobody is found
        return ()
    found = {one.patient_id: one for one in (*by_birth, *by_name)}
    return tuple(found.values())


def _languages(kept: str | None) -> dict[str, str]:
    """The languages that one can choose, and the one that is kept."""
    return {"": "-", **LANGUAGES} | ({kept: LANGUAGES.get(kept, kept)} if kept else {})


SCREENS = (
    Screen(
        "/desk/people/new",
        show_register,
        register,
        who=Who.STAFF,
        says={"person_registered": N_("This person is registered.")},
    ),
    Screen(
        "/desk/people/{patient_id}/correct",
        show_correct,
        correct,
        who=Who.STAFF,
        says={"person_corrected": N_("The changes are saved.")},
    ),
)
