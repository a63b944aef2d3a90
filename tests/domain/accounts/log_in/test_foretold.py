"""Logging in, whatever happens in between: every answer is the one that a simple model foretells."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from attrs import define, evolve, frozen
from hypothesis import example, given
from hypothesis import strategies as st

from patientportal.domain.accounts import log_in
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import Admitted, Cleared, Locked, StillLocked, Wrong, may_authenticate
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import LockoutPolicy, Policy
from tests.domain.accounts.log_in.attempts import (
    ACCOUNT,
    DECOY,
    HOUR,
    INSTANT,
    NOW,
    PATIENT,
    POLICY,
    REPLACED,
    RIGHT,
    WRONG,
    attempt,
)


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
            case "guess on":
                return self.guessed_on(step.value)
            case "active" if self.patient is not None:
                self.patient = evolve(PATIENT, deactivated_at=None if step.value else self.now)
            case "unlock" if self.account is not None:
                outcome = log_in.unlock(self.account, self.guard)
                if isinstance(outcome, Cleared):
                    self.keep(outcome.guard, outcome.account)
        return None

    def guessed_on(self, times: int) -> str:
        """What the last of so many wrong passwords was answered, each sent a day after the one before."""
        answers = []
        for _ in range(times):
            self.now += 24 * HOUR
            answers.append(self.tried(WRONG))
        return answers[-1]

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
                for_good = " for good" if event.for_good else ""
                return f"locked{for_good}, patient told" if event.is_told else f"locked{for_good}"
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
    in_a_row: int = 0
    has_just_locked: bool = False
    told: datetime | None = None
    account_for_good: bool = False
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
                self.forget()
            case "guess on":
                return self.guessed_on(step.value)
            case "active":
                self.active = step.value
            case "unlock" if self.known:
                self.forget()
                self.told = self.told if self.account_locked is None else None
                self.account_locked = None
        return None

    def guessed_on(self, times: int) -> str:
        answers = []
        for _ in range(times):
            self.now += 24 * HOUR
            answers.append(self.answer(WRONG))
        return answers[-1]

    def answer(self, said: Verification) -> str:
        if self.holds(self.name_locked, for_good=self.in_a_row >= 100):
            return "still locked"
        if self.known and said is REPLACED:
            return "replaced"
        if self.known and said is RIGHT and self.active and not self.holds_account():
            self.forget()
            self.account_locked = None
            return "in"
        return self.counted()

    def forget(self) -> None:
        self.wrong, self.in_a_row, self.name_locked, self.has_just_locked = 0, 0, None, False

    def counted(self) -> str:
        self.wrong = 1 if self.has_just_locked else self.wrong + 1
        self.in_a_row += 1
        self.has_just_locked = False
        left = min(self.limits.attempts - self.wrong, 100 - self.in_a_row)
        if left > 0:
            return f"wrong, {left} left"
        self.name_locked, self.has_just_locked = self.now, True
        locked = "locked for good" if self.in_a_row >= 100 else "locked"
        if not self.known or self.holds_account():
            return locked
        self.account_locked, self.account_for_good = self.now, self.in_a_row >= 100
        if self.told is not None and self.told <= self.now < self.told + HOUR:
            return locked
        self.told = self.now
        return f"{locked}, patient told"

    def holds_account(self) -> bool:
        return self.holds(self.account_locked, for_good=self.account_for_good)

    def holds(self, since: datetime | None, *, for_good: bool) -> bool:
        if since is None or for_good:
            return since is not None
        return not (self.limits.unlock_after and self.now - since >= self.limits.unlock_after)


policies = st.builds(
    LockoutPolicy, attempts=st.integers(1, 5), unlock_after=st.sampled_from([None, HOUR, HOUR + INSTANT])
)
tries = st.builds(Step, st.just("try"), st.sampled_from([RIGHT, WRONG, WRONG, WRONG, REPLACED]))
others = st.one_of(
    st.builds(Step, st.just("time"), st.sampled_from([-HOUR, INSTANT, HOUR - INSTANT, HOUR, 10 * HOUR])),
    st.builds(Step, st.just("policy"), policies),
    st.builds(Step, st.just("active"), st.booleans()),
    st.builds(Step, st.sampled_from(["sweep", "unlock"])),
    st.builds(Step, st.just("guess on"), st.integers(1, 100)),
)


def test_whatever_happens_every_answer_is_the_one_foretold() -> None:
    reached: Counter[str] = Counter()

    @example(True, [Step("try", REPLACED)])  # rare otherwise: only before the name is locked
    @given(st.booleans(), st.lists(st.one_of(tries, tries, others), min_size=20, max_size=50))
    def run(known: bool, steps: list[Step]) -> None:  # noqa: FBT001 - Hypothesis gives it by position
        clinic = Clinic(PATIENT, ACCOUNT) if known else Clinic(None, None)
        model = Model(known)
        for step in steps:
            foretold = model.happens(step)
            assert clinic.happens(step) == foretold
            reached[f"{foretold}"] += 1
            if model.holds_account():
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
        answers.append(clinic.tried(evolve(verification, password_changed_at=ACCOUNT.password_changed_at)))
    assert answers[attempts - 1] == "locked, patient told"
    assert set(answers[attempts:]) == {"still locked"}
    assert all(answer.startswith("wrong") for answer in answers[: attempts - 1])
