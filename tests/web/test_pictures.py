"""The pictures of README and docs: ``PATIENTPORTAL_SCREENSHOTS=docs/pictures`` makes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patientportal import RecordingNotifier
from patientportal.testing import PASSWORD, FrozenClock, clinic, desk, portal
from tests.web.browser import DESKTOP, PHONE, Look, screenshot
from tests.web.desk import everybody

ROOT = Path(__file__).resolve().parents[2]
PATIENTS = {
    "home": ("/", DESKTOP),
    "home-on-a-phone": ("/", PHONE),
    "appointments-on-a-phone": ("/appointments", PHONE),
    "free-times-on-a-phone": ("/appointments/book/times?kind=1", PHONE),
    "statement-in-the-dark": ("/statements", Look(320, dark=True)),
}
DESK = {"desk-day": "/desk", "desk-schedule": "/desk/schedule?provider=dr-king"}


def test_the_pages_of_the_pictures_are_there(browse: Any, serve_portal: Callable[..., str]) -> None:
    clock = FrozenClock()
    one = portal(notifier=RecordingNotifier(), clock=clock)
    filled = clinic(one)
    clock.advance(desk(one).appointments.get(filled.ahead[0]).starts_at - clock())
    page, address = browse(), serve_portal(one, staff=everybody)
    page.goto(f"{address}/log-in")
    page.get_by_label("Username").fill(filled.ada.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")
    for name, (path, look) in PATIENTS.items():
        assert page.goto(address + path).ok
        screenshot(page, name, look=look)
    for name, path in DESK.items():
        assert page.goto(address + path).ok
        screenshot(page, name, look=DESKTOP)


def test_every_picture_that_a_page_shows_is_there_and_every_one_is_shown() -> None:
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    shown = {name for text in texts for name in re.findall(r"pictures/([\w-]+)\.png", text)}
    assert shown == {file.stem for file in (ROOT / "docs" / "pictures").glob("*.png")}
    assert shown == PATIENTS.keys() | DESK.keys()
