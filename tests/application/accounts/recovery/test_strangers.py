"""Known and unknown people are asked and answered alike on the way back in, at the same cost."""

from collections import Counter
from contextlib import suppress

import pytest

from patientportal import (
    AccountLockedError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RefusedError,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, PASSWORD, Member, activated, asked, person
from tests.application.accounts.recovery.answering import Contents, fail, wrong

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
    challenge = asked(usual.recovery.forgot_password(names["inactive"]))
    answers = {question: ANSWERS.get(question, "x y") for question in challenge.questions}
    calls.clear()
    with pytest.raises(WrongAnswerError) as inactive:
        usual.recovery.answer(challenge.id, answers)
    cost = Counter(calls)
    challenge = asked(usual.recovery.forgot_password(names["known"]))
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
