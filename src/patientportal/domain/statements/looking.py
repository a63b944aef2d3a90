"""Looking what became of a payment or a refund of which nobody heard: by workers, and within a day by somebody."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from attrs import evolve, frozen

from patientportal.domain.outcomes import Unchanged, changed

from .payments import Payment
from .refunds import Refund

P = TypeVar("P", Payment, Refund)

FOUND_OUT_WITHIN = timedelta(days=1)
"""How long workers alone look what became of one; a processor lists the charges of a day by the next."""


@frozen(kw_only=True)
class Postponed(Generic[P]):
    """A worker looks now, and if it finds out nothing, one looks again later; within a day, somebody has to."""

    kept: P = changed()


def take(pending: P, *, now: datetime, look_at: datetime) -> Postponed[P] | Unchanged:
    """A worker is about to look what became of one; so that it holds up no other, the next look comes later.

    Of what is pending for a day somebody has to find out: they see it from then on, while workers go on looking.

    Args:
        pending: anybody's payment or refund.
        now: UTC.
        look_at: when it is looked at again, if this look finds out nothing.
    """
    if pending.look_at is None or pending.look_at > now:
        return Unchanged()
    is_late = now - pending.requested_at >= FOUND_OUT_WITHIN
    unclear_since = pending.unclear_since or (now if is_late else None)
    return Postponed(kept=evolve(pending, look_at=look_at, unclear_since=unclear_since))
