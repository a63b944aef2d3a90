"""Somebody concludes what no machine can find out: a layer of ``StatementsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.testing.machine_base import DONE, indexes, latest, offsets
from patientportal.testing.statements.kept import Payment
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.refunding import RefundingMachine

conclusions: st.SearchStrategy[Conclusion] = st.sampled_from(Conclusion)


class ConcludingMachine(RefundingMachine):
    """Conclusions about whatever there is; what is said not to be made was given back by hand before."""

    @precondition(lambda self: self.model.payments)
    @rule(which=indexes, conclusion=conclusions)
    def conclude(self, which: int, conclusion: Conclusion) -> None:
        """The practice says what became of a payment, of which that may be known."""
        self._conclude(latest(self.model.payments, which), conclusion)

    @rule(who=indexes, mood=st.sampled_from((Mood.MISSTATES, Mood.MISSTATES, Mood.WELL)), again=st.booleans())
    def be_charged_otherwise(self, who: int, mood: Mood, *, again: bool) -> None:
        """A worker is told of another amount than was asked for, perhaps twice, and somebody looks into it."""
        self._owe(who)
        self.pay(who, 0, "half", SandboxSource.APPROVE_AND_LOSE_ANSWER, None)
        if not self.open_ends():
            return
        payment = self.open_ends()[-1]
        self._work_at(payment, timedelta(0), Mood.MISSTATES, None)
        if again and payment.look_at is not None:
            self._work_at(payment, timedelta(0), mood, None)
        self._conclude(payment, Conclusion.PAID)
        self._conclude(payment, Conclusion.NOT_MADE)

    @rule(who=indexes, source=st.sampled_from(SandboxSource), offset=offsets)
    def hear_nothing_for_a_day(self, who: int, source: SandboxSource, offset: timedelta) -> None:
        """Workers look in vain until the practice sees it, just before a day is over, then, or just after."""
        self._owe(who)
        self.pay(who, 0, "half", source, None)
        if not self.open_ends():
            return
        payment = self.open_ends()[-1]
        self._wait_until(payment.requested_at + A_DAY + offset)
        self._work_at(payment, timedelta(0), Mood.OUT_OF_REACH, None)
        self._reach("nothing was heard for a day less an instant", when=not payment.unclear_since)
        self._conclude(payment, Conclusion.PAID)
        self._conclude(payment, Conclusion.NOT_MADE)

    def _conclude(self, payment: Payment, conclusion: Conclusion) -> None:
        was, charged = payment.unclear_since, payment.charged
        if conclusion is Conclusion.NOT_MADE and payment.unclear_since is not None and self.store.good_commits != 0:
            self.processor.give_back_by_hand(payment.id)
            payment.ledger = "refunded" if payment.ledger == "approved" else payment.ledger
        answer, _ = self._ask(
            lambda: self.desk.statements.conclude(payment.id, conclusion), self.model.conclude(payment, conclusion)
        )
        self.auditor.audit()
        self._reach("something was to be concluded that was clear", when=was is None)
        self._reach("another amount was to count", when=answer.startswith("charged_otherwise"))
        self._reach("what was charged otherwise was given back by hand", when=answer == DONE and charged)
        self._reach("what nobody could find out was concluded", when=answer == DONE and not charged)
