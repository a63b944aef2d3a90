"""Choosing other security answers: the password said again, a wrong one counted like a wrong log-in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import answers_change, log_in
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.answers_change import AnswersReplaced, SecurityAnswersChanged
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import CredentialReplaced, Locked, LockedOut, LogInFailed, StillLocked, Wrong
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.ids import PatientId
from patientportal.domain.policy import LockoutPolicy, Policy
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
POLICY = Policy(zone="UTC")
UNLOCKING = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
NAME = b"hash of the name"
ACCOUNT = Account(
    patient_id=PatientId("p-1"),
    username="countess",
    password_hash="present",
    activated_at=NOW - HOUR,
    password_changed_at=NOW - HOUR,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW)
GUARD = LogInGuard(name_hash=NAME, failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, locked_at=NOW)
RIGHT = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=True)
WRONG = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=False)
REPLACED = Verification(against="earlier", password_changed_at=ACCOUNT.password_changed_at - INSTANT, matched=True)
NEW_ANSWERS = SecurityAnswers(
    patient_id=ACCOUNT.patient_id,
    answers=(SecurityAnswer(question=SecurityQuestion.FIRST_PET, folding=1, answer_hash="of the pet"),),
)

Answer = AnswersReplaced | Wrong | Locked | StillLocked | CredentialReplaced


def replace(**changes: Any) -> Answer:
    facts: dict[str, Any] = {"guard": None, "verification": RIGHT, "now": NOW, "policy": POLICY} | changes
    account = facts.pop("account", ACCOUNT)
    return answers_change.replace(account, name_hash=NAME, answers=NEW_ANSWERS, **facts)


@pytest.mark.parametrize(
    ("guard", "cleared"),
    [(None, None), (evolve(GUARD, failed_attempts=0), None), (GUARD, evolve(GUARD, failed_attempts=0))],
    ids=["no guard", "nothing counted", "counted"],
)
def test_from_now_on_the_patient_is_asked_the_new_ones(guard: LogInGuard | None, cleared: LogInGuard | None) -> None:
    assert replace(guard=guard) == AnswersReplaced(
        guard=cleared, account=None, answers=NEW_ANSWERS, event=SecurityAnswersChanged()
    )


REPAIRS: list[tuple[dict[str, Any], type[Answer]]] = [
    ({"guard": LOCKED_GUARD, "account": LOCKED_ACCOUNT, "verification": evolve(REPLACED, matched=False)}, StillLocked),
    ({"account": ACCOUNT}, StillLocked),
    ({"account": LOCKED_ACCOUNT, "guard": GUARD}, StillLocked),
    ({"account": ACCOUNT}, CredentialReplaced),
    ({"verification": REPLACED}, CredentialReplaced),
    ({"verification": WRONG}, Locked),
    ({"guard": evolve(GUARD, failed_attempts=2)}, Wrong),
    ({"verification": RIGHT}, AnswersReplaced),
]


@pytest.mark.parametrize("repaired", range(len(REPAIRS)))
def test_a_lock_is_seen_first_then_a_replaced_password_then_a_wrong_one(repaired: int) -> None:
    facts: dict[str, Any] = {}
    for repair, _ in REPAIRS[: repaired + 1]:
        facts |= repair
    assert type(replace(**facts)) is REPAIRS[repaired][1]


def test_a_wrong_password_counts_toward_the_same_lock_as_a_log_in() -> None:
    third = replace(guard=evolve(GUARD, failed_attempts=2), verification=WRONG)
    assert isinstance(third, Wrong)
    assert (third.event, third.attempts_left) == (LogInFailed(attempt=3), 1)
    fourth = replace(guard=third.guard, verification=WRONG)
    assert isinstance(fourth, Locked)
    assert fourth.event == LockedOut(attempt=4, account_locked=True, is_told=True)
    assert fourth.account == evolve(LOCKED_ACCOUNT, lock_told_at=NOW)
    assert replace(guard=fourth.guard, account=fourth.account) == StillLocked()


@pytest.mark.parametrize(
    ("after", "answer"), [(HOUR - INSTANT, StillLocked), (HOUR, AnswersReplaced), (-HOUR, StillLocked)]
)
@pytest.mark.parametrize("guard", [None, LOCKED_GUARD])
def test_a_lock_that_ended_by_time_is_lifted(guard: LogInGuard | None, after: timedelta, answer: type[Answer]) -> None:
    outcome = replace(guard=guard, account=LOCKED_ACCOUNT, now=NOW + after, policy=UNLOCKING)
    assert type(outcome) is answer
    if isinstance(outcome, AnswersReplaced):
        assert outcome.account == ACCOUNT
        assert outcome.guard == (guard and evolve(guard, failed_attempts=0, locked_at=None))


@given(
    guard=st.none() | strategies.log_in_guards(),
    account=strategies.accounts(),
    policy=strategies.policies(),
    age=st.timedeltas(-HOUR, 48 * HOUR),
    matched=st.booleans(),
)
def test_only_a_right_password_of_one_who_is_not_locked_out_replaces_the_answers(
    guard: LogInGuard | None, account: Account, policy: Policy, age: timedelta, *, matched: bool
) -> None:
    now = account.password_changed_at + age
    verification = Verification(
        against=account.password_hash, password_changed_at=account.password_changed_at, matched=matched
    )
    again = log_in.reauthenticate(
        account, guard=guard, name_hash=NAME, verification=verification, now=now, policy=policy
    )
    outcome = replace(account=account, guard=guard, verification=verification, now=now, policy=policy)
    if again is not None:
        assert outcome == again
    else:
        assert matched
        assert isinstance(outcome, AnswersReplaced)
        assert outcome.answers == NEW_ANSWERS


def test_new_answers_show_nothing() -> None:
    assert "of the pet" not in repr(replace())
