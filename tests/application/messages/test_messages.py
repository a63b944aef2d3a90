"""The inbox over each store: written by the practice, read once, by its patient alone; a mail says that, never what."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    MessageId,
    MessageKind,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    Store,
    Worked,
)
from patientportal.application.messages.messages import UNREAD_MAX
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
HOUR = timedelta(hours=1)
SUBJECT, BODY = "Your blood test", "All is well.\nCome again in a year."


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def message_id(practice: PracticeAccess, member: Member) -> MessageId:
    """What the practice wrote."""
    return practice.messages.send(member.patient_id, subject=SUBJECT, body=BODY)


def test_what_the_practice_writes_is_in_the_inbox_unread(
    me: PatientAccess, message_id: MessageId, clock: FrozenClock
) -> None:
    (seen,) = me.messages.inbox().items
    assert (seen.message_id, seen.subject, seen.body, seen.sent_at) == (message_id, SUBJECT, BODY, clock())
    assert (seen.kind, seen.about_id, seen.is_from_staff, seen.read_at) == (
        MessageKind.FROM_PRACTICE,
        None,
        True,
        None,
    )
    assert me.messages.unread_count() == 1


def test_a_mail_says_that_there_is_one_and_nothing_of_it(
    usual: Portal, message_id: MessageId, notifier: RecordingNotifier, contents: Contents
) -> None:
    assert usual.work() == Worked(sent=1)
    (mail,) = notifier.messages
    assert (mail.kind, mail.link, mail.username) == (NoticeKind.NEW_MESSAGE, None, None)
    (event,) = [one.event for one in contents()["events"] if one.event.name == "message_sent"]
    assert event.message_id == message_id
    assert SUBJECT not in f"{mail} {event}"


def test_looking_at_the_list_and_counting_read_nothing(
    me: PatientAccess, message_id: MessageId, untouched: Untouched
) -> None:
    with untouched():
        assert [one.message_id for one in me.messages.inbox().items] == [message_id]
        assert me.messages.unread_count() == 1


def test_the_first_reading_is_the_one_that_counts_whatever_device_reads_again(
    *, usual: Portal, me: PatientAccess, member: Member, message_id: MessageId, clock: FrozenClock, untouched: Untouched
) -> None:
    clock.advance(timedelta(minutes=5))
    first = clock()
    assert me.messages.get(message_id).read_at == first
    clock.advance(timedelta(minutes=5))
    computer = usual.log_in(member.username, member.password, device="computer")
    with untouched():
        for device in (me, computer):
            assert device.messages.get(message_id).read_at == first
            assert device.messages.unread_count() == 0
    assert computer.messages.inbox().items[0].read_at == first


class Overtaken(Store):
    """A store in which another device reads between the look and the transaction of the first."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.before: Callable[[], object] | None = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        before, self.before = self.before, None
        if before is not None:
            before()
        with self._inner.transaction() as transaction:
            yield transaction

    def view(self) -> Any:
        return self._inner.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


def test_a_device_that_is_overtaken_shows_when_the_other_read_it(
    me: PatientAccess,
    portal_with: Callable[..., Portal],
    store: Store,
    message_id: MessageId,
    clock: FrozenClock,
) -> None:
    slow = Overtaken(store)
    other = portal_with(store=slow).resume(me.token)
    first = clock()

    def overtake() -> None:
        me.messages.get(message_id)
        clock.advance(timedelta(minutes=1))

    slow.before = overtake
    assert other.messages.get(message_id).read_at == first
    assert me.messages.get(message_id).read_at == first


def test_a_strangers_message_is_answered_like_none_at_all(
    usual: Portal, message_id: MessageId, notifier: RecordingNotifier, untouched: Untouched
) -> None:
    other = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(other.username, other.password)
    answers = set()
    with untouched():
        for one in (message_id, MessageId("nothing")):
            with pytest.raises(NotFoundError) as refusal:
                them.messages.get(one)
            answers.add(refusal.value)
    assert {error.what for error in answers} == {"message"}
    assert them.messages.inbox().items == ()
    assert them.messages.unread_count() == 0


def test_the_latest_stands_first_and_pages_hold_all_of_them_once(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock
) -> None:
    sent = []
    for number in range(5):
        sent.append(practice.messages.send(me.patient_id, subject=f"{number}", body=BODY))
        clock.advance(timedelta(seconds=number % 2))
    first = me.messages.inbox(limit=3)
    rest = me.messages.inbox(limit=3, cursor=first.next_cursor)
    assert [one.message_id for one in (*first.items, *rest.items)] == sent[::-1]
    assert rest.next_cursor is None


def test_beyond_a_hundred_nobody_counts(practice: PracticeAccess, me: PatientAccess) -> None:
    for number in range(UNREAD_MAX - 1):
        practice.messages.send(me.patient_id, subject=f"{number}", body=BODY)
    assert me.messages.unread_count() == UNREAD_MAX - 1
    last = [practice.messages.send(me.patient_id, subject="last", body=BODY) for _ in range(2)]
    assert me.messages.unread_count() == UNREAD_MAX
    for one in last:
        me.messages.get(one)
    assert me.messages.unread_count() == UNREAD_MAX - 1


def test_whoever_is_not_in_any_more_reads_nothing(
    practice: PracticeAccess, me: PatientAccess, message_id: MessageId, untouched: Untouched
) -> None:
    read = practice.messages.send(me.patient_id, subject=SUBJECT, body=BODY)
    me.messages.get(read)
    me.log_off()
    with untouched():
        for call in (
            me.messages.inbox,
            me.messages.unread_count,
            lambda: me.messages.get(message_id),
            lambda: me.messages.get(read),
        ):
            with pytest.raises(SessionEndedError):
                call()


def test_nothing_is_written_to_nobody(practice: PracticeAccess, untouched: Untouched) -> None:
    with untouched(), pytest.raises(NotFoundError):
        practice.messages.send("nobody", subject=SUBJECT, body=BODY)  # type: ignore[arg-type] # as a careless host would


def test_messages_are_never_forgotten(
    usual: Portal, me: PatientAccess, message_id: MessageId, clock: FrozenClock, contents: Contents
) -> None:
    me.messages.get(message_id)
    clock.advance(timedelta(days=3650))
    usual.work()
    assert {one.id for one in contents()["inbox_messages"]} == {message_id}
