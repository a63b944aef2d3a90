"""What is forgotten, and when: things that are over are kept for a while, for those who ask, and not for ever."""

from datetime import datetime, timedelta
from typing import Any

from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkStatus, valid_for_at_most
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.medications.covers import Cover
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.support.support import SupportRequest

from .events import Recorded
from .ids import NOBODY
from .policy import Policy

KEPT_FOR = timedelta(days=90)
GUARDS_KEPT_FOR = timedelta(days=30)


def kept_for(kind: type[Any], policy: Policy) -> timedelta:
    """How long a state of this kind is kept from its moment on, at least.

    That is 90 days beyond the longest time for which it can be of use; 30 days for a guard, of a known and of an
    unknown name alike, so that one that is gone tells nobody which names exist. A name that was locked keeps its guard
    until a success, a reset or support clears it: a lock has one life, and nobody gets their hundred attempts anew.
    """
    match kind:
        case _ if kind is LogInGuard:
            return GUARDS_KEPT_FOR
        case _ if kind is RecoveryGuard:
            return max(policy.recovery.reopen_after, GUARDS_KEPT_FOR)
        case _ if kind is Session:
            return policy.sessions.absolute + KEPT_FOR
        case _ if kind is Link:
            return valid_for_at_most(policy) + KEPT_FOR
        case _:
            return KEPT_FOR


def is_forgotten(state: object, *, now: datetime, policy: Policy) -> bool:
    """Whether a state is over, and has been for so long that nobody needs it any more.

    Args:
        state: of any kind; what isn't a delivery, a guard, a session, a link, a change of address, a
            request to support, a cover or an event without a patient is never forgotten.
        now: UTC.
        policy: the practice's limits.
    """
    moment = _moment(state)
    return moment is not None and moment <= now - kept_for(type(state), policy)


def _moment(state: object) -> datetime | None:  # noqa: PLR0911 - a kind a line
    """From when on the time of a state counts; ``None``: it is in use."""
    match state:
        case Delivery(next_try_at=at):
            return None if state.status is DeliveryStatus.WAITING else at
        case LogInGuard(last_failed_at=at):
            return at if state.locked_at is None else None
        case RecoveryGuard(last_failed_at=at):
            return at
        case Session(started_at=at):
            return at
        case Link():
            return state.last_minted_at if state.status is LinkStatus.OPEN else state.created_at
        case EmailChange(requested_at=at):
            return at
        case SupportRequest(resolved_at=resolved):
            return resolved
        case Cover(until=until):
            return until
        case Recorded(at=at):
            return at if state.patient_id == NOBODY else None
        case _:
            return None
