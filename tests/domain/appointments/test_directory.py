"""The practice's directory: what an entry of it may be, and that the last word on it is what everybody reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.appointments.directory import (
    Place,
    PlacePut,
    Provider,
    ProviderPut,
    Put,
    VisitType,
    VisitTypePut,
    put,
)
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PlaceId, StaffId, VisitTypeId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.values.stored import as_stored

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SOUTH = Place(id=PlaceId("south"), name="South Building", zone="Europe/Berlin")
DORA = Provider(id=StaffId("dora"), name="Dr Dora")


def test_the_last_word_on_a_place_or_a_provider_is_kept_and_the_same_again_changes_nothing() -> None:
    moved = evolve(SOUTH, name="New Building", address="5 Mill Road")
    for known in (None, SOUTH):
        assert put(known, moved) == Put(entry=moved, event=PlacePut(place_id=SOUTH.id))
    assert put(moved, moved) == Unchanged()
    for known_provider in (None, evolve(DORA, name="Dr D."), evolve(DORA, active=False)):
        assert put(known_provider, DORA) == Put(entry=DORA, event=ProviderPut(provider_id=DORA.id))
    assert put(DORA, DORA) == Unchanged()


@pytest.mark.parametrize(
    ("otherwise", "refused"),
    [
        ({"id": "", "name": "", "zone": ""}, ("id", "empty", None)),
        ({"id": "x" * 65, "name": ""}, ("id", "too_long", 64)),
        ({"id": "x" * 64, "name": " "}, ("name", "empty", None)),
        ({"name": "x" * 201}, ("name", "too_long", 200)),
        ({"name": "North\nBuilding"}, ("name", "bad_character", None)),
        ({"name": "x" * 200, "zone": ""}, ("zone", "unknown", None)),
        ({"zone": "Mars/Olympus"}, ("zone", "unknown", None)),
        ({"zone": "x" * 65}, ("zone", "too_long", 64)),
        ({"zone": "x\0"}, ("zone", "bad_character", None)),
        ({"address": ""}, ("address", "empty", None)),
        ({"address": "x" * 201}, ("address", "too_long", 200)),
        ({"address": "5 Mill Road\nNew Town"}, ("address", "bad_character", None)),
    ],
)
def test_a_place_is_checked_by_id_then_name_then_zone_then_address(otherwise: dict[str, Any], refused: object) -> None:
    usual = {"id": "north", "name": "North Building", "zone": "UTC"}
    with pytest.raises(BadInputError) as refusal:
        Place(**(usual | otherwise))
    assert (refusal.value.field, refusal.value.problem, refusal.value.limit) == refused


@pytest.mark.parametrize("name", ["id", "name", "zone", "address"])
def test_a_place_is_made_of_text(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be str, not int$"):
        Place(**({"id": "north", "name": "North Building", "zone": "UTC"} | {name: 5}))


def test_a_place_knows_what_its_clocks_show() -> None:
    assert SOUTH.local(NOW).isoformat() == "2026-01-05T10:00:00+01:00"


@pytest.mark.parametrize("active", ["yes", 1, None])
def test_whether_an_entry_is_active_is_yes_or_no(active: Any) -> None:
    with pytest.raises(TypeError, match=r"^active must be bool, not "):
        Provider(id=StaffId("dora"), name="Dr Dora", active=active)
    with pytest.raises(TypeError, match=r"^active must be bool, not "):
        evolve(SOUTH, active=active)


def test_a_provider_is_checked_by_id_then_name() -> None:
    cases: tuple[tuple[dict[str, Any], tuple[str, str]], ...] = (
        ({"id": "", "name": ""}, ("id", "empty")),
        ({"name": " "}, ("name", "empty")),
        ({"name": "x" * 201}, ("name", "too_long")),
    )
    for otherwise, refused in cases:
        with pytest.raises(BadInputError) as refusal:
            Provider(**({"id": StaffId("dora"), "name": "Dr Dora"} | otherwise))
        assert (refusal.value.field, refusal.value.problem) == refused


def test_a_place_says_whether_its_zone_is_known_here() -> None:
    assert SOUTH.is_zone_known
    assert not as_stored(Place)(
        id=SOUTH.id, name="Far Building", zone="Mars/Olympus", address=None, active=True
    ).is_zone_known


def test_a_kind_of_visit_is_put_like_the_other_entries() -> None:
    new = VisitType(id=VisitTypeId("new"), name="New patients", length=timedelta(hours=1))
    assert put(None, new) == Put(entry=new, event=VisitTypePut(visit_type_id=new.id))
