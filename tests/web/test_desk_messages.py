"""Messages at the desk: what was written to a patient, writing once, and taking back."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import MessageId, Portal, RecordingNotifier
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import SUSAN, at_work
from tests.web.reading import faults, key_of, words

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


def written(one: Portal, its: Clinic, subject: str) -> MessageId:
    return one.practice(SUSAN).messages.send(its.ben.patient_id, subject=subject, body="As <agreed>.\n\nSusan")


def inbox(one: Portal) -> list[str]:
    """What Ben sees."""
    return [message.subject for message in one.log_in("ben", PASSWORD).messages.inbox().items]


def test_what_was_written_is_listed_by_whom_and_whether_it_is_read(susan: TestClient, its: Clinic) -> None:
    page = susan.get(f"/desk/people/{its.ada.patient_id}/messages")
    said = words(page)
    assert "Message Before your next visit Written by Staff" in said
    assert "Message Receipt for your payment Written by The portal" in said
    assert "Not read yet" in said
    assert "State Read" in said
    found = re.search(r'href="(/desk/people/[^"]+/messages/[^"]+)">Your results<', page.text)
    assert found
    shown = words(susan.get(found[1]))
    assert "Your blood count is as it should be." in shown
    assert "Read on" in shown
    assert "Take this message back" in shown


def test_a_message_is_written_once_however_often_the_form_is_sent(susan: TestClient, one: Portal, its: Clinic) -> None:
    page = f"/desk/people/{its.ben.patient_id}/messages/write"
    assert "Send to Ben Byron" in words(susan.get(page))
    form = {"key": key_of(susan.get(page)), "subject": "Your card", "body": "It is <here>.\n\nSusan"}
    first, second = susan.post(page, data=form), susan.post(page, data=form)
    assert first.headers["location"] == second.headers["location"] == f"/desk/people/{its.ben.patient_id}/messages"
    assert inbox(one).count("Your card") == 1
    assert "The message is in their inbox" in words(susan.get(first.headers["location"]))
    other = susan.post(page, data=form | {"body": "Another"})
    assert (other.status_code, "Another" in other.text) == (409, True)


def test_what_cannot_be_written_is_told_at_once_and_nothing_typed_is_lost(susan: TestClient, its: Clinic) -> None:
    page = f"/desk/people/{its.ben.patient_id}/messages/write"
    key = key_of(susan.get(page))
    answer = susan.post(page, data={"key": key, "subject": "", "body": " "})
    assert (answer.status_code, faults(answer), key_of(answer)) == (422, ["subject", "body"], key)
    answer = susan.post(page, data={"key": key, "subject": "s" * 201, "body": "Kept"})
    assert (faults(answer), "Kept" in answer.text) == (["subject"], True)


def test_a_message_is_taken_back_for_a_reason_after_a_second_question_that_names_the_patient(
    susan: TestClient, one: Portal, its: Clinic
) -> None:
    here = f"/desk/people/{its.ben.patient_id}/messages/{written(one, its, 'For another')}"
    asked = words(susan.get(f"{here}/retract"))
    assert "Take “For another” back from Ben Byron?" in asked
    assert "They have not read it yet." in asked
    for reason, wrong in (("", ["reason"]), ("no reason", ["reason"])):
        assert faults(susan.post(f"{here}/retract", data={"reason": reason})) == wrong
    assert "For another" in inbox(one)
    assert susan.post(f"{here}/retract", data={"reason": "wrong_patient"}).is_redirect
    assert "For another" not in inbox(one)
    said = words(susan.get(here))
    assert "Taken back by susan" in said
    assert "It was for somebody else" in said
    assert "Take this message back" not in said
    assert "This message cannot be taken back" in words(susan.get(f"{here}/retract"))


def test_what_the_portal_wrote_stays(susan: TestClient, one: Portal, its: Clinic) -> None:
    found = desk(one).messages.of_patient(its.ada.patient_id).items
    theirs = next(message.message_id for message in found if not message.is_from_staff)
    here = f"/desk/people/{its.ada.patient_id}/messages/{theirs}"
    assert "Take this message back" not in words(susan.get(here))
    answer = susan.post(f"{here}/retract", data={"reason": "other"})
    assert (answer.status_code, "This message cannot be taken back" in words(answer)) == (409, True)


def test_nothing_of_another_patient_is_found_here(susan: TestClient, one: Portal, its: Clinic) -> None:
    here = f"/desk/people/{its.ada.patient_id}/messages/{written(one, its, 'Mine')}"
    assert susan.get(here).status_code == 404
    assert susan.get(f"{here}/retract").status_code == 404
    assert susan.post(f"{here}/retract", data={"reason": "other"}).status_code == 404
    assert "Mine" in inbox(one)
    assert susan.get("/desk/people/nobody/messages/write").status_code == 404
    assert "Nothing was written to them." in words(susan.get(f"/desk/people/{its.invited}/messages"))
