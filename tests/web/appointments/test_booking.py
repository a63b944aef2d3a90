"""Booking and moving on the pages: free times by week, what is refused, and nothing twice."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from starlette.testclient import TestClient

from patientportal import Place, PlaceId, Portal, RecordingNotifier, StaffId
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.appointments.reading import a_time
from tests.web.patients import logged_in
from tests.web.reading import fields, links, words


def test_a_visit_is_booked_and_the_same_form_again_is_the_same_visit(ben: TestClient) -> None:
    assert [one.split("kind=")[1] for one in links(ben.get("/appointments/book"), "kind=")] == ["1", "2"]
    chosen = a_time(ben)
    form = fields(ben.get(chosen)) | {"reason": "My\r\nknee "}
    booked = [ben.post(chosen, data=form) for _ in range(2)]
    assert {one.status_code for one in booked} == {303}
    assert len({one.headers["location"] for one in booked}) == 1
    page = ben.get(booked[0].headers["location"]).text
    assert "Your appointment is booked." in page
    assert "My knee" in words(page)


def test_a_form_that_is_sent_again_after_its_visit_was_cancelled_books_nothing(ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-11")
    form = fields(ben.get(chosen))
    visit = ben.post(chosen, data=form).headers["location"]
    assert ben.post(f"{visit}/cancel").status_code == 303
    assert ben.post(chosen, data=form).headers["location"] == visit
    assert "You cancelled this appointment." in ben.get(visit).text


def test_a_form_of_before_cannot_become_another_visit_and_the_next_form_can(ben: TestClient) -> None:
    first, second = (a_time(ben, week="2026-01-11", number=number) for number in (2, 3))
    form, other = (fields(ben.get(chosen)) for chosen in (first, second))
    assert ben.post(first, data=form).status_code == 303
    refused = ben.post(second, data=other | {"key": form["key"]})
    assert refused.status_code == 409
    assert "You have sent this form before" in refused.text
    assert ben.post(second, data=fields(refused)).status_code == 409, "the same form still"
    assert ben.post(second, data=other).status_code == 303


def test_no_address_tells_of_which_kind_the_visit_is(ben: TestClient) -> None:
    assert not re.search("check-up|dr-|north|south", a_time(ben))


def test_a_time_that_somebody_took_meanwhile_is_said_with_others_and_nothing_typed_is_lost(
    ada: TestClient, ben: TestClient
) -> None:
    chosen = a_time(ada, week="2026-01-18")
    forms = [fields(one.get(chosen)) for one in (ada, ben)]
    assert ada.post(chosen, data=forms[0]).status_code == 303
    refused = ben.post(chosen, data=forms[1] | {"reason": "My elbow"})
    assert refused.status_code == 409
    assert "Somebody else has taken this time." in refused.text
    assert "My elbow" in refused.text
    others = re.findall(r'name="slot_id" type="radio" value="([^"]+)"', refused.text)
    assert len(others) == 6
    assert forms[1]["slot_id"] not in others
    assert 'id="slot_id"' in refused.text
    again = ben.post(chosen, data=fields(refused) | {"slot_id": others[0], "reason": "My elbow"})
    assert again.status_code == 303


def test_a_time_that_the_practice_withdrew_is_said_as_one_that_is_gone(of: Portal, ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-18", number=-1)
    form = fields(ben.get(chosen))
    gone = next(one for one in desk(of).schedule.open_slots(limit=200).items if one.slot_id == form["slot_id"])
    desk(of).schedule.withdraw(after=gone.starts_at, before=gone.ends_at, provider_id=gone.provider_id)
    refused = ben.post(chosen, data=form)
    assert refused.status_code == 409
    assert "Please choose another one." in refused.text
    assert "The time that you chose is not free any more." in ben.get(chosen).text


def test_times_of_another_visit_of_theirs_arent_offered_and_are_refused(
    of: Portal, ada: TestClient, small: Clinic
) -> None:
    own = of.log_in("ada", PASSWORD).appointments.get(small.ahead[0])
    page = ada.get("/appointments/book/times?kind=1&week=2026-01-08").text
    assert not links(page, re.escape(f"at={own.starts_at.isoformat()}".replace(":", "%3A")))
    other = next(one for one in desk(of).schedule.open_slots(after=own.starts_at, limit=1).items)
    refused = ada.post(f"/appointments/book/times/{other.slot_id}?kind=1", data={"slot_id": other.slot_id})
    assert refused.status_code == 409
    assert "There is another visit at that time." in refused.text


def test_a_time_beyond_the_practices_limits_is_refused_with_the_way_on(of: Portal, ben: TestClient) -> None:
    last = _open(of)[-1]
    refused = ben.post(f"/appointments/book/times/{last}?kind=1", data={"slot_id": last, "reason": "Knee"})
    assert refused.status_code == 409
    assert "too far ahead to book online" in refused.text
    assert "+1 207 555 0100" in refused.text


def _open(of: Portal) -> list[str]:
    return [one.slot_id for one in desk(of).schedule.open_slots(limit=200).items]


def test_a_reason_that_is_too_long_is_said_at_its_field_and_kept(ben: TestClient) -> None:
    chosen = a_time(ben)
    form = fields(ben.get(chosen))
    refused = ben.post(chosen, data=form | {"reason": "x" * 1001})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert "x" * 1001 in refused.text
    assert fields(refused)["slot_id"]
    assert fields(refused)["key"] == form["key"]


def test_weeks_follow_one_another_and_empty_ones_are_passed_over(ben: TestClient) -> None:
    page = ben.get("/appointments/book/times?kind=1").text
    assert "Monday, January 5, 2026" in words(page), "the first week with free times"
    assert "Previous week" not in page
    following = ben.get(links(page, "week=")[0]).text
    assert "Monday, January 12, 2026" in words(following)
    assert "Monday, January 5, 2026" in words(ben.get(links(following, "week=")[0]))
    before = ben.get("/appointments/book/times?kind=1&week=2025-06-02").text
    assert "There are no free times in this week." in before
    assert "Next week with free times" in before


def test_somebody_chooses_whom_and_where(ben: TestClient) -> None:
    page = words(ben.get("/appointments/book/times?kind=1&week=2026-01-25&provider=1"))
    assert "Dr Dora Winter , South Building" in page
    assert "Dr William King ," not in page
    assert "There are no free times" in ben.get("/appointments/book/times?kind=1&provider=1&place=1").text


@pytest.mark.parametrize(
    "query",
    [
        "kind=9&week=2026-13-40",
        "kind=1&week=9999-12-31",
        "kind=1&week=0001-01-01&provider=" + "9" * 5000,
        "kind=1&week=\u0662026-01-05&place=-1",
        "kind=%00&provider=dr-king",
    ],
)
def test_odd_addresses_show_free_times_all_the_same(ben: TestClient, query: str) -> None:
    assert ben.get(f"/appointments/book/times?{query}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "at", ["", "nonsense", "9999-12-31T23:59:59+00:00", "2026-01-05T09:00:00", "0001-01-01T00:00Z"]
)
def test_an_odd_moment_offers_other_times(ben: TestClient, at: str) -> None:
    assert ben.get("/appointments/book/times/none", params={"kind": "1", "at": at}).status_code == 200


def test_a_cursor_that_is_none_is_refused(ben: TestClient) -> None:
    for path in (
        "/appointments?",
        "/appointments/past?",
        "/appointments/requests?",
        "/appointments/book/times?kind=1&",
    ):
        assert ben.get(f"{path}cursor={'x' * 600}").status_code == 422


def test_a_visit_is_moved_once_and_the_former_leads_to_it(ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-25")
    former = ben.post(chosen, data=fields(ben.get(chosen))).headers["location"]
    to = a_time(ben, week="2026-01-25", path=f"{former}/move", number=1)
    form = fields(ben.get(to))
    moved = {ben.post(to, data=form).headers["location"] for _ in range(2)}
    assert len(moved) == 1
    assert "Your appointment is moved." in ben.get(moved.pop()).text
    page = ben.get(former).text
    assert "Moved" in page
    assert links(page, ben.post(to, data=form).headers["location"])
    assert ben.get(f"{former}/move").headers["location"] == former


def test_a_move_to_a_time_that_is_gone_says_so_with_others(ada: TestClient, ben: TestClient, small: Clinic) -> None:
    visit = f"/appointments/{small.ahead[1]}"
    to = a_time(ada, week="2026-01-18", path=f"{visit}/move")
    form = fields(ada.get(to))
    taken = f"/appointments/book/times/{form['slot_id']}?kind=1"
    assert ben.post(taken, data=form | {"visit_type_id": "check-up"}).status_code == 303
    refused = ada.post(to, data=form)
    assert refused.status_code == 409
    assert 'href="#slot_id"' in refused.text
    assert 'type="radio"' in refused.text
    assert "Booked" in ada.get(visit).text


def test_an_hour_that_comes_twice_has_its_zones_name() -> None:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock(datetime(2026, 10, 26, 9, tzinfo=UTC)))
    clinic(one)
    desk(one).schedule.publish(
        Place(id=PlaceId("north"), name="North Building", zone="America/New_York"),
        "FREQ=DAILY",
        opens=time(1, 30),
        closes=time(2),
        visit_length=timedelta(minutes=30),
        first_day=date(2026, 11, 1),
        last_day=date(2026, 11, 1),
        provider_id=StaffId("dr-king"),
    )
    with logged_in(one, "ben") as ben:
        assert "EDT" in words(ben.get("/appointments/book/times?kind=1&week=2026-11-01"))
