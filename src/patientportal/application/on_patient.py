"""What staff do to a patient: permitted, decided with the patient locked, and saved."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from patientportal.application.environment import Environment
from patientportal.application.finding import usable_id
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain import staff
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import Actor, ActorKind
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Key, Query, Transaction

T = TypeVar("T")


def by_staff(member: StaffMember, verb: str, patient_id: PatientId) -> Act:
    """A staff member doing something to a patient, under the role that permits it.

    Raises:
        NotPermittedError: none of their roles does.
        OwnAccountError: they are the patient, and it opens an account.
    """
    role = staff.permit_to(member, verb, patient_id)
    return Act(patient_id=patient_id, by=Actor(kind=ActorKind.STAFF, id=member.id, role=role))


def patient_key(patient_id: object) -> Key[Patient]:
    """The key of the patient with this id.

    Raises:
        TypeError: it isn't a ``str``.
        NotFoundError: no id looks like this.
    """
    return Key(Patient, (usable_id(patient_id, field="patient_id", what="patient"),))


def on_patient(
    env: Environment,
    member: StaffMember,
    verb: str,
    patient_id: PatientId,
    decide: Callable[..., T],
    *asked: Key[Any] | Query[Any],
    also: Callable[..., Sequence[Key[Any]]] | None = None,
) -> T:
    """What staff do to a patient: decided with the patient's row and these states locked.

    Args:
        env: everything that the portal was given.
        member: who does it.
        verb: what, in ``PERMITTED``.
        patient_id: to whom.
        decide: given the transaction, the patient, the moment and the states under ``asked``, gives the rule's outcome.
        asked: keys in the order of the locks, after ``Patient``, and queries of what they guard.
        also: given the transaction and what was found, the keys of what only they lead to, which come next.

    Returns:
        The outcome, saved.

    Raises:
        NotPermittedError: none of their roles permits it.
        OwnAccountError: they are the patient, and it opens an account.
        NotFoundError: there is no such patient.
    """
    act = by_staff(member, verb, patient_id)
    key = patient_key(patient_id)

    def body(tx: Transaction) -> T:
        patient, *found = tx.get_all(key, *asked)
        if patient is None:
            raise NotFoundError(what="patient")
        if also is not None and (more := also(tx, *found)):
            found.extend(tx.get_all(*more))
        now = env.now()
        outcome = decide(tx, patient, now, *found)
        save(tx, outcome, env=env, act=act, now=now)
        return outcome

    return in_transaction(env, body)
