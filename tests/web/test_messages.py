"""Messages in a browser: what is new, what was read, and where each leads."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import MessageKind, Portal, RecordingNotifier, RetractionReason, Role, StaffId, StaffMember
from patientportal.testing import Clinic, FrozenClock, clinic, desk, portal
from tests.web.patients import logged_in
from tests.web.reading import words


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


def path_of(one: Portal, its: Clinic, subject: str) -> str:
    """Where Ada's latest message with this subject stands."""
    inbox = desk(one).messages.of_patient(its.ada.patient_id).items
    return "/messages/" + next(message.message_id for message in inbox if message.subject == subject)


def test_a_message_is_new_until_it_is_read(ada: TestClient, one: Portal, its: Clinic) -> None:
    assert "Before your next visit New or read New" in words(ada.get("/messages"))
    assert "Your results New or read Read" in words(ada.get("/messages"))
    here = path_of(one, its, "Before your next visit")
    assert "Please come without breakfast." in words(ada.get(here))
    assert "Before your next visit New or read Read" in words(ada.get("/messages"))


def test_what_people_wrote_is_shown_as_they_wrote_it_and_as_text(ada: TestClient, one: Portal, its: Clinic) -> None:
    desk(one).messages.send(its.ada.patient_id, subject="A <b>bold</b> word", body="One\nTwo <script>\n\nThree")
    shown = ada.get(path_of(one, its, "A <b>bold</b> word")).text
    assert "<p>One<br>Two &lt;script&gt;</p>" in shown
    assert "<p>Three</p>" in shown
    assert "A &lt;b&gt;bold&lt;/b&gt; word" in shown
    assert "<title>Message " in shown, "the browser's history says nothing of it"


def test_a_message_of_the_portal_leads_to_what_it_is_about(ada: TestClient, one: Portal, its: Clinic) -> None:
    practice = desk(one)
    king = StaffMember(id=StaffId("dr-king"), name="William King", roles=frozenset({Role.PROVIDER}))
    one.practice(king).medications.deny_renewal(its.renewal, "We should talk first.")
    practice.support.resolve(its.support, answer="Yes, with your word.")
    inbox = practice.messages.of_patient(its.ada.patient_id).items
    paths = {
        MessageKind.RENEWAL_DENIED: "/medications/renewals/",
        MessageKind.SUPPORT_ANSWERED: "/support/",
        MessageKind.PAYMENT_RECEIPT: "/statements/payments/",
    }
    for kind, path in paths.items():
        message = next(message for message in inbox if message.kind is kind)
        assert f'href="{path}{message.about_id}"' in ada.get(f"/messages/{message.message_id}").text


def test_what_the_portal_wrote_is_in_the_reader_s_language(ada: TestClient, one: Portal, its: Clinic) -> None:
    ada.cookies.set("lang", "es", domain="portal.example")
    assert "Recibo de su pago" in words(ada.get("/messages"))
    assert "Recibimos su pago de $45.50" in words(ada.get(path_of(one, its, "Receipt for your payment")))


def test_what_was_taken_back_is_gone(ada: TestClient, one: Portal, its: Clinic) -> None:
    message_id = desk(one).messages.send(its.ada.patient_id, subject="Not for you", body="Of somebody else")
    desk(one).messages.retract(message_id, RetractionReason.WRONG_PATIENT)
    answer = ada.get(f"/messages/{message_id}")
    assert (answer.status_code, "It may be gone." in words(answer)) == (404, True)
    assert "Not for you" not in words(ada.get("/messages"))


def test_nobody_reads_what_was_written_to_somebody_else(one: Portal, its: Clinic) -> None:
    here = path_of(one, its, "Your results")
    with logged_in(one, its.ben.username) as ben:
        assert ben.get(here).status_code == 404
        assert "You have no messages." in words(ben.get("/messages"))
        assert ben.get("/messages?cursor=nonsense").status_code == 422
