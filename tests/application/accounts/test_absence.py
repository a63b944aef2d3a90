"""What wasn't counted yet when somebody looked is counted, or not, at one moment: by one thread after the other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import pytest

from patientportal import (
    AccountLockedError,
    LockoutPolicy,
    Policy,
    Portal,
    PortalError,
    RecordingNotifier,
    RecoveryClosedError,
    RecoveryPolicy,
    Store,
    Transaction,
    View,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, PASSWORD, CheapHasher, FrozenClock, Member, asked, last_link_secret

WRONG, NEW = "a wrong guess 1 !", "amber lantern 77 drifts"
MEANWHILE_S = 0.3


class HeldUp(Store):
    """A store and a clock by which one thread is held up in its first transaction, once everything is locked."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self._store = store
        self._clock = clock
        self._over = threading.Event()
        self._inside: int | None = None
        self.thread: int | None = None
        self.is_held_up = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._store.transaction() as transaction:
            self._inside = threading.get_ident()
            yield transaction

    def view(self) -> AbstractContextManager[View]:
        return self._store.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._store.close()

    def now(self) -> datetime:
        if self._inside == self.thread == threading.get_ident() and not self.is_held_up.is_set():
            self.is_held_up.set()
            self._over.wait(MEANWHILE_S)
        return self._clock()


@pytest.fixture
def held_up(raw_store: Store, clock: FrozenClock) -> HeldUp:
    return HeldUp(raw_store, clock)


def answered(call: Callable[[], object]) -> str:
    try:
        call()
    except PortalError as error:
        return error.code
    return "ok"


def one_behind_the_other(
    portal_with: Callable[..., Portal],
    held_up: HeldUp,
    policy: Policy,
    first: Callable[[Portal], object],
    second: Callable[[Portal], object],
) -> tuple[str, str]:
    """What the first is answered, and the second, which begins while the first is inside its transaction."""
    portal = portal_with(policy=policy, store=held_up, clock=held_up.now, hasher=CheapHasher())

    def begin() -> str:
        held_up.thread = threading.get_ident()
        return answered(lambda: first(portal))

    with ThreadPoolExecutor(1) as threads:
        before: Future[str] = threads.submit(begin)
        assert held_up.is_held_up.wait(10)
        after = answered(lambda: second(portal))
        return before.result(10), after


def test_a_success_forgets_the_failure_before_it(
    portal_with: Callable[..., Portal], usual: Portal, held_up: HeldUp, member: Member
) -> None:
    answers = one_behind_the_other(
        portal_with,
        held_up,
        Policy(zone="America/New_York"),
        lambda portal: portal.log_in(member.username, WRONG),
        lambda portal: portal.log_in(member.username, PASSWORD),
    )
    assert answers == ("wrong_credentials", "ok")
    with pytest.raises(WrongCredentialsError) as caught:
        usual.log_in(member.username, WRONG)
    assert caught.value.attempts_left == 3


def test_a_right_password_behind_the_only_wrong_one_that_is_allowed_finds_the_lock(
    portal_with: Callable[..., Portal], usual: Portal, held_up: HeldUp, member: Member
) -> None:
    strict = Policy(zone="America/New_York", lockout=LockoutPolicy(attempts=1))
    answers = one_behind_the_other(
        portal_with,
        held_up,
        strict,
        lambda portal: portal.log_in(member.username, WRONG),
        lambda portal: portal.log_in(member.username, PASSWORD),
    )
    assert answers == ("wrong_credentials", "account_locked")
    with pytest.raises(AccountLockedError):
        usual.log_in(member.username, PASSWORD)


def test_a_reset_that_is_answered_last_ends_the_lock(
    portal_with: Callable[..., Portal], usual: Portal, held_up: HeldUp, member: Member, notifier: RecordingNotifier
) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    usual.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    usual.work()
    secret = last_link_secret(notifier)
    strict = Policy(zone="America/New_York", lockout=LockoutPolicy(attempts=1))
    answers = one_behind_the_other(
        portal_with,
        held_up,
        strict,
        lambda portal: portal.log_in(member.username, WRONG),
        lambda portal: portal.recovery.reset_password(secret, NEW),
    )
    assert answers == ("wrong_credentials", "ok")
    usual.log_in(member.username, NEW)


def test_a_right_answer_behind_the_only_wrong_one_that_is_allowed_finds_recovery_closed(
    portal_with: Callable[..., Portal], usual: Portal, held_up: HeldUp, member: Member, notifier: RecordingNotifier
) -> None:
    strict = Policy(zone="America/New_York", recovery=RecoveryPolicy(attempts=1))
    told = [asked(usual.recovery.forgot_password(member.username)) for _ in range(2)]
    wrong = dict.fromkeys(told[0].questions, "Nobody")
    right = {question: ANSWERS[question] for question in told[1].questions}
    answers = one_behind_the_other(
        portal_with,
        held_up,
        strict,
        lambda portal: portal.recovery.answer(told[0].id, wrong),
        lambda portal: portal.recovery.answer(told[1].id, right),
    )
    assert answers == (WrongAnswerError.code, RecoveryClosedError.code)
    usual.work()
    assert [message for message in notifier.messages if message.link] == []
