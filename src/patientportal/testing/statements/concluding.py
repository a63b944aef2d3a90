"""Somebody concludes what no machine can find out: a layer of ``StatementsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.machine_base import DONE, agree, indexes, latest, offsets
from patientportal.testing.statements.kept import Payment, Refund
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.overtaken import OvertakenMachine
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.shown import refund_shown
from patientportal.testing.statements.uploading import OWED

conclusions: st.SearchStrategy[Conclusion] = st.sampled_from(Conclusion)


class ConcludingMachine(OvertakenMachine):
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

    @precondition(lambda self: self.model.refunds())
    @rule(which=indexes, conclusion=conclusions)
    def conclude_a_refund(self, which: int, conclusion: Conclusion) -> None:
        """The practice says what became of a refund, of which that may be known."""
        self._conclude_refund(latest(self.model.refunds(), which), conclusion)

    @rule(who=indexes, mood=st.sampled_from((Mood.OUT_OF_REACH, Mood.LOSES_REFUNDS)), offset=offsets)
    def hear_nothing_of_a_refund(self, who: int, mood: Mood, offset: timedelta) -> None:
        """Workers ask in vain until the practice sees it, which says what the processor's list says."""
        self._owe(who)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        if not self.settled():
            return
        payment = self.settled()[-1]
        self._refund(payment, mood, "half", self._fresh_refund_key())
        for refund in [one for one in payment.refunds if one.fate == "pending"]:
            self._wait_until(refund.requested_at + A_DAY + offset)
            self._work_at(refund, timedelta(0), Mood.OUT_OF_REACH, None)
            self._conclude_refund(refund, Conclusion.PAID if refund.is_given_back else Conclusion.NOT_MADE)

    @rule(who=indexes, retracts=st.booleans(), bills=st.booleans(), conclusion=conclusions)
    def be_charged_after_all(self, who: int, conclusion: Conclusion, *, retracts: bool, bills: bool) -> None:
        """A voided charge is made all the same, is overtaken by other statements, and somebody concludes it."""
        self.pay_slowly(who, SandboxSource.APPROVE, "a worker", arrived=False, mood=Mood.BREAKS_PROMISES)
        payment = self.model.payments[-1] if self.model.payments else None
        if payment is None or payment.fate != "released" or payment.charged is None:
            return
        if bills:
            self.bill_anew(payment.order.person, OWED)
        if retracts:
            self._retract(payment.order.statement, RetractionReason.OTHER)
        was = payment.counts_on
        self._conclude(payment, conclusion)
        self._reach("what was charged after all counts", when=payment.fate == "settled")
        self._reach("what was charged after all counts elsewhere", when=payment.counts_on is not was)

    def _conclude_refund(self, refund: Refund, conclusion: Conclusion) -> None:
        was = refund.unclear_since
        if was is not None and refund.is_given_back is not (conclusion is Conclusion.PAID):
            return  # what somebody says is what the processor's list says
        answer, shown = self._ask(
            lambda: self.desk.statements.conclude_refund(refund.id, conclusion),
            self.model.conclude_refund(refund, conclusion),
        )
        self.auditor.audit()
        if shown is not None:
            agree("refund", predicted=refund.shown(), answered=refund_shown(shown))
        self._reach("a refund was to be concluded that was clear", when=was is None)
        self._reach("a refund that nobody heard of was concluded", when=answer == DONE and refund.fate == "done")
        self._reach("a refund that never was made was concluded", when=answer == DONE and refund.fate == "declined")

    def _conclude(self, payment: Payment, conclusion: Conclusion) -> None:
        was, charged = payment.unclear_since, payment.charged
        if conclusion is Conclusion.NOT_MADE and payment.unclear_since is not None and self.store.good_commits != 0:
            self.processor.give_back_by_hand(payment.id)
            payment.ledger = "given back" if payment.ledger == "approved" else payment.ledger
        answer, _ = self._ask(
            lambda: self.desk.statements.conclude(payment.id, conclusion), self.model.conclude(payment, conclusion)
        )
        self.auditor.audit()
        self._reach("something was to be concluded that was clear", when=was is None)
        self._reach("another amount was to count", when=answer.startswith("charged_otherwise"))
        self._reach("what was charged otherwise was given back by hand", when=answer == DONE and charged)
        self._reach("what nobody could find out was concluded", when=answer == DONE and not charged)
