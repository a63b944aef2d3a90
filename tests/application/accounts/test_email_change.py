"""A new e-mail address: it holds once its own mailbox has confirmed it, and the old one is told."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from attrs import fields, frozen

from patientportal import (
    AccountLockedError,
    Answer,
    BadInputError,
    LinkForm,
    LinkInvalidError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    TooManyEmailChangesError,
    Worked,
    WrongCredentialsError,
)
from patientportal.domain.accounts.email_change import REQUESTS_MAX, REQUESTS_WITHIN
from patientportal.domain.notices.notices import FIRST_PAUSE
from patientportal.testing import ANSWERS, PASSWORD, FrozenClock, Member, invited, last_link_secret, person

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
OLD = "ada.byron@example.org"
NEW = "countess@example.net"
NEWER = "lovelace@example.com"
NEW_PASSWORD = "amber lantern 77 drifts"
WRONG = "not the password 0"
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(hours=24)


@frozen
class Scene:
    """Who plays a part when an address changes."""

    portal: Portal
    practice: PracticeAccess
    member: Member
    me: PatientAccess
    notifier: RecordingNotifier

    def address(self) -> str:
        return address(self.practice, self.member)

    def told(self) -> list[tuple[str, str]]:
        return told(self.notifier)

    def reset_password(self) -> None:
        self.practice.support.send_password_reset(self.member.patient_id)
        self.portal.work()
        self.portal.recovery.reset_password(last_link_secret(self.notifier), NEW_PASSWORD)


@pytest.fixture
def scene(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> Scene:
    """A patient who is in, and everybody around them."""
    return Scene(usual, practice, member, me, notifier)


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def confirmation(usual: Portal, me: PatientAccess, notifier: RecordingNotifier) -> str:
    """The secret of the link that went to the new address; the mails before it are forgotten."""
    return asked_for(usual, me, notifier, NEW)


def asked_for(portal: Portal, me: PatientAccess, notifier: RecordingNotifier, new: str) -> str:
    me.account.change_email(PASSWORD, new)
    portal.work()
    secret = last_link_secret(notifier)
    notifier.messages.clear()
    return secret


def told(notifier: RecordingNotifier) -> list[tuple[str, str]]:
    return sorted((message.kind.value, message.to_email) for message in notifier.messages)


def address(practice: PracticeAccess, member: Member) -> str:
    return practice.patients.get(member.patient_id).personal.email


def statuses(contents: Contents) -> dict[str, str]:
    return {delivery.kind.value: delivery.status.value for delivery in contents()["deliveries"]}


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
        lambda: usual.activate(confirmation, username="lovelace", password=NEW_PASSWORD, security_answers=ANSWERS),
        lambda: usual.recovery.check(confirmation),
        lambda: usual.recovery.reset_password(confirmation, NEW_PASSWORD),
    )
    for act in elsewhere:
        with untouched(), pytest.raises(LinkInvalidError):
            act()
    usual.confirm_email(confirmation)


def test_a_link_expires_to_the_microsecond_a_day_after_its_first_minting(scene: Scene, clock: FrozenClock) -> None:
    scene.me.account.change_email(PASSWORD, NEW)
    clock.advance(3 * DAY)
    scene.portal.work()
    clock.advance(DAY)
    with pytest.raises(LinkInvalidError):
        scene.portal.confirm_email(last_link_secret(scene.notifier))
    assert scene.address() == OLD
    clock.advance(-MICROSECOND)
    scene.portal.confirm_email(last_link_secret(scene.notifier))
    assert scene.address() == NEW


ENDINGS: dict[str, Callable[[Scene], object]] = {
    "a newer request": lambda scene: scene.me.account.change_email(PASSWORD, NEWER),
    "a changed password": lambda scene: scene.me.account.change_password(PASSWORD, NEW_PASSWORD),
    "a reset password": Scene.reset_password,
    "a deactivation": lambda scene: scene.practice.patients.deactivate(scene.member.patient_id),
    "the practice's change": lambda scene: scene.practice.patients.change_email(scene.member.patient_id, NEWER),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_link_to_confirm_ends_with(scene: Scene, confirmation: str, ending: str) -> None:
    ENDINGS[ending](scene)
    expected = scene.address()
    with pytest.raises(LinkInvalidError):
        scene.portal.confirm_email(confirmation)
    assert scene.address() == expected != NEW


def test_reactivation_does_not_revive_a_link(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str
) -> None:
    practice.patients.deactivate(member.patient_id)
    practice.patients.reactivate(member.patient_id)
    with pytest.raises(LinkInvalidError):
        usual.confirm_email(confirmation)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_link_that_ended_while_it_waited_is_not_mailed(
    scene: Scene, clock: FrozenClock, contents: Contents, ending: str
) -> None:
    scene.notifier.answers = [Answer.LATER, Answer.LATER]
    scene.me.account.change_email(PASSWORD, NEW)
    scene.portal.work()
    (link_id,) = [link.id for link in contents()["links"] if link.purpose.value == "email_change"]
    scene.notifier.messages.clear()
    ENDINGS[ending](scene)
    clock.advance(FIRST_PAUSE)
    scene.portal.work()
    (delivery,) = [one for one in contents()["deliveries"] if one.link_id == link_id]
    assert delivery.status.value == "pointless"
    assert NEW not in {message.to_email for message in scene.notifier.messages}


def test_who_changed_the_address_collects_no_link_that_was_meant_for_the_old_one(
    scene: Scene, confirmation: str, contents: Contents
) -> None:
    scene.practice.support.send_password_reset(scene.member.patient_id)
    scene.portal.confirm_email(confirmation)
    scene.portal.work()
    assert scene.told() == [("email_changed", OLD)]
    assert statuses(contents)["password_reset"] == "pointless"
    assert scene.address() == NEW


def test_a_reset_that_was_mailed_to_the_old_address_ends_when_the_new_one_is_confirmed(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, notifier: RecordingNotifier
) -> None:
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    usual.confirm_email(confirmation)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(last_link_secret(notifier), NEW_PASSWORD)


def test_the_former_address_is_told_even_if_it_changed_again_meanwhile(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, notifier: RecordingNotifier
) -> None:
    usual.confirm_email(confirmation)
    practice.patients.change_email(member.patient_id, NEWER)
    usual.work()
    assert told(notifier) == [("email_changed", OLD), ("email_changed", NEW)]


def test_wrong_passwords_count_toward_the_lock_of_logging_in(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess
) -> None:
    left = []
    for _ in range(2):
        with pytest.raises(WrongCredentialsError) as refusal:
            me.account.change_email(WRONG, NEW)
        left.append(refusal.value.attempts_left)
        with pytest.raises(WrongCredentialsError) as refusal:
            usual.log_in(member.username, WRONG)
        left.append(refusal.value.attempts_left)
    assert left == [3, 2, 1, 0]
    with pytest.raises(AccountLockedError):
        me.account.change_email(member.password, NEW)
    assert practice.patients.get(member.patient_id).is_locked


def test_a_wrong_password_asks_for_nothing(
    usual: Portal, me: PatientAccess, confirmation: str, notifier: RecordingNotifier, contents: Contents
) -> None:
    before = contents()
    with pytest.raises(WrongCredentialsError):
        me.account.change_email(WRONG, NEWER)
    assert contents()["links"] == before["links"]
    assert contents()["email_changes"] == before["email_changes"]
    assert usual.work() == Worked()
    assert notifier.messages == []
    usual.confirm_email(confirmation)


def test_the_right_password_sets_the_count_to_zero(usual: Portal, member: Member, me: PatientAccess) -> None:
    for _ in range(3):
        with pytest.raises(WrongCredentialsError):
            me.account.change_email(WRONG, NEW)
    me.account.change_email(member.password, NEW)
    with pytest.raises(WrongCredentialsError) as refusal:
        usual.log_in(member.username, WRONG)
    assert refusal.value.attempts_left == 3


def test_whoever_is_not_in_any_more_asks_for_nothing(member: Member, me: PatientAccess, untouched: Untouched) -> None:
    me.log_off()
    with untouched(), pytest.raises(SessionEndedError):
        me.account.change_email(member.password, NEW)


def test_the_present_address_is_no_new_one(me: PatientAccess, member: Member, contents: Contents) -> None:
    before = contents()
    with pytest.raises(BadInputError) as refusal:
        me.account.change_email(member.password, f" {OLD} ")
    assert (refusal.value.field, refusal.value.problem) == ("new", "unchanged")
    assert contents() == before


@pytest.mark.parametrize(
    "bad", ["", "nobody", "a b@example.org", "a@example.org\nBcc: b@example.org", "a" * 65 + "@b.org"]
)
def test_what_can_not_be_an_address_is_refused_before_anything_is_hashed(
    me: PatientAccess, member: Member, untouched: Untouched, bad: str
) -> None:
    with untouched(), pytest.raises(BadInputError) as refusal:
        me.account.change_email(member.password, bad)
    assert refusal.value.field == "new"


def test_the_sixth_request_within_an_hour_is_refused_to_the_microsecond(
    usual: Portal, member: Member, clock: FrozenClock, contents: Contents
) -> None:
    for number in range(REQUESTS_MAX):
        usual.log_in(member.username, member.password).account.change_email(member.password, f"{number}@example.org")
        clock.advance(timedelta(minutes=1))
    clock.advance(REQUESTS_WITHIN - REQUESTS_MAX * timedelta(minutes=1) - MICROSECOND)
    me = usual.log_in(member.username, member.password)
    before = contents()
    with pytest.raises(TooManyEmailChangesError):
        me.account.change_email(member.password, NEW)
    assert contents() == before
    clock.advance(MICROSECOND)
    me.account.change_email(member.password, NEW)
    with pytest.raises(TooManyEmailChangesError):
        me.account.change_email(member.password, NEWER)
    clock.advance(timedelta(minutes=1))
    me.account.change_email(member.password, NEWER)


def test_one_patients_requests_hinder_nobody_else(
    usual: Portal, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    for number in range(REQUESTS_MAX):
        me.account.change_email(member.password, f"{number}@example.org")
    _, invitation = invited(usual, notifier, email="second@example.org")
    usual.activate(invitation, username="second", password=PASSWORD, security_answers=ANSWERS)
    usual.log_in("second", PASSWORD).account.change_email(PASSWORD, NEW)


def test_what_the_practice_writes_down_does_not_count_toward_the_patients_requests(
    practice: PracticeAccess, member: Member, me: PatientAccess
) -> None:
    for number in range(REQUESTS_MAX + 1):
        practice.patients.change_email(member.patient_id, f"{number}@example.org")
    for number in range(REQUESTS_MAX):
        me.account.change_email(member.password, f"new.{number}@example.org")
    with pytest.raises(TooManyEmailChangesError):
        me.account.change_email(member.password, NEW)


def test_two_patients_may_have_the_same_address(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    practice.patients.register(person(email=NEW))
    usual.work()
    usual.confirm_email(asked_for(usual, me, notifier, NEW))
    assert address(practice, member) == NEW


def test_an_address_that_the_practice_writes_down_holds_at_once_and_the_old_one_is_told(
    usual: Portal, practice: PracticeAccess, member: Member, notifier: RecordingNotifier
) -> None:
    practice.patients.change_email(member.patient_id, NEW)
    assert address(practice, member) == NEW
    usual.work()
    assert [(message.kind.value, message.to_email, message.link) for message in notifier.messages] == [
        ("email_changed", OLD, None)
    ]


def test_an_address_that_the_practice_writes_down_twice_changes_nothing_the_second_time(
    practice: PracticeAccess, member: Member, untouched: Untouched
) -> None:
    practice.patients.change_email(member.patient_id, NEW)
    with untouched():
        practice.patients.change_email(member.patient_id, NEW)


def test_another_address_ends_the_invitation_of_who_was_only_invited(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, untouched: Untouched
) -> None:
    patient_id, invitation = invited(usual, notifier)
    practice.patients.change_email(patient_id, NEW)
    good = {"username": "lovelace", "password": PASSWORD}
    with untouched(), pytest.raises(LinkInvalidError):
        usual.activate(invitation, **good, security_answers=ANSWERS)
    with untouched():
        practice.patients.change_email(patient_id, NEW)
    notifier.messages.clear()
    practice.patients.invite(patient_id)
    usual.work()
    assert told(notifier) == [("email_changed", OLD), ("invitation", NEW)]
    assert usual.activate(last_link_secret(notifier), **good, security_answers=ANSWERS) == patient_id


def test_an_invitation_that_waits_while_the_address_changes_reaches_neither(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    patient_id = practice.patients.register(person())
    practice.patients.change_email(patient_id, NEW)
    assert usual.work() == Worked(sent=1)
    assert told(notifier) == [("email_changed", OLD)]
    assert statuses(contents)["invitation"] == "pointless"


@pytest.mark.parametrize(("form", "before_secret"), [(LinkForm.FRAGMENT, "#"), (LinkForm.PATH, "/")])
def test_the_secret_of_a_link_stands_where_the_portal_was_told_to_put_it(
    scene: Scene, form: LinkForm, before_secret: str
) -> None:
    given = {one.name: getattr(scene.portal._outside, one.name) for one in fields(type(scene.portal._outside))}
    formed = Portal(**(given | {"link_form": form}))
    scene.me.account.change_email(PASSWORD, NEW)
    formed.work()
    (link,) = [message.link for message in scene.notifier.messages if message.link]
    path, _, secret = link.rpartition(before_secret)
    assert path == "https://portal.example/confirm-email"
    formed.confirm_email(secret)
    assert scene.address() == NEW
