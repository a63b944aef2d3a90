"""Where a patient is logged in, as a page says it, and how that ends."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier
from patientportal.testing import FrozenClock, Member, activated, portal
from tests.web.patients import logged_in
from tests.web.reading import words

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def mailbox() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def one(mailbox: RecordingNotifier) -> Portal:
    return portal(notifier=mailbox, clock=FrozenClock())


@pytest.fixture
def member(one: Portal, mailbox: RecordingNotifier) -> Member:
    return activated(one, mailbox, "ada")


@pytest.fixture
def ada(one: Portal, member: Member) -> Iterator[TestClient]:
    with logged_in(one, member.username) as browser:
        yield browser


@pytest.fixture
def phone(one: Portal, ada: TestClient) -> Iterator[TestClient]:
    del ada
    with logged_in(one, agent=IPHONE) as browser:
        yield browser


def log_offs(browser: TestClient) -> list[str]:
    """Where the buttons lead that log one device off."""
    return re.findall(r'action="(/account/devices/[^"]+)"', browser.get("/account/devices").text)


def test_a_device_is_called_what_people_call_it_and_this_one_is_marked(ada: TestClient, phone: TestClient) -> None:
    said = words(ada.get("/account/devices"))
    assert "Chrome on Windows You are here now Logged in on Monday, January 5, 2026" in said
    assert "Log off Safari on an iPhone" in said
    assert "Log off Chrome on Windows" not in said
    assert "Mozilla" not in said
    assert "Log off Chrome on Windows" in words(phone.get("/account/devices"))


def test_one_device_is_logged_off_and_no_other(ada: TestClient, phone: TestClient) -> None:
    [path] = log_offs(ada)
    assert ada.post(path).headers["location"] == "/account/devices"
    assert "This device is logged off." in words(ada.get("/account/devices"))
    assert phone.get("/account").headers["location"].startswith("/log-in")
    assert ada.post(path).status_code == 303


def test_who_logs_this_device_off_from_here_is_out(ada: TestClient, phone: TestClient) -> None:
    [this] = log_offs(phone)
    off = ada.post(this)
    assert off.headers["location"] == "/log-in"
    assert "You are logged off." in words(ada.get("/log-in"))
    assert ada.get("/account").status_code == 303
    assert phone.get("/account").status_code == 200


def test_all_devices_are_logged_off_after_a_second_question(ada: TestClient, phone: TestClient) -> None:
    assert "You are logged off here, too." in words(ada.get("/account/log-off-everywhere"))
    assert phone.get("/account").status_code == 200
    assert ada.post("/account/log-off-everywhere").headers["location"] == "/log-in"
    assert "You are logged off on all devices." in words(ada.get("/log-in"))
    assert phone.get("/account").status_code == 303


def test_nobody_logs_off_somebody_else_s_device(
    ada: TestClient, phone: TestClient, one: Portal, mailbox: RecordingNotifier
) -> None:
    activated(one, mailbox, "ben", first_name="Ben", email="ben@example.org")
    [path] = log_offs(ada)
    with logged_in(one, "ben") as ben:
        assert ben.post(path).status_code == 404
        assert ben.post("/account/devices/%00/log-off").status_code == 404
    assert ada.get(path).status_code == 405
    assert phone.get("/account").status_code == 200
