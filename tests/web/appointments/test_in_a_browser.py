"""Appointments in a real browser: with the keyboard alone, without JavaScript, by a double click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import Portal, RecordingNotifier
from patientportal.testing import PASSWORD, FrozenClock, clinic, portal
from tests.web.browser import PHONE, check_page, screenshot
from tests.web.keyboard import Keyboard


@pytest.fixture
def small() -> Portal:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    clinic(one)
    return one


def let_in(page: Any, address: str) -> Any:
    page.goto(f"{address}/log-in?back=/appointments")
    page.get_by_label("Username").fill("ben")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/appointments")
    return page


def ahead(of: Portal) -> int:
    return len(of.log_in("ben", PASSWORD).appointments.upcoming().items)


def test_a_visit_is_booked_moved_and_cancelled_with_the_keyboard_alone(
    small: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = let_in(browse(), serve_portal(small))
    keys = Keyboard(page)

    def follow(name: str) -> None:
        with page.expect_navigation():
            keys.press(name)

    for name in ("Book an appointment", "Check-up", "9:30"):
        follow(name)
    keys.write("What is it about?", "My knee")
    screenshot(page, "book an appointment", look=PHONE)
    follow("Book This Appointment")
    assert page.get_by_text("Your appointment is booked.").is_visible()
    for name in ("Move This Appointment", "10:00", "Yes, move this appointment"):
        follow(name)
    assert page.get_by_text("Your appointment is moved.").is_visible()
    assert ahead(small) == 1
    for name in ("Cancel This Appointment", "Yes, cancel this appointment"):
        follow(name)
    assert page.get_by_text("Your appointment is cancelled.").is_visible()
    assert ahead(small) == 0


def test_without_javascript_everything_can_be_done(
    small: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = let_in(browse(PHONE, script=False), serve_portal(small))
    page.get_by_role("button", name="Book an appointment").click()
    page.get_by_role("link", name="First visit").click()
    page.get_by_label("With").select_option(label="Dr Dora Winter")
    page.get_by_role("button", name="Show free times").click()
    page.get_by_role("link", name="Next week").click()
    page.locator(".portal-times a").first.click()
    page.get_by_role("button", name="Book This Appointment").click()
    page.get_by_role("button", name="Cancel This Appointment").click()
    page.get_by_role("button", name="Yes, cancel this appointment").click()
    page.get_by_text("You cancelled this appointment.").wait_for()
    page.goto(page.url.rsplit("/", 1)[0] + "/ask")
    page.get_by_label("What is it about?").fill("My knee")
    page.get_by_text("Add more days").click()
    for index in (0, 2):
        for part, value in (("Month", "2"), ("Day", str(index + 3)), ("Year", "2026")):
            page.get_by_label(part, exact=True).nth(index).fill(value)
    page.get_by_role("button", name="Send this request").click()
    page.get_by_text("February 5, 2026").wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_a_double_click_books_once(
    small: Portal, browse: Any, serve_portal: Callable[..., str], *, script: bool
) -> None:
    page = let_in(browse(script=script), address := serve_portal(small))
    page.goto(f"{address}/appointments/book/times?kind=1")
    page.locator(".portal-times a").first.click()
    page.get_by_role("button", name="Book This Appointment").dblclick()
    page.get_by_text("Your appointment is booked.").wait_for()
    assert ahead(small) == 1


def test_what_went_wrong_is_within_the_rules_too(small: Portal, browse: Any, serve_portal: Callable[..., str]) -> None:
    page = let_in(browse(), address := serve_portal(small))
    page.goto(f"{address}/appointments/book/times?kind=1")
    page.locator(".portal-times a").first.click()
    me = small.log_in("ada", PASSWORD)
    me.appointments.book(page.locator("main [name=slot_id]").get_attribute("value"))
    page.get_by_role("button", name="Book This Appointment").click()
    page.get_by_text("Somebody else has taken this time.").first.wait_for()
    assert page.title().startswith("Error:")
    assert Keyboard(page).focused().startswith("There is a problem")
    check_page(page)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Book This Appointment").click()
    page.get_by_text("Your appointment is booked.").wait_for()
