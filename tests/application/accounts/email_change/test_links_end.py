"""A link that confirms a new e-mail address ends after a day and with whatever makes it pointless."""

from collections.abc import Callable

import pytest

from patientportal import Answer, LinkInvalidError, Portal, PracticeAccess, RecordingNotifier
from patientportal.domain.notices.notices import FIRST_PAUSE
from patientportal.testing import PASSWORD, FrozenClock, Member, last_link_secret
from tests.application.accounts.email_change.scenes import (
    DAY,
    MICROSECOND,
    NEW,
    NEW_PASSWORD,
    NEWER,
    OLD,
    Contents,
    Scene,
    statuses,
)


def test_a_link_expires_to_the_microsecond_a_day_after_it_was_sent(scene: Scene, clock: FrozenClock) -> None:
    scene.me.account.change_email(PASSWORD, NEW)
    clock.advance(DAY - MICROSECOND)
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
    nobody_waits = {"a newer request", "a deactivation"}
    assert delivery.status.value == ("pointless" if ending in nobody_waits else "dead")
    seen = [one.delivery_id for one in scene.practice.audit.undelivered().items]
    assert seen == ([] if ending in nobody_waits else [delivery.id])
    assert NEW not in {message.to_email for message in scene.notifier.messages}


def test_who_changed_the_address_collects_no_link_that_was_meant_for_the_old_one(
    scene: Scene, confirmation: str, contents: Contents
) -> None:
    scene.practice.support.send_password_reset(scene.member.patient_id)
    scene.portal.confirm_email(confirmation)
    scene.portal.work()
    assert scene.told() == [("email_changed", OLD)]
    assert statuses(contents)["password_reset"] == "dead"
    assert scene.address() == NEW


def test_a_reset_that_was_mailed_to_the_old_address_ends_when_the_new_one_is_confirmed(
    usual: Portal, practice: PracticeAccess, member: Member, confirmation: str, notifier: RecordingNotifier
) -> None:
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    usual.confirm_email(confirmation)
    with pytest.raises(LinkInvalidError):
        usual.recovery.reset_password(last_link_secret(notifier), NEW_PASSWORD)
