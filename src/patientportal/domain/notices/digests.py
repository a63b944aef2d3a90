"""The practice's digest: once a day it is told how much waits for somebody there, in numbers alone."""

from datetime import date, datetime, timedelta

from attrs import astuple, frozen

from patientportal.domain.ids import NOBODY, DeliveryId
from patientportal.domain.notice_policy import DigestPolicy
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.zones import local

from .notices import Delivery, Progressed, begin, pointless

COUNTED_MAX = 1_000
A_DAY = timedelta(days=1)


@frozen(kw_only=True)
class Digest:
    """How much waits for somebody at the practice; each is counted up to 1,000.

    Attributes:
        visit_requests: open requests for a visit.
        renewals: requests for a renewal without a decision.
        statement_requests: requests for a statement.
        support_requests: everything else that support was asked for.
        unclear_payments: payments that somebody must conclude.
        undelivered: notices that reached nobody.
    """

    visit_requests: int
    renewals: int
    statement_requests: int
    support_requests: int
    unclear_payments: int
    undelivered: int


def digest_id(day: date) -> DeliveryId:
    """The id of a day's digest, of which there is one; a later day's is the greater one."""
    return DeliveryId(f"digest-{day.isoformat()}")


def last_day(chosen: DigestPolicy, *, now: datetime, policy: Policy) -> date:
    """The last day whose time for the digest has come, by the clocks of the practice's zone.

    Where clocks skip that time, it comes with the next one that they show; where they show it twice, with the first.

    Args:
        chosen: at which time of the day.
        now: UTC.
        policy: the practice's zone.
    """
    there = local(now, policy.zone)
    return there.date() if there.time() >= chosen.at else there.date() - A_DAY


def of_day(day: date, *, now: datetime) -> Delivery:
    """The notice that tells the practice; what it tells is counted when it is sent.

    Args:
        day: whose digest it is.
        now: UTC.
    """
    return Delivery(
        id=digest_id(day),
        patient_id=NOBODY,
        kind=NoticeKind.PRACTICE_DIGEST,
        link_id=None,
        created_at=now,
        next_try_at=now,
    )


def begin_digest(delivery: Delivery, *, digest: Digest, lease: str, now: datetime, policy: Policy) -> Progressed:
    """One worker takes a day's digest; where nothing waits, or a later one is due, nobody needs it any more.

    Args:
        delivery: one that is due.
        digest: what waits now.
        lease: the worker's token.
        now: UTC.
        policy: where and when the practice wants it now.
    """
    chosen = policy.notices.digest
    if chosen is None or not any(astuple(digest)):
        return pointless(delivery, now=now)
    if delivery.id < digest_id(last_day(chosen, now=now, policy=policy)):
        return pointless(delivery, now=now)
    return begin(delivery, to=chosen.email, link=None, lease=lease, now=now, policy=policy)
