"""The desk's booking and closing in a real browser: with the keyboard alone, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import Portal, RecordingNotifier, Role, StaffId, StaffMember
from patientportal.testing import Clinic, FrozenClock, clinic, portal
from tests.web.browser import PHONE, check_quiet
from tests.web.keyboard import Keyboard

SAM = StaffMember(id=StaffId("sam"), name="Sam Staff", roles=frozenset({Role.FRONT_DESK}))


@pytest.fixture
def opened(serve_portal: Callable[..., str]) -> tuple[str, Portal, Clinic]:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    filled = clinic(one)
    return serve_portal(one, staff=lambda _: SAM), one, filled


def test_the_phone_rings_and_a_visit_is_booked_and_moved_with_the_keyboard_alone(
    opened: tuple[str, Portal, Clinic], browse: Any
) -> None:
    address, _, filled = opened
    page = browse()
    page.goto(f"{address}/desk/people/{filled.ben.patient_id}/appointments")
    keys = Keyboard(page)
    keys.go("Book a visit")
    keys.go("Book this visit")
    assert page.title().startswith("Error:")
    assert page.locator(":focus").inner_text().startswith("There is a problem")
    keys.choose("9:00", "9:30")
    keys.write("What is it about?", "My knee")
    keys.go("Book this visit")
    assert page.get_by_text("1 visit ahead").is_visible()
    keys.go("Move")
    keys.choose("9:00", "10:00")
    keys.go("Move this visit")
    assert page.get_by_text("The visit is moved").is_visible()
    assert page.get_by_role("link", name="Move Monday, January 5, 2026, 10:00").is_visible()
    check_quiet(page)


def test_a_morning_is_closed_on_a_phone_without_javascript(opened: tuple[str, Portal, Clinic], browse: Any) -> None:
    address, one, filled = opened
    page = browse(PHONE, script=False)
    page.goto(f"{address}/desk/schedule/close?provider=dr-king")
    first = page.get_by_role("group", name="First day")
    first.get_by_label("Day").fill("8")
    page.get_by_label("Until").fill("12:00")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="1 visit will be cancelled").wait_for()
    assert page.get_by_role("link", name="Ada Byron").is_visible()
    page.get_by_label("Why the visits are cancelled").fill("The doctor is not there this morning.")
    page.get_by_role("button", name="Yes, close").click()
    page.get_by_text("These hours are closed").wait_for()
    visit = one.practice(SAM).appointments.get(filled.ahead[0])
    assert visit.cancellation_reason == "The doctor is not there this morning."
