"""A worker tells people: at least once, one at a time, and never what has become pointless."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import fields

from patientportal import (
    Answer,
    BadInputError,
    ConfigurationError,
    Message,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Worked,
)
from patientportal.domain.notices.notices import FIRST_PAUSE, LEASE, LONGEST_PAUSE
from patientportal.testing import FrozenClock, person

Contents = Callable[[], dict[str, set[Any]]]
MICROSECOND = timedelta(microseconds=1)


class Broken(RecordingNotifier):
    """A notifier whose mail server is down for some addresses."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self.addresses = addresses

    def send(self, message: Message) -> Answer:
        super().send(message)
        if message.to_email in self.addresses:
            raise OSError
        return Answer.SENT


def the_delivery(contents: Contents) -> Any:
    (delivery,) = contents()["deliveries"]
    return delivery


def test_a_notice_is_sent_once(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    practice.patients.register(person())
    assert usual.work() == Worked(sent=1)
    assert usual.work() == Worked()
    assert [(message.to_email, message.to_name) for message in notifier.messages] == [("ada.byron@example.org", "Ada")]
    assert the_delivery(contents).status.value == "sent"


def test_a_link_stands_behind_the_fragment_of_the_portals_address(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id = practice.patients.register(person())
    usual.work()
    assert str(notifier.messages[0].link).startswith(f"https://portal.example/activate#{patient_id}.")


def test_later_is_tried_again_after_pauses_that_double_until_patience_is_over(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, contents: Contents
) -> None:
    notifier.answers = [Answer.LATER] * 1000
    practice.patients.register(person())
    until, number = clock() + timedelta(days=5), 0
    while True:
        number += 1
        assert usual.work() == Worked(postponed=1)
        pause = min(FIRST_PAUSE * 2 ** min(number - 1, 10), LONGEST_PAUSE)
        if clock() + pause >= until:
            break
        clock.advance(pause - MICROSECOND)
        assert usual.work() == Worked(), f"too early after try {number}"
        clock.advance(MICROSECOND)
    clock.advance(until - clock() + LONGEST_PAUSE)
    assert usual.work() == Worked(given_up=1)
    clock.advance(timedelta(days=60))
    assert usual.work() == Worked()
    assert len(notifier.messages) == number > 100
    assert {message.id for message in notifier.messages} == {the_delivery(contents).id}
    assert (the_delivery(contents).status.value, the_delivery(contents).tries) == ("dead", number)


def test_never_is_given_up_at_once(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, contents: Contents
) -> None:
    notifier.answers = [Answer.NEVER]
    practice.patients.register(person())
    assert usual.work() == Worked(given_up=1)
    clock.advance(timedelta(days=60))
    assert usual.work() == Worked()
    assert the_delivery(contents).status.value == "dead"


def test_an_exception_of_the_notifier_counts_as_later_and_delays_nobody_else(
    portal_with: Callable[..., Portal], practice: PracticeAccess, clock: FrozenClock
) -> None:
    broken = Broken("a@example.org")
    for address in ("a@example.org", "b@example.org"):
        practice.patients.register(person(email=address))
    worker = portal_with(notifier=broken)
    assert worker.work() == Worked(sent=1, postponed=1)
    clock.advance(FIRST_PAUSE)
    broken.addresses = ()
    assert worker.work() == Worked(sent=1)


def test_a_mail_server_that_is_down_for_two_hours_loses_nothing(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    addresses = {f"{name}@example.org" for name in "abcde"}
    notifier.answers = [Answer.LATER] * 1000
    for address in sorted(addresses):
        practice.patients.register(person(email=address))
        for _ in range(24):
            usual.work()
            clock.advance(timedelta(minutes=1))
    tried = len(notifier.messages)
    notifier.answers = []
    for _ in range(70):
        usual.work()
        clock.advance(timedelta(minutes=1))
    assert sorted(str(message.to_email) for message in notifier.messages[tried:]) == sorted(addresses)
    assert usual.health().oldest_waiting is None


def test_without_a_notifier_work_refuses_only_when_there_is_something_to_send(
    usual: Portal, practice: PracticeAccess, contents: Contents
) -> None:
    given = {one.name: getattr(usual._env, one.name) for one in fields(type(usual._env))}
    mute = Portal(**(given | {"notifier": None}))
    assert mute.work() == Worked()
    practice.patients.register(person())
    before = contents()
    with pytest.raises(ConfigurationError) as refusal:
        mute.work()
    assert refusal.value.setting == "notifier"
    assert contents() == before
    assert usual.work() == Worked(sent=1)


def test_what_a_deactivated_patient_would_have_been_told_is_not_sent_even_after_reactivation(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    patient_id = practice.patients.register(person())
    practice.patients.deactivate(patient_id)
    assert usual.work() == Worked()
    practice.patients.reactivate(patient_id)
    assert usual.work() == Worked()
    assert notifier.messages == []
    assert the_delivery(contents).status.value == "pointless"
    assert contents()["link_secrets"] == set()


def test_the_secret_is_committed_before_anything_is_sent(
    portal_with: Callable[..., Portal], practice: PracticeAccess, contents: Contents
) -> None:
    at_sending: list[int] = []

    class Looking(RecordingNotifier):
        def send(self, message: Message) -> Answer:
            at_sending.append(len(contents()["link_secrets"]))
            return super().send(message)

    practice.patients.register(person())
    portal_with(notifier=Looking()).work()
    assert at_sending == [1]


def test_a_delivery_that_one_worker_has_is_left_alone_by_others_until_its_lease_is_over(
    portal_with: Callable[..., Portal], practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    found: list[Worked] = []
    other = portal_with()

    class Slow(RecordingNotifier):
        def send(self, message: Message) -> Answer:
            clock.advance(LEASE - MICROSECOND)
            found.append(other.work())
            clock.advance(MICROSECOND)
            found.append(other.work())
            return super().send(message)

    practice.patients.register(person())
    portal_with(notifier=Slow()).work()
    assert found == [Worked(), Worked(sent=1)]
    assert the_delivery(contents).status.value == "sent"


def test_a_worker_whose_lease_is_over_marks_nothing(
    portal_with: Callable[..., Portal],
    practice: PracticeAccess,
    notifier: RecordingNotifier,
    clock: FrozenClock,
    contents: Contents,
) -> None:
    notifier.answers = [Answer.LATER]
    other = portal_with()

    class TooSlow(RecordingNotifier):
        def send(self, message: Message) -> Answer:
            clock.advance(LEASE)
            other.work()
            super().send(message)
            return Answer.NEVER

    practice.patients.register(person())
    portal_with(notifier=TooSlow()).work()
    assert the_delivery(contents).status.value == "waiting"
    clock.advance(LONGEST_PAUSE)
    assert other.work() == Worked(sent=1)


class Dying(RecordingNotifier):
    """A notifier in the midst of which the process ends."""

    def send(self, message: Message) -> Answer:  # noqa: ARG002 - the port's
        raise KeyboardInterrupt


def test_a_worker_that_died_is_followed_by_another_after_the_lease(
    portal_with: Callable[..., Portal], practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    practice.patients.register(person())
    with pytest.raises(KeyboardInterrupt):
        portal_with(notifier=Dying()).work()
    clock.advance(LEASE - MICROSECOND)
    other = portal_with()
    assert other.work() == Worked()
    clock.advance(MICROSECOND)
    assert other.work() == Worked(sent=1)
    assert len(notifier.messages) == 1


def test_work_tells_at_most_so_many_the_longest_waiting_first(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    for name in ("Ada", "Bea", "Cleo"):
        practice.patients.register(person(first_name=name))
        clock.advance(timedelta(seconds=1))
    assert usual.work(limit=2) == Worked(sent=2)
    assert usual.work(limit=2) == Worked(sent=1)
    assert [message.to_name for message in notifier.messages] == ["Ada", "Bea", "Cleo"]


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_work_takes_one_to_ten_thousand(usual: Portal, limit: int) -> None:
    with pytest.raises(BadInputError):
        usual.work(limit=limit)


def test_nothing_is_told_of_what_was_not_saved(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    with pytest.raises(BadInputError):
        practice.patients.register(person(date_of_birth=date(2999, 12, 10)))
    assert usual.work() == Worked()
    assert notifier.messages == []


def test_each_patient_is_told_at_their_own_address(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    everybody = {("a@example.org", "Ada"), ("b@example.org", "Bea")}
    for email, first_name in everybody:
        practice.patients.register(person(email=email, first_name=first_name))
    usual.work()
    assert {(message.to_email, message.to_name) for message in notifier.messages} == everybody
