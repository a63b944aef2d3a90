"""What stands on a page: words, faults, links, and what its forms hold unseen; and a day as a form sends it."""

import re
from html import unescape

from httpx2 import Response


def words(page: Response | str) -> str:
    """What a page says, without its frame: its words, one space between them."""
    main = _text(page).partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<main{main}")).split())


def faults(page: Response | str) -> list[str]:
    """The fields of a form with which something is wrong, as its summary leads to them."""
    return re.findall(r'<a href="#([^"]+)"', _text(page).partition("error-summary__list")[2].partition("</ul>")[0])


def key_of(page: Response | str) -> str:
    """What makes the form of a page one, however often it is sent."""
    return fields(page)["key"]


def fields(page: Response | str) -> dict[str, str]:
    """What the page's own forms hold unseen."""
    own = _text(page).partition("<main")[2].partition("</main>")[0]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', own)}


def links(page: Response | str, pattern: str) -> list[str]:
    """The addresses on a page that look so."""
    found = map(unescape, re.findall(r'href="([^"]+)"', _text(page)))
    return [one for one in found if re.search(pattern, one)]


def day(name: str, year: int, month: int, of_month: int) -> dict[str, str]:
    """A day as a form sends it."""
    return {f"{name}-year": str(year), f"{name}-month": str(month), f"{name}-day": str(of_month)}


def _text(page: Response | str) -> str:
    return page if isinstance(page, str) else page.text
