"""Somebody who follows every link from the first page, and looks at each page of the table once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from patientportal.web.screens import Screen, nothing
from tests.web.browser import check_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

FORMS = "main form[method=post]:has(input:not([type=hidden]), textarea, select)"
LIKE_ONES_MAX = 4  # pages of one pattern: the links of the others may lead further
_PARAMETER = re.compile(r"\\{\w+\\}")


def pattern_of(path: str, screens: Iterable[Screen]) -> str | None:
    """Which row of the table a path is; one without a parameter before one with."""
    for screen in sorted(screens, key=lambda one: one.path.count("{")):
        if screen.show is not nothing and re.fullmatch(_PARAMETER.sub("[^/]+", re.escape(screen.path)), path):
            return screen.path
    return None


def crawled(page: Page, address: str, screens: Iterable[Screen], *, start: str) -> set[str]:
    """Every page that links lead to, each looked at as it comes and with what is wrong with its form.

    Args:
        page: of somebody who is let in.
        address: where the portal is.
        screens: the table.
        start: where they begin.

    Returns:
        The patterns that were seen.
    """
    table = tuple(screens)
    seen: dict[str, set[str]] = {}
    ahead = [start]
    while ahead:
        path = ahead.pop(0)
        pattern = pattern_of(urlsplit(path).path, table)
        paths = seen.setdefault(pattern, set()) if pattern else set()
        if pattern is None or path in paths or len(paths) == LIKE_ONES_MAX:
            continue
        paths.add(path)
        page.goto(address + path)
        ahead += _links(page, address)
        if len(paths) == 1:
            check_page(page)
            _check_errors(page)
    return set(seen)


def _check_errors(page: Page) -> None:
    """What the first form says when it is sent as it stands."""
    forms = page.locator(FORMS)
    if forms.count():
        with page.expect_navigation():
            forms.first.evaluate("form => form.submit()")
        if page.title().startswith("Error:"):
            check_page(page)


def _links(page: Page, address: str) -> Iterator[str]:
    for href in page.eval_on_selector_all("a[href]:not([download])", "links => links.map((link) => link.href)"):
        parts = urlsplit(href)
        if href.startswith(address):
            yield parts.path + (f"?{parts.query}" if parts.query else "")
