"""What every part of the machine of accounts stands on: its model, its letters, and a ledger of what was answered."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis.stateful import Bundle

from patientportal.domain.accounts.birth_dates import WrongBirthDateError
from patientportal.domain.accounts.challenges import WrongAnswerError
from patientportal.domain.accounts.log_in import WrongCredentialsError
from patientportal.domain.accounts.passwords import WeakPasswordError
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.errors import PortalError
from patientportal.patient_access import PatientAccess
from patientportal.testing.accounts.kept import Letter, Person, Seat
from patientportal.testing.accounts.model import Model
from patientportal.testing.accounts.model_base import IN_A_ROW_MAX
from patientportal.testing.machine_base import DONE, INSTANT, PredictingMachine
from patientportal.testing.world import ANSWERS

RUN_MAX = timedelta(days=30) - INSTANT
"""The first things that are swept are guards of thirty days."""
PATIENTS_MAX = 4

patients: Bundle[Person] = Bundle("patients")


class AccountsMachine(PredictingMachine):
    """One portal and its model; a part of one topic is a subclass with rules of its own.

    Attributes:
        model: what will be answered.
        mailed: every letter with a link; the earliest first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: Model = Model(self.policy, self.clock)
        self.mailed: list[Letter] = []
        self.wrong_answers: Counter[str] = Counter()
        self.wrong_in_a_row: Counter[str] = Counter()
        self.locked_at: dict[str, datetime] = {}
        self.let_in_while_locked: list[str] = []

    def spoken(self, error: PortalError) -> str:
        """Its code, and the numbers and reasons that it carries."""
        match error:
            case (
                WrongCredentialsError(attempts_left=left)
                | WrongAnswerError(attempts_left=left)
                | WrongBirthDateError(attempts_left=left)
            ):
                return f"{error.code}: {left}"
            case WeakPasswordError(problems=problems):
                return f"{error.code}: {', '.join(problem.code for problem in problems)}"
            case _:
                return super().spoken(error)

    # What there is

    def letters(self, kind: str) -> list[Letter]:
        """Every letter with a link of this kind; the earliest first."""
        return [letter for letter in self.mailed if letter.link.kind == kind]

    def members(self) -> list[tuple[Person, str, str]]:
        """Everybody who has an account, with their name and password."""
        return [(one, one.name, one.password) for one in self.model.people if one.name and one.password]

    def seats(self) -> list[tuple[Person, Seat, PatientAccess]]:
        """Every session there ever was, with its handle; the earliest first."""
        seats = [(one, seat, seat.handle) for one in self.model.people for seat in one.seats if seat.handle is not None]
        return sorted(seats, key=lambda found: found[1].number)

    @property
    def wanted_answers(self) -> Mapping[SecurityQuestion, str]:
        """The answers with which an account begins."""
        return ANSWERS if self.policy.recovery.by_question else {}

    # How it is done

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _live(self, somebody: Person) -> int:
        return sum(map(self.model.is_live, somebody.seats))

    def _forget(self, name: str) -> None:
        """A clearing, as far as it can be seen from outside."""
        self.wrong_answers[name] = self.wrong_in_a_row[name] = 0
        self.locked_at.pop(name, None)

    def _judge(self, name: str, answer: str) -> None:
        """Keeps the ledger of what was answered, which knows nothing of the model's counts."""
        ends = self.model.policy.lockout.unlock_after
        is_over = ends is not None and name in self.locked_at and self.model.now >= self.locked_at[name] + ends
        if is_over and self.wrong_in_a_row[name] < IN_A_ROW_MAX:
            self.wrong_answers[name] = 0
            del self.locked_at[name]
        if answer.startswith("wrong_credentials"):
            self.wrong_answers[name] += 1
            self.wrong_in_a_row[name] += 1
            if self.wrong_answers[name] == self.policy.lockout.attempts:
                self.locked_at[name] = self.model.now
        elif answer == DONE:
            if self.wrong_answers[name] >= self.policy.lockout.attempts:
                self.let_in_while_locked.append(name)
            self._forget(name)
