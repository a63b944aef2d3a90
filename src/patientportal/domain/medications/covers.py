"""Who stands in for a provider who is away, and until when."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from attrs import frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import StaffId
from patientportal.domain.outcomes import changed, happened
from patientportal.domain.staff import Role, StaffMember
from patientportal.domain.values.types import of_type

COVER_MAX = timedelta(days=366)


@frozen(kw_only=True)
class Cover:
    """A provider may decide in another's place.

    Attributes:
        prescriber_id: who is away.
        covering_id: who decides instead.
        until: when that ends.
        given_by: who arranged it last.
    """

    prescriber_id: StaffId
    covering_id: StaffId
    until: datetime
    given_by: StaffId


@frozen(kw_only=True)
class CoverGiven(Event):
    """Somebody was put in a provider's place, or taken out of it when ``until`` isn't ahead."""

    name: ClassVar[str] = "cover_given"
    prescriber_id: StaffId
    covering_id: StaffId
    until: datetime


@frozen(kw_only=True)
class CoverNotAllowedError(RefusedError):
    """Only the prescriber and the front desk arrange cover, and nobody appoints themselves. Nothing changed."""

    code: ClassVar[str] = "cover_not_allowed"


@frozen(kw_only=True)
class Given:
    """From now on, or no longer, somebody decides in another's place."""

    cover: Cover = changed()
    event: CoverGiven = happened()


def usable_until(until: object) -> datetime:
    """When a cover ends, as a host says it.

    Raises:
        TypeError: it isn't a ``datetime``.
        ValueError: it is naive.
    """
    moment = of_type(until, datetime, field="until")
    if moment.utcoffset() is None:
        raise ValueError("until must be an aware datetime")
    return moment


def give(
    *,
    prescriber_id: StaffId,
    covering_id: StaffId,
    until: datetime,
    by: StaffMember,
    now: datetime,
) -> Given:
    """The prescriber, or the front desk, puts another in the prescriber's place; an ``until`` not ahead ends that now.

    Args:
        prescriber_id: who is away.
        covering_id: who decides instead.
        until: aware; at most 366 days ahead, so that a slip of a digit puts nobody in charge for a lifetime.
        by: who arranges it.
        now: UTC.

    Raises:
        BadInputError: ``until`` is ``out_of_range``.
        CoverNotAllowedError: they are neither the prescriber nor at the front desk, or would put themselves there.
    """
    if until > now + COVER_MAX:
        raise BadInputError(field="until", problem="out_of_range", limit=COVER_MAX.days)
    may_arrange = by.id == prescriber_id or Role.FRONT_DESK in by.roles
    if not may_arrange or covering_id in {by.id, prescriber_id}:
        raise CoverNotAllowedError
    ends = max(until, now).astimezone(UTC)
    return Given(
        cover=Cover(prescriber_id=prescriber_id, covering_id=covering_id, until=ends, given_by=by.id),
        event=CoverGiven(prescriber_id=prescriber_id, covering_id=covering_id, until=ends),
    )


def is_in_force(cover: Cover | None, *, now: datetime) -> bool:
    """Whether somebody decides in another's place at this moment."""
    return cover is not None and now < cover.until
