"""Every component in use, in each look."""

from typing import Any

from tests.web.browser import LOOKS, check_page, screenshot
from tests.web.gallery import gallery
from tests.web.keyboard import Keyboard


def test_every_component_is_within_the_rules_in_each_look(browse: Any, serve: Any) -> None:
    page = browse()
    address = serve(lambda _: gallery())
    for query in ("", "?errors"):
        page.goto(f"{address}/{query}")
        check_page(page)
    for look in LOOKS:
        screenshot(page, f"gallery {look}", look=look)


def test_the_keys_reach_every_component_and_the_focus_can_be_seen(browse: Any, serve: Any) -> None:
    address = serve(lambda _: gallery())
    page = browse()
    page.goto(address)
    stops = Keyboard(page).stops()  # from the banner, which takes the focus
    fields = ["Username", "Password", "Show password", "Amount", "Month", "Day", "Year", "9:00 AM", "E-mail"]
    assert stops[:10] == ["look at your visits", *fields]
    assert stops[-1] == "Help"
    without_script = browse(script=False)
    without_script.goto(address)
    stops = Keyboard(without_script).stops()
    assert stops[:4] == ["Skip to main content", "Lake Clinic", "Your account", "Log off"]
    assert "Show password" not in stops
