"""What happened to an account and who looked at a record, as pages say it."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import NotPermittedError, Portal, PracticeAccess, RecordingNotifier, Role, StaffId, StaffMember
from patientportal.testing import Clinic, FrozenClock, clinic, portal
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


def at_desk(one: Portal, id_: str, *roles: Role) -> PracticeAccess:
    return one.practice(StaffMember(id=StaffId(id_), name=id_, roles=frozenset(roles)))


def test_what_happened_is_told_in_words_the_latest_first_and_page_by_page(ada: TestClient) -> None:
    page = ada.get("/account/history")
    assert "What happened Somebody logged in Who You On which device Chrome on Windows" in words(page)
    assert "logged_in" not in page.text
    more = page.text.partition("/account/history?")[2].partition('"')[0]
    assert "A visit was marked as done" in words(ada.get(f"/account/history?{more}"))


def test_who_looked_is_told_by_person_day_and_area(ada: TestClient, one: Portal, its: Clinic) -> None:
    desk, king = at_desk(one, "susan", Role.FRONT_DESK), at_desk(one, "dr-king", Role.PROVIDER)
    for _ in range(2):
        desk.patients.get(its.ada.patient_id)
        desk.statements.of_patient(its.ada.patient_id)
        king.medications.of_patient(its.ada.patient_id)
    with pytest.raises(NotPermittedError):
        at_desk(one, "nosy", Role.BILLING).medications.of_patient(its.ada.patient_id)
    said = words(ada.get("/account/who-looked"))
    assert "nosy" not in said, "who was refused saw nothing"
    assert "Somebody at the practice was refused" in words(ada.get("/account/history"))
    assert "Ada Byron" in said
    day = "Day January 5, 2026 Who"
    assert f"{day} Dr William King (Provider) What they looked at Medicines" in said
    assert f"{day} Front desk (susan) What they looked at Personal details, Statements and payments" in said
    assert said.count("Front desk (susan)") == 1
    assert "logged in" not in said


def test_that_nobody_looked_is_told(one: Portal, its: Clinic) -> None:
    with logged_in(one, its.ben.username) as ben:
        assert "Nobody of the practice looked at your record since November" in words(ben.get("/account/who-looked"))


def test_a_place_in_a_list_that_is_none_is_refused(ada: TestClient) -> None:
    for page in ("/account/history", "/account/who-looked", "/account/devices", "/support", "/medications"):
        assert ada.get(f"{page}?cursor=%C3%A9").status_code == 422
