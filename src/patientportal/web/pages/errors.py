"""The pages of what went wrong, which say what to do now."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import Response

from patientportal import PortalError
from patientportal.web.languages import N_
from patientportal.web.visitor import Visitor
from patientportal.words import say

_NOTHING: Mapping[str, str] = MappingProxyType({})
_OURS = (N_("Sorry, there is a problem with the service"), N_("Please try again later."))
_SAID: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: (N_("We can't read this"), N_("Please go back to the portal and try again.")),
    HTTPStatus.FORBIDDEN: (N_("You can't do this here"), N_("Please go back to the portal and try again.")),
    HTTPStatus.NOT_FOUND: (N_("Page not found"), N_("If you typed the web address, please check it.")),
    HTTPStatus.METHOD_NOT_ALLOWED: (N_("Page not found"), N_("If you typed the web address, please check it.")),
    HTTPStatus.REQUEST_TIMEOUT: (N_("This took too long"), N_("Please go back and try again.")),
    HTTPStatus.CONFLICT: (N_("We can't do this now"), N_("Please go back and look again.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (N_("This is too much"), N_("Please send less.")),
    HTTPStatus.TOO_MANY_REQUESTS: (N_("Too many tries"), N_("Please wait a minute, then try again.")),
    HTTPStatus.SERVICE_UNAVAILABLE: (N_("Many people are here now"), N_("Please wait a minute, then try again.")),
}


def sorry(
    visitor: Visitor, status: int, *, error: PortalError | None = None, headers: Mapping[str, str] = _NOTHING
) -> Response:
    """A page that says what went wrong, and nothing of how.

    Args:
        visitor: who sees it.
        status: of HTTP.
        error: what was raised, where words tell it; none of it is told where the fault is ours.
        headers: more of the answer.
    """
    heading, then = _SAID.get(status, _OURS)
    visitor.status = status
    said = say(error, visitor.language).summary if error is not None else None
    response = visitor.show("error.html", heading=heading, then=then, said=said)
    response.headers.update(headers)
    return response
