"""Logging in: who gets in, what counts, what locks and what ends a lock, whatever happens in between."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import log_in, sessions
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import (
    Admitted,
    Cleared,
    CredentialReplaced,
    Locked,
    LockedOut,
    LoggedIn,
    LogInFailed,
    StillLocked,
    Unlocked,
    Wrong,
    may_authenticate,
)
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.ids import PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import LockoutPolicy, Policy
from patientportal.domain.values.tokens import Token

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
POLICY = Policy(zone="UTC")
UNLOCKING = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
NAME = b"hash of the name"
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW,
    password_changed_at=NOW,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW)
GUARD = LogInGuard(name_hash=NAME, failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, failed_attempts=4, locked_at=NOW)
SESSION = sessions.begun(Token(patient_id=PATIENT.id, id="s-1", secret="s" * 43), device="phone", now=NOW)
RIGHT = Verification(against="present", matched=True)
WRONG = Verification(against="present", matched=False)
REPLACED = Verification(against="earlier", matched=True)
DECOY = Verification(against="decoy", matched=False)

Answer = Admitted | Wrong | Locked | StillLocked | CredentialReplaced


def attempt(guard: LogInGuard | None = None, verification: Verification = RIGHT, **changes: Any) -> Answer:
    usual: dict[str, Any] = {"patient": PATIENT, "account": ACCOUNT, "session": SESSION, "now": NOW, "policy": POLICY}
    return log_in.attempt(guard, name_hash=NAME, verification=verification, **(usual | changes))


def counted(number: int, locked_at: datetime | None = None) -> LogInGuard:
    return LogInGuard(name_hash=NAME, failed_attempts=number, last_failed_at=NOW, locked_at=locked_at)


def test_the_right_password_opens_a_session_and_nothing_else_changes() -> None:
    assert attempt() == Admitted(guard=None, account=None, session=SESSION, event=LoggedIn())


def test_the_third_wrong_attempt_does_not_lock_and_the_fourth_does() -> None:
    guard = None
    for number in (1, 2, 3):
        wrong = attempt(guard, WRONG)
        assert wrong == Wrong(guard=counted(number), event=LogInFailed(attempt=number), attempts_left=4 - number)
        assert isinstance(wrong, Wrong)
        guard = wrong.guard
    assert attempt(guard, WRONG) == Locked(
        guard=counted(4, locked_at=NOW),
        account=LOCKED_ACCOUNT,
        event=LockedOut(attempt=4, account_locked=True),
    )


def test_a_success_before_the_lock_sets_the_count_to_zero() -> None:
    admitted = attempt(GUARD)
    assert isinstance(admitted, Admitted)
    assert admitted.guard == evolve(GUARD, failed_attempts=0)
    assert isinstance(attempt(admitted.guard, WRONG), Wrong)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        (
            {"guard": LOCKED_GUARD, "verification": REPLACED, "patient": INACTIVE, "account": LOCKED_ACCOUNT},
            StillLocked,
        ),
        (
            {"guard": GUARD, "verification": REPLACED, "patient": INACTIVE, "account": LOCKED_ACCOUNT},
            CredentialReplaced,
        ),
        ({"guard": GUARD, "verification": DECOY, "patient": None, "account": None}, Locked),
        ({"guard": GUARD, "verification": WRONG, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Locked),
        ({"guard": None, "verification": WRONG, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": INACTIVE, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": None, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "account": LOCKED_ACCOUNT}, Wrong),
        ({"guard": None, "patient": INACTIVE}, Wrong),
        ({"guard": None, "patient": None}, Wrong),
        ({"guard": None}, Admitted),
        ({"guard": GUARD}, Admitted),
    ],
    ids=map(str, range(12)),
)
def test_a_lock_is_seen_first_then_a_replaced_password_then_what_counts(
    facts: dict[str, Any], answer: type[Answer]
) -> None:
    assert type(attempt(**facts)) is answer


def test_once_locked_right_and_wrong_are_answered_alike_and_nothing_is_extended() -> None:
    for verification in (RIGHT, WRONG, REPLACED, DECOY):
        for now in (NOW, NOW - HOUR, NOW + 1000 * HOUR):
            assert attempt(LOCKED_GUARD, verification, now=now) == StillLocked()


def test_a_swept_guard_lets_nobody_into_a_locked_account() -> None:
    for number, guard in enumerate([None, counted(1), counted(2)], start=1):
        wrong = attempt(guard, RIGHT, account=LOCKED_ACCOUNT)
        assert wrong == Wrong(guard=counted(number), event=LogInFailed(attempt=number), attempts_left=4 - number)


def test_locking_a_locked_account_again_extends_nothing_and_tells_nobody() -> None:
    later = NOW + HOUR
    again = attempt(GUARD, RIGHT, account=LOCKED_ACCOUNT, now=later)
    assert again == Locked(
        guard=evolve(counted(4, locked_at=later), last_failed_at=later),
        account=None,
        event=LockedOut(attempt=4, account_locked=False),
    )


def test_an_unknown_name_locks_like_a_known_one_with_nobody_to_tell() -> None:
    assert attempt(GUARD, DECOY, patient=None, account=None) == Locked(
        guard=counted(4, locked_at=NOW), account=None, event=LockedOut(attempt=4, account_locked=False)
    )


def test_an_inactive_patients_account_is_locked_like_any_other() -> None:
    locked = attempt(GUARD, RIGHT, patient=INACTIVE)
    assert isinstance(locked, Locked)
    assert locked.account == LOCKED_ACCOUNT


@pytest.mark.parametrize(("after", "answer"), [(HOUR - INSTANT, StillLocked), (HOUR, Admitted), (-HOUR, StillLocked)])
def test_a_lock_ends_by_time_at_the_microsecond_where_the_policy_says_so(
    after: timedelta, answer: type[Answer]
) -> None:
    outcome = attempt(LOCKED_GUARD, RIGHT, account=LOCKED_ACCOUNT, now=NOW + after, policy=UNLOCKING)
    assert type(outcome) is answer
    if isinstance(outcome, Admitted):
        assert outcome.guard == evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None)
        assert outcome.account == ACCOUNT


def test_after_a_lock_that_ended_by_time_counting_begins_anew() -> None:
    later = NOW + HOUR
    wrong = attempt(LOCKED_GUARD, WRONG, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert wrong == Wrong(
        guard=LogInGuard(name_hash=NAME, failed_attempts=1, last_failed_at=later),
        event=LogInFailed(attempt=1),
        attempts_left=3,
    )
    again = attempt(GUARD, WRONG, account=LOCKED_ACCOUNT, now=later, policy=UNLOCKING)
    assert isinstance(again, Locked)
    assert again.account == evolve(ACCOUNT, locked_at=later)
    assert again.event.account_locked


@given(st.integers(0, 200), st.integers(1, 100))
def test_any_stored_count_is_understood_under_any_limit(stored: int, attempts: int) -> None:
    policy = Policy(zone="UTC", lockout=LockoutPolicy(attempts=attempts))
    left = attempts - stored - 1
    outcome = attempt(evolve(GUARD, failed_attempts=stored), WRONG, policy=policy)
    if left > 0:
        assert isinstance(outcome, Wrong)
        assert (outcome.attempts_left, outcome.guard) == (left, counted(stored + 1))
    else:
        assert isinstance(outcome, Locked)
        assert (outcome.event.attempt, outcome.guard) == (stored + 1, counted(stored + 1, locked_at=NOW))
    assert isinstance(attempt(evolve(GUARD, failed_attempts=stored), RIGHT, policy=policy), Admitted)


@given(
    st.sampled_from([None, PATIENT, INACTIVE]),
    st.sampled_from([None, ACCOUNT, LOCKED_ACCOUNT]),
    st.sampled_from([POLICY, UNLOCKING]),
    st.sampled_from([-HOUR, HOUR - INSTANT, HOUR, HOUR + INSTANT]),
)
def test_only_an_active_patient_with_an_unlocked_account_may_authenticate(
    patient: Patient | None, account: Account | None, policy: Policy, later: timedelta
) -> None:
    is_locked = account is LOCKED_ACCOUNT and not (policy is UNLOCKING and later >= HOUR)
    expected = patient is PATIENT and account is not None and not is_locked
    assert may_authenticate(patient, account, now=NOW + later, policy=policy) is expected


@pytest.mark.parametrize(
    ("account", "guard", "cleared"),
    [
        (ACCOUNT, None, None),
        (ACCOUNT, evolve(GUARD, failed_attempts=0), None),
        (ACCOUNT, GUARD, (evolve(GUARD, failed_attempts=0), None)),
        (LOCKED_ACCOUNT, None, (None, ACCOUNT)),
        (LOCKED_ACCOUNT, LOCKED_GUARD, (evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None), ACCOUNT)),
        (ACCOUNT, LOCKED_GUARD, (evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None), None)),
    ],
    ids=["nothing counted", "cleared before", "counted", "guard swept", "locked", "only the name locked"],
)
def test_support_ends_a_lock_and_forgets_what_was_counted(
    account: Account, guard: LogInGuard | None, cleared: tuple[LogInGuard | None, Account | None] | None
) -> None:
    outcome = log_in.unlock(account, guard)
    if cleared is None:
        assert outcome == Unchanged()
    else:
        assert outcome == Cleared(guard=cleared[0], account=cleared[1], event=Unlocked())


@frozen
class Step:
    """Something that happens between two looks at the lock."""

    what: str
    value: Any = None


@define
class Clinic:
    """What is stored, moved on by the rules."""

    patient: Patient | None
    account: Account | None
    guard: LogInGuard | None = None
    now: datetime = NOW
    policy: Policy = POLICY

    def happens(self, step: Step) -> str | None:
        match step.what:
            case "try":
                return self.tried(step.value)
            case "time":
                self.now += step.value
            case "policy":
                self.policy = Policy(zone="UTC", lockout=step.value)
            case "sweep":
                self.guard = None
            case "active" if self.patient is not None:
                self.patient = evolve(PATIENT, deactivated_at=None if step.value else self.now)
            case "unlock" if self.account is not None:
                outcome = log_in.unlock(self.account, self.guard)
                if isinstance(outcome, Cleared):
                    self.keep(outcome.guard, outcome.account)
        return None

    def tried(self, verification: Verification) -> str:
        known = self.account is not None
        outcome = attempt(
            self.guard,
            verification if known else DECOY,
            patient=self.patient,
            account=self.account,
            now=self.now,
            policy=self.policy,
        )
        match outcome:
            case Wrong(attempts_left=left):
                self.keep(outcome.guard, None)
                return f"wrong, {left} left"
            case Locked(event=event):
                self.keep(outcome.guard, outcome.account)
                return "locked, patient told" if event.account_locked else "locked"
            case Admitted():
                self.keep(outcome.guard, outcome.account)
                return "in"
            case _:
                return "still locked" if isinstance(outcome, StillLocked) else "replaced"

    def keep(self, guard: LogInGuard | None, account: Account | None) -> None:
        self.guard, self.account = guard or self.guard, account or self.account


@define
class Model:
    """What should be answered, from the words of the mission alone."""

    known: bool
    active: bool = True
    wrong: int = 0
    name_locked: datetime | None = None
    account_locked: datetime | None = None
    now: datetime = NOW
    limits: LockoutPolicy = POLICY.lockout

    def happens(self, step: Step) -> str | None:
        match step.what:
            case "try":
                return self.answer(step.value)
            case "time":
                self.now += step.value
            case "policy":
                self.limits = step.value
            case "sweep":
                self.wrong, self.name_locked = 0, None
            case "active":
                self.active = step.value
            case "unlock" if self.known:
                self.wrong, self.name_locked, self.account_locked = 0, None, None
        return None

    def answer(self, said: Verification) -> str:
        if self.holds(self.name_locked):
            return "still locked"
        if self.known and said is REPLACED:
            return "replaced"
        if self.name_locked is not None:
            self.wrong, self.name_locked = 0, None
        if self.known and said is RIGHT and self.active and not self.holds(self.account_locked):
            self.wrong, self.account_locked = 0, None
            return "in"
        self.wrong += 1
        if self.wrong < self.limits.attempts:
            return f"wrong, {self.limits.attempts - self.wrong} left"
        self.name_locked = self.now
        if not self.known or self.holds(self.account_locked):
            return "locked"
        self.account_locked = self.now
        return "locked, patient told"

    def holds(self, since: datetime | None) -> bool:
        return since is not None and not (self.limits.unlock_after and self.now - since >= self.limits.unlock_after)


policies = st.builds(
    LockoutPolicy, attempts=st.integers(1, 5), unlock_after=st.sampled_from([None, HOUR, HOUR + INSTANT])
)
tries = st.builds(Step, st.just("try"), st.sampled_from([RIGHT, WRONG, WRONG, WRONG, REPLACED]))
others = st.one_of(
    st.builds(Step, st.just("time"), st.sampled_from([-HOUR, INSTANT, HOUR - INSTANT, HOUR, 10 * HOUR])),
    st.builds(Step, st.just("policy"), policies),
    st.builds(Step, st.just("active"), st.booleans()),
    st.builds(Step, st.sampled_from(["sweep", "unlock"])),
)


def test_whatever_happens_every_answer_is_the_one_foretold() -> None:
    reached: Counter[str] = Counter()

    @given(st.booleans(), st.lists(st.one_of(tries, tries, others), min_size=20, max_size=50))
    def run(known: bool, steps: list[Step]) -> None:  # noqa: FBT001 - Hypothesis gives it by position
        clinic = Clinic(PATIENT, ACCOUNT) if known else Clinic(None, None)
        model = Model(known)
        for step in steps:
            foretold = model.happens(step)
            assert clinic.happens(step) == foretold
            reached[f"{foretold}"] += 1
            if model.holds(model.account_locked):
                assert not may_authenticate(clinic.patient, clinic.account, now=clinic.now, policy=clinic.policy)

    run()
    assert {"in", "replaced", "still locked", "locked", "locked, patient told", "wrong, 1 left"} <= set(reached)


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.sampled_from([WRONG, DECOY]), st.timedeltas(-HOUR, 100 * HOUR)), min_size=9, max_size=20),
)
def test_at_most_as_many_wrong_answers_as_the_policy_allows(
    attempts: int, tried: list[tuple[Verification, timedelta]]
) -> None:
    clinic = Clinic(PATIENT, ACCOUNT, policy=Policy(zone="UTC", lockout=LockoutPolicy(attempts=attempts)))
    answers = []
    for verification, moved in tried:
        clinic.now += moved
        answers.append(clinic.tried(evolve(verification, against="present")))
    assert answers[attempts - 1] == "locked, patient told"
    assert set(answers[attempts:]) == {"still locked"}
    assert all(answer.startswith("wrong") for answer in answers[: attempts - 1])
