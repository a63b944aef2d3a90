"""A notice on its way: for how long its delivery is tried, how often, and how it ends."""

from datetime import datetime, timedelta
from enum import StrEnum, unique

from attrs import evolve, field, frozen

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus
from patientportal.domain.ids import DeliveryId, EmailChangeId, LinkId, PatientId
from patientportal.domain.outcomes import changed
from patientportal.domain.policy import Policy
from patientportal.domain.told import AWAITED, Channel, NoticeKind

UNANSWERED_MAX = 12
FIRST_PAUSE = timedelta(minutes=1)
# RFC 5321, 4.5.4.1: at least half an hour, but for the first tries.
LONGEST_PAUSE = timedelta(hours=1)
DOUBLINGS_MAX = 6
LEASE = timedelta(minutes=5)


@unique
class DeliveryStatus(StrEnum):
    """A notice waits, was sent, was given up, had nowhere to go, or became pointless."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    UNREACHABLE = "unreachable"
    POINTLESS = "pointless"


UNDELIVERED = frozenset({DeliveryStatus.DEAD, DeliveryStatus.UNREACHABLE})
"""What somebody at the practice sees to: what no mail server took, and what has no address to go to."""


@frozen(kw_only=True)
class Delivery:
    """A notice on its way, made in the transaction of its event.

    Attributes:
        id: its own; the Message-ID of every try.
        patient_id: who is told.
        kind: what is said.
        link_id: the link it carries, if any.
        email_change_id: the change of address it is about, if any: that says where it goes.
        about_id: the id of what it is about and is pointless without: a visit, message or statement, as its kind says.
        created_at: when the event happened.
        sent_again_at: when staff last had it sent again; from then on it is as if it were new.
        status: where it stands.
        tries: how often it was begun; what found the channel shut isn't counted.
        unanswered: how often in a row nobody heard what became of that.
        channel: the only one that is left to it; ``None``: the one that its patient wants.
        next_try_at: when it may be begun; while a worker has it, when its lease is over; once it ended, when it did.
        lease: the token of the worker that has it.
    """

    id: DeliveryId
    patient_id: PatientId
    kind: NoticeKind
    link_id: LinkId | None
    email_change_id: EmailChangeId | None = None
    about_id: str | None = None
    created_at: datetime
    sent_again_at: datetime | None = None
    status: DeliveryStatus = DeliveryStatus.WAITING
    tries: int = 0
    unanswered: int = 0
    next_try_at: datetime
    channel: Channel | None = None
    lease: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Progressed:
    """A delivery took a step; the link that it carries may have ended with it."""

    delivery: Delivery = changed()
    link: Link | None = changed()


def is_due(delivery: Delivery, *, now: datetime) -> bool:
    """Whether a worker may begin it: it waits, and its time, or another worker's lease, is over.

    What was never tried is due at once, also where the clock was set back since it was made.
    """
    never_tried = delivery.tries == 0 and delivery.created_at > now
    return delivery.status is DeliveryStatus.WAITING and (never_tried or delivery.next_try_at <= now)


def tried_until(delivery: Delivery, policy: Policy) -> datetime:
    """When patience with it is over: so long after it was made, or sent again, whatever stood in its way."""
    patience = policy.notices.link_patience if delivery.kind in AWAITED else policy.notices.patience
    return (delivery.sent_again_at or delivery.created_at) + patience


def begin(
    delivery: Delivery, *, to: str | None, link: Link | None, lease: str, now: datetime, policy: Policy
) -> Progressed:
    """One worker takes one delivery, for longer than a notifier may take; one that keeps killing them is given up.

    Args:
        delivery: one that is due.
        to: the address or number that it goes to; ``None``: its patient has none, and the desk calls them.
        link: that it carries; ``None`` where it carries none, or that is no more.
        lease: the worker's token.
        now: UTC.
        policy: the practice's limits.
    """
    if delivery.link_id is not None and (link is None or link.status is not LinkStatus.OPEN):
        return refused(delivery, now=now) if link is None or links.is_missed(link) else pointless(delivery, now=now)
    if to is None:
        over = _ended(delivery, DeliveryStatus.UNREACHABLE, now=now)
        return Progressed(delivery=over.delivery, link=_untold(link, now=now, policy=policy))
    if delivery.unanswered >= UNANSWERED_MAX or now >= tried_until(delivery, policy):
        return Progressed(delivery=refused(delivery, now=now).delivery, link=_untold(link, now=now, policy=policy))
    begun = evolve(
        delivery, tries=delivery.tries + 1, unanswered=delivery.unanswered + 1, lease=lease, next_try_at=now + LEASE
    )
    return Progressed(delivery=begun, link=None)


def _untold(link: Link | None, *, now: datetime, policy: Policy) -> Link | None:
    """A link lives as long as it may still be told, or as its last secret does: one of the tries may have arrived."""
    if link is None or links.has_live_secret(link, now=now, policy=policy):
        return None
    (over,) = links.ended([link], LinkEnd.UNTOLD)
    return over


def stuck(delivery: Delivery, *, now: datetime, policy: Policy) -> Progressed:
    """It couldn't even be begun: that counts as a try, and the next one comes later."""
    begun = evolve(delivery, tries=delivery.tries + 1, unanswered=delivery.unanswered + 1)
    if begun.unanswered >= UNANSWERED_MAX or now >= tried_until(begun, policy):
        return refused(begun, now=now)
    return _paused(begun, now=now)


def held(delivery: Delivery, *, until: datetime, now: datetime) -> Progressed:
    """It isn't begun before its time: no try is spent.

    Args:
        delivery: one that is due.
        until: when it may be begun.
        now: UTC.
    """
    made = min(delivery.created_at, now)  # or it would be due all the same, where the clock was set back since
    return Progressed(delivery=evolve(delivery, created_at=made, lease=None, next_try_at=until), link=None)


def by_mail(delivery: Delivery, *, now: datetime) -> Progressed:
    """Its number can't be texted, ever: it is mailed, at once."""
    mailed = evolve(delivery, channel=Channel.EMAIL, unanswered=0, lease=None, next_try_at=now)
    return Progressed(delivery=mailed, link=None)


def sent(delivery: Delivery, *, now: datetime) -> Progressed:
    """It was told."""
    return _ended(delivery, DeliveryStatus.SENT, now=now)


def refused(delivery: Delivery, *, now: datetime) -> Progressed:
    """It can't be told, ever: staff will see it."""
    return _ended(delivery, DeliveryStatus.DEAD, now=now)


def pointless(delivery: Delivery, *, now: datetime) -> Progressed:
    """What it is about, or its link, ended before it was told, or its patient is gone: nobody needs it any more."""
    return _ended(delivery, DeliveryStatus.POINTLESS, now=now)


def failed(delivery: Delivery, *, now: datetime, policy: Policy) -> Progressed:
    """It will be tried again, after a pause that doubles from a minute to an hour, as long as there is patience."""
    if now >= tried_until(delivery, policy):
        return refused(delivery, now=now)
    return _paused(evolve(delivery, unanswered=0), now=now)


def unreached(delivery: Delivery, *, now: datetime) -> Progressed:
    """The channel was shut to it as to every other: no try was spent, and in a minute it may be its turn again."""
    waiting = evolve(delivery, tries=delivery.tries - 1, unanswered=0, lease=None, next_try_at=now + FIRST_PAUSE)
    return Progressed(delivery=waiting, link=None)


def _paused(delivery: Delivery, *, now: datetime) -> Progressed:
    pause = min(FIRST_PAUSE * 2 ** min(delivery.tries - 1, DOUBLINGS_MAX), LONGEST_PAUSE)
    return Progressed(delivery=evolve(delivery, lease=None, next_try_at=now + pause), link=None)


def _ended(delivery: Delivery, status: DeliveryStatus, *, now: datetime) -> Progressed:
    return Progressed(delivery=evolve(delivery, status=status, lease=None, next_try_at=now), link=None)
