"""Logging in, whatever happens in between: every answer is the one that a simple model foretells."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from attrs import define, evolve, frozen
from hypothesis import given
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
        answers.append(clinic.tried(evolve(verification, password_changed_at=ACCOUNT.password_changed_at)))
    assert answers[attempts - 1] == "locked, patient told"
    assert set(answers[attempts:]) == {"still locked"}
    assert all(answer.startswith("wrong") for answer in answers[: attempts - 1])
