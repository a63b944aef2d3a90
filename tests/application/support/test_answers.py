"""What support answers is a message in the patient's inbox, over each store, and is seen with what they asked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from patientportal import (
    Asker,
    BadInputError,
    MessageKind,
    NobodyToAnswerError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RetractionReason,
    SupportAnsweredFacts,
    SupportRequestResolvedError,
    Worked,
)
from patientportal.domain.ids import SupportRequestId
from patientportal.testing import FrozenClock, Member, activated

Untouched = Callable[[], AbstractContextManager[None]]
QUESTION, ANSWER = "Where do I park?", "Behind the house.\nIt costs nothing."


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def request_id(me: PatientAccess) -> SupportRequestId:
    """What the patient asked."""
    return me.support.ask(QUESTION)


def test_an_answer_is_in_the_inbox_and_beside_the_question(
    *,
    practice: PracticeAccess,
    me: PatientAccess,
    request_id: SupportRequestId,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    clock.advance(timedelta(minutes=5))
    practice.support.resolve(request_id, answer=ANSWER)
    (message,) = me.messages.inbox().items
    assert (message.kind, message.about_id, message.body) == (MessageKind.SUPPORT_ANSWERED, request_id, ANSWER)
    assert (message.facts, message.is_from_staff) == (SupportAnsweredFacts(answer=ANSWER), True)
    assert (message.sent_at, message.read_at, me.messages.unread_count()) == (clock(), None, 1)
    with untouched():
        own = me.support.get(SupportRequestId(str(message.about_id)))
        assert [own] == list(me.support.requests().items)
    assert (own.message, own.resolved_at, own.answer_id, own.answer) == (QUESTION, clock(), message.message_id, ANSWER)
    seen = practice.support.get(request_id)
    assert (seen.resolved_by, seen.answer_id, seen.patient_name) == ("staff-1", message.message_id, "Ada Byron")
    assert list(practice.support.of_patient(me.patient_id).items) == [seen]
    assert practice.support.open_requests().items == ()


def test_a_mail_says_that_there_is_a_message_and_nothing_of_it(
    usual: Portal, practice: PracticeAccess, request_id: SupportRequestId, notifier: RecordingNotifier
) -> None:
    practice.support.resolve(request_id, answer=ANSWER)
    assert usual.work() == Worked(sent=1)
    (mail,) = notifier.messages
    assert mail.kind is NoticeKind.NEW_MESSAGE
    assert "park" not in f"{mail}"


def test_what_is_resolved_without_an_answer_tells_nobody(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, request_id: SupportRequestId
) -> None:
    practice.support.resolve(request_id)
    assert usual.work() == Worked()
    assert me.messages.inbox().items == ()
    own = me.support.get(request_id)
    assert (own.resolved_at is None, own.answer_id, own.answer) == (False, None, None)


def test_a_request_is_answered_once_and_never_a_strangers(
    usual: Portal, practice: PracticeAccess, request_id: SupportRequestId, untouched: Untouched
) -> None:
    usual.recovery.ask_support("ada@example.org", QUESTION)
    (stranger,) = practice.support.open_requests(of=Asker.STRANGERS).items
    with untouched(), pytest.raises(NobodyToAnswerError):
        practice.support.resolve(stranger.request_id, answer=ANSWER)
    assert practice.support.get(stranger.request_id) == stranger
    practice.support.resolve(request_id, answer=ANSWER)
    with untouched(), pytest.raises(SupportRequestResolvedError):
        practice.support.resolve(request_id, answer=ANSWER)
    with untouched():
        for answer in ("", " \n", "x" * 10_001, "a\0"):
            with pytest.raises(BadInputError):
                practice.support.resolve(stranger.request_id, answer=answer)


def test_an_answer_that_is_taken_back_is_nowhere_any_more_for_its_patient(
    practice: PracticeAccess, me: PatientAccess, request_id: SupportRequestId
) -> None:
    practice.support.resolve(request_id, answer=ANSWER)
    (message,) = me.messages.inbox().items
    practice.messages.retract(message.message_id, RetractionReason.WRONG_PATIENT)
    assert me.messages.inbox().items == ()
    own = me.support.get(request_id)
    assert (own.resolved_at is None, own.answer_id, own.answer) == (False, None, None)
    assert practice.support.get(request_id).answer_id == message.message_id
    assert practice.messages.get(message.message_id).retract_reason is RetractionReason.WRONG_PATIENT


def test_a_strangers_request_is_answered_like_none_at_all(
    usual: Portal, request_id: SupportRequestId, notifier: RecordingNotifier, untouched: Untouched
) -> None:
    other = activated(usual, notifier, "second", email="second@example.org")
    them = usual.log_in(other.username, other.password)
    with untouched():
        for one in (request_id, SupportRequestId("nothing")):
            with pytest.raises(NotFoundError) as refusal:
                them.support.get(one)
            assert refusal.value.what == "support_request"
