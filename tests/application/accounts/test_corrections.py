"""The desk corrects a patient; the patient is told that, sees what is known, and chooses a language."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    BadInputError,
    ExternalIdTakenError,
    NoticeKind,
    PartialDate,
    PatientState,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    UseChangeEmailError,
)
from patientportal.testing import ANSWERS, Member, invited, person

Contents = Callable[[], dict[str, set[Any]]]
RIGHT = {
    "first_name": "Adah",
    "last_name": "King",
    "date_of_birth": date(1980, 12, 11),
    "phone": "317 555 0199",
    "postal_code": "46202",
    "language": "de",
}


def questions(usual: Portal, **typed: Any) -> set[Any]:
    challenge = usual.recovery.forgot_username(person(**typed))
    return set() if challenge is None else set(challenge.questions)


def test_what_is_corrected_is_seen_found_recovered_and_told(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member, contents: Contents
) -> None:
    notifier.messages.clear()
    right = person(**RIGHT)
    practice.patients.correct(member.patient_id, right, external_id="K-1")
    known = practice.patients.get(member.patient_id)
    assert (known.personal, known.external_id) == (right, "K-1")
    (found,) = practice.patients.find(last_name="King", phone="555 0199", external_id="K-1")
    assert found == known
    assert practice.patients.find(last_name="Byron") == ()
    usual.work()
    assert [message.kind for message in notifier.messages] == [NoticeKind.DETAILS_CORRECTED]
    assert questions(usual, **RIGHT) == {*ANSWERS}
    (event,) = (one.event for one in contents()["events"] if one.event.name == "patient_corrected")
    assert event.fields == (*RIGHT, "external_id")
    me = usual.log_in(member.username, member.password)
    assert "patient_corrected" in [entry.what for entry in me.account.history().items]
    profile = me.account.profile()
    assert (profile.personal, profile.external_id, profile.username) == (right, "K-1", member.username)
    assert "King" not in f"{profile!r} {event!r}"


def test_the_same_again_changes_nothing(practice: PracticeAccess, member: Member, contents: Contents) -> None:
    practice.patients.correct(member.patient_id, person(**RIGHT), external_id="K-1")
    before = contents()
    practice.patients.correct(member.patient_id, person(**RIGHT))
    practice.patients.correct(member.patient_id, person(**RIGHT), external_id="K-1")
    assert contents() == before


def test_the_hospitals_key_is_corrected_taken_away_and_never_two_peoples(
    practice: PracticeAccess, member: Member, contents: Contents
) -> None:
    other = practice.patients.register(person(first_name="Allegra"), external_id="K-2")
    before = contents()
    with pytest.raises(ExternalIdTakenError) as refusal:
        practice.patients.correct(member.patient_id, person(), external_id="K-2")
    assert refusal.value.patient_id == other
    assert contents() == before
    practice.patients.correct(other, person(first_name="Allegra"), external_id="")
    practice.patients.correct(member.patient_id, person(), external_id="K-2")
    assert [one.patient_id for one in practice.patients.find(external_id="K-2")] == [member.patient_id]
    assert practice.patients.get(other).external_id is None


def test_the_address_of_who_has_an_account_is_for_change_email(
    practice: PracticeAccess, member: Member, contents: Contents
) -> None:
    before = contents()
    for email in ("new@example.org", None):
        with pytest.raises(UseChangeEmailError):
            practice.patients.correct(member.patient_id, person(email=email))
    assert contents() == before


def test_an_invitation_to_a_wrong_address_ends_when_that_is_put_right(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id, _ = invited(usual, notifier)
    practice.patients.correct(patient_id, person(email="right@example.org"))
    assert [one.patient_id for one in practice.patients.all(state=PatientState.NEVER_ACTIVATED).items] == [patient_id]
    usual.work()
    assert len(notifier.messages) == 1
    practice.patients.invite(patient_id)
    usual.work()
    assert notifier.messages[-1].to_email == "right@example.org"


@pytest.mark.parametrize("born", [PartialDate(1980), None])
def test_who_was_born_on_no_known_day_is_recovered_no_more(
    practice: PracticeAccess, member: Member, contents: Contents, born: PartialDate | None
) -> None:
    practice.patients.correct(member.patient_id, person(date_of_birth=born))
    assert contents()["recovery_names"] == set()
    practice.patients.correct(member.patient_id, person())
    assert len(contents()["recovery_names"]) == 1


def test_nobody_is_corrected_to_be_born_tomorrow(practice: PracticeAccess, member: Member, contents: Contents) -> None:
    before = contents()
    with pytest.raises(BadInputError):
        practice.patients.correct(member.patient_id, evolve(person(), date_of_birth=date(2999, 1, 1)))
    assert contents() == before


def test_a_patient_is_written_to_in_the_language_that_they_chose(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier
) -> None:
    me = usual.log_in(member.username, member.password)
    me.account.set_language("es-MX")
    practice.messages.send(me.patient_id, subject="Hello", body="Hello.")
    usual.work()
    assert notifier.messages[-1].language == me.account.profile().personal.language == "es-MX"
    me.account.set_language(None)
    assert practice.patients.get(me.patient_id).personal.language is None
    me.log_off()
    for call in (me.account.profile, lambda: me.account.set_language("de")):
        with pytest.raises(SessionEndedError):
            call()
