"""Recovery by question: four wrong answers close it for a time, whoever is meant."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import challenges
from patientportal.domain.accounts.challenges import (
    Answered,
    AnsweredInVain,
    AnsweredWrongly,
    AnswerWrong,
    ChallengeInvalidError,
    RecoveryChallenge,
    RecoveryClosedError,
    RecoveryGuard,
)
from patientportal.domain.policy import Policy
from patientportal.testing import strategies
from tests.domain.accounts.challenges.answering import (
    CHALLENGE,
    CLOSED,
    DAY,
    DECOY,
    GUARD,
    INACTIVE,
    INSTANT,
    MINUTE,
    NOW,
    POLICY,
    RIGHT,
    WRONG,
    answer,
    closing,
    with_limits,
    wrong,
)


def test_the_fourth_wrong_answer_closes_recovery_for_right_ones_too() -> None:
    guard = None
    for left in (3, 2, 1):
        counted = answer(guard=guard, checked=WRONG)
        assert isinstance(counted, AnsweredWrongly)
        assert (counted.event, counted.attempts_left) == (AnswerWrong(attempt=4 - left), left)
        guard = counted.guard
    fourth = answer(guard=guard, checked=WRONG)
    assert fourth == closing(4)
    assert isinstance(fourth, AnsweredWrongly)
    for checked in (RIGHT, WRONG):
        with pytest.raises(RecoveryClosedError):
            answer(guard=fourth.guard, checked=checked)


@pytest.mark.parametrize("reopen_after", [INSTANT, MINUTE, DAY, 3650 * DAY])
def test_recovery_opens_again_after_exactly_its_time_and_counts_from_one(reopen_after: timedelta) -> None:
    policy, then = with_limits(reopen_after=reopen_after), NOW + reopen_after
    challenge = evolve(CHALLENGE, started_at=then)
    assert challenges.is_closed(CLOSED, now=then - INSTANT, policy=policy)
    assert not challenges.is_closed(CLOSED, now=then, policy=policy)
    with pytest.raises(RecoveryClosedError):
        answer(challenge=challenge, guard=CLOSED, now=then - INSTANT, policy=policy)
    again = answer(challenge=challenge, guard=CLOSED, checked=WRONG, now=then, policy=policy)
    assert again == wrong(1, now=then, attempts_left=3)
    right = answer(challenge=challenge, guard=CLOSED, now=then, policy=policy)
    assert isinstance(right, Answered)
    assert right.guard == evolve(CLOSED, failed_answers=0, closed_at=None)


def test_a_clock_that_goes_backwards_opens_nothing() -> None:
    assert challenges.is_closed(CLOSED, now=NOW - 3650 * DAY, policy=POLICY)


@pytest.mark.parametrize(
    ("challenge", "after", "may_be_answered"),
    [
        (None, timedelta(0), False),
        (CHALLENGE, 15 * MINUTE + INSTANT, False),
        (CHALLENGE, 15 * MINUTE, False),
        (CHALLENGE, 15 * MINUTE - INSTANT, True),
        (CHALLENGE, timedelta(0), True),
        (CHALLENGE, -DAY, True),  # the clock went backwards
        (DECOY, 15 * MINUTE - INSTANT, True),
    ],
    ids=["unknown", "later", "too late", "in time", "at once", "backwards", "a decoy"],
)
def test_a_question_may_be_answered_for_a_quarter_of_an_hour(
    challenge: RecoveryChallenge | None, after: timedelta, *, may_be_answered: bool
) -> None:
    if may_be_answered:
        assert challenges.asked(challenge, now=NOW + after, policy=POLICY) is challenge
    else:
        with pytest.raises(ChallengeInvalidError):
            challenges.asked(challenge, now=NOW + after, policy=POLICY)


@given(st.timedeltas(INSTANT, DAY), st.just(timedelta(0)) | st.timedeltas(-DAY, DAY))
def test_the_time_for_an_answer_is_the_practices(answer_within: timedelta, off: timedelta) -> None:
    facts: dict[str, Any] = {"now": NOW + answer_within + off, "policy": with_limits(answer_within=answer_within)}
    if off < timedelta(0):
        assert challenges.asked(CHALLENGE, **facts) == CHALLENGE
    else:
        with pytest.raises(ChallengeInvalidError):
            challenges.asked(CHALLENGE, **facts)


@pytest.mark.parametrize(
    ("failed", "attempts", "counted"),
    [
        (3, 4, closing(4)),
        (3, 5, wrong(4, attempts_left=1)),
        (3, 3, closing(4)),
        (3, 1, closing(4)),
        (99, 4, closing(100)),
        (0, 1, closing(1)),
        (98, 100, wrong(99, attempts_left=1)),
        (99, 100, closing(100)),
    ],
)
def test_limits_that_were_lowered_below_the_count_close_at_the_next_wrong_answer(
    failed: int, attempts: int, counted: AnsweredWrongly
) -> None:
    policy, guard = with_limits(attempts=attempts), evolve(GUARD, failed_answers=failed)
    assert answer(guard=guard, checked=WRONG, policy=policy) == counted
    assert isinstance(answer(guard=guard, policy=policy), Answered)


@pytest.mark.parametrize(
    ("guard", "cleared"),
    [
        (None, None),
        (evolve(GUARD, failed_answers=0), None),
        (evolve(GUARD, failed_answers=1), evolve(GUARD, failed_answers=0)),
        (evolve(CLOSED, closed_at=NOW - DAY), evolve(CLOSED, failed_answers=0, closed_at=None)),
        (evolve(CLOSED, failed_answers=0, closed_at=NOW - DAY), evolve(CLOSED, failed_answers=0, closed_at=None)),
    ],
)
@pytest.mark.parametrize("mailed", [0, 5])
def test_a_right_answer_clears_what_was_counted_if_anything_was(
    guard: RecoveryGuard | None, cleared: RecoveryGuard | None, mailed: int
) -> None:
    given = answer(guard=guard, mailed=mailed)
    assert isinstance(given, Answered | AnsweredInVain)
    assert given.guard == cleared


@pytest.mark.parametrize("guard", [None, GUARD, evolve(CLOSED, closed_at=NOW - DAY)])
def test_whoever_is_meant_is_asked_while_recovery_is_open(guard: RecoveryGuard | None) -> None:
    challenges.require_open(guard, now=NOW, policy=POLICY)


@pytest.mark.parametrize("closed_at", [NOW, NOW - DAY + INSTANT, NOW + DAY])
def test_nobody_is_asked_while_recovery_is_closed(closed_at: datetime) -> None:
    with pytest.raises(RecoveryClosedError):
        challenges.require_open(evolve(CLOSED, closed_at=closed_at), now=NOW, policy=POLICY)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([timedelta(0), MINUTE, DAY - INSTANT, DAY])), max_size=20),
    st.integers(1, 6),
)
def test_between_two_right_answers_or_openings_only_so_many_wrong_ones_are_counted(
    tries: list[tuple[bool, timedelta]], attempts: int
) -> None:
    policy, now, guard, counted = with_limits(attempts=attempts), NOW, None, 0
    closed_until = NOW
    for matched, pause in tries:
        now += pause
        challenge = evolve(CHALLENGE, started_at=now)
        checked = RIGHT if matched else WRONG
        if now < closed_until:
            with pytest.raises(RecoveryClosedError):
                answer(challenge=challenge, guard=guard, checked=checked, now=now, policy=policy)
            continue
        given = answer(challenge=challenge, guard=guard, checked=checked, now=now, policy=policy)
        if isinstance(given, AnsweredWrongly):
            counted += 1
            assert given == (
                closing(counted, now=now)
                if counted == attempts
                else wrong(counted, now=now, attempts_left=attempts - counted)
            )
            guard = given.guard
        else:
            guard, counted = given.guard or guard, 0
        if counted == attempts:
            closed_until, counted = now + DAY, 0


@given(
    st.none() | strategies.recovery_guards(),
    strategies.policies(),
    st.sampled_from([{"checked": WRONG}, {"patient": INACTIVE}, {"account": None}, {"answers": None}]),
    st.timedeltas(-8 * DAY, 8 * DAY),
)
def test_who_is_meant_cannot_be_told_from_the_count_under_any_policy(
    guard: RecoveryGuard | None, policy: Policy, reason: dict[str, Any], age: timedelta
) -> None:
    now = (NOW if guard is None else guard.last_failed_at) + age
    policy = evolve(policy, recovery=evolve(policy.recovery, by_question=True))
    facts: dict[str, Any] = {
        "guard": guard,
        "policy": policy,
        "now": now,
        "challenge": evolve(CHALLENGE, started_at=now),
    }
    as_nobody: dict[str, Any] = facts | {
        "challenge": evolve(DECOY, started_at=now),
        "patient": None,
        "account": None,
        "answers": None,
    }
    if challenges.is_closed(guard, now=now, policy=policy):
        for either in (facts | reason, as_nobody):
            with pytest.raises(RecoveryClosedError):
                answer(**either)
    else:
        counted = answer(**(facts | reason))
        assert counted == answer(**as_nobody)
        assert isinstance(counted, AnsweredWrongly)
        assert (counted.attempts_left == 0) is (counted.guard.closed_at == now)
