"""Links on paper: for whom mail doesn't reach, and for whoever stands at the desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from . import links, password_reset, registration
from .activation import Account
from .links import Link, LinkEnd, LinkSecret, Purpose


@frozen(kw_only=True)
class InvitationPrinted(Event):
    """The practice printed an invitation; earlier ones, mailed or printed, ended."""

    name: ClassVar[str] = "invitation_printed"
    link_id: LinkId
    links_ended: int


@frozen(kw_only=True)
class PasswordResetPrinted(Event):
    """The practice printed a code for a new password, of which the patient is told; earlier links ended."""

    name: ClassVar[str] = "password_reset_printed"
    link_id: LinkId
    links_ended: int


@frozen(kw_only=True)
class Printed:
    """A code works from now on."""

    ended: tuple[Link, ...] = changed()
    link: Link = added()
    secret: LinkSecret = added()
    event: InvitationPrinted | PasswordResetPrinted = happened()


def invitation(
    patient: Patient, *, has_account: bool, open_links: Sequence[Link], link_id: LinkId, code_hash: bytes, now: datetime
) -> Printed:
    """An invitation on paper ends the earlier ones.

    Args:
        patient: whom.
        has_account: whether they have activated before.
        open_links: their open invitations.
        link_id: a fresh one.
        code_hash: of the code that is printed.
        now: UTC.

    Raises:
        PatientInactiveError: they are deactivated.
        AlreadyActivatedError: they have an account.
    """
    registration.require_invitable(patient, has_account=has_account)
    event = InvitationPrinted(link_id=link_id, links_ended=len(open_links))
    return _printed(patient, Purpose.INVITATION, event, open_links=open_links, code_hash=code_hash, now=now)


def reset(
    patient: Patient,
    *,
    account: Account | None,
    address_changed_at: datetime | None,
    open_links: Sequence[Link],
    link_id: LinkId,
    code_hash: bytes,
    now: datetime,
    policy: Policy,
) -> Printed:
    """A code for a new password on paper ends the earlier links for one.

    Args:
        patient: whom.
        account: theirs.
        address_changed_at: when the same member of staff last changed the patient's address; ``None``: never.
        open_links: their open links for a new password.
        link_id: a fresh one.
        code_hash: of the code that is printed.
        now: UTC.
        policy: the practice's limits.

    Raises:
        NotFoundError: they have no account.
        PatientInactiveError: they are deactivated.
        OwnAddressChangeError: the same member of staff changed the address, to which this is told, within
            ``own_address_wait``.
    """
    password_reset.require_resettable(
        patient, account=account, address_changed_at=address_changed_at, now=now, policy=policy
    )
    event = PasswordResetPrinted(link_id=link_id, links_ended=len(open_links))
    return _printed(patient, Purpose.PASSWORD_RESET, event, open_links=open_links, code_hash=code_hash, now=now)


def _printed(
    patient: Patient,
    purpose: Purpose,
    event: InvitationPrinted | PasswordResetPrinted,
    *,
    open_links: Sequence[Link],
    code_hash: bytes,
    now: datetime,
) -> Printed:
    link = links.requested(patient.id, event.link_id, purpose, now=now)
    return Printed(
        ended=links.ended(open_links, LinkEnd.REPLACED),
        link=evolve(link, is_printed=True, last_minted_at=now),
        secret=LinkSecret(patient_id=patient.id, link_id=link.id, secret_hash=code_hash, minted_at=now),
        event=event,
    )
