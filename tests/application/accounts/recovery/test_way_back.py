"""The whole way back in: whoever is named rightly and answers rightly gets one mailed link."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from patientportal import (
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryPolicy,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, PASSWORD, Member, activated, asked, person
from tests.application.accounts.recovery.answering import NEW, right


def test_a_right_answer_a_mailed_link_and_a_new_password_lead_in(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username.upper()))
    assert len(challenge.questions) == 1
    usual.recovery.answer(challenge.id, {challenge.questions[0].value: f"  {ANSWERS[challenge.questions[0]].upper()} "})
    usual.work()
    (mail,) = notifier.messages
    assert (mail.kind, mail.to_email, mail.username) == (NoticeKind.PASSWORD_RESET, "ada.byron@example.org", None)
    link = str(mail.link).partition("#")[2]
    assert str(mail.link).startswith("https://portal.example/reset-password#")
    usual.check_link(link)
    usual.recovery.reset_password(link, NEW)
    usual.log_in(member.username, NEW)
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, PASSWORD)
    usual.work()
    assert notifier.messages[-1].kind is NoticeKind.PASSWORD_CHANGED


def test_a_forgotten_username_is_told_by_mail_with_a_link_for_a_new_password(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    challenge = asked(usual.recovery.forgot_username(person()))
    assert len(set(challenge.questions)) == 2
    usual.recovery.answer(challenge.id, right(challenge))
    usual.work()
    (mail,) = notifier.messages
    assert (mail.kind, mail.username) == (NoticeKind.USERNAME_REMINDER, member.username)
    usual.recovery.reset_password(str(mail.link).partition("#")[2], NEW)
    usual.log_in(member.username, NEW)


@pytest.mark.usefixtures("member")
def test_both_answers_to_two_questions_must_be_right(usual: Portal) -> None:
    challenge = asked(usual.recovery.forgot_username(person()))
    for question in challenge.questions:
        with pytest.raises(WrongAnswerError):
            usual.recovery.answer(challenge.id, right(challenge) | {question: "not the answer"})
    usual.recovery.answer(challenge.id, right(challenge))


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    "typed",
    [
        {"last_name": "b\u00fdron"},
        {"first_name": "A-D-A"},
        {"email": "ADA.Byron@EXAMPLE.org"},
        {"phone": "555 0100", "postal_code": "1", "language": "de"},
    ],
)
def test_names_match_without_case_accents_and_punctuation(
    usual: Portal, notifier: RecordingNotifier, typed: dict[str, str]
) -> None:
    challenge = asked(usual.recovery.forgot_username(person(**typed)))
    usual.recovery.answer(challenge.id, right(challenge))
    usual.work()
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"], "never to a typed address"


def test_two_spellings_of_a_domain_are_one_address(
    usual: Portal, notifier: RecordingNotifier, practice: PracticeAccess, member: Member
) -> None:
    practice.patients.change_email(member.patient_id, "ada@m\u00fcller.example")
    usual.work()
    notifier.messages.clear()
    for email in ("ADA@M\u00dcLLER.EXAMPLE", "ada@xn--mller-kva.example", "ada@mu\u0308ller.example"):
        challenge = asked(usual.recovery.forgot_username(person(email=email)))
        usual.recovery.answer(challenge.id, right(challenge))
        usual.work()
    assert {mail.to_email for mail in notifier.messages} == {"ada@m\u00fcller.example"}


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    "typed",
    [
        {"last_name": "Byrom"},
        {"first_name": "Ad"},
        {"date_of_birth": date(1980, 12, 11)},
        {"email": "ada.byron@examp1e.org"},
        {"email": "\u0430da.byron@example.org"},
    ],
    ids=["another name", "a shorter name", "another day", "a look-alike host", "a Cyrillic letter"],
)
def test_whoever_is_not_quite_a_patient_is_nobody(
    usual: Portal, notifier: RecordingNotifier, typed: dict[str, Any]
) -> None:
    challenge = asked(usual.recovery.forgot_username(person(**typed)))
    answers = {question: ANSWERS.get(question, "Mopsy") for question in challenge.questions}
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(challenge.id, answers)
    usual.work()
    assert notifier.messages == []


@pytest.mark.usefixtures("member")
def test_what_must_match_is_the_practices_choice(
    portal_with: Callable[..., Portal], notifier: RecordingNotifier
) -> None:
    loose = portal_with(policy=Policy(zone="UTC", recovery=RecoveryPolicy(match_email=False, match_first_name=False)))
    challenge = asked(loose.recovery.forgot_username(person(first_name="A.", email="forgotten@example.org")))
    loose.recovery.answer(challenge.id, right(challenge))
    loose.work()
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"]


@pytest.mark.usefixtures("member")
def test_two_patients_who_match_equally_match_nobody(usual: Portal, notifier: RecordingNotifier) -> None:
    activated(usual, notifier, "the.other")
    notifier.messages.clear()
    challenge = asked(usual.recovery.forgot_username(person()))
    with suppress(WrongAnswerError):
        usual.recovery.answer(
            challenge.id, {question: ANSWERS.get(question, "x y") for question in challenge.questions}
        )
    usual.work()
    assert notifier.messages == []
