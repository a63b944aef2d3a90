"""A person registered twice gets back in as long as one of the two is active and has an account."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from patientportal import Policy, Portal, PracticeAccess, RecordingNotifier, RecoveryPolicy, WrongAnswerError
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, Member, activated, asked, invited, person
from tests.application.accounts.recovery.answering import Contents, right


def reminded(portal: Portal, notifier: RecordingNotifier, **typed: Any) -> list[str | None]:
    """The usernames that were mailed to whoever says that they are this person, and answers as the member would."""
    notifier.messages.clear()
    challenge = asked(portal.recovery.forgot_username(person(**typed)))
    with suppress(WrongAnswerError):
        portal.recovery.answer(challenge.id, {question: ANSWERS.get(question, "x") for question in challenge.questions})
    portal.work()
    return [mail.username for mail in notifier.messages if mail.kind is NoticeKind.USERNAME_REMINDER]


def test_a_double_that_never_activated_or_is_shut_out_is_in_nobodys_way(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    double, _ = invited(usual, notifier)
    assert reminded(usual, notifier) == [member.username]
    practice.patients.deactivate(double)
    assert reminded(usual, notifier) == [member.username]
    practice.patients.reactivate(double)
    assert reminded(usual, notifier) == [member.username]


def test_of_two_with_accounts_the_one_that_is_active_is_found(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    other = activated(usual, notifier, "the.other")
    assert reminded(usual, notifier) == []
    practice.patients.deactivate(member.patient_id)
    assert reminded(usual, notifier) == [other.username]
    practice.patients.reactivate(member.patient_id)
    practice.patients.deactivate(other.patient_id)
    assert reminded(usual, notifier) == [member.username]
    practice.patients.deactivate(member.patient_id)
    assert reminded(usual, notifier) == []


def test_a_twin_with_another_first_name_is_somebody_else(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    twin = activated(usual, notifier, "the.twin", first_name="Allegra")
    assert reminded(usual, notifier) == [member.username]
    assert reminded(usual, notifier, first_name="Allegra") == [twin.username]


def test_a_recovery_name_is_there_while_somebody_is_active_and_has_an_account(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    def named() -> set[str]:
        return {one.patient_id for one in contents()["recovery_names"]}

    patient_id, _ = invited(usual, notifier, email="never@example.org")
    practice.patients.deactivate(patient_id)
    practice.patients.reactivate(patient_id)
    assert named() == set()
    member = activated(usual, notifier)
    assert named() == {member.patient_id}
    practice.patients.deactivate(member.patient_id)
    assert named() == set()
    practice.patients.reactivate(member.patient_id)
    practice.patients.reactivate(member.patient_id)
    assert named() == {member.patient_id}
    (name,) = contents()["recovery_names"]
    assert len(name.person_hash) == 32


@pytest.mark.usefixtures("member")
def test_whether_anybody_was_born_that_day_costs_nothing(
    usual: Portal, practice: PracticeAccess, calls: Counter[str]
) -> None:
    for number in range(30):
        practice.patients.register(person(last_name=f"Byron{number}", email=f"{number}@example.org"))
    costs = []
    for typed in ({}, {"last_name": "Byron7"}, {"date_of_birth": person().date_of_birth.replace(day=11)}):
        calls.clear()
        usual.recovery.forgot_username(person(**typed))
        costs.append(calls.copy())
    assert costs[0] == costs[1] == costs[2]
    assert costs[0]["select"] == costs[0]["find_all"] == 1


def test_no_policy_makes_a_name_anew(
    portal_with: Callable[..., Portal], notifier: RecordingNotifier, member: Member, contents: Contents
) -> None:
    before = contents()["recovery_names"]
    loose = portal_with(policy=Policy(zone="UTC", recovery=RecoveryPolicy(match_email=False, match_first_name=False)))
    assert reminded(loose, notifier, first_name="A.", email="forgotten@example.org") == [member.username]
    assert contents()["recovery_names"] == before


@pytest.mark.usefixtures("member")
def test_a_name_typed_on_a_plain_keyboard_is_the_same(usual: Portal, notifier: RecordingNotifier) -> None:
    member = activated(usual, notifier, "other", last_name="\u0110\u1eb7ng-M\u00fcller", email="dang@example.org")
    challenge = asked(usual.recovery.forgot_username(person(last_name="DANG MULLER", email="dang@example.org")))
    usual.recovery.answer(challenge.id, right(challenge))
    usual.work()
    assert notifier.messages[-1].username == member.username
