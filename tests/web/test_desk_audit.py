"""What happened, in words, for support; and the notices that reached nobody."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from patientportal import Answer, PersonalInformation, Portal, RecordingNotifier, Role, Worked
from patientportal.testing import BORN, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import at_desk
from tests.web.reading import words

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture
def mailbox() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def one(mailbox: RecordingNotifier) -> Portal:
    return portal(notifier=mailbox, clock=FrozenClock())


@pytest.fixture
def filled(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def support(one: Portal) -> Iterator[TestClient]:
    with at_desk(one, Role.SUPPORT) as client:
        yield client


def test_the_history_of_a_patient_is_in_words(support: TestClient, filled: Clinic) -> None:
    path = f"/desk/people/{filled.ada.patient_id}"
    assert support.post(path, data={"act": "reactivate"}).status_code == 403
    page = words(support.get(f"{path}/history"))
    for text in ("Ada Byron", "The account was opened", "Somebody at the practice was refused", "The patient"):
        assert text in page
    assert "Dr William King (Support) " in page
    assert "id-0" not in page
    assert "staff_refused" not in page


def test_the_history_goes_on_on_further_pages(support: TestClient, one: Portal, filled: Clinic) -> None:
    for _ in range(100):
        desk(one).patients.get(filled.ben.patient_id)
    page = support.get(f"/desk/people/{filled.ben.patient_id}/history").text
    assert "cursor=" in page


def test_what_was_refused_stands_by_itself(support: TestClient, one: Portal) -> None:
    assert "There is nothing of it here" in words(support.get("/desk/audit/refused"))
    assert support.get("/desk").status_code == 403
    refused = words(support.get("/desk/audit/refused"))
    assert ("Somebody at the practice was refused" in refused, "Times for visits were opened" in refused) == (
        True,
        False,
    )
    everything = words(support.get("/desk/audit"))
    assert ("Somebody at the practice was refused" in everything, "Times for visits were opened" in everything) == (
        True,
        True,
    )
    with at_desk(one, Role.FRONT_DESK) as front:
        assert front.get("/desk/audit").status_code == 403


def test_a_notice_that_reached_nobody_is_sent_again_or_let_be(
    support: TestClient, one: Portal, mailbox: RecordingNotifier
) -> None:
    mailbox.answers = [Answer.NEVER] * 10
    for name, email in (("Lane", "no.such@example.org"), ("Street", None)):
        somebody = PersonalInformation(first_name="Nora", last_name=name, date_of_birth=BORN, email=email)
        desk(one).patients.register(somebody)
    while one.work() != Worked():
        pass
    first, second = desk(one).audit.undelivered(limit=200).items[-2:]
    page = support.get("/desk/undelivered")
    for text in ("Nora Lane", "Invitation to the portal", "Given up", "No address to send it to"):
        assert text in words(page)
    assert f'href="/desk/people/{first.patient_id}"' in page.text

    def sent_again(notice: str) -> httpx.Response:
        answer = support.post("/desk/undelivered", data={"notice": notice})
        return support.get(answer.headers["location"]) if answer.status_code == 303 else answer

    assert "The notice will be sent again" in words(sent_again(first.delivery_id))
    asked = words(support.get(f"/desk/undelivered/{second.delivery_id}"))
    assert "Take the notice for Nora Street off the list" in asked
    assert support.post(f"/desk/undelivered/{second.delivery_id}").headers["location"] == "/desk/undelivered"
    assert "The notice is off the list" in words(support.get("/desk/undelivered"))
    left = {notice.delivery_id for notice in desk(one).audit.undelivered(limit=200).items}
    assert left.isdisjoint({first.delivery_id, second.delivery_id})
    refused = sent_again(second.delivery_id)
    assert (refused.status_code, "There is a problem" in words(refused)) == (409, True)
    assert sent_again("none").status_code == 404
    assert support.get(f"/desk/undelivered/{second.delivery_id}").status_code == 404


def test_nothing_undelivered_is_said() -> None:
    with portal() as empty, at_desk(empty, Role.SUPPORT) as support:
        assert "Every notice reached somebody" in words(support.get("/desk/undelivered"))
