"""Every component in use, in each look."""

from collections.abc import Callable
from typing import Any

from tests.web.browser import LOOKS, check_page, screenshot
from tests.web.gallery import gallery


def test_every_component_is_within_the_rules_in_each_look(browse: Any, serve: Callable[[Any], str]) -> None:
    page = browse()
    address = serve(gallery())
    for query in ("", "?errors"):
        page.goto(f"{address}/{query}")
        check_page(page)
    for look in LOOKS:
        screenshot(page, f"gallery {look}", look=look)
