"""Strategies for notices on their way to patients."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.ids import NOBODY, LinkId
from patientportal.domain.notices.notices import LEASE, UNANSWERED_MAX, Delivery, DeliveryStatus
from patientportal.domain.notices.undelivered import NoticeDismissed, NoticeSentAgain
from patientportal.domain.told import WITH_LINK, WITH_VISIT, Channel, NoticeKind
from patientportal.testing.strategies.values import (
    appointment_ids,
    delivery_ids,
    email_change_ids,
    patient_ids,
    rising,
    secrets,
)

_OF_EMAIL_CHANGE = {NoticeKind.CONFIRM_EMAIL, NoticeKind.EMAIL_CHANGE_REQUESTED, NoticeKind.EMAIL_CHANGED}


@st.composite
def deliveries(draw: DrawFn, *, skewed: bool = False) -> Delivery:
    """Notices on their way: fresh, in a worker's hands, postponed, sent, given up, pointless, or sent again.

    Some are mailed because their patient couldn't be texted.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    created, again, due = draw(rising(3, skewed=skewed))
    kind = draw(st.sampled_from(NoticeKind))
    change_id = draw(email_change_ids())
    fresh = Delivery(
        id=draw(delivery_ids()),
        patient_id=NOBODY if kind is NoticeKind.PRACTICE_DIGEST else draw(patient_ids()),
        kind=kind,
        link_id=LinkId(change_id) if kind in WITH_LINK else None,
        email_change_id=change_id if kind in _OF_EMAIL_CHANGE else None,
        about_id=draw(appointment_ids()) if kind in WITH_VISIT else None,
        created_at=created,
        next_try_at=created,
    )
    tries = draw(st.integers(1, 2 * UNANSWERED_MAX))
    tried = evolve(fresh, tries=tries, unanswered=draw(st.integers(0, min(tries, UNANSWERED_MAX))), next_try_at=due)
    last = evolve(tried, tries=max(tries, UNANSWERED_MAX), unanswered=UNANSWERED_MAX)
    forms = (
        fresh,
        evolve(fresh, sent_again_at=again, next_try_at=again),
        evolve(tried, next_try_at=due + LEASE, lease=draw(secrets())),
        tried,
        evolve(tried, unanswered=0, channel=Channel.EMAIL),
        evolve(tried, status=DeliveryStatus.SENT),
        evolve(draw(st.sampled_from((tried, last))), status=DeliveryStatus.DEAD),
        evolve(draw(st.sampled_from((fresh, tried))), status=DeliveryStatus.UNREACHABLE),
        evolve(draw(st.sampled_from((fresh, tried))), status=DeliveryStatus.POINTLESS),
    )
    return draw(st.sampled_from(forms))


VERBS: Mapping[type[Event], str] = MappingProxyType(
    {NoticeDismissed: "audit.dismiss", NoticeSentAgain: "audit.deliver_again"}
)
"""The practice's verb that an event comes from."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType({Delivery: deliveries})
"""What ``st.from_type`` answers with, by the type asked for."""
