"""Renewals that wait stand in line, expire in time, and are never lost in silence."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest

from patientportal import (
    AdapterError,
    MedicationId,
    MessageKind,
    NoticeKind,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RenewalDecidedError,
    RenewalId,
    RenewalPolicy,
    RenewalStatus,
    Store,
    Worked,
)
from patientportal.testing import FrozenClock, activated, desk
from tests.application.medications.renewals.deciding import DAY, MICROSECOND, NAME, Contents, approve, own
from tests.application.medications.renewals.failing import BlindStore, FailingStore
from tests.application.messages.test_messages import Overtaken


def test_what_waits_longest_stands_first_and_pages_hold_all_of_it_once(
    usual: Portal, house: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    asked = []
    for number in range(5):
        other = activated(usual, notifier, f"p{number}", email=f"p{number}@example.org")
        them = usual.log_in(other.username, other.password)
        medication = house.medications.record(other.patient_id, name=NAME, started_on=date(2026, 1, 1), refills_left=0)
        asked.append(them.medications.request_renewal(medication))
        clock.advance(timedelta(seconds=number % 2))
    first = house.medications.pending_renewals(limit=3)
    rest = house.medications.pending_renewals(limit=3, cursor=first.next_cursor)
    assert [one.renewal_id for one in (*first.items, *rest.items)] == asked
    assert rest.next_cursor is None


def test_a_request_that_nobody_decides_expires_to_the_microsecond_and_the_patient_is_told(
    *,
    usual: Portal,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    notifier: RecordingNotifier,
) -> None:
    """Other portals lose requests for weeks, and nobody learns of it."""
    clock.advance(14 * DAY - MICROSECOND)
    assert usual.work() == Worked()
    assert usual.health().oldest_renewal == 14 * DAY - MICROSECOND
    clock.advance(MICROSECOND)
    assert usual.work() == Worked(concluded=1, sent=1)
    assert usual.work() == Worked()
    assert usual.health().oldest_renewal is None
    me = usual.log_in("countess", "violet kettle 42 drifts")
    assert own(me).status is RenewalStatus.EXPIRED
    (message,) = me.messages.inbox().items
    assert (message.kind, message.about_id) == (MessageKind.RENEWAL_EXPIRED, renewal_id)
    assert NAME in message.body
    assert [mail.kind for mail in notifier.messages] == [NoticeKind.NEW_MESSAGE]
    with pytest.raises(RenewalDecidedError):
        approve(house, renewal_id)


def test_a_late_decision_counts_while_no_worker_has_ended_it(
    usual: Portal, house: PracticeAccess, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    clock.advance(30 * DAY)
    approve(house, renewal_id)
    assert usual.work() == Worked(sent=1)


def test_a_worker_who_is_overtaken_by_a_decision_ends_nothing(
    *,
    portal_with: Callable[..., Portal],
    store: Store,
    house: PracticeAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    contents: Contents,
) -> None:
    clock.advance(14 * DAY)
    slow = Overtaken(store)
    slow.before = partial(approve, house, renewal_id)
    assert portal_with(store=slow).work() == Worked(sent=1)
    assert [one.status for one in contents()["renewals"]] == [RenewalStatus.REFILLED]
    assert len(contents()["inbox_messages"]) == 1


def test_the_practice_may_be_quicker(
    portal_with: Callable[..., Portal], renewal_id: RenewalId, clock: FrozenClock, contents: Contents
) -> None:
    quicker = portal_with(policy=Policy(zone="UTC", renewals=RenewalPolicy(expires_after=DAY)))
    clock.advance(DAY)
    assert quicker.work().concluded == 1
    (renewal,) = contents()["renewals"]
    assert (renewal.id, renewal.status) == (renewal_id, RenewalStatus.EXPIRED)


def test_what_expires_for_somebody_shut_out_waits_in_their_inbox(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    practice.patients.deactivate(me.patient_id)
    clock.advance(14 * DAY)
    assert usual.work().concluded == 1
    practice.patients.reactivate(me.patient_id)
    me = usual.log_in("countess", "violet kettle 42 drifts")
    assert (own(me).renewal_id, own(me).status, me.messages.unread_count()) == (renewal_id, RenewalStatus.EXPIRED, 1)


def test_every_way_in_which_a_request_can_end_but_withdrawing_tells_the_patient_once(
    usual: Portal, house: PracticeAccess, me: PatientAccess, medication_id: MedicationId, clock: FrozenClock
) -> None:
    def after_two_weeks() -> None:
        clock.advance(14 * DAY)
        usual.work()

    ends: list[Callable[[RenewalId], object]] = [
        lambda one: approve(house, one),
        lambda one: house.medications.deny_renewal(one, "No."),
        lambda _: after_two_weeks(),
        lambda _: house.medications.discontinue(medication_id),
    ]
    for told, end in enumerate(ends, start=1):
        me = usual.log_in("countess", "violet kettle 42 drifts")
        end(me.medications.request_renewal(medication_id))
        me = usual.log_in("countess", "violet kettle 42 drifts")
        assert len(me.messages.inbox().items) == told
        assert not house.medications.pending_renewals().items


def test_a_request_that_can_not_be_ended_delays_neither_the_others_nor_the_mail(
    *,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    portal_with: Callable[..., Portal],
    store: Store,
    clock: FrozenClock,
    contents: Contents,
) -> None:
    second = house.medications.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=0)
    clock.advance(MICROSECOND)
    other = me.medications.request_renewal(second)
    house.messages.send(me.patient_id, subject="Hello", body="Hello.")
    clock.advance(14 * DAY)
    worker = portal_with(store=FailingStore(store, spoilt=renewal_id))
    worked = worker.work()
    assert (worked.concluded, worked.sent, worked.given_up) == (1, 1, 1)
    standing = {one.id: one.status for one in contents()["renewals"]}
    assert standing == {renewal_id: RenewalStatus.REQUESTED, other: RenewalStatus.EXPIRED}
    assert [one.kind.value for one in desk(portal_with()).audit.undelivered().items] == ["new_message"]
    assert portal_with().work().concluded == 1


def test_a_request_that_can_never_be_ended_never_stops_the_mail(
    *,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    portal_with: Callable[..., Portal],
    store: Store,
    clock: FrozenClock,
    notifier: RecordingNotifier,
) -> None:
    clock.advance(14 * DAY)
    worker = portal_with(store=FailingStore(store, spoilt=renewal_id))
    for told in (1, 2):
        house.messages.send(me.patient_id, subject="Hello", body="Hello.")
        with pytest.raises(AdapterError):
            worker.work()
        assert len(notifier.messages) == told


def test_what_can_not_even_be_looked_for_never_stops_the_mail(
    *,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    portal_with: Callable[..., Portal],
    store: Store,
    notifier: RecordingNotifier,
) -> None:
    assert renewal_id
    house.messages.send(me.patient_id, subject="Hello", body="Hello.")
    with pytest.raises(AdapterError):
        portal_with(store=BlindStore(store)).work()
    assert len(notifier.messages) == 1
