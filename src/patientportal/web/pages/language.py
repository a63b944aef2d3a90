"""In which language somebody reads, before they log in or whatever they chose there."""

from starlette.responses import Response

from patientportal.web.languages import LANGUAGES
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import LANGUAGE_COOKIE, LANGUAGE_SECONDS, Visitor


def choose(visitor: Visitor) -> Response:
    """Keeps a language in this browser."""
    if visitor.form["language"] in LANGUAGES:
        visitor.keep(LANGUAGE_COOKIE, visitor.form["language"], seconds=LANGUAGE_SECONDS)
    return visitor.go(visitor.back or "/")


SCREENS = (Screen("/language", do=choose, who=Who.ANYBODY),)
