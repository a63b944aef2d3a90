"""Inside Flask: the app of the README, word for word."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import patientportal
from patientportal import (
    AdapterError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    RecordingNotifier,
    TooBusyError,
    http,
    testing,
)
from patientportal.testing import FrozenClock
from patientportal.words import choose, say
from tests.embedding.site import FROM_US

flask, jinja2 = pytest.importorskip("flask"), pytest.importorskip("jinja2")

ROOT = Path(__file__).parent.parent.parent
PAGES = {
    "visits.html": "{{ visits | length }} visits",
    "visit.html": "{{ visit.starts_at }}",
    "refused.html": "{{ said.summary }}",
}
BROWSER = "Mozilla/5.0 (X11)\t\u202e\x85" + "x" * 300


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def app(clock: FrozenClock) -> Any:
    """The README's, over a portal with one patient; any error of the portal can be asked for."""
    snippet = re.search(
        r"```python\n(@app\.before_request.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    mailbox = RecordingNotifier()
    portal = testing.portal(notifier=mailbox, clock=clock)
    testing.activated(portal, mailbox)
    app = flask.Flask("clinic")
    app.jinja_loader = jinja2.DictLoader(PAGES)
    names = {name: getattr(patientportal, name) for name in ("PortalError", "SessionEndedError")}
    of_flask = {name: getattr(flask, name) for name in ("abort", "redirect", "render_template", "request")}
    given = {"app": app, "portal": portal, "http": http, "choose": choose, **names, **of_flask}
    exec(snippet[1], given)  # noqa: S102 - our own page
    return app


@pytest.fixture
def browser(app: Any) -> Iterator[Any]:
    with app.test_client() as client:
        client.environ_base["HTTP_USER_AGENT"] = BROWSER
        yield client


def log_in(browser: Any, password: str = testing.PASSWORD) -> Any:
    typed = {"username": "countess", "password": password}
    return browser.post("/log-in", data=typed, headers=FROM_US, base_url="https://portal.example")


def get(browser: Any, path: str) -> Any:
    return browser.get(path, base_url="https://portal.example")


def test_whoever_logs_in_is_in_whatever_their_browser_calls_itself(browser: Any) -> None:
    answer = log_in(browser)
    assert (answer.status_code, answer.location) == (302, "/visits")
    assert get(browser, "/visits").text == "0 visits"


def test_whoever_is_not_in_is_sent_to_log_in_and_the_cookie_goes(browser: Any, clock: FrozenClock) -> None:
    """A bug of others: after fifteen minutes every page is an error 409, and the cookie stays."""
    never = get(browser, "/visits")
    assert (never.status_code, never.location) == (302, "/log-in")
    log_in(browser)
    assert browser.get_cookie(http.cookie_name(), "portal.example") is not None
    clock.advance(patientportal.SessionPolicy().idle)
    over = get(browser, "/visits")
    assert (over.status_code, over.location) == (302, "/log-in")
    assert browser.get_cookie(http.cookie_name(), "portal.example") is None


def test_another_site_lets_nobody_in(browser: Any) -> None:
    typed = {"username": "countess", "password": testing.PASSWORD}
    answer = browser.post("/log-in", data=typed, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.headers["X-Frame-Options"]) == (403, "DENY")


def test_a_visit_that_is_not_there_is_not_found(browser: Any) -> None:
    log_in(browser)
    assert get(browser, "/visits/nobodys").status_code == 404


def test_a_refusal_and_bad_input_are_shown(browser: Any) -> None:
    wrong = log_in(browser, "a wrong guess")
    assert (wrong.status_code, wrong.text[:33]) == (409, "The username or the password is w")
    unusable = log_in(browser, "a\0b")
    assert (unusable.status_code, unusable.text[:29]) == (422, "Password: There is a characte")
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "es-MX,es;q=0.9,en;q=0.5"
    assert log_in(browser, "a wrong guess").text.startswith("El usuario o la contraseña no es correcta.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConflictError(), 503),
        (TooBusyError(queue="hashing"), 503),
        (AdapterError(adapter="sqlite", reason="SQLITE_IOERR"), 503),
        (OutcomeUnknownError(), 500),
    ],
)
def test_what_the_person_can_not_help_says_whether_and_when_again_is_safe(
    app: Any, error: PortalError, status: int
) -> None:
    def failing() -> None:
        raise error

    app.add_url_rule("/failing", view_func=failing)
    answer = app.test_client().get("/failing")
    assert (answer.status_code, "Retry-After" in answer.headers) == (status, isinstance(error, TooBusyError))
    assert answer.text == say(error, "en").summary
