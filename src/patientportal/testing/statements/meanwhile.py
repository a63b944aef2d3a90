"""Something else happens while a payment is open, or its patient is shut out: a layer of ``StatementsMachine``."""

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.values.money import Money
from patientportal.testing.machine_base import indexes, latest, rarely
from patientportal.testing.statements.concluding import ConcludingMachine
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import lost, moods
from patientportal.testing.statements.uploading import OWED, balances


class MeanwhileMachine(ConcludingMachine):
    """Payments that are overtaken, by a new statement, a worker, a refund or the practice."""

    @rule(
        who=indexes,
        source=st.sampled_from(SandboxSource),
        balance=balances,
        mood=moods,
        between=st.sampled_from(("", "", "uncovered", "foreign", "tomorrow")),
    )
    def overtake(self, who: int, source: SandboxSource, balance: Money, mood: Mood, between: str) -> None:
        """A new statement arrives, or two, while a payment of the one before is still open, which then ends."""
        self._owe(who)
        self.pay(who, 0, "half", source, None)
        somebody = latest(self.model.people, who)
        if between == "tomorrow":
            self._upload(somebody, evolve(self._bill_of(somebody, OWED), issued_on=self.model.today + A_DAY))
        elif between:
            other = evolve(OWED, currency="KWD") if between == "foreign" else OWED
            self.bill_anew(somebody, other, covers=between != "uncovered")
        self.bill_anew(somebody, balance)
        self._find_out(mood)

    @rule(who=indexes, balance=balances, mood=moods, fails_after=st.sampled_from((0, 1)))
    def overtake_with_a_mishap(self, who: int, balance: Money, mood: Mood, fails_after: int) -> None:
        """The same, where what the processor said couldn't be saved at first."""
        self._owe(who)
        self.a_commit_will_fail(fails_after)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        self.bill_anew(latest(self.model.people, who), balance)
        self._find_out(mood)

    @rule(who=indexes, for_long=rarely)
    def shut_out(self, who: int, *, for_long: bool) -> None:
        """The practice deactivates somebody, and mostly thinks better of it."""
        somebody = latest(self.model.people, who)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        if not for_long:
            self.pay(who, 0, "all", SandboxSource.APPROVE, None, stays=True)
            self.reactivate(who)

    @rule(who=indexes)
    def reactivate(self, who: int) -> None:
        """The practice lets somebody in again."""
        somebody = latest(self.model.people, who)
        self._ask(lambda: self.desk.patients.reactivate(somebody.id), self.model.reactivate(somebody))

    @rule(who=indexes, source=lost, mood=moods)
    def end_while_shut_out(self, who: int, source: SandboxSource, mood: Mood) -> None:
        """A patient is shut out while a payment of theirs is open, which ends like any other."""
        self._owe(who)
        somebody = latest(self.model.people, who)
        self.pay(who, 0, "half", source, None)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        self._find_out(mood)
        self.reactivate(who)
