"""One portal in a browser, with its mailbox and its clock, for tests of how somebody gets in."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier
from patientportal.testing import BORN, PASSWORD, FrozenClock, last_link_secret, portal
from patientportal.web import create_app
from tests.web.patients import browser_at

BIRTH_DATE = {
    "date_of_birth-year": str(BORN.year),
    "date_of_birth-month": str(BORN.month),
    "date_of_birth-day": str(BORN.day),
}
ACCOUNT = {
    "filled_in": "yes",
    **BIRTH_DATE,
    "username": "grace",
    "password": PASSWORD,
    "question_1": "first_pet",
    "answer_1": "Mopsy",
    "question_2": "first_school",
    "answer_2": "Harbour Lane",
}


class World:
    """A portal, its mailbox and its clock."""

    def __init__(self, **given: Any) -> None:
        self.mailbox, self.clock = RecordingNotifier(), FrozenClock()
        self.portal: Portal = portal(notifier=self.mailbox, clock=self.clock, **given)

    def browser(self, *, mount: str = "") -> TestClient:
        """Somebody's, who has no cookie yet."""
        app = create_app(self.portal, practice="Lake Clinic", phone="+1 207 555 0100")
        if mount:
            app = Starlette(routes=[Mount(mount, app)])
        return browser_at(app)

    def mails(self) -> int:
        """How many there are, once all are sent."""
        while self.portal.work().sent:
            pass
        return len(self.mailbox.messages)

    def mailed(self) -> str:
        """The secret of the last link, once it is sent."""
        self.mails()
        return last_link_secret(self.mailbox)
