"""Printed codes, as they are typed: known and unknown ones are answered alike until the birth date is right."""

from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy

from . import birth_dates
from .birth_dates import WrongBirthDate
from .challenges import RecoveryGuard
from .links import Link, LinkInvalidError, LinkSecret, Purpose


@frozen(kw_only=True)
class CodeUnknown(Event):
    """Somebody typed a code that no paper bears by which anything can be done."""

    name: ClassVar[str] = "code_unknown"


@frozen(kw_only=True)
class CodeInvalidError(RefusedError):
    """No such code can be used, or the birth date isn't its patient's, which was counted; it doesn't say which."""

    code: ClassVar[str] = "code_invalid"


@frozen(kw_only=True)
class CodeRefused:
    """A code that can't be used takes what counting a wrong birth date takes, so that nobody tells them apart."""

    stand_in: RecoveryGuard = changed()
    event: CodeUnknown = happened()


def confirm(
    link: Link | None,
    *,
    stand_in: bytes,
    secret: LinkSecret | None,
    purpose: Purpose,
    patient: Patient | None,
    record: PersonalRecord | None,
    born: date | None,
    now: datetime,
    policy: Policy,
) -> WrongBirthDate | CodeRefused | Unchanged:
    """Whoever types a printed code learns whether there is one from the right birth date alone.

    Args:
        link: that the code opens, if there is one.
        stand_in: the key of the row that is changed in place of a link.
        secret: of the link.
        purpose: what they want to do with it.
        patient: whose it is.
        record: of the patient.
        born: the birth date that they say; ``None``: none.
        now: UTC.
        policy: the practice's limits.
    """
    try:
        return birth_dates.confirm(
            link, secret=secret, purpose=purpose, patient=patient, record=record, born=born, now=now, policy=policy
        )
    except LinkInvalidError:
        guard = RecoveryGuard(subject_hash=stand_in, failed_answers=0, last_failed_at=now)
        return CodeRefused(stand_in=guard, event=CodeUnknown())
