"""A patient leaves the practice, or has died: nothing lets them in any more, and their visits ahead may end."""

from collections.abc import Sequence
from datetime import datetime

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.sessions import open_sessions
from patientportal.application.appointments.changes import taken_by
from patientportal.application.appointments.choosing import of_visit
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, patient_key
from patientportal.application.saving import in_transaction, save, select_all_locked, select_locked
from patientportal.domain.accounts import registration
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus, usable_reason
from patientportal.domain.appointments.changes import Cancelled, cancel_by_practice
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of


def deactivate(env: Environment, member: StaffMember, patient_id: PatientId, *, cancel_visits: str | None) -> None:
    """Shuts a patient out at once, and cancels every visit ahead of theirs where the practice says why."""
    act = by_staff(env, member, "patients.deactivate", patient_id)
    reason = None if cancel_visits is None else usable_reason(cancel_visits, field="cancel_visits")
    key = patient_key(patient_id)

    def body(tx: Transaction) -> None:
        patient, kept = tx.get_all(key, Key(RecoveryName, key.parts))
        if patient is None:
            raise NotFoundError(what="patient")
        open_links, found = select_all_locked(tx, open_links_of(patient.id), open_sessions(patient.id))
        now = env.now()
        cancelled = [] if reason is None else _cancelled(tx, patient.id, reason=reason, now=now)
        outcome = registration.deactivate(
            patient, recovery_name=kept, open_sessions=found, open_links=open_links, now=now, policy=env.policy
        )
        for one in (outcome, *cancelled):
            save(tx, one, env=env, act=act, now=now)

    in_transaction(env, body)


def _cancelled(tx: Transaction, patient_id: PatientId, *, reason: str, now: datetime) -> Sequence[Cancelled]:
    """Their visits ahead, each called off by the one rule; the patient's row, which is held, guards them all."""
    visits = select_locked(tx, _ahead(patient_id, now))
    taken = (key_of(slot) for visit in visits for slot in tx.select(of_visit(visit.id)))
    slots = tx.get_all(*sorted(taken, key=lambda key: key.parts))
    return [
        cancel_by_practice(visit, slots=taken_by(visit, slots), reason=reason, reopen=True, now=now) for visit in visits
    ]


def _ahead(patient_id: PatientId, now: datetime) -> Query[Appointment]:
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("status", Is.EQ, AppointmentStatus.BOOKED),
        Where("starts_at", Is.GT, now),
    )
    return Query(state=Appointment, where=where, order=("starts_at", "id"))
