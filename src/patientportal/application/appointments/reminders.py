"""Visits that begin soon: whose patient is to be reminded, and that it was done."""

from datetime import datetime

from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.appointments import reminders as rules
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.events import SYSTEM
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of


def due(env: Environment) -> tuple[Query[Appointment], ...]:
    """For each reminder the visits of which it is due, the soonest first."""
    now = env.now()
    awaited = (
        Where("status", Is.EQ, AppointmentStatus.BOOKED),
        Where("arrived_at", Is.NONE),
        Where("starts_at", Is.GT, now),
    )
    return tuple(
        Query(
            state=Appointment,
            where=(*awaited, Where("starts_at", Is.LE, now + before), Where("remind_within", Is.GT, before)),
            order=("starts_at", "id"),
        )
        for before in env.policy.notices.reminders
    )


def due_at(env: Environment, found: Appointment) -> datetime:
    """Since when a reminder is due of it; of several, the earliest."""
    return found.starts_at - max(one for one in env.policy.notices.reminders if one < found.remind_within)


def remind(env: Environment, found: Appointment) -> bool:
    """Has a patient reminded of a visit, unless somebody has done so, or it was called off meanwhile."""

    def body(tx: Transaction) -> bool:
        _, visit = tx.get_all(Key(Patient, (found.patient_id,)), key_of(found))
        now = env.now()
        if visit is None:
            return False
        outcome = rules.remind(visit, now=now, policy=env.policy)
        save(tx, outcome, env=env, act=Act(patient_id=found.patient_id, by=SYSTEM), now=now)
        return not isinstance(outcome, Unchanged)

    return in_transaction(env, body)
