"""Whatever the portal shows is as its schema says, whole and exactly."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from patientportal import (
    AppointmentStatus,
    Document,
    Facts,
    Message,
    MessageId,
    Money,
    NotFoundError,
    NoticeKind,
    Page,
    PartialDate,
    PatientAccess,
    PatientId,
    Policy,
    PortalError,
    SlotTakenError,
    StatementDetails,
    Visit,
    VisitsOverlapError,
    VisitType,
)
from patientportal.http import VIEWS, problem, responses, schema, to_json
from patientportal.testing import PASSWORD, clinic, portal
from tests.http.public import errors, returned, shown
from tests.http.values import values


def check(document: Any, kind: Any) -> None:
    """As a client in another language sees it, and without fields that the schema doesn't have."""
    written = json.loads(json.dumps(document, allow_nan=False))
    found = schema(kind)
    Draft202012Validator.check_schema(found)
    Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(written)
    if "properties" in found:
        assert written.keys() <= found["properties"].keys()


def test_the_views_are_what_the_calls_return_and_what_stands_in_that() -> None:
    assert set(VIEWS) == shown() - {Money, PartialDate} - set(Facts.__subclasses__())
    assert list(VIEWS) == sorted(VIEWS, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", sorted(returned(), key=str), ids=str)
@given(data=st.data())
@settings(max_examples=4)
def test_what_a_call_may_return_is_as_its_schema_says(kind: Any, data: st.DataObject) -> None:
    check(to_json(data.draw(values(kind))), kind)


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.code)
@given(data=st.data(), language=st.sampled_from([None, "es"]))
@settings(max_examples=4)
def test_the_body_of_a_problem_is_as_its_schema_says(
    kind: type[PortalError], data: st.DataObject, language: str | None
) -> None:
    check(json.loads(problem(data.draw(values(kind)), language)[2]), kind)


@pytest.fixture
def me() -> Iterator[PatientAccess]:
    with portal() as one:
        yield one.log_in(clinic(one).ada.username, PASSWORD)


def test_a_small_practice_is_shown_as_the_schemas_say(me: PatientAccess) -> None:
    lists: list[Any] = [
        *(me.appointments.upcoming, me.appointments.past, me.appointments.requests, me.appointments.open_slots),
        *(me.statements.all, me.messages.inbox, me.medications.active, me.medications.renewals),
        *(me.support.requests, me.account.devices, me.account.history),
    ]
    for one in lists:
        hint = one.__annotations__["return"]
        found = one()
        assert found.items, one
        check(to_json(found), hint)
    check(to_json(me.account.profile()), type(me.account.profile()))
    check(to_json(me.appointments.visit_types()), tuple[VisitType, ...])
    check(to_json(me.statements.current()), StatementDetails | None)


def test_each_value_has_one_exact_way_to_be_written() -> None:
    here = timezone(timedelta(hours=-5))
    assert to_json(datetime(2026, 11, 1, 1, 30, tzinfo=here)) == "2026-11-01T01:30:00-05:00"
    assert to_json(date(2026, 11, 1)) == "2026-11-01"
    assert to_json(PartialDate(1974, 3)) == "1974-03"
    assert to_json(timedelta(minutes=30, milliseconds=900)) == "PT1800S"
    assert to_json(Money.parse("0.0000", "CLF")) == {"amount": "0.0000", "currency": "CLF"}
    assert to_json(Money.parse("999999999999", "JPY")) == {"amount": "999999999999", "currency": "JPY"}
    assert to_json(AppointmentStatus.NOSHOW) == "noshow"
    assert to_json((True, 1, None, MessageId("m"))) == [True, 1, None, "m"]


def test_an_offset_with_seconds_is_written_as_utc() -> None:
    monrovia = timezone(timedelta(minutes=-44, seconds=-30))
    assert to_json(datetime(1960, 1, 1, tzinfo=monrovia)) == "1960-01-01T00:44:30+00:00"


def test_a_moment_without_an_offset_is_not_written() -> None:
    with pytest.raises(ValueError, match="offset"):
        to_json(datetime(2026, 11, 1))  # noqa: DTZ001 - that is the point


NO_VIEWS = [
    Document(media_type="application/pdf", content=b"%PDF"),
    Message(
        id="1",
        kind=NoticeKind.INVITATION,
        patient_id=PatientId("p"),
        to_email="a@b.example",
        to_name="A",
        link="https://x#secret",
    ),
    Policy(zone="UTC"),
    *(b"%PDF", 1.5, {"a": 1}, [1], object()),
]


@pytest.mark.parametrize("one", NO_VIEWS, ids=lambda one: type(one).__name__)
def test_what_is_no_view_is_refused_and_nothing_of_it_told(one: object) -> None:
    with pytest.raises(TypeError) as refusal:
        to_json(one)
    assert str(refusal.value) == f"{type(one).__name__} is no view"


@pytest.mark.parametrize("kind", [Document, Policy, Message, bytes, dict[str, str], Page, Any], ids=str)
def test_what_is_no_view_has_no_schema(kind: Any) -> None:
    with pytest.raises(TypeError, match="is no view"):
        schema(kind)


def test_a_schema_says_what_it_is_of() -> None:
    assert schema(AppointmentStatus)["enum"] == [status.value for status in AppointmentStatus]
    visit = schema(Visit)
    assert visit["title"] == "Visit"
    assert visit["description"]
    assert set(visit["required"]) == set(visit["properties"])
    assert visit["properties"]["place"]["properties"]["zone"] == {"type": "string"}


def test_what_a_call_answers_is_listed_by_status() -> None:
    found = responses(Page[Visit], VisitsOverlapError, NotFoundError, SlotTakenError)
    assert list(found) == [200, 404, 409]
    assert found[200]["content"] == {"application/json": {"schema": schema(Page[Visit])}}
    refused = found[409]["content"]["application/problem+json"]["schema"]
    Draft202012Validator.check_schema(refused)
    for error in (VisitsOverlapError, SlotTakenError):
        assert any(one["properties"]["code"] == {"const": error.code} for one in refused["anyOf"])
    assert responses(None) == {204: {"description": "No Content"}}
