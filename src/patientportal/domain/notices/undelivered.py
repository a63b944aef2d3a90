"""What staff do about a notice that reached nobody: have it sent again, or let it be."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkStatus
from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import NOBODY, DeliveryId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind

from .notices import UNDELIVERED, Delivery, DeliveryStatus, pointless, tried_until


@frozen(kw_only=True)
class NoticeSentAgain(Event):
    """Staff had a notice sent again that had reached nobody."""

    name: ClassVar[str] = "notice_sent_again"
    delivery_id: DeliveryId
    kind: NoticeKind


@frozen(kw_only=True)
class NoticeDismissed(Event):
    """Staff saw that a notice had reached nobody, and let it be."""

    name: ClassVar[str] = "notice_dismissed"
    delivery_id: DeliveryId
    kind: NoticeKind


@frozen(kw_only=True)
class NotUndeliveredError(RefusedError):
    """The notice isn't one that reached nobody: it waits, was sent, or nobody needs it any more. Nothing changed."""

    code: ClassVar[str] = "not_undelivered"
    status: DeliveryStatus


@frozen(kw_only=True)
class NoticeLinkOverError(RefusedError):
    """The link that the notice carries is over, and no mail brings it back: ask for a new link. Nothing changed."""

    code: ClassVar[str] = "notice_link_over"


@frozen(kw_only=True)
class SentAgain:
    """The notice waits for a worker, as if it were new."""

    delivery: Delivery = changed()
    event: NoticeSentAgain = happened()


@frozen(kw_only=True)
class Dismissed:
    """Nobody needs the notice any more."""

    delivery: Delivery = changed()
    event: NoticeDismissed = happened()


def deliver_again(
    delivery: Delivery, *, patient: Patient | None, link: Link | None, now: datetime, policy: Policy
) -> SentAgain | Unchanged:
    """A notice that reached nobody is tried again with new patience; one that waits is on its way already.

    Args:
        delivery: the notice.
        patient: whom it tells; ``None``: the practice, or one who is no more.
        link: that it carries; ``None`` where it carries none, or that is no more.
        now: UTC.
        policy: the practice's limits.

    Raises:
        NotUndeliveredError: it was sent, or nobody needs it any more.
        PatientInactiveError: its patient is deactivated.
        NoticeLinkOverError: it carries a link that is over.
    """
    if delivery.status is DeliveryStatus.WAITING:
        return Unchanged()
    if delivery.status not in UNDELIVERED:
        raise NotUndeliveredError(status=delivery.status)
    if delivery.patient_id != NOBODY and (patient is None or not patient.is_active):
        raise PatientInactiveError
    if delivery.link_id is not None and _is_over(link, delivery, now=now, policy=policy):
        raise NoticeLinkOverError
    return SentAgain(
        delivery=evolve(
            delivery,
            status=DeliveryStatus.WAITING,
            sent_again_at=now,
            tries=0,
            unanswered=0,
            next_try_at=now,
            channel=None,
        ),
        event=NoticeSentAgain(delivery_id=delivery.id, kind=delivery.kind),
    )


def _is_over(link: Link | None, delivery: Delivery, *, now: datetime, policy: Policy) -> bool:
    if link is None or link.status is not LinkStatus.OPEN:
        return True
    return now >= tried_until(delivery, policy) and not links.has_live_secret(link, now=now, policy=policy)


def dismiss(delivery: Delivery, *, now: datetime) -> Dismissed | Unchanged:
    """A notice that reached nobody is let be; a second time changes nothing.

    Raises:
        NotUndeliveredError: it waits, or was sent.
    """
    if delivery.status is DeliveryStatus.POINTLESS:
        return Unchanged()
    if delivery.status not in UNDELIVERED:
        raise NotUndeliveredError(status=delivery.status)
    return Dismissed(
        delivery=pointless(delivery, now=now).delivery,
        event=NoticeDismissed(delivery_id=delivery.id, kind=delivery.kind),
    )
