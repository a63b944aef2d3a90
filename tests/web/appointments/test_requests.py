"""Asking for a visit on the pages, where no free time suits."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.reading import fields, words


def asked(**changes: str) -> dict[str, str]:
    usual = {
        "reason": "My back",
        "first_day_1-year": "2026",
        "first_day_1-month": "2",
        "first_day_1-day": "3",
        "part_1": "morning",
        "key": "a-key",
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
    told = words(page)
    assert "We have your request." in page
    assert "Tuesday, February 3, 2026 . Morning." in told.replace("2026.", "2026 .")
    assert "Dr William King" in told
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
        ({"first_day_1-month": "13", "reason": ""}, ["reason", "first_day_1"]),
        ({"last_day_1-year": "2026", "last_day_1-month": "1", "last_day_1-day": "20"}, ["last_day_1"]),
        ({"last_day_3-year": "2026", "last_day_3-month": "3", "last_day_3-day": "1"}, ["first_day_3"]),
        ({"first_day_1-year": "2020"}, ["first_day_1"]),
        ({"reason": "y" * 1001}, ["reason"]),
    ],
)
def test_what_is_wrong_with_a_request_is_said_at_each_field(
    ben: TestClient, changes: dict[str, str], wrong: list[str]
) -> None:
    refused = ben.post("/appointments/ask", data=asked(**{"key": "another"} | changes))
    assert refused.status_code == 422
    assert re.findall(r'<a href="#(\w+)"', refused.text) == wrong
    assert fields(refused)["key"] == "another"
    for name in wrong:
        assert f'id="{name}"' in refused.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "What is it about? Please fill this in."),
        ("es-US", "¿De qué se trata? Llene este dato, por favor."),
    ],
)
def test_the_list_of_what_is_wrong_calls_a_field_as_the_form_does(ben: TestClient, language: str, said: str) -> None:
    refused = ben.post("/appointments/ask", data=asked(reason=""), headers={"Accept-Language": language})
    assert said in words(refused)


def test_more_requests_than_may_be_open_are_refused(ada: TestClient) -> None:
    answers = [ada.post("/appointments/ask", data=asked(key=f"key-{number}")) for number in range(2)]
    assert [one.status_code for one in answers] == [303, 409]
    assert "as many visits as you can at one time" in answers[1].text
    assert "My back" in answers[1].text
