"""The practice takes statements back: a layer of ``StatementsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.machine_base import DONE, indexes, latest
from patientportal.testing.statements.kept import Payment, Statement
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import moods
from patientportal.testing.statements.recording import RecordingMachine
from patientportal.testing.statements.uploading import balances

reasons: st.SearchStrategy[RetractionReason] = st.sampled_from(RetractionReason)


class RetractingMachine(RecordingMachine):
    """Statements that are taken back, paid, pending and unpaid, the current one or another; and uploaded anew."""

    @precondition(lambda self: self.model.statements)
    @rule(which=indexes, reason=reasons)
    def retract(self, which: int, reason: RetractionReason) -> None:
        """The practice takes any statement back, perhaps once more."""
        self._retract(latest(self.model.statements, which), reason)

    @rule(who=indexes, source=st.sampled_from(SandboxSource), mood=moods, again=st.booleans(), anew=st.booleans())
    def retract_what_is_paid(self, who: int, source: SandboxSource, mood: Mood, *, again: bool, anew: bool) -> None:
        """A patient pays of a statement, which is taken back; a worker looks, and it is uploaded anew, perhaps."""
        statement = self._owe(who)
        if statement is None:
            return
        key = self._fresh_key()
        self.pay(who, 0, "half", source, key)
        payment = next((one for one in self.model.payments if one.order.key == key), None)
        self._retract(statement, RetractionReason.WRONG_CONTENT)
        if again and payment is not None:
            self._pay(payment.order)
        if payment is not None and payment.fate == "pending":
            self._work_at(payment, timedelta(0), mood, None)
        if anew:
            self.bill_anew(statement.person, statement.bill.balance)

    @rule(who=indexes, balance=balances, source=st.sampled_from(SandboxSource))
    def bill_and_take_back(self, who: int, balance: Money, source: SandboxSource) -> None:
        """A statement arrives over one that was paid in part, is paid itself, and is taken back."""
        self._owe(who)
        self.pay(who, 0, "half", source, None)
        somebody = latest(self.model.people, who)
        self.bill_anew(somebody, balance)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        current = self.model.current(somebody)
        if current is not None:
            self._retract(current, RetractionReason.WRONG_PATIENT)

    def _retract(self, statement: Statement, reason: RetractionReason) -> None:
        was, somebody = statement.fate, statement.person
        counted = {one: one.counts_on for one in self.model.payments_of(somebody)}
        on_it = [one for one, holder in counted.items() if holder is statement and one.fate in {"pending", "settled"}]
        closed = [one for one in self.model.requests if not one.is_open]
        opened_at = statement.opened_at
        answer, _ = self._ask(lambda: self.desk.statements.retract(statement.id, reason), self.model.retract(statement))
        self.auditor.audit()
        if answer != DONE:
            return
        current = self.model.current(somebody)
        self._reach("something was taken back twice", when=was == "retracted")
        self._reach("a superseded statement was taken back", when=was == "superseded")
        self._reach("a superseded statement with payments was taken back", when=was == "superseded" and on_it)
        self._reach("the only statement was taken back", when=was == "current" and current is None)
        self._reach(
            "the only statement was taken back with payments", when=was == "current" and on_it and current is None
        )
        self._reach("what had been opened was taken back", when=was != "retracted" and opened_at)
        self._reach("a request was open again", when=[one for one in closed if one.is_open])
        if was == "current" and current is not None:
            self._see_return(current, counted)

    def _see_return(self, current: Statement, counted: dict[Payment, Statement]) -> None:
        """What counts on the statement that is current again."""
        moved = [one for one, holder in counted.items() if one.counts_on is not holder]
        foreign = [one for one in counted if one.counts_on.is_retracted and one.fate in {"pending", "settled"}]
        home = [one for one in moved if one.order.statement is current]
        self._reach("the one before was current again", when=current.id)
        self._reach("the one before was overdue", when=self.model.is_overdue(current))
        self._reach("a payment came home", when=home)
        self._reach("what was paid of the retracted one counts on the one before", when=len(moved) > len(home))
        self._reach("something stayed on a retracted statement", when=foreign)
