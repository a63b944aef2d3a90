"""What staff do to a patient: permitted, decided with the patient locked, and saved."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, usable_id
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain import staff
from patientportal.domain.audit import looks
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import Actor, ActorKind
from patientportal.domain.ids import NOBODY, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import NotPermittedError, OwnAccountError, Role, StaffMember
from patientportal.domain.values.tokens import ID
from patientportal.ports.store import Key, Query, Transaction

T = TypeVar("T")


class OfPatient(Protocol):
    """A state that is a patient's."""

    @property
    def patient_id(self) -> PatientId:
        """Whose it is."""


S = TypeVar("S", bound=OfPatient)


def permitted(env: Environment, member: StaffMember, verb: str, patient_id: object = NOBODY) -> Role:
    """The role under which a member may do this; a refusal is kept before it is raised.

    Args:
        env: everything that the portal was given.
        member: who wants to.
        verb: what, in ``PERMITTED``.
        patient_id: to whom, as it came from outside.

    Raises:
        NotPermittedError: none of their roles does.
        OwnAccountError: they are the patient, and the verb stands in ``NOT_TO_ONESELF``.
    """
    try:
        return staff.permit_to(member, verb, patient_id)
    except (NotPermittedError, OwnAccountError) as refusal:
        about = _keep(env, member, looks.refuse(verb, refusal), patient_id)
        log_line(refusal.code, verb=verb, patient_id=about)
        raise


def _keep(env: Environment, member: StaffMember, refused: looks.Refused, patient_id: object) -> PatientId:
    """Keeps a refusal with the patient whom it names, if there is one, and says whom."""
    key = Key(Patient, (patient_id if isinstance(patient_id, str) and ID.fullmatch(patient_id) else NOBODY,))

    def body(tx: Transaction) -> PatientId:
        patient = tx.get(key)
        act = acting(member, None, NOBODY if patient is None else patient.id)
        save(tx, refused, env=env, act=act, now=env.now())
        return act.patient_id

    return in_transaction(env, body)


def by_staff(env: Environment, member: StaffMember, verb: str, patient_id: PatientId) -> Act:
    """A staff member doing something to a patient, under the role that permits it.

    Raises:
        NotPermittedError: none of their roles does.
        OwnAccountError: they are the patient, and the verb stands in ``NOT_TO_ONESELF``.
    """
    return acting(member, permitted(env, member, verb, patient_id), patient_id)


def acting(member: StaffMember, role: Role | None, patient_id: PatientId) -> Act:
    """A staff member doing something to a patient, under a role that was found to permit it, or refused by all."""
    return Act(patient_id=patient_id, by=Actor(kind=ActorKind.STAFF, id=member.id, role=role))


def look_at(env: Environment, member: StaffMember, verb: str, patient_id: PatientId) -> Key[Patient]:
    """Keeps that staff look at a patient, before anything is shown to them.

    Returns:
        The patient's key.

    Raises:
        NotPermittedError: none of their roles permits it.
        NotFoundError: there is no such patient.
    """
    act = by_staff(env, member, verb, patient_id)
    key = patient_key(patient_id)

    def body(tx: Transaction) -> None:
        if tx.get(key) is None:
            raise NotFoundError(what="patient")
        save(tx, looks.view(verb), env=env, act=act, now=env.now())

    in_transaction(env, body)
    return key


def looked_at(
    env: Environment, member: StaffMember, verb: str, state: type[S], id_: object, *, field: str, what: str
) -> S:
    """A patient's state under an id of its own, once it is kept that staff look at its patient.

    Args:
        env: everything that the portal was given.
        member: who looks.
        verb: what, in ``PERMITTED``.
        state: its kind, whose key is the patient's id and its own.
        id_: as it came from outside.
        field: the argument's name.
        what: what isn't there, for the error.

    Raises:
        NotPermittedError: none of their roles permits it.
        TypeError: the id isn't a ``str``.
        NotFoundError: there is no such state.
    """
    permitted(env, member, verb)
    found = by_id(env, state, id_, field=field, what=what)
    look_at(env, member, verb, found.patient_id)
    return found


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
        OwnAccountError: they are the patient, and the verb stands in ``NOT_TO_ONESELF``.
        NotFoundError: there is no such patient.
    """
    act = by_staff(env, member, verb, patient_id)
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
