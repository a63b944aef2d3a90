"""Who comes and who came: the practice looks at a day, and writes down what became of its visits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from patientportal.application.appointments.appointments import Visit, require_found, visit_shown
from patientportal.application.appointments.directory import names_of
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import on_patient
from patientportal.domain import staff
from patientportal.domain.accounts.registration import AHEAD_OF_UTC_AT_MOST
from patientportal.domain.appointments import attendance as rules
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.appointments.attendance import Marked
from patientportal.domain.ids import AppointmentId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import STAFF_ID_MAX, StaffMember
from patientportal.domain.values.days import schedule_day
from patientportal.domain.values.text import line
from patientportal.domain.values.zones import day as day_there
from patientportal.ports.store import Is, Query, Transaction, Where, key_of

_A_DAY = timedelta(days=1)
_COMING = tuple(status for status in AppointmentStatus if status is not AppointmentStatus.CANCELLED)


def of_day(env: Environment, member: StaffMember, provider_id: StaffId, day: date) -> tuple[Visit, ...]:
    """A provider's visits of a day, as each place's clocks count it; those that were cancelled are left out."""
    staff.permit(member, "appointments.of_day")
    provider = line(provider_id, field="provider_id", at_most=STAFF_ID_MAX)
    midnight = datetime.combine(schedule_day(day, field="day"), time(), tzinfo=UTC)
    anywhere = (
        Where("provider_id", Is.EQ, provider),
        Where("status", Is.ONE_OF, _COMING),
        Where("starts_at", Is.GE, midnight - AHEAD_OF_UTC_AT_MOST),
        Where("starts_at", Is.LT, midnight + _A_DAY + AHEAD_OF_UTC_AT_MOST),
    )
    with env.store.view() as view:
        near = view.select(Query(state=Appointment, where=anywhere, order=("starts_at", "id")))
        found = [one for one in near if day_there(one.starts_at, one.zone) == day]
        names = names_of(view, found)
    return tuple(visit_shown(one, names) for one in found)


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
    staff.permit(member, verb)
    found = by_id(env, Appointment, appointment_id, field="appointment_id", what="appointment")

    def decide(_: Transaction, __: Patient, now: datetime, appointment: Appointment | None) -> Marked | Unchanged:
        return rule(require_found(appointment), now=now)

    on_patient(env, member, verb, found.patient_id, decide, key_of(found))
