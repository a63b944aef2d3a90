"""A browser in which a patient is logged in, and what a page says in it."""

import re
from html import unescape

import httpx2 as httpx
from starlette.testclient import TestClient

from patientportal import Portal
from patientportal.testing import PASSWORD
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"
)


def logged_in(of: Portal, username: str = "ada", *, password: str = PASSWORD, agent: str = CHROME) -> TestClient:
    """Somebody's browser, after the log-in."""
    app = create_app(of, practice="Lake Clinic", phone="+1 207 555 0100")
    headers = HERE | {"User-Agent": agent}
    one = TestClient(app, base_url="https://portal.example", headers=headers, follow_redirects=False)
    assert one.post("/log-in", data={"username": username, "password": password}).headers["location"] == "/"
    return one


def words(answer: httpx.Response) -> str:
    """What a page says, without its frame: its words, one space between them."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<main{main}")).split())


def key_of(answer: httpx.Response) -> str:
    """What makes the form of a page one, however often it is sent."""
    found = re.search(r'name="key" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def faults(answer: httpx.Response) -> list[str]:
    """The fields of a form with which something is wrong, as its summary leads to them."""
    return re.findall(r'<a href="#([^"]+)"', answer.text.partition("error-summary__list")[2].partition("</ul>")[0])
