"""Many processes on the way back in: one link sets one password, and four wrong answers are all that anybody gets."""

from collections import Counter

import pytest

from patientportal import RecoveryClosedError, WrongCredentialsError
from patientportal.testing import ANSWERS, PASSWORD, Member
from tests.clinics import Answer, Call, Clinic, Pace
from tests.races.dealing import MORE_STEPS_THAN_ANY, dealt, hold_all_or_nothing

ANSWERED = {question.value: answer for question, answer in ANSWERS.items()}


def asked(clinic: Clinic, username: str, *, rightly: bool = True) -> Call:
    challenge = clinic.portal.recovery.forgot_password(username)
    assert challenge is not None
    answers = {q.value: ANSWERED.get(q.value, "Mopsy") if rightly else "not the answer" for q in challenge.questions}
    return "answer_questions", {"challenge": challenge.id, "answers": answers}


def link_for(clinic: Clinic, member: Member) -> str:
    call, named = asked(clinic, member.username)
    assert call == "answer_questions"
    clinic.portal.recovery.answer(named["challenge"], named["answers"])
    clinic.portal.work()
    return str(clinic.notifier.messages[-1].link).partition("#")[2]


def test_of_sixteen_new_passwords_by_one_link_at_once_exactly_one_is_set(clinic: Clinic, pace: Pace) -> None:
    members = {f"countess.{seed}": clinic.member(f"countess.{seed}") for seed in pace.seeds(3, 0.2)}
    links = {name: link_for(clinic, member) for name, member in members.items()}
    passwords = [f"violet kettle {number} drifts" for number in range(10, 26)]
    rounds = [
        dealt([("reset", {"link_secret": link, "password": password}) for password in passwords], 8, 2)
        for link in links.values()
    ]
    answers = clinic.race(*rounds)
    for name, link in links.items():
        told = [answer for answer in answers if answer["link_secret"] == link]
        assert Counter(answer["code"] for answer in told) == {"ok": 1, "link_invalid": 15}
        (winner,) = (answer["password"] for answer in told if answer["code"] == "ok")
        clinic.portal.log_in(name, winner)
        for password in (PASSWORD, *(password for password in passwords[:2] if password != winner)):
            with pytest.raises(WrongCredentialsError):
                clinic.portal.log_in(name, password)
    resets = clinic.rows("SELECT count(*) FROM events WHERE event_name = 'password_reset'")
    assert resets == [(len(members),)]


@pytest.mark.parametrize("is_known", [True, False])
def test_of_sixty_wrong_answers_at_once_four_are_answered_wrong_and_the_others_closed(
    clinic: Clinic, pace: Pace, *, is_known: bool
) -> None:
    names = [f"countess.{seed}" for seed in pace.seeds(2, 0.2)]
    for name in names if is_known else ():
        clinic.member(name)
    rounds = [dealt([asked(clinic, name, rightly=False) for _ in range(20)] * 3, 6, 2) for name in names]
    told: list[Answer] = clinic.race(*rounds)
    for number in range(len(rounds)):
        here = [answer for answer in told if answer["round"] == number]
        assert Counter(answer["code"] for answer in here) == {"ok": 4, "recovery_closed": 56}
        assert sorted(answer["left"] for answer in here if "left" in answer) == [0, 1, 2, 3]
    for name in names:
        with pytest.raises(RecoveryClosedError):
            clinic.portal.recovery.forgot_password(name)


def test_of_twenty_right_answers_at_once_one_causes_mail_and_its_link_is_open(clinic: Clinic, pace: Pace) -> None:
    members = [clinic.member(f"countess.{seed}") for seed in pace.seeds(2, 0.2)]
    answers = clinic.race(*(dealt([asked(clinic, member.username) for _ in range(20)], 5, 2) for member in members))
    assert Counter(answer["code"] for answer in answers) == {
        "ok": len(members),
        "challenge_invalid": 19 * len(members),
    }
    for member in members:
        links = clinic.rows(
            "SELECT status, count(*) FROM links WHERE purpose = 'password_reset' AND patient_id = ? GROUP BY status",
            member.patient_id,
        )
        assert dict(links) == {"open": 1}
    clinic.notifier.messages.clear()
    clinic.portal.work(limit=10_000)
    assert len(clinic.notifier.messages) == len(members)


@pytest.mark.parametrize("event", ["answer_wrong", "recovery_answered", "password_reset"])
def test_a_process_killed_at_any_step_of_the_way_back_has_done_all_or_nothing(
    clinic: Clinic, pace: Pace, event: str
) -> None:
    for seed in pace.seeds(1, 0.02):
        members = [clinic.member(f"countess.{seed}.{step}") for step in range(MORE_STEPS_THAN_ANY)]
        calls = [way_back(clinic, member, event) for member in members]
        was_done = hold_all_or_nothing(clinic, calls, [member.patient_id for member in members], event)
        if event == "answer_wrong":
            counted = clinic.rows("SELECT count(*) FROM recovery_guards WHERE failed_answers = 1")
            assert counted == [(sum(was_done),)]
        for member, (_, named), done in zip(members, calls, was_done, strict=True):
            go_on(clinic, member, named, event=event, was_done=done)


def way_back(clinic: Clinic, member: Member, event: str) -> Call:
    if event == "password_reset":
        return "reset", {"link_secret": link_for(clinic, member), "password": "amber lantern 77 drifts"}
    return asked(clinic, member.username, rightly=event == "recovery_answered")


def go_on(clinic: Clinic, member: Member, named: dict[str, str], *, event: str, was_done: bool) -> None:
    """Somebody else asks for the same: what was done stands, and what wasn't is done now."""
    if event == "password_reset":
        if not was_done:
            clinic.portal.recovery.reset_password(named["link_secret"], named["password"])
        clinic.portal.log_in(member.username, named["password"])
    else:
        link = link_for(clinic, member)
        clinic.portal.recovery.reset_password(link, "cobalt anchor 88 sings")
        clinic.portal.log_in(member.username, "cobalt anchor 88 sings")
