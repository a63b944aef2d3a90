"""A worker's one verb: decide what time has made due, tell it, one delivery at a time, and forget what is over."""

import logging
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime
from typing import assert_never

from attrs import frozen

from patientportal.application.environment import Environment
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, in_transaction, save
from patientportal.application.worker.due import conclude
from patientportal.application.worker.indexing import index
from patientportal.application.worker.sweeping import sweep
from patientportal.application.worker.taking import Taken, begun
from patientportal.domain.errors import ConfigurationError, PortalError
from patientportal.domain.events import SYSTEM
from patientportal.domain.notices import notices
from patientportal.domain.notices.notices import Delivery, DeliveryStatus, Progressed
from patientportal.domain.policy import Policy
from patientportal.domain.told import Channel, NoticeKind
from patientportal.ports.notifier import Answer, Message, Notifier
from patientportal.ports.store import Is, Key, Query, Transaction, Where

_log = logging.getLogger("patientportal")


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
    """A delivery that this worker has told, which isn't marked yet: by which channel, and what became of it."""

    delivery: Delivery
    channel: Channel
    answer: Answer


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
    shut: set[Channel] = set()
    ways = {Channel.EMAIL, Channel.TEXT} if env.policy.notices.texts else {Channel.EMAIL}
    for _ in range(limit):
        if stop() or shut == ways:
            break
        last, told = told, None
        turned = _turned(env, last, shut=shut)
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
            told = _Told(taken.delivery, taken.message.channel, _answer(notifier, taken.message))
            if told.answer is Answer.UNREACHED:
                shut.add(told.channel)
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


def _turned(
    env: Environment, told: _Told | None, *, shut: Collection[Channel]
) -> tuple[list[DeliveryStatus], Taken | None] | _Stuck:
    """Marks a delivery and takes the next one, in one transaction that is saved before anything is sent."""
    lease, secret = env.new_secret(), env.new_secret()
    found: Delivery | None = None

    def body(tx: Transaction) -> tuple[list[DeliveryStatus], Taken | None]:
        nonlocal found
        now = env.now()
        marked = _mark(tx, told, env=env, now=now)
        found = tx.claim(due(now)) or tx.claim(never_tried(now))
        taken = None if found is None else begun(tx, found, env=env, lease=lease, secret=secret, shut=shut, now=now)
        return marked, taken

    try:
        return in_transaction(env, body)
    except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not stop the others' mail either
        return _Stuck(found, error)


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
    outcome = _outcome(delivery, told, now=now, policy=env.policy)
    save(tx, outcome, env=env, act=Act(patient_id=delivery.patient_id, by=SYSTEM), now=now)
    return [outcome.delivery.status]


def _outcome(delivery: Delivery, told: _Told, *, now: datetime, policy: Policy) -> Progressed:
    match told.answer:
        case Answer.SENT:
            return notices.sent(delivery, now=now)
        case Answer.LATER:
            return notices.failed(delivery, now=now, policy=policy)
        case Answer.NEVER if told.channel is Channel.TEXT:
            return notices.by_mail(delivery, now=now)
        case Answer.NEVER:
            return notices.refused(delivery, now=now)
        case Answer.UNREACHED:
            return notices.unreached(delivery, now=now)
        case _:
            assert_never(told.answer)
