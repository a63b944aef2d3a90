"""Accounts: a patient's username, password and security answers, from the activation on."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged, added, changed, happened
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy

from . import birth_dates, links
from .birth_dates import WrongBirthDate
from .guards import LogInGuard, cleared, lock_in_force
from .links import Link, LinkInvalidError, LinkSecret, Purpose
from .recovery_names import RecoveryName
from .security_questions import SecurityAnswers


@frozen(kw_only=True)
class Username:
    """A name that is taken, in its normal form, and by whom."""

    name: str = field(repr=False)
    patient_id: PatientId


@frozen(kw_only=True)
class Account:
    """How a patient gets in.

    Attributes:
        patient_id: whose it is.
        username: in its normal form.
        password_hash: argon2, with its parameters.
        activated_at: when.
        password_changed_at: when the password became what it is; no two of an account's have it in common.
        locked_at: since when nothing authenticates; ``None`` while it isn't locked.
        locked_for_good: whether time doesn't end that lock.
        lock_told_at: when the patient was last told of a lock.
    """

    patient_id: PatientId
    username: str = field(repr=False)
    password_hash: str = field(repr=False)
    activated_at: datetime
    password_changed_at: datetime
    locked_at: datetime | None = None
    locked_for_good: bool = False
    lock_told_at: datetime | None = None


@frozen(kw_only=True)
class AccountActivated(Event):
    """A patient chose a username and a password."""

    name: ClassVar[str] = "account_activated"
    link_id: LinkId


@frozen(kw_only=True)
class UsernameTakenError(RefusedError):
    """Somebody has this username. Nothing was changed; the link stays usable."""

    code: ClassVar[str] = "username_taken"


@frozen(kw_only=True)
class Activated:
    """The account exists, its name is taken, its link is used, and nothing is counted against the name."""

    guard: LogInGuard | None = changed()
    username: Username = changed()
    patient: Patient = changed()
    recovery_name: RecoveryName | None = changed()
    account: Account = changed()
    answers: SecurityAnswers | None = added()
    link: Link = changed()
    event: AccountActivated = happened()


@frozen(kw_only=True)
class HashUpgraded:
    """The same password, under the hasher's present parameters."""

    account: Account = changed()


def is_account_locked(account: Account, *, now: datetime, policy: Policy) -> bool:
    """Whether nothing authenticates by this account now."""
    return lock_in_force(account.locked_at, for_good=account.locked_for_good, now=now, policy=policy)


def unlocked(account: Account) -> Account | None:
    """The account without its lock; ``None`` where there is none to end."""
    return None if account.locked_at is None else evolve(account, locked_at=None, locked_for_good=False)


def with_new_password(account: Account, password_hash: str, *, now: datetime) -> Account:
    """The account with another password and without a lock.

    It is told from the one before by its moment, which is later also where the clock isn't.
    """
    at = max(now, account.password_changed_at + timedelta.resolution)
    unlocked = evolve(account, locked_at=None, locked_for_good=False)
    return evolve(unlocked, password_hash=password_hash, password_changed_at=at)


def upgrade_hash(account: Account, *, against: str, upgraded: str) -> HashUpgraded | Unchanged:
    """A hash makes way for a stronger one of the same password, and for nothing else.

    Args:
        account: the patient's.
        against: the hash that the password was verified against.
        upgraded: of the same password.
    """
    if account.password_hash != against:
        return Unchanged()
    return HashUpgraded(account=evolve(account, password_hash=upgraded))


def activate(
    link: Link | None,
    *,
    secret: LinkSecret | None,
    patient: Patient | None,
    record: PersonalRecord,
    born: date | None,
    holder: Username | None,
    existing: Account | None,
    guard: LogInGuard | None,
    recovery_name: RecoveryName | None,
    account: Account,
    answers: SecurityAnswers | None,
    now: datetime,
    policy: Policy,
) -> Activated | WrongBirthDate:
    """Whoever holds a patient's open invitation, and says their birth date, gives them a username that nobody has.

    Args:
        link: the invitation.
        secret: of the invitation, as it was mailed.
        patient: whose it is.
        record: of the patient.
        born: the birth date that was said; ``None``: none.
        holder: who has the wanted username, if anybody.
        existing: the patient's account, if there is one.
        guard: what was counted against the wanted username.
        recovery_name: by which recovery would find the patient, if it can.
        account: the account that would begin.
        answers: the answers that would go with it; ``None`` where no security questions are asked.
        now: UTC.
        policy: the practice's limits.

    Raises:
        LinkInvalidError: the invitation can't be used, or its patient is inactive or has an account.
        UsernameTakenError: somebody has the name.
    """
    link = links.redeemable(link, secret, Purpose.INVITATION, now=now, policy=policy)
    if patient is None or not patient.is_active or existing is not None:
        raise LinkInvalidError
    if (wrong := birth_dates.count(link, record=record, born=born, policy=policy)) is not None:
        return wrong
    if holder is not None:
        raise UsernameTakenError
    return Activated(
        guard=cleared(guard),
        username=Username(name=account.username, patient_id=account.patient_id),
        patient=evolve(patient, activated_at=now),
        recovery_name=recovery_name,
        account=account,
        answers=answers,
        link=links.used(link),
        event=AccountActivated(link_id=link.id),
    )
