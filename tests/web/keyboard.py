"""A page used with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page

STEPS = 200
NAME = """() => {
  const at = document.activeElement;
  const text = (id) => document.getElementById(id)?.textContent ?? "";
  const labelled = (at.getAttribute("aria-labelledby") ?? "").split(" ").map(text).join(" ").trim();
  const name = at.getAttribute("aria-label") || labelled || at.labels?.[0]?.textContent || at.textContent;
  return at === document.body ? "" : name.replace(/\\s+/g, " ").trim();
}"""
IS_SHOWN = """() => {
  const at = document.activeElement;
  const drawn = [getComputedStyle(at)];
  if (at.labels?.[0]) drawn.push(getComputedStyle(at.labels[0], "::before")); // of radio buttons and boxes
  return drawn.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
}"""


class Keyboard(NamedTuple):
    """The keys of one page. Names are what labels, buttons and links say; the beginning is enough."""

    page: Page

    def focused(self) -> str:
        """The name of what has the focus, "" if nothing has."""
        name: str = self.page.evaluate(NAME)
        return name

    def to(self, name: str) -> None:
        """Tab to something."""
        passed = []
        for _ in range(STEPS):
            self.page.keyboard.press("Tab")
            passed.append(self.focused())
            if passed[-1].startswith(name):
                assert self.page.evaluate(IS_SHOWN), f"the focus on {name!r} can't be seen"
                return
        raise AssertionError(f"{name!r} isn't among {dict.fromkeys(passed)}")

    def write(self, name: str, text: str) -> None:
        """Fill in a field, over what it holds."""
        self.to(name)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def press(self, name: str, key: str = "Enter") -> None:
        """Press a button or follow a link."""
        self.to(name)
        self.page.keyboard.press(key)

    def tick(self, name: str) -> None:
        """Tick a box."""
        self.press(name, "Space")

    def choose(self, first: str, name: str) -> None:
        """Choose one of the radio buttons by the arrows, from the first or the chosen one."""
        self.to(first)
        for _ in range(STEPS):
            if self.focused().startswith(name):
                self.page.keyboard.press("Space")
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name!r} isn't there")
