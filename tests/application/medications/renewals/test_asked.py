"""Renewals are asked for and withdrawn by the patient, and seen by the practice and nobody else."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from patientportal import (
    AdapterError,
    MedicationId,
    NotFoundError,
    NotRenewableError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RefusedError,
    RenewalDecidedError,
    RenewalId,
    RenewalPendingError,
    RenewalStatus,
    SessionEndedError,
    Store,
    Worked,
)
from patientportal.testing import FrozenClock, Member, activated
from tests.application.medications.renewals.deciding import HOUSE, NAME, Untouched, approve, decisions, own
from tests.application.medications.renewals.failing import FailingStore


def test_what_a_patient_asks_for_is_seen_by_the_practice_and_by_themselves(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    (seen,) = house.medications.pending_renewals().items
    assert (seen.renewal_id, seen.patient_id, seen.medication_id) == (renewal_id, me.patient_id, medication_id)
    assert (seen.medication_name, seen.directions, seen.prescriber_id) == (NAME, "In the morning.", HOUSE)
    assert (seen.pharmacy, seen.note, seen.requested_at) == ("Corner Pharmacy", "Down to three.", clock())
    assert (seen.started_on, seen.refills_left, seen.dose) == (date(2026, 1, 1), 3, "")
    (mine,) = me.medications.renewals().items
    assert (mine.renewal_id, mine.medication_id, mine.medication_name) == (renewal_id, medication_id, NAME)
    assert (mine.pharmacy, mine.note, mine.requested_at) == ("Corner Pharmacy", "Down to three.", clock())
    assert (mine.status, mine.decided_at, mine.refills_granted) == (RenewalStatus.REQUESTED, None, None)
    assert (mine.new_directions, mine.denial_reason, mine.refilled_at) == (None, None, None)


def test_a_request_button_that_answered_well_has_sent_something(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId
) -> None:
    """Other portals thank the patient for a request that no one ever sees."""
    asked = me.medications.request_renewal(medication_id)
    assert asked in {one.renewal_id for one in house.medications.pending_renewals().items}
    assert asked in {one.renewal_id for one in me.medications.renewals().items}


def test_asking_takes_few_round_trips(me: PatientAccess, medication_id: MedicationId, calls: Counter[str]) -> None:
    calls.clear()
    me.medications.request_renewal(medication_id)
    assert (calls["transaction"], calls["get_all"], calls["select"], calls["view"]) == (1, 1, 0, 0)
    assert (calls["add"], calls["put"], calls["record"], calls["get"]) == (1, 0, 1, 0)


def test_a_request_whose_saving_fails_raises_and_is_nowhere(
    house: PracticeAccess, portal_with: Callable[..., Portal], store: Store, member: Member, medication_id: MedicationId
) -> None:
    broken = portal_with(store=FailingStore(store))
    me = broken.log_in(member.username, member.password)
    FailingStore.fails = True
    try:
        with pytest.raises(AdapterError):
            me.medications.request_renewal(medication_id)
    finally:
        FailingStore.fails = False
    assert house.medications.pending_renewals().items == ()
    assert me.medications.renewals().items == ()


def test_one_request_for_a_medication_waits_at_a_time_whatever_device_it_comes_from(
    *,
    usual: Portal,
    me: PatientAccess,
    member: Member,
    medication_id: MedicationId,
    renewal_id: RenewalId,
    untouched: Untouched,
) -> None:
    computer = usual.log_in(member.username, member.password, device="computer")
    for device in (me, computer):
        with untouched(), pytest.raises(RenewalPendingError):
            device.medications.request_renewal(medication_id)
    assert own(me).renewal_id == renewal_id


def test_another_medication_and_another_patient_may_be_asked_for_meanwhile(
    usual: Portal, house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, notifier: RecordingNotifier
) -> None:
    second = house.medications.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=0)
    other = activated(usual, notifier, "second", email="second@example.org")
    theirs = house.medications.record(other.patient_id, name=NAME, started_on=date(2026, 1, 1), refills_left=0)
    them = usual.log_in(other.username, other.password)
    asked = [renewal_id, me.medications.request_renewal(second), them.medications.request_renewal(theirs)]
    assert [one.renewal_id for one in house.medications.pending_renewals().items] == asked


def test_what_is_not_renewable_is_not_asked_for(house: PracticeAccess, me: PatientAccess, untouched: Untouched) -> None:
    medication_id = house.medications.record(
        me.patient_id, name="Codeine", started_on=date(2026, 1, 1), refills_left=0, is_renewable=False
    )
    with untouched(), pytest.raises(NotRenewableError):
        me.medications.request_renewal(medication_id)


def test_a_strangers_medication_and_request_are_answered_like_none_at_all(
    usual: Portal,
    medication_id: MedicationId,
    renewal_id: RenewalId,
    notifier: RecordingNotifier,
    untouched: Untouched,
) -> None:
    other = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(other.username, other.password)
    answers = set()
    with untouched():
        for medication in (medication_id, MedicationId("nothing")):
            with pytest.raises(NotFoundError) as refusal:
                them.medications.request_renewal(medication)
            answers.add(refusal.value)
        for renewal in (renewal_id, RenewalId("nothing")):
            with pytest.raises(NotFoundError) as refusal:
                them.medications.withdraw_renewal(renewal)
            answers.add(refusal.value)
    assert {error.what for error in answers} == {"medication", "renewal"}
    assert them.medications.renewals().items == ()


def test_whoever_is_not_in_any_more_asks_and_withdraws_nothing(
    me: PatientAccess, medication_id: MedicationId, renewal_id: RenewalId, untouched: Untouched
) -> None:
    me.log_off()
    with untouched():
        with pytest.raises(SessionEndedError):
            me.medications.request_renewal(medication_id)
        with pytest.raises(SessionEndedError):
            me.medications.withdraw_renewal(renewal_id)


def test_a_request_is_withdrawn_while_it_waits_and_nobody_is_told(
    usual: Portal, house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, untouched: Untouched
) -> None:
    me.medications.withdraw_renewal(renewal_id)
    with untouched():
        me.medications.withdraw_renewal(renewal_id)
        for decide in decisions(house, renewal_id):
            with pytest.raises(RenewalDecidedError):
                decide()
    assert house.medications.pending_renewals().items == ()
    assert me.messages.inbox().items == ()
    assert usual.work() == Worked()
    assert own(me).status is RenewalStatus.WITHDRAWN


def test_after_it_ended_one_may_ask_again(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, renewal_id: RenewalId
) -> None:
    me.medications.withdraw_renewal(renewal_id)
    denied = me.medications.request_renewal(medication_id)
    house.medications.deny_renewal(denied, "Come in first.")
    approve(house, me.medications.request_renewal(medication_id))
    me.medications.request_renewal(medication_id)
    assert [one.status.value for one in me.medications.renewals().items] == [
        "requested",
        "refilled",
        "denied",
        "withdrawn",
    ]


def test_a_refusal_has_a_code_that_a_page_can_show(me: PatientAccess, medication_id: MedicationId) -> None:
    me.medications.request_renewal(medication_id)
    with pytest.raises(RefusedError, match="renewal_pending"):
        me.medications.request_renewal(medication_id)
