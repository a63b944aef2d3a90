"""What the tests of these pages share: who reads them, and what stands on one."""

import html
import re

from starlette.testclient import TestClient

from patientportal import Portal
from patientportal.testing import PASSWORD
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}


def reader(of: Portal, username: str, *, email: str | None = "front.desk@clinic.example") -> TestClient:
    """Somebody who is logged in."""
    app = create_app(of, practice="Lake Clinic", phone="+1 207 555 0100", email=email)
    found = TestClient(app, base_url="https://portal.example", headers=dict(HERE), follow_redirects=False)
    assert found.post("/log-in", data={"username": username, "password": PASSWORD}).status_code == 303
    return found


def links(page: str, pattern: str) -> list[str]:
    """The addresses on a page that look so."""
    found = map(html.unescape, re.findall(r'href="([^"]+)"', page))
    return [one for one in found if re.search(pattern, one)]


def fields(page: str) -> dict[str, str]:
    """What the page's own forms hold unseen."""
    own = page.split("<main", 1)[1].split("</main", 1)[0]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', own)
    }


def said(page: str) -> str:
    """The page's words."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1])).split())


def a_time(of: TestClient, *, week: str = "2026-01-25", path: str = "/appointments/book/times", number: int = 0) -> str:
    """The page of a free time of a week."""
    page = of.get(path, params={"kind": "1", "week": week}).text
    return links(page, f"^{path}/")[number]
