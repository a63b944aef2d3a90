"""The desk books for who calls, moves a visit, and answers what patients ask for."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from patientportal import (
    AppointmentId,
    AppointmentStatus,
    BookableBy,
    PartOfDay,
    PatientId,
    Portal,
    RecordingNotifier,
    RequestStatus,
    Role,
    VisitType,
    VisitTypeId,
    Window,
)
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import at_desk
from tests.web.reading import fields, links, words


@pytest.fixture(scope="module")
def opened() -> tuple[Portal, Clinic]:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    filled = clinic(one)
    desk(one).visit_types.put(
        VisitType(id=VisitTypeId("x-ray"), name="X-ray", length=timedelta(minutes=30), bookable_by=BookableBy.PRACTICE)
    )
    return one, filled


@pytest.fixture
def one(opened: tuple[Portal, Clinic]) -> Portal:
    return opened[0]


@pytest.fixture
def filled(opened: tuple[Portal, Clinic]) -> Clinic:
    return opened[1]


@pytest.fixture
def front(one: Portal) -> Iterator[TestClient]:
    with at_desk(one, Role.FRONT_DESK) as client:
        yield client


def times(page: str) -> list[str]:
    """The free times that a page offers."""
    return re.findall(r'<input[^>]*name="slot_id"[^>]*value="([^"]+)"', page)


def of(filled: Clinic) -> str:
    return f"/desk/people/{filled.ben.patient_id}"


def booked(one: Portal, patient_id: PatientId) -> set[AppointmentId]:
    theirs = desk(one).appointments.of_patient(patient_id).items
    return {visit.appointment_id for visit in theirs if visit.status is AppointmentStatus.BOOKED}


def asked_for(one: Portal, *windows: Window) -> str:
    """The page of what Ben asks for."""
    me = one.log_in("ben", PASSWORD)
    request_id = me.appointments.request("My elbow", windows)
    me.log_off()
    return f"/desk/requests/{request_id}"


def test_who_calls_has_a_visit_in_three_pages_and_the_same_form_again_is_the_same_visit(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    theirs = front.get(f"{of(filled)}/appointments").text
    assert "0 visits ahead" in theirs
    assert [kind in theirs for kind in ("Check-up", "First visit", "X-ray")] == [True] * 3
    page = front.get(f"{of(filled)}/book?kind=3").text
    assert "Monday, January 5, 2026: Dr William King, North Building" in words(page)
    form = fields(page) | {"slot_id": times(page)[0], "reason": "My\r\nknee "}
    assert form["visit_type_id"] == "x-ray"
    answers = [front.post(f"{of(filled)}/book?kind=3", data=form) for _ in range(2)]
    assert {one.headers["location"] for one in answers} == {f"{of(filled)}/appointments"}
    assert len(booked(one, filled.ben.patient_id)) == 1
    theirs = words(front.get(f"{of(filled)}/appointments"))
    assert "The visit is booked" in theirs
    assert "1 visit ahead" in theirs
    assert "X-ray What it is about My knee" in theirs


def test_a_form_that_is_sent_again_after_its_visit_was_cancelled_books_nothing(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    path = f"{of(filled)}/book?kind=1"
    page = front.get(path).text
    form = fields(page) | {"slot_id": times(page)[-1]}
    before = booked(one, filled.ben.patient_id)
    front.post(path, data=form)
    (visit,) = booked(one, filled.ben.patient_id) - before
    desk(one).appointments.cancel(visit, "They called again.")
    assert front.post(path, data=form).status_code == 303
    assert booked(one, filled.ben.patient_id) == before


def test_a_form_of_before_cannot_become_another_visit_and_the_next_form_can(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    path = f"{of(filled)}/book?kind=1"
    page = front.get(path).text
    form = fields(page)
    first, *_, last = times(page)
    assert front.post(path, data=form | {"slot_id": first}).status_code == 303
    before = booked(one, filled.ben.patient_id)
    refused = front.post(path, data=form | {"slot_id": last})
    assert refused.status_code == 409
    assert booked(one, filled.ben.patient_id) == before
    assert front.post(path, data=fields(refused) | {"slot_id": last}).status_code == 409, "the same form still"
    assert front.post(path, data=fields(front.get(path)) | {"slot_id": last}).status_code == 303
    assert len(booked(one, filled.ben.patient_id) - before) == 1


def test_no_time_is_offered_before_the_kind_of_visit_is_said(front: TestClient, filled: Clinic) -> None:
    page = front.get(f"{of(filled)}/book").text
    assert not times(page)
    assert "Show free times" in page
    assert times(front.get(f"{of(filled)}/book?kind=").text), "a visit may be of no kind"


def test_a_form_without_a_time_or_with_one_that_is_gone_keeps_what_was_typed(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    path = f"{of(filled)}/book?kind=1"
    form = fields(front.get(path)) | {"reason": "My elbow"}
    refused = front.post(path, data=form)
    assert refused.status_code == 422
    assert 'href="#slot_id"' in refused.text
    assert 'id="slot_id"' in refused.text
    assert words(refused).count("Please fill this in.") == 2, "above, and at the first time"
    assert "My elbow" in refused.text
    slot = desk(one).schedule.open_slots(limit=200).items[-1]
    desk(one).schedule.withdraw(after=slot.starts_at, before=slot.ends_at, provider_id=slot.provider_id)
    taken = front.post(path, data=form | {"slot_id": slot.slot_id})
    assert taken.status_code == 409
    assert "Somebody else has taken this time." in taken.text
    assert front.post(path, data=form | {"slot_id": times(taken.text)[0]}).status_code == 303


def test_no_two_times_of_a_page_share_an_id(front: TestClient, filled: Clinic) -> None:
    ids = re.findall(r' id="([^"]+)"', front.get(f"{of(filled)}/book?kind=1").text)
    assert len(ids) == len(set(ids))


def test_a_visit_is_moved_at_any_notice_and_one_that_is_not_booked_is_not(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    path = f"/desk/visits/{filled.ahead[0]}/move"
    page = front.get(path).text
    assert "Ada Byron" in page
    assert "Dr Dora Winter, South Building" not in page, "first the same provider"
    assert front.post(path).status_code == 422
    moved = front.post(path, data={"slot_id": times(page)[-1]})
    ada = f"/desk/people/{filled.ada.patient_id}/appointments"
    assert moved.headers["location"] == ada
    assert "The visit is moved" in front.get(ada).text
    again = front.get(path)
    assert (again.status_code, again.headers["location"]) == (303, ada)
    assert len(booked(one, filled.ada.patient_id)) == 2


def test_a_visit_of_a_kind_that_is_over_says_so(front: TestClient, one: Portal, filled: Clinic) -> None:
    kind = next(one for one in desk(one).visit_types.all() if one.id == "check-up")
    desk(one).visit_types.put(
        VisitType(id=kind.id, name=kind.name, length=kind.length, active=False),
    )
    page = front.get(f"/desk/visits/{filled.ahead[1]}/move").text
    assert "not in use any more" in page
    assert not times(page)
    desk(one).visit_types.put(kind)


def test_a_request_is_scheduled_at_a_time_that_suits_the_patient(front: TestClient, one: Portal) -> None:
    path = asked_for(
        one,
        Window(first_day=date(2026, 1, 20), last_day=date(2026, 1, 20)),
        Window(first_day=date(2026, 1, 22), last_day=date(2026, 1, 26), part=PartOfDay.AFTERNOON),
    )
    assert f'href="{path}"' in front.get("/desk/requests").text
    page = front.get(path).text
    told = words(page)
    assert "Tuesday, January 20, 2026: Dr William King" in told
    assert "There are no free times on these days." in told, "nobody works in the afternoon"
    assert "January 22, 2026: Dr" not in told
    assert front.post(path).status_code == 422
    answer = front.post(path, data={"slot_id": times(page)[0]})
    assert answer.headers["location"] == "/desk/requests"
    assert "is booked, and we tell the patient" in front.get("/desk/requests").text
    late = front.post(path, data={"slot_id": times(page)[1]})
    assert late.status_code == 409
    assert not times(late.text)


def test_a_request_for_many_days_goes_on_to_its_later_times(front: TestClient, filled: Clinic) -> None:
    path = f"/desk/requests/{filled.asked_for}"
    first = front.get(path).text
    (later,) = links(first, "after=")
    second = front.get(later).text
    assert len(times(first)) == 30
    assert times(second)
    assert not set(times(first)) & set(times(second))
    narrowed = words(front.get(f"{path}?provider=dr-king")).replace("\u202f", " ")
    assert "Thursday, January 15, 2026: Dr William King, North Building 9:30" in narrowed, "at nine she has a visit"
    assert "Dr Dora Winter, South" not in narrowed


def test_a_request_becomes_a_visit_at_another_time_too(front: TestClient, one: Portal, filled: Clinic) -> None:
    path = asked_for(one, Window(first_day=date(2026, 1, 21), last_day=date(2026, 1, 21)))
    assert not times(front.get(path).text)
    assert links(front.get(path), f"^{path}/times$")
    page = front.get(f"{path}/times").text
    assert "Kind of visit" not in words(page)
    assert front.post(f"{path}/times", data={"slot_id": times(page)[0]}).status_code == 303
    assert front.get(f"{path}/times").headers["location"] == path
    assert filled.ben.patient_id in {one.patient_id for one in desk(one).appointments.of_day(None, date(2026, 1, 5))}


def test_a_request_is_declined_with_a_reason_for_whom_the_page_names(front: TestClient, one: Portal) -> None:
    path = asked_for(one, Window(first_day=date(2026, 1, 21), last_day=date(2026, 1, 21)))
    page = front.get(f"{path}/decline").text
    assert "Ben Byron" in page
    refused = front.post(f"{path}/decline", data={"reason": " "})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    answer = front.post(f"{path}/decline", data={"reason": "We are on holiday."})
    assert answer.headers["location"] == "/desk/requests"
    request_id = path.rsplit("/", 1)[1]
    me = one.log_in("ben", PASSWORD)
    assert [
        (asked.status, asked.decline_reason)
        for asked in me.appointments.requests().items
        if asked.request_id == request_id
    ] == [(RequestStatus.DECLINED, "We are on holiday.")]
    assert "We are on holiday." in front.get(path).text
    assert "<form method" not in front.get(f"{path}/decline").text.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize(
    "path",
    ["/desk/people/nobody/appointments", "/desk/people/nobody/book", "/desk/visits/none/move", "/desk/requests/none"],
)
def test_what_is_not_there_is_not_found(front: TestClient, path: str) -> None:
    assert front.get(path).status_code == 404


@pytest.mark.parametrize("query", ["kind=9&week=x", "kind=%00&provider=-1", "week=9999-12-31", "kind=1&place=2"])
def test_odd_addresses_show_a_page_all_the_same(front: TestClient, filled: Clinic, query: str) -> None:
    assert front.get(f"{of(filled)}/book?{query}").status_code == 200
    assert front.get(f"/desk/requests/{filled.asked_for}?days=9&after={query}&provider=nobody").status_code == 200


def test_who_may_not_book_sees_none_of_it(one: Portal, filled: Clinic) -> None:
    with at_desk(one, Role.BILLING) as billing:
        for path in (
            f"{of(filled)}/appointments",
            f"{of(filled)}/book",
            "/desk/requests",
            f"/desk/visits/{filled.ahead[1]}/move",
        ):
            assert billing.get(path).status_code == 403
