"""Attacks that worked on other portals, each with where; none of them works here.

The ones that need many processes are in ``tests/races/``.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AccountLockedError,
    ConfigurationError,
    LinkInvalidError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    WeakPasswordError,
    WrongAnswerError,
    WrongCredentialsError,
    open_portal,
)
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, PASSWORD, FrozenClock, Member, activated, asked, person
from patientportal.testing import portal as portal_of

Contents = Callable[[], dict[str, set[Any]]]
NEW, NEWER = "amber lantern 77 drifts", "cobalt anchor 88 sings"


def mailed_link(portal: Portal, notifier: RecordingNotifier, username: str) -> str:
    challenge = asked(portal.recovery.forgot_password(username))
    portal.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    portal.work()
    return str(notifier.messages[-1].link).partition("#")[2]


def guess_four_times(portal: Portal, username: str) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            portal.log_in(username, "not the password 0")


def test_a_link_is_redeemed_twice(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    """Django and fastapi-users: two requests with one link, checked before either is saved."""
    link = mailed_link(usual, notifier, member.username)
    usual.recovery.reset_password(link, NEW)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(link, NEWER)
    usual.log_in(member.username, NEW)


def test_a_link_outlives_a_password_change(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    """Stateless tokens that are signed and never looked up: the old mail still resets after the owner has reacted."""
    link = mailed_link(usual, notifier, member.username)
    usual.log_in(member.username, PASSWORD).account.change_password(PASSWORD, NEW)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(link, NEWER)


def test_a_link_outlives_the_account(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    """Stateless tokens again: somebody who was shut out resets the password and is in."""
    link = mailed_link(usual, notifier, member.username)
    practice.patients.deactivate(member.patient_id)
    practice.patients.reactivate(member.patient_id)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(link, NEW)


def test_a_lock_is_walked_around_with_an_old_session_and_not_lifted_by_one(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    """A lock that is only looked at in the log-in form: changing the password inside a session ended it."""
    me = usual.log_in(member.username, PASSWORD)
    guess_four_times(usual, member.username)
    with pytest.raises(AccountLockedError):
        me.account.change_password(PASSWORD, NEW)
    with pytest.raises(AccountLockedError):
        me.account.change_email(PASSWORD, "thief@example.org")
    with pytest.raises(AccountLockedError):
        me.account.set_security_answers(PASSWORD, ANSWERS)
    notifier.messages.clear()
    usual.work()
    assert [mail.kind for mail in notifier.messages] == [NoticeKind.ACCOUNT_LOCKED]


def test_a_link_never_expires(usual: Portal, notifier: RecordingNotifier, member: Member, clock: FrozenClock) -> None:
    """Medplum: a reset request had no end of its own."""
    link = mailed_link(usual, notifier, member.username)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(link, NEW)


def test_a_reset_leaves_the_counter_and_locks_its_owner_out_again(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    """OpenEMR: the password was new, and the count of wrong ones was not."""
    guess_four_times(usual, member.username)
    usual.recovery.reset_password(mailed_link(usual, notifier, member.username), NEW)
    with pytest.raises(WrongCredentialsError) as refusal:
        usual.log_in(member.username, PASSWORD)
    assert refusal.value.attempts_left == 3
    usual.log_in(member.username, NEW)


def test_whoever_was_in_stays_in_after_a_reset(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    """Sessions that carry their own proof: the thief's went on after the owner had a new password."""
    thief = usual.log_in(member.username, PASSWORD)
    usual.recovery.reset_password(mailed_link(usual, notifier, member.username), NEW)
    with pytest.raises(SessionEndedError):
        usual.resume(thief.token)


def test_names_are_enumerated_by_what_is_said(usual: Portal, member: Member) -> None:
    """OpenEMR: "no such user" in one case, "mail sent" in the other."""
    said = []
    for name in (member.username, "nobody.here"):
        challenge = asked(usual.recovery.forgot_password(name))
        with pytest.raises(WrongAnswerError) as refusal:
            usual.recovery.answer(challenge.id, dict.fromkeys(challenge.questions, "a guess"))
        said.append((len(challenge.questions), str(refusal.value), refusal.value.attempts_left))
    assert said[0] == said[1]


def test_the_host_of_a_request_gets_into_the_mail(notifier: RecordingNotifier) -> None:
    """Password reset poisoning: the link was built from the Host header of whoever asked."""
    for poisoned in ("http://evil.example", "https://", "https://portal.example@evil.example/", "javascript:alert(1)"):
        with pytest.raises(ConfigurationError):
            open_portal("memory://", zone="UTC", link_base_url=poisoned)
    member = activated(one := portal_of(notifier=notifier), notifier)
    mailed_link(one, notifier, member.username)
    assert str(notifier.messages[-1].link).startswith("https://portal.example/")


def test_a_look_alike_address_receives_the_link(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    """GitHub, 2019: addresses were compared folded and mailed as typed; here mail goes to the stored address alone."""
    usual.work()
    notifier.messages.clear()
    for typed in ("ada.byron@example.org", "ADA.BYRON@EXAMPLE.ORG", "ada.byron@ex\u0430mple.org"):
        challenge = asked(usual.recovery.forgot_username(person(email=typed)))
        answers = {question: ANSWERS.get(question, "a guess") for question in challenge.questions}
        try:
            usual.recovery.answer(challenge.id, answers)
        except WrongAnswerError:
            assert "\u0430" in typed
        usual.work()
    assert {mail.to_email for mail in notifier.messages} == {"ada.byron@example.org"}
    assert member.username == notifier.messages[-1].username


def test_the_reset_page_is_reached_without_the_mailed_link(usual: Portal, member: Member, contents: Contents) -> None:
    """Keycloak: the flow could be entered in its middle, with what the first page had handed out."""
    challenge = asked(usual.recovery.forgot_password(member.username))
    usual.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    session = usual.log_in(member.username, PASSWORD).token
    before = contents()
    for forged in (challenge.id, session, f"{member.patient_id}.{'A' * 20}.{challenge.id}", f"{session}x"):
        with pytest.raises(LinkInvalidError):
            usual.recovery.reset_password(forged, NEW)
    assert contents() == before


def test_a_weak_password_burns_the_link(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    """Links that are used up before the password is looked at: support is called once more."""
    link = mailed_link(usual, notifier, member.username)
    for weak in ("short 7!", PASSWORD, f"{member.username} 1234567!"):
        with pytest.raises(WeakPasswordError):
            usual.recovery.reset_password(link, weak)
    usual.recovery.reset_password(link, NEW)


def test_a_changed_address_collects_what_was_meant_for_the_old_one(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    """The thief changes the address first and then waits for the owner's reset mail."""
    thief = usual.log_in(member.username, PASSWORD)
    thief.account.change_email(PASSWORD, "thief@example.org")
    usual.work()
    confirmation = next(str(mail.link) for mail in notifier.messages if mail.to_email == "thief@example.org")
    challenge = asked(usual.recovery.forgot_password(member.username))
    usual.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    notifier.messages.clear()
    usual.confirm_email(confirmation.partition("#")[2])
    usual.work()
    assert [mail.kind for mail in notifier.messages] == [NoticeKind.EMAIL_CHANGED]
    assert notifier.messages[0].to_email == "ada.byron@example.org"
