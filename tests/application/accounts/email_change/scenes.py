"""Who asks for a new e-mail address, which addresses there are, and who was told what."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from attrs import frozen

from patientportal import PatientAccess, Portal, PracticeAccess, RecordingNotifier
from patientportal.testing import PASSWORD, Member, last_link_secret

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

    def address(self) -> str | None:
        return address(self.practice, self.member)

    def told(self) -> list[tuple[str, str]]:
        return told(self.notifier)

    def reset_password(self) -> None:
        self.practice.support.send_password_reset(self.member.patient_id)
        self.portal.work()
        self.portal.recovery.reset_password(last_link_secret(self.notifier), NEW_PASSWORD)


def asked_for(portal: Portal, me: PatientAccess, notifier: RecordingNotifier, new: str) -> str:
    me.account.change_email(PASSWORD, new)
    portal.work()
    secret = last_link_secret(notifier)
    notifier.messages.clear()
    return secret


def told(notifier: RecordingNotifier) -> list[tuple[str, str]]:
    return sorted((message.kind.value, str(message.to_email)) for message in notifier.messages)


def address(practice: PracticeAccess, member: Member) -> str | None:
    return practice.patients.get(member.patient_id).personal.email


def statuses(contents: Contents) -> dict[str, str]:
    return {delivery.kind.value: delivery.status.value for delivery in contents()["deliveries"]}
