"""A prescriber corrects what is written down, and leaves: over each store, with names as the practice says them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    BadInputError,
    MedicationId,
    NotFoundError,
    NotPermittedError,
    NotPrescriberError,
    PatientAccess,
    Portal,
    PracticeAccess,
    Provider,
    ReassignmentNotAllowedError,
    RecordingNotifier,
    Role,
    StaffId,
    Store,
    Worked,
)
from patientportal.application.medications import prescribing
from patientportal.testing import FrozenClock, Member, activated
from tests.application.medications.renewals.deciding import CUDDY, DAY, HOUSE, WILSON, approve, at_desk
from tests.application.messages.test_messages import Overtaken

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
SUSAN = StaffId("susan")
ASPIRIN: dict[str, Any] = {"name": "Aspirin", "dose": "81 mg", "started_on": date(2026, 1, 5), "refills_left": 30}


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def house(usual: Portal) -> PracticeAccess:
    """The prescriber."""
    return at_desk(usual, HOUSE)


@pytest.fixture
def wilson(usual: Portal) -> PracticeAccess:
    """Another provider."""
    return at_desk(usual, WILSON)


@pytest.fixture
def front(usual: Portal) -> PracticeAccess:
    """The front desk."""
    return at_desk(usual, SUSAN, Role.FRONT_DESK)


@pytest.fixture
def medication_id(house: PracticeAccess, member: Member) -> MedicationId:
    """What the patient takes."""
    return house.medications.record(member.patient_id, **ASPIRIN)


def happened(contents: Contents, name: str) -> list[Any]:
    return [one.event for one in contents()["events"] if one.event.name == name]


# Corrections


def test_a_mistyped_number_and_another_dose_are_set_right_and_the_history_says_which_alone(
    *,
    usual: Portal,
    house: PracticeAccess,
    me: PatientAccess,
    medication_id: MedicationId,
    contents: Contents,
    untouched: Untouched,
) -> None:
    house.medications.correct(medication_id, refills_left=3, dose="100 mg")
    seen = me.medications.get(medication_id)
    assert (seen.refills_left, seen.dose, seen.name, seen.is_renewable) == (3, "100 mg", "Aspirin", True)
    (event,) = happened(contents, "medication_corrected")
    assert event.fields == ("dose", "refills_left")
    assert "mg" not in repr(event)
    with untouched():
        house.medications.correct(medication_id, refills_left=3, dose="100 mg")
        house.medications.correct(medication_id)
    assert usual.work() == Worked()


def test_what_can_not_be_asked_for_any_more_keeps_what_waits(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId
) -> None:
    asked = me.medications.request_renewal(medication_id)
    house.medications.correct(medication_id, is_renewable=False)
    approve(house, asked)
    assert me.medications.get(medication_id).refills_left == 31


def test_years_of_approvals_whose_refills_are_all_filled_never_come_to_an_end(
    usual: Portal, house: PracticeAccess, medication_id: MedicationId, clock: FrozenClock
) -> None:
    house.medications.correct(medication_id, refills_left=0)
    for _ in range(12):
        me = usual.log_in("countess", "violet kettle 42 drifts")
        approve(house, me.medications.request_renewal(medication_id), refills=11)
        assert me.medications.get(medication_id).refills_left == 10
        house.medications.correct(medication_id, refills_left=0)  # the pharmacy filled the others
        clock.advance(365 * DAY)


def test_who_neither_prescribes_nor_covers_corrects_nothing(
    *,
    wilson: PracticeAccess,
    house: PracticeAccess,
    front: PracticeAccess,
    medication_id: MedicationId,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    with untouched(), pytest.raises(NotPrescriberError):
        wilson.medications.correct(medication_id, refills_left=3)
    with pytest.raises(NotPermittedError):
        front.medications.correct(medication_id, refills_left=3)
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    wilson.medications.correct(medication_id, refills_left=3)
    with pytest.raises(NotFoundError):
        wilson.medications.correct(MedicationId("nothing"), refills_left=3)


# A prescriber leaves


def test_what_waits_goes_along_and_the_former_and_their_cover_decide_nothing_of_it(
    *,
    usual: Portal,
    house: PracticeAccess,
    wilson: PracticeAccess,
    front: PracticeAccess,
    me: PatientAccess,
    medication_id: MedicationId,
    clock: FrozenClock,
) -> None:
    house.medications.cover(HOUSE, CUDDY, clock() + DAY)
    asked = me.medications.request_renewal(medication_id)
    assert front.medications.reassign(HOUSE, WILSON) == 1
    for former in (house, at_desk(usual, CUDDY)):
        with pytest.raises(NotPrescriberError):
            approve(former, asked)
    (waiting,) = front.medications.pending_renewals().items
    assert waiting.prescriber_id == me.medications.get(medication_id).prescriber_id == WILSON
    front.medications.cover(WILSON, CUDDY, clock() + DAY)
    approve(at_desk(usual, CUDDY), asked, refilled=False)
    wilson.medications.mark_refilled(asked)
    usual.work()


def test_everything_that_is_taken_goes_in_batches_and_again_it_is_what_is_left(
    *,
    usual: Portal,
    house: PracticeAccess,
    me: PatientAccess,
    notifier: RecordingNotifier,
    monkeypatch: pytest.MonkeyPatch,
    contents: Contents,
    untouched: Untouched,
) -> None:
    monkeypatch.setattr(prescribing, "BATCH", 2)
    second = activated(usual, notifier, "second", email="second@example.org")
    notifier.messages.clear()
    for patient_id in (me.patient_id, second.patient_id, me.patient_id, second.patient_id, me.patient_id):
        house.medications.record(patient_id, **ASPIRIN)
    ended = house.medications.record(me.patient_id, **ASPIRIN)
    house.medications.discontinue(ended)
    others = at_desk(usual, CUDDY).medications.record(me.patient_id, **ASPIRIN)
    assert house.medications.reassign(HOUSE, WILSON) == 5
    assert {one.id: one.prescriber_id for one in contents()["medications"] if one.prescriber_id != WILSON} == {
        ended: HOUSE,
        others: CUDDY,
    }
    assert len(happened(contents, "medication_reassigned")) == 5
    with untouched():
        assert house.medications.reassign(HOUSE, WILSON) == 0
    house.medications.record(me.patient_id, **ASPIRIN)
    assert house.medications.reassign(HOUSE, WILSON) == 1
    assert usual.work().sent == 0


def test_one_alone_goes_if_it_is_theirs(
    house: PracticeAccess, front: PracticeAccess, me: PatientAccess, medication_id: MedicationId, untouched: Untouched
) -> None:
    other = house.medications.record(me.patient_id, **ASPIRIN)
    assert front.medications.reassign(HOUSE, WILSON, medication_id=medication_id) == 1
    assert me.medications.get(other).prescriber_id == HOUSE
    with untouched():
        assert front.medications.reassign(HOUSE, CUDDY, medication_id=medication_id) == 0
        with pytest.raises(NotFoundError):
            front.medications.reassign(HOUSE, CUDDY, medication_id=MedicationId("nothing"))


def test_nobody_takes_over_by_their_own_word_or_gives_to_who_has_left(
    *,
    usual: Portal,
    practice: PracticeAccess,
    wilson: PracticeAccess,
    front: PracticeAccess,
    medication_id: MedicationId,
    untouched: Untouched,
) -> None:
    assert medication_id
    practice.providers.put(Provider(id=CUDDY, name="Lisa Cuddy", active=False))
    with untouched():
        with pytest.raises(ReassignmentNotAllowedError):
            wilson.medications.reassign(HOUSE, WILSON)
        with pytest.raises(ReassignmentNotAllowedError):
            wilson.medications.reassign(HOUSE, CUDDY)
        with pytest.raises(ReassignmentNotAllowedError):
            at_desk(usual, WILSON, Role.FRONT_DESK, Role.PROVIDER).medications.reassign(HOUSE, WILSON)
        with pytest.raises(BadInputError) as refusal:
            front.medications.reassign(HOUSE, CUDDY)
    assert (refusal.value.field, refusal.value.problem) == ("to", "inactive")


def test_nothing_new_is_left_to_who_has_left_and_what_they_have_can_be_ended(
    *,
    usual: Portal,
    practice: PracticeAccess,
    house: PracticeAccess,
    front: PracticeAccess,
    me: PatientAccess,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    front.medications.cover(HOUSE, CUDDY, clock() + DAY)
    practice.providers.put(Provider(id=CUDDY, name="Lisa Cuddy", active=False))
    with untouched():
        with pytest.raises(BadInputError) as refusal:
            house.medications.record(me.patient_id, **ASPIRIN, prescriber_id=CUDDY)
        assert (refusal.value.field, refusal.value.problem) == ("prescriber_id", "inactive")
        with pytest.raises(BadInputError) as refusal:
            front.medications.cover(HOUSE, CUDDY, clock() + 2 * DAY)
        assert (refusal.value.field, refusal.value.problem) == ("by", "inactive")
    front.medications.cover(HOUSE, CUDDY, clock())
    assert front.medications.covers() == ()
    at_desk(usual, CUDDY).medications.record(me.patient_id, **ASPIRIN)  # who acts is here


def test_a_decision_that_is_overtaken_by_a_reassignment_is_the_new_prescribers(
    *,
    portal_with: Callable[..., Portal],
    store: Store,
    front: PracticeAccess,
    me: PatientAccess,
    medication_id: MedicationId,
    clock: FrozenClock,
) -> None:
    asked = me.medications.request_renewal(medication_id)
    front.medications.cover(HOUSE, CUDDY, clock() + DAY)
    for former in (HOUSE, CUDDY):
        slow = Overtaken(store)
        slow.before = lambda: front.medications.reassign(HOUSE, WILSON)
        with pytest.raises(NotPrescriberError):
            approve(at_desk(portal_with(store=slow), former), asked)
        front.medications.reassign(WILSON, HOUSE)
    slow = Overtaken(store)
    slow.before = lambda: front.medications.reassign(HOUSE, WILSON)
    approve(at_desk(portal_with(store=slow), WILSON), asked)


# Reading back


def test_a_patient_and_the_practice_read_names_and_ids_where_there_are_none(
    practice: PracticeAccess, house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, clock: FrozenClock
) -> None:
    asked = me.medications.request_renewal(medication_id)
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    for names in ((HOUSE, WILSON), ("Greg House", "James Wilson")):
        mine, theirs = me.medications.get(medication_id), house.medications.get(medication_id)
        (cover,) = house.medications.covers()
        named: tuple[Any, ...] = (
            *me.medications.active().items,
            *house.medications.of_patient(me.patient_id).items,
            *me.medications.renewals().items,
            *house.medications.renewals(me.patient_id).items,
            *house.medications.pending_renewals().items,
            me.medications.renewal(asked),
            house.medications.renewal(asked),
            mine,
            theirs,
            cover,
        )
        assert {one.prescriber_name for one in named} == {names[0]}
        assert cover.covering_name == names[1]
        assert (theirs.patient_id, theirs.patient_name) == (me.patient_id, "Ada Byron")
        for id_, name in ((HOUSE, "Greg House"), (WILSON, "James Wilson")):
            practice.providers.put(Provider(id=id_, name=name))


def test_who_has_one_name_alone_is_called_by_it(
    usual: Portal, house: PracticeAccess, notifier: RecordingNotifier
) -> None:
    suharto = activated(usual, notifier, "suharto", first_name="", last_name="Suharto", email="s@example.org")
    house.medications.record(suharto.patient_id, **ASPIRIN)
    assert house.medications.of_patient(suharto.patient_id).items[0].patient_name == "Suharto"


def test_one_request_says_all_of_it_and_who_decided(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId
) -> None:
    asked = me.medications.request_renewal(medication_id, pharmacy="Corner Pharmacy", note="Soon.")
    house.medications.deny_renewal(asked, "Please come in.")
    assert me.medications.renewal(asked) == me.medications.renewals().items[0]
    seen = house.medications.renewal(asked)
    assert (seen.patient_name, seen.dose, seen.refills_left, seen.decided_by) == ("Ada Byron", "81 mg", 30, HOUSE)
    assert (seen.pharmacy, seen.note, seen.denial_reason) == ("Corner Pharmacy", "Soon.", "Please come in.")
    assert house.medications.renewals(me.patient_id).items == (seen,)
    assert not [word for word in ("Ada", "Corner", "Soon", "come in", "81") if word in repr(seen)]


def test_what_is_looked_at_one_by_one_is_kept_with_its_patient(
    front: PracticeAccess, me: PatientAccess, medication_id: MedicationId, contents: Contents
) -> None:
    asked = me.medications.request_renewal(medication_id)
    front.medications.get(medication_id)
    front.medications.renewal(asked)
    front.medications.renewals(me.patient_id)
    looks = [one for one in contents()["events"] if one.event.name == "record_viewed"]
    assert {one.patient_id for one in looks} == {me.patient_id}
    assert {one.event.verb for one in looks} == {
        "medications.get",
        "medications.renewal",
        "medications.renewals",
    }


def test_a_strangers_medication_and_request_are_answered_like_none(
    usual: Portal, me: PatientAccess, medication_id: MedicationId, notifier: RecordingNotifier
) -> None:
    asked = me.medications.request_renewal(medication_id)
    second = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(second.username, second.password)
    for look in (lambda: them.medications.get(medication_id), lambda: them.medications.renewal(asked)):
        with pytest.raises(NotFoundError):
            look()


def test_covers_are_listed_while_they_are_in_force_the_first_to_end_first(
    house: PracticeAccess, front: PracticeAccess, clock: FrozenClock
) -> None:
    house.medications.cover(HOUSE, CUDDY, clock() + 2 * DAY)
    front.medications.cover(HOUSE, WILSON, clock() + DAY)
    front.medications.cover(WILSON, CUDDY, clock() + 3 * DAY)
    listed = [(one.prescriber_id, one.covering_id, one.given_by) for one in front.medications.covers()]
    assert listed == [(HOUSE, WILSON, SUSAN), (HOUSE, CUDDY, HOUSE), (WILSON, CUDDY, SUSAN)]
    front.medications.cover(WILSON, CUDDY, clock())
    clock.advance(DAY - timedelta(microseconds=1))
    assert len(front.medications.covers()) == 2
    clock.advance(timedelta(microseconds=1))
    assert [one.covering_id for one in house.medications.covers()] == [CUDDY]
