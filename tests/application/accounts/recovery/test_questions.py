"""Questions on the way back in: told alike, answered, and closed after four wrong answers."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from patientportal import (
    BadInputError,
    ChallengeInvalidError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryClosedError,
    WrongAnswerError,
    WrongCredentialsError,
    open_portal,
)
from patientportal.testing import ANSWERS, PASSWORD, FrozenClock, Member, asked, person
from tests.application.accounts.recovery.answering import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    NEW,
    Contents,
    answer_rightly,
    fail,
    last_link,
    right,
    wrong,
)

# Questions


def test_asking_again_never_exchanges_the_question(usual: Portal, member: Member) -> None:
    for name in (member.username, "nobody.here", "nobody.there"):
        assert len({asked(usual.recovery.forgot_password(name)).questions for _ in range(8)}) == 1
    for typed in (person(), person(last_name="Nobody")):
        assert len({asked(usual.recovery.forgot_username(typed)).questions for _ in range(8)}) == 1


def test_unknown_names_are_asked_different_questions_under_each_key() -> None:
    names = [f"nobody.{number}" for number in range(30)]
    one, other = (open_portal("memory://", zone="UTC", secret_key=bytes([number]) * 32) for number in range(2))
    told = [[asked(each.recovery.forgot_password(name)).questions for name in names] for each in (one, other)]
    assert len(set(told[0])) > 3
    assert told[0] != told[1]


def test_an_older_challenge_can_be_answered_after_a_newer_one(usual: Portal, member: Member) -> None:
    older = asked(usual.recovery.forgot_password(member.username))
    usual.recovery.forgot_password(member.username)
    usual.recovery.answer(older.id, right(older))


def test_a_challenge_is_answered_once_and_within_fifteen_minutes(
    usual: Portal, member: Member, clock: FrozenClock, contents: Contents
) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    clock.advance(15 * MINUTE)
    before = contents()
    with pytest.raises(ChallengeInvalidError):
        usual.recovery.answer(challenge.id, right(challenge))
    assert contents() == before
    clock.advance(-MICROSECOND)
    usual.recovery.answer(challenge.id, right(challenge))
    with pytest.raises(ChallengeInvalidError):
        usual.recovery.answer(challenge.id, right(challenge))


def test_a_challenge_whose_answers_were_replaced_is_asked_again(usual: Portal, member: Member) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    me = usual.log_in(member.username, PASSWORD)
    others = {question: f"{answer} of another" for question, answer in ANSWERS.items()}
    me.account.set_security_answers(PASSWORD, others)
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(challenge.id, right(challenge))
    again = asked(usual.recovery.forgot_password(member.username))
    usual.recovery.answer(again.id, {question: others[question].upper() for question in again.questions})


@pytest.mark.parametrize("answers", [{}, {"favourite_book": "x y"}, "all"])
def test_only_what_was_asked_is_answered_and_nothing_is_counted(
    usual: Portal, member: Member, contents: Contents, answers: Any
) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    before = contents()
    with pytest.raises(BadInputError):
        usual.recovery.answer(challenge.id, ANSWERS if answers == "all" else answers)
    assert contents() == before


@pytest.mark.parametrize("name", ["countess", "nobody.here"])
@pytest.mark.usefixtures("member")
def test_however_often_a_stranger_asks_nothing_is_kept_and_the_next_question_can_be_answered(
    usual: Portal, contents: Contents, name: str
) -> None:
    before = contents()
    told = [asked(usual.recovery.forgot_password(name)) for _ in range(60)]
    assert len({challenge.questions for challenge in told}) == 1
    assert contents() == before
    if name == "countess":
        usual.recovery.answer(told[-1].id, right(told[-1]))
    for challenge in (told[0], told[-1]):
        with pytest.raises(WrongAnswerError):
            usual.recovery.answer(challenge.id, wrong(challenge))


@pytest.mark.usefixtures("member")
def test_a_right_answer_is_worth_nothing_once_a_link_was_made_and_a_wrong_one_is_counted(
    usual: Portal, practice: PracticeAccess, member: Member, clock: FrozenClock, contents: Contents
) -> None:
    for by_support in (False, True):
        challenges = [
            asked(usual.recovery.forgot_password(member.username)),
            asked(usual.recovery.forgot_username(person())),
        ]
        clock.advance(MICROSECOND)
        if by_support:
            practice.support.send_password_reset(member.patient_id)
        else:
            answer_rightly(usual, member.username)
        before = contents()
        for challenge in challenges:
            with pytest.raises(ChallengeInvalidError):
                usual.recovery.answer(challenge.id, right(challenge))
        assert contents() == before
        with pytest.raises(WrongAnswerError):
            usual.recovery.answer(challenges[0].id, wrong(challenges[0]))


def test_a_clock_that_was_set_back_makes_no_link_of_later_count_against_a_question(
    usual: Portal, member: Member, clock: FrozenClock
) -> None:
    answer_rightly(usual, member.username)
    clock.advance(-HOUR)
    challenge = asked(usual.recovery.forgot_password(member.username))
    clock.advance(MINUTE)
    usual.recovery.answer(challenge.id, right(challenge))


def test_a_question_is_answered_by_the_portals_own_key_alone_and_by_any_process_that_has_it(
    portal_with: Callable[..., Portal], member: Member
) -> None:
    here, there = portal_with(), portal_with()
    elsewhere = open_portal("memory://", zone="UTC", secret_key=b"b" * 32)
    challenge = asked(here.recovery.forgot_password(member.username))
    with pytest.raises(ChallengeInvalidError):
        elsewhere.recovery.answer(challenge.id, right(challenge))
    there.recovery.answer(challenge.id, right(challenge))


def test_what_names_a_question_is_as_long_for_nobody_and_nothing_can_be_read_in_it(
    usual: Portal, member: Member
) -> None:
    names = [member.username, *(f"nobody.{number}" for number in range(40))]
    told = {name: asked(usual.recovery.forgot_password(name)) for name in names}
    mine = told.pop(member.username)
    alike = {challenge.id for challenge in told.values() if challenge.questions == mine.questions}
    assert {len(other) for other in alike} == {len(mine.id)}
    raw = base64.urlsafe_b64decode(mine.id + "=" * (-len(mine.id) % 4))
    for known in (member.patient_id, member.username, "password", *(question.value for question in mine.questions)):
        assert known.encode() not in raw


# Wrong answers


def test_four_wrong_answers_close_recovery_for_a_day_and_nothing_else(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member, clock: FrozenClock
) -> None:
    left = [f"wrong_answer: {left}" for left in (3, 2, 1, 0)]
    assert fail(usual, member.username, 6) == [*left, "recovery_closed", "recovery_closed"]
    with pytest.raises(RecoveryClosedError):
        usual.recovery.forgot_username(person())
    usual.log_in(member.username, PASSWORD)
    practice.support.send_password_reset(member.patient_id)
    usual.recovery.reset_password(last_link(usual, notifier), NEW)
    clock.advance(DAY - MICROSECOND)
    assert fail(usual, member.username, 1) == ["recovery_closed"]
    clock.advance(MICROSECOND)
    assert fail(usual, member.username, 1) == ["wrong_answer: 3"]


def test_an_open_question_is_closed_too(usual: Portal, member: Member, contents: Contents) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    fail(usual, member.username, 4)
    before = contents()
    with pytest.raises(RecoveryClosedError):
        usual.recovery.answer(challenge.id, right(challenge))
    assert contents() == before


def test_wrong_answers_count_for_the_account_whichever_way_they_came(usual: Portal, member: Member) -> None:
    fail(usual, member.username, 2)
    challenge = asked(usual.recovery.forgot_username(person()))
    for left in (1, 0):
        with pytest.raises(WrongAnswerError) as refusal:
            usual.recovery.answer(challenge.id, wrong(challenge))
        assert refusal.value.attempts_left == left
    assert fail(usual, member.username, 1) == ["recovery_closed"]


def test_a_right_answer_clears_the_count(usual: Portal, member: Member) -> None:
    fail(usual, member.username, 3)
    answer_rightly(usual, member.username)
    assert fail(usual, member.username, 1) == ["wrong_answer: 3"]


def test_a_locked_out_patients_way_back_stays_open(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            usual.log_in(member.username, "not the password 0")
    answer_rightly(usual, member.username)
    usual.recovery.reset_password(last_link(usual, notifier), NEW)
    usual.log_in(member.username, NEW)


# Mails


def test_five_mails_within_an_hour_are_enough(
    usual: Portal, notifier: RecordingNotifier, member: Member, clock: FrozenClock
) -> None:
    for _ in range(7):
        answer_rightly(usual, member.username)
        clock.advance(MINUTE)
        usual.work()
    assert len(notifier.messages) == 5
    usual.check_link(str(notifier.messages[-1].link).partition("#")[2])
    clock.advance(HOUR - 7 * MINUTE - MICROSECOND)
    answer_rightly(usual, member.username)
    usual.work()
    assert len(notifier.messages) == 5
    clock.advance(MICROSECOND)
    answer_rightly(usual, member.username)
    usual.work()
    assert len(notifier.messages) == 6
