"""A notice on its way: how often its delivery is tried, and how it ends."""

from datetime import datetime, timedelta
from enum import StrEnum, unique

from attrs import evolve, field, frozen

from patientportal.domain.ids import AppointmentId, DeliveryId, EmailChangeId, LinkId, PatientId
from patientportal.domain.outcomes import changed
from patientportal.domain.told import NoticeKind

TRIES_MAX = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=5)


@unique
class DeliveryStatus(StrEnum):
    """A notice waits, was sent, was given up, or became pointless."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    POINTLESS = "pointless"


@frozen(kw_only=True)
class Delivery:
    """A notice on its way, made in the transaction of its event.

    Attributes:
        id: its own; the Message-ID of every try.
        patient_id: who is told.
        kind: what is said.
        link_id: the link it carries, if any.
        email_change_id: the change of address it is about, if any: that says where it goes.
        appointment_id: the visit it is about, if any.
        created_at: when the event happened.
        status: where it stands.
        tries: how often it was begun.
        next_try_at: when it may be begun; while a worker has it, when its lease is over; once it ended, when it did.
        lease: the token of the worker that has it.
    """

    id: DeliveryId
    patient_id: PatientId
    kind: NoticeKind
    link_id: LinkId | None
    email_change_id: EmailChangeId | None = None
    appointment_id: AppointmentId | None = None
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.WAITING
    tries: int = 0
    next_try_at: datetime
    lease: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Progressed:
    """A delivery took a step."""

    delivery: Delivery = changed()


def is_due(delivery: Delivery, *, now: datetime) -> bool:
    """Whether a worker may begin it: it waits, and its time, or another worker's lease, is over."""
    return delivery.status is DeliveryStatus.WAITING and delivery.next_try_at <= now


def begin(delivery: Delivery, *, lease: str, now: datetime) -> Progressed:
    """One worker takes one delivery, for longer than a notifier may take; one that keeps killing them is given up."""
    if delivery.tries >= TRIES_MAX:
        return refused(delivery, now=now)
    return Progressed(delivery=evolve(delivery, tries=delivery.tries + 1, lease=lease, next_try_at=now + LEASE))


def stuck(delivery: Delivery, *, now: datetime) -> Progressed:
    """It couldn't even be begun: that counts as a try, and the next one comes later."""
    return failed(evolve(delivery, tries=delivery.tries + 1), now=now)


def sent(delivery: Delivery, *, now: datetime) -> Progressed:
    """It was told."""
    return _ended(delivery, DeliveryStatus.SENT, now=now)


def refused(delivery: Delivery, *, now: datetime) -> Progressed:
    """It can't be told, ever: staff will see it."""
    return _ended(delivery, DeliveryStatus.DEAD, now=now)


def pointless(delivery: Delivery, *, now: datetime) -> Progressed:
    """Its link or its visit ended before it was told, or its patient is gone: nobody needs it any more."""
    return _ended(delivery, DeliveryStatus.POINTLESS, now=now)


def failed(delivery: Delivery, *, now: datetime) -> Progressed:
    """It will be tried again, after a pause that doubles from a minute to six hours; twelve tries at most."""
    if delivery.tries >= TRIES_MAX:
        return refused(delivery, now=now)
    pause = min(FIRST_PAUSE * 2 ** (delivery.tries - 1), LONGEST_PAUSE)
    return Progressed(delivery=evolve(delivery, lease=None, next_try_at=now + pause))


def _ended(delivery: Delivery, status: DeliveryStatus, *, now: datetime) -> Progressed:
    return Progressed(delivery=evolve(delivery, status=status, lease=None, next_try_at=now))
