"""What the practice keeps of a patient is put right, by its staff; the language to write in, by the patient, too."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import attrs
from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, added, changed, happened, removed
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import SearchWord
from patientportal.domain.values.stored import revised

from . import links, recovery_names
from .email_change import is_theirs
from .links import Link, LinkEnd
from .recovery_names import RecoveryName
from .registration import ExternalIdTakenError, require_born

FIELDS = (*(field.name for field in attrs.fields(PersonalInformation)), "external_id")
"""What can be corrected, by name."""


@frozen(kw_only=True)
class PatientCorrected(Event):
    """The practice corrected what it keeps of a patient.

    Attributes:
        fields: the names of what changed, of ``FIELDS``; never what it was or is.
        links_ended: how many invitations went to an address that isn't theirs any more.
        is_told: whether the patient is; who has no account yet isn't.
    """

    name: ClassVar[str] = "patient_corrected"
    fields: tuple[str, ...]
    links_ended: int
    is_told: bool


@frozen(kw_only=True)
class LanguageChanged(Event):
    """A patient chose the language to write to them in."""

    name: ClassVar[str] = "language_changed"


@frozen(kw_only=True)
class UseChangeEmailError(RefusedError):
    """The patient has an account, and its address lets them in: only ``change_email`` changes it. Nothing changed."""

    code: ClassVar[str] = "use_change_email"


@frozen(kw_only=True)
class Corrected:
    """The practice, its search and recovery know the patient as they are."""

    record: PersonalRecord = changed()
    gone: tuple[SearchWord, ...] = removed()
    words: tuple[SearchWord, ...] = added()
    gone_name: RecoveryName | None = removed()
    recovery_name: RecoveryName | None = changed()
    ended: tuple[Link, ...] = changed()
    event: PatientCorrected = happened()


@frozen(kw_only=True)
class LanguageSet:
    """The patient is written to in another language."""

    record: PersonalRecord = changed()
    event: LanguageChanged = happened()


def correct(
    record: PersonalRecord,
    *,
    personal: PersonalInformation,
    external_id: str | None,
    holder: PersonalRecord | None,
    patient: Patient,
    words: Sequence[SearchWord],
    kept: RecoveryName | None,
    recovery_name: RecoveryName | None,
    open_links: Sequence[Link],
    now: datetime,
) -> Corrected | Unchanged:
    """What is kept of a patient becomes what is right, and they are found by it; what is right already changes nothing.

    Args:
        record: as it is.
        personal: who they are.
        external_id: the hospital's key for them, if it gave one.
        holder: whoever has that key.
        patient: themselves.
        words: by which they are found so far.
        kept: by which recovery finds them so far.
        recovery_name: by which it would find them, if it can.
        open_links: all of theirs.
        now: UTC.

    Raises:
        ExternalIdTakenError: another patient has the key.
        BadInputError: ``in_future``: born after today (anywhere on earth).
        UseChangeEmailError: they have an account, and the address is another one.
    """
    if holder is not None and holder.patient_id != record.patient_id:
        raise ExternalIdTakenError(patient_id=holder.patient_id)
    require_born(personal, now=now)
    if personal.email is not None and is_theirs(record, personal.email):
        personal = revised(personal, email=record.personal.email)
    right = evolve(record, personal=personal, external_id=external_id)
    names = tuple(name for name in FIELDS if _value(right, name) != _value(record, name))
    if not names:
        return Unchanged()
    has_account = patient.activated_at is not None
    if has_account and "email" in names:
        raise UseChangeEmailError
    indexed = recovery_names.index(
        right, words=words, patient=patient, has_account=has_account, kept=kept, name=recovery_name
    )
    ended = links.ended(open_links, LinkEnd.NEW_ADDRESS) if "email" in names else ()
    return Corrected(
        record=indexed.record,
        gone=indexed.gone,
        words=indexed.words,
        gone_name=indexed.gone_name,
        recovery_name=indexed.name,
        ended=ended,
        event=PatientCorrected(fields=names, links_ended=len(ended), is_told=has_account),
    )


def _value(record: PersonalRecord, name: str) -> object:
    return getattr(record if name == "external_id" else record.personal, name)


def set_language(record: PersonalRecord, *, language: str | None) -> LanguageSet | Unchanged:
    """A patient chooses the language to write to them in.

    Args:
        record: theirs.
        language: its tag; ``None``: the practice's own.
    """
    if record.personal.language == language:
        return Unchanged()
    return LanguageSet(
        record=evolve(record, personal=revised(record.personal, language=language)), event=LanguageChanged()
    )
