"""The first page: what comes next, what is owed, what is unread."""

from starlette.responses import Response

from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor


def show(visitor: Visitor) -> Response:
    """What waits for this patient."""
    me = visitor.me
    return visitor.show(
        "home.html",
        name=me.account.profile().personal.first_name,
        next_visit=next(iter(me.appointments.upcoming(limit=1).items), None),
        statement=me.statements.current(),
        unread=me.messages.unread_count(),
    )


SCREENS = (Screen("/", show),)
