"""Who came: the practice writes down what became of its visits."""

from collections.abc import Callable
from datetime import datetime

from patientportal.application.appointments.appointments import require_found
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import on_patient, permitted
from patientportal.domain.appointments import attendance as rules
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.attendance import Marked
from patientportal.domain.ids import AppointmentId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Transaction, key_of


def mark_arrived(env: Environment, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient is here."""
    _mark(env, member, "appointments.mark_arrived", appointment_id, rules.mark_arrived)


def unmark_arrived(env: Environment, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient isn't here after all."""
    _mark(env, member, "appointments.unmark_arrived", appointment_id, lambda one, **_: rules.unmark_arrived(one))


def mark_fulfilled(env: Environment, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient came."""
    _mark(env, member, "appointments.mark_fulfilled", appointment_id, rules.mark_fulfilled)


def mark_noshow(env: Environment, member: StaffMember, appointment_id: AppointmentId) -> None:
    """The patient didn't come."""
    _mark(env, member, "appointments.mark_noshow", appointment_id, rules.mark_noshow)


def _mark(
    env: Environment,
    member: StaffMember,
    verb: str,
    appointment_id: AppointmentId,
    rule: Callable[..., Marked | Unchanged],
) -> None:
    permitted(env, member, verb)
    found = by_id(env, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide(_: Transaction, __: Patient, now: datetime, appointment: Appointment | None) -> Marked | Unchanged:
        return rule(require_found(appointment), now=now)

    on_patient(env, member, verb, found.patient_id, decide, key_of(found))
