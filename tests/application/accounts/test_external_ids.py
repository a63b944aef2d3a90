"""The hospital's key: the same person again is the same patient, and another person under it is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import ExternalIdTakenError, Portal, PracticeAccess, RecordingNotifier
from patientportal.testing import person

Contents = Callable[[], dict[str, set[Any]]]


def test_the_same_key_and_data_again_are_the_same_patient_and_nobody_is_told_twice(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    patient_id = practice.patients.register(person(), external_id="K-1")
    before = contents()
    for spelling in ("K-1", " K-1 "):
        assert practice.patients.register(person(), external_id=spelling) == patient_id
        assert practice.patients.register(person(), external_id=spelling, invite=False) == patient_id
    assert contents() == before
    usual.work()
    assert len(notifier.messages) == 1


@pytest.mark.parametrize(
    "changes", [{"first_name": "Adah"}, {"email": "ada@example.org"}, {"phone": "555 0100"}, {"language": "de"}]
)
def test_the_same_key_with_other_data_is_refused_and_names_the_holder(
    practice: PracticeAccess, contents: Contents, changes: dict[str, Any]
) -> None:
    patient_id = practice.patients.register(person(), external_id="K-1")
    before = contents()
    with pytest.raises(ExternalIdTakenError) as refusal:
        practice.patients.register(person(**changes), external_id="K-1")
    assert refusal.value.patient_id == patient_id
    assert contents() == before


def test_keys_that_differ_in_anything_are_different_keys(practice: PracticeAccess) -> None:
    keys = (None, None, "K-1", "k-1", "K-1\u0301", "K 1")
    assert len({practice.patients.register(person(), external_id=key) for key in keys}) == len(keys)
    assert [found.external_id for found in practice.patients.find(external_id="k-1")] == ["k-1"]


def test_who_is_not_invited_at_once_is_told_nothing_until_then(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id = practice.patients.register(person(), invite=False)
    usual.work()
    assert notifier.messages == []
    practice.patients.invite(patient_id)
    usual.work()
    assert [message.kind.value for message in notifier.messages] == ["invitation"]


def test_no_key_is_shown_where_objects_are_printed(practice: PracticeAccess) -> None:
    patient_id = practice.patients.register(person(), external_id="MRN-12345")
    assert practice.patients.get(patient_id).external_id == "MRN-12345"
    assert "12345" not in repr(practice.patients.get(patient_id))
