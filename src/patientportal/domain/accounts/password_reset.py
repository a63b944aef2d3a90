"""A new password for whoever holds the mailed link: the way back in, which shuts everybody else out."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.errors import NotFoundError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from . import links, sessions
from .activation import Account, with_new_password
from .guards import LogInGuard, cleared
from .links import Link, LinkEnd, LinkInvalidError, LinkSecret, Purpose
from .registration import PatientInactiveError
from .sessions import Session


@frozen(kw_only=True)
class PasswordReset(Event):
    """A patient set a new password by a mailed link; that is also what ends a lock."""

    name: ClassVar[str] = "password_reset"
    sessions_ended: int
    links_ended: int
    unlocked: bool


@frozen(kw_only=True)
class PasswordResetSent(Event):
    """Support had a link for a new password mailed; earlier ones ended."""

    name: ClassVar[str] = "password_reset_sent"
    link_id: LinkId
    links_ended: int


@frozen(kw_only=True)
class Reset:
    """The new password holds, and nobody is in."""

    guard: LogInGuard | None = changed()
    account: Account = changed()
    link: Link = changed()
    ended: tuple[Link, ...] = changed()
    sessions: tuple[Session, ...] = changed()
    event: PasswordReset = happened()


@frozen(kw_only=True)
class ResetSent:
    """A link is on its way to the patient's address."""

    ended: tuple[Link, ...] = changed()
    link: Link = added()
    event: PasswordResetSent = happened()


def reset(
    link: Link | None,
    *,
    secret: LinkSecret | None,
    patient: Patient | None,
    account: Account | None,
    guard: LogInGuard | None,
    password_hash: str,
    open_links: Sequence[Link],
    open_sessions: Sequence[Session],
    now: datetime,
    policy: Policy,
) -> Reset:
    """Whoever holds a patient's link sets a new password: the lock ends, and so do every session and every other link.

    Args:
        link: for a new password.
        secret: of the link, as it was mailed.
        patient: whose it is.
        account: theirs.
        guard: of the account's username; ``None`` when nothing was counted for it.
        password_hash: of the new password.
        open_links: every open link of the patient, this one or not.
        open_sessions: every session that hasn't ended.
        now: UTC.
        policy: the practice's limits.

    Raises:
        LinkInvalidError: the link can't be used, or its patient is inactive or has no account.
    """
    link = links.redeemable(link, secret, Purpose.PASSWORD_RESET, now=now, policy=policy)
    if patient is None or not patient.is_active or account is None:
        raise LinkInvalidError
    others = [one for one in open_links if one.id != link.id]
    clear_guard = cleared(guard)
    return Reset(
        guard=clear_guard,
        account=with_new_password(account, password_hash, now=now),
        link=links.used(link),
        ended=links.ended(others, LinkEnd.NEW_PASSWORD),
        sessions=sessions.ended(open_sessions, now=now),
        event=PasswordReset(
            sessions_ended=sessions.how_many_live(open_sessions, now=now, policy=policy),
            links_ended=len(others),
            unlocked=account.locked_at is not None or (guard is not None and guard.locked_at is not None),
        ),
    )


@frozen(kw_only=True)
class OwnAddressChangeError(RefusedError):
    """Whoever changed the patient's address may not have a link sent to it yet: somebody else may. Nothing changed."""

    code: ClassVar[str] = "own_address_change"


def send(
    patient: Patient,
    *,
    account: Account | None,
    address_changed_at: datetime | None,
    open_links: Sequence[Link],
    link_id: LinkId,
    now: datetime,
    policy: Policy,
) -> ResetSent:
    """Support has a link mailed to the patient's address, whatever was counted against them; it never sees it.

    Nobody takes an account over alone: who changed the address waits, by which time the patient has been told of it.

    Args:
        patient: whom.
        account: theirs.
        address_changed_at: when the same member of staff last changed the patient's address; ``None``: never.
        open_links: their open links for a new password.
        link_id: a fresh one.
        now: UTC.
        policy: the practice's limits.

    Raises:
        NotFoundError: they have no account.
        PatientInactiveError: they are deactivated.
        OwnAddressChangeError: the same member of staff changed the address within ``own_address_wait``.
    """
    require_resettable(patient, account=account, address_changed_at=address_changed_at, now=now, policy=policy)
    return ResetSent(
        ended=links.ended(open_links, LinkEnd.REPLACED),
        link=links.requested(patient.id, link_id, Purpose.PASSWORD_RESET, now=now),
        event=PasswordResetSent(link_id=link_id, links_ended=len(open_links)),
    )


def require_resettable(
    patient: Patient, *, account: Account | None, address_changed_at: datetime | None, now: datetime, policy: Policy
) -> None:
    """Staff have a new password set by an active patient with an account, whose address they didn't just change.

    Args:
        patient: whom.
        account: theirs.
        address_changed_at: when the same member of staff last changed the patient's address; ``None``: never.
        now: UTC.
        policy: the practice's limits.

    Raises:
        NotFoundError: they have no account.
        PatientInactiveError: they are deactivated.
        OwnAddressChangeError: the same member of staff changed the address within ``own_address_wait``.
    """
    if account is None:
        raise NotFoundError(what="account")
    if not patient.is_active:
        raise PatientInactiveError
    wait = policy.recovery.own_address_wait
    if wait is not None and address_changed_at is not None and now < address_changed_at + wait:
        raise OwnAddressChangeError
