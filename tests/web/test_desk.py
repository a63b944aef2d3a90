"""The desk: for the host's own staff alone, and each of them sees what their roles let them."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier, Role, StaffId, StaffMember
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, portal
from tests.web.desk import at_desk


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier(), clock=FrozenClock())


@pytest.fixture(scope="module")
def filled(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def desk(one: Portal) -> Iterator[TestClient]:
    with at_desk(one, *Role) as client:
        yield client


def test_nobody_learns_that_there_is_a_desk(one: Portal, filled: Clinic) -> None:
    with at_desk(one) as somebody:
        somebody.post("/log-in", data={"username": filled.ada.username, "password": PASSWORD})
        for path in ("/desk", "/desk/people", f"/desk/people/{filled.ada.patient_id}"):
            answer = somebody.get(path)
            assert (answer.status_code, "Page not found" in answer.text) == (404, True)


def test_somebody_is_found_by_any_part_of_their_name_which_stands_in_no_address(
    desk: TestClient, filled: Clinic
) -> None:
    answer = desk.post("/desk/people", data={"text": "byron", "date_of_birth-year": "1980"})
    assert answer.headers["location"] == "/desk/people"
    page = desk.get("/desk/people").text
    assert f'href="/desk/people/{filled.ada.patient_id}"' in page
    assert "3 people found" in page
    assert "Ada Byron" in desk.get(f"/desk/people/{filled.ada.patient_id}").text


def test_the_day_names_who_comes(desk: TestClient, one: Portal, filled: Clinic) -> None:
    visit = one.practice(StaffMember(id=StaffId("x"), name="X", roles=frozenset(Role))).appointments.get(
        filled.ahead[0]
    )
    page = desk.get("/desk", params={"day": visit.starts_at.date().isoformat()}).text
    assert "Ada Byron" in page
    assert desk.get("/desk", params={"day": "tomorrow"}).status_code == 422


@pytest.mark.usefixtures("filled")
def test_the_menu_has_what_somebody_may_do(one: Portal) -> None:
    with at_desk(one, Role.BILLING) as billing:
        page = billing.get("/desk/people").text
        assert ("/desk/people" in page, "/desk/renewals" in page) == (True, False)
        assert billing.get("/desk").status_code == 403
