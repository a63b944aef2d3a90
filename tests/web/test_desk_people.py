"""People at the desk: found, listed, registered, put right, helped to get in, and let go."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import (
    AppointmentStatus,
    PartialDate,
    PatientDetails,
    PatientId,
    PersonalInformation,
    Portal,
    PortalError,
    RecordingNotifier,
    Role,
)
from patientportal.testing import PASSWORD, Clinic, FrozenClock, activated, clinic, desk, portal
from tests.web.desk import at_desk
from tests.web.reading import faults, words

NEW = {"first_name": "Greta", "last_name": "Stone", "date_of_birth-year": "1950", "invite": "later"}

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture(scope="module")
def mailbox() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture(scope="module")
def one(mailbox: RecordingNotifier) -> Portal:
    return portal(notifier=mailbox, clock=FrozenClock())


@pytest.fixture(scope="module")
def filled(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def front(one: Portal) -> Iterator[TestClient]:
    """Whoever may do everything."""
    with at_desk(one, *Role) as client:
        yield client


def get(one: Portal, patient_id: PatientId) -> PatientDetails:
    return desk(one).patients.get(patient_id)


def page_of(client: TestClient, patient_id: str, *more: str) -> str:
    return words(client.get("/".join((f"/desk/people/{patient_id}", *more))))


def registered(one: Portal, last_name: str, **more: object) -> PatientId:
    given: dict[str, object] = {"first_name": "Some", "date_of_birth": PartialDate(1951), "email": None} | more
    return desk(one).patients.register(PersonalInformation(last_name=last_name, **given), invite=False)


def test_who_is_found_alone_is_opened_at_once(front: TestClient, filled: Clinic) -> None:
    answer = front.post("/desk/people", data={"text": "Ben Byron"})
    assert answer.headers["location"] == f"/desk/people/{filled.ben.patient_id}"


def test_a_search_that_finds_nobody_or_says_nothing_is_told_so(front: TestClient) -> None:
    assert front.post("/desk/people", data={"text": "nobody of this name"}).status_code == 303
    assert "Nobody was found" in words(front.get("/desk/people"))
    assert front.post("/desk/people", data={"text": " "}).status_code == 422
    wrong = front.post("/desk/people", data={"text": "byron", "date_of_birth-year": "tomorrow"})
    assert faults(wrong) == ["date_of_birth"]
    assert 'value="byron"' in wrong.text


@pytest.mark.parametrize("cookie", ["x", "bm8", "W10", "eyJ0ZXh0IjogIi4ifQ"])
def test_what_a_cookie_says_that_is_not_ours_is_let_be(front: TestClient, cookie: str) -> None:
    assert front.get("/desk/people", headers={"Cookie": f"sought={cookie}"}).status_code == 200


def test_each_state_has_its_list(front: TestClient) -> None:
    assert "Carol Byron" in words(front.get("/desk/people/in/invited"))
    assert "Carol Byron" not in words(front.get("/desk/people/in/active"))
    assert "Nobody is on this list" in words(front.get("/desk/people/in/inactive"))
    assert "Ada Byron" in words(front.get("/desk/people/in/all"))
    assert front.get("/desk/people/in/somewhere").status_code == 404


def test_a_look_at_who_somebody_is_is_one_look(front: TestClient, one: Portal, filled: Clinic) -> None:
    def looks() -> list[str | None]:
        entries = desk(one).audit.of_patient(filled.ada.patient_id).items
        return [entry.verb for entry in entries if entry.what == "record_viewed" and entry.verb != "audit.of_patient"]

    before = looks()
    front.get(f"/desk/people/{filled.ada.patient_id}")
    assert looks() == ["patients.get", *before]


def test_a_person_has_what_can_be_done(front: TestClient, one: Portal, filled: Clinic) -> None:
    page = page_of(front, filled.ada.patient_id)
    for text in (
        "Who they are Appointments Medications Statements Messages Support",
        "Mail a link for a new password",
        "New message By e-mail",
    ):
        assert text in page
    assert ("Mail an invitation" in page, "Unlock" in page) == (False, False)
    assert "Mail an invitation" in page_of(front, filled.invited)
    with at_desk(one, Role.BILLING) as billing:
        shown = page_of(billing, filled.ada.patient_id)
        assert ("Ada" in shown, "Appointments" in shown, "Correct" in shown, "password" in shown) == (
            True,
            False,
            False,
            False,
        )
        refused = billing.post(f"/desk/people/{filled.ada.patient_id}", data={"act": "send_reset"})
        assert refused.status_code == 403


def test_somebody_is_registered_with_what_is_known(front: TestClient, one: Portal) -> None:
    answer = front.post(
        "/desk/people/new", data=NEW | {"phone": "+1 207 555 0123", "external_id": "H-1", "language": "es"}
    )
    patient_id = PatientId(answer.headers["location"].rpartition("/")[2])
    found = get(one, patient_id)
    assert (found.personal.name, found.personal.date_of_birth, found.external_id) == (
        "Greta Stone",
        PartialDate(1950),
        "H-1",
    )
    page = words(front.get(answer.headers["location"]))
    assert ("This person is registered" in page, "Español" in page, "born 1950" in page) == (True, True, True)
    taken = front.post("/desk/people/new", data=NEW | {"last_name": "Otherwise", "external_id": "H-1"})
    assert (taken.status_code, faults(taken)) == (409, ["external_id"])


def test_who_seems_to_be_here_is_shown_before(front: TestClient) -> None:
    form = NEW | {"first_name": "A.", "last_name": "Byron", "date_of_birth-year": "1980", "invite": "paper"}
    shown = front.post("/desk/people/new", data=form)
    assert shown.status_code == 200
    for text in ("Is it one of these people?", "Ada Byron", "Ben Byron"):
        assert text in words(shown)
    assert 'value="A."' in shown.text
    by_name = front.post("/desk/people/new", data=form | {"first_name": "Ada", "date_of_birth-year": ""})
    assert ("Ada Byron" in words(by_name), "Ben Byron" in words(by_name)) == (True, False)
    seen = re.search(r'name="seen" value="([^"]+)"', shown.text)
    assert seen
    answer = front.post("/desk/people/new", data=form | {"seen": seen[1]})
    again = front.post("/desk/people/new", data=form | {"seen": seen[1]})
    assert (again.status_code, "A. Byron" in words(again)) == (200, True)
    assert re.fullmatch(r"/desk/people/[\w-]+/invitation", answer.headers["location"])


def test_all_that_is_wrong_with_somebody_new_is_told_at_once(front: TestClient) -> None:
    wrong = {"date_of_birth-year": "1850", "email": "no", "phone": "?", "postal_code": "?", "invite": "later"}
    answer = front.post("/desk/people/new", data=wrong)
    assert set(faults(answer)) == {"last_name", "date_of_birth", "email", "phone", "postal_code"}
    assert faults(front.post("/desk/people/new", data=NEW | {"invite": "mail"})) == ["email"]
    assert faults(front.post("/desk/people/new", data=NEW | {"date_of_birth-month": "13"})) == ["date_of_birth"]
    one_name = front.post("/desk/people/new", data={"first_name": "Madonna", "invite": "later"})
    assert one_name.status_code == 303
    assert "birth date not known" in words(front.get(one_name.headers["location"]))


def test_a_name_without_a_letter_has_nobody_like_it(front: TestClient) -> None:
    assert front.post("/desk/people/new", data={"last_name": "??", "invite": "later"}).status_code == 303


def test_details_are_put_right(front: TestClient, one: Portal, filled: Clinic) -> None:
    path = f"/desk/people/{filled.ben.patient_id}/correct"
    page = front.get(path)
    assert ('value="Ben"' in page.text, 'name="email"' in page.text) == (True, False)
    form = {"first_name": "Benjamin", "last_name": "Byron", "date_of_birth-year": "1980", "external_id": "H-2"}
    assert front.post(path, data=form).headers["location"] == f"/desk/people/{filled.ben.patient_id}"
    found = get(one, filled.ben.patient_id)
    assert (found.personal.first_name, found.personal.email, found.external_id) == (
        "Benjamin",
        "ben.byron@example.org",
        "H-2",
    )
    front.post(path, data=form | {"external_id": ""})
    assert get(one, filled.ben.patient_id).external_id is None
    wrong = front.post(path, data=form | {"phone": "?"})
    assert (wrong.status_code, faults(wrong)) == (422, ["phone"])


def test_a_language_that_the_pages_do_not_have_stays(front: TestClient, one: Portal) -> None:
    patient_id = registered(one, "Schmidt", language="de")
    page = front.get(f"/desk/people/{patient_id}/correct").text
    assert '<option value="de" selected>' in page


def test_the_first_press_invites_and_where_nothing_reaches_them_says_so(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    path = f"/desk/people/{filled.invited}"
    answer = front.post(path, data={"act": "invite"})
    assert answer.headers["location"] == path
    assert "The invitation is on its way" in words(front.get(path))
    refused = front.post(f"/desk/people/{filled.ada.patient_id}", data={"act": "invite"})
    assert (refused.status_code, "There is a problem" in words(refused)) == (409, True)
    assert front.post(path, data={"act": "sing"}).status_code == 422
    nobody = registered(one, "Nomail")
    assert "Mail an invitation" not in page_of(front, nobody)


def test_somebody_locked_out_is_helped_from_their_page(
    front: TestClient, one: Portal, mailbox: RecordingNotifier
) -> None:
    who = activated(one, mailbox, "locked", first_name="Lotte", email="lotte@example.org")
    while not get(one, who.patient_id).is_locked:
        with pytest.raises(PortalError):
            one.log_in("locked", "not my password at all")
    path = f"/desk/people/{who.patient_id}"
    assert "Locked" in page_of(front, who.patient_id)
    assert "Lotte" in words(front.get("/desk/people/in/locked"))
    front.post(path, data={"act": "unlock"})
    assert "The account is unlocked" in page_of(front, who.patient_id)
    one.log_in("locked", PASSWORD)
    front.post(path, data={"act": "send_reset"})
    assert "on its way" in page_of(front, who.patient_id)


def test_an_address_is_changed(front: TestClient, one: Portal) -> None:
    patient_id = registered(one, "Mover", email="old@example.org")
    path = f"/desk/people/{patient_id}/email"
    assert "old@example.org" in words(front.get(path))
    assert faults(front.post(path, data={"email": " "})) == ["email"]
    wrong = front.post(path, data={"email": "nowhere"})
    assert (faults(wrong), 'value="nowhere"' in wrong.text) == (["email"], True)
    assert front.post(path, data={"email": "new@example.org"}).status_code == 303
    assert get(one, patient_id).personal.email == "new@example.org"


def test_an_account_that_the_wrong_person_has_ends(front: TestClient, one: Portal, mailbox: RecordingNotifier) -> None:
    who = activated(one, mailbox, "thief", first_name="Tilda", email="tilda@example.org")
    path = f"/desk/people/{who.patient_id}/end-account"
    assert "End the account of Tilda Byron" in words(front.get(path))
    assert faults(front.post(path, data={})) == ["reason", "email"]
    assert faults(front.post(path, data={"reason": "bored", "email": "a@example.org"})) == ["reason"]
    assert front.post(path, data={"reason": "wrong_person", "email": "own@example.org"}).status_code == 303
    found = get(one, who.patient_id)
    assert (found.has_account, found.personal.email) == (False, "own@example.org")
    assert "This person has no account" in words(front.get(path))
    assert front.post(path, data={"reason": "wrong_person", "email": "own@example.org"}).status_code == 404


def test_somebody_leaves_with_their_visits_and_comes_back(
    front: TestClient, one: Portal, mailbox: RecordingNotifier
) -> None:
    who = activated(one, mailbox, "mover", first_name="Mia", email="mia@example.org")
    slot = desk(one).schedule.open_slots(limit=1).items[0]
    visit = desk(one).appointments.book(who.patient_id, slot.slot_id)
    path = f"/desk/people/{who.patient_id}/deactivate"
    assert "Deactivate Mia Byron" in words(front.get(path))
    assert faults(front.post(path, data={})) == ["visits"]
    assert faults(front.post(path, data={"visits": "cancel"})) == ["cancel_visits"]
    front.post(path, data={"visits": "keep"})
    assert (get(one, who.patient_id).is_active, desk(one).appointments.get(visit).status) == (
        False,
        AppointmentStatus.BOOKED,
    )
    assert "Cancel the visits of Mia Byron" in words(front.get(path))
    front.post(path, data={"visits": "cancel", "cancel_visits": "Moved away"})
    assert desk(one).appointments.get(visit).status is AppointmentStatus.CANCELLED
    assert "Deactivated" in page_of(front, who.patient_id)
    front.post(f"/desk/people/{who.patient_id}", data={"act": "reactivate"})
    assert get(one, who.patient_id).is_active


@pytest.mark.parametrize("more", ["", "/correct", "/email", "/end-account", "/deactivate", "/invitation", "/history"])
def test_nobody_has_no_page(front: TestClient, more: str) -> None:
    assert front.get(f"/desk/people/nobody{more}").status_code == 404
