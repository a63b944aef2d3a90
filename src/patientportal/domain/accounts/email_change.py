"""A new e-mail address: confirmed by a link that only its owner gets, and told to the old one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import EmailChangeId, LinkId, PatientId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.emails import routed
from patientportal.domain.values.stored import revised

from . import links
from .activation import Account, unlocked
from .guards import LogInGuard, cleared
from .links import Link, LinkEnd, LinkInvalidError, LinkSecret, Purpose
from .log_in import CredentialReplaced, Locked, StillLocked, Wrong, reauthenticate
from .passwords import Verification

REQUESTS_MAX = 5
REQUESTS_WITHIN = timedelta(hours=1)


@frozen(kw_only=True)
class EmailChange:
    """One change of a patient's address, from the request on: who has to be told where.

    Attributes:
        patient_id: whose address it is.
        id: its own, and that of its link, if it has one.
        former: the address before; ``None``: there was none.
        proposed: the new one.
        requested_at: when it was asked for.
        confirmed_at: since when the new one holds; ``None`` while it doesn't.
    """

    patient_id: PatientId
    id: EmailChangeId
    former: str | None = field(repr=False)
    proposed: str = field(repr=False)
    requested_at: datetime
    confirmed_at: datetime | None = None


@frozen(kw_only=True)
class EmailChangeRequested(Event):
    """A patient asked for a new address; the links of earlier requests ended."""

    name: ClassVar[str] = "email_change_requested"
    change_id: EmailChangeId
    links_ended: int


@frozen(kw_only=True)
class EmailChanged(Event):
    """The new address holds; every other link ended with the old one."""

    name: ClassVar[str] = "email_changed"
    change_id: EmailChangeId
    links_ended: int


@frozen(kw_only=True)
class TooManyEmailChangesError(RefusedError):
    """Five changes of the address were asked for within an hour; try later. Nothing changed."""

    code: ClassVar[str] = "too_many_email_changes"


@frozen(kw_only=True)
class Requested:
    """A link will be mailed to the new address, and a warning to the present one."""

    guard: LogInGuard | None = changed()
    account: Account | None = changed()
    ended: tuple[Link, ...] = changed()
    link: Link = added()
    change: EmailChange = added()
    event: EmailChangeRequested = happened()


@frozen(kw_only=True)
class Confirmed:
    """Whoever reads the new address has confirmed it."""

    record: PersonalRecord = changed()
    link: Link = changed()
    ended: tuple[Link, ...] = changed()
    change: EmailChange = changed()
    event: EmailChanged = happened()


@frozen(kw_only=True)
class ChangedByPractice:
    """The practice wrote down another address, for a mailbox that was lost."""

    record: PersonalRecord = changed()
    ended: tuple[Link, ...] = changed()
    change: EmailChange = added()
    event: EmailChanged = happened()


def request(
    account: Account,
    *,
    record: PersonalRecord,
    proposed: str,
    change_id: EmailChangeId,
    guard: LogInGuard | None,
    name_hash: bytes,
    verification: Verification,
    open_links: Sequence[Link],
    recent: int,
    now: datetime,
    policy: Policy,
) -> Requested | Wrong | Locked | StillLocked | CredentialReplaced:
    """The password, said again, has a link mailed to the new address; a wrong one counts like a wrong log-in.

    Args:
        account: the patient's.
        record: with the present address.
        proposed: the new one.
        change_id: a fresh one.
        guard: of the account's username; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        verification: what the hasher said of the password, outside the transaction.
        open_links: the open links of earlier requests.
        recent: how many the patient asked for within the last hour.
        now: UTC.
        policy: the practice's limits.

    Raises:
        BadInputError: ``unchanged``: it is the present address.
        TooManyEmailChangesError: they asked for five within the last hour.
    """
    refused = reauthenticate(
        account, guard=guard, name_hash=name_hash, verification=verification, now=now, policy=policy
    )
    if refused is not None:
        return refused
    if is_theirs(record, proposed):
        raise BadInputError(field="new", problem="unchanged")
    if recent >= REQUESTS_MAX:
        raise TooManyEmailChangesError
    return Requested(
        guard=cleared(guard),
        account=unlocked(account),
        ended=links.ended(open_links, LinkEnd.REPLACED),
        link=links.requested(account.patient_id, LinkId(change_id), Purpose.EMAIL_CHANGE, now=now),
        change=_change(record, proposed, change_id, now=now),
        event=EmailChangeRequested(change_id=change_id, links_ended=len(open_links)),
    )


def confirm(
    link: Link | None,
    *,
    secret: LinkSecret | None,
    change: EmailChange | None,
    patient: Patient | None,
    record: PersonalRecord | None,
    open_links: Sequence[Link],
    now: datetime,
    policy: Policy,
) -> Confirmed:
    """Whoever holds the link that went to the new address makes it the patient's; every other link ends.

    Args:
        link: of the change.
        secret: of the link, as it was mailed.
        change: what was asked for.
        patient: whose it is.
        record: with the present address.
        open_links: every open link of the patient, this one or not.
        now: UTC.
        policy: the practice's limits.

    Raises:
        LinkInvalidError: the link can't be used, or its patient is inactive.
    """
    link = links.redeemable(link, secret, Purpose.EMAIL_CHANGE, now=now, policy=policy)
    if patient is None or not patient.is_active or record is None or change is None:
        raise LinkInvalidError
    others = [one for one in open_links if one.id != link.id]
    return Confirmed(
        record=_with_address(record, change.proposed),
        link=links.used(link),
        ended=links.ended(others, LinkEnd.NEW_ADDRESS),
        change=evolve(change, confirmed_at=now),
        event=EmailChanged(change_id=change.id, links_ended=len(others)),
    )


def change_by_practice(
    record: PersonalRecord, *, proposed: str, change_id: EmailChangeId, open_links: Sequence[Link], now: datetime
) -> ChangedByPractice | Unchanged:
    """The practice writes down another address: the old one is told, and every link that went there ends.

    Args:
        record: with the present address.
        proposed: the new one.
        change_id: a fresh one.
        open_links: every open link of the patient.
        now: UTC.
    """
    if is_theirs(record, proposed):
        return Unchanged()
    return ChangedByPractice(
        record=_with_address(record, proposed),
        ended=links.ended(open_links, LinkEnd.NEW_ADDRESS),
        change=evolve(_change(record, proposed, change_id, now=now), confirmed_at=now),
        event=EmailChanged(change_id=change_id, links_ended=len(open_links)),
    )


def is_theirs(record: PersonalRecord, email: str) -> bool:
    """Whether an address is the one that a patient has, in whichever spelling of its domain."""
    present = record.personal.email
    return present is not None and routed(email) == routed(present)


def _change(record: PersonalRecord, proposed: str, change_id: EmailChangeId, *, now: datetime) -> EmailChange:
    return EmailChange(
        patient_id=record.patient_id,
        id=change_id,
        former=record.personal.email,
        proposed=proposed,
        requested_at=now,
    )


def _with_address(record: PersonalRecord, email: str) -> PersonalRecord:
    return evolve(record, personal=revised(record.personal, email=email))


def address(kind: NoticeKind, *, personal: PersonalInformation, change: EmailChange | None) -> str | None:
    """Where a notice goes: to the patient's address, but of a change of it to the old one, and its link to the new.

    ``None``: there is no such address.
    """
    if change is None:
        return personal.email
    return change.proposed if kind is NoticeKind.CONFIRM_EMAIL else change.former
