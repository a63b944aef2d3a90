"""After any outage of the mail server everything is told that still makes sense, and staff see the rest."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from patientportal import (
    Answer,
    DeliveryId,
    LinkInvalidError,
    Message,
    NoticeKind,
    NoticeLinkOverError,
    NoticePolicy,
    NotUndeliveredError,
    PatientInactiveError,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Worked,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, asked, desk, last_link_secret, person

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
NEW_PASSWORD = "amber lantern 77 drifts"


class Down(RecordingNotifier):
    """A mail server that is down until a moment."""

    def __init__(self, clock: FrozenClock, answer: Answer, lasts: timedelta) -> None:
        super().__init__()
        self._clock, self._answer, self._until = clock, answer, clock() + lasts
        self.asked = 0

    def send(self, message: Message) -> Answer:
        self.asked += 1
        return self._answer if self._clock() < self._until else super().send(message)


def told(notifier: RecordingNotifier) -> list[str]:
    return sorted(message.kind.value for message in notifier.messages)


@pytest.fixture(params=[Answer.LATER, Answer.UNREACHED], ids=["later", "unreached"])
def answer(request: pytest.FixtureRequest) -> Answer:
    """What the mail server's absence looks like."""
    return Answer(request.param)


@pytest.mark.parametrize("by_support", [True, False], ids=["by support", "by question"])
@pytest.mark.parametrize("minutes", [0, 2, 10, 20, 29, 31, 40, 90])
def test_a_link_for_a_new_password_goes_out_after_an_outage_and_works_for_its_whole_time(
    portal_with: Callable[..., Portal],
    member: Member,
    clock: FrozenClock,
    answer: Answer,
    minutes: int,
    *,
    by_support: bool,
) -> None:
    box = Down(clock, answer, minutes * MINUTE)
    portal = portal_with(notifier=box)
    if by_support:
        desk(portal).support.send_password_reset(member.patient_id)
    else:
        challenge = asked(portal.recovery.forgot_password(member.username))
        portal.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    waited = 0
    while not box.messages:
        portal.work()
        clock.advance(MINUTE)
        waited += 1
    assert waited <= minutes + 62
    assert told(box) == ["password_reset"]
    clock.advance(29 * MINUTE - MICROSECOND)
    portal.check_link(last_link_secret(box))
    clock.advance(MICROSECOND)
    with pytest.raises(LinkInvalidError):
        portal.check_link(last_link_secret(box))
    clock.advance(-MICROSECOND)
    portal.recovery.reset_password(last_link_secret(box), NEW_PASSWORD)
    portal.log_in(member.username, NEW_PASSWORD)
    assert not portal.health().has_undelivered


@pytest.mark.parametrize("hours", [12, 24, 62])
def test_a_night_a_day_and_a_weekend_lose_nothing_without_anybody_seeing_it(
    portal_with: Callable[..., Portal], member: Member, clock: FrozenClock, answer: Answer, hours: int
) -> None:
    box = Down(clock, answer, hours * HOUR)
    portal = portal_with(notifier=box)
    practice = desk(portal)
    invited = practice.patients.register(person(email="second@example.org"))
    practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    practice.support.send_password_reset(member.patient_id)
    portal.log_in(member.username, member.password).account.change_email(PASSWORD, "new@example.org")
    for _ in range(4 * (hours + 2)):
        portal.work()
        clock.advance(HOUR / 4)
    lasting, passing = ["email_change_requested", "invitation", "new_message"], ["confirm_email", "password_reset"]
    is_in_time = hours < 24
    assert told(box) == sorted(lasting + (passing if is_in_time else []))
    seen = practice.audit.undelivered().items
    assert sorted(one.kind.value for one in seen) == ([] if is_in_time else passing)
    assert portal.health().has_undelivered is not is_in_time
    assert portal.health().oldest_waiting is None
    invitation = next(message for message in box.messages if message.kind is NoticeKind.INVITATION)
    secret = str(invitation.link).partition("#")[2]
    assert (
        portal.activate(secret, date_of_birth=BORN, username="second", password=PASSWORD, security_answers=ANSWERS)
        == invited
    )
    clock.advance(DAY)
    for one in seen:
        with pytest.raises(NoticeLinkOverError):
            practice.audit.deliver_again(one.delivery_id)


def test_where_the_channel_is_shut_one_notice_finds_that_out_for_all(
    portal_with: Callable[..., Portal], practice: PracticeAccess, clock: FrozenClock
) -> None:
    for number in range(5):
        practice.patients.register(person(email=f"{number}@example.org"))
    box = Down(clock, Answer.UNREACHED, 10 * MINUTE)
    worker = portal_with(notifier=box)
    for number in range(1, 11):
        assert worker.work() == Worked(postponed=1)
        assert box.asked == number
        clock.advance(MINUTE)
    assert worker.work() == Worked(sent=5)
    assert practice.audit.undelivered().items == ()


def test_what_is_sent_before_the_channel_shuts_is_told_and_marked(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    for number in range(4):
        practice.patients.register(person(email=f"{number}@example.org"))
    notifier.answers = [Answer.SENT, Answer.UNREACHED]
    assert usual.work() == Worked(sent=1, postponed=1)
    clock.advance(MINUTE)
    assert usual.work() == Worked(sent=3)
    assert len({message.id for message in notifier.messages}) == 4


def test_one_that_only_its_own_server_refuses_holds_up_nobody_else(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    for number in range(4):
        practice.patients.register(person(email=f"{number}@example.org"))
    notifier.answers = [Answer.LATER]
    assert usual.work() == Worked(sent=3, postponed=1)


def test_a_request_for_a_link_that_no_worker_mailed_within_a_day_ends_and_staff_see_it(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    practice.support.send_password_reset(member.patient_id)
    practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    clock.advance(DAY)
    assert usual.work() == Worked(sent=1, given_up=1)
    assert told(notifier) == ["new_message"]
    (seen,) = practice.audit.undelivered().items
    assert (seen.kind, seen.tries) == (NoticeKind.PASSWORD_RESET, 0)


def test_the_practice_may_choose_its_patience(
    portal_with: Callable[..., Portal], member: Member, clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    policy = Policy(zone="UTC", notices=NoticePolicy(patience=3 * HOUR, link_patience=2 * HOUR))
    portal = portal_with(policy=policy)
    desk(portal).support.send_password_reset(member.patient_id)
    desk(portal).messages.send(member.patient_id, subject="Hello", body="Hello.")
    clock.advance(2 * HOUR - MICROSECOND)
    notifier.answers = [Answer.LATER] * 2
    assert portal.work() == Worked(postponed=2)
    clock.advance(HOUR)
    assert portal.work() == Worked(sent=1, given_up=1)


@pytest.mark.parametrize("back", [MINUTE, HOUR, DAY])
def test_a_clock_that_is_set_back_delays_nothing_that_waits_and_health_says_so(
    usual: Portal,
    practice: PracticeAccess,
    member: Member,
    notifier: RecordingNotifier,
    *,
    clock: FrozenClock,
    back: timedelta,
) -> None:
    practice.support.send_password_reset(member.patient_id)
    practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    clock.advance(-back)
    health = usual.health()
    assert (health.oldest_waiting, health.most_overdue) == (timedelta(0), timedelta(0))
    assert usual.work() == Worked(sent=2)
    assert usual.work() == Worked()
    usual.check_link(last_link_secret(notifier))


@pytest.fixture
def dead(usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier) -> DeliveryId:
    """A notice of a message that was given up."""
    notifier.answers = [Answer.NEVER]
    practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    usual.work()
    (seen,) = practice.audit.undelivered().items
    return seen.delivery_id


def test_what_was_given_up_is_sent_again_once_however_often_staff_press(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, dead: DeliveryId, clock: FrozenClock
) -> None:
    clock.advance(30 * DAY)
    for _ in range(2):
        practice.audit.deliver_again(dead)
    assert practice.audit.undelivered().items == ()
    assert not usual.health().has_undelivered
    notifier.answers = [Answer.LATER]
    assert usual.work() == Worked(postponed=1)
    clock.advance(5 * DAY - MICROSECOND)
    assert usual.work().sent == 1
    assert {message.id for message in notifier.messages} == {dead}
    with pytest.raises(NotUndeliveredError) as refusal:
        practice.audit.deliver_again(dead)
    assert refusal.value.status.value == "sent"


def test_what_was_dismissed_is_neither_seen_nor_sent_any_more(
    usual: Portal, practice: PracticeAccess, dead: DeliveryId, clock: FrozenClock
) -> None:
    for _ in range(2):
        practice.audit.dismiss(dead)
        clock.advance(HOUR)
    assert practice.audit.undelivered().items == ()
    assert not usual.health().has_undelivered
    assert usual.work() == Worked()
    with pytest.raises(NotUndeliveredError):
        practice.audit.deliver_again(dead)


def test_the_patients_history_says_who_sent_again_and_who_dismissed_each_once(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier, dead: DeliveryId
) -> None:
    for _ in range(2):
        practice.audit.deliver_again(dead)
    notifier.answers = [Answer.NEVER]
    usual.work()
    for _ in range(2):
        practice.audit.dismiss(dead)
    history = usual.log_in(member.username, member.password).account.history().items
    by_staff = [(entry.what, entry.by.value) for entry in history if entry.what.startswith("notice_")]
    assert by_staff == [("notice_dismissed", "staff"), ("notice_sent_again", "staff")]


def test_nothing_is_sent_again_to_who_is_deactivated(
    usual: Portal, practice: PracticeAccess, member: Member, dead: DeliveryId
) -> None:
    practice.patients.deactivate(member.patient_id)
    with pytest.raises(PatientInactiveError):
        practice.audit.deliver_again(dead)
    practice.audit.dismiss(dead)
    assert not usual.health().has_undelivered


def test_a_link_that_was_refused_may_be_sent_again_while_it_may_still_be_told(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    notifier.answers = [Answer.NEVER]
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    (seen,) = practice.audit.undelivered().items
    clock.advance(DAY - MICROSECOND)
    practice.audit.deliver_again(seen.delivery_id)
    clock.advance(DAY - MICROSECOND)
    assert usual.work() == Worked(sent=1)
    usual.recovery.reset_password(last_link_secret(notifier), NEW_PASSWORD)


def test_a_letter_that_kills_each_worker_is_given_up_and_the_others_are_told(
    portal_with: Callable[..., Portal], practice: PracticeAccess, clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    class Deadly(RecordingNotifier):
        def send(self, message: Message) -> Answer:
            if message.to_email == "poison@example.org":
                raise KeyboardInterrupt
            return notifier.send(message)

    worker = portal_with(notifier=Deadly())
    practice.patients.register(person(email="poison@example.org"))
    deaths = 0
    for _ in range(30):
        practice.patients.register(person(email="fine@example.org"))
        try:
            worker.work()
        except KeyboardInterrupt:
            deaths += 1
        clock.advance(5 * MINUTE)
    worker.work()
    assert deaths == 12
    assert len(notifier.messages) == 30
    assert [(seen.tries, seen.kind) for seen in practice.audit.undelivered().items] == [(12, NoticeKind.INVITATION)]
