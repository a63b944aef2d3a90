"""An account that somebody else activated: it ends whole, whoever had it is out, and the patient begins anew."""

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import (
    AccountEndReason,
    ChallengeInvalidError,
    LinkInvalidError,
    NotFoundError,
    Portal,
    PortalError,
    PracticeAccess,
    RecordingNotifier,
    SessionEndedError,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, BORN, Member, activated, asked, invited, last_link_secret, person

OWN, STRANGERS = "ada.byron@example.org", "ada.byronn@example.org"
NEW = "amber lantern 77 drifts"
Contents = Callable[[], dict[str, set[Any]]]
WHY = AccountEndReason.WRONG_PERSON


@pytest.fixture
def stranger(usual: Portal, notifier: RecordingNotifier) -> Member:
    """Somebody who activated another's account, as the desk typed one n too many and they know the birth date."""
    return activated(usual, notifier, "stranger", email=STRANGERS)


def test_whoever_had_it_is_out_by_every_way_and_is_told_nothing(
    usual: Portal,
    practice: PracticeAccess,
    notifier: RecordingNotifier,
    stranger: Member,
    contents: Contents,
) -> None:
    inside = usual.log_in(stranger.username, stranger.password)
    challenge = asked(usual.recovery.forgot_password("stranger"))
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(challenge.id, dict.fromkeys(challenge.questions, "not this"))
    with pytest.raises(WrongCredentialsError):
        usual.log_in("stranger", "not the password 0")
    practice.support.send_password_reset(stranger.patient_id)
    usual.work()
    reset = last_link_secret(notifier)
    inside.account.change_email(stranger.password, "elsewhere@example.org")
    inside.account.set_security_answers(stranger.password, ANSWERS)
    notifier.messages.clear()
    practice.patients.end_account(stranger.patient_id, email=OWN, reason=WHY)
    usual.work()
    assert {mail.to_email for mail in notifier.messages} <= {OWN}
    assert not any(mail.link for mail in notifier.messages)
    tries: dict[type[PortalError], Callable[[], object]] = {
        SessionEndedError: lambda: usual.resume(inside.token),
        WrongCredentialsError: lambda: usual.log_in("stranger", stranger.password),
        LinkInvalidError: lambda: usual.recovery.reset_password(reset, NEW),
        WrongAnswerError: lambda: usual.recovery.answer(
            challenge.id, {question: ANSWERS[question] for question in challenge.questions}
        ),
    }
    for refused, attempt in tries.items():
        with pytest.raises(refused):
            attempt()
    gone = ("accounts", "usernames", "recovery_names", "security_answers", "email_changes")
    assert all(contents()[table] == set() for table in gone)
    seen = practice.patients.get(stranger.patient_id)
    assert (seen.has_account, seen.is_locked, seen.personal.email) == (False, False, OWN)


def test_the_patient_is_invited_anew_and_finds_the_history(
    usual: Portal,
    practice: PracticeAccess,
    notifier: RecordingNotifier,
    stranger: Member,
) -> None:
    inside = usual.log_in(stranger.username, stranger.password)
    challenge = asked(usual.recovery.forgot_password("stranger"))
    practice.patients.end_account(stranger.patient_id, email=OWN, reason=WHY)
    practice.patients.invite(stranger.patient_id)
    usual.work()
    assert notifier.messages[-1].to_email == OWN
    answers = {"favourite_book": "Middlemarch", "first_street": "Mill Road"}
    usual.activate(
        last_link_secret(notifier), date_of_birth=BORN, username="stranger", password=NEW, security_answers=answers
    )
    me = usual.log_in("stranger", NEW)
    assert me.patient_id == stranger.patient_id
    assert {"logged_in", "account_ended", "patient_invited"} <= {one.what for one in me.account.history().items}
    with pytest.raises(SessionEndedError):
        inside.account.devices()
    with pytest.raises((WrongAnswerError, ChallengeInvalidError)):
        usual.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})


def test_the_username_is_free_for_anybody_and_nothing_is_counted_against_it(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, stranger: Member, contents: Contents
) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            usual.log_in("stranger", "not the password 0")
    practice.patients.end_account(stranger.patient_id, email=OWN, reason=WHY)
    assert contents()["log_in_guards"] == set()
    other, link = invited(usual, notifier, email="second@example.org")
    usual.activate(link, date_of_birth=BORN, username="stranger", password=NEW, security_answers=ANSWERS)
    assert usual.log_in("stranger", NEW).patient_id == other


def test_who_has_no_account_and_whom_nobody_knows_is_not_found(
    practice: PracticeAccess, stranger: Member, contents: Contents
) -> None:
    practice.patients.end_account(stranger.patient_id, email=OWN, reason=WHY)
    never = practice.patients.register(person(email="third@example.org"))
    before = contents()
    for patient_id in (stranger.patient_id, never, "nobody-like-this"):
        with pytest.raises(NotFoundError):
            practice.patients.end_account(patient_id, email="other@example.org", reason=WHY)  # type: ignore[arg-type]
    assert contents() == before
