"""The practice gives payments back, and patients pay again: a layer of ``StatementsMachine``."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.testing.machine_base import DONE, indexes, latest
from patientportal.testing.statements.kept import Payment
from patientportal.testing.statements.machine_base import OPEN
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import ReconcilingMachine, moods

of_refunds: st.SearchStrategy[Mood] = st.sampled_from(
    (Mood.WELL, Mood.WELL, Mood.OUT_OF_REACH, Mood.REFUSES_REFUNDS, Mood.LOSES_REFUNDS)
)


class RefundingMachine(ReconcilingMachine):
    """Refunds of whatever there is, with the processor in any mood."""

    @precondition(lambda self: self.model.payments)
    @rule(which=indexes, mood=moods)
    def refund(self, which: int, mood: Mood) -> None:
        """The practice gives a payment back, which may not be settled, or was given back before."""
        self._refund(latest(self.model.payments, which), mood)

    @rule(who=indexes, mood=of_refunds, fails_after=st.sampled_from((None, None, 0, 1, 1)), again=st.booleans())
    def refund_what_was_paid(self, who: int, mood: Mood, fails_after: int | None, *, again: bool) -> None:
        """A patient pays and has it back, perhaps with a mishap; then it is asked for again, or a worker looks."""
        self._owe(who)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        if not self.settled():
            return
        payment = self.settled()[-1]
        self._may_fail(fails_after)
        self._refund(payment, mood)
        if again:
            self._refund(payment, Mood.WELL)
        if payment.fate in OPEN:
            self._work_at(payment, timedelta(0), Mood.WELL, None)

    def _refund(self, payment: Payment, mood: Mood) -> None:
        was, statement = payment.fate, payment.order.statement
        done = self.model.refund(payment, mood, good_commits=self.store.good_commits)
        self._pass_through(done, partial(self.desk.statements.refund, payment.id), mood)
        self._reach("something was to be refunded that wasn't settled", when=was in {"pending", "declined", "released"})
        self._reach("an open refund was asked for again", when=was == "refunding" and done.answer == DONE)
        is_stuck = was == "settled" and payment.fate == "refunding" and payment.ledger == "refunded"
        self._reach("a refund couldn't be written down", when=is_stuck and mood is Mood.WELL)
        self._reach("a refund was refused", when=was == payment.fate == "settled" and done.answer == DONE)
        self._reach("an earlier payment was refunded", when=payment.fate == "refunded" and not statement.is_current)

    @rule(who=indexes, portion=st.sampled_from(("all", "half")), in_full=st.booleans())
    def pay_and_think_better_of_it(self, who: int, portion: str, *, in_full: bool) -> None:
        """A patient pays, has it back, and pays again; with the key of before that is what was paid before."""
        self._owe(who)
        key = self._fresh_key()
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        if self.settled():
            self._refund(self.settled()[-1], Mood.WELL)
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        self.pay(who, 0, "full" if in_full else "all", SandboxSource.APPROVE, None)
