"""Renewals over each store: asked for, decided once by who may, told in the inbox, and never lost in silence."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    CoverNotAllowedError,
    MedicationId,
    MessageKind,
    NotFoundError,
    NoticeKind,
    NotPermittedError,
    NotPrescriberError,
    NotRenewableError,
    OwnRenewalError,
    PatientAccess,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RefusedError,
    RenewalDecidedError,
    RenewalId,
    RenewalNotApprovedError,
    RenewalPendingError,
    RenewalPolicy,
    RenewalStatus,
    Role,
    SessionEndedError,
    StaffId,
    StaffMember,
    Store,
    TooManyRefillsError,
    Worked,
)
from patientportal.domain.medications.renewals import Renewal
from patientportal.ports.store import Key, Query
from patientportal.testing import FrozenClock, Member, activated, desk
from tests.application.messages.test_messages import Overtaken

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
NAME = "Lisinopril 10 MG Oral Tablet"
HOUSE, WILSON, CUDDY = StaffId("dr-house"), StaffId("dr-wilson"), StaffId("dr-cuddy")


def at_desk(portal: Portal, member: StaffId, *roles: Role, **more: Any) -> PracticeAccess:
    return portal.practice(StaffMember(id=member, name="Sam Staff", roles=roles or (Role.PROVIDER,), **more))


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
def medication_id(house: PracticeAccess, member: Member) -> MedicationId:
    """What the patient takes."""
    return house.medications.record(
        member.patient_id, name=NAME, directions="In the morning.", started_on=date(2026, 1, 1), refills_left=3
    )


@pytest.fixture
def renewal_id(me: PatientAccess, medication_id: MedicationId) -> RenewalId:
    """What the patient asks for."""
    return me.medications.request_renewal(medication_id, pharmacy="Corner Pharmacy", note="Down to three.")


def own(me: PatientAccess) -> Any:
    """The patient's latest request, as they see it."""
    return me.medications.renewals().items[0]


def refills_left(me: PatientAccess) -> int:
    return me.medications.all().items[0].refills_left


# Asking


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


# Deciding


def approve(by: PracticeAccess, renewal_id: RenewalId, **named: Any) -> None:
    by.medications.approve_renewal(renewal_id, **({"refills": 2} | named))


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
    assert refills_left(me) == 5
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
    assert (medication.directions, medication.refills_left) == ("In the evening.", 3)
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
    assert (own(me).status, own(me).refilled_at, refills_left(me)) == (RenewalStatus.REFILLED, clock(), 5)
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


def test_refills_rise_by_an_approval_and_by_nothing_else(
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
    assert left == [3, 3, 3, 5, 5, 5, 5, 5]


def test_more_than_ninety_nine_refills_are_never_left(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId, untouched: Untouched
) -> None:
    with untouched(), pytest.raises(TooManyRefillsError) as refusal:
        approve(house, renewal_id, refills=97)
    assert refusal.value.refills_left == 3
    approve(house, renewal_id, refills=96)
    assert refills_left(me) == 99


def decisions(by: PracticeAccess, renewal_id: RenewalId) -> tuple[Callable[[], None], ...]:
    """A yes and a no."""
    return partial(approve, by, renewal_id), partial(by.medications.deny_renewal, renewal_id, "No.")


# By whom


def test_only_the_prescriber_decides_unless_somebody_stands_in(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    contents: Contents,
    untouched: Untouched,
) -> None:
    with untouched():
        for decide in decisions(wilson, renewal_id):
            with pytest.raises(NotPrescriberError):
                decide()
        with pytest.raises(NotPrescriberError):
            wilson.medications.mark_refilled(renewal_id)
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    clock.advance(DAY - MICROSECOND)
    approve(wilson, renewal_id)
    (event,) = [one for one in contents()["events"] if one.event.name == "renewal_approved"]
    assert (event.by.id, event.by.role, event.event.by_cover) == (WILSON, Role.PROVIDER, True)
    assert usual.health().oldest_renewal is None


@pytest.mark.parametrize("later", [timedelta(0), MICROSECOND, 30 * DAY])
def test_a_cover_that_ended_decides_nothing(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    later: timedelta,
) -> None:
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    clock.advance(DAY + later)
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    assert usual.work().concluded == (later > 14 * DAY)


def test_a_cover_can_be_ended_early_prolonged_and_is_for_one_prescriber_alone(
    usual: Portal, wilson: PracticeAccess, house: PracticeAccess, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    front = at_desk(usual, StaffId("susan"), Role.FRONT_DESK)
    front.medications.cover(CUDDY, WILSON, clock() + DAY)
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    front.medications.cover(HOUSE, WILSON, clock() + DAY)
    house.medications.cover(HOUSE, WILSON, clock())
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    front.medications.cover(HOUSE, WILSON, clock() + DAY)
    approve(wilson, renewal_id)


def test_nobody_makes_themselves_a_prescriber(
    usual: Portal, wilson: PracticeAccess, renewal_id: RenewalId, clock: FrozenClock, untouched: Untouched
) -> None:
    both = at_desk(usual, WILSON, Role.PROVIDER, Role.FRONT_DESK)
    with untouched():
        for desk_of_theirs in (wilson, both):
            with pytest.raises(CoverNotAllowedError):
                desk_of_theirs.medications.cover(HOUSE, WILSON, clock() + DAY)
        with pytest.raises(NotPrescriberError):
            approve(both, renewal_id)


def test_a_prescriber_who_is_the_patient_leaves_it_to_another(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    in_person = at_desk(usual, HOUSE, patient_id=me.patient_id)
    with untouched():
        for decide in decisions(in_person, renewal_id):
            with pytest.raises(OwnRenewalError):
                decide()
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    approve(wilson, renewal_id)


def test_the_front_desk_sees_what_waits_and_decides_nothing(
    usual: Portal, renewal_id: RenewalId, untouched: Untouched
) -> None:
    front = at_desk(usual, HOUSE, Role.FRONT_DESK)
    assert [one.renewal_id for one in front.medications.pending_renewals().items] == [renewal_id]
    with untouched(), pytest.raises(NotPermittedError):
        approve(front, renewal_id)


# Waiting


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


class FailingStore:
    """A store whose commits fail while told to, and that can't save the end of some renewals."""

    fails = False

    def __init__(self, inner: Store, *, spoilt: str = "") -> None:
        self._inner = inner
        self._spoilt = spoilt

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as transaction:
            yield _Spoilt(transaction, self._spoilt)
            if self.fails:
                raise AdapterError(adapter="failing", reason="commit_failed")

    def view(self) -> Any:
        return self._inner.view()

    def close(self) -> None:
        self._inner.close()


class _Spoilt:
    def __init__(self, inner: Any, spoilt: str) -> None:
        self._inner = inner
        self._spoilt = spoilt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_all(self, *asked: Key[Any] | Query[Any]) -> Any:
        if any(isinstance(one, Key) and one.state is Renewal and one.parts[1] == self._spoilt for one in asked):
            raise AdapterError(adapter="sql", reason="unreadable_row")
        return self._inner.get_all(*asked)


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
    assert (worked.concluded, worked.sent) == (1, 2)
    standing = {one.id: one.status for one in contents()["renewals"]}
    assert standing == {renewal_id: RenewalStatus.REQUESTED, other: RenewalStatus.EXPIRED}
    assert desk(portal_with()).audit.undelivered().items == ()
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


class BlindStore:
    """A store that can't look for renewals."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    def transaction(self) -> Any:
        return self._inner.transaction()

    @contextmanager
    def view(self) -> Iterator[Any]:
        with self._inner.view() as view:
            yield _Blind(view)

    def close(self) -> None:
        self._inner.close()


class _Blind:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def select(self, query: Query[Any]) -> Any:
        if query.state is Renewal:
            raise AdapterError(adapter="sql", reason="unreadable_row")
        return self._inner.select(query)


def test_history_names_what_happened_and_nothing_of_it(
    house: PracticeAccess, me: PatientAccess, renewal_id: RenewalId
) -> None:
    house.medications.deny_renewal(renewal_id, "Please come in first.")
    told = [entry.what for entry in me.account.history().items]
    assert {"medication_recorded", "renewal_requested", "renewal_denied"} <= set(told)


def test_a_refusal_has_a_code_that_a_page_can_show(me: PatientAccess, medication_id: MedicationId) -> None:
    me.medications.request_renewal(medication_id)
    with pytest.raises(RefusedError, match="renewal_pending"):
        me.medications.request_renewal(medication_id)
