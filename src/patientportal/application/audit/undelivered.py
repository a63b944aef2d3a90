"""Notices that reached nobody: staff see them, have them sent again, or let them be."""

from collections.abc import Collection, Mapping
from datetime import datetime

from attrs import field, frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import usable_id
from patientportal.application.names import people_of
from patientportal.application.on_patient import acting, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import in_transaction, save
from patientportal.application.worker.digests import oldest_with
from patientportal.domain.accounts.links import Link
from patientportal.domain.errors import AdapterError, BadInputError, NotFoundError
from patientportal.domain.ids import DeliveryId, PatientId
from patientportal.domain.notices import undelivered as rules
from patientportal.domain.notices.notices import UNDELIVERED, Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.told import NoticeKind
from patientportal.ports.store import Key, Transaction, View


@frozen(kw_only=True)
class Undelivered:
    """A notice that reached nobody.

    Attributes:
        delivery_id: its own.
        patient_id: who wasn't told; ``"nobody"``: the practice, of whose digest it is.
        patient_name: what they are called; empty for the practice, and where the record can't be read.
        kind: what they weren't told.
        reason: ``DEAD``: it was given up; ``UNREACHABLE``: they have no address, call them.
        created_at: when it happened, UTC.
        tries: how often it was tried, what found the mail server shut not counted.
    """

    delivery_id: DeliveryId
    patient_id: PatientId
    patient_name: str = field(repr=False)
    kind: NoticeKind
    reason: DeliveryStatus
    created_at: datetime
    tries: int


def undelivered(
    env: Environment, member: StaffMember, *, reason: DeliveryStatus | None, limit: int, cursor: str | None
) -> Page[Undelivered]:
    """The notices that reached nobody, the oldest first."""
    permitted(env, member, "audit.undelivered")
    if reason is not None and type(reason) is not DeliveryStatus:
        raise TypeError(f"reason must be DeliveryStatus, not {type(reason).__name__}")
    if reason is not None and reason not in UNDELIVERED:
        raise BadInputError(field="reason", problem="unknown")
    queries = [oldest_with(status) for status in sorted(UNDELIVERED) if reason in {None, status}]
    with env.store.view() as view:
        found = page(
            view,
            *queries,
            limit=limit,
            cursor=cursor,
            place=lambda delivery: (delivery.created_at, delivery.id),
        )
        names = _names(view, {delivery.patient_id for delivery in found.items})
    return as_views(
        found,
        lambda delivery: Undelivered(
            delivery_id=delivery.id,
            patient_id=delivery.patient_id,
            patient_name=names[delivery.patient_id],
            kind=delivery.kind,
            reason=delivery.status,
            created_at=delivery.created_at,
            tries=delivery.tries,
        ),
    )


def _names(view: View, patients: Collection[PatientId]) -> Mapping[PatientId, str]:
    """What these are called; a record that can't be read, which may be why a notice is here, takes no other with it."""
    try:
        people = people_of(view, patients=patients)
    except AdapterError:
        if len(patients) == 1:
            return dict.fromkeys(patients, "")
        return {one: name for some in patients for one, name in _names(view, {some}).items()}
    return {one: people.patient(one) for one in patients}


def deliver_again(env: Environment, member: StaffMember, delivery_id: DeliveryId) -> None:
    """A notice that reached nobody is tried again, with new patience."""
    role = permitted(env, member, "audit.deliver_again")
    key = _key(delivery_id)

    def body(tx: Transaction) -> None:
        delivery = _known(tx.get(key))
        patient = tx.get(Key(Patient, (delivery.patient_id,)))
        link = None if delivery.link_id is None else tx.get(Key(Link, (delivery.patient_id, delivery.link_id)))
        now = env.now()
        outcome = rules.deliver_again(delivery, patient=patient, link=link, now=now, policy=env.policy)
        save(tx, outcome, env=env, act=acting(member, role, delivery.patient_id), now=now)

    in_transaction(env, body)


def dismiss(env: Environment, member: StaffMember, delivery_id: DeliveryId) -> None:
    """A notice that reached nobody is let be."""
    role = permitted(env, member, "audit.dismiss")
    key = _key(delivery_id)

    def body(tx: Transaction) -> None:
        delivery = _known(tx.get(key))
        tx.get(Key(Patient, (delivery.patient_id,)))  # whoever adds to a patient's history has the patient
        now = env.now()
        save(tx, rules.dismiss(delivery, now=now), env=env, act=acting(member, role, delivery.patient_id), now=now)

    in_transaction(env, body)


def _key(delivery_id: object) -> Key[Delivery]:
    return Key(Delivery, (usable_id(delivery_id, field="delivery_id", what="delivery"),))


def _known(delivery: Delivery | None) -> Delivery:
    if delivery is None:
        raise NotFoundError(what="delivery")
    return delivery
