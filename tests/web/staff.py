"""A browser in which somebody of the staff is at work, let in by the host."""

from starlette.testclient import TestClient

from patientportal import Portal, Role, StaffId, StaffMember
from patientportal.web import create_app
from tests.web.patients import HERE

KING = StaffMember(id=StaffId("dr-king"), name="Dr William King", roles=frozenset({Role.PROVIDER}))
DORA = StaffMember(id=StaffId("dr-dora"), name="Dr Dora Winter", roles=frozenset({Role.PROVIDER}))
SUSAN = StaffMember(id=StaffId("susan"), name="Susan Front", roles=frozenset({Role.FRONT_DESK}))


def at_work(of: Portal, who: StaffMember) -> TestClient:
    """Their browser."""
    app = create_app(of, practice="Lake Clinic", staff=lambda _: who)
    return TestClient(app, base_url="https://portal.example", headers=dict(HERE), follow_redirects=False)


def day(name: str, year: int, month: int, of_month: int) -> dict[str, str]:
    """A day as a form sends it."""
    return {f"{name}-year": str(year), f"{name}-month": str(month), f"{name}-day": str(of_month)}
