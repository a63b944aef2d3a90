"""Log in, stay in, log off."""

from starlette.responses import Response

from patientportal import Purpose, SessionEndedError
from patientportal.web.browsers import named
from patientportal.web.languages import N_, translations
from patientportal.web.pages.links import path_to
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import LANGUAGE_COOKIE, LANGUAGE_SECONDS, Visitor


def show_log_in(visitor: Visitor) -> Response:
    """The form for a username and a password."""
    return visitor.show("log_in.html", activate=path_to(visitor, Purpose.INVITATION))


def log_in(visitor: Visitor) -> Response:
    """Opens a session; in the language that the patient chose, unless this browser has one."""
    visitor.form.need("username", "password")
    device = named(visitor.request.headers.get("user-agent", ""), translations(visitor.language.tag).gettext)
    me = visitor.portal.log_in(visitor.form["username"], visitor.form["password"], device=device)
    visitor.keep_session(me)
    language = me.account.profile().personal.language
    if language and LANGUAGE_COOKIE not in visitor.request.cookies:
        visitor.keep(LANGUAGE_COOKIE, language, seconds=LANGUAGE_SECONDS)
    return visitor.go(visitor.back or "/")


def stay(visitor: Visitor) -> Response:
    """Somebody is still there, says the script that warns before a session ends; it can't follow a redirect."""
    try:
        visitor.portal.resume(visitor.session_token)
    except SessionEndedError:
        return Response(status_code=401)
    return Response(status_code=204)


def log_off(visitor: Visitor) -> Response:
    """Ends this session."""
    visitor.me.log_off()
    visitor.keep_session(None)
    return visitor.go("/log-in", flash="logged_off")


SCREENS = (
    Screen("/log-in", show_log_in, log_in, who=Who.ANYBODY, hashes=True),
    Screen("/session", stay, who=Who.ANYBODY),
    Screen(
        "/log-off",
        do=log_off,
        says={
            "logged_off": N_("You are logged off."),
            "session_ended": N_("You were logged off, to keep your information safe. Please log in again."),
        },
    ),
)
