"""Questions to the practice in a browser: asked once, waited for, answered."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier, SupportRequestId
from patientportal.testing import Clinic, FrozenClock, clinic, desk, portal
from tests.web.patients import logged_in
from tests.web.reading import faults, key_of, words


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier(), clock=FrozenClock())


@pytest.fixture(scope="module")
def its(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def ada(one: Portal, its: Clinic) -> Iterator[TestClient]:
    with logged_in(one, its.ada.username) as browser:
        yield browser


def asked(browser: TestClient, message: str) -> str:
    """Where somebody is after they asked something."""
    form = {"key": key_of(browser.get("/support/ask")), "message": message}
    return browser.post("/support/ask", data=form).headers["location"]


def test_a_question_is_asked_once_however_often_the_form_is_sent(ada: TestClient) -> None:
    form = {"key": key_of(ada.get("/support/ask")), "message": "Is it <open>?\n\nOn Sunday?"}
    first, second = ada.post("/support/ask", data=form), ada.post("/support/ask", data=form)
    assert first.headers["location"] == second.headers["location"]
    said = words(ada.get(first.headers["location"]))
    assert "We have your question." in said
    assert "Is it <open>? On Sunday?" in said
    assert "Waiting for us We will answer as soon as we can." in said


@pytest.mark.parametrize("message", ["", " \n ", "m" * 2001])
def test_what_cannot_be_sent_is_said_at_the_field(ada: TestClient, message: str) -> None:
    key = key_of(ada.get("/support/ask"))
    answer = ada.post("/support/ask", data={"key": key, "message": message})
    assert (answer.status_code, faults(answer), key_of(answer)) == (422, ["message"], key)
    assert message.strip() in answer.text


@pytest.mark.parametrize("form", [{"message": "a\x00b"}, {"message": "Hello", "key": "k" * 300}, {"message": "\u202e"}])
def test_what_no_keyboard_types_is_refused(ada: TestClient, form: dict[str, str]) -> None:
    assert ada.post("/support/ask", data=form).status_code == 422


def test_an_answer_and_an_end_without_one_are_told(ada: TestClient, one: Portal) -> None:
    answered, closed = asked(ada, "When is my visit?"), asked(ada, "Thank you!")
    practice = desk(one)
    practice.support.resolve(SupportRequestId(answered.rpartition("/")[2]), answer="On Monday.\n\nAt nine.")
    practice.support.resolve(SupportRequestId(closed.rpartition("/")[2]))
    assert "Our answer Answered" in words(ada.get(answered))
    assert "On Monday. At nine." in words(ada.get(answered))
    assert "There is no written answer." in words(ada.get(closed))
    listed = words(ada.get("/support"))
    assert "When is my visit? Where it stands Answered" in listed
    assert "Thank you! Where it stands Closed" in listed


def test_a_statement_that_was_asked_for_is_among_them(ada: TestClient, one: Portal, its: Clinic) -> None:
    me = one.log_in(its.ada.username, its.ada.password)
    request_id = me.statements.request_resend(its.current)
    assert "A statement once more" in words(ada.get("/support"))
    assert f'href="/statements/{its.current}"' in ada.get(f"/support/{request_id}").text


def test_too_many_open_questions_are_refused_and_what_was_typed_stays(one: Portal, its: Clinic) -> None:
    with logged_in(one, its.ben.username) as ben:
        assert "You have not asked us anything." in words(ben.get("/support"))
        for number in range(5):
            asked(ben, f"Question {number}")
        answer = ben.post("/support/ask", data={"key": "k", "message": "The sixth"})
        assert answer.status_code == 409
        assert "You have asked us as many things as you can" in words(answer)
        assert "The sixth" in answer.text
        assert ben.get(f"/support/{its.support}").status_code == 404
