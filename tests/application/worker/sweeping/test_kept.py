"""What anybody still needs stays, however long ago it began."""

from collections.abc import Callable

from patientportal import Asker, Policy, Portal, PracticeAccess, SessionPolicy, Worked
from patientportal.testing import FrozenClock, Member, person
from tests.application.worker.sweeping.stages import AGES, DAY, Contents, Stage


def test_what_waits_to_be_told_is_never_forgotten(
    usual: Portal, practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    practice.patients.register(person())
    clock.advance(AGES)
    assert usual.work() == Worked(given_up=1, swept=1), "too late to tell: the link goes, staff see the notice"
    assert len(practice.audit.undelivered().items) == 1
    clock.advance(90 * DAY)
    assert usual.work().swept > 0
    assert contents()["deliveries"] == contents()["links"] == set()


def test_what_nobody_resolved_is_never_forgotten(
    usual: Portal, practice: PracticeAccess, stage: Stage, clock: FrozenClock
) -> None:
    stage.me().support.ask("Help me, please.")
    usual.recovery.ask_support("ada.byron@example.org", "Help me, please.")
    clock.advance(AGES)
    usual.work()
    assert [len(practice.support.open_requests(of=of).items) for of in Asker] == [1, 1]


def test_what_nobody_resolved_does_not_keep_what_was_resolved(
    usual: Portal, practice: PracticeAccess, stage: Stage, clock: FrozenClock
) -> None:
    usual.recovery.ask_support("ada.byron@example.org", "Nobody reads this.")
    clock.advance(DAY)
    stage.ask_support()
    clock.advance(91 * DAY)
    for _ in range(5):
        usual.work(limit=1)
    assert stage.me().support.requests().items == ()
    assert len(practice.support.open_requests(of=Asker.STRANGERS).items) == 1


def test_patients_and_all_that_happened_to_them_stay(
    stage: Stage, practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    stage.fail("countess", 2)
    stage.me().account.change_email(stage.member.password, "new@example.org")
    stage.ask_support()
    practice.support.send_password_reset(stage.member.patient_id)
    before = contents()
    clock.advance(AGES)
    for _ in range(5):
        stage.portal.work()
    after = contents()
    for table in ("patients", "personal_records", "usernames", "accounts", "security_answers", "events"):
        assert before[table] == after[table], table
    history = stage.me().account.history().items
    assert [entry.what for entry in history][1:] == [
        recorded.event.name
        for recorded in sorted(before["events"], key=lambda one: (one.at, one.id), reverse=True)
        if recorded.patient_id == stage.member.patient_id
    ]


def test_history_goes_on_without_the_device_when_its_session_is_forgotten(stage: Stage, clock: FrozenClock) -> None:
    stage.portal.log_in(stage.member.username, stage.member.password, device="phone")
    clock.advance(AGES)
    stage.portal.work()
    shown = [(entry.what, entry.device) for entry in stage.me().account.history(limit=2).items]
    assert shown == [("logged_in", ""), ("logged_in", None)]


def test_a_session_that_may_last_longer_is_kept_longer(
    portal_with: Callable[..., Portal], member: Member, clock: FrozenClock
) -> None:
    long = SessionPolicy(idle=200 * DAY, absolute=365 * DAY)
    portal = portal_with(policy=Policy(zone="UTC", sessions=long))
    me = portal.log_in(member.username, member.password)
    clock.advance(199 * DAY)
    portal.work()
    assert portal.resume(me.token).patient_id == member.patient_id
