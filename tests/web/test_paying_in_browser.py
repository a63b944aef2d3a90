"""Paying in a browser: each step and its errors looked at, by the keys alone, without a script, and with two clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from patientportal import Portal, RecordingNotifier
from patientportal.testing import PASSWORD, Clinic, clinic, portal
from tests.web.browser import check_page

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def practice() -> tuple[Portal, Clinic]:
    one = portal(notifier=RecordingNotifier())
    return one, clinic(one)


@pytest.fixture
def pay_of(practice: tuple[Portal, Clinic], browse: Any, serve_portal: Callable[..., str]) -> Callable[..., Page]:
    """Somebody who is asked how much they want to pay."""

    def page_of(*, script: bool) -> Page:
        of, filled = practice
        page: Page = browse(script=script)
        address = serve_portal(of)
        page.goto(f"{address}/log-in")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.goto(f"{address}/statements/{filled.current}/pay")
        return page

    return page_of


def test_each_step_is_accessible_with_its_errors_and_in_each_end(pay_of: Callable[..., Page]) -> None:
    page = pay_of(script=True)
    for choice, end in (("pays", "Receipt"), ("is refused", "was not made"), ("does not answer", "still asking")):
        start = page.url
        page.get_by_label("Amount").fill("1.00")
        page.get_by_role("button", name="Pay this part").click()
        page.get_by_role("button", name="Continue").click()
        assert page.title().startswith("Error:")
        check_page(page)
        page.get_by_label(choice).check()
        check_page(page)
        page.get_by_role("button", name="Continue").click()
        check_page(page)
        page.get_by_role("button", name="now").click()
        assert end in page.locator("h1").inner_text()
        check_page(page)
        page.goto(start)


def test_by_the_keys_alone_without_a_script_and_with_two_clicks_it_is_paid_once(
    practice: tuple[Portal, Clinic], pay_of: Callable[..., Page]
) -> None:
    page = pay_of(script=False)
    page.get_by_label("Amount").focus()
    page.keyboard.type("7.00")
    page.keyboard.press("Enter")
    page.get_by_label("pays").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pay $7.00 now").dblclick()
    page.wait_for_url("**/statements/payments/*")
    receipt = page.url
    page.go_back()
    assert page.url == receipt
    me = practice[0].log_in("ada", PASSWORD)
    assert [str(one.amount) for one in me.statements.payments().items].count("7.00 USD") == 1
