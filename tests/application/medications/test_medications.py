"""A patient's medications over each store: written down, seen by their patient alone, and discontinued."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    MedicationDiscontinuedError,
    MedicationId,
    MessageKind,
    NotFoundError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RenewalNotApprovedError,
    RenewalStatus,
    SessionEndedError,
    StaffId,
    Worked,
)
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
STARTED = date(2025, 12, 24)
LISINOPRIL: dict[str, Any] = {
    "name": "Lisinopril 10 MG Oral Tablet",
    "dose": "one tablet",
    "directions": "In the morning.\nWith water.",
    "started_on": STARTED,
    "refills_left": 3,
}


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def medication_id(practice: PracticeAccess, member: Member) -> MedicationId:
    """What they take."""
    return practice.medications.record(member.patient_id, **LISINOPRIL)


def test_what_a_provider_writes_down_is_what_the_patient_sees(me: PatientAccess, medication_id: MedicationId) -> None:
    (seen,) = me.medications.active().items
    assert (seen.medication_id, seen.name, seen.dose, seen.directions) == (
        medication_id,
        LISINOPRIL["name"],
        LISINOPRIL["dose"],
        LISINOPRIL["directions"],
    )
    assert (seen.prescriber_id, seen.started_on, seen.refills_left) == ("staff-1", STARTED, 3)
    assert (seen.is_renewable, seen.discontinued_at) == (True, None)


def test_a_provider_writes_down_what_another_prescribed(practice: PracticeAccess, me: PatientAccess) -> None:
    practice.medications.record(me.patient_id, **LISINOPRIL, prescriber_id=StaffId("dr-house"), is_renewable=False)
    (seen,) = me.medications.active().items
    assert (seen.prescriber_id, seen.is_renewable) == ("dr-house", False)


def test_a_name_alone_is_enough(practice: PracticeAccess, me: PatientAccess) -> None:
    practice.medications.record(me.patient_id, name="Aspirin", started_on=STARTED, refills_left=0)
    (seen,) = me.medications.active().items
    assert (seen.name, seen.dose, seen.directions, seen.refills_left) == ("Aspirin", "", "", 0)


def test_a_patient_sees_their_own_medications_alone(
    usual: Portal, me: PatientAccess, medication_id: MedicationId, notifier: RecordingNotifier
) -> None:
    other = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(other.username, other.password)
    assert [one.medication_id for one in me.medications.all().items] == [medication_id]
    assert them.medications.all().items == them.medications.active().items == ()


def test_the_latest_stands_first_and_pages_hold_all_of_them_once(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock
) -> None:
    written = []
    for number in range(5):
        written.append(practice.medications.record(me.patient_id, **(LISINOPRIL | {"name": f"Drug {number}"})))
        clock.advance(timedelta(seconds=number % 2))
    seen, cursor = [], None
    while True:
        page = me.medications.all(limit=2, cursor=cursor)
        seen += [one.medication_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == written[::-1]


def test_what_is_discontinued_is_not_active_and_stays_in_the_list(
    practice: PracticeAccess, me: PatientAccess, medication_id: MedicationId, clock: FrozenClock
) -> None:
    other = practice.medications.record(me.patient_id, **LISINOPRIL)
    practice.medications.discontinue(medication_id)
    assert [one.medication_id for one in me.medications.active().items] == [other]
    ended = {one.medication_id: one.discontinued_at for one in me.medications.all().items}
    assert ended == {medication_id: clock(), other: None}


def test_nothing_that_waits_for_it_means_no_message_and_no_mail(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, medication_id: MedicationId
) -> None:
    practice.medications.discontinue(medication_id)
    assert me.messages.inbox().items == ()
    assert usual.work() == Worked()


def test_a_second_time_changes_nothing(
    practice: PracticeAccess, medication_id: MedicationId, clock: FrozenClock, untouched: Untouched
) -> None:
    practice.medications.discontinue(medication_id)
    clock.advance(timedelta(hours=1))
    with untouched():
        practice.medications.discontinue(medication_id)


def test_what_waits_ends_with_its_medication_and_the_patient_is_told_once(
    *,
    usual: Portal,
    practice: PracticeAccess,
    me: PatientAccess,
    medication_id: MedicationId,
    notifier: RecordingNotifier,
    contents: Contents,
) -> None:
    unfilled = me.medications.request_renewal(medication_id)
    practice.medications.approve_renewal(unfilled, refills=1, refilled=False)
    me.medications.request_renewal(medication_id)
    usual.work()
    notifier.messages.clear()
    practice.medications.discontinue(medication_id)
    assert {one.status for one in me.medications.renewals().items} == {RenewalStatus.DISCONTINUED}
    assert practice.medications.pending_renewals().items == practice.medications.unfilled_renewals().items == ()
    told = me.messages.inbox().items[0]
    assert (told.kind, told.about_id) == (MessageKind.MEDICATION_DISCONTINUED, medication_id)
    assert LISINOPRIL["name"] in told.body
    assert usual.work() == Worked(sent=1)
    (event,) = [one.event for one in contents()["events"] if one.event.name == "medication_discontinued"]
    assert event.renewals_ended == 2
    with pytest.raises(RenewalNotApprovedError):
        practice.medications.mark_refilled(unfilled)


def test_what_waits_for_another_medication_waits_on(
    practice: PracticeAccess, me: PatientAccess, medication_id: MedicationId
) -> None:
    other = me.medications.request_renewal(practice.medications.record(me.patient_id, **LISINOPRIL))
    practice.medications.discontinue(medication_id)
    assert [one.renewal_id for one in practice.medications.pending_renewals().items] == [other]
    assert me.messages.unread_count() == 0


def test_nothing_more_is_asked_for_of_what_was_discontinued(
    practice: PracticeAccess, me: PatientAccess, medication_id: MedicationId, untouched: Untouched
) -> None:
    practice.medications.discontinue(medication_id)
    with untouched(), pytest.raises(MedicationDiscontinuedError):
        me.medications.request_renewal(medication_id)


def test_there_is_nothing_to_write_down_for_or_to_discontinue_of_nobody(
    practice: PracticeAccess, untouched: Untouched
) -> None:
    with untouched():
        with pytest.raises(NotFoundError) as refusal:
            practice.medications.record("nobody", **LISINOPRIL)  # type: ignore[arg-type] # as a careless host would
        assert refusal.value.what == "patient"
        with pytest.raises(NotFoundError) as refusal:
            practice.medications.discontinue(MedicationId("nothing"))
        assert refusal.value.what == "medication"


def test_whoever_is_not_in_any_more_sees_nothing(me: PatientAccess, medication_id: MedicationId) -> None:
    assert medication_id
    me.log_off()
    for call in (me.medications.active, me.medications.all, me.medications.renewals):
        with pytest.raises(SessionEndedError):
            call()


def test_medications_and_what_became_of_renewals_are_never_forgotten(
    *,
    usual: Portal,
    practice: PracticeAccess,
    me: PatientAccess,
    medication_id: MedicationId,
    clock: FrozenClock,
    contents: Contents,
) -> None:
    me.medications.withdraw_renewal(me.medications.request_renewal(medication_id))
    practice.medications.discontinue(medication_id)
    clock.advance(timedelta(days=3650))
    assert usual.work().swept
    assert len(contents()["medications"]) == len(contents()["renewals"]) == 1
