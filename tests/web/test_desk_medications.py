"""Medications at the desk: recorded, corrected, stopped; and who decides in whose place."""

from collections.abc import Iterator
from datetime import date

import pytest
from starlette.testclient import TestClient

from patientportal import MedicationId, PatientMedication, Portal, RecordingNotifier
from patientportal.testing import Clinic, FrozenClock, clinic, desk, portal
from tests.web.desk import DORA, KING, SUSAN, at_work
from tests.web.reading import day, faults, words

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


@pytest.fixture
def susan(one: Portal) -> Iterator[TestClient]:
    with at_work(one, SUSAN) as browser:
        yield browser


def prescribed(one: Portal, its: Clinic, name: str) -> MedicationId:
    """Ben takes something that Dr King prescribes."""
    return desk(one).medications.record(
        its.ben.patient_id,
        name=name,
        dose="one",
        directions="At noon.\n\nWith water.",
        prescriber_id=KING.id,
        started_on=date(2026, 1, 2),
        refills_left=2,
    )


def of_ben(one: Portal, its: Clinic, name: str) -> PatientMedication:
    found = desk(one).medications.of_patient(its.ben.patient_id).items
    return next(medication for medication in found if medication.name == name)


def was(king: TestClient, page: str) -> dict[str, str]:
    """A form as it is shown, unchanged."""
    shown = {"dose": "one", "directions": "At noon.\r\n\r\nWith water.", "refills_left": "2", "is_renewable": "yes"}
    assert 'name="refills_left_was" value="2"' in king.get(page).text
    return shown | {f"{name}_was": value for name, value in shown.items()}


def test_what_somebody_takes_is_listed_with_what_they_ask_more_of(king: TestClient, its: Clinic) -> None:
    page = king.get(f"/desk/people/{its.ada.patient_id}/medications")
    said = words(page)
    assert "Dose and directions 2 tablets Once a day Refills left 3 Prescribed by Dr William King" in said
    now, _, before = said.partition("What was stopped")
    assert ("Amoxicillin" in now, "Lisinopril" in before) == (False, False)
    assert "Stopped on December 26, 2025" in before
    assert f'href="/desk/renewals/{its.renewal}"' in page.text
    assert "Asks for more of Lisinopril 10 MG Oral Tablet" in said
    assert f'href="/desk/people/{its.ada.patient_id}/medications/{its.medications[0]}"' in page.text


def test_a_medication_is_recorded_and_what_is_missing_is_told_at_once(
    king: TestClient, one: Portal, its: Clinic
) -> None:
    page = f"/desk/people/{its.ben.patient_id}/medications/record"
    assert 'value="2026"' in king.get(page).text  # today
    answer = king.post(page, data={"dose": "one tablet", "name": ""})
    assert (answer.status_code, faults(answer)) == (422, ["name", "started_on", "refills_left"])
    assert "one tablet" in answer.text
    form = {"name": "Ibuprofen", "refills_left": "0", "prescriber_id": DORA.id, "is_renewable": "no"}
    assert faults(king.post(page, data=form | day("started_on", 2026, 2, 30))) == ["started_on"]
    answer = king.post(page, data=form | day("started_on", 2026, 1, 4))
    assert answer.headers["location"] == f"/desk/people/{its.ben.patient_id}/medications"
    found = of_ben(one, its, "Ibuprofen")
    assert (found.prescriber_name, found.is_renewable, found.started_on) == (DORA.name, False, date(2026, 1, 4))
    king.post(page, data=form | day("started_on", 2026, 1, 4) | {"name": "Naproxen", "prescriber_id": ""})
    assert of_ben(one, its, "Naproxen").prescriber_id == KING.id


def test_a_correction_leaves_alone_what_changed_meanwhile(king: TestClient, one: Portal, its: Clinic) -> None:
    page = f"/desk/people/{its.ben.patient_id}/medications/{prescribed(one, its, 'Ramipril')}"
    form = was(king, page)
    king.post(page, data=form | {"refills_left": "5"})
    assert of_ben(one, its, "Ramipril").refills_left == 5
    king.post(page, data=form | {"dose": "two", "is_renewable": "no"})  # of a page that still shows two refills
    found = of_ben(one, its, "Ramipril")
    assert (found.dose, found.refills_left, found.is_renewable) == ("two", 5, False)
    assert found.directions == "At noon.\n\nWith water."


@pytest.mark.parametrize("typed", ["", "some", "-1", "100"])
def test_a_number_of_refills_that_is_none_is_said_at_its_field(
    king: TestClient, one: Portal, its: Clinic, typed: str
) -> None:
    page = f"/desk/people/{its.ben.patient_id}/medications/{prescribed(one, its, 'Codeine')}"
    answer = king.post(page, data=was(king, page) | {"dose": "half", "refills_left": typed})
    assert (answer.status_code, faults(answer)) == (422, ["refills_left"])
    assert 'value="half"' in answer.text
    assert 'name="dose_was" value="one"' in answer.text


def test_a_medication_is_stopped_after_a_second_question_which_names_the_patient(
    king: TestClient, one: Portal, its: Clinic
) -> None:
    here = f"/desk/people/{its.ben.patient_id}/medications/{prescribed(one, its, 'Aspirin')}"
    assert f'href="{here}/discontinue"' in king.get(here).text
    asked = words(king.get(f"{here}/discontinue"))
    assert "Stop Aspirin for Ben Byron?" in asked
    assert "They asked for more of it." not in asked
    assert of_ben(one, its, "Aspirin").discontinued_at is None
    assert king.post(f"{here}/discontinue").is_redirect
    assert of_ben(one, its, "Aspirin").discontinued_at is not None
    assert "Aspirin is stopped" in words(king.get(f"{here}/discontinue"))
    assert "<form" not in king.get(here).text.partition("<main")[2].partition("</main>")[0]
    waits = f"/desk/people/{its.ada.patient_id}/medications/{its.medications[0]}/discontinue"
    assert "That request ends, too" in words(king.get(waits))


def test_the_front_desk_gives_one_medication_to_another_prescriber(susan: TestClient, one: Portal, its: Clinic) -> None:
    here = f"/desk/people/{its.ben.patient_id}/medications/{prescribed(one, its, 'Insulin')}"
    shown = susan.get(here)
    assert ("Correct it" in words(shown), "Stop Insulin" in words(shown)) == (False, False)
    assert susan.post(here, data={"dose": "x"}).status_code == 403
    assert faults(susan.post(f"{here}/prescriber", data={"to": ""})) == ["to"]
    assert KING.id not in susan.get(f"{here}/prescriber").text
    assert susan.post(f"{here}/prescriber", data={"to": DORA.id}).is_redirect
    assert of_ben(one, its, "Insulin").prescriber_id == DORA.id


def test_somebody_else_s_medication_is_nowhere_below_this_patient(king: TestClient, its: Clinic) -> None:
    for tail in ("", "/prescriber", "/discontinue"):
        path = f"/desk/people/{its.ben.patient_id}/medications/{its.medications[0]}{tail}"
        assert (king.get(path).status_code, king.post(path, data={"to": DORA.id}).status_code) == (404, 404)


def test_somebody_stands_in_until_the_end_of_a_day_and_is_done_by_one_press(susan: TestClient, one: Portal) -> None:
    answer = susan.post("/desk/covers", data={"prescriber_id": "", "by": DORA.id})
    assert faults(answer) == ["prescriber_id", "until"]
    form = {"prescriber_id": KING.id, "by": DORA.id}
    for typed, status in ((day("until", 2026, 1, 4), 422), (day("until", 9999, 12, 31), 422)):
        answer = susan.post("/desk/covers", data=form | typed)
        assert (answer.status_code, faults(answer)) == (status, ["until"])
    assert susan.post("/desk/covers", data=form | day("until", 2026, 1, 9)).is_redirect
    said = words(susan.get("/desk/covers"))
    assert "1 provider stands in" in said
    assert "Who decides Dr Dora Winter Until Friday, January 9, 2026" in said
    (cover,) = desk(one).medications.covers()
    assert cover.until.isoformat() == "2026-01-10T04:59:00+00:00"
    assert susan.post("/desk/covers", data=form | {"ends": "now"}).is_redirect
    assert desk(one).medications.covers() == ()


def test_nobody_puts_themselves_in_another_s_place(one: Portal) -> None:
    with at_work(one, DORA) as dora:
        answer = dora.post("/desk/covers", data={"prescriber_id": KING.id, "by": DORA.id} | day("until", 2026, 1, 9))
    assert (answer.status_code, "Nobody can choose themselves." in words(answer)) == (409, True)


def test_all_that_somebody_prescribes_changes_hands_after_a_second_question() -> None:
    own = portal(notifier=RecordingNotifier(), clock=FrozenClock())
    its = clinic(own)
    with at_work(own, SUSAN) as susan:
        same = susan.post("/desk/covers/leaving", data={"prescriber_id": KING.id, "to": KING.id})
        assert faults(same) == ["to"]
        check = susan.post("/desk/covers/leaving", data={"prescriber_id": KING.id, "to": DORA.id}).headers["location"]
        assert "Give all that Dr William King prescribes to Dr Dora Winter?" in words(susan.get(check))
        assert own.practice(KING).medications.get(its.medications[0]).prescriber_id == KING.id
        assert susan.post(check).headers["location"] == "/desk/covers"
        assert own.practice(KING).medications.get(its.medications[0]).prescriber_id == DORA.id
        susan.post(check)
        assert "There was nothing left to give to anybody." in words(susan.get("/desk/covers"))
        assert susan.get("/desk/covers/leaving/check", params={"prescriber": KING.id, "to": "x"}).status_code == 404
        assert susan.post("/desk/covers/leaving/check").status_code == 404
