"""The day at the desk and one visit: who comes, who is here, what became of it, and what is cancelled."""

from collections.abc import Iterator
from datetime import timedelta

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from patientportal import AppointmentId, AppointmentStatus, PatientVisit, Portal, RecordingNotifier, Role
from patientportal.testing import Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import at_desk
from tests.web.reading import faults, words

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def one(clock: FrozenClock) -> Portal:
    return portal(notifier=RecordingNotifier(), clock=clock)


@pytest.fixture
def filled(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def front(one: Portal) -> Iterator[TestClient]:
    with at_desk(one, *Role) as client:
        yield client


@pytest.fixture
def today(one: Portal, filled: Clinic, clock: FrozenClock) -> PatientVisit:
    """Ada's next visit, a quarter of an hour before it begins."""
    visit = desk(one).appointments.get(filled.ahead[0])
    clock.advance(visit.starts_at - timedelta(minutes=15) - clock())
    return visit


def said(front: TestClient, visit: PatientVisit, mark: str, **query: str) -> httpx.Response:
    answer = front.post("/desk", params=query, data={"visit": visit.appointment_id, "mark": mark})
    return front.get(answer.headers["location"]) if answer.status_code == 303 else answer


def status(one: Portal, visit: PatientVisit) -> AppointmentStatus:
    return desk(one).appointments.get(visit.appointment_id).status


def test_a_visit_is_marked_from_the_list_by_one_press_each(
    front: TestClient, one: Portal, today: PatientVisit, clock: FrozenClock
) -> None:
    page = words(front.get("/desk"))
    assert ("Next with Dr William King: 9:00" in page, "Arrived Ada Byron" in page, "Came Ada" in page) == (
        True,
        True,
        False,
    )
    page = words(said(front, today, "arrived"))
    for text in ("The patient is here.", "1 is here", "Is here", "Not here after all Ada Byron", "Came Ada Byron"):
        assert text in page
    assert "1 is still to come" in words(said(front, today, "not_arrived"))
    clock.advance(timedelta(hours=1))
    assert "1 is late" in words(front.get("/desk"))
    assert "1 came" in words(said(front, today, "came"))
    assert status(one, today) is AppointmentStatus.FULFILLED
    assert "1 was missed" in words(said(front, today, "missed"))
    assert status(one, today) is AppointmentStatus.NOSHOW
    assert "Came Ada Byron" in words(front.get("/desk"))


def test_who_is_here_is_next_before_who_comes_earlier(
    front: TestClient, one: Portal, filled: Clinic, today: PatientVisit, clock: FrozenClock
) -> None:
    slots = desk(one).schedule.open_slots(provider_id=today.provider_id, after=clock(), limit=1).items
    later = desk(one).appointments.book(filled.ben.patient_id, slots[0].slot_id)
    desk(one).appointments.mark_arrived(later)
    assert "Ben Byron Is here" in words(front.get("/desk")).partition("Next with")[2].partition("Visits of")[0]
    clock.advance(timedelta(minutes=30))
    desk(one).appointments.mark_fulfilled(later)
    assert "Next with" not in words(front.get("/desk"))


def test_what_cannot_be_said_of_a_visit_is_told_on_the_list(front: TestClient, today: PatientVisit) -> None:
    early = said(front, today, "came")
    assert (early.status_code, "There is a problem" in words(early), "Ada Byron" in words(early)) == (409, True, True)
    assert said(front, today, "sings").status_code == 422
    assert front.post("/desk", data={"visit": "none", "mark": "arrived"}).status_code == 404


def test_one_is_back_on_the_list_that_one_came_from(front: TestClient, today: PatientVisit) -> None:
    day = today.starts_at.date().isoformat()
    form = {"visit": today.appointment_id, "mark": "arrived"}
    answer = front.post("/desk", params={"day": day, "provider": "dr-king"}, data=form)
    assert answer.headers["location"] == f"/desk?day={day}&provider=dr-king"
    page = words(front.get(answer.headers["location"]))
    assert ("Dr William King" in page, "Ada Byron" in page) == (True, True)
    assert "Nobody comes on this day" in words(front.get("/desk", params={"day": day, "provider": "dr-dora"}))


@pytest.mark.usefixtures("today")
def test_without_a_day_it_is_today(front: TestClient) -> None:
    assert "Ada Byron" in words(front.get("/desk", params={"day": "", "provider": ""}))


def test_a_visit_has_all_of_it_and_its_history(front: TestClient, today: PatientVisit) -> None:
    path = f"/desk/visits/{today.appointment_id}"
    page = words(front.get(path))
    for text in (
        "Visit of Ada Byron",
        "A check-up",
        "First visit",
        "North Building",
        "It was booked",
        "Move this visit",
    ):
        assert text in page
    assert front.post(path, data={"mark": "arrived"}).headers["location"] == path
    page = words(front.get(path))
    assert ("The patient arrived" in page, "Is here" in page) == (True, True)
    assert front.get("/desk/visits/none").status_code == 404


def test_a_visit_that_was_moved_leads_to_the_other(front: TestClient, one: Portal, filled: Clinic) -> None:
    former = filled.ahead[1]
    slot = (
        desk(one).schedule.open_slots(visit_type_id=desk(one).appointments.get(former).visit_type_id, limit=1).items[0]
    )
    moved = desk(one).appointments.reschedule(former, slot.slot_id)
    assert "It was moved to another time" in words(front.get(f"/desk/visits/{former}"))
    page = front.get(f"/desk/visits/{moved}")
    assert ("It was moved here" in words(page), f'href="/desk/visits/{former}"' in page.text) == (True, True)


@pytest.mark.parametrize("reopen", ["yes", "no"])
def test_a_visit_is_cancelled_and_its_time_opens_again_or_not(
    front: TestClient, one: Portal, today: PatientVisit, reopen: str
) -> None:
    path = f"/desk/visits/{today.appointment_id}/cancel"
    assert "Cancel the visit of Ada Byron" in words(front.get(path))
    empty = front.post(path, data={"reason": " ", "reopen": reopen})
    assert (empty.status_code, faults(empty)) == (422, ["reason"])
    answer = front.post(path, data={"reason": "Dr King is ill", "reopen": reopen})
    assert answer.headers["location"] == f"/desk?day={today.starts_at.date().isoformat()}"
    assert "The visit is cancelled" in words(front.get(answer.headers["location"]))
    free = desk(one).schedule.open_slots(provider_id=today.provider_id, limit=1).items[0]
    assert (free.starts_at == today.starts_at) is (reopen == "yes")
    page = words(front.get(f"/desk/visits/{today.appointment_id}"))
    for text in ("It was cancelled", "Dr King is ill", "The practice"):
        assert text in page
    assert "Cancel this visit" not in page
    assert front.get(path).headers["location"] == f"/desk/visits/{today.appointment_id}"


def test_the_day_is_for_whoever_sees_visits(one: Portal, filled: Clinic) -> None:
    with at_desk(one, Role.SUPPORT) as support:
        assert support.get("/desk").status_code == 403
        assert support.get(f"/desk/visits/{AppointmentId(filled.ahead[0])}").status_code == 403
