"""Renewals are decided once, and the decision is told in the inbox."""

from collections.abc import Callable

import pytest

from patientportal import (
    MedicationId,
    MessageKind,
    NoRefillsLeftError,
    NoticeKind,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RenewalDecidedError,
    RenewalId,
    RenewalNotApprovedError,
    RenewalStatus,
    TooManyRefillsError,
    Worked,
)
from patientportal.testing import FrozenClock
from tests.application.medications.renewals.deciding import DAY, NAME, Untouched, approve, decisions, own, refills_left


def test_an_approval_refills_and_says_so_behind_the_log_in_and_the_mail_says_nothing_of_it(
    *,
    usual: Portal,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    notifier: RecordingNotifier,
    clock: FrozenClock,
) -> None:
    approve(house, renewal_id)
    assert refills_left(me) == 4
    mine = own(me)
    assert (mine.status, mine.decided_at, mine.refilled_at) == (RenewalStatus.REFILLED, clock(), clock())
    assert mine.refills_granted == 2
    (message,) = me.messages.inbox().items
    assert message.body == f"Your provider has approved and refilled {NAME}."
    assert (message.kind, message.about_id, message.is_from_staff) == (
        MessageKind.RENEWAL_REFILLED,
        renewal_id,
        False,
    )
    assert me.messages.unread_count() == 1
    assert usual.work() == Worked(sent=1)
    assert [(mail.kind, mail.link) for mail in notifier.messages] == [(NoticeKind.NEW_MESSAGE, None)]
    assert house.medications.pending_renewals().items == house.medications.unfilled_renewals().items == ()


def test_an_approval_with_other_directions_changes_the_medication(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId
) -> None:
    approve(house, renewal_id, refills=0, changes="In the evening.")
    (medication,) = me.medications.active().items
    assert (medication.directions, medication.refills_left) == ("In the evening.", 2)
    assert own(me).new_directions == "In the evening."
    assert me.messages.inbox().items[0].body.endswith("In the evening.")


def test_what_is_approved_only_waits_to_be_refilled_where_the_practice_sees_it(
    *,
    usual: Portal,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    with untouched(), pytest.raises(RenewalNotApprovedError):
        house.medications.mark_refilled(renewal_id)
    approve(house, renewal_id, refilled=False)
    assert (own(me).status, own(me).refilled_at, refills_left(me)) == (RenewalStatus.APPROVED, None, 5)
    assert house.medications.pending_renewals().items == ()
    (unfilled,) = house.medications.unfilled_renewals().items
    assert (unfilled.renewal_id, unfilled.medication_name) == (renewal_id, NAME)
    clock.advance(DAY)
    house.medications.mark_refilled(renewal_id)
    with untouched():
        house.medications.mark_refilled(renewal_id)
    me = usual.log_in("countess", "violet kettle 42 drifts")
    assert (own(me).status, own(me).refilled_at, refills_left(me)) == (RenewalStatus.REFILLED, clock(), 4)
    kinds = [message.kind for message in me.messages.inbox().items]
    assert kinds == [MessageKind.RENEWAL_REFILLED, MessageKind.RENEWAL_APPROVED]
    assert house.medications.unfilled_renewals().items == ()
    assert usual.work().sent == 2


def test_a_denial_says_its_reason_behind_the_log_in(
    usual: Portal, house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    house.medications.deny_renewal(renewal_id, "Please come in first.")
    assert refills_left(me) == 3
    assert (own(me).status, own(me).denial_reason, own(me).decided_at) == (
        RenewalStatus.DENIED,
        "Please come in first.",
        clock(),
    )
    (message,) = me.messages.inbox().items
    assert (message.kind, message.about_id) == (MessageKind.RENEWAL_DENIED, renewal_id)
    assert message.body.endswith("Please come in first.")
    assert usual.work() == Worked(sent=1)


def test_the_first_decision_stands(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, untouched: Untouched
) -> None:
    house.medications.deny_renewal(renewal_id, "Please come in first.")
    with untouched():
        for again in decisions(house, renewal_id):
            with pytest.raises(RenewalDecidedError):
                again()
        with pytest.raises(RenewalDecidedError):
            me.medications.withdraw_renewal(renewal_id)
        with pytest.raises(RenewalNotApprovedError):
            house.medications.mark_refilled(renewal_id)


def test_refills_rise_by_an_approval_and_fall_by_each_that_is_filled_and_by_nothing_else(
    usual: Portal, house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, clock: FrozenClock
) -> None:
    """Other portals let anybody with a form raise the number, and nobody can say who did."""
    left = [refills_left(me)]

    def after(step: Callable[[], object]) -> None:
        step()
        left.append(usual.log_in("countess", "violet kettle 42 drifts").medications.all().items[0].refills_left)

    def ask() -> RenewalId:
        return usual.log_in("countess", "violet kettle 42 drifts").medications.request_renewal(medication_id)

    after(lambda: me.medications.withdraw_renewal(ask()))
    after(lambda: house.medications.deny_renewal(ask(), "No."))
    unfilled = ask()
    after(lambda: approve(house, unfilled, refilled=False))
    after(lambda: house.medications.mark_refilled(unfilled))
    after(ask)
    clock.advance(14 * DAY)
    after(usual.work)
    after(lambda: house.medications.discontinue(medication_id))
    assert left == [3, 3, 3, 5, 4, 4, 4, 4]


def test_more_than_ninety_nine_refills_are_never_left(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, untouched: Untouched
) -> None:
    with untouched(), pytest.raises(TooManyRefillsError) as refusal:
        approve(house, renewal_id, refills=98)
    assert refusal.value.refills_left == 3
    approve(house, renewal_id, refills=97)
    assert refills_left(me) == 99


def test_of_nothing_that_is_left_nothing_is_filled(
    house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, renewal_id: RenewalId, untouched: Untouched
) -> None:
    approve(house, renewal_id, refills=0, refilled=False)
    house.medications.correct(medication_id, refills_left=0)
    with untouched(), pytest.raises(NoRefillsLeftError):
        house.medications.mark_refilled(renewal_id)
    asked = me.medications.request_renewal(medication_id)
    with untouched(), pytest.raises(NoRefillsLeftError):
        approve(house, asked, refills=0)
    approve(house, asked, refills=1, refilled=False)
    house.medications.mark_refilled(renewal_id)
    assert refills_left(me) == 0


def test_history_names_what_happened_and_nothing_of_it(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId
) -> None:
    house.medications.deny_renewal(renewal_id, "Please come in first.")
    told = [entry.what for entry in me.account.history().items]
    assert {"medication_recorded", "renewal_requested", "renewal_denied"} <= set(told)
