"""In which states patients are, as the practice lists them: whoever has no account either is invited or must be."""

from datetime import datetime
from enum import StrEnum, unique

from patientportal.domain.policy import Policy

from . import links
from .links import Link, LinkStatus, Purpose


@unique
class PatientState(StrEnum):
    """Where a patient stands; who has an account may be locked, too.

    Attributes:
        ACTIVE: they have an account, and the practice lets them in.
        INACTIVE: the practice has deactivated them.
        INVITED: they have no account yet, and an invitation that is on its way or can be used.
        NEVER_ACTIVATED: they have no account, and no invitation that can be used: somebody invites them, or calls.
        LOCKED: they have an account, and wrong passwords have locked it.
    """

    ACTIVE = "active"
    INACTIVE = "inactive"
    INVITED = "invited"
    NEVER_ACTIVATED = "never_activated"
    LOCKED = "locked"


def is_invitation(link: Link, *, now: datetime, policy: Policy) -> bool:
    """Whether a link still invites somebody: it is on its way, or its latest secret is in its time.

    Args:
        link: of any purpose.
        now: UTC.
        policy: the practice's limits.
    """
    if link.purpose is not Purpose.INVITATION or link.status is not LinkStatus.OPEN:
        return False
    return link.last_minted_at is None or links.has_live_secret(link, now=now, policy=policy)
