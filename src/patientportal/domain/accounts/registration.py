"""Patients of the practice: registered, invited, deactivated and reactivated by its staff."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged, added, changed, happened, removed
from patientportal.domain.patients import search_words
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import SearchWord
from patientportal.domain.policy import Policy
from patientportal.domain.values.known_days import first_day

from . import birth_dates, links, sessions
from .links import Link, LinkEnd, Purpose
from .recovery_names import RecoveryName
from .sessions import Session

AHEAD_OF_UTC_AT_MOST = timedelta(hours=14)


@frozen(kw_only=True)
class PatientRegistered(Event):
    """The practice registered a patient, and mostly invited them."""

    name: ClassVar[str] = "patient_registered"
    link_id: LinkId | None


@frozen(kw_only=True)
class PatientInvited(Event):
    """The practice invited a patient again; earlier invitations ended."""

    name: ClassVar[str] = "patient_invited"
    link_id: LinkId
    links_ended: int


@frozen(kw_only=True)
class PatientDeactivated(Event):
    """The practice shut a patient out."""

    name: ClassVar[str] = "patient_deactivated"
    sessions_ended: int
    links_ended: int


@frozen(kw_only=True)
class PatientReactivated(Event):
    """The practice let a patient in again."""

    name: ClassVar[str] = "patient_reactivated"


@frozen(kw_only=True)
class BirthDateUnknownError(RefusedError):
    """The birth date that a mailed invitation asks for isn't known whole: print one, in person. Nothing was changed."""

    code: ClassVar[str] = "birth_date_unknown"


@frozen(kw_only=True)
class AlreadyActivatedError(RefusedError):
    """The patient has a username and a password already: there is nothing to invite them to. Nothing changed."""

    code: ClassVar[str] = "already_activated"


@frozen(kw_only=True)
class PatientInactiveError(RefusedError):
    """The practice has deactivated this patient; reactivate them first. Nothing changed."""

    code: ClassVar[str] = "patient_inactive"


@frozen(kw_only=True)
class ExternalIdTakenError(RefusedError):
    """Another patient has this key of the hospital's, or the same one with other data. Nothing changed.

    Attributes:
        patient_id: who has it.
    """

    code: ClassVar[str] = "external_id_taken"
    patient_id: PatientId


@frozen(kw_only=True)
class Registered:
    """A new patient, and the invitation that will be told, if they are invited."""

    patient: Patient = added()
    record: PersonalRecord = added()
    words: tuple[SearchWord, ...] = added()
    link: Link | None = added()
    event: PatientRegistered = happened()


@frozen(kw_only=True)
class AlreadyRegistered:
    """The hospital's key was given with the same data before: it is this patient, and there is nothing to save."""

    patient_id: PatientId


@frozen(kw_only=True)
class Invited:
    """A newer invitation; the earlier ones are dead."""

    ended: tuple[Link, ...] = changed()
    link: Link = added()
    event: PatientInvited = happened()


@frozen(kw_only=True)
class Deactivated:
    """The patient is out, everywhere."""

    patient: Patient = changed()
    recovery_name: RecoveryName | None = removed()
    sessions: tuple[Session, ...] = changed()
    links: tuple[Link, ...] = changed()
    event: PatientDeactivated = happened()


@frozen(kw_only=True)
class Reactivated:
    """The patient may log in again."""

    patient: Patient = changed()
    recovery_name: RecoveryName | None = changed()
    event: PatientReactivated = happened()


def register(
    personal: PersonalInformation,
    *,
    external_id: str | None,
    holder: PersonalRecord | None,
    patient_id: PatientId,
    link_id: LinkId | None,
    now: datetime,
    policy: Policy,
) -> Registered | AlreadyRegistered:
    """A practice registers a patient, and an invitation is told; the hospital's key with the same data is the same one.

    Args:
        personal: who they are.
        external_id: the hospital's key for them, if it gave one.
        holder: whoever has that key.
        patient_id: a fresh one.
        link_id: a fresh one, for the invitation; ``None``: nobody is told.
        now: UTC.
        policy: whether a birth date is asked for, without which nobody is invited by mail.

    Raises:
        ExternalIdTakenError: that key came with other data before.
        BadInputError: ``in_future``: born after today (anywhere on earth).
    """
    if holder is not None:
        if holder.personal != personal:
            raise ExternalIdTakenError(patient_id=holder.patient_id)
        return AlreadyRegistered(patient_id=holder.patient_id)
    require_born(personal, now=now)
    new = PersonalRecord(patient_id=patient_id, personal=personal, external_id=external_id)
    record, _, words = search_words.indexed(new, ())
    invitation = link_id if birth_dates.may_be_mailed(personal, policy) else None
    return Registered(
        patient=Patient(id=patient_id, registered_at=now),
        record=record,
        words=words,
        link=None if invitation is None else links.requested(patient_id, invitation, Purpose.INVITATION, now=now),
        event=PatientRegistered(link_id=invitation),
    )


def require_born(personal: PersonalInformation, *, now: datetime) -> None:
    """Nobody is a patient before they are born.

    Raises:
        BadInputError: ``in_future``: born after today (anywhere on earth).
    """
    born = personal.date_of_birth
    if born is not None and first_day(born) > (now + AHEAD_OF_UTC_AT_MOST).date():
        raise BadInputError(field="date_of_birth", problem="in_future")


def invite(
    patient: Patient,
    *,
    record: PersonalRecord,
    has_account: bool,
    open_links: Sequence[Link],
    link_id: LinkId,
    now: datetime,
    policy: Policy,
) -> Invited:
    """A newer invitation ends the earlier ones, from the request on.

    Args:
        patient: whom.
        record: what is known of them.
        has_account: whether they have activated before.
        open_links: their open invitations.
        link_id: a fresh one.
        now: UTC.
        policy: whether a birth date is asked for.

    Raises:
        PatientInactiveError: they are deactivated.
        AlreadyActivatedError: they have an account.
        BirthDateUnknownError: it is to be asked, and isn't known whole: print an invitation.
    """
    require_invitable(patient, has_account=has_account)
    if not birth_dates.may_be_mailed(record.personal, policy):
        raise BirthDateUnknownError
    return Invited(
        ended=links.ended(open_links, LinkEnd.REPLACED),
        link=links.requested(patient.id, link_id, Purpose.INVITATION, now=now),
        event=PatientInvited(link_id=link_id, links_ended=len(open_links)),
    )


def require_invitable(patient: Patient, *, has_account: bool) -> None:
    """Only an active patient without an account is invited, by mail or on paper.

    Raises:
        PatientInactiveError: they are deactivated.
        AlreadyActivatedError: they have an account.
    """
    if not patient.is_active:
        raise PatientInactiveError
    if has_account:
        raise AlreadyActivatedError


def deactivate(
    patient: Patient,
    *,
    recovery_name: RecoveryName | None,
    open_sessions: Sequence[Session],
    open_links: Sequence[Link],
    now: datetime,
    policy: Policy,
) -> Deactivated | Unchanged:
    """A deactivated patient is out at once: every session and link ends. A second time changes nothing."""
    if not patient.is_active:
        return Unchanged()
    return Deactivated(
        patient=evolve(patient, deactivated_at=now),
        recovery_name=recovery_name,
        sessions=sessions.ended(open_sessions, now=now),
        links=links.ended(open_links, LinkEnd.DEACTIVATED),
        event=PatientDeactivated(
            sessions_ended=sessions.how_many_live(open_sessions, now=now, policy=policy), links_ended=len(open_links)
        ),
    )


def reactivate(patient: Patient, *, has_account: bool, recovery_name: RecoveryName | None) -> Reactivated | Unchanged:
    """A reactivated patient may log in again; what ended stays ended, and a lock stays a lock.

    Args:
        patient: whom.
        has_account: whether they have activated before.
        recovery_name: by which recovery would find them again, if it can.
    """
    if patient.is_active:
        return Unchanged()
    return Reactivated(
        patient=evolve(patient, deactivated_at=None),
        recovery_name=recovery_name if has_account else None,
        event=PatientReactivated(),
    )
