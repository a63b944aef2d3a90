"""The day: who comes, to whom, and when; who is here, who is next, and what became of the rest."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from starlette.responses import Response

from patientportal import AppointmentStatus, BadInputError, PatientVisit, StaffId
from patientportal.web.desk import marks
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show(visitor: Visitor) -> Response:
    """One day, of one provider or of all."""
    now, today = visitor.portal.now, visitor.today
    day = _day(visitor)
    provider_id = visitor.query.get("provider") or None
    visits = visitor.practice.appointments.of_day(provider_id and StaffId(provider_id), day)
    providers = {one.id: one.name for one in visitor.practice.providers.all()}
    return visitor.show(
        "desk/day.html",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        provider_id=provider_id,
        provider_name=providers.get(StaffId(provider_id or "")),
        provider_options=list(providers.items()),
        visits=[(visit, marks.marks_for(visitor, visit)) for visit in visits],
        counts=_counts(visits, now),
        next_ones=_next(visits, now) if day == today else (),
    )


def mark(visitor: Visitor) -> Response:
    """Says of a visit of the list what became of it, and shows the list again."""
    done = marks.mark(visitor, visitor.form["visit"])
    return visitor.go(
        "/desk", flash=done.flash, day=visitor.query.get("day"), provider=visitor.query.get("provider") or None
    )


def _counts(visits: Sequence[PatientVisit], now: datetime) -> dict[str, int]:
    """How many there are, and where they stand: each in one of these."""
    booked = [one for one in visits if one.status is AppointmentStatus.BOOKED]
    here = sum(one.arrived_at is not None for one in booked)
    late = sum(one.arrived_at is None and one.starts_at < now for one in booked)
    return {
        "all": len(visits),
        "here": here,
        "late": late,
        "ahead": len(booked) - here - late,
        "came": sum(one.status is AppointmentStatus.FULFILLED for one in visits),
        "missed": sum(one.status is AppointmentStatus.NOSHOW for one in visits),
    }


def _next(visits: Sequence[PatientVisit], now: datetime) -> tuple[PatientVisit, ...]:
    """Who is next with each provider: the first of those who are here, else the first whose time is still to come."""
    found: dict[StaffId, PatientVisit] = {}
    waiting = [one for one in visits if one.status is AppointmentStatus.BOOKED]
    here = [one for one in waiting if one.arrived_at is not None]
    for one in (*here, *(visit for visit in waiting if visit.starts_at >= now)):
        found.setdefault(one.provider_id, one)
    return tuple(sorted(found.values(), key=lambda one: one.starts_at))


def _day(visitor: Visitor) -> date:
    """The day that was asked for, else today's by the practice's clocks."""
    asked = visitor.query.get("day")
    if not asked:
        return visitor.today
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise BadInputError(field="day", problem="bad_format") from None


SCREENS = (Screen("/desk", show, mark, who=Who.STAFF, says=marks.SAYS),)
