"""What has long been over is forgotten when its time has come, a little at a time."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import takewhile
from threading import Barrier
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    AccountLockedError,
    Answer,
    LinkInvalidError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryClosedError,
    StaffId,
    WrongCredentialsError,
)
from patientportal.application.worker.sweeping import BATCH_MAX
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.ids import NOBODY
from patientportal.ports.store import Query
from patientportal.testing import ANSWERS, BORN, FrozenClock, activated, invited, last_link_secret, person
from tests.application.worker.sweeping.stages import AGES, DAY, MICROSECOND, WRONG, Contents, Stage

Scene = Callable[["Stage"], object]


def is_of_nobody(state: Any) -> bool:
    return bool(state.patient_id == NOBODY)


def is_any(_: object) -> bool:
    return True


def has_status(status: str) -> Callable[[Any], bool]:
    return lambda state: bool(state.status.value == status)


SCENES: dict[str, tuple[Scene, str, Callable[[Any], bool], timedelta]] = {
    "a sent notice": (lambda s: s.told(Answer.SENT), "deliveries", has_status("sent"), 90 * DAY),
    "a notice given up": (lambda s: s.told(Answer.NEVER), "deliveries", has_status("dead"), 90 * DAY),
    "a pointless notice": (Stage.pointless, "deliveries", has_status("pointless"), 90 * DAY),
    "the count of a known name": (lambda s: s.fail("countess"), "log_in_guards", is_any, 30 * DAY),
    "the count of an unknown name": (lambda s: s.fail("nobody.here"), "log_in_guards", is_any, 30 * DAY),
    "a session": (Stage.me, "sessions", is_any, 90 * DAY + timedelta(hours=8)),
    "a session that was ended": (lambda s: s.me().log_off(), "sessions", is_any, 90 * DAY + timedelta(hours=8)),
    "a used link": (lambda _: None, "links", has_status("used"), 104 * DAY),
    "an ended link": (Stage.pointless, "links", has_status("ended"), 104 * DAY),
    "a change of address": (
        lambda s: s.me().account.change_email(s.member.password, "new@example.org"),
        "email_changes",
        is_any,
        90 * DAY,
    ),
    "a count of wrong answers": (lambda s: s.answer_wrongly("countess"), "recovery_guards", is_any, 30 * DAY),
    "a count of nobody's wrong answers": (
        lambda s: s.answer_wrongly("nobody.here"),
        "recovery_guards",
        is_any,
        30 * DAY,
    ),
    "a resolved request": (Stage.ask_support, "support_requests", is_any, 90 * DAY),
    "a cover": (
        lambda s: s.practice.medications.cover(StaffId("dr-a"), StaffId("dr-b"), s.portal._env.now() + DAY),
        "covers",
        is_any,
        91 * DAY,
    ),
    "an event that was about nobody": (lambda s: s.fail("nobody.here"), "events", is_of_nobody, 90 * DAY),
}
"""What happens, what is over then, and for how long it is kept."""


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_over_is_forgotten_when_its_time_has_come_and_not_a_microsecond_before(
    stage: Stage, clock: FrozenClock, contents: Contents, scene: str
) -> None:
    act, table, is_over, kept_for = SCENES[scene]
    act(stage)
    over = {state for state in contents()[table] if is_over(state)}
    assert over
    clock.advance(kept_for - MICROSECOND)
    stage.portal.work()
    assert over <= contents()[table]
    clock.advance(MICROSECOND)
    assert stage.portal.work().swept >= len(over)
    assert not over & contents()[table]


def test_a_link_goes_with_all_of_its_secrets_and_no_others(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, contents: Contents
) -> None:
    notifier.answers = [Answer.LATER, Answer.LATER]
    practice.patients.register(person())
    for _ in range(3):
        usual.work()
        clock.advance(timedelta(hours=1))
    old = contents()["link_secrets"]
    clock.advance(60 * DAY)
    invited(usual, notifier, email="second@example.org")
    young = contents()["link_secrets"] - old
    assert (len(old), len(young)) == (3, 1)
    clock.advance(44 * DAY)
    usual.work()
    assert contents()["link_secrets"] == young
    assert {link.id for link in contents()["links"]} == {secret.link_id for secret in young}


def test_a_link_that_was_mailed_late_stays_while_it_can_be_used(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, contents: Contents
) -> None:
    patient_id = practice.patients.register(person())
    notifier.answers = [Answer.NEVER] * 20
    for _ in range(20):  # staff have it sent again and again, while its last secret lives
        usual.work()
        clock.advance(6 * DAY)
        (seen,) = practice.audit.undelivered().items
        practice.audit.deliver_again(seen.delivery_id)
    usual.work()
    clock.advance(7 * DAY - MICROSECOND)
    usual.work()
    assert len(contents()["links"]) == 1
    secret = last_link_secret(notifier)
    assert (
        usual.activate(
            secret, date_of_birth=BORN, username="late", password="violet kettle 42", security_answers=ANSWERS
        )
        == patient_id
    )
    usual.work()
    assert contents()["links"] == contents()["link_secrets"] == set()


def test_a_forgotten_link_is_answered_like_one_that_ended(
    usual: Portal, notifier: RecordingNotifier, clock: FrozenClock, contents: Contents
) -> None:
    _, secret = invited(usual, notifier)
    clock.advance(AGES)
    usual.work()
    assert contents()["links"] == set()
    with pytest.raises(LinkInvalidError):
        usual.activate(
            secret, date_of_birth=BORN, username="late", password="violet kettle 42", security_answers=ANSWERS
        )


def test_known_and_unknown_names_are_answered_alike_before_and_after_their_guards_went(
    stage: Stage, clock: FrozenClock, contents: Contents
) -> None:
    for _ in range(2):
        for name in ("countess", "nobody.here"):
            assert stage.fail(name, 3) == [3, 2, 1]
        clock.advance(30 * DAY)
        stage.portal.work()
        assert contents()["log_in_guards"] == set()


def test_a_locked_name_stays_locked_whoever_has_it_until_support_ends_it(
    stage: Stage, practice: PracticeAccess, clock: FrozenClock
) -> None:
    names = ("countess", "nobody.here")
    for name in names:
        stage.fail(name, 4)
    for _ in range(3):
        clock.advance(31 * DAY)
        stage.portal.work()
        for name in names:
            with pytest.raises(AccountLockedError):
                stage.portal.log_in(name, stage.member.password)
    assert practice.patients.get(stage.member.patient_id).is_locked
    practice.support.unlock(stage.member.patient_id)
    assert stage.me().patient_id == stage.member.patient_id
    clock.advance(30 * DAY)
    stage.portal.work()
    with pytest.raises(AccountLockedError):
        stage.portal.log_in("nobody.here", WRONG)


def test_a_hundred_sessions_of_many_patients_go_in_four_transactions(
    stage: Stage, notifier: RecordingNotifier, clock: FrozenClock, *, contents: Contents, calls: Counter[str]
) -> None:
    others = [activated(stage.portal, notifier, name, email=f"{name}@example.org") for name in ("baker", "carol")]
    clock.advance(AGES - 7 * DAY)
    stage.portal.work()
    for number in range(BATCH_MAX):
        who = (stage.member, *others)[number % 3]
        stage.portal.log_in(who.username, who.password)
    clock.advance(AGES)
    in_a_round = 1  # for the notices
    calls.clear()
    assert stage.portal.work().swept == len(contents()["sessions"]) + BATCH_MAX == BATCH_MAX
    assert calls["transaction"] == in_a_round + 4


def test_locked_names_keep_nothing_else_from_being_forgotten(stage: Stage, clock: FrozenClock) -> None:
    for number in range(5):
        stage.fail(f"locked.{number}", 4)
    clock.advance(timedelta(minutes=1))
    for number in range(5):
        stage.fail(f"counted.{number}")
    clock.advance(30 * DAY)
    assert [stage.portal.work(limit=2).swept for _ in range(4)] == [2, 2, 1, 0]


def test_a_guard_counts_from_the_last_wrong_password(stage: Stage, clock: FrozenClock) -> None:
    stage.fail("nobody.here")
    clock.advance(29 * DAY)
    stage.fail("nobody.here")
    clock.advance(29 * DAY)
    stage.portal.work()
    assert stage.fail("nobody.here") == [1]


def test_known_and_unknown_people_are_asked_alike_before_and_after_their_guards_went(
    stage: Stage, clock: FrozenClock, contents: Contents
) -> None:
    for _ in range(2):
        for name in ("countess", "nobody.here"):
            assert [stage.answer_wrongly(name) for _ in range(4)] == [3, 2, 1, 0]
            with pytest.raises(RecoveryClosedError):
                stage.portal.recovery.forgot_password(name)
        clock.advance(30 * DAY)
        stage.portal.work()
        assert contents()["recovery_guards"] == set()


def guards_of_nobody(portal: Portal, number: int) -> None:
    """As if so many names that nobody has had been tried."""
    with pytest.raises(WrongCredentialsError):
        portal.log_in("nobody.here", WRONG)
    with portal._env.store.transaction() as tx:
        (one,) = tx.select(Query(state=LogInGuard))
        for n in range(number - 1):
            tx.add(evolve(one, name_hash=n.to_bytes(32)))


def test_a_call_forgets_at_most_so_many_of_a_kind_and_repeated_calls_finish(
    usual: Portal, clock: FrozenClock, contents: Contents
) -> None:
    guards_of_nobody(usual, 5)
    clock.advance(30 * DAY)
    assert [usual.work(limit=2).swept for _ in range(4)] == [2, 2, 1, 0]
    assert contents()["log_in_guards"] == set()


def test_each_kind_has_its_own_share_of_a_call(stage: Stage, clock: FrozenClock) -> None:
    for name in ("nobody.here", "nobody.there"):
        stage.answer_wrongly(name)
        stage.fail(name)
    clock.advance(30 * DAY)
    assert [stage.portal.work(limit=1).swept for _ in range(3)] == [2, 2, 0]


def test_one_call_never_forgets_thousands_at_a_time(usual: Portal, clock: FrozenClock) -> None:
    guards_of_nobody(usual, BATCH_MAX + 1)
    clock.advance(30 * DAY)
    assert [usual.work(limit=10_000).swept for _ in range(3)] == [BATCH_MAX, 1, 0]


def test_two_portals_at_once_forget_each_thing_once(
    portal_with: Callable[..., Portal],
    usual: Portal,
    notifier: RecordingNotifier,
    clock: FrozenClock,
    contents: Contents,
) -> None:
    guards_of_nobody(usual, 20)
    for number in range(10):
        activated(usual, notifier, f"name{number}", email=f"{number}@example.org")
    gone = {"deliveries": 10, "links": 10, "log_in_guards": 20, "events of nobody": 1}
    clock.advance(AGES)
    portals = [portal_with(), portal_with()]
    start = Barrier(len(portals))

    def swept(portal: Portal) -> int:
        start.wait()
        return sum(takewhile(bool, (portal.work(limit=7).swept for _ in range(50))))

    with ThreadPoolExecutor(len(portals)) as pool:
        together = sum(pool.map(swept, portals))
    assert together + swept_to_the_end(usual) == sum(gone.values())
    after = contents()
    assert [after[table] for table in ("deliveries", "links", "link_secrets", "log_in_guards")] == [set()] * 4
    assert NOBODY not in {recorded.patient_id for recorded in after["events"]}
    assert len(after["accounts"]) == 10


def swept_to_the_end(portal: Portal) -> int:
    return sum(takewhile(bool, (portal.work().swept for _ in range(50))))
