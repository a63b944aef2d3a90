"""A mailed link sets one new password, within thirty minutes, and nothing else."""

import pytest

from patientportal import (
    Answer,
    LinkInvalidError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    WeakPasswordError,
)
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, activated, person
from tests.application.accounts.recovery.answering import (
    HOUR,
    MICROSECOND,
    MINUTE,
    NEW,
    Contents,
    answer_rightly,
    last_link,
)


def test_each_mailed_link_works_for_thirty_minutes_from_its_own_sending(
    usual: Portal, notifier: RecordingNotifier, member: Member, clock: FrozenClock
) -> None:
    notifier.answers = [Answer.LATER]
    answer_rightly(usual, member.username)
    clock.advance(5 * HOUR)
    first = last_link(usual, notifier)
    clock.advance(10 * MINUTE)
    second = last_link(usual, notifier)
    assert first != second
    clock.advance(20 * MINUTE - MICROSECOND)
    usual.check_link(first)
    clock.advance(MICROSECOND)
    usual.check_link(second)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(first, NEW)
    clock.advance(10 * MINUTE)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(second, NEW)
    clock.advance(-MICROSECOND)
    usual.recovery.reset_password(second, NEW)


def test_looking_at_a_link_uses_nothing_up(usual: Portal, link: str, contents: Contents) -> None:
    before = contents()
    for _ in range(3):
        usual.check_link(link)
    assert contents() == before


@pytest.mark.parametrize("weak", ["short 7!", PASSWORD, "Password1234!", "ada byron 1234567!"])
def test_a_refused_password_leaves_the_link_usable(usual: Portal, member: Member, link: str, weak: str) -> None:
    with pytest.raises(WeakPasswordError):
        usual.recovery.reset_password(link, weak)
    usual.log_in(member.username, PASSWORD)
    usual.recovery.reset_password(link, NEW)


def test_a_reset_shuts_everybody_else_out_and_does_not_log_in(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    me = usual.log_in(member.username, PASSWORD)
    me.account.change_email(PASSWORD, "thief@example.org")
    usual.work()
    confirmation = next(
        str(mail.link).partition("#")[2] for mail in notifier.messages if mail.kind is NoticeKind.CONFIRM_EMAIL
    )
    practice.support.send_password_reset(member.patient_id)
    usual.recovery.reset_password(last_link(usual, notifier), NEW)
    with pytest.raises(SessionEndedError):
        me.account.devices()
    with pytest.raises(LinkInvalidError):
        usual.confirm_email(confirmation)
    him = usual.log_in(member.username, NEW)
    assert len(him.account.devices().items) == 1
    (entry,) = (entry for entry in him.account.history().items if entry.what == "password_reset")
    assert entry.device is None


def test_a_link_ends_with_use_a_newer_one_a_new_password_a_new_address_and_deactivation(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    def used(_: Member, link: str) -> None:
        usual.recovery.reset_password(link, NEW)

    def newer(member: Member, _: str) -> None:
        answer_rightly(usual, member.username)

    def new_password(member: Member, _: str) -> None:
        usual.log_in(member.username, PASSWORD).account.change_password(PASSWORD, NEW)

    def new_address(member: Member, _: str) -> None:
        usual.log_in(member.username, PASSWORD).account.change_email(PASSWORD, f"new.{member.username}@example.org")
        usual.work()
        mails = (mail for mail in notifier.messages if mail.to_email == f"new.{member.username}@example.org")
        usual.confirm_email(str(next(mails).link).partition("#")[2])

    def written_down(member: Member, _: str) -> None:
        practice.patients.change_email(member.patient_id, "another@example.org")

    def deactivated(member: Member, _: str) -> None:
        practice.patients.deactivate(member.patient_id)
        practice.patients.reactivate(member.patient_id)

    for end in (used, newer, new_password, new_address, written_down, deactivated):
        member = activated(usual, notifier, f"patient.{end.__name__.replace('_', '.')}")
        answer_rightly(usual, member.username)
        link = last_link(usual, notifier)
        usual.check_link(link)
        end(member, link)
        with pytest.raises(LinkInvalidError):
            usual.check_link(link)
        with pytest.raises(LinkInvalidError):
            usual.recovery.reset_password(link, "yet another 88 password")
        clock.advance(MINUTE)


def test_a_link_that_is_still_to_be_mailed_dies_with_the_address_it_was_meant_for(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    answer_rightly(usual, member.username)
    practice.patients.change_email(member.patient_id, "thief@example.org")
    usual.work()
    assert [mail.kind for mail in notifier.messages] == [NoticeKind.EMAIL_CHANGED]
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"]


def test_a_link_of_one_purpose_does_nothing_for_another(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, link: str, contents: Contents
) -> None:
    usual.log_in("countess", PASSWORD).account.change_email(PASSWORD, "new@example.org")
    practice.patients.register(person(email="second@example.org"))
    usual.work()
    links = {mail.kind: str(mail.link).partition("#")[2] for mail in notifier.messages if mail.link}
    invitation, confirmation = links[NoticeKind.INVITATION], links[NoticeKind.CONFIRM_EMAIL]
    before = contents()
    for other in (invitation, confirmation):
        with pytest.raises(LinkInvalidError):
            usual.recovery.reset_password(other, NEW)
    for other in (invitation, link):
        with pytest.raises(LinkInvalidError):
            usual.confirm_email(other)
    for other in (link, confirmation):
        with pytest.raises(LinkInvalidError):
            usual.activate(other, date_of_birth=BORN, username="thief", password=NEW, security_answers=ANSWERS)
    assert contents() == before
