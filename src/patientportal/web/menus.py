"""What stands in the head of every page: where one can go from there."""

from patientportal import PatientId, PracticeAccess
from patientportal.web.languages import N_

PATIENT = (
    ("/", N_("Home")),
    ("/appointments", N_("Appointments")),
    ("/medications", N_("Medications")),
    ("/statements", N_("Statements")),
    ("/messages", N_("Messages")),
    ("/account", N_("Account")),
)
DESK = (
    ("/desk", N_("Today"), "appointments.of_day"),
    ("/desk/people", N_("People"), "patients.find"),
    ("/desk/schedule", N_("Schedule"), "schedule.publish"),
    ("/desk/requests", N_("Requests"), "appointments.requests"),
    ("/desk/renewals", N_("Renewals"), "medications.pending_renewals"),
    ("/desk/support", N_("Support"), "support.open_requests"),
    ("/desk/unclear", N_("Unclear payments"), "statements.conclude"),
    ("/desk/undelivered", N_("Undelivered"), "audit.undelivered"),
    ("/desk/audit", N_("History"), "audit.of_practice"),
)
ABOUT = (
    ("", N_("Who they are"), "patients.get"),
    ("/appointments", N_("Appointments"), "appointments.of_patient"),
    ("/medications", N_("Medications"), "medications.of_patient"),
    ("/statements", N_("Statements"), "statements.of_patient"),
    ("/messages", N_("Messages"), "messages.of_patient"),
    ("/support", N_("Support"), "support.of_patient"),
    ("/history", N_("History"), "audit.of_patient"),
)
"""A path, its name, and the verb of the practice without which it isn't shown; below a patient's page."""


def of_desk(practice: PracticeAccess) -> tuple[tuple[str, str], ...]:
    """What a member of staff may open."""
    return tuple((path, text) for path, text, verb in DESK if practice.may(verb))


def about(practice: PracticeAccess, patient_id: PatientId) -> tuple[tuple[str, str], ...]:
    """What a member of staff may open of a patient."""
    return tuple((f"/desk/people/{patient_id}{path}", text) for path, text, verb in ABOUT if practice.may(verb))
