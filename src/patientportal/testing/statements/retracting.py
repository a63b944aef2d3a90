"""The practice takes statements back: a layer of ``StatementsMachine``."""

from datetime import timedelta

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.machine_base import DONE, indexes, latest, rarely
from patientportal.testing.statements.kept import Payment, Statement
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import moods
from patientportal.testing.statements.recording import RecordingMachine
from patientportal.testing.statements.uploading import OWED, balances

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

    @rule(who=indexes, covers=st.booleans(), opens=st.booleans())
    def take_back_twice(self, who: int, *, covers: bool, opens: bool) -> None:
        """A paid statement is taken back, where the one before is of another currency; then that one is, too."""
        somebody = latest(self.model.people, who)
        self.bill_anew(somebody, OWED, covers=covers)
        self.bill_anew(somebody, evolve(OWED, currency="KWD"), covers=covers)
        self.bill_anew(somebody, OWED, covers=covers)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        if opens:
            self.open_a_statement(0, copy=covers)
        for _ in range(2):
            current = self.model.current(somebody)
            if current is not None:
                self._retract(current, RetractionReason.WRONG_CONTENT)

    @rule(who=indexes, balance=balances, changes=rarely, retracts=rarely)
    def upload_twice(self, who: int, balance: Money, *, changes: bool, retracts: bool) -> None:
        """The practice sends the same under one key of the hospital's, or another balance; or when that is gone."""
        somebody = latest(self.model.people, who)
        bill = self._bill_of(somebody, balance, external_id=f"T-{self.numbers % 4}")
        self._upload(somebody, bill)
        if retracts and self.model.statements[-1].bill == bill:
            self._retract(self.model.statements[-1], RetractionReason.SENT_TWICE)
        self._upload(somebody, evolve(bill, balance=OWED) if changes else bill)

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
            self._see_return(current, statement, counted)

    def _see_return(self, current: Statement, gone: Statement, counted: dict[Payment, Statement]) -> None:
        """What counts on the statement that is current again."""
        moved = [one for one, holder in counted.items() if one.counts_on is not holder]
        foreign = [one for one in counted if one.counts_on.is_retracted and one.fate in {"pending", "settled"}]
        home = [one for one in moved if one.order.statement is current]
        stranded = [one for one in moved if counted[one].is_retracted and counted[one] is not gone]
        self._reach("the one before was current again", when=current.id)
        self._reach("the one before was overdue", when=self.model.is_overdue(current))
        self._reach("a payment came home", when=home)
        self._reach("something came back from a statement that was retracted before", when=stranded)
        self._reach("what was paid of the retracted one counts on the one before", when=len(moved) > len(home))
        self._reach("something stayed on a retracted statement", when=foreign)
