"""Providers and places have one name each, which everybody reads at once: in lists, in one trip, and in mails."""

from collections import Counter
from datetime import date, time
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    BadInputError,
    NotFoundError,
    PatientAccess,
    Place,
    PlaceId,
    Portal,
    PracticeAccess,
    Provider,
    RecordingNotifier,
    SessionEndedError,
    StaffId,
    Window,
)
from patientportal.testing import Member
from tests.application.appointments.visits.schedule import DORA, EMIL, MONDAY, NORTH, SOUTH, publish, slots

MOVED = evolve(NORTH, name="New Building", address="5 Mill Road")
DR_DORA = Provider(id=DORA, name="Dr Dora")


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """Somebody who is in."""
    return usual.log_in(member.username, member.password)


def names(me: PatientAccess, practice: PracticeAccess) -> set[tuple[str, str]]:
    """How the provider and the place are called in every list that there is."""
    seen: list[Any] = [
        *me.appointments.open_slots().items,
        *me.appointments.upcoming().items,
        *practice.appointments.of_day(DORA, MONDAY),
    ]
    return {(one.provider_name, one.place.name) for one in seen}


def test_a_renamed_place_and_provider_are_renamed_everywhere_mails_included(
    usual: Portal, me: PatientAccess, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    publish(practice)
    visit_id = me.appointments.book(slots(me)[0])
    assert names(me, practice) == {("dora", "North Building")}, "whom nobody put is shown by their id"
    practice.places.put(MOVED)
    practice.providers.put(DR_DORA)
    assert names(me, practice) == {("Dr Dora", "New Building")}
    assert me.appointments.get(visit_id).place == MOVED
    usual.work()
    assert notifier.messages[-1].visit_place == "New Building"


def test_a_patient_may_choose_who_is_in_use_in_the_order_of_the_names(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    for one in (
        DR_DORA,
        Provider(id=EMIL, name="Dr Andrew"),
        Provider(id=StaffId("gone"), name="Dr Gone", active=False),
    ):
        practice.providers.put(one)
    for place in (NORTH, SOUTH, evolve(NORTH, id=PlaceId("closed"), active=False)):
        practice.places.put(place)
    assert [one.id for one in me.appointments.providers()] == [EMIL, DORA]
    assert me.appointments.places() == (NORTH, SOUTH)
    me.log_off()
    for asked in (me.appointments.providers, me.appointments.places):
        with pytest.raises(SessionEndedError):
            asked()


def test_a_place_whose_clocks_are_others_leaves_what_was_published_where_it_is(
    me: PatientAccess, practice: PracticeAccess
) -> None:
    publish(practice)
    visit_id = me.appointments.book(slots(me)[0])
    before = me.appointments.get(visit_id)
    practice.places.put(evolve(NORTH, zone="Europe/Berlin"))
    assert me.appointments.get(visit_id) == before
    assert publish(practice, place=NORTH.id, opens=time(20), closes=time(21)) == 2
    last = me.appointments.open_slots(after=before.starts_at).items[-1]
    assert (last.place.zone, f"{last.starts_at:%H:%M %z}") == ("Europe/Berlin", "20:30 +0100")


def test_slots_are_published_at_a_place_by_its_id(practice: PracticeAccess) -> None:
    with pytest.raises(NotFoundError, match="not_found"):
        publish(practice, place=NORTH.id)
    practice.places.put(NORTH)
    assert publish(practice, place=NORTH.id) == 6
    assert publish(practice, place=MOVED) == 0, "a place that is given is put"
    assert practice.places.all() == (MOVED,)


def test_nothing_is_published_where_or_for_whom_nothing_is_any_more(practice: PracticeAccess) -> None:
    closed = evolve(NORTH, active=False)
    practice.places.put(closed)
    practice.providers.put(evolve(DR_DORA, active=False))
    for otherwise, field in (
        ({"place": closed.id}, "place"),
        ({"place": closed}, "place"),
        ({"place": SOUTH}, "provider_id"),
    ):
        with pytest.raises(BadInputError) as refusal:
            publish(practice, **otherwise)
        assert (refusal.value.field, refusal.value.problem) == (field, "inactive")
    assert practice.places.all() == (closed,)
    assert publish(practice, place=SOUTH, provider_id=EMIL) == 6


def test_the_directory_is_listed_by_name(practice: PracticeAccess) -> None:
    emil = Provider(id=EMIL, name="dr Emil", active=False)
    for provider in (emil, DR_DORA, DR_DORA):
        practice.providers.put(provider)
    assert practice.providers.all() == (DR_DORA, emil)
    for place in (SOUTH, NORTH):
        practice.places.put(place)
    assert practice.places.all() == (NORTH, SOUTH)


def test_a_list_with_names_makes_no_query_per_row(
    me: PatientAccess, practice: PracticeAccess, calls: Counter[str]
) -> None:
    publish(practice)
    publish(practice, place=SOUTH, provider_id=EMIL)
    some = slots(me, provider_id=DORA)
    me.appointments.book(some[0])
    me.appointments.book(some[2])
    for look in (me.appointments.open_slots, me.appointments.upcoming):
        calls.clear()
        assert len(look().items) > 1
        assert (calls["select"], calls["find_all"], calls["find"]) == (0, 2, 0), "the first is the session's, too"
    calls.clear()
    practice.appointments.of_day(DORA, MONDAY)
    assert (calls["select"], calls["find_all"], calls["find"]) == (1, 1, 0)


def test_whom_somebody_wants_to_see_is_named(me: PatientAccess, practice: PracticeAccess) -> None:
    practice.providers.put(DR_DORA)
    window = Window(first_day=date(2026, 1, 6), last_day=date(2026, 1, 6))
    for provider_id in (None, DORA, StaffId("fay")):
        me.appointments.request("My knee", [window], provider_id=provider_id)
    for listed in (practice.appointments.requests(), me.appointments.requests()):
        assert {one.provider_name for one in listed.items} == {None, "Dr Dora", "fay"}


def test_an_entry_that_is_put_twice_is_one_fact(practice: PracticeAccess, calls: Counter[str]) -> None:
    practice.places.put(NORTH)
    calls.clear()
    practice.places.put(NORTH)
    assert not calls.keys() & {"add", "put", "record"}
    practice.places.put(Place(id=PlaceId("north"), name="North", zone="UTC"))
    assert (calls["put"], calls["record"]) == (1, 1)
