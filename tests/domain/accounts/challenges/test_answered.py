"""Recovery by question: a right answer has a link mailed, and whatever is not right is answered alike."""

from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.accounts import challenges, links
from patientportal.domain.accounts.challenges import (
    Answered,
    AnsweredInVain,
    AnsweredWrongly,
    AnswersChecked,
    ChallengeInvalidError,
    Flow,
    RecoveryAnswered,
    RecoveryChallenge,
    RecoveryClosedError,
    RecoveryGuard,
)
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.ids import LinkId
from tests.domain.accounts.challenges.answering import (
    ACCOUNT,
    ANSWERS,
    CHALLENGE,
    CLOSED,
    DECOY,
    DECOYED,
    GUARD,
    INACTIVE,
    LINK_ID,
    MINUTE,
    NOW,
    OF_TWO,
    OPEN_LINK,
    OTHER_ANSWERS,
    PATIENT,
    RIGHT,
    WRONG,
    Answer,
    answer,
    closing,
    with_limits,
    wrong,
)


def test_a_right_answer_has_a_link_mailed_and_ends_earlier_ones() -> None:
    earlier = [OPEN_LINK, evolve(OPEN_LINK, id=LinkId("l-2"), last_minted_at=NOW)]
    assert answer(guard=GUARD, open_links=earlier) == Answered(
        guard=evolve(GUARD, failed_answers=0),
        ended=tuple(evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.REPLACED) for link in earlier),
        link=Link(
            patient_id=PATIENT.id,
            id=LINK_ID,
            purpose=Purpose.PASSWORD_RESET,
            status=LinkStatus.OPEN,
            created_at=NOW,
        ),
        event=RecoveryAnswered(flow=Flow.PASSWORD, link_id=LINK_ID, links_ended=2),
    )


def test_a_forgotten_username_asks_several_questions_in_the_order_of_the_challenge() -> None:
    street, _, pet = ANSWERS.answers
    assert challenges.expected(OF_TWO, ANSWERS) == (pet, street)
    both = answer(challenge=OF_TWO, checked=AnswersChecked(against=("of the pet", "of the street"), matched=True))
    assert both == Answered(
        guard=None,
        ended=(),
        link=links.requested(PATIENT.id, LINK_ID, Purpose.PASSWORD_RESET, now=NOW),
        event=RecoveryAnswered(flow=Flow.USERNAME, link_id=LINK_ID, links_ended=0),
    )


def test_nobody_has_answered_a_decoy_or_a_question_that_they_did_not_choose() -> None:
    assert challenges.expected(OF_TWO, None) == (None, None)
    assert challenges.expected(OF_TWO, OTHER_ANSWERS) == (OTHER_ANSWERS.answers[0], None)
    assert challenges.expected(evolve(OF_TWO, questions=()), ANSWERS) == ()


def test_no_question_is_answered_where_none_is_asked_any_more() -> None:
    with pytest.raises(ChallengeInvalidError):
        answer(policy=with_limits(by_question=False))


EVERYTHING_WRONG = {
    "challenge": evolve(CHALLENGE, started_at=NOW - 15 * MINUTE),
    "guard": CLOSED,
    "answers": OTHER_ANSWERS,
    "checked": WRONG,
    "patient": None,
    "account": None,
    "linked_since": True,
    "mailed": 5,
}
REPAIRS: list[tuple[dict[str, Any], type[Answer | Exception]]] = [
    ({}, ChallengeInvalidError),
    ({"challenge": CHALLENGE}, RecoveryClosedError),
    ({"guard": GUARD}, ChallengeInvalidError),
    ({"answers": ANSWERS}, AnsweredWrongly),
    ({"checked": RIGHT}, AnsweredWrongly),
    ({"patient": INACTIVE}, AnsweredWrongly),
    ({"patient": PATIENT}, AnsweredWrongly),
    ({"account": ACCOUNT}, ChallengeInvalidError),
    ({"linked_since": False}, AnsweredInVain),
    ({"mailed": 4}, Answered),
]


@pytest.mark.parametrize("repaired", range(len(REPAIRS)))
def test_the_challenge_is_seen_first_then_what_is_closed_then_replaced_answers_then_wrong_ones(repaired: int) -> None:
    facts = dict(EVERYTHING_WRONG)
    for repair, _ in REPAIRS[: repaired + 1]:
        facts |= repair
    expected = REPAIRS[repaired][1]
    if issubclass(expected, Exception):
        with pytest.raises(expected):
            answer(**facts)
    else:
        assert type(answer(**facts)) is expected


@pytest.mark.parametrize(
    "facts",
    [
        {"checked": WRONG},
        {"patient": None},
        {"patient": INACTIVE},
        {"account": None},
        {"answers": None, "checked": DECOYED},
        {"answers": evolve(ANSWERS, answers=ANSWERS.answers[:2]), "checked": DECOYED},
        {"challenge": DECOY, "patient": None, "account": None, "answers": None, "checked": DECOYED},
        {
            "challenge": DECOY,
            "patient": None,
            "account": None,
            "answers": None,
            "checked": evolve(DECOYED, matched=False),
        },
        {"challenge": DECOY, "answers": None, "checked": DECOYED},
        {"challenge": OF_TWO, "checked": AnswersChecked(against=("of the pet", "of the street"), matched=False)},
        {
            "challenge": OF_TWO,
            "answers": evolve(ANSWERS, answers=ANSWERS.answers[2:]),
            "checked": AnswersChecked(against=("of the pet", "decoy"), matched=True),
        },
    ],
    ids=[
        *("wrong", "no such patient", "inactive", "no account", "no answers", "not that question"),
        *("a decoy, matched", "a decoy, not matched", "nobody's answers", "one of two wrong", "one of two unknown"),
    ],
)
@pytest.mark.parametrize(
    ("guard", "counted"),
    [
        (None, wrong(1, attempts_left=3)),
        (evolve(GUARD, failed_answers=0), wrong(1, attempts_left=3)),
        (evolve(GUARD, failed_answers=1), wrong(2, attempts_left=2)),
        (evolve(GUARD, failed_answers=2), wrong(3, attempts_left=1)),
        (GUARD, closing(4)),
    ],
    ids=["nothing counted", "0", "1", "2", "3"],
)
def test_whatever_is_not_right_is_counted_and_answered_alike(
    facts: dict[str, Any], guard: RecoveryGuard | None, counted: AnsweredWrongly
) -> None:
    assert answer(guard=guard, **facts) == counted


def test_a_locked_account_may_answer_for_that_is_its_way_back_in() -> None:
    locked = evolve(ACCOUNT, locked_at=NOW)
    assert answer(account=locked) == answer()
    assert isinstance(answer(account=locked), Answered)
    assert answer(account=locked, checked=WRONG) == wrong(1, attempts_left=3)


@pytest.mark.parametrize("matched", [True, False])
@pytest.mark.parametrize(
    ("challenge", "answers", "against"),
    [
        (CHALLENGE, OTHER_ANSWERS, ("of the pet",)),
        (CHALLENGE, ANSWERS, ("decoy",)),  # answered for the first time meanwhile
        (OF_TWO, ANSWERS, ("of the pet", "of another street")),
        (OF_TWO, ANSWERS, ("of another pet", "of the street")),
        (OF_TWO, OTHER_ANSWERS, ("of the pet", "of the street")),
    ],
    ids=["replaced", "new", "the second", "the first", "one replaced, one gone"],
)
def test_answers_that_were_replaced_meanwhile_are_not_counted(
    challenge: RecoveryChallenge, answers: SecurityAnswers, against: tuple[str, ...], *, matched: bool
) -> None:
    with pytest.raises(ChallengeInvalidError):
        answer(challenge=challenge, answers=answers, checked=AnswersChecked(against=against, matched=matched))


@pytest.mark.parametrize("matched", [True, False])
def test_an_answer_to_a_question_that_was_given_up_meanwhile_counts_like_any_wrong_one(*, matched: bool) -> None:
    without_pet = evolve(ANSWERS, answers=ANSWERS.answers[:2])
    given = answer(answers=without_pet, checked=evolve(RIGHT, matched=matched))
    assert isinstance(given, AnsweredWrongly)


@pytest.mark.parametrize(
    ("mailed", "mails_an_hour", "is_mailed"),
    [(0, 1, True), (4, 5, True), (0, 5, True), (1, 1, False), (5, 5, False), (6, 5, False), (100, 1, False)],
)
def test_a_right_answer_after_too_many_mails_within_an_hour_is_in_vain_and_ends_no_link(
    mailed: int, mails_an_hour: int, *, is_mailed: bool
) -> None:
    given = answer(guard=GUARD, mailed=mailed, open_links=[OPEN_LINK], policy=with_limits(mails_an_hour=mails_an_hour))
    if is_mailed:
        assert given == answer(guard=GUARD, open_links=[OPEN_LINK])
    else:
        assert given == AnsweredInVain(
            guard=evolve(GUARD, failed_answers=0),
            event=RecoveryAnswered(flow=Flow.PASSWORD, link_id=None, links_ended=0),
        )


@pytest.mark.parametrize("guard", [None, GUARD])
def test_once_a_link_was_made_right_answers_are_refused_and_wrong_ones_counted_as_ever(
    guard: RecoveryGuard | None,
) -> None:
    with pytest.raises(ChallengeInvalidError):
        answer(guard=guard, linked_since=True)
    for facts in ({"checked": WRONG}, {"patient": INACTIVE}, {"answers": None, "checked": DECOYED}):
        assert answer(guard=guard, linked_since=True, **facts) == answer(guard=guard, **facts)


def test_what_was_asked_checked_and_counted_shows_no_hash_and_no_question() -> None:
    shown = repr([CHALLENGE, CLOSED, RIGHT])
    assert not any(secret in shown for secret in ("hash of", "first_pet", "of the pet"))
