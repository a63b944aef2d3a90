"""A worker's one verb: decide what time has made due, tell it, one delivery at a time, and forget what is over."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never

from attrs import frozen

from patientportal.application.accounts import links as mailed
from patientportal.application.environment import Environment
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, in_transaction, save
from patientportal.application.worker.due import conclude
from patientportal.application.worker.indexing import index
from patientportal.application.worker.sweeping import sweep
from patientportal.domain.accounts import links
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.email_change import EmailChange, address
from patientportal.domain.accounts.links import Link
from patientportal.domain.appointments.appointments import Appointment, is_stale
from patientportal.domain.appointments.directory import Place
from patientportal.domain.errors import ConfigurationError, PortalError
from patientportal.domain.events import SYSTEM
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.notices import notices
from patientportal.domain.notices.notices import Delivery, DeliveryStatus, Progressed
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.statements.statements import Statement
from patientportal.domain.told import WITH_USERNAME, WITH_VISIT, NoticeKind
from patientportal.domain.values.tokens import Token
from patientportal.domain.values.zones import local
from patientportal.ports.notifier import Answer, Message, Notifier
from patientportal.ports.store import Is, Key, Query, Transaction, Where

_log = logging.getLogger("patientportal")
ABOUT: Mapping[NoticeKind, type[Any]] = MappingProxyType(
    {
        **dict.fromkeys(WITH_VISIT, Appointment),
        NoticeKind.NEW_MESSAGE: InboxMessage,
        NoticeKind.STATEMENT_AVAILABLE: Statement,
    }
)
"""What the ``about_id`` of a notice names, by its kind."""


@frozen(kw_only=True)
class Worked:
    """What one call of ``work`` did.

    Attributes:
        sent: notices sent.
        postponed: notices that will be tried again.
        given_up: notices that can't be delivered: staff see them.
        concluded: things that were decided because they were due.
        swept: old records that were deleted.
        indexed: patients who were made findable, after a migration or by a newer rule.
    """

    sent: int = 0
    postponed: int = 0
    given_up: int = 0
    concluded: int = 0
    swept: int = 0
    indexed: int = 0


@frozen
class _Told:
    """A delivery that this worker has told, which isn't marked yet."""

    delivery: Delivery
    answer: Answer


@frozen
class _Taken:
    """A delivery that this worker has, and what is to be sent; ``None``: nothing, it is done with."""

    delivery: Delivery
    message: Message | None


@frozen
class _Stuck:
    """A transaction failed, with the delivery that it would have taken; ``None``: it came to none."""

    delivery: Delivery | None
    cause: Exception


def work(env: Environment, *, limit: int, stop: Callable[[], bool]) -> Worked:
    """Decides what time has made due, tells what is due, forgets what is over and makes findable: ``limit`` of each."""
    concluded = conclude(env, limit=limit, stop=stop)
    ends = Counter[DeliveryStatus]()
    if env.notifier is not None:
        _tell(env, env.notifier, ends, limit=limit, stop=stop)
    swept = 0 if stop() else sweep(env, limit=limit)
    indexed = 0 if stop() else index(env, limit=limit)
    if env.notifier is None:
        _require_nothing_due(env)
    if concluded.failure is not None:
        raise concluded.failure
    return Worked(
        sent=ends[DeliveryStatus.SENT],
        postponed=ends[DeliveryStatus.WAITING],
        given_up=ends[DeliveryStatus.DEAD],
        concluded=concluded.done,
        swept=swept,
        indexed=indexed,
    )


def _tell(
    env: Environment, notifier: Notifier, ends: Counter[DeliveryStatus], *, limit: int, stop: Callable[[], bool]
) -> None:
    """Tells one notice after another, the longest due first, and counts how each stands then.

    One transaction marks what was told and takes what is next: half the waiting for the disk.
    """
    told: _Told | None = None
    for _ in range(limit):
        if stop():
            break
        last, told = told, None
        turned = _turned(env, last)
        if isinstance(turned, _Stuck):
            ends.update(_marked(env, last))
            ends.update(_ended(_postponed(env, turned), turned.delivery))
            continue
        marked, taken = turned
        ends.update(_ended(marked, None if last is None else last.delivery))
        if taken is None:
            break
        if taken.message is None:
            ends.update(_ended([taken.delivery.status], taken.delivery))
        else:
            told = _Told(taken.delivery, _answer(notifier, taken.message))
            if told.answer is Answer.UNREACHED:
                break
    ends.update(_marked(env, told))


def _answer(notifier: Notifier, message: Message) -> Answer:
    try:
        return Answer(notifier.send(message))
    except Exception as error:  # noqa: BLE001 - a broken notifier must not stop the others' mail
        _log.warning("delivery %s: the notifier raised %s", message.id, type(error).__name__)
        return Answer.LATER


def _require_nothing_due(env: Environment) -> None:
    with env.store.view() as view:
        now = env.now()
        if view.select(due(now)) or view.select(never_tried(now)):
            raise ConfigurationError(
                setting="notifier", reason="there is something to send and nothing to send it with"
            )


def due(now: datetime) -> Query[Delivery]:
    """What has been due for longest; kinds that only a newer release knows are left to it."""
    where = (*_WAITING, Where("next_try_at", Is.LE, now))
    return Query(state=Delivery, where=where, order=("next_try_at", "id"), limit=1)


def never_tried(now: datetime) -> Query[Delivery]:
    """What is due because it was never tried, though made in what is the future since the clock was set back."""
    where = (*_WAITING, Where("created_at", Is.GT, now), Where("tries", Is.EQ, 0))
    return Query(state=Delivery, where=where, order=("created_at", "id"), limit=1)


_WAITING = (Where("status", Is.EQ, DeliveryStatus.WAITING), Where("kind", Is.ONE_OF, tuple(NoticeKind)))


def _turned(env: Environment, told: _Told | None) -> tuple[list[DeliveryStatus], _Taken | None] | _Stuck:
    """Marks a delivery and takes the next one, in one transaction that is saved before anything is sent."""
    lease, secret = env.new_secret(), env.new_secret()
    found: Delivery | None = None

    def body(tx: Transaction) -> tuple[list[DeliveryStatus], _Taken | None]:
        nonlocal found
        now = env.now()
        marked = _mark(tx, told, env=env, now=now)
        found = tx.claim(due(now)) or tx.claim(never_tried(now))
        taken = None if found is None else _begun(tx, found, env=env, lease=lease, secret=secret, now=now)
        return marked, taken

    try:
        return in_transaction(env, body)
    except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not stop the others' mail either
        return _Stuck(found, error)


def _begun(tx: Transaction, found: Delivery, *, env: Environment, lease: str, secret: str, now: datetime) -> _Taken:
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
    to_email = None if record is None else address(found.kind, personal=record.personal, change=change)
    is_gone = (found.email_change_id is not None and change is None) or is_stale(found.kind, visit)
    is_taken_back = isinstance(about, InboxMessage | Statement) and about.is_retracted
    if patient is None or not patient.is_active or record is None or is_gone or is_taken_back:
        outcome = notices.pointless(found, now=now)
    else:
        outcome = notices.begin(found, to_email=to_email, link=link, lease=lease, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=act, now=now)
    if record is None or to_email is None or outcome.delivery.status is not DeliveryStatus.WAITING:
        return _Taken(outcome.delivery, None)
    url = None
    if link is not None:
        token = Token(patient_id=link.patient_id, id=link.id, secret=secret)
        save(tx, links.mint(link, token=token, now=now), env=env, act=act, now=now)
        path = env.link_paths[link.purpose]
        url = mailed.url(token, base_url=env.link_base_url, path=path, form=env.link_form)
    message = Message(
        id=found.id,
        kind=found.kind,
        to_email=to_email,
        to_name=record.personal.first_name or record.personal.last_name,
        username=None if account is None else account.username,
        language=record.personal.language,
        visit_at=None if visit is None else local(visit.starts_at, visit.zone),
        visit_place=None if visit is None else _place_of(tx, visit),
        link=url,
    )
    return _Taken(outcome.delivery, message)


def _about(tx: Transaction, delivery: Delivery) -> object:
    """What a notice is about, as it is now; ``None``: nothing that could make it pointless, or it is no more."""
    state = ABOUT.get(delivery.kind)
    if state is None or delivery.about_id is None:
        return None
    return tx.get(Key(state, (delivery.patient_id, delivery.about_id)))


def _place_of(tx: Transaction, visit: Appointment) -> str:
    """What the place of a visit is called now; nobody waits for whoever renames it."""
    for place in tx.select(Query(state=Place, where=(Where("id", Is.EQ, visit.place_id),))):
        return place.name
    return visit.place_id


def _postponed(env: Environment, stuck: _Stuck) -> list[DeliveryStatus]:
    """What can't be taken waits like what can't be sent, so that it delays nobody else."""
    found = stuck.delivery
    if found is None:
        raise stuck.cause

    def body(tx: Transaction) -> list[DeliveryStatus]:
        delivery = tx.get(Key(Delivery, (found.id,)))
        now = env.now()
        if delivery is None or not notices.is_due(delivery, now=now):
            return []
        outcome = notices.stuck(delivery, now=now, policy=env.policy)
        save(tx, outcome, env=env, act=Act(patient_id=delivery.patient_id, by=SYSTEM), now=now)
        return [outcome.delivery.status]

    code = stuck.cause.code if isinstance(stuck.cause, PortalError) else type(stuck.cause).__name__
    _log.warning("delivery %s couldn't be taken: %s", found.id, code)
    return in_transaction(env, body)


def _marked(env: Environment, told: _Told | None) -> list[DeliveryStatus]:
    if told is None:
        return []
    return _ended(in_transaction(env, lambda tx: _mark(tx, told, env=env, now=env.now())), told.delivery)


def _ended(how: list[DeliveryStatus], delivery: Delivery | None) -> list[DeliveryStatus]:
    """How a delivery stands now that this is saved; whoever runs a portal is told of one that is given up."""
    if delivery is not None and DeliveryStatus.DEAD in how:
        log_line("notice_given_up", patient_id=delivery.patient_id, delivery_id=delivery.id, kind=delivery.kind.value)
    return how


def _mark(tx: Transaction, told: _Told | None, *, env: Environment, now: datetime) -> list[DeliveryStatus]:
    """Only who still has the lease says what became of a delivery."""
    delivery = None if told is None else tx.get(Key(Delivery, (told.delivery.id,)))
    if told is None or delivery is None or delivery.lease != told.delivery.lease:
        return []
    outcome = _outcome(delivery, told.answer, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=Act(patient_id=delivery.patient_id, by=SYSTEM), now=now)
    return [outcome.delivery.status]


def _outcome(delivery: Delivery, answer: Answer, *, now: datetime, policy: Policy) -> Progressed:
    match answer:
        case Answer.SENT:
            return notices.sent(delivery, now=now)
        case Answer.LATER:
            return notices.failed(delivery, now=now, policy=policy)
        case Answer.NEVER:
            return notices.refused(delivery, now=now)
        case Answer.UNREACHED:
            return notices.unreached(delivery, now=now)
        case _:
            assert_never(answer)
