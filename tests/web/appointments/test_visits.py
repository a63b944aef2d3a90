"""The patient's visits on their pages: what lies ahead, what was, one of them, its calendar file, giving it up."""

import re

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier
from patientportal.testing import Clinic, FrozenClock, clinic, portal
from tests.web.appointments.reading import a_time
from tests.web.patients import logged_in
from tests.web.reading import fields, links, words


def test_what_lies_ahead_what_was_and_what_was_asked_for_stand_on_one_page(ada: TestClient, small: Clinic) -> None:
    page = ada.get("/appointments").text
    for visit in (*small.ahead, small.fulfilled, small.missed, small.cancelled):
        assert f'href="/appointments/{visit}"' in page
    assert f'href="/appointments/requests/{small.asked_for}"' in page
    tags = re.findall(r'class="nhsuk-tag[^>]*>([^<]*)<', page)
    assert [one.strip() for one in tags] == ["Booked", "Booked", "Waiting for an answer", "Cancelled", "Missed", "Done"]
    assert "Dr Dora Winter, South Building" in words(page)


def test_whoever_has_nothing_is_told_so_and_how_to_get_one() -> None:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    clinic(one)
    with logged_in(one, "ben") as ben:
        page = ben.get("/appointments").text
        assert "You have no appointment coming up." in page
        assert "You have no past appointments." in page
        assert "/appointments/book" in page
        assert "You have not asked for an appointment." in ben.get("/appointments/requests").text
        assert "You have no past appointments." in ben.get("/appointments/past").text


def test_a_visit_tells_when_where_with_whom_of_which_kind_and_for_what(ada: TestClient, small: Clinic) -> None:
    told = words(ada.get(f"/appointments/{small.ahead[0]}"))
    for text in (
        "Thursday, January 8, 2026",
        "Dr William King",
        "North Building",
        "First visit",
        "A check-up",
        "Booked",
    ):
        assert text in told


def test_a_visit_tells_until_when_it_can_be_changed(ada: TestClient, small: Clinic) -> None:
    pages = [words(ada.get(f"/appointments/{one}")) for one in small.ahead]
    assert "here until" not in pages[0], "it is too late"
    assert "You can change or cancel it here until Sunday, January 11, 2026" in pages[1]


def test_a_visit_that_is_over_offers_no_change(ada: TestClient, small: Clinic) -> None:
    page = ada.get(f"/appointments/{small.fulfilled}").text
    assert "Cancel This Appointment" not in page
    assert links(page, "/appointments/book")


@pytest.mark.parametrize("below", ["", "/cancel", "/move", "/calendar", "/move/none"])
def test_a_visit_of_somebody_else_is_none(ben: TestClient, small: Clinic, below: str) -> None:
    assert ben.get(f"/appointments/{small.ahead[0]}{below}").status_code == 404
    assert ben.get(f"/appointments/no%00such%C3%A9{below}").status_code == 404


def test_nobody_changes_what_is_somebody_elses(ben: TestClient, small: Clinic) -> None:
    slot = fields(ben.get(a_time(ben)))["slot_id"]
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
    with logged_in(of, "ada", email=None) as ada:
        assert "/calendar" not in ada.get(f"/appointments/{small.ahead[0]}").text
        assert ada.get(f"/appointments/{small.ahead[0]}/calendar").status_code == 404


def test_too_late_to_cancel_or_move_is_said_with_whom_to_call(ada: TestClient, small: Clinic) -> None:
    visit = f"/appointments/{small.ahead[0]}"
    to = links(ada.get(f"{visit}/move"), f"^{visit}/move/")[0]
    for refused in (ada.post(f"{visit}/cancel"), ada.post(to, data=fields(ada.get(to)))):
        assert refused.status_code == 409
        assert "It is too late to cancel online. Please call us." in refused.text
        assert "+1 207 555 0100" in words(refused)
        assert "Yes, " not in refused.text
    assert "Booked" in ada.get(visit).text


def test_a_visit_is_cancelled_after_a_question_and_a_double_click_is_no_error(ben: TestClient) -> None:
    chosen = a_time(ben, week="2026-01-18", number=2)
    visit = ben.post(chosen, data=fields(ben.get(chosen))).headers["location"]
    sure = ben.get(links(ben.get(visit), "/cancel")[0])
    assert "Yes, cancel this appointment" in sure.text
    assert [ben.post(f"{visit}/cancel").headers["location"] for _ in range(2)] == [visit, visit]
    page = ben.get(visit).text
    assert "Your appointment is cancelled." in page
    assert "You cancelled this appointment." in page
    assert ben.get(f"{visit}/cancel").headers["location"] == visit
