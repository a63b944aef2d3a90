"""Taking a notice in hand: whether it is told now, waits, or is over, and what is to be sent."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from attrs import frozen

from patientportal.application.accounts import links as mailed
from patientportal.application.appointments.appointments import calendar_entry
from patientportal.application.appointments.directory import place_now
from patientportal.application.environment import Environment
from patientportal.application.saving import Act, save
from patientportal.application.worker import digests
from patientportal.domain.accounts import links
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.email_change import EmailChange, address
from patientportal.domain.accounts.links import Link
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import Place
from patientportal.domain.appointments.reminders import is_stale
from patientportal.domain.events import SYSTEM
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.notices import channels, notices
from patientportal.domain.notices import digests as rules
from patientportal.domain.notices.channels import Way
from patientportal.domain.notices.notices import Delivery, Progressed
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.statements.statements import Statement
from patientportal.domain.told import WITH_USERNAME, WITH_VISIT, Channel, NoticeKind
from patientportal.domain.values.tokens import Token
from patientportal.domain.values.zones import local
from patientportal.ports.notifier import Message
from patientportal.ports.store import Is, Key, Query, Transaction, Where

ABOUT: Mapping[NoticeKind, type[Any]] = MappingProxyType(
    {
        **dict.fromkeys(WITH_VISIT, Appointment),
        NoticeKind.NEW_MESSAGE: InboxMessage,
        NoticeKind.STATEMENT_AVAILABLE: Statement,
    }
)
"""What the ``about_id`` of a notice names, by its kind."""


@frozen
class Taken:
    """A delivery that this worker has, and what is to be sent; ``None``: nothing, it is done with."""

    delivery: Delivery
    message: Message | None


def begun(
    tx: Transaction,
    found: Delivery,
    *,
    env: Environment,
    lease: str,
    secret: str,
    shut: Collection[Channel],
    now: datetime,
) -> Taken:
    """Takes a notice that is due, which this worker has claimed.

    Args:
        tx: in which it was claimed.
        found: the notice.
        env: everything that the portal was given.
        lease: this worker's token.
        secret: a fresh one, for a link.
        shut: the channels by which nobody can be told in this round.
        now: UTC.
    """
    if found.kind is NoticeKind.PRACTICE_DIGEST:
        return _begun_digest(tx, found, env=env, lease=lease, shut=shut, now=now)
    owner = (found.patient_id,)
    patient, record = tx.get_all(Key(Patient, owner), Key(PersonalRecord, owner))
    account = tx.get(Key(Account, owner)) if found.kind in WITH_USERNAME else None
    link = None if found.link_id is None else tx.get(Key(Link, (found.patient_id, found.link_id)))
    change = (
        None if found.email_change_id is None else tx.get(Key(EmailChange, (found.patient_id, found.email_change_id)))
    )
    about = _about(tx, found)
    visit = about if isinstance(about, Appointment) else None
    act = Act(patient_id=found.patient_id, by=SYSTEM)
    is_gone = (found.email_change_id is not None and change is None) or is_stale(found.kind, visit, now=now)
    is_taken_back = isinstance(about, InboxMessage | Statement) and about.is_retracted
    if patient is None or not patient.is_active or record is None or is_gone or is_taken_back:
        over = notices.pointless(found, now=now)
        save(tx, over, env=env, act=act, now=now)
        return Taken(over.delivery, None)
    to_email = address(found.kind, personal=record.personal, change=change)
    way = channels.way(found, record=record, to_email=to_email, policy=env.policy)
    visit_at = None if visit is None else visit.starts_at
    outcome = _taken(found, way, link=link, lease=lease, visit_at=visit_at, shut=shut, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=act, now=now)
    if outcome.delivery.lease != lease:
        return Taken(outcome.delivery, None)
    url = None
    if link is not None:
        token = Token(patient_id=link.patient_id, id=link.id, secret=secret)
        save(tx, links.mint(link, token=token, now=now), env=env, act=act, now=now)
        path = env.link_paths[link.purpose]
        url = mailed.url(token, base_url=env.link_base_url, path=path, form=env.link_form)
    place = None if visit is None else _place_of(tx, visit)
    brings_entry = env.policy.notices.calendar_entries and way.channel is Channel.EMAIL
    message = Message(
        id=found.id,
        patient_id=found.patient_id,
        kind=found.kind,
        channel=way.channel,
        to_email=way.to if way.channel is Channel.EMAIL else None,
        to_phone=way.to if way.channel is Channel.TEXT else None,
        to_name=record.personal.first_name or record.personal.last_name,
        username=None if account is None else account.username,
        language=record.personal.language,
        visit_at=None if visit is None else local(visit.starts_at, visit.zone),
        visit_place=None if place is None else place.name,
        entry=calendar_entry(visit, place=place) if visit and place and brings_entry else None,
        link=url,
    )
    return Taken(outcome.delivery, message)


def _taken(
    found: Delivery,
    way: Way,
    *,
    link: Link | None,
    lease: str,
    visit_at: datetime | None,
    shut: Collection[Channel],
    now: datetime,
    policy: Policy,
) -> Progressed:
    """Whether it is begun, waits for its way to be open, or is over."""
    if way.channel is Channel.NONE:
        return notices.pointless(found, now=now)
    if way.to is not None and now < notices.tried_until(found, policy):
        if way.channel in shut:
            return notices.held(found, until=now + notices.FIRST_PAUSE, now=now)
        begins_at = channels.begins_at(way.channel, visit_at=visit_at, now=now, policy=policy)
        if begins_at > now:
            return notices.held(found, until=begins_at, now=now)
    return notices.begin(found, to=way.to, link=link, lease=lease, now=now, policy=policy)


def _begun_digest(
    tx: Transaction, found: Delivery, *, env: Environment, lease: str, shut: Collection[Channel], now: datetime
) -> Taken:
    digest, chosen = digests.counted(tx, now=now), env.policy.notices.digest
    outcome: Progressed
    if Channel.EMAIL in shut:
        outcome = notices.held(found, until=now + notices.FIRST_PAUSE, now=now)
    else:
        outcome = rules.begin_digest(found, digest=digest, lease=lease, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=Act(patient_id=found.patient_id, by=SYSTEM), now=now)
    if chosen is None or outcome.delivery.lease != lease:
        return Taken(outcome.delivery, None)
    # In the practice's own language, and to no name that the core knows.
    message = Message(
        id=found.id,
        patient_id=found.patient_id,
        kind=found.kind,
        channel=Channel.EMAIL,
        to_email=chosen.email,
        to_phone=None,
        to_name="",
        digest=digest,
    )
    return Taken(outcome.delivery, message)


def _about(tx: Transaction, delivery: Delivery) -> object:
    """What a notice is about, as it is now; ``None``: nothing that could make it pointless, or it is no more."""
    state = ABOUT.get(delivery.kind)
    if state is None or delivery.about_id is None:
        return None
    return tx.get(Key(state, (delivery.patient_id, delivery.about_id)))


def _place_of(tx: Transaction, visit: Appointment) -> Place:
    """The place of a visit as it is now; nobody waits for whoever renames it."""
    found = tx.select(Query(state=Place, where=(Where("id", Is.EQ, visit.place_id),)))
    return place_now(next(iter(found), None), visit)
