"""Recovery by question: four wrong answers close it, whoever is meant, and a right one has a link mailed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import challenges, links
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.challenges import (
    Answered,
    AnsweredInVain,
    AnsweredWrongly,
    AnswersChecked,
    AnswerWrong,
    ChallengeInvalidError,
    ChallengeStatus,
    Flow,
    NotKept,
    RecoveryAnswered,
    RecoveryChallenge,
    RecoveryClosed,
    RecoveryClosedError,
    RecoveryGuard,
    Started,
)
from patientportal.domain.accounts.links import Link, LinkStatus, Purpose
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.ids import NOBODY, LinkId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy, RecoveryPolicy
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
POLICY = Policy(zone="UTC")
PET, STREET, BOOK = SecurityQuestion.FIRST_PET, SecurityQuestion.FIRST_STREET, SecurityQuestion.FAVOURITE_BOOK
SUBJECT = b"hash of the subject"
LINK_ID = LinkId("l-9")
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - DAY)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW - DAY,
    password_changed_at=NOW - DAY,
)
ANSWERS = SecurityAnswers(
    patient_id=PATIENT.id,
    answers=(
        SecurityAnswer(question=STREET, answer_hash="of the street"),
        SecurityAnswer(question=BOOK, answer_hash="of the book"),
        SecurityAnswer(question=PET, answer_hash="of the pet"),
    ),
)
OTHER_ANSWERS = evolve(ANSWERS, answers=(SecurityAnswer(question=PET, answer_hash="of another pet"),))
CHALLENGE = RecoveryChallenge(
    secret_hash=b"hash of the secret",
    patient_id=PATIENT.id,
    subject_hash=SUBJECT,
    flow=Flow.PASSWORD,
    questions=(PET,),
    started_at=NOW,
)
OF_TWO = evolve(CHALLENGE, flow=Flow.USERNAME, questions=(PET, STREET))
DECOY = evolve(CHALLENGE, patient_id=NOBODY)
RIGHT = AnswersChecked(against=("of the pet",), matched=True)
WRONG = AnswersChecked(against=("of the pet",), matched=False)
DECOYED = AnswersChecked(against=("decoy",), matched=True)
GUARD = RecoveryGuard(subject_hash=SUBJECT, failed_answers=3, last_failed_at=NOW - MINUTE)
CLOSED = evolve(GUARD, failed_answers=4, last_failed_at=NOW, closed_at=NOW)
OPEN_LINK = links.requested(PATIENT.id, LinkId("l-1"), Purpose.PASSWORD_RESET, now=NOW)

Answer = Answered | AnsweredInVain | AnsweredWrongly


def answer(**changes: Any) -> Answer:
    facts: dict[str, Any] = {
        "challenge": CHALLENGE,
        "guard": None,
        "patient": PATIENT,
        "account": ACCOUNT,
        "answers": ANSWERS,
        "checked": RIGHT,
        "open_links": (),
        "mailed": 0,
        "now": NOW,
        "policy": POLICY,
    } | changes
    return challenges.answer(facts.pop("challenge"), link_id=LINK_ID, **facts)


def with_limits(**limits: Any) -> Policy:
    return Policy(zone="UTC", recovery=RecoveryPolicy(**limits))


def wrong(attempt: int, *, now: datetime = NOW, attempts_left: int) -> AnsweredWrongly:
    """A wrong answer that was counted and closes nothing yet."""
    return AnsweredWrongly(
        guard=RecoveryGuard(subject_hash=SUBJECT, failed_answers=attempt, last_failed_at=now),
        event=AnswerWrong(attempt=attempt),
        attempts_left=attempts_left,
    )


def closing(attempt: int, *, now: datetime = NOW) -> AnsweredWrongly:
    """The wrong answer that closed recovery."""
    return AnsweredWrongly(
        guard=RecoveryGuard(subject_hash=SUBJECT, failed_answers=attempt, last_failed_at=now, closed_at=now),
        event=RecoveryClosed(attempt=attempt),
        attempts_left=0,
    )


def test_a_right_answer_has_a_link_mailed_and_ends_earlier_ones() -> None:
    earlier = [OPEN_LINK, evolve(OPEN_LINK, id=LinkId("l-2"), first_minted_at=NOW)]
    assert answer(guard=GUARD, open_links=earlier) == Answered(
        guard=evolve(GUARD, failed_answers=0),
        challenge=evolve(CHALLENGE, status=ChallengeStatus.ANSWERED),
        ended=tuple(evolve(link, status=LinkStatus.ENDED) for link in earlier),
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
    assert challenges.expected(OF_TWO, ANSWERS) == ("of the pet", "of the street")
    both = answer(challenge=OF_TWO, checked=AnswersChecked(against=("of the pet", "of the street"), matched=True))
    assert both == Answered(
        guard=None,
        challenge=evolve(OF_TWO, status=ChallengeStatus.ANSWERED),
        ended=(),
        link=links.requested(PATIENT.id, LINK_ID, Purpose.PASSWORD_RESET, now=NOW),
        event=RecoveryAnswered(flow=Flow.USERNAME, link_id=LINK_ID, links_ended=0),
    )


def test_nobody_has_answered_a_decoy_or_a_question_that_they_did_not_choose() -> None:
    assert challenges.expected(OF_TWO, None) == (None, None)
    assert challenges.expected(OF_TWO, OTHER_ANSWERS) == ("of another pet", None)
    assert challenges.expected(evolve(OF_TWO, questions=()), ANSWERS) == ()


EVERYTHING_WRONG = {
    "challenge": None,
    "guard": CLOSED,
    "answers": OTHER_ANSWERS,
    "checked": WRONG,
    "patient": None,
    "account": None,
    "mailed": 5,
}
REPAIRS: list[tuple[dict[str, Any], type[Answer | Exception]]] = [
    ({}, ChallengeInvalidError),
    ({"challenge": evolve(CHALLENGE, status=ChallengeStatus.ANSWERED)}, ChallengeInvalidError),
    ({"challenge": evolve(CHALLENGE, started_at=NOW - 15 * MINUTE)}, ChallengeInvalidError),
    ({"challenge": CHALLENGE}, RecoveryClosedError),
    ({"guard": GUARD}, ChallengeInvalidError),
    ({"answers": ANSWERS}, AnsweredWrongly),
    ({"checked": RIGHT}, AnsweredWrongly),
    ({"patient": INACTIVE}, AnsweredWrongly),
    ({"patient": PATIENT}, AnsweredWrongly),
    ({"account": ACCOUNT}, AnsweredInVain),
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
        (evolve(CHALLENGE, status=ChallengeStatus.ANSWERED), timedelta(0), False),
        (CHALLENGE, 15 * MINUTE + INSTANT, False),
        (CHALLENGE, 15 * MINUTE, False),
        (CHALLENGE, 15 * MINUTE - INSTANT, True),
        (CHALLENGE, timedelta(0), True),
        (CHALLENGE, -DAY, True),  # the clock went backwards
        (DECOY, 15 * MINUTE - INSTANT, True),
    ],
    ids=["unknown", "answered", "later", "too late", "in time", "at once", "backwards", "a decoy"],
)
def test_a_question_may_be_answered_once_and_for_a_quarter_of_an_hour(
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
            challenge=evolve(CHALLENGE, status=ChallengeStatus.ANSWERED),
            event=RecoveryAnswered(flow=Flow.PASSWORD, link_id=None, links_ended=0),
        )


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


def start(challenge: RecoveryChallenge, guard: RecoveryGuard | None = None, unanswered: int = 0) -> Started | NotKept:
    return challenges.start(challenge, guard=guard, unanswered=unanswered, now=NOW, policy=POLICY)


@pytest.mark.parametrize("challenge", [CHALLENGE, OF_TWO, DECOY], ids=["one question", "two", "a decoy"])
@pytest.mark.parametrize("guard", [None, GUARD, evolve(CLOSED, closed_at=NOW - DAY)])
def test_whoever_is_meant_is_asked_while_recovery_is_open(
    challenge: RecoveryChallenge, guard: RecoveryGuard | None
) -> None:
    assert start(challenge, guard) == Started(challenge=challenge)


@pytest.mark.parametrize("closed_at", [NOW, NOW - DAY + INSTANT, NOW + DAY])
@pytest.mark.parametrize("unanswered", [0, 20])
def test_nobody_is_asked_while_recovery_is_closed(closed_at: datetime, unanswered: int) -> None:
    with pytest.raises(RecoveryClosedError):
        start(DECOY, evolve(CLOSED, closed_at=closed_at), unanswered)


def test_twenty_questions_about_one_are_open_at_a_time() -> None:
    assert start(CHALLENGE, unanswered=19) == Started(challenge=CHALLENGE)
    assert start(CHALLENGE, unanswered=20) == start(DECOY, unanswered=21) == NotKept()


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


def test_what_was_asked_checked_and_counted_shows_no_hash_and_no_question() -> None:
    shown = repr([CHALLENGE, CLOSED, RIGHT])
    assert not any(secret in shown for secret in ("hash of", "first_pet", "of the pet"))
