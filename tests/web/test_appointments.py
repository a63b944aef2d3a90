"""The patient's appointments in a browser: what they have, and how they book, move, cancel and ask."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from patientportal import AppointmentPolicy, Policy, Portal, RecordingNotifier
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}
LIMITS = AppointmentPolicy(cancel_notice=timedelta(days=4), grace=None, horizon=timedelta(days=25), open_requests=2)


@pytest.fixture(scope="module")
def opened() -> tuple[Portal, Clinic]:
    one = portal(
        notifier=RecordingNotifier(), clock=FrozenClock(), policy=Policy(zone="America/New_York", appointments=LIMITS)
    )
    return one, clinic(one)


@pytest.fixture
def of(opened: tuple[Portal, Clinic]) -> Portal:
    return opened[0]


@pytest.fixture
def small(opened: tuple[Portal, Clinic]) -> Clinic:
    return opened[1]


def browser(of: Portal, username: str) -> TestClient:
    app = create_app(of, practice="Lake Clinic", phone="+1 207 555 0100", email="front.desk@clinic.example")
    found = TestClient(app, base_url="https://portal.example", headers=HERE, follow_redirects=False)
    assert found.post("/log-in", data={"username": username, "password": PASSWORD}).status_code == 303
    return found


@pytest.fixture
def ada(of: Portal) -> Iterator[TestClient]:
    with browser(of, "ada") as found:
        yield found


@pytest.fixture
def ben(of: Portal) -> Iterator[TestClient]:
    with browser(of, "ben") as found:
        yield found


def links(page: str, pattern: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', page) if re.search(pattern, html.unescape(one))]


def fields(page: str) -> dict[str, str]:
    """What the page's own form holds unseen."""
    form = page.split("<main", 1)[1].split("</main", 1)[0]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    }


def a_time(of: TestClient, *, week: str = "2026-01-25", path: str = "/appointments/book", number: int = 0) -> str:
    page = of.get(path, params={"kind": "1", "week": week}).text
    return links(page, f"^{path}/")[number]


def said(page: str) -> str:
    """The page's words."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1])).split())


def test_what_lies_ahead_what_was_and_what_was_asked_for_stand_on_one_page(ada: TestClient, small: Clinic) -> None:
    page = ada.get("/appointments").text
    for visit in (*small.ahead, small.fulfilled, small.missed, small.cancelled):
        assert f'href="/appointments/{visit}"' in page
    assert f'href="/appointments/requests/{small.asked_for}"' in page
    assert ["Booked", "Booked", "Waiting for an answer", "Cancelled", "Missed", "Done"] == [
        one.strip() for one in re.findall(r'class="nhsuk-tag[^>]*>([^<]*)<', page)
    ]
    assert "Dr Dora Winter, South Building" in said(page)


def test_whoever_has_nothing_is_told_so_and_how_to_get_one(of: Portal) -> None:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    clinic(one)
    with browser(one, "ben") as ben:
        page = ben.get("/appointments").text
        assert "You have no appointment coming up." in page
        assert "You have no past appointments." in page
        assert "/appointments/book" in page
        assert "You have not asked for an appointment." in ben.get("/appointments/requests").text
        assert "You have no past appointments." in ben.get("/appointments/past").text


def test_a_visit_tells_when_where_with_whom_of_which_kind_and_for_what(ada: TestClient, small: Clinic) -> None:
    words = said(ada.get(f"/appointments/{small.ahead[0]}").text)
    for text in (
        "Thursday, January 8, 2026",
        "Dr William King",
        "North Building",
        "First visit",
        "A check-up",
        "Booked",
    ):
        assert text in words


def test_a_visit_that_is_over_offers_no_change(ada: TestClient, small: Clinic) -> None:
    page = ada.get(f"/appointments/{small.fulfilled}").text
    assert "Cancel This Appointment" not in page
    assert links(page, "/appointments/book")


@pytest.mark.parametrize("below", ["", "/cancel", "/move", "/calendar", "/move/none"])
def test_a_visit_of_somebody_else_is_none(ben: TestClient, small: Clinic, below: str) -> None:
    assert ben.get(f"/appointments/{small.ahead[0]}{below}").status_code == 404
    assert ben.get(f"/appointments/no%00such%C3%A9{below}").status_code == 404


def test_nobody_changes_what_is_somebody_elses(ben: TestClient, small: Clinic) -> None:
    slot = fields(ben.get(a_time(ben)).text)["slot_id"]
    assert ben.post(f"/appointments/{small.ahead[0]}/cancel").status_code == 404
    assert ben.post(f"/appointments/{small.ahead[0]}/move/{slot}", data={"slot_id": slot}).status_code == 404
    assert ben.post(f"/appointments/requests/{small.asked_for}").status_code == 404
    assert ben.get(f"/appointments/requests/{small.asked_for}").status_code == 404


def test_the_calendar_file_has_no_health_in_it_nor_in_its_name(ada: TestClient, small: Clinic) -> None:
    shown = ada.get(f"/appointments/{small.ahead[0]}").text
    file = ada.get(links(shown, "/calendar")[0])
    assert file.headers["content-type"].startswith("text/calendar")
    assert file.headers["content-disposition"] == 'attachment; filename="visit.ics"'
    assert "LOCATION:North Building" in file.text
    assert not re.search("king|check|first", file.text, re.IGNORECASE)
    assert ada.get(f"/appointments/{small.cancelled}/calendar").status_code == 404


def test_without_an_address_of_the_practice_no_file_is_offered(of: Portal, small: Clinic) -> None:
    app = create_app(of, practice="Lake Clinic")
    with TestClient(app, base_url="https://portal.example", headers=HERE) as ada:
        ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        assert "/calendar" not in ada.get(f"/appointments/{small.ahead[0]}").text
        assert ada.get(f"/appointments/{small.ahead[0]}/calendar").status_code == 404


def test_a_visit_is_booked_and_the_same_form_again_is_the_same_visit(of: Portal, ben: TestClient) -> None:
    assert [one.split("kind=")[1] for one in links(ben.get("/appointments/book").text, "kind=")] == ["1", "2"]
    chosen = a_time(ben)
    form = fields(ben.get(chosen).text) | {"reason": "My\r\nknee "}
    booked = [ben.post(chosen, data=form) for _ in range(2)]
    assert {one.status_code for one in booked} == {303}
    assert len({one.headers["location"] for one in booked}) == 1
    page = ben.get(booked[0].headers["location"]).text
    assert "Your appointment is booked." in page
    assert "My knee" in said(page)


def test_no_address_tells_of_which_kind_the_visit_is(ben: TestClient) -> None:
    assert not re.search("check-up|dr-|north|south", a_time(ben))


def test_a_time_that_somebody_took_meanwhile_is_said_with_others_and_nothing_typed_is_lost(
    ada: TestClient, ben: TestClient
) -> None:
    chosen = a_time(ada, week="2026-01-18")
    forms = [fields(one.get(chosen).text) for one in (ada, ben)]
    assert ada.post(chosen, data=forms[0]).status_code == 303
    refused = ben.post(chosen, data=forms[1] | {"reason": "My elbow"})
    assert refused.status_code == 409
    assert "Somebody else has taken this time." in refused.text
    assert "My elbow" in refused.text
    others = re.findall(r'name="slot_id" type="radio" value="([^"]+)"', refused.text)
    assert len(others) == 6
    assert forms[1]["slot_id"] not in others
    assert 'id="slot_id"' in refused.text
    again = ben.post(chosen, data=fields(refused.text) | {"slot_id": others[0], "reason": "My elbow"})
    assert again.status_code == 303


def test_a_time_that_the_practice_withdrew_is_said_as_one_that_is_gone(of: Portal, ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-18", number=-1)
    form = fields(ben.get(chosen).text)
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
    page = ada.get("/appointments/book?kind=1&week=2026-01-08").text
    assert not links(page, re.escape(f"at={own.starts_at.isoformat()}".replace(":", "%3A")))
    other = next(one for one in desk(of).schedule.open_slots(after=own.starts_at, limit=1).items)
    refused = ada.post(f"/appointments/book/{other.slot_id}?kind=1", data={"slot_id": other.slot_id})
    assert refused.status_code == 409
    assert "There is another visit at that time." in refused.text


def test_a_time_beyond_the_practices_limits_is_refused_with_the_way_on(of: Portal, ben: TestClient) -> None:
    last = [one for one in _open(of)][-1]
    refused = ben.post(f"/appointments/book/{last}?kind=1", data={"slot_id": last, "reason": "Knee"})
    assert refused.status_code == 409
    assert "too far ahead to book online" in refused.text
    assert "+1 207 555 0100" in refused.text


def _open(of: Portal) -> list[str]:
    return [one.slot_id for one in desk(of).schedule.open_slots(limit=200).items]


def test_a_reason_that_is_too_long_is_said_at_its_field_and_kept(ben: TestClient) -> None:
    chosen = a_time(ben)
    refused = ben.post(chosen, data=fields(ben.get(chosen).text) | {"reason": "x" * 1001})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert "x" * 1001 in refused.text
    assert fields(refused.text)["slot_id"]


def test_weeks_follow_one_another_and_empty_ones_are_passed_over(of: Portal, ben: TestClient) -> None:
    page = ben.get("/appointments/book?kind=1").text
    assert "Monday, January 5, 2026" in said(page), "the first week with free times"
    assert "Previous week" not in page
    following = ben.get(links(page, "week=")[0]).text
    assert "Monday, January 12, 2026" in said(following)
    assert "Monday, January 5, 2026" in said(ben.get(links(following, "week=")[0]).text)
    before = ben.get("/appointments/book?kind=1&week=2025-06-02").text
    assert "There are no free times in this week." in before
    assert "Next week with free times" in before


def test_somebody_chooses_whom_and_where(ben: TestClient) -> None:
    page = said(ben.get("/appointments/book?kind=1&week=2026-01-25&provider=1").text)
    assert "Dr Dora Winter , South Building" in page
    assert "Dr William King ," not in page
    assert "There are no free times" in ben.get("/appointments/book?kind=1&provider=1&place=1").text


@pytest.mark.parametrize(
    "query",
    [
        "kind=9&week=2026-13-40",
        "kind=1&week=9999-12-31",
        "kind=1&week=0001-01-01&provider=" + "9" * 5000,
        "kind=1&week=٢٠٢٦-٠١-٠٥&place=-1",
        "kind=%00&provider=dr-king",
    ],
)
def test_odd_addresses_show_free_times_all_the_same(ben: TestClient, query: str) -> None:
    assert ben.get(f"/appointments/book?{query}").status_code == 200


@pytest.mark.parametrize(
    "at", ["", "nonsense", "9999-12-31T23:59:59+00:00", "2026-01-05T09:00:00", "0001-01-01T00:00Z"]
)
def test_an_odd_moment_offers_other_times(ben: TestClient, at: str) -> None:
    assert ben.get("/appointments/book/none", params={"kind": "1", "at": at}).status_code == 200


def test_a_cursor_that_is_none_is_refused(ben: TestClient) -> None:
    for path in ("/appointments?", "/appointments/past?", "/appointments/requests?", "/appointments/book?kind=1&"):
        assert ben.get(f"{path}cursor={'x' * 600}").status_code == 422


def test_a_visit_is_moved_once_and_the_former_leads_to_it(ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-25")
    former = ben.post(chosen, data=fields(ben.get(chosen).text)).headers["location"]
    to = a_time(ben, week="2026-01-25", path=f"{former}/move", number=1)
    form = fields(ben.get(to).text)
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
    form = fields(ada.get(to).text)
    taken = f"/appointments/book/{form['slot_id']}?kind=1"
    assert ben.post(taken, data=form | {"visit_type_id": "check-up"}).status_code == 303
    refused = ada.post(to, data=form)
    assert refused.status_code == 409
    assert 'href="#slot_id"' in refused.text
    assert 'type="radio"' in refused.text
    assert "Booked" in ada.get(visit).text


def test_too_late_to_cancel_or_move_is_said_with_whom_to_call(ada: TestClient, small: Clinic) -> None:
    visit = f"/appointments/{small.ahead[0]}"
    to = links(ada.get(f"{visit}/move").text, f"^{visit}/move/")[0]
    for refused in (ada.post(f"{visit}/cancel"), ada.post(to, data=fields(ada.get(to).text))):
        assert refused.status_code == 409
        assert "It is too late to cancel online. Please call us." in refused.text
        assert "+1 207 555 0100" in said(refused.text)
        assert "Yes, " not in refused.text
    assert "Booked" in ada.get(visit).text


def test_a_visit_is_cancelled_after_a_question_and_a_double_click_is_no_error(ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-18", number=2)
    visit = ben.post(chosen, data=fields(ben.get(chosen).text)).headers["location"]
    sure = ben.get(links(ben.get(visit).text, "/cancel")[0])
    assert "Yes, cancel this appointment" in sure.text
    assert [ben.post(f"{visit}/cancel").headers["location"] for _ in range(2)] == [visit, visit]
    page = ben.get(visit).text
    assert "Your appointment is cancelled." in page
    assert "You cancelled this appointment." in page
    assert ben.get(f"{visit}/cancel").headers["location"] == visit


def asked(**changes: str) -> dict[str, str]:
    usual = {
        "reason": "My back",
        "first_day_1-year": "2026",
        "first_day_1-month": "2",
        "first_day_1-day": "3",
        "part_1": "morning",
        "idempotency_key": "a-key",
    }
    return usual | changes


def test_a_visit_is_asked_for_once_and_taken_back(ben: TestClient) -> None:
    form = asked(
        **{"first_day_2-year": "2026", "first_day_2-month": "2", "first_day_2-day": "9", "provider_id": "dr-king"}
    )
    where = {ben.post("/appointments/ask", data=form).headers["location"] for _ in range(2)}
    assert len(where) == 1
    path = where.pop()
    page = ben.get(path).text
    words = said(page)
    assert "We have your request." in page
    assert "Tuesday, February 3, 2026 . Morning." in words.replace("2026.", "2026 .")
    assert "Dr William King" in words
    assert ben.get("/appointments/requests").text.count("Waiting for an answer") == 1
    assert ben.post(path).headers["location"] == path
    assert "You took your request back." in ben.get(path).text
    assert "Taken back" in ben.get(path).text
    again = ben.post(path)
    assert again.status_code == 409
    assert "There is a problem" in again.text


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (
            {"reason": " ", "first_day_1-year": "", "first_day_1-month": "", "first_day_1-day": ""},
            ["reason", "first_day_1"],
        ),
        ({"first_day_1-month": "13", "last_day_2-day": "x"}, ["first_day_1", "last_day_2"]),
        ({"last_day_1-year": "2026", "last_day_1-month": "1", "last_day_1-day": "20"}, ["last_day_1"]),
        ({"last_day_3-year": "2026", "last_day_3-month": "3", "last_day_3-day": "1"}, ["first_day_3"]),
        ({"first_day_1-year": "2020"}, ["first_day_1"]),
        ({"reason": "y" * 1001}, ["reason"]),
    ],
)
def test_what_is_wrong_with_a_request_is_said_at_each_field(
    ben: TestClient, changes: dict[str, str], wrong: list[str]
) -> None:
    refused = ben.post("/appointments/ask", data=asked(**{"idempotency_key": "another"} | changes))
    assert refused.status_code == 422
    assert re.findall(r'<a href="#(\w+)"', refused.text) == wrong
    for name in wrong:
        assert f'id="{name}"' in refused.text


def test_more_requests_than_may_be_open_are_refused(ada: TestClient) -> None:
    answers = [ada.post("/appointments/ask", data=asked(idempotency_key=f"key-{number}")) for number in range(2)]
    assert [one.status_code for one in answers] == [303, 409]
    assert "as many visits as you can at one time" in answers[1].text
    assert "My back" in answers[1].text


def test_an_hour_that_comes_twice_has_its_zones_name() -> None:
    from datetime import UTC, date, datetime, time

    one = portal(notifier=RecordingNotifier(), clock=FrozenClock(datetime(2026, 10, 26, 9, tzinfo=UTC)))
    clinic(one)
    from patientportal import Place, StaffId

    desk(one).schedule.publish(
        Place(id="north", name="North Building", zone="America/New_York"),
        "FREQ=DAILY",
        opens=time(1, 30),
        closes=time(2),
        visit_length=timedelta(minutes=30),
        first_day=date(2026, 11, 1),
        last_day=date(2026, 11, 1),
        provider_id=StaffId("dr-king"),
    )
    with browser(one, "ben") as ben:
        assert "EDT" in said(ben.get("/appointments/book?kind=1&week=2026-11-01").text)
