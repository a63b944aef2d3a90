"""Support at the desk: what patients and strangers ask, apart, and what they are answered."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import Asker, Portal, RecordingNotifier, SupportRequestId
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import KING, SUSAN, at_work
from tests.web.reading import faults, words

pytestmark = pytest.mark.usefixtures("its")


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier(), clock=FrozenClock())


@pytest.fixture(scope="module")
def its(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def susan(one: Portal) -> Iterator[TestClient]:
    with at_work(one, SUSAN) as browser:
        yield browser


def asked(one: Portal, message: str) -> SupportRequestId:
    """Ben asks."""
    return one.log_in("ben", PASSWORD).support.ask(message)


def asked_by_a_stranger(one: Portal, message: str) -> SupportRequestId:
    one.recovery.ask_support("+1 207 555 0199", message)
    found = desk(one).support.open_requests(of=Asker.STRANGERS).items
    return next(request.request_id for request in found if request.message == message)


def test_patients_and_strangers_are_counted_and_listed_apart(susan: TestClient, one: Portal, its: Clinic) -> None:
    assert "Nobody who cannot log in waits for help." in words(susan.get("/desk/support"))
    own, strange = asked(one, "Is it <late>?"), asked_by_a_stranger(one, "I lost my phone")
    page = susan.get("/desk/support")
    said = words(page)
    assert "2 requests of patients, the oldest first" in said
    assert "1 request of somebody who cannot log in" in said
    assert "Who asks Ben Byron What they ask Is it <late>?" in said
    assert "Who asks +1 207 555 0199 What they ask I lost my phone" in said
    hrefs = [f'href="/desk/support/{request}"' for request in (its.support, own, strange)]
    assert sorted(hrefs, key=page.text.index) == hrefs


def test_a_patient_is_answered_and_the_work_goes_on_at_the_list(susan: TestClient, one: Portal, its: Clinic) -> None:
    here = f"/desk/support/{asked(one, 'Where do I park?')}"
    shown = susan.get(here)
    assert "Where do I park?" in words(shown)
    assert f'href="/desk/people/{its.ben.patient_id}"' in shown.text
    for typed in (" ", "a" * 10_001):
        answer = susan.post(here, data={"answer": typed})
        assert (answer.status_code, faults(answer)) == (422, ["answer"])
        assert typed in answer.text
    assert susan.post(here, data={"answer": "Behind the house."}).headers["location"] == "/desk/support"
    assert "The answer is in their inbox" in words(susan.get("/desk/support"))
    said = words(susan.get(here))
    assert "See what they were answered" in said
    assert "Closed by susan" in said
    assert "<textarea" not in susan.get(here).text
    again = susan.post(here, data={"answer": "Before the house."})
    assert again.status_code == 409


def test_a_stranger_is_sought_by_name_and_has_no_inbox(susan: TestClient, one: Portal) -> None:
    here = f"/desk/support/{asked_by_a_stranger(one, 'I forgot all of it')}"
    shown = susan.get(here)
    said = words(shown)
    assert "How to reach them +1 207 555 0199" in said
    assert "Nobody knows who wrote this." in said
    assert 'action="/desk/people"' in shown.text
    assert "<textarea" not in shown.text
    assert susan.post("/desk/people", data={"text": "Ben"}).is_redirect
    answer = susan.post(here, data={"answer": "Come in."})
    assert (answer.status_code, "Nobody knows who wrote this." in words(answer)) == (409, True)


def test_a_request_is_closed_without_an_answer_after_a_second_question(susan: TestClient, one: Portal) -> None:
    here = f"/desk/support/{asked(one, 'Never mind')}"
    assert f'href="{here}/close"' in susan.get(here).text
    assert "Close what Ben Byron asked?" in words(susan.get(f"{here}/close"))
    assert "Closed" not in words(susan.get(here))
    assert susan.post(f"{here}/close").headers["location"] == "/desk/support"
    assert "Closed by susan" in words(susan.get(here))
    assert "This request is closed" in words(susan.get(f"{here}/close"))
    assert susan.post(f"{here}/close").status_code == 409


def test_what_one_patient_asked_stands_with_them(susan: TestClient, its: Clinic) -> None:
    page = susan.get(f"/desk/people/{its.ada.patient_id}/support")
    said = words(page)
    assert "May my daughter see my visits? Where it stands Waiting for us" in said
    assert "Are you open on Saturdays? Where it stands Answered" in said
    assert f'href="/desk/support/{its.answered}"' in page.text
    assert "They have asked nothing." in words(susan.get(f"/desk/people/{its.invited}/support"))


def test_who_asks_for_a_statement_is_led_to_it(susan: TestClient, one: Portal, its: Clinic) -> None:
    me = one.log_in("ada", PASSWORD)
    again, new = me.statements.request_resend(its.current), me.statements.request_new_statement()
    assert f'href="/desk/statements/{its.current}"' in susan.get(f"/desk/support/{again}").text
    assert f'href="/desk/people/{its.ada.patient_id}/statements/new"' in susan.get(f"/desk/support/{new}").text


def test_a_provider_has_no_business_here(one: Portal, its: Clinic) -> None:
    with at_work(one, KING) as king:
        for path in ("/desk/support", f"/desk/support/{its.support}", f"/desk/support/{its.support}/close"):
            assert king.get(path).status_code == 403
        assert king.post(f"/desk/support/{its.support}/close").status_code == 403
    with at_work(one, SUSAN) as susan:
        assert susan.get("/desk/support/nothing").status_code == 404
        assert susan.post("/desk/support/nothing/close").status_code == 404
