"""A real browser for the pages: where Chromium is, how a page is opened and looked at, and what every page must be."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
import uvicorn

import patientportal

if TYPE_CHECKING:  # not in [dev]: 165 MB
    from playwright.sync_api import Browser, BrowserContext, Page
    from starlette.types import ASGIApp

STATIC = Path(patientportal.__file__).parent / "web" / "static"
NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
ELSEWHERE = Path("/usr/lib/chromium/chromium-headless-shell")  # Debian's, where its wrapper isn't on the PATH
ANSWER_SECONDS = 30
FOREIGN = re.compile(r"\bNHS\b|nhs\.uk")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Look(NamedTuple):
    """How wide a window is, and whether its owner likes it dark."""

    width: int
    dark: bool

    def __str__(self) -> str:
        return f"{self.width} {'dark' if self.dark else 'light'}"


PHONE, DESKTOP = Look(320, dark=False), Look(1280, dark=False)
LOOKS = (PHONE, DESKTOP, Look(320, dark=True), Look(1280, dark=True))
HEIGHT = 800
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-bottom: 2em !important }"""  # WCAG 2.2, 1.4.12
STYLED = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
MENU_IS_SETTLED = """(width) => {
  const bottom = document.querySelector(".nhsuk-header")?.getBoundingClientRect().bottom;
  const all = [...document.querySelectorAll(".nhsuk-header__navigation-list > li")];
  const shown = all.map((item) => item.getBoundingClientRect()).filter((place) => place.height);
  return innerWidth === width && shown.every((place) => place.bottom <= bottom + 1 && place.right <= width);
}"""


class Seen(NamedTuple):
    """Whether a context runs scripts, what it asked for, and what its console said, with the address."""

    script: bool
    addresses: list[str]
    navigations: set[str]
    console: list[tuple[str, str]]


_seen: WeakKeyDictionary[BrowserContext, Seen] = WeakKeyDictionary()


def chromium() -> str | None:
    """Where a Chromium is: the one that ``PATIENTPORTAL_CHROMIUM`` names, or what the machine has."""
    if named := os.environ.get("PATIENTPORTAL_CHROMIUM"):
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(ELSEWHERE) if ELSEWHERE.exists() else None)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; without one the test is skipped, and fails in CI."""
    unable = pytest.fail if os.environ.get("CI") else pytest.skip
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unable("no playwright: pip install -e .[browser]")
    path = chromium()
    if path is None:
        unable(f"no Chromium: set PATIENTPORTAL_CHROMIUM or install one of {', '.join(NAMES)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root has no sandbox
        yield browser
        browser.close()


def opened(browser: Browser, look: Look = DESKTOP, *, script: bool = True, language: str = "en-US") -> Page:
    """A page in a context of its own, watched from the start."""
    context = browser.new_context(
        viewport={"width": look.width, "height": HEIGHT},
        color_scheme="dark" if look.dark else "light",
        java_script_enabled=script,
        locale=language,
    )
    context.set_default_timeout(ANSWER_SECONDS * 1000)
    seen = _seen[context] = Seen(script, [], set(), [])

    def note(request: Any) -> None:
        seen.addresses.append(request.url)
        if request.is_navigation_request():
            seen.navigations.add(request.url)

    context.on("request", note)
    context.on("console", lambda message: seen.console.append((message.text, message.location["url"])))
    context.on("weberror", lambda problem: seen.console.append((str(problem.error), "")))
    return context.new_page()


def check_page(page: Page) -> None:
    """What holds for every page, in each look: without a violation, within its window, quiet, and from one host.

    Without scripts axe doesn't run, and the rest is looked at.
    """
    before = page.viewport_size
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for look in LOOKS:
        show(page, look)
        # In the dark nothing but colours differs: theme/build.py keeps nothing else.
        rules = ["color-contrast"] if look.dark else None
        found = violations(page, rules) and violations(page, rules)  # again: something may just have moved
        assert found == [], "\n".join([f"{page.url} ({look})", *found])
        check_width(page, str(look))
    show(page, PHONE)
    spaced(page, SPACING)
    check_width(page, f"{PHONE}, spaced")
    spaced(page, "")
    page.emulate_media(color_scheme="dark" if dark else "light")
    if before:
        page.set_viewport_size(before)
    check_quiet(page)
    font = page.evaluate("getComputedStyle(document.body).fontFamily")
    assert font.startswith("-apple-system"), f"{page.url} is written in {font}"
    assert not FOREIGN.search(page.content()), f"{page.url} shows whose design it is"


def check_width(page: Page, look: str) -> None:
    """Nothing stands beside the window, in this look."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} ({look}) scrolls sideways by {wide} px"


def spaced(page: Page, css: str) -> None:
    """Have a page's text spaced by a reader's own style sheet, as its window stands."""
    page.evaluate(STYLED, css)
    _settled(page)


def show(page: Page, look: Look) -> None:
    """Have a page in another window's look."""
    page.set_viewport_size({"width": look.width, "height": HEIGHT})
    page.emulate_media(color_scheme="dark" if look.dark else "light")
    _settled(page)


def _settled(page: Page) -> None:
    """What has no room in the menu goes into "More" a moment later."""
    if page.viewport_size and _seen[page.context].script:
        page.wait_for_function(MENU_IS_SETTLED, arg=page.viewport_size["width"])


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds, by those rules or by WCAG 2.0 to 2.2, A and AA, and good practice."""
    from axe_playwright_python.sync_playwright import Axe

    if not _seen[page.context].script:
        return []
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    options = {
        "runOnly": only,
        "resultTypes": ["violations"],
        "rules": {} if rules else {"target-size": {"enabled": True}},
    }
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def check_quiet(page: Page) -> None:
    """Nothing was asked of another host, and the console is empty but for pages that were meant to fail."""
    seen = _seen[page.context]
    hosts = {urlsplit(address).netloc for address in seen.addresses}
    assert hosts == {urlsplit(page.url).netloc}, f"{page.url} asked {hosts}"
    said = [
        text
        for text, address in seen.console
        if not (address in seen.navigations and text.startswith("Failed to load resource"))
    ]
    assert said == [], "\n".join([page.url, *said])


def screenshot(page: Page, name: str, *, look: Look | None = None, whole: bool = True) -> None:
    """A picture for README and docs, if ``PATIENTPORTAL_SCREENSHOTS`` names a folder for them."""
    if folder := os.environ.get("PATIENTPORTAL_SCREENSHOTS"):
        if look:
            show(page, look)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole, animations="disabled")


@contextmanager
def serving(make: Callable[[str], ASGIApp]) -> Iterator[str]:
    """The address of an application that uvicorn serves meanwhile: localhost, where Secure cookies are kept.

    Args:
        make: makes the application, given its address, without a slash at its end: a portal's ``link_base_url``.
    """
    with create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make(address), ws="none", log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()  # whoever asks before it runs waits in the socket's queue
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(ANSWER_SECONDS)
            assert not thread.is_alive()
