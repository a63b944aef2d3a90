"""The shell of the portal in browsers: who is let in, what is refused, and what every answer says."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier
from patientportal.http import SECURITY_HEADERS
from patientportal.testing import PASSWORD, FrozenClock, clinic, portal
from patientportal.web import create_app
from tests.web.patients import HERE


@pytest.fixture(scope="module")
def filled() -> Portal:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    clinic(one)
    return one


def browser(of: Portal) -> TestClient:
    app = create_app(of, practice="Lake Clinic", phone="+1 207 555 0100")
    return TestClient(app, base_url="https://portal.example", headers=dict(HERE), follow_redirects=False)


def test_somebody_logs_in_sees_what_is_theirs_and_logs_off(filled: Portal) -> None:
    with browser(filled) as ada:
        assert ada.get("/").headers["location"] == "/log-in"
        shown = ada.get("/log-in")
        assert "Lake Clinic" in shown.text
        logged_in = ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        assert (logged_in.status_code, logged_in.headers["location"]) == (303, "/")
        assert "$100.00" in ada.get("/").text
        off = ada.post("/log-off")
        assert "You are logged off." in ada.get(off.headers["location"]).text
        assert "You are logged off." not in ada.get("/log-in").text
        assert ada.get("/").status_code == 303


def test_a_page_knows_how_long_the_session_lasts_at_most() -> None:
    clock = FrozenClock()
    one = portal(notifier=RecordingNotifier(), clock=clock)
    clinic(one)
    with browser(one) as ada:
        assert "data-left-seconds" not in ada.get("/log-in").text
        ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        clock.advance(timedelta(minutes=10))
        assert 'data-idle-seconds="900" data-left-seconds="28200"' in ada.get("/").text


def test_what_is_missing_is_told_all_at_once_each_with_a_link_to_its_field(filled: Portal) -> None:
    with browser(filled) as somebody:
        answer = somebody.post("/log-in", data={"username": " "})
    assert answer.status_code == 422
    assert re.findall(r'<a href="#(\w+)"', answer.text) == ["username", "password"]
    assert "<title>Error: Log in" in answer.text


def test_a_wrong_password_is_said_and_never_shown_again(filled: Portal) -> None:
    with browser(filled) as somebody:
        answer = somebody.post("/log-in", data={"username": "ben", "password": "a wrong guess"})
    assert answer.status_code == 409
    assert "a wrong guess" not in answer.text
    assert 'value="ben"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://portal.example@evil.example"},
    ],
)
def test_a_form_of_another_site_does_nothing(filled: Portal, headers: dict[str, str]) -> None:
    with browser(filled) as ada:
        ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        assert ada.post("/log-off", headers=headers).status_code == 403
        assert ada.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/log-in", "/nowhere", "/static/portal.css", "/static/nothing.css"])
def test_every_answer_has_the_headers_of_safety(filled: Portal, path: str) -> None:
    with browser(filled) as somebody:
        answer = somebody.get(path)
    kept = {name: value for name, value in SECURITY_HEADERS.items() if name != "Cache-Control"}
    assert (
        kept.items() <= dict(answer.headers).items()
        or {name.lower(): value for name, value in kept.items()}.items() <= answer.headers.items()
    )


def test_a_language_is_chosen_on_any_page_and_kept(filled: Portal) -> None:
    with browser(filled) as somebody:
        chosen = somebody.post("/language", data={"language": "es", "back": "/log-in"})
        assert chosen.headers["location"] == "/log-in"
        assert 'lang="es"' in somebody.get("/log-in").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "/../x", ""])
def test_nobody_is_led_elsewhere(filled: Portal, back: str) -> None:
    with browser(filled) as somebody:
        assert somebody.post("/language", data={"language": "es", "back": back}).headers["location"] == "/"


def test_the_warning_learns_whether_the_session_goes_on(filled: Portal) -> None:
    with browser(filled) as ada:
        assert ada.get("/session").status_code == 401
        ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        assert ada.get("/session").status_code == 204
