"""A new e-mail address is asked for with the right password, by whoever is in, five times an hour at most."""

from datetime import timedelta

import pytest

from patientportal import (
    AccountLockedError,
    BadInputError,
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
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, invited, person
from tests.application.accounts.email_change.scenes import (
    MICROSECOND,
    NEW,
    NEWER,
    OLD,
    WRONG,
    Contents,
    Untouched,
    address,
    asked_for,
)


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
    usual.activate(invitation, date_of_birth=BORN, username="second", password=PASSWORD, security_answers=ANSWERS)
    usual.log_in("second", PASSWORD).account.change_email(PASSWORD, NEW)


def test_two_patients_may_have_the_same_address(
    usual: Portal, practice: PracticeAccess, member: Member, me: PatientAccess, notifier: RecordingNotifier
) -> None:
    practice.patients.register(person(email=NEW))
    usual.work()
    usual.confirm_email(asked_for(usual, me, notifier, NEW))
    assert address(practice, member) == NEW
