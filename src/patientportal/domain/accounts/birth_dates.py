"""The birth date beside a link: a link in the wrong hands, of a mistyped address say, makes nobody a patient."""

from datetime import date, datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import LinkId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import Policy

from . import links
from .links import Link, LinkEnd, LinkInvalidError, LinkSecret, Purpose


@frozen(kw_only=True)
class BirthDateWrong(Event):
    """Whoever presented a link said a birth date that isn't the patient's.

    Attributes:
        link_id: the link's.
        purpose: what it is for.
        attempt: the how manyth that was.
        link_ended: whether it was one too many.
    """

    name: ClassVar[str] = "birth_date_wrong"
    link_id: LinkId
    purpose: Purpose
    attempt: int
    link_ended: bool


@frozen(kw_only=True)
class WrongBirthDateError(RefusedError):
    """That isn't the patient's birth date. It was counted; with no attempt left, the link is over."""

    code: ClassVar[str] = "wrong_birth_date"
    attempts_left: int


@frozen(kw_only=True)
class WrongBirthDate:
    """A wrong birth date that was counted; with ``attempts_left`` 0 it ended the link, and staff will see that."""

    link: Link = changed()
    event: BirthDateWrong = happened()
    attempts_left: int


def said(value: object) -> date | None:
    """The birth date that somebody says; ``None``: none.

    Raises:
        TypeError: it is something else.
    """
    if value is not None and type(value) is not date:
        raise TypeError(f"date_of_birth must be datetime.date, not {type(value).__name__}")
    return value


def may_be_mailed(personal: PersonalInformation, policy: Policy) -> bool:
    """Whether an invitation may come by mail: not where a birth date is to be asked for that isn't known whole.

    Args:
        personal: of whom is to be invited.
        policy: the practice's limits.
    """
    return not policy.invitations.ask_birth_date or isinstance(personal.date_of_birth, date)


def require_askable(link: Link, *, record: PersonalRecord, policy: Policy) -> None:
    """A mailed invitation is worth nothing where the birth date that is to be asked isn't known: it is printed anew.

    Raises:
        LinkInvalidError: it is one.
    """
    is_mailed = link.purpose is Purpose.INVITATION and not link.is_printed
    if is_mailed and not may_be_mailed(record.personal, policy):
        raise LinkInvalidError


def is_asked(link: Link, *, record: PersonalRecord, policy: Policy) -> bool:
    """Whether whoever presents this link has to say the patient's birth date: with what was printed, always.

    Of nobody is one asked that isn't known.

    Args:
        link: what they present.
        record: of the patient.
        policy: the practice's limits.
    """
    is_wanted = link.is_printed or (link.purpose is Purpose.INVITATION and policy.invitations.ask_birth_date)
    return is_wanted and isinstance(record.personal.date_of_birth, date)


def count(link: Link, *, record: PersonalRecord, born: date | None, policy: Policy) -> WrongBirthDate | None:
    """A birth date that is asked for and isn't the patient's is counted, and one too many ends the link.

    Args:
        link: an open one.
        record: of its patient.
        born: what was said.
        policy: the practice's limits.

    Returns:
        What was counted; ``None``: nothing was asked, or the answer is right.

    Raises:
        LinkInvalidError: it was mailed, and nobody knows the birth date that is to be asked.
    """
    require_askable(link, record=record, policy=policy)
    if not is_asked(link, record=record, policy=policy) or born == record.personal.date_of_birth:
        return None
    attempt = link.wrong_dates + 1
    left = max(policy.invitations.attempts - attempt, 0)
    counted = evolve(link, wrong_dates=attempt)
    if not left:
        (counted,) = links.ended([counted], LinkEnd.WRONG_BIRTH_DATES)
    event = BirthDateWrong(link_id=link.id, purpose=link.purpose, attempt=attempt, link_ended=not left)
    return WrongBirthDate(link=counted, event=event, attempts_left=left)


def confirm(
    link: Link | None,
    *,
    secret: LinkSecret | None,
    purpose: Purpose,
    patient: Patient | None,
    record: PersonalRecord | None,
    born: date | None,
    now: datetime,
    policy: Policy,
) -> WrongBirthDate | Unchanged:
    """Before anything else is told of the patient, whoever presents a link says their birth date.

    Args:
        link: what they present.
        secret: of the link, as it was handed out.
        purpose: what they want to do with it.
        patient: whose it is.
        record: of the patient.
        born: the birth date that they say; ``None``: none.
        now: UTC.
        policy: the practice's limits.

    Raises:
        LinkInvalidError: the link can't be used for this, or its patient is inactive.
    """
    link = links.redeemable(link, secret, purpose, now=now, policy=policy)
    if patient is None or not patient.is_active or record is None:
        raise LinkInvalidError
    return count(link, record=record, born=born, policy=policy) or Unchanged()
