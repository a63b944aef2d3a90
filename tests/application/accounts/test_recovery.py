"""Getting back in: known and unknown people are asked and answered alike, and one mailed link sets one new password."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AccountLockedError,
    Answer,
    BadInputError,
    Challenge,
    ChallengeInvalidError,
    LinkInvalidError,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryClosedError,
    RecoveryPolicy,
    RefusedError,
    SecurityQuestion,
    SessionEndedError,
    WeakPasswordError,
    WrongAnswerError,
    WrongCredentialsError,
    open_portal,
)
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, PASSWORD, FrozenClock, Member, activated, person

Contents = Callable[[], dict[str, set[Any]]]
NEW = "amber lantern 77 drifts"
MICROSECOND = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def right(challenge: Challenge) -> dict[SecurityQuestion, str]:
    return {question: ANSWERS[question] for question in challenge.questions}


def wrong(challenge: Challenge) -> dict[SecurityQuestion, str]:
    return dict.fromkeys(challenge.questions, "not the answer")


def answer_rightly(portal: Portal, username: str) -> None:
    challenge = portal.recovery.forgot_password(username)
    portal.recovery.answer(challenge.id, right(challenge))


def fail(portal: Portal, username: str, times: int) -> list[str]:
    """What so many wrong answers were answered."""
    told = []
    for _ in range(times):
        try:
            challenge = portal.recovery.forgot_password(username)
            portal.recovery.answer(challenge.id, wrong(challenge))
        except WrongAnswerError as refusal:
            told.append(f"wrong_answer: {refusal.attempts_left}")
        except RefusedError as refusal:
            told.append(refusal.code)
    return told


def last_link(portal: Portal, notifier: RecordingNotifier) -> str:
    portal.work()
    return str(notifier.messages[-1].link).partition("#")[2]


@pytest.fixture
def link(usual: Portal, notifier: RecordingNotifier, member: Member) -> str:
    """The secret of a link that was mailed for a new password."""
    answer_rightly(usual, member.username)
    return last_link(usual, notifier)


# The whole way


def test_a_right_answer_a_mailed_link_and_a_new_password_lead_in(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    challenge = usual.recovery.forgot_password(member.username.upper())
    assert len(challenge.questions) == 1
    usual.recovery.answer(challenge.id, {challenge.questions[0].value: f"  {ANSWERS[challenge.questions[0]].upper()} "})
    usual.work()
    (mail,) = notifier.messages
    assert (mail.kind, mail.to_email, mail.username) == (NoticeKind.PASSWORD_RESET, "ada.byron@example.org", None)
    link = str(mail.link).partition("#")[2]
    assert str(mail.link).startswith("https://portal.example/reset-password#")
    usual.recovery.check(link)
    usual.recovery.reset_password(link, NEW)
    usual.log_in(member.username, NEW)
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, PASSWORD)
    usual.work()
    assert notifier.messages[-1].kind is NoticeKind.PASSWORD_CHANGED


def test_a_forgotten_username_is_told_by_mail_with_a_link_for_a_new_password(
    usual: Portal, notifier: RecordingNotifier, member: Member
) -> None:
    challenge = usual.recovery.forgot_username(person())
    assert len(set(challenge.questions)) == 2
    usual.recovery.answer(challenge.id, right(challenge))
    usual.work()
    (mail,) = notifier.messages
    assert (mail.kind, mail.username) == (NoticeKind.USERNAME_REMINDER, member.username)
    usual.recovery.reset_password(str(mail.link).partition("#")[2], NEW)
    usual.log_in(member.username, NEW)


@pytest.mark.usefixtures("member")
def test_both_answers_to_two_questions_must_be_right(usual: Portal) -> None:
    challenge = usual.recovery.forgot_username(person())
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
    challenge = usual.recovery.forgot_username(person(**typed))
    usual.recovery.answer(challenge.id, right(challenge))
    usual.work()
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"], "never to a typed address"


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    "typed",
    [
        {"last_name": "Byrom"},
        {"first_name": "Ad"},
        {"date_of_birth": person().date_of_birth.replace(day=11)},
        {"email": "ada.byron@examp1e.org"},
        {"email": "\u0430da.byron@example.org"},
    ],
    ids=["another name", "a shorter name", "another day", "a look-alike host", "a Cyrillic letter"],
)
def test_whoever_is_not_quite_a_patient_is_nobody(
    usual: Portal, notifier: RecordingNotifier, typed: dict[str, Any]
) -> None:
    challenge = usual.recovery.forgot_username(person(**typed))
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
    challenge = loose.recovery.forgot_username(person(first_name="A.", email="forgotten@example.org"))
    loose.recovery.answer(challenge.id, right(challenge))
    loose.work()
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"]


@pytest.mark.usefixtures("member")
def test_two_patients_who_match_equally_match_nobody(usual: Portal, notifier: RecordingNotifier) -> None:
    activated(usual, notifier, "the.other")
    notifier.messages.clear()
    challenge = usual.recovery.forgot_username(person())
    with suppress(WrongAnswerError):
        usual.recovery.answer(
            challenge.id, {question: ANSWERS.get(question, "x y") for question in challenge.questions}
        )
    usual.work()
    assert notifier.messages == []


# Questions


def test_asking_again_never_exchanges_the_question(usual: Portal, member: Member) -> None:
    for name in (member.username, "nobody.here", "nobody.there"):
        assert len({usual.recovery.forgot_password(name).questions for _ in range(8)}) == 1
    for typed in (person(), person(last_name="Nobody")):
        assert len({usual.recovery.forgot_username(typed).questions for _ in range(8)}) == 1


def test_unknown_names_are_asked_different_questions_under_each_key() -> None:
    names = [f"nobody.{number}" for number in range(30)]
    one, other = (open_portal("memory://", zone="UTC", secret_key=bytes([number]) * 32) for number in range(2))
    asked = [[each.recovery.forgot_password(name).questions for name in names] for each in (one, other)]
    assert len(set(asked[0])) > 3
    assert asked[0] != asked[1]


def test_an_older_challenge_can_be_answered_after_a_newer_one(usual: Portal, member: Member) -> None:
    older = usual.recovery.forgot_password(member.username)
    usual.recovery.forgot_password(member.username)
    usual.recovery.answer(older.id, right(older))


def test_a_challenge_is_answered_once_and_within_fifteen_minutes(
    usual: Portal, member: Member, clock: FrozenClock, contents: Contents
) -> None:
    challenge = usual.recovery.forgot_password(member.username)
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
    challenge = usual.recovery.forgot_password(member.username)
    me = usual.log_in(member.username, PASSWORD)
    others = dict.fromkeys(ANSWERS, "Something else")
    me.account.set_security_answers(PASSWORD, others)
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(challenge.id, right(challenge))
    again = usual.recovery.forgot_password(member.username)
    usual.recovery.answer(again.id, dict.fromkeys(again.questions, "something ELSE"))


@pytest.mark.parametrize("answers", [{}, {"favourite_book": "x y"}, "all"])
def test_only_what_was_asked_is_answered_and_nothing_is_counted(
    usual: Portal, member: Member, contents: Contents, answers: Any
) -> None:
    challenge = usual.recovery.forgot_password(member.username)
    before = contents()
    with pytest.raises(BadInputError):
        usual.recovery.answer(challenge.id, ANSWERS if answers == "all" else answers)
    assert contents() == before


@pytest.mark.parametrize("name", ["countess", "nobody.here"])
@pytest.mark.usefixtures("member")
def test_twenty_questions_about_one_name_are_open_at_a_time_and_more_are_asked_in_vain(
    usual: Portal, clock: FrozenClock, contents: Contents, name: str
) -> None:
    asked = [usual.recovery.forgot_password(name) for _ in range(25)]
    assert len({challenge.questions for challenge in asked}) == 1
    assert len(contents()["recovery_challenges"]) == 20
    with pytest.raises(ChallengeInvalidError):
        usual.recovery.answer(asked[20].id, wrong(asked[20]))
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(asked[19].id, wrong(asked[19]))
    clock.advance(15 * MINUTE)
    later = usual.recovery.forgot_password(name)
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(later.id, wrong(later))


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
    challenge = usual.recovery.forgot_password(member.username)
    fail(usual, member.username, 4)
    before = contents()
    with pytest.raises(RecoveryClosedError):
        usual.recovery.answer(challenge.id, right(challenge))
    assert contents() == before


def test_wrong_answers_count_for_the_account_whichever_way_they_came(usual: Portal, member: Member) -> None:
    fail(usual, member.username, 2)
    challenge = usual.recovery.forgot_username(person())
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
    usual.recovery.check(str(notifier.messages[-1].link).partition("#")[2])
    clock.advance(HOUR - 7 * MINUTE - MICROSECOND)
    answer_rightly(usual, member.username)
    usual.work()
    assert len(notifier.messages) == 5
    clock.advance(MICROSECOND)
    answer_rightly(usual, member.username)
    usual.work()
    assert len(notifier.messages) == 6


# The link


def test_a_link_works_for_thirty_minutes_from_its_first_sending(
    usual: Portal, notifier: RecordingNotifier, member: Member, clock: FrozenClock
) -> None:
    notifier.answers = [Answer.LATER]
    answer_rightly(usual, member.username)
    clock.advance(5 * HOUR)
    first = last_link(usual, notifier)
    clock.advance(10 * MINUTE)
    second = last_link(usual, notifier)
    assert first != second
    clock.advance(20 * MINUTE)
    for link in (first, second):
        with pytest.raises(LinkInvalidError):
            usual.recovery.reset_password(link, NEW)
    clock.advance(-MICROSECOND)
    usual.recovery.check(second)
    usual.recovery.reset_password(first, NEW)


def test_looking_at_a_link_uses_nothing_up(usual: Portal, link: str, contents: Contents) -> None:
    before = contents()
    for _ in range(3):
        usual.recovery.check(link)
    assert contents() == before


@pytest.mark.parametrize("weak", ["short 7!", PASSWORD, "Password1234!", "ada byron 1234567!"])
def test_a_refused_password_leaves_the_link_usable(usual: Portal, member: Member, link: str, weak: str) -> None:
    with pytest.raises(WeakPasswordError):
        usual.recovery.reset_password(link, weak)
    usual.log_in(member.username, PASSWORD)
    usual.recovery.reset_password(link, NEW)


def test_a_reset_shuts_everybody_else_out_and_does_not_log_in(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    me = usual.log_in(member.username, PASSWORD)
    me.account.change_email(PASSWORD, "thief@example.org")
    usual.work()
    confirmation = next(
        str(mail.link).partition("#")[2] for mail in notifier.messages if mail.kind is NoticeKind.CONFIRM_EMAIL
    )
    practice.support.send_password_reset(member.patient_id)
    usual.recovery.reset_password(last_link(usual, notifier), NEW)
    with pytest.raises(SessionEndedError):
        me.account.devices()
    with pytest.raises(LinkInvalidError):
        usual.confirm_email(confirmation)
    him = usual.log_in(member.username, NEW)
    assert len(him.account.devices().items) == 1
    (entry,) = (entry for entry in him.account.history().items if entry.what == "password_reset")
    assert entry.device is None


def test_a_link_ends_with_use_a_newer_one_a_new_password_a_new_address_and_deactivation(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    def used(_: Member, link: str) -> None:
        usual.recovery.reset_password(link, NEW)

    def newer(member: Member, _: str) -> None:
        answer_rightly(usual, member.username)

    def new_password(member: Member, _: str) -> None:
        usual.log_in(member.username, PASSWORD).account.change_password(PASSWORD, NEW)

    def new_address(member: Member, _: str) -> None:
        usual.log_in(member.username, PASSWORD).account.change_email(PASSWORD, f"new.{member.username}@example.org")
        usual.work()
        mails = (mail for mail in notifier.messages if mail.to_email == f"new.{member.username}@example.org")
        usual.confirm_email(str(next(mails).link).partition("#")[2])

    def written_down(member: Member, _: str) -> None:
        practice.patients.change_email(member.patient_id, "another@example.org")

    def deactivated(member: Member, _: str) -> None:
        practice.patients.deactivate(member.patient_id)
        practice.patients.reactivate(member.patient_id)

    for end in (used, newer, new_password, new_address, written_down, deactivated):
        member = activated(usual, notifier, f"patient.{end.__name__.replace('_', '.')}")
        answer_rightly(usual, member.username)
        link = last_link(usual, notifier)
        usual.recovery.check(link)
        end(member, link)
        with pytest.raises(LinkInvalidError):
            usual.recovery.check(link)
        with pytest.raises(LinkInvalidError):
            usual.recovery.reset_password(link, "yet another 88 password")
        clock.advance(MINUTE)


def test_a_link_that_is_still_to_be_mailed_dies_with_the_address_it_was_meant_for(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    answer_rightly(usual, member.username)
    practice.patients.change_email(member.patient_id, "thief@example.org")
    usual.work()
    assert [mail.kind for mail in notifier.messages] == [NoticeKind.EMAIL_CHANGED]
    assert [mail.to_email for mail in notifier.messages] == ["ada.byron@example.org"]


def test_a_link_of_one_purpose_does_nothing_for_another(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, link: str, contents: Contents
) -> None:
    usual.log_in("countess", PASSWORD).account.change_email(PASSWORD, "new@example.org")
    practice.patients.register(person(email="second@example.org"))
    usual.work()
    links = {mail.kind: str(mail.link).partition("#")[2] for mail in notifier.messages if mail.link}
    invitation, confirmation = links[NoticeKind.INVITATION], links[NoticeKind.CONFIRM_EMAIL]
    before = contents()
    for other in (invitation, confirmation):
        for call in (usual.recovery.check, lambda secret: usual.recovery.reset_password(secret, NEW)):
            with pytest.raises(LinkInvalidError):
                call(other)
    for other in (invitation, link):
        with pytest.raises(LinkInvalidError):
            usual.confirm_email(other)
    for other in (link, confirmation):
        with pytest.raises(LinkInvalidError):
            usual.activate(other, username="thief", password=NEW, security_answers=ANSWERS)
    assert contents() == before


# Alike


SORTS = ("known", "unknown", "inactive", "never activated", "locked")


@pytest.fixture
def names(usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member) -> dict[str, str]:
    """A name of each sort that an attacker may try."""
    inactive = activated(usual, notifier, "inactive.one", email="inactive@example.org")
    practice.patients.deactivate(inactive.patient_id)
    practice.patients.register(person(email="never.activated@example.org"))
    locked = activated(usual, notifier, "locked.one", email="locked@example.org")
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            usual.log_in(locked.username, "not the password 0")
    with pytest.raises(AccountLockedError):
        usual.log_in(locked.username, PASSWORD)
    return dict(
        zip(
            SORTS,
            (member.username, "nobody.here", inactive.username, "never.activated@example.org", locked.username),
            strict=True,
        )
    )


def test_every_sort_of_name_is_asked_and_answered_alike_at_the_same_cost(
    usual: Portal, names: dict[str, str], calls: Counter[str]
) -> None:
    told, costs = {}, {}
    for sort, name in names.items():
        calls.clear()
        told[sort] = fail(usual, name, 6)
        costs[sort] = Counter({call: count for call, count in calls.items() if call != "decoy"})
    for sort in SORTS:
        assert told[sort] == told["known"], sort
        assert costs[sort] == costs["known"], sort
    assert costs["known"]["verify"] == 4


def test_the_right_answer_of_an_inactive_patient_looks_like_a_wrong_one(
    usual: Portal, names: dict[str, str], notifier: RecordingNotifier, calls: Counter[str]
) -> None:
    notifier.messages.clear()
    challenge = usual.recovery.forgot_password(names["inactive"])
    answers = {question: ANSWERS.get(question, "x y") for question in challenge.questions}
    calls.clear()
    with pytest.raises(WrongAnswerError) as inactive:
        usual.recovery.answer(challenge.id, answers)
    cost = Counter(calls)
    challenge = usual.recovery.forgot_password(names["known"])
    calls.clear()
    with pytest.raises(WrongAnswerError) as known:
        usual.recovery.answer(challenge.id, wrong(challenge))
    assert (inactive.value.attempts_left, cost) == (known.value.attempts_left, Counter(calls))


def test_what_is_kept_of_unknown_people_names_nobody(usual: Portal, contents: Contents) -> None:
    fail(usual, "nobody.here", 4)
    with suppress(RefusedError):
        usual.recovery.forgot_username(person(last_name="Nobodyson"))
    kept = repr(contents())
    assert "nobody.here" not in kept
    assert "Nobodyson" not in kept
    assert {event.event.name for event in contents()["events"]} == {
        "answer_wrong",
        "recovery_closed",
    }
