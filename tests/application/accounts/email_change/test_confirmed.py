"""A new e-mail address holds once its own mailbox has confirmed it, and the old one is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import fields

from patientportal import LinkForm, LinkInvalidError, PatientAccess, Portal, PracticeAccess, RecordingNotifier, Worked
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, invited, last_link_secret
from tests.application.accounts.email_change.scenes import (
    NEW,
    NEW_PASSWORD,
    NEWER,
    OLD,
    Contents,
    Scene,
    Untouched,
    address,
    told,
)


def test_a_request_mails_a_link_to_the_new_address_and_a_warning_without_one_to_the_old(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    me.account.change_email(member.password, NEW)
    assert usual.work() == Worked(sent=2)
    assert told(notifier) == [("confirm_email", NEW), ("email_change_requested", OLD)]
    links = {message.kind.value: str(message.link) for message in notifier.messages}
    assert links["email_change_requested"] == "None"
    assert links["confirm_email"].startswith(f"https://portal.example/confirm-email#{member.patient_id}.")
    assert address(practice, member) == OLD


def test_the_confirmed_address_is_the_patients_and_the_old_one_is_told(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, notifier: RecordingNotifier
) -> None:
    usual.confirm_email(confirmation)
    assert address(practice, member) == NEW
    usual.work()
    assert [(message.kind.value, message.to_email, message.link) for message in notifier.messages] == [
        ("email_changed", OLD, None)
    ]
    notifier.messages.clear()
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    assert told(notifier) == [("password_reset", NEW)]


def test_a_confirmation_ends_no_session_and_needs_none(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, confirmation: str
) -> None:
    other = usual.log_in(member.username, member.password)
    me.log_off()
    usual.confirm_email(confirmation)
    assert usual.resume(other.token).patient_id == member.patient_id
    assert address(practice, member) == NEW


def test_history_shows_who_asked_for_a_new_address_and_who_confirmed_it(
    scene: Scene, confirmation: str, clock: FrozenClock
) -> None:
    clock.advance(timedelta(seconds=1))
    scene.portal.confirm_email(confirmation)
    clock.advance(timedelta(seconds=1))
    scene.practice.patients.change_email(scene.member.patient_id, NEWER)
    shown = [(entry.what, entry.by.value, entry.device) for entry in scene.me.account.history(limit=3).items]
    assert shown == [
        ("email_changed", "staff", None),
        ("email_changed", "patient", None),
        ("email_change_requested", "patient", "phone"),
    ]


def test_no_event_says_an_address(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, contents: Contents
) -> None:
    usual.confirm_email(confirmation)
    practice.patients.change_email(member.patient_id, NEWER)
    assert "@" not in "".join(str(recorded) for recorded in contents()["events"])
    assert "@" not in "".join(repr(change) for change in contents()["email_changes"])


def test_a_link_confirms_once(usual: Portal, confirmation: str, untouched: Untouched) -> None:
    usual.confirm_email(confirmation)
    with untouched(), pytest.raises(LinkInvalidError):
        usual.confirm_email(confirmation)


def test_a_used_link_does_not_bring_its_address_back(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str
) -> None:
    usual.confirm_email(confirmation)
    practice.patients.change_email(member.patient_id, NEWER)
    with pytest.raises(LinkInvalidError):
        usual.confirm_email(confirmation)
    assert address(practice, member) == NEWER


def test_forged_links_confirm_nothing(usual: Portal, confirmation: str, untouched: Untouched) -> None:
    patient_id, link_id, _ = confirmation.split(".")
    bad = ("", "x", f"{patient_id}.{link_id}.{'A' * 43}", f"{patient_id}.other.{'A' * 43}", f"no.body.{'A' * 43}")
    for forged in bad:
        with untouched(), pytest.raises(LinkInvalidError):
            usual.confirm_email(forged)
    usual.confirm_email(confirmation)


def test_a_link_of_another_purpose_confirms_nothing(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier, untouched: Untouched
) -> None:
    _, invitation = invited(usual, notifier, email="second@example.org")
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    for other in (invitation, last_link_secret(notifier)):
        with untouched(), pytest.raises(LinkInvalidError):
            usual.confirm_email(other)


def test_a_link_that_confirms_an_address_does_nothing_else(
    usual: Portal, confirmation: str, untouched: Untouched
) -> None:
    elsewhere: tuple[Callable[[], object], ...] = (
        lambda: usual.activate(
            confirmation, date_of_birth=BORN, username="lovelace", password=NEW_PASSWORD, security_answers=ANSWERS
        ),
        lambda: usual.recovery.reset_password(confirmation, NEW_PASSWORD),
    )
    for act in elsewhere:
        with untouched(), pytest.raises(LinkInvalidError):
            act()
    usual.confirm_email(confirmation)


def test_the_former_address_is_told_even_if_it_changed_again_meanwhile(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, notifier: RecordingNotifier
) -> None:
    usual.confirm_email(confirmation)
    practice.patients.change_email(member.patient_id, NEWER)
    usual.work()
    assert told(notifier) == [("email_changed", OLD), ("email_changed", NEW)]


@pytest.mark.parametrize(("form", "before_secret"), [(LinkForm.FRAGMENT, "#"), (LinkForm.PATH, "/")])
def test_the_secret_of_a_link_stands_where_the_portal_was_told_to_put_it(
    scene: Scene, form: LinkForm, before_secret: str
) -> None:
    given = {one.name: getattr(scene.portal._env, one.name) for one in fields(type(scene.portal._env))}
    formed = Portal(**(given | {"link_form": form}))
    scene.me.account.change_email(PASSWORD, NEW)
    formed.work()
    (link,) = [message.link for message in scene.notifier.messages if message.link]
    path, _, secret = link.rpartition(before_secret)
    assert path == "https://portal.example/confirm-email"
    formed.confirm_email(secret)
    assert scene.address() == NEW
