"""Single-use links: a link exists from the request on, its secrets from each try of delivery on, each for its time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar, assert_never

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import added, changed
from patientportal.domain.policy import Policy
from patientportal.domain.values.tokens import Token


@unique
class Purpose(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    EMAIL_CHANGE = "email_change"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a code


@unique
class LinkStatus(StrEnum):
    """Open until it is used, or ended by something else."""

    OPEN = "open"
    USED = "used"
    ENDED = "ended"


@unique
class LinkEnd(StrEnum):
    """What ends an open link without its being used."""

    REPLACED = "replaced"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a code
    NEW_ADDRESS = "new_address"
    DEACTIVATED = "deactivated"
    UNTOLD = "untold"
    WRONG_BIRTH_DATES = "wrong_birth_dates"
    ACCOUNT_ENDED = "account_ended"
    RESTORED = "restored"


@frozen(kw_only=True)
class Link:
    """Something that a patient may do once, with any of its secrets.

    Attributes:
        patient_id: whose it is.
        id: its own.
        purpose: what it is for.
        status: open, used or ended.
        created_at: when it was asked for.
        last_minted_at: when its latest secret was made; ``None`` before the first try of its delivery.
        ended_by: what ended it; ``None``: it is open, or was used.
        is_printed: whether it is on paper: a code that the practice hands over, never mailed.
        wrong_dates: how often a birth date was said with it that isn't the patient's.
    """

    patient_id: PatientId
    id: LinkId
    purpose: Purpose
    status: LinkStatus
    created_at: datetime
    last_minted_at: datetime | None = None
    ended_by: LinkEnd | None = None
    is_printed: bool = False
    wrong_dates: int = 0


@frozen(kw_only=True)
class LinkSecret:
    """The hash of one secret of a link, which works for its time from its own making on; it never changes."""

    patient_id: PatientId
    link_id: LinkId
    secret_hash: bytes = field(repr=False)
    minted_at: datetime


@frozen(kw_only=True)
class LinkInvalidError(RefusedError):
    """The link can't be used: unknown, used, ended, or its time is over; it doesn't say which. Nothing changed."""

    code: ClassVar[str] = "link_invalid"


@frozen(kw_only=True)
class Minted:
    """A new secret was made for a link."""

    link: Link = changed()
    secret: LinkSecret = added()


def requested(patient_id: PatientId, link_id: LinkId, purpose: Purpose, *, now: datetime) -> Link:
    """A new link, open and without a secret."""
    return Link(patient_id=patient_id, id=link_id, purpose=purpose, status=LinkStatus.OPEN, created_at=now)


def mint(link: Link, *, token: Token, now: datetime) -> Minted:
    """Every try of delivery gets a secret of its own, with the whole of its time ahead.

    Args:
        link: an open one.
        token: the new secret, for this link.
        now: UTC.
    """
    secret = LinkSecret(patient_id=link.patient_id, link_id=link.id, secret_hash=token.secret_hash, minted_at=now)
    return Minted(link=evolve(link, last_minted_at=now), secret=secret)


def has_live_secret(link: Link, *, now: datetime, policy: Policy) -> bool:
    """Whether the latest secret of a link, and so perhaps a mail that is on its way, is in its time."""
    return link.last_minted_at is not None and now < link.last_minted_at + valid_for(link, policy)


def valid_for(link: Link, policy: Policy) -> timedelta:
    """How long each secret of this link works."""
    return policy.invitations.paper_valid_for if link.is_printed else _mailed_valid_for(link.purpose, policy)


def valid_for_at_most(policy: Policy) -> timedelta:
    """How long a secret of any link works at most."""
    return max(policy.invitations.paper_valid_for, *(_mailed_valid_for(purpose, policy) for purpose in Purpose))


def _mailed_valid_for(purpose: Purpose, policy: Policy) -> timedelta:
    return {
        Purpose.INVITATION: policy.invitations.valid_for,
        Purpose.EMAIL_CHANGE: policy.email_changes.valid_for,
        Purpose.PASSWORD_RESET: policy.recovery.link_valid_for,
    }[purpose]


def redeemable(
    link: Link | None, secret: LinkSecret | None, purpose: Purpose, *, now: datetime, policy: Policy
) -> Link:
    """The link itself, if it can be used for this now with this secret of its own.

    Raises:
        LinkInvalidError: it can't.
    """
    if link is None or link.purpose.value != purpose.value or link.status is not LinkStatus.OPEN:
        raise LinkInvalidError
    if secret is None or now >= secret.minted_at + valid_for(link, policy):
        raise LinkInvalidError
    return link


def used(link: Link) -> Link:
    """The link after it was used."""
    return evolve(link, status=LinkStatus.USED)


def ended(open_links: Sequence[Link], by: LinkEnd) -> tuple[Link, ...]:
    """These links after something newer or stronger ended them."""
    return tuple(evolve(link, status=LinkStatus.ENDED, ended_by=by) for link in open_links)


def is_missed(link: Link) -> bool:
    """Whether somebody may wait for a link that is over: nothing came in its place, and they didn't get in without."""
    match link.ended_by:
        case LinkEnd.NEW_PASSWORD:
            return link.purpose is not Purpose.PASSWORD_RESET
        case LinkEnd.NEW_ADDRESS | LinkEnd.UNTOLD | LinkEnd.RESTORED | LinkEnd.WRONG_BIRTH_DATES:
            return True
        case LinkEnd.REPLACED | LinkEnd.DEACTIVATED | LinkEnd.ACCOUNT_ENDED | None:
            return False
        case _:
            assert_never(link.ended_by)
