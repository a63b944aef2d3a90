"""A worker's one verb: begin one delivery at a time, send it outside any transaction, mark what became of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from attrs import frozen

from patientportal.application.outside import Outside
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain import links, notices
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.events import SYSTEM
from patientportal.domain.links import Link, Purpose
from patientportal.domain.notices import Delivery, DeliveryStatus, Progressed
from patientportal.domain.patients import Patient, PersonalRecord
from patientportal.domain.tokens import Token
from patientportal.ports.notifier import Answer, Message, Notifier
from patientportal.ports.store import Is, Key, Query, Transaction, Where

PATHS = {Purpose.INVITATION: "activate"}


@frozen(kw_only=True)
class Worked:
    """What one call of ``work`` did.

    Attributes:
        sent: notices told.
        postponed: notices that will be tried again.
        given_up: notices that can't be told.
    """

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


def work(outside: Outside, *, limit: int) -> Worked:
    """Tells what is due, at most ``limit`` notices."""
    due = _due(outside, limit=limit)
    if due and outside.notifier is None:
        raise ConfigurationError(setting="notifier", reason="there is something to send and nothing to send it with")
    ends: Counter[DeliveryStatus | None] = Counter()
    for delivery in due:
        assert outside.notifier is not None  # noqa: S101 - refused above
        ends[_told(outside, delivery, outside.notifier)] += 1
    return Worked(
        sent=ends[DeliveryStatus.SENT],
        postponed=ends[DeliveryStatus.WAITING],
        given_up=ends[DeliveryStatus.DEAD],
    )


def _due(outside: Outside, *, limit: int) -> Sequence[Delivery]:
    query = Query(
        state=Delivery,
        where=(Where("status", Is.EQ, DeliveryStatus.WAITING), Where("next_try_at", Is.LE, outside.now())),
        order=("next_try_at", "id"),
        limit=limit,
    )
    with outside.store.view() as view:
        return view.select(query)


def _told(outside: Outside, delivery: Delivery, notifier: Notifier) -> DeliveryStatus | None:
    """One try, and how the delivery stands after it; ``None`` where there was nothing to send."""
    lease = outside.new_secret()
    message = _begun(outside, delivery, lease=lease)
    if message is None:
        return None
    try:
        answer = Answer(notifier.send(message))
    except Exception:  # noqa: BLE001 - a broken notifier must not stop the others' mail
        answer = Answer.LATER
    return _marked(outside, delivery, lease=lease, answer=answer)


def _begun(outside: Outside, found: Delivery, *, lease: str) -> Message | None:
    """Takes a delivery and mints its link's secret, in one transaction that is saved before anything is sent."""
    secret = outside.new_secret()

    def body(tx: Transaction) -> Message | None:
        patient = tx.get(Key(Patient, (found.patient_id,)))
        record = tx.get(Key(PersonalRecord, (found.patient_id,)))
        link = None if found.link_id is None else tx.get(Key(Link, (found.patient_id, found.link_id)))
        delivery = tx.get(Key(Delivery, (found.id,)))
        now = outside.now()
        if delivery is None or not notices.is_due(delivery, now=now):
            return None
        act = Act(patient_id=found.patient_id, by=SYSTEM)
        dead_link = link is not None and not links.is_open(link, now=now, policy=outside.policy)
        if patient is None or not patient.is_active or record is None or dead_link:
            save(tx, notices.pointless(delivery), outside=outside, act=act, now=now)
            return None
        begun = notices.begin(delivery, lease=lease, now=now)
        save(tx, begun, outside=outside, act=act, now=now)
        if begun.delivery.lease != lease:
            return None
        url = None
        if link is not None:
            token = Token(patient_id=link.patient_id, id=link.id, secret=secret)
            save(tx, links.mint(link, token=token, now=now), outside=outside, act=act, now=now)
            url = f"{outside.link_base_url}/{PATHS[link.purpose]}#{token.as_text()}"
        return Message(
            id=delivery.id,
            kind=delivery.kind,
            to_email=record.personal.email,
            to_name=record.personal.first_name,
            language=record.personal.language,
            link=url,
        )

    return in_transaction(outside, body)


def _marked(outside: Outside, found: Delivery, *, lease: str, answer: Answer) -> DeliveryStatus | None:
    def body(tx: Transaction) -> DeliveryStatus | None:
        delivery = tx.get(Key(Delivery, (found.id,)))
        now = outside.now()
        if delivery is None or delivery.lease != lease:
            return None
        outcome = _outcome(delivery, answer, now=now)
        save(tx, outcome, outside=outside, act=Act(patient_id=found.patient_id, by=SYSTEM), now=now)
        return outcome.delivery.status

    return in_transaction(outside, body)


def _outcome(delivery: Delivery, answer: Answer, *, now: datetime) -> Progressed:
    match answer:
        case Answer.SENT:
            return notices.sent(delivery)
        case Answer.LATER:
            return notices.failed(delivery, now=now)
        case Answer.NEVER:
            return notices.refused(delivery)
        case _:
            assert_never(answer)
