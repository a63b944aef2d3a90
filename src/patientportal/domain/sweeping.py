"""What is forgotten, and when: things that are over are kept for a while, for those who ask, and not for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from .challenges import RecoveryChallenge, RecoveryGuard
from .email_change import EmailChange
from .events import Recorded
from .guards import LogInGuard
from .ids import NOBODY
from .links import Link, Purpose, is_open, valid_for
from .notices import Delivery, DeliveryStatus
from .policy import Policy
from .sessions import Session
from .support import SupportRequest

KEPT_FOR = timedelta(days=90)
GUARDS_KEPT_FOR = timedelta(days=30)
CHALLENGES_KEPT_FOR = timedelta(days=1)

MOMENTS: Mapping[type[Any], str] = MappingProxyType(
    {
        Delivery: "created_at",
        LogInGuard: "last_failed_at",
        Session: "started_at",
        Link: "created_at",
        EmailChange: "requested_at",
        RecoveryGuard: "last_failed_at",
        RecoveryChallenge: "started_at",
        SupportRequest: "asked_at",
        Recorded: "at",
    }
)
"""What may be forgotten, and the field from which its time counts."""


def kept_for(kind: type[Any], policy: Policy) -> timedelta:
    """How long a state of this kind is kept from its moment on, at least.

    That is 90 days beyond the longest time for which it can be of use; 30 days for a guard, of a known and of an
    unknown name alike, so that one that is gone tells nobody which names exist; a day for a question.
    """
    match kind:
        case _ if kind is LogInGuard or kind is RecoveryGuard:
            return GUARDS_KEPT_FOR
        case _ if kind is RecoveryChallenge:
            return policy.recovery.answer_within + CHALLENGES_KEPT_FOR
        case _ if kind is Session:
            return policy.sessions.absolute + KEPT_FOR
        case _ if kind is Link:
            return max(valid_for(purpose, policy) for purpose in Purpose) + KEPT_FOR
        case _:
            return KEPT_FOR


def is_forgotten(state: object, *, now: datetime, policy: Policy) -> bool:
    """Whether a state is over, and has been for so long that nobody needs it any more.

    Args:
        state: of one of the kinds in ``MOMENTS``.
        now: UTC.
        policy: the practice's limits.
    """
    kind = type(state)
    moment: datetime = getattr(state, MOMENTS[kind])
    return moment <= now - kept_for(kind, policy) and _is_over(state, now=now, policy=policy)


def _is_over(state: object, *, now: datetime, policy: Policy) -> bool:
    match state:
        case Delivery():
            return state.status is not DeliveryStatus.WAITING
        case Link():
            return not is_open(state, now=now, policy=policy)
        case Recorded():
            return state.patient_id == NOBODY
        case SupportRequest():
            return state.resolved_at is not None
        case _:
            return True
