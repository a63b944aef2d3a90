"""What the practice takes back is out of the patient's sight at once, over each store; staff see all of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    MessageId,
    NotFoundError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RenewalId,
    RetractionReason,
    Role,
    StaffId,
    StaffMember,
    Store,
    Worked,
    WrittenByPortalError,
)
from patientportal.ports.notifier import Answer
from patientportal.testing import FrozenClock, Member
from tests.application.messages.test_messages import Overtaken

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
SUBJECT, BODY = "Your blood test", "All is well."
REASON = RetractionReason.WRONG_PATIENT


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def message_id(practice: PracticeAccess, member: Member) -> MessageId:
    """What the practice wrote."""
    return practice.messages.send(member.patient_id, subject=SUBJECT, body=BODY, idempotency_key="form-1")


def test_a_device_that_opens_it_while_it_is_taken_back_reads_nothing(
    *,
    me: PatientAccess,
    portal_with: Callable[..., Portal],
    store: Store,
    practice: PracticeAccess,
    message_id: MessageId,
) -> None:
    slow = Overtaken(store)
    other = portal_with(store=slow).resume(me.token)
    slow.before = lambda: practice.messages.retract(message_id, REASON)
    with pytest.raises(NotFoundError):
        other.messages.get(message_id)
    assert practice.messages.get(message_id).read_at is None


@pytest.mark.parametrize("is_read", [False, True])
def test_what_is_taken_back_is_seen_by_staff_alone(
    practice: PracticeAccess, me: PatientAccess, message_id: MessageId, clock: FrozenClock, *, is_read: bool
) -> None:
    read_at = me.messages.get(message_id).read_at if is_read else None
    clock.advance(timedelta(minutes=5))
    practice.messages.retract(message_id, REASON)
    assert (me.messages.inbox().items, me.messages.unread_count()) == ((), 0)
    with pytest.raises(NotFoundError) as refusal:
        me.messages.get(message_id)
    assert refusal.value.what == "message"
    (seen,) = practice.messages.of_patient(me.patient_id).items
    assert seen == practice.messages.get(message_id)
    assert (seen.subject, seen.body, seen.patient_id) == (SUBJECT, BODY, me.patient_id)
    assert (seen.sent_by, seen.read_at) == ("staff-1", read_at)
    assert (seen.retracted_at, seen.retracted_by, seen.retract_reason) == (clock(), "staff-1", REASON)


def test_history_keeps_that_it_was_written_and_taken_back_without_what(
    practice: PracticeAccess, me: PatientAccess, message_id: MessageId, contents: Contents
) -> None:
    me.messages.get(message_id)
    practice.messages.retract(message_id, REASON)
    shown = [(entry.what, entry.staff_id) for entry in me.account.history(limit=2).items]
    assert shown == [("message_retracted", "staff-1"), ("message_sent", "staff-1")]
    (event,) = [one.event for one in contents()["events"] if one.event.name == "message_retracted"]
    assert (event.message_id, event.reason, event.was_read) == (message_id, REASON, True)
    kept, seen = contents(), practice.messages.of_patient(me.patient_id).items
    shown_of = repr([*kept["events"], *kept["inbox_messages"], *seen])
    for text in (SUBJECT, BODY):
        assert text not in shown_of


def test_a_mail_that_waits_does_not_announce_what_was_taken_back(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, message_id: MessageId, notifier: RecordingNotifier
) -> None:
    practice.messages.retract(message_id, REASON)
    assert usual.work() == Worked()
    assert notifier.messages == []
    practice.messages.send(me.patient_id, subject=SUBJECT, body=BODY)
    assert usual.work() == Worked(sent=1)


def test_a_mail_that_is_tried_again_says_nothing_either_once_it_is_taken_back(
    usual: Portal, practice: PracticeAccess, message_id: MessageId, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    notifier.answers.append(Answer.LATER)
    assert usual.work() == Worked(postponed=1)
    practice.messages.retract(message_id, REASON)
    clock.advance(timedelta(hours=1))
    assert usual.work() == Worked()
    assert len(notifier.messages) == 1


def test_a_second_time_changes_nothing(
    usual: Portal, practice: PracticeAccess, message_id: MessageId, untouched: Untouched
) -> None:
    practice.messages.retract(message_id, REASON)
    other = usual.practice(StaffMember(id=StaffId("staff-2"), name="Bill", roles={Role.BILLING}))
    with untouched():
        other.messages.retract(message_id, RetractionReason.OTHER)


def test_the_same_form_again_is_the_message_that_was_taken_back(
    practice: PracticeAccess, me: PatientAccess, message_id: MessageId, untouched: Untouched
) -> None:
    practice.messages.retract(message_id, REASON)
    with untouched():
        again = practice.messages.send(me.patient_id, subject=SUBJECT, body=BODY, idempotency_key="form-1")
    assert again == message_id
    assert me.messages.inbox().items == ()


def test_what_the_portal_wrote_stays(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, untouched: Untouched
) -> None:
    medication_id = practice.medications.record(
        me.patient_id, name="Aspirin", started_on=clock().date(), refills_left=1
    )
    renewal_id: RenewalId = me.medications.request_renewal(medication_id)
    practice.medications.deny_renewal(renewal_id, "Come and see me.")
    (message,) = me.messages.inbox().items
    with untouched(), pytest.raises(WrittenByPortalError):
        practice.messages.retract(message.message_id, REASON)
    assert practice.messages.get(message.message_id).facts == message.facts


def test_a_message_that_is_not_there_is_refused(practice: PracticeAccess, untouched: Untouched) -> None:
    with untouched():
        with pytest.raises(NotFoundError):
            practice.messages.retract(MessageId("nothing"), REASON)
        with pytest.raises(NotFoundError):
            practice.messages.get(MessageId("nothing"))


def test_staff_who_look_at_one_message_leave_that_in_the_history_and_it_unread(
    practice: PracticeAccess, me: PatientAccess, message_id: MessageId
) -> None:
    assert practice.messages.get(message_id).read_at is None
    (look,) = [one for one in me.account.history().items if one.what == "record_viewed"]
    assert (look.staff_id, look.verb) == ("staff-1", "messages.get")
