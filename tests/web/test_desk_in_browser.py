"""The desk's day and letters in a real browser: by keys alone, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from patientportal import Portal, RecordingNotifier
from patientportal.testing import Clinic, FrozenClock, clinic, desk, portal
from tests.web.browser import SPACING, Look, check_page, check_width, spaced
from tests.web.desk import everybody
from tests.web.keyboard import Keyboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHEET = {"width": 640, "height": 980}  # of A4 between its margins


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def one(clock: FrozenClock) -> Portal:
    return portal(notifier=RecordingNotifier(), clock=clock)


@pytest.fixture
def filled(one: Portal, clock: FrozenClock) -> Clinic:
    """A practice on the morning of Ada's next visit."""
    found = clinic(one)
    clock.advance(desk(one).appointments.get(found.ahead[0]).starts_at - timedelta(minutes=5) - clock())
    return found


def seen_on_paper(page: Page, selector: str) -> bool:
    page.emulate_media(media="print")
    seen: bool = page.locator(selector).first.is_visible()
    page.emulate_media(media="screen")
    return seen


@pytest.mark.usefixtures("filled")
def test_who_arrives_is_marked_by_keys_and_the_list_prints_as_a_table(
    one: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = browse()
    page.goto(f"{serve_portal(one, staff=everybody)}/desk")
    check_page(page)
    Keyboard(page).press("Arrived Ada Byron")
    page.get_by_text("The patient is here.").wait_for()
    check_page(page)
    page.set_viewport_size(SHEET)
    assert seen_on_paper(page, "thead")
    assert not seen_on_paper(page, "nav")
    assert not seen_on_paper(page, "main form")


def test_a_letter_has_its_code_on_paper_and_no_menu(
    one: Portal, filled: Clinic, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = browse()
    page.goto(f"{serve_portal(one, staff=everybody)}/desk/people/{filled.invited}/invitation")
    page.get_by_role("button", name="Show the letter for Carol Byron").click()
    page.get_by_text("Your code:").wait_for()
    check_page(page)
    page.set_viewport_size(SHEET)
    assert seen_on_paper(page, ".portal-code")
    for selector in (".nhsuk-header__navigation", "footer", ".nhsuk-back-link", ".nhsuk-inset-text"):
        assert not seen_on_paper(page, selector)


@pytest.mark.usefixtures("filled")
def test_who_seems_to_be_here_is_shown_in_a_page_that_holds(
    one: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = browse()
    page.goto(f"{serve_portal(one, staff=everybody)}/desk/people/new")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Byron")
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Register").click()
    page.get_by_role("heading", name="Is it one of these people?").wait_for()
    check_page(page)


@pytest.mark.usefixtures("filled")
def test_a_menu_whose_text_is_spaced_wider_later_still_has_room(
    one: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    page = browse(Look(1000, dark=False))
    page.goto(serve_portal(one, staff=everybody) + "/desk")
    page.get_by_role("link", name="History").wait_for()
    assert not page.get_by_role("button", name="More").is_visible()
    spaced(page, SPACING)
    assert page.get_by_role("button", name="More").is_visible()
    check_width(page, "1000, spaced")
