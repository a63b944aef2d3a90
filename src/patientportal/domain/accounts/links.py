"""Single-use links: a link exists from the request on, its secrets from each try of delivery on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

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


@frozen(kw_only=True)
class Link:
    """Something that a patient may do once, with any of its secrets.

    Attributes:
        patient_id: whose it is.
        id: its own.
        purpose: what it is for.
        status: open, used or ended.
        created_at: when it was asked for.
        first_minted_at: when its first secret was made, from which its time counts; ``None`` before.
    """

    patient_id: PatientId
    id: LinkId
    purpose: Purpose
    status: LinkStatus
    created_at: datetime
    first_minted_at: datetime | None = None


@frozen(kw_only=True)
class LinkSecret:
    """The hash of one secret of a link; the secret itself is nowhere at rest."""

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
    """Every try of delivery gets a secret of its own; all of them work until the link ends.

    Args:
        link: an open one.
        token: the new secret, for this link.
        now: UTC.
    """
    first = now if link.first_minted_at is None else link.first_minted_at
    secret = LinkSecret(patient_id=link.patient_id, link_id=link.id, secret_hash=token.secret_hash, minted_at=now)
    return Minted(link=evolve(link, first_minted_at=first), secret=secret)


def is_open(link: Link, *, now: datetime, policy: Policy) -> bool:
    """Whether a link can be used: not used, not ended, and its time, from the first minting on, isn't over."""
    if link.status is not LinkStatus.OPEN:
        return False
    return link.first_minted_at is None or now < link.first_minted_at + valid_for(link.purpose, policy)


def valid_for(purpose: Purpose, policy: Policy) -> timedelta:
    """How long a link of this purpose works."""
    return {
        Purpose.INVITATION: policy.invitations.valid_for,
        Purpose.EMAIL_CHANGE: policy.email_changes.valid_for,
        Purpose.PASSWORD_RESET: policy.recovery.link_valid_for,
    }[purpose]


def redeemable(link: Link | None, purpose: Purpose, *, now: datetime, policy: Policy) -> Link:
    """The link itself, if it can be used for this now.

    Raises:
        LinkInvalidError: it can't.
    """
    if link is None or link.purpose.value != purpose.value or not is_open(link, now=now, policy=policy):
        raise LinkInvalidError
    return link


def used(link: Link) -> Link:
    """The link after it was used."""
    return evolve(link, status=LinkStatus.USED)


def ended(open_links: Sequence[Link]) -> tuple[Link, ...]:
    """These links after something newer or stronger ended them."""
    return tuple(evolve(link, status=LinkStatus.ENDED) for link in open_links)
