"""A new e-mail address that the practice writes down holds at once."""

import pytest

from patientportal import (
    LinkInvalidError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    TooManyEmailChangesError,
    Worked,
)
from patientportal.domain.accounts.email_change import REQUESTS_MAX
from patientportal.testing import ANSWERS, BORN, PASSWORD, Member, invited, last_link_secret, person
from tests.application.accounts.email_change.scenes import NEW, OLD, Contents, Untouched, address, statuses, told


def test_what_the_practice_writes_down_does_not_count_toward_the_patients_requests(
    practice: PracticeAccess, member: Member, me: PatientAccess
) -> None:
    for number in range(REQUESTS_MAX + 1):
        practice.patients.change_email(member.patient_id, f"{number}@example.org")
    for number in range(REQUESTS_MAX):
        me.account.change_email(member.password, f"new.{number}@example.org")
    with pytest.raises(TooManyEmailChangesError):
        me.account.change_email(member.password, NEW)


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
        usual.activate(invitation, **good, date_of_birth=BORN, security_answers=ANSWERS)
    with untouched():
        practice.patients.change_email(patient_id, NEW)
    notifier.messages.clear()
    practice.patients.invite(patient_id)
    usual.work()
    assert told(notifier) == [("email_changed", OLD), ("invitation", NEW)]
    assert (
        usual.activate(last_link_secret(notifier), **good, date_of_birth=BORN, security_answers=ANSWERS) == patient_id
    )


def test_an_invitation_that_waits_while_the_address_changes_reaches_neither_and_staff_see_that(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    patient_id = practice.patients.register(person())
    practice.patients.change_email(patient_id, NEW)
    assert usual.work() == Worked(sent=1, given_up=1)
    assert told(notifier) == [("email_changed", OLD)]
    assert statuses(contents)["invitation"] == "dead"
    assert [seen.patient_id for seen in practice.audit.undelivered().items] == [patient_id]
