"""The desk finds patients by any whole part of a name, by birth date and by phone, each alone or with the others."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import BadInputError, PracticeAccess
from patientportal.application.accounts.search import FOUND_MAX, LOOKED_AT_MAX
from patientportal.testing import Member, person

BORN = person().date_of_birth
PEOPLE: dict[str, dict[str, Any]] = {
    "garcia": {
        "first_name": "Mar\u00eda Jos\u00e9",
        "last_name": "Garc\u00eda M\u00e1rquez",
        "phone": "+1 317 555 0123",
    },
    "obrien": {"first_name": "Pat", "last_name": "O\u2019Brien Jr.", "phone": "317-555-0199"},
    "dang": {"first_name": "Anh", "last_name": "\u0110\u1eb7ng"},
    "later": {"first_name": "Pat", "last_name": "Garcia", "date_of_birth": date(1981, 1, 1)},
}


@pytest.fixture
def people(practice: PracticeAccess) -> dict[str, str]:
    return {practice.patients.register(person(**changes)): name for name, changes in PEOPLE.items()}


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"last_name": "Garc\u00eda"}, ["garcia", "later"]),
        ({"last_name": "MARQUEZ"}, ["garcia"]),
        ({"last_name": "Garcia Marquez"}, ["garcia"]),
        ({"last_name": "garcia-m\u00e1rquez"}, ["garcia"]),
        ({"last_name": "Marquez Garcia"}, []),
        ({"last_name": "Garc"}, []),
        ({"last_name": "Maria"}, []),
        ({"last_name": "Garcia", "date_of_birth": BORN}, ["garcia"]),
        ({"last_name": "O'Brien"}, ["obrien"]),
        ({"last_name": "OBrien Jr"}, ["obrien"]),
        ({"last_name": "Dang"}, ["dang"]),
        ({"text": "Pat"}, ["obrien", "later"]),
        ({"text": "pat o'brien"}, ["obrien"]),
        ({"text": "Garcia, Pat"}, ["later"]),
        ({"text": "Garc\u00eda M\u00e1rquez, Mar\u00eda"}, ["garcia"]),
        ({"text": "Maria Garcia"}, []),
        ({"text": "Pat", "last_name": "Garcia"}, ["later"]),
        ({"text": "Pat", "date_of_birth": BORN}, ["obrien"]),
        ({"phone": "(317) 555-0123"}, ["garcia"]),
        ({"phone": "+1 317 555 0199 ext. 3"}, ["obrien"]),
        ({"phone": "555 0199"}, ["obrien"]),
        ({"phone": "+1 418 555 0123"}, []),
        ({"phone": "555 0199", "text": "Pat"}, ["obrien"]),
        ({"phone": "555 0199", "last_name": "Garcia"}, []),
        ({"date_of_birth": BORN}, ["garcia", "obrien", "dang"]),
        ({"date_of_birth": BORN + timedelta(days=1)}, []),
        ({"last_name": "\u2014"}, []),
    ],
)
def test_all_that_is_given_holds_of_whoever_is_found(
    practice: PracticeAccess, people: dict[str, str], known: dict[str, Any], found: list[str]
) -> None:
    details = practice.patients.find(**known)
    assert [people[one.patient_id] for one in details] == found
    assert all(one == practice.patients.get(one.patient_id) for one in details)


def test_something_must_be_known(practice: PracticeAccess) -> None:
    with pytest.raises(BadInputError) as refusal:
        practice.patients.find()
    assert (refusal.value.field, refusal.value.problem) == ("text", "empty")


@pytest.mark.parametrize("phone", ["none", "0", "+"])
def test_a_phone_has_digits(practice: PracticeAccess, phone: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        practice.patients.find(phone=phone)
    assert (refusal.value.field, refusal.value.problem) == ("phone", "bad_format")


def test_a_changed_address_changes_nothing_of_how_somebody_is_found(practice: PracticeAccess, member: Member) -> None:
    practice.patients.change_email(member.patient_id, "new@example.org")
    (found,) = practice.patients.find(text="Byron Ada")
    assert found.personal.email == "new@example.org"
    practice.patients.deactivate(member.patient_id)
    (found,) = practice.patients.find(last_name="Byron")
    assert (found.patient_id, found.is_active, found.has_account) == (member.patient_id, False, True)


@pytest.mark.parametrize("known", [{"last_name": "Byron"}, {"text": "Ada"}, {"date_of_birth": BORN}])
def test_at_most_a_hundred_are_found_in_four_statements(
    practice: PracticeAccess, known: dict[str, Any], calls: Counter[str]
) -> None:
    for number in range(FOUND_MAX + 1):
        practice.patients.register(person(email=f"{number}@example.org"))
    calls.clear()
    assert len(practice.patients.find(**known)) == FOUND_MAX < LOOKED_AT_MAX
    assert calls == {"view": 1, "select": 1, "find_all": 2}
