"""What tests of the desk share: who of the staff asks, said by a header as a proxy of the host's might."""

import re

from httpx2 import Response
from starlette.requests import Request
from starlette.testclient import TestClient

from patientportal import Portal, Role, StaffId, StaffMember
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}


def staff(request: Request) -> StaffMember | None:
    """Whom the header names by their roles; nobody, without it."""
    roles = request.headers.get("X-Roles", "").split()
    return StaffMember(id=StaffId("sam"), name="Sam Staff", roles=frozenset(map(Role, roles))) if roles else None


def at_desk(of: Portal, *roles: Role) -> TestClient:
    """A browser of somebody with these roles."""
    headers = HERE | ({"X-Roles": " ".join(roles)} if roles else {})
    app = create_app(of, practice="Lake Clinic", staff=staff)
    return TestClient(app, base_url="https://portal.example", headers=headers, follow_redirects=False)


def words(answer: Response) -> str:
    """What a reader sees of a page, without its frame."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main[0] if main else "").split())


def day(name: str, year: int, month: int, of_month: int) -> dict[str, str]:
    """A day as a form sends it."""
    return {f"{name}-year": str(year), f"{name}-month": str(month), f"{name}-day": str(of_month)}
