"""Renewals at the desk: what waits, deciding it once, and who may."""

from collections.abc import Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from patientportal import Portal, RecordingNotifier, RenewalId, RenewalStatus
from patientportal.testing import PASSWORD, Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import DORA, KING, SUSAN, at_work
from tests.web.reading import faults, words

pytestmark = pytest.mark.usefixtures("its")


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier(), clock=FrozenClock())


@pytest.fixture(scope="module")
def its(one: Portal) -> Clinic:
    return clinic(one)


@pytest.fixture
def king(one: Portal) -> Iterator[TestClient]:
    with at_work(one, KING) as browser:
        yield browser


def asked(one: Portal, its: Clinic, name: str, *, note: str = "") -> RenewalId:
    """Ada asks for more of something that Dr King prescribes."""
    medication_id = desk(one).medications.record(
        its.ada.patient_id, name=name, prescriber_id=KING.id, started_on=date(2026, 1, 2), refills_left=2
    )
    return one.log_in("ada", PASSWORD).medications.request_renewal(medication_id, pharmacy="Main Street", note=note)


def status(one: Portal, renewal_id: RenewalId) -> RenewalStatus:
    return desk(one).medications.renewal(renewal_id).status


def test_what_waits_is_counted_and_named_and_leads_to_its_decision(king: TestClient, one: Portal, its: Clinic) -> None:
    renewal_id = asked(one, its, "Ramipril", note="Down to <three>.")
    page = king.get("/desk/renewals")
    said = words(page)
    assert "2 wait for an answer, the oldest first" in said
    assert "All that was approved is filled." in said
    assert "Medication Ramipril Refills left 2 Pharmacy and note Main Street Down to <three>." in said
    assert page.text.index(f'href="/desk/renewals/{its.renewal}"') < page.text.index(f"/desk/renewals/{renewal_id}")
    one_of_them = words(king.get(f"/desk/renewals/{renewal_id}"))
    assert "Ramipril for Ada Byron" in one_of_them
    assert "Approve for Ada Byron" in one_of_them
    king.post(f"/desk/renewals/{renewal_id}", data={"decision": "deny", "reason": "No"})


def test_an_approval_is_filled_now_or_waits_in_the_second_list(king: TestClient, one: Portal, its: Clinic) -> None:
    now, later = asked(one, its, "Bisoprolol"), asked(one, its, "Torasemide")
    form = {"decision": "approve", "refills": "2", "refilled": "yes", "changes": ""}
    answer = king.post(f"/desk/renewals/{now}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/renewals")
    assert "Approved and filled. The patient is told." in words(king.get("/desk/renewals"))
    king.post(f"/desk/renewals/{later}", data=form | {"refilled": "no", "changes": "Half of it"})
    said = words(king.get("/desk/renewals"))
    assert "1 is approved and not filled yet" in said
    assert "It waits in the second list" in said
    assert (status(one, now), status(one, later)) == (RenewalStatus.REFILLED, RenewalStatus.APPROVED)
    page = words(king.get(f"/desk/renewals/{later}"))
    assert "Mark as filled for Ada Byron" in page
    assert "How to take it from now on Half of it" in page
    assert "Answered by Dr William King" in page
    assert king.post(f"/desk/renewals/{later}", data={"decision": "fill"}).status_code == 303
    assert status(one, later) is RenewalStatus.REFILLED
    assert "Mark as filled" not in words(king.get(f"/desk/renewals/{later}"))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"decision": "approve", "refills": "", "refilled": ""}, ["refills", "refilled"]),
        ({"decision": "approve", "refills": "two", "refilled": "no"}, ["refills"]),
        ({"decision": "approve", "refills": "100", "refilled": "no"}, ["refills"]),
        ({"decision": "approve", "refills": "1", "refilled": "no", "changes": "c" * 4001}, ["changes"]),
        ({"decision": "deny", "reason": " "}, ["reason"]),
        ({"decision": "deny", "reason": "r" * 1001}, ["reason"]),
        ({"decision": "lose"}, []),  # no form of ours sends it, so that there is no field to lead to
    ],
)
def test_what_cannot_be_decided_so_is_said_at_its_field(
    king: TestClient, its: Clinic, typed: dict[str, str], wrong: list[str]
) -> None:
    answer = king.post(f"/desk/renewals/{its.renewal}", data=typed)
    assert (answer.status_code, faults(answer)) == (422, wrong)
    assert "There is a problem" in words(answer)
    assert typed.get("changes", "") in answer.text


def test_a_denial_has_its_reason_and_nothing_is_decided_twice(king: TestClient, one: Portal, its: Clinic) -> None:
    renewal_id = asked(one, its, "Diazepam")
    assert king.post(f"/desk/renewals/{renewal_id}", data={"decision": "deny", "reason": "Let us talk."}).is_redirect
    again = king.post(f"/desk/renewals/{renewal_id}", data={"decision": "approve", "refills": "1", "refilled": "yes"})
    assert (again.status_code, "This request is closed." in words(again)) == (409, True)
    assert "Why not Let us talk." in words(again)
    assert "Approve for" not in words(again)
    assert status(one, renewal_id) is RenewalStatus.DENIED


def test_only_who_prescribes_it_decides_and_the_front_desk_sees_who_that_is(one: Portal, its: Clinic) -> None:
    form = {"decision": "approve", "refills": "1", "refilled": "yes"}
    with at_work(one, DORA) as dora:
        answer = dora.post(f"/desk/renewals/{its.renewal}", data=form)
        assert (answer.status_code, "Only the provider who prescribed this" in words(answer)) == (409, True)
    with at_work(one, SUSAN) as susan:
        page = susan.get(f"/desk/renewals/{its.renewal}")
        assert "Dr William King decides this, or who stands in for them." in words(page)
        assert "<textarea" not in page.text
        assert susan.post(f"/desk/renewals/{its.renewal}", data=form).status_code == 403
    assert status(one, its.renewal) is RenewalStatus.REQUESTED


def test_what_a_patient_asked_for_stands_behind_their_medications(king: TestClient, its: Clinic) -> None:
    listed = king.get(f"/desk/people/{its.ada.patient_id}/medications/renewals")
    assert f'href="/desk/renewals/{its.refilled}"' in listed.text
    assert "Metformin 500 MG Oral Tablet Asked on" in words(listed)
    assert "Refilled" in words(listed)
    assert "They have asked for no renewal." in words(
        king.get(f"/desk/people/{its.ben.patient_id}/medications/renewals")
    )


def test_nothing_is_found_where_nothing_is(king: TestClient) -> None:
    for path in ("/desk/renewals/nothing", "/desk/renewals/%00", "/desk/people/nobody/medications/renewals"):
        assert king.get(path).status_code == 404
    assert king.post("/desk/renewals/nothing", data={"decision": "fill"}).status_code == 404
    assert king.get("/desk/renewals", params={"unfilled": "x"}).status_code == 422


def test_a_long_list_says_that_there_is_more_and_each_list_goes_on_by_itself() -> None:
    crowded = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    its = clinic(crowded)
    for number in range(51):
        asked(crowded, its, f"Number {number}")
    with at_work(crowded, KING) as king:
        page = king.get("/desk/renewals")
        assert "More than 50 wait for an answer" in words(page)
        rest = page.text.partition('href="/desk/renewals?cursor=')[2].partition('"')[0]
        assert "2 wait for an answer" in words(king.get(f"/desk/renewals?cursor={rest}"))
