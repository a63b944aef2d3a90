"""Letters that the desk prints: an invitation and a code for a new password, each shown once."""

import re
from collections.abc import Iterator
from datetime import date

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from patientportal import PartialDate, PatientId, PersonalInformation, Portal, RecordingNotifier, Role
from patientportal.testing import ANSWERS, PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import at_desk
from tests.web.reading import words

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4})+")
NEW_PASSWORD = "amber kettle 77 glides"

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier(), clock=FrozenClock())


@pytest.fixture(scope="module")
def filled(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def front(one: Portal) -> Iterator[TestClient]:
    with at_desk(one, Role.FRONT_DESK) as client:
        yield client


def code_in(answer: httpx.Response) -> str:
    found = CODE.search(words(answer))
    assert found
    return found[0]


def registered(one: Portal, born: date | PartialDate, *, language: str | None = None) -> PatientId:
    somebody = PersonalInformation(
        first_name="Nora",
        last_name="Lane",
        date_of_birth=born,
        email=None,
        postal_code="04101",
        language=language,
    )
    return desk(one).patients.register(somebody, invite=False)


def test_the_code_of_a_printed_invitation_works(front: TestClient, one: Portal) -> None:
    born = date(1944, 5, 6)
    path = f"/desk/people/{registered(one, born)}/invitation"
    asked = front.get(path)
    assert "Show the letter for Nora Lane" in words(asked)
    letter = front.post(path, data={"language": "en"})
    for text in ("Nora Lane 04101", "https://portal.example/activate", "Type your birth date", "works until"):
        assert text in words(letter)
    assert letter.headers["cache-control"] == "no-store"
    one.activate(code_in(letter), username="nora", password=PASSWORD, date_of_birth=born, security_answers=ANSWERS)


def test_a_letter_is_in_the_language_of_who_gets_it_and_the_page_in_that_of_the_desk(
    front: TestClient, one: Portal
) -> None:
    path = f"/desk/people/{registered(one, PartialDate(1944), language='es-MX')}/invitation"
    asked = front.get(path).text
    assert re.search(r'value="es" checked', asked)
    assert "whoever has the letter gets in" in asked
    letter = front.post(path, data={"language": "es"})
    assert '<div lang="es">' in letter.text
    page = words(letter)
    for text in (
        "Su invitación a nuestro portal",
        "Su código",
        "Sirve hasta el",
        "de enero de 2026",
        "Print this page now",
    ):
        assert text in page
    assert "fecha de nacimiento" not in page


def test_a_code_for_a_new_password_works(front: TestClient, one: Portal, filled: Clinic) -> None:
    path = f"/desk/people/{filled.ada.patient_id}/password-code"
    assert front.get(path).status_code == 200
    letter = front.post(path, data={"language": "en"})
    assert "https://portal.example/reset-password" in words(letter)
    one.recovery.reset_password(code_in(letter), NEW_PASSWORD, date_of_birth=date(1980, 12, 10))
    one.log_in(filled.ada.username, NEW_PASSWORD)


def test_what_cannot_be_printed_is_said_on_the_page_before(front: TestClient, filled: Clinic) -> None:
    path = f"/desk/people/{filled.ben.patient_id}/invitation"
    refused = front.post(path, data={"language": "en"})
    assert (refused.status_code, CODE.search(words(refused))) == (409, None)
    assert "Print an invitation" in words(refused)
    assert front.post(path, data={"language": "tlh"}).status_code == 422


def test_only_who_may_prints(one: Portal, filled: Clinic) -> None:
    with at_desk(one, Role.BILLING) as billing:
        answer = billing.post(f"/desk/people/{filled.invited}/invitation", data={"language": "en"})
        assert (answer.status_code, CODE.search(words(answer))) == (403, None)
