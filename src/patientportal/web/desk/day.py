"""The day: who comes, to whom, and when."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from patientportal import BadInputError, StaffId
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def show(visitor: Visitor) -> Response:
    """One day, of one provider or of all."""
    day = _day(visitor)
    provider_id = visitor.query.get("provider") or None
    return visitor.show(
        "desk/day.html",
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        provider_id=provider_id,
        provider_options=[(one.id, one.name) for one in visitor.practice.providers.all()],
        visits=visitor.practice.appointments.of_day(provider_id and StaffId(provider_id), day),
    )


def _day(visitor: Visitor) -> date:
    """The day that was asked for, else today's by the practice's clocks."""
    asked = visitor.query.get("day")
    if asked is None:
        return visitor.portal.now.astimezone(ZoneInfo(visitor.portal.policy.zone)).date()
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise BadInputError(field="day", problem="bad_format") from None


SCREENS = (Screen("/desk", show, who=Who.STAFF),)
