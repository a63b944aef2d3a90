"""Medications in a browser: what is taken, and more of it asked for, waited for and taken back."""

from collections.abc import Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from patientportal import MedicationId, Portal, RecordingNotifier, RenewalStatus
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


def prescribed(one: Portal, its: Clinic, name: str, *, is_renewable: bool = True) -> MedicationId:
    """One more of Ada's."""
    return desk(one).medications.record(
        its.ada.patient_id, name=name, started_on=date(2026, 1, 2), refills_left=0, is_renewable=is_renewable
    )


def asked(ada: TestClient, medication_id: str, **typed: str) -> str:
    """Where they are after they asked for more."""
    page = f"/medications/{medication_id}/renew"
    return ada.post(page, data={"key": key_of(ada.get(page)), **typed}).headers["location"]


def test_what_is_taken_now_comes_first_and_what_was_taken_stands_behind_a_link(ada: TestClient) -> None:
    page = ada.get("/medications")
    said = words(page)
    assert "Metformin 500 MG Oral Tablet Dose 2 tablets How to take it Once a day Refills left 3 refills left" in said
    assert "Prescribed by Dr William King" in said
    assert "Amoxicillin" not in said
    assert 'href="/medications/all"' in page.text
    assert "Amoxicillin 500 MG Oral Capsule" in words(ada.get("/medications/all"))
    assert "Stopped on December 26, 2025" in words(ada.get("/medications/all"))


def test_more_is_asked_for_once_however_often_the_form_is_sent(ada: TestClient, its: Clinic) -> None:
    page = f"/medications/{its.medications[1]}/renew"
    form = {"key": key_of(ada.get(page)), "pharmacy": "Corner Pharmacy", "note": "I travel <soon>.\n\nThank you"}
    first, second = ada.post(page, data=form), ada.post(page, data=form)
    assert first.headers["location"] == second.headers["location"]
    said = words(ada.get(first.headers["location"]))
    assert "We have your request." in said
    assert "Waiting for an answer Dr William King will look at it." in said
    assert "If there is no answer by January 19, 2026" in said
    assert "Corner Pharmacy" in said
    assert "I travel <soon>. Thank you" in said
    assert "See your request for Metformin" in words(ada.get("/medications"))


def test_what_cannot_be_used_is_said_at_its_field_and_nothing_that_was_typed_is_lost(
    ada: TestClient, one: Portal, its: Clinic
) -> None:
    page = f"/medications/{prescribed(one, its, 'Ibuprofen')}/renew"
    key = key_of(ada.get(page))
    answer = ada.post(page, data={"key": key, "pharmacy": "p" * 201, "note": "for my knee"})
    assert (answer.status_code, faults(answer)) == (422, ["pharmacy"])
    assert "for my knee" in answer.text
    assert key_of(answer) == key
    other = ada.post(page, data={"key": key, "pharmacy": "", "note": "n" * 1001})
    assert faults(other) == ["note"]


def test_what_waits_already_is_said_with_the_way_to_it(ada: TestClient, its: Clinic) -> None:
    page = f"/medications/{its.medications[0]}/renew"
    for answer in (ada.get(page), ada.post(page, data={"key": "another", "pharmacy": ""})):
        assert "You do not need to ask again." in words(answer)
        assert f'href="/medications/renewals/{its.renewal}"' in answer.text
        assert "<textarea" not in answer.text
    assert answer.status_code == 409


def test_the_key_of_a_form_that_asked_for_something_else_is_refused(ada: TestClient, one: Portal, its: Clinic) -> None:
    first, second = prescribed(one, its, "Aspirin"), prescribed(one, its, "Cetirizine")
    key = key_of(ada.get(f"/medications/{first}/renew"))
    assert ada.post(f"/medications/{first}/renew", data={"key": key}).status_code == 303
    answer = ada.post(f"/medications/{second}/renew", data={"key": key})
    assert (answer.status_code, "You have sent this form before" in words(answer)) == (409, True)


def test_what_cannot_be_renewed_here_says_what_to_do(ada: TestClient, one: Portal, its: Clinic) -> None:
    fixed = prescribed(one, its, "Warfarin", is_renewable=False)
    assert "How to get more of Warfarin" in words(ada.get("/medications"))
    for medication_id, told in ((fixed, "you may need a visit first"), (its.discontinued, "was stopped on December")):
        page = f"/medications/{medication_id}/renew"
        for answer in (ada.get(page), ada.post(page, data={"key": "k"})):
            assert told in words(answer)
            assert 'href="/support/ask"' in answer.text
            assert "+1 207 555 0100" in words(answer)
            assert "<textarea" not in answer.text


def test_a_request_is_taken_back_after_a_second_question_and_can_be_made_again(
    ada: TestClient, one: Portal, its: Clinic
) -> None:
    here = asked(ada, prescribed(one, its, "Loratadine"))
    assert f'href="{here}/withdraw"' in ada.get(here).text
    assert "You asked for a renewal of Loratadine." in words(ada.get(f"{here}/withdraw"))
    assert ada.get(here).text.count("Waiting for an answer") == 1
    assert ada.post(f"{here}/withdraw").headers["location"] == here
    said = words(ada.get(here))
    assert "You took your request back." in said
    assert "Ask for Loratadine again" in said
    assert ada.post(f"{here}/withdraw").status_code == 303


def test_what_was_answered_is_told_with_its_reason_and_can_not_be_taken_back(
    ada: TestClient, one: Portal, its: Clinic
) -> None:
    practice = desk(one)
    no, yes = asked(ada, prescribed(one, its, "Zolpidem")), asked(ada, prescribed(one, its, "Ramipril"))
    ids = {one.medication_name: one.renewal_id for one in practice.medications.renewals(its.ada.patient_id).items}
    practice.medications.deny_renewal(ids["Zolpidem"], "Not for <long>.\n\nLet us talk.")
    practice.medications.approve_renewal(ids["Ramipril"], refills=2, changes="Half a tablet", refilled=False)
    denied, approved = words(ada.get(no)), words(ada.get(yes))
    assert "Why not Not for <long>. Let us talk." in denied
    assert "It is not ready yet." in approved
    assert "New refills 2" in approved
    assert "How to take it from now on Half a tablet" in approved
    assert "This request is closed" in words(ada.get(f"{no}/withdraw"))
    answer = ada.post(f"{no}/withdraw")
    assert (answer.status_code, "It cannot be taken back any more." in words(answer)) == (409, True)
    listed = words(ada.get("/medications/renewals"))
    assert "Denied" in listed
    assert "Approved" in listed


def test_nobody_sees_or_changes_what_is_somebody_else_s(one: Portal, its: Clinic) -> None:
    with logged_in(one, its.ben.username) as ben:
        for page in (f"/medications/{its.medications[0]}/renew", f"/medications/renewals/{its.renewal}/withdraw"):
            assert (ben.get(page).status_code, ben.post(page, data={"key": "k"}).status_code) == (404, 404)
        assert ben.get(f"/medications/renewals/{its.renewal}").status_code == 404
        assert ben.get("/medications/renewals/%00").status_code == 404
        assert "You have no medications now." in words(ben.get("/medications"))
        assert "There are no medications here." in words(ben.get("/medications/all"))
        assert "You have not asked for a renewal yet." in words(ben.get("/medications/renewals"))
    assert one.log_in("ada", its.ada.password).medications.renewal(its.renewal).status is RenewalStatus.REQUESTED
