"""A computer at the desk: what somebody does there by names alone, counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.web.browser import check_quiet, screenshot

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class Computer:
    """One at the desk, and what is done there; it counts."""

    def __init__(self, page: Page, address: str, pictures: Iterator[int]) -> None:
        self.page, self.address, self._pictures = page, address, pictures
        self.presses = self.loads = 0
        page.on("framenavigated", self._loaded)
        page.goto(f"{address}/desk")

    def press(self, name: str) -> None:
        """A link or a button on the page, by all that it says: no other says the same."""
        at = self.page.locator("main")
        self._press(at.get_by_role("link", name=name, exact=True).or_(at.get_by_role("button", name=name, exact=True)))

    def menu(self, name: str, *, of: str = "Menu") -> None:
        """A link of a menu."""
        self._press(self.page.get_by_label(of, exact=True).get_by_role("link", name=name, exact=True))

    def choose(self, name: str) -> None:
        """One of several."""
        self.presses += 1
        self.page.get_by_label(name, exact=True).first.check()

    def pick(self, label: str, name: str) -> None:
        """One out of a list."""
        self.presses += 1
        self.page.locator("main").get_by_label(label, exact=True).select_option(label=name)

    def write(self, label: str, text: str) -> None:
        """Into a field, by the keys."""
        self.page.locator("main").get_by_label(label, exact=True).fill(text)

    def on(self, legend: str, day: date) -> None:
        """A day in three parts."""
        parts = self.page.get_by_role("group", name=legend)
        for name, number in (("Month", day.month), ("Day", day.day), ("Year", day.year)):
            parts.get_by_label(name, exact=True).fill(str(number))

    def find(self, name: str) -> None:
        """Somebody, by their name, whom nobody else is called."""
        self.menu("People")
        self.write("Name, or part of it", name)
        self.press("Find")
        self.reads(name)

    def reads(self, *texts: str) -> None:
        """What the page says."""
        said = " ".join(self.page.locator("main").inner_text().split())
        for text in texts:
            assert text in said, f"{self.page.url} doesn't say {text!r}: {said}"

    def note(self, name: str) -> None:
        """A picture for the diary; nothing went wrong on the page."""
        check_quiet(self.page)
        screenshot(self.page, f"desk-{next(self._pictures):02}-{name}")

    @contextmanager
    def task(self, *, presses: int, pages: int) -> Iterator[None]:
        """One of the commonest, from home: what it takes of presses, and of pages that load."""
        self.page.goto(f"{self.address}/desk")
        presses_before, loads_before = self.presses, self.loads
        yield
        assert (self.presses - presses_before, self.loads - loads_before) == (presses, pages)

    def _press(self, what: Locator) -> None:
        self.presses += 1
        with self.page.expect_navigation():
            what.click()

    def _loaded(self, frame: Any) -> None:
        self.loads += frame == self.page.main_frame
