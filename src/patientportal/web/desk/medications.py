"""What a patient takes: recorded, corrected, given to another prescriber, and stopped."""

from collections.abc import Mapping

from starlette.responses import Response

from patientportal import MedicationId, NotFoundError, PatientId, PatientMedication, RenewalId, RenewalStatus, StaffId
from patientportal.web.desk.people import patient_at
from patientportal.web.desk.staff_names import providers
from patientportal.web.forms import given
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

ALL = "/desk/people/{patient_id}/medications"
ONE = f"{ALL}/{{medication_id}}"
RENEWALS_LOOKED_AT = 200


def show_all(visitor: Visitor) -> Response:
    """What they take and took, and what of it they ask more of."""
    person = patient_at(visitor)
    return visitor.show(
        "desk/medications/all.html",
        person=person,
        page=visitor.practice.medications.of_patient(person.patient_id, cursor=visitor.query.get("cursor")),
        waiting=_waiting(visitor, person.patient_id),
    )


def show_record(visitor: Visitor) -> Response:
    """The form for something that they take."""
    return visitor.show(
        "desk/medications/record.html",
        person=patient_at(visitor),
        prescribers=providers(visitor),
        today=visitor.today,
    )


def record(visitor: Visitor) -> Response:
    """Writes down something that they take."""
    form = visitor.form
    form.need("name", "started_on", "refills_left")
    visitor.practice.medications.record(
        PatientId(visitor.at("patient_id")),
        name=form["name"],
        dose=form["dose"],
        directions=form["directions"],
        prescriber_id=StaffId(form["prescriber_id"]) if form["prescriber_id"] else None,
        started_on=given(form.date("started_on"), "started_on"),
        refills_left=given(form.number("refills_left"), "refills_left"),
        is_renewable=form["is_renewable"] != "no",
    )
    return _back(visitor, "medication_recorded")


def show_one(visitor: Visitor) -> Response:
    """One thing that they take, and the form that corrects it."""
    return visitor.show("desk/medications/one.html", person=patient_at(visitor), medication=_medication(visitor))


def correct(visitor: Visitor) -> Response:
    """Corrects what was changed in the form, and nothing else: the rest may have become another meanwhile."""
    form, medication_id = visitor.form, _medication(visitor).medication_id
    changed = {
        name for name in ("dose", "directions", "refills_left", "is_renewable") if form[name] != form[f"{name}_was"]
    }
    visitor.practice.medications.correct(
        medication_id,
        dose=form["dose"] if "dose" in changed else None,
        directions=form["directions"] if "directions" in changed else None,
        refills_left=given(form.number("refills_left"), "refills_left") if "refills_left" in changed else None,
        is_renewable=form["is_renewable"] == "yes" if "is_renewable" in changed else None,
    )
    return _back(visitor, "medication_corrected")


def show_prescriber(visitor: Visitor) -> Response:
    """The form that gives one thing that they take to another prescriber."""
    medication = _medication(visitor)
    others = [one for one in providers(visitor) if one[0] != medication.prescriber_id]
    return visitor.show(
        "desk/medications/prescriber.html", person=patient_at(visitor), medication=medication, others=others
    )


def change_prescriber(visitor: Visitor) -> Response:
    """Gives one thing that they take to another prescriber."""
    visitor.form.need("to")
    medication = _medication(visitor)
    visitor.practice.medications.reassign(
        medication.prescriber_id, StaffId(visitor.form["to"]), medication_id=medication.medication_id
    )
    return _back(visitor, "prescriber_changed")


def show_discontinue(visitor: Visitor) -> Response:
    """Asks once more before something is stopped."""
    medication = _medication(visitor)
    return visitor.show(
        "desk/medications/discontinue.html",
        person=patient_at(visitor),
        medication=medication,
        waiting=medication.medication_id in _waiting(visitor, medication.patient_id),
    )


def discontinue(visitor: Visitor) -> Response:
    """Stops something that they take."""
    visitor.practice.medications.discontinue(_medication(visitor).medication_id)
    return _back(visitor, "medication_stopped")


def _medication(visitor: Visitor) -> PatientMedication:
    """What the page is about, of whom it is about."""
    found = visitor.practice.medications.get(MedicationId(visitor.at("medication_id")))
    if found.patient_id != visitor.at("patient_id"):
        raise NotFoundError(what="medication")
    return found


def _waiting(visitor: Visitor, patient_id: PatientId) -> Mapping[MedicationId, RenewalId]:
    """What they ask more of; none waits for long, so that it is among the latest."""
    found = visitor.practice.medications.renewals(patient_id, limit=RENEWALS_LOOKED_AT).items
    return {one.medication_id: one.renewal_id for one in found if one.status is RenewalStatus.REQUESTED}


def _back(visitor: Visitor, flash: str) -> Response:
    return visitor.go(f"/desk/people/{visitor.at('patient_id')}/medications", flash=flash)


SCREENS = (
    Screen(ALL, show_all, who=Who.STAFF),
    Screen(
        f"{ALL}/record",
        show_record,
        record,
        who=Who.STAFF,
        says={"medication_recorded": N_("The medication is in their list.")},
    ),
    Screen(
        ONE,
        show_one,
        correct,
        who=Who.STAFF,
        says={
            "medication_corrected": N_("It is corrected. The patient sees it in their list, and is not told by mail.")
        },
    ),
    Screen(
        f"{ONE}/prescriber",
        show_prescriber,
        change_prescriber,
        who=Who.STAFF,
        says={"prescriber_changed": N_("Somebody else prescribes it from now on.")},
    ),
    Screen(
        f"{ONE}/discontinue",
        show_discontinue,
        discontinue,
        who=Who.STAFF,
        says={"medication_stopped": N_("The medication is stopped.")},
    ),
)
