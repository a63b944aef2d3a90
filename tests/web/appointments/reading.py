"""What the tests of these pages share: the way to a free time."""

from starlette.testclient import TestClient

from tests.web.reading import links


def a_time(of: TestClient, *, week: str = "2026-01-25", path: str = "/appointments/book/times", number: int = 0) -> str:
    """The page of a free time of a week."""
    page = of.get(path, params={"kind": "1", "week": week}).text
    return links(page, f"^{path}/")[number]
