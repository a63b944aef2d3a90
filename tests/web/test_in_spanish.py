"""Whoever reads Spanish meets no English: neither of ours nor what the components would say by themselves."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier
from patientportal.testing import PASSWORD, Clinic, clinic, portal
from patientportal.web import create_app
from patientportal.web.desk import SCREENS
from patientportal.web.languages import catalog
from patientportal.web.pages import screens
from tests.web.crawl import pattern_of
from tests.web.desk import everybody
from tests.web.test_texts import written

OF_COMPONENTS = {"Success", "Important", "Show", "Hide", "Pagination", "Previous", "Next", "Menu", "More", "Search"}
SAID = ("aria-label", "alt", "title", "placeholder")


class Texts(HTMLParser):
    """Everything that a page says, also to a screen reader."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said |= {value for name, value in attrs if value and (name in SAID or name.startswith("data-i18n"))}
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.said.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier())


@pytest.fixture(scope="module")
def filled(one: Portal) -> Clinic:
    return clinic(one)


def reader(of: Portal) -> TestClient:
    headers = {"Origin": "https://portal.example", "Accept-Language": "es-US"}
    app = create_app(of, practice="Clínica del Lago", staff=everybody)
    return TestClient(app, base_url="https://portal.example", headers=headers)


def english() -> set[str]:
    """Texts of ours that read otherwise in Spanish, and what the components would say."""
    translated = {entry.id: entry.string for entry in catalog("es") if isinstance(entry.id, str)}
    ours = {text for text in written() if isinstance(text, str) and "%(" not in text}
    return {text for text in ours | OF_COMPONENTS if translated.get(text) != text}


def pages(browser: TestClient, of: Portal, start: str) -> Iterator[tuple[str, Texts]]:
    """One page of each pattern that links lead to, and what its empty form says."""
    table = (*screens(of), *SCREENS)
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        path = ahead.pop(0)
        pattern = pattern_of(urlsplit(path).path, table)
        if pattern is None or pattern in seen:
            continue
        seen.add(pattern)
        shown = Texts(browser.get(path).text)
        ahead += [link for link in shown.links if link.startswith("/")]
        yield path, shown
        if "log-off" in path:
            continue
        answer = browser.post(path, data={})
        if answer.status_code in {409, 422}:
            yield f"{path}, sent empty", Texts(answer.text)


@pytest.mark.parametrize("start", ["/log-in", "/", "/desk"])
def test_a_page_in_spanish_says_nothing_in_english(one: Portal, filled: Clinic, start: str) -> None:
    with reader(one) as browser:
        if start == "/":
            browser.post("/log-in", data={"username": filled.ada.username, "password": PASSWORD})
        else:
            browser.cookies.set("lang", "es")
        strange = english()
        found = {path: texts.said & strange for path, texts in pages(browser, one, start)}
    assert len(found) > 10
    assert {path: said for path, said in found.items() if said} == {}
