"""Once a day the practice is told over each store how much waits for it: numbers alone, and nothing where none are."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    Answer,
    ConfigurationError,
    Digest,
    DigestPolicy,
    NoticeKind,
    NoticePolicy,
    Policy,
    Portal,
    RecordingNotifier,
    Window,
    Worked,
)
from patientportal.testing import FrozenClock, Member, desk, person

A_DAY, AN_HOUR, A_MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WANTED = Policy(zone="UTC", notices=NoticePolicy(digest=DigestPolicy(email="desk@clinic.example", at=time(10))))
TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)  # an hour after the clock begins
DIGEST = NoticeKind.PRACTICE_DIGEST


@pytest.fixture
def told(portal_with: Callable[..., Portal], notifier: RecordingNotifier) -> Callable[[], list[Digest | None]]:
    """Works, and says what the practice was told."""
    worker = portal_with(policy=WANTED)

    def told() -> list[Digest | None]:
        notifier.messages.clear()
        worker.work()
        return [one.digest for one in notifier.messages if one.kind is DIGEST]

    return told


def only(**waiting: int) -> Digest:
    none = dict.fromkeys(
        ("visit_requests", "renewals", "statement_requests", "support_requests", "unclear_payments", "undelivered"), 0
    )
    return Digest(**none | waiting)


def ask_for_everything(usual: Portal, member: Member) -> None:
    me, practice = usual.log_in(member.username, member.password), desk(usual)
    for number in range(2):
        me.appointments.request(f"A cough {number}", [Window(first_day=date(2026, 1, 9), last_day=date(2026, 1, 30))])
    medication_id = practice.medications.record(
        member.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=1
    )
    me.medications.request_renewal(medication_id)
    me.statements.request_new_statement()
    for question in ("Where do I park?", "When are you open?", "Who are you?"):
        me.support.ask(question)


def test_the_practice_is_told_numbers_once_a_day_at_its_time(
    usual: Portal,
    member: Member,
    clock: FrozenClock,
    notifier: RecordingNotifier,
    told: Callable[[], list[Digest | None]],
) -> None:
    told()
    ask_for_everything(usual, member)
    clock.advance(TEN - clock() - A_MINUTE)
    assert told() == []
    clock.advance(A_MINUTE)
    expected = only(visit_requests=2, renewals=1, statement_requests=1, support_requests=3)
    assert told() == [expected]
    (message,) = [one for one in notifier.messages if one.kind is DIGEST]
    assert (message.to_email, message.to_name, message.language) == ("desk@clinic.example", "", None)
    assert (message.link, message.visit_at, message.username) == (None, None, None)
    for _ in range(23):
        clock.advance(AN_HOUR)
        assert told() == []
    clock.advance(AN_HOUR)
    assert told() == [expected]


def test_nothing_is_told_on_a_day_on_which_nothing_waits_however_much_comes_later(
    usual: Portal, member: Member, clock: FrozenClock, told: Callable[[], list[Digest | None]]
) -> None:
    clock.advance(TEN - clock())
    assert told() == []
    ask_for_everything(usual, member)
    clock.advance(A_DAY - A_MINUTE)
    assert told() == []
    clock.advance(A_MINUTE)
    assert len(told()) == 1


def test_it_is_off_until_the_practice_says_where_it_goes(
    usual: Portal, member: Member, clock: FrozenClock, notifier: RecordingNotifier, contents: Callable[[], Any]
) -> None:
    ask_for_everything(usual, member)
    before = len(contents()["deliveries"])
    for _ in range(3):
        clock.advance(A_DAY)
        usual.work()
    assert DIGEST not in {one.kind for one in notifier.messages}
    assert len(contents()["deliveries"]) == before


def test_what_reached_nobody_and_what_only_somebody_can_conclude_is_counted(
    usual: Portal, clock: FrozenClock, notifier: RecordingNotifier, told: Callable[[], list[Digest | None]]
) -> None:
    notifier.answers = [Answer.NEVER]
    desk(usual).patients.register(person())
    usual.work()
    known = desk(usual).patients.register(person(first_name="Ben", email=None), invite=False)
    desk(usual).messages.send(known, subject="Your test", body="All is well.")
    usual.work()
    clock.advance(A_DAY)
    assert told() == [only(undelivered=2)]


def test_after_a_weekend_without_a_mail_server_one_digest_arrives_and_says_what_is_so_then(
    usual: Portal,
    member: Member,
    clock: FrozenClock,
    notifier: RecordingNotifier,
    told: Callable[[], list[Digest | None]],
) -> None:
    usual.work()
    ask_for_everything(usual, member)
    clock.advance(TEN - clock())
    notifier.answers = [Answer.UNREACHED] * 10_000
    for _ in range(3 * 24):
        told()
        clock.advance(AN_HOUR)
    notifier.answers = []
    (open_one, *_) = desk(usual).support.open_requests().items
    desk(usual).support.resolve(open_one.request_id)
    (one,) = told()
    assert one is not None
    assert one.support_requests + one.statement_requests == 3
    for _ in range(22):
        clock.advance(AN_HOUR)
        assert told() == []


def test_one_that_is_refused_is_on_the_list_and_can_be_sent_again_until_the_next(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    worker, practice = portal_with(policy=WANTED), desk(usual)
    worker.work()
    ask_for_everything(usual, member)
    clock.advance(TEN - clock())
    notifier.answers = [Answer.NEVER, Answer.NEVER]
    assert worker.work().given_up == 1
    (refused,) = practice.audit.undelivered().items
    assert (refused.kind, refused.patient_id, refused.patient_name) == (DIGEST, "nobody", "")
    practice.audit.deliver_again(refused.delivery_id)
    assert worker.work().given_up == 1
    practice.audit.deliver_again(refused.delivery_id)
    assert worker.work().sent == 1
    notifier.answers = [Answer.NEVER]
    clock.advance(A_DAY)
    assert worker.work().given_up == 1
    (refused,) = practice.audit.undelivered().items
    practice.audit.dismiss(refused.delivery_id)
    assert worker.work() == Worked()


def test_eight_workers_add_one(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, clock: FrozenClock, notifier: RecordingNotifier
) -> None:
    ask_for_everything(usual, member)
    clock.advance(A_DAY)
    notifier.messages.clear()
    for _ in range(8):
        portal_with(policy=WANTED).work()
    assert [one.kind for one in notifier.messages].count(DIGEST) == 1


def test_without_a_notifier_there_is_nothing_to_tell_it_with(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, clock: FrozenClock
) -> None:
    usual.work()
    ask_for_everything(usual, member)
    clock.advance(A_DAY)
    mute = portal_with(policy=WANTED)
    mute._env = evolve(mute._env, notifier=None)
    with pytest.raises(ConfigurationError):
        mute.work()
