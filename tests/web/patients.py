"""A browser: anybody's, and one in which a patient is logged in."""

from typing import Any

from starlette.testclient import TestClient
from starlette.types import ASGIApp

from patientportal import Portal
from patientportal.testing import PASSWORD
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"
)


def browser_at(app: ASGIApp, headers: dict[str, str] | None = None, **more: Any) -> TestClient:
    """Somebody's, on these pages; ``more`` is the client's."""
    given: dict[str, Any] = {"base_url": "https://portal.example", "follow_redirects": False} | more
    return TestClient(app, headers=HERE | (headers or {}), **given)


def logged_in(
    of: Portal, username: str = "ada", *, password: str = PASSWORD, agent: str = CHROME, **more: Any
) -> TestClient:
    """Somebody's browser, after the log-in; ``more`` is the application's."""
    app = create_app(of, practice="Lake Clinic", phone="+1 207 555 0100", **more)
    one = browser_at(app, {"User-Agent": agent})
    assert one.post("/log-in", data={"username": username, "password": password}).headers["location"] == "/"
    return one
