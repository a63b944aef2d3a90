"""Whether this process can answer, for whatever watches over it."""

from starlette.responses import PlainTextResponse, Response

from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor


def healthz(visitor: Visitor) -> Response:
    """Says that the database answers; where it doesn't, the answer is 503, as on any page."""
    visitor.portal.health()
    return PlainTextResponse("ok\n")


SCREENS = (Screen("/healthz", healthz, who=Who.ANYBODY),)
