"""The desk publishes and closes hours, and says who sees patients, where and for what."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from patientportal import AppointmentStatus, BookableBy, Portal, RecordingNotifier, Role, StaffId
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from patientportal.web.desk.practice import new_id
from tests.web.desk import at_desk
from tests.web.reading import day, fields, links, words

ZONE = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def opened() -> tuple[Portal, Clinic]:
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    return one, clinic(one)


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


def hours(**other: str) -> dict[str, str | list[str]]:
    """A form for two Wednesdays of Dr King's, two weeks apart, with two visits each."""
    days = day("first_day", 2026, 2, 4) | day("last_day", 2026, 2, 24)
    filled_in: dict[str, str | list[str]] = {
        "provider_id": "dr-king",
        "place": "south",
        "pattern": ["WE"],
        "interval": "2",
        "opens": "13:00",
        "closes": "14:10",
        "visit_length": "30",
        "pause": "10",
    }
    return filled_in | days | other


def free(one: Portal, provider_id: str, first: date, *, days: int = 28) -> list[str]:
    after = datetime.combine(first, datetime.min.time(), ZONE)
    found = desk(one).schedule.open_slots(
        provider_id=StaffId(provider_id), after=after, before=after + timedelta(days=days), limit=200
    )
    return [f"{slot.starts_at:%d %H:%M}" for slot in found.items]


def test_a_week_shows_what_is_free_and_who_comes(front: TestClient) -> None:
    told = words(front.get("/desk/schedule?provider=dr-king&week=2026-01-08"))
    assert "10 free times, 1 visit" in told
    assert "Dr William King, week of January 4, 2026" in told
    assert (
        "Thursday, January 8, 2026 Free 10:00 AM to 11:00 AM, North Building (2) Booked 9:00 AM Ada Byron"
        in told.replace("\u202f", " ")
    )


def test_a_day_with_anything_ahead_is_closed_from_the_week(front: TestClient) -> None:
    ways = links(front.get("/desk/schedule?provider=dr-king&week=2026-01-08"), "close/check")
    assert [way.split("after=")[1][:10] for way in ways] == ["2026-01-05", "2026-01-06", "2026-01-08"]
    assert "1 visit will be cancelled" in words(front.get(ways[-1]))
    assert not links(front.get("/desk/schedule?provider=dr-king&week=2025-11-25"), "close/check")


def test_hours_are_published_by_plain_words_and_the_same_form_again_adds_nothing(
    front: TestClient, one: Portal
) -> None:
    answer = front.post("/desk/schedule/publish", data=hours())
    assert answer.status_code == 303
    page = words(front.get(answer.headers["location"]))
    assert "4 times are new." in page
    assert [one for one in free(one, "dr-king", date(2026, 2, 1)) if one[3:5] == "13"] == [
        "04 13:00", "04 13:40", "18 13:00", "18 13:40",
    ]  # fmt: skip
    again = words(front.get(front.post("/desk/schedule/publish", data=hours()).headers["location"]).text)
    assert "0 times are new. 4 times were there before." in again


def test_days_are_left_out_and_so_are_visits_of_which_the_desk_is_told(
    front: TestClient, one: Portal, filled: Clinic
) -> None:
    visit = desk(one).appointments.get(filled.ahead[1])
    begin = datetime.combine(visit.starts_at.date(), datetime.min.time(), ZONE)
    desk(one).appointments.book(
        filled.ben.patient_id,
        desk(one).schedule.open_slots(provider_id=visit.provider_id, after=visit.ends_at, limit=1).items[0].slot_id,
    )
    desk(one).schedule.withdraw(
        after=begin + timedelta(hours=10), before=begin + timedelta(hours=12), provider_id=visit.provider_id
    )
    form = hours(
        provider_id="dr-dora", interval="1", opens="9:00", closes="10:30", visit_length="45", pause="",
        **day("first_day", 2026, 1, 15), **day("last_day", 2026, 1, 30),
        **day("out_first_1", 2026, 1, 22), **day("out_last_1", 2026, 1, 28),
    ) | {"pattern": ["TH"]}  # fmt: skip
    refused = front.post("/desk/schedule/publish", data=form)
    assert refused.status_code == 409, "free times are in the way on the 29th"
    desk(one).schedule.withdraw(
        after=datetime(2026, 1, 29, tzinfo=ZONE),
        before=datetime(2026, 1, 30, tzinfo=ZONE),
        provider_id=visit.provider_id,
    )
    page = words(front.get(front.post("/desk/schedule/publish", data=form).headers["location"]))
    assert "2 times are new." in page
    assert "2 times are left out" in page
    assert "Thursday, January 15, 2026, 9:00" in page
    assert free(one, "dr-dora", date(2026, 1, 29), days=1) == ["29 09:00", "29 09:45"]
    assert "22 09:45" not in free(one, "dr-dora", date(2026, 1, 22), days=1)


def test_what_is_missing_is_told_at_once_and_nothing_that_was_typed_is_lost(front: TestClient) -> None:
    refused = front.post("/desk/schedule/publish", data={"provider_id": "dr-dora", "pause": "7"})
    assert refused.status_code == 422
    for name in ("place", "pattern", "first_day", "last_day", "opens", "closes", "visit_length"):
        assert f'href="#{name}"' in refused.text
        assert f'id="{name}"' in refused.text
    assert 'value="7"' in refused.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("opens", {"opens": "25:00"}),
        ("closes", {"closes": "soon"}),
        ("visit_length", {"visit_length": "half an hour"}),
        ("visit_length", {"visit_length": "1"}),
        ("pause", {"pause": "720"}),
        ("last_day", day("last_day", 2025, 2, 4)),
        ("last_day", day("last_day", 2027, 4, 4)),
        ("first_day", {"first_day-year": ""}),
        ("out_first_2", day("out_last_2", 2026, 2, 4)),
        ("out_last_1", day("out_first_1", 2026, 2, 4) | day("out_last_1", 2026, 2, 3)),
        ("out_last_1", day("out_first_1", 2026, 2, 4) | day("out_last_1", 9999, 12, 31)),
        ("pattern", day("last_day", 2026, 2, 3) | day("first_day", 2026, 2, 3)),
        ("pattern", {"pattern": "XX"}),
    ],
)
def test_what_cannot_be_is_said_at_its_field(front: TestClient, field: str, typed: dict[str, str]) -> None:
    refused = front.post("/desk/schedule/publish", data=hours() | typed)
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert f'id="{field}"' in refused.text


@pytest.mark.parametrize(
    ("after", "before", "visits"),
    [("", "09:00", 0), ("08:00", "09:01", 1), ("09:30", "10:00", 1), ("10:00", "", 0)],
    ids=["before", "its beginning", "its end", "after"],
)
def test_the_visits_that_a_closing_concerns_are_those_that_take_its_time(
    front: TestClient, after: str, before: str, visits: int
) -> None:
    form = {"provider_id": "dr-king", "after": after, "before": before} | day("first_day", 2026, 1, 8)
    check = front.post("/desk/schedule/close", data=form).headers["location"]
    page = words(front.get(check))
    assert f"{visits} visit{'' if visits == 1 else 's'} will be cancelled" in page


def test_a_provider_falls_ill(front: TestClient, one: Portal, filled: Clinic) -> None:
    form = {"provider_id": "dr-king", "place_id": ""} | day("first_day", 2026, 1, 8)
    check = front.post("/desk/schedule/close", data=form | {"before": "10:30"}).headers["location"]
    page = front.get(check).text
    assert "1 visit will be cancelled" in words(page)
    assert "1 free time will be taken away." in words(page)
    assert f'href="/desk/people/{filled.ada.patient_id}"' in page
    before = free(one, "dr-king", date(2026, 1, 8), days=1)
    refused = front.post(check, data={"cancelling": " "})
    assert refused.status_code == 422
    assert 'href="#cancelling"' in refused.text
    assert free(one, "dr-king", date(2026, 1, 8), days=1) == before, "nothing is closed yet"
    done = front.post(check, data={"cancelling": "The doctor can't come."})
    assert done.headers["location"] == "/desk/schedule?provider=dr-king&week=2026-01-08"
    assert "we tell the patients" in front.get(done.headers["location"]).text
    assert free(one, "dr-king", date(2026, 1, 8), days=1) == ["08 10:30"]
    visit = one.log_in("ada", PASSWORD).appointments.get(filled.ahead[0])
    assert (visit.status, visit.cancellation_reason) == (AppointmentStatus.CANCELLED, "The doctor can't come.")
    again = front.get(check).text
    assert "Nothing is open then." in again
    assert "<form method" not in again.split("<main")[1].split("</main")[0]


def test_free_hours_are_closed_without_a_reason_at_one_place(front: TestClient, one: Portal) -> None:
    form = {"provider_id": "dr-king"} | day("first_day", 2026, 1, 12) | day("last_day", 2026, 1, 13)
    elsewhere = front.post("/desk/schedule/close", data=form | {"place_id": "south"}).headers["location"]
    assert "Nothing is open then." in front.get(elsewhere).text
    there = front.post("/desk/schedule/close", data=form | {"place_id": "north"}).headers["location"]
    page = words(front.get(there))
    assert "0 visits will be cancelled" in page
    assert "8 free times will be taken away." in page
    done = front.post(there)
    assert "These hours are closed." in front.get(done.headers["location"]).text
    assert free(one, "dr-king", date(2026, 1, 12), days=2) == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("first_day", {"first_day-day": "32"}),
        ("first_day", day("first_day", 1, 1, 1)),
        ("last_day", day("last_day", 9999, 12, 31)),
        ("last_day", day("last_day", 2026, 1, 7)),
        ("last_day", day("last_day", 2026, 3, 1)),
        ("before", {"after": "10:00", "before": "10:00"}),
        ("after", {"after": "noon"}),
    ],
)
def test_days_that_cannot_be_closed_are_said_at_their_field(
    front: TestClient, field: str, typed: dict[str, str]
) -> None:
    form = {"provider_id": "dr-king"} | day("first_day", 2026, 1, 8) | typed
    refused = front.post("/desk/schedule/close", data=form)
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "provider=dr-king&after=x&before=y",
        "provider=nobody&after=2026-01-08T00:00-05:00&before=2026-01-09T00:00-05:00",
        "provider=dr-king&place=x&after=2026-01-08T00:00-05:00&before=2026-01-09T00:00-05:00",
        "provider=dr-king&after=2026-01-08T00:00-05:00&before=2026-05-09T00:00-05:00",
    ],
)
def test_an_address_that_closes_nothing_is_refused(front: TestClient, query: str) -> None:
    assert front.get(f"/desk/schedule/close/check?{query}").status_code == 422


@pytest.mark.parametrize("query", ["provider=nobody", "week=9999-12-31", "week=x&provider=%00", "provider="])
def test_odd_addresses_of_a_week(front: TestClient, query: str) -> None:
    assert front.get(f"/desk/schedule?{query}").status_code in {200, 422}
    assert front.get(f"/desk/schedule/published?{query}&added=-1&left=9999999&times=x,,2026").status_code == 200


def test_a_new_entry_has_an_id_of_its_name_and_the_same_form_again_is_the_same_entry(
    front: TestClient, one: Portal
) -> None:
    form = fields(front.get("/desk/practice/provider")) | {"name": " Dr Zoë Summer ", "active": "yes"}
    for _ in range(2):
        assert front.post("/desk/practice/provider", data=form).headers["location"] == "/desk/practice"
    (zoe,) = (one for one in desk(one).providers.all() if one.name == "Dr Zoë Summer")
    assert re.fullmatch(r"dr-zoe-summer-[0-9a-f]{6}", zoe.id)
    assert "This is saved." in front.get("/desk/practice").text
    (page,) = links(front.get("/desk/practice"), zoe.id)
    assert front.post(page, data={"name": "Dr Zoë Winter", "active": "no"}).status_code == 303
    assert [(one.name, one.active) for one in desk(one).providers.all() if one.id == zoe.id] == [
        ("Dr Zoë Winter", False)
    ]


def test_a_provider_who_works_at_the_desk_has_the_key_of_their_log_in(front: TestClient, one: Portal) -> None:
    front.post("/desk/practice/provider", data={"name": "Dr Quinn", "id": "oidc|1/2 é", "active": "yes"})
    (page,) = links(front.get("/desk/practice"), "oidc")
    assert "Dr Quinn" in front.get(page).text
    assert "oidc|1/2 é" in {one.id for one in desk(one).providers.all()}
    taken = front.post("/desk/practice/provider", data={"name": "Somebody", "id": "dr-king", "active": "yes"})
    assert taken.status_code == 422
    assert 'href="#id"' in taken.text
    assert "Dr William King" in {one.name for one in desk(one).providers.all()}


def test_places_and_kinds_are_put_and_said_again(front: TestClient, one: Portal) -> None:
    place = {"name": "West", "zone": "America/Chicago", "address": "", "active": "yes", "key": "a"}
    assert front.post("/desk/practice/place", data=place).status_code == 303
    (west,) = (one for one in desk(one).places.all() if one.name == "West")
    assert (west.zone, west.address) == ("America/Chicago", None)
    kind = {"name": "Vaccine", "length": "10", "holds": "15", "bookable_by": "practice", "provider_ids": ["dr-king"]}
    assert front.post("/desk/practice/kind", data=kind | {"key": "b"}).status_code == 303
    (vaccine,) = (one for one in desk(one).visit_types.all() if one.name == "Vaccine")
    assert (vaccine.holds, vaccine.bookable_by) == (timedelta(minutes=15), BookableBy.PRACTICE)
    page = front.get(f"/desk/practice/kind?id={vaccine.id}").text
    assert re.search(r'value="dr-king"[^>]*checked|checked[^>]*value="dr-king"', page)
    assert 'value="15"' in page
    assert "Only we can book it" in front.get("/desk/practice").text


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("provider", {"name": " "}, "name"),
        ("provider", {"name": "x" * 201}, "name"),
        ("provider", {"name": "A", "id": "x" * 256}, "id"),
        ("place", {"name": "A", "zone": "Mars/Olympus"}, "zone"),
        ("place", {"name": "", "zone": ""}, "name"),
        ("kind", {"name": "A", "length": "x", "bookable_by": "patient"}, "length"),
        ("kind", {"name": "A", "length": "30", "holds": "10", "bookable_by": "patient"}, "holds"),
        ("kind", {"name": "A", "length": "30", "bookable_by": "nobody"}, "bookable_by"),
    ],
)
def test_an_entry_that_cannot_be_is_said_at_its_field(
    front: TestClient, kind: str, typed: dict[str, str], field: str
) -> None:
    refused = front.post(f"/desk/practice/{kind}", data=typed)
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert f'id="{field}"' in refused.text


def test_an_entry_that_is_not_there_is_not_found(front: TestClient) -> None:
    assert {front.get(f"/desk/practice/{kind}?id=nothing").status_code for kind in ("provider", "place", "kind")} == {
        404
    }


@pytest.mark.parametrize(
    ("name", "begins"), [("Dr. Zoë  Winter", "dr-zoe-winter-"), ("王医生", ""), ("x" * 300, "x" * 40)]
)
def test_an_id_of_a_name_fits(name: str, begins: str) -> None:
    found = new_id(name, "key")
    assert found.startswith(begins)
    assert re.fullmatch(r"[a-z0-9-]{6,47}", found)
    assert new_id(name, "another") != found


def test_a_provider_sees_the_lists_without_the_forms_that_are_not_theirs(one: Portal) -> None:
    with at_desk(one, Role.PROVIDER) as provider:
        page = provider.get("/desk/practice").text
        assert ("/desk/practice/place" in page, "/desk/practice/provider" in page) == (True, False)
        assert provider.post("/desk/practice/provider", data={"name": "A"}).status_code == 403
