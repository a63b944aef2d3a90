"""The practice gives payments back, whole, in part and by hand: a layer of ``StatementsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.application.statements.payments import PaymentDetails
from patientportal.domain.values.money import Money
from patientportal.testing.machine_base import DONE, agree, indexes, latest
from patientportal.testing.statements.kept import Payment, Refund
from patientportal.testing.statements.model_refunding import REASON
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import ReconcilingMachine, moods
from patientportal.testing.statements.shown import payment_shown

of_refunds: st.SearchStrategy[Mood] = st.sampled_from(
    (Mood.WELL, Mood.WELL, Mood.OUT_OF_REACH, Mood.REFUSES_REFUNDS, Mood.LOSES_REFUNDS)
)
parts: st.SearchStrategy[str] = st.sampled_from(
    ("all", "all", "half", "half", "rest", "one more", "nothing", "foreign", "no key")
)
keys: st.SearchStrategy[str | None] = st.sampled_from((None, "back-1", "back-2", "fresh", "fresh"))


class RefundingMachine(ReconcilingMachine):
    """Refunds of whatever there is, with the processor in any mood, or without it."""

    @precondition(lambda self: self.model.payments)
    @rule(which=indexes, part=parts, key=keys, mood=moods)
    def refund(self, which: int, part: str, key: str | None, mood: Mood) -> None:
        """The practice gives some of a payment back, which may not be settled, or was given back before."""
        payment = latest(self.settled() or self.model.payments, which)
        self._refund(payment, mood, part, self._fresh_refund_key() if key == "fresh" else key)

    @precondition(lambda self: self.model.payments)
    @rule(which=indexes, part=parts, key=keys)
    def refund_by_hand(self, which: int, part: str, key: str | None) -> None:
        """The practice gives some of a payment back itself, or the bank took it back."""
        self._refund_by_hand(
            latest(self.model.payments, which), part, self._fresh_refund_key() if key == "fresh" else key
        )

    @precondition(lambda self: any(one.key for one in self.model.refunds()))
    @rule(which=indexes, change=st.sampled_from(("", "", "amount", "payment", "by hand")), other=indexes)
    def refund_again(self, which: int, change: str, other: int) -> None:
        """The practice gives a key again, for the same or for something else."""
        refund = latest([one for one in self.model.refunds() if one.key], which)
        payment, asked = refund.payment, refund.asked
        if change == "amount":
            asked = None if asked is not None else Money(minor_units=1, currency=payment.amount.currency)
        elif change == "payment":
            payment = latest(self.model.payments_of(payment.order.person), other)
        self._give_back(payment, asked, refund.key, Mood.WELL, by_hand=refund.by_hand is (change != "by hand"))

    @rule(
        who=indexes,
        mood=of_refunds,
        part=st.sampled_from(("all", "half")),
        fails_after=st.sampled_from((None, None, 0, 1, 1)),
        again=st.booleans(),
    )
    def refund_what_was_paid(self, who: int, mood: Mood, part: str, fails_after: int | None, *, again: bool) -> None:
        """A patient pays and has it back, perhaps with a mishap; then it is asked for again, or a worker looks."""
        self._owe(who)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        if not self.settled():
            return
        payment = self.settled()[-1]
        key = self._fresh_refund_key()
        self._may_fail(fails_after)
        self._refund(payment, mood, part, key)
        if again:
            self._refund(payment, Mood.WELL, part, key)
            self._refund(payment, Mood.WELL, "one more", self._fresh_refund_key())
            self._refund(payment, Mood.WELL, "rest", self._fresh_refund_key())
        for refund in [one for one in payment.refunds if one.fate == "pending"]:
            self._work_at(refund, timedelta(0), mood if again else Mood.WELL, None)

    @rule(who=indexes, portion=st.sampled_from(("all", "half")), in_full=st.booleans())
    def pay_and_think_better_of_it(self, who: int, portion: str, *, in_full: bool) -> None:
        """A patient pays, has it back, and pays again; with the key of before that is what was paid before."""
        self._owe(who)
        key = self._fresh_key()
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        if self.settled():
            self._refund(self.settled()[-1], Mood.WELL, "all", None)
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        self.pay(who, 0, "full" if in_full else "all", SandboxSource.APPROVE, None)

    # How it is done

    def _fresh_refund_key(self) -> str:
        return f"refund-{len(self.model.refunds())}"

    def _refund(self, payment: Payment, mood: Mood, part: str, key: str | None) -> None:
        self._give_back(payment, self._part(payment, part), None if part == "no key" else key, mood, by_hand=False)

    def _refund_by_hand(self, payment: Payment, part: str, key: str | None) -> None:
        key = None if part == "no key" else key
        self._give_back(payment, self._part(payment, part), key, Mood.WELL, by_hand=True)

    def _part(self, payment: Payment, part: str) -> Money | None:
        units = {
            "half": payment.left // 2,
            "rest": payment.left,
            "one more": payment.left + 1,
            "no key": 1,
            "foreign": 1,
        }
        if part == "all":
            return None
        currency = "EUR" if part == "foreign" else payment.amount.currency
        return Money(minor_units=units.get(part, 0), currency=currency)

    def _give_back(self, payment: Payment, asked: Money | None, key: str | None, mood: Mood, *, by_hand: bool) -> None:
        was, known = payment.standing, list(payment.refunds)

        def call() -> PaymentDetails:
            reason = REASON if by_hand else ""
            return self.desk.statements.refund(payment.id, asked, by_hand=by_hand, reason=reason, idempotency_key=key)

        if by_hand:
            prediction = self.model.refund_by_hand(payment, asked, key)
            answer, shown = self._ask(call, prediction)
            if shown is not None:
                agree("payment", predicted=payment.shown(), answered=payment_shown(shown))
            self.auditor.audit()
        else:
            done = self.model.refund(payment, asked, key, mood, good_commits=self.store.good_commits)
            self._pass_through(done, call, mood)
            answer = done.answer
        self._name_refunds(payment)
        self._see_refusal_of_refund(answer, payment, by_hand=by_hand)
        if answer == DONE:
            self._see_refund(payment, was, known, mood)

    def _name_refunds(self, payment: Payment) -> None:
        """The ids of refunds are known only afterwards."""
        if any(not one.id for one in payment.refunds):
            with self._undisturbed():
                page = self.desk.statements.refunds(payment.order.person.id, limit=200)
            known = {one.id for one in payment.refunds}
            (refund,) = [one for one in payment.refunds if not one.id]
            (refund.id,) = [
                one.refund_id for one in page.items if one.payment_id == payment.id and one.refund_id not in known
            ]

    def _see_refusal_of_refund(self, answer: str, payment: Payment, *, by_hand: bool) -> None:
        was_not_settled = answer.startswith("payment_not_settled")
        self._reach("something was to be refunded that wasn't settled", when=was_not_settled)
        self._reach("cash was to be given back by the processor", when=answer.startswith("payment_not_online"))
        self._reach("more was to be given back than is left", when=answer.startswith("refund_exceeds"))
        self._reach("a part was to be given back without a key", when=answer == "bad_input: empty")
        self._reach("a refund's key stood for another refund", when=answer == "idempotency_key_reused")
        is_cash = payment.order.method != "online" and by_hand and answer == DONE
        self._reach("cash was given back by hand", when=is_cash and payment.order.method != "reduction")
        self._reach("a reduction was taken back", when=is_cash and payment.order.method == "reduction")

    def _see_refund(self, payment: Payment, was: str, known: list[Refund], mood: Mood) -> None:
        new = [one for one in payment.refunds if one not in known]
        self._reach("an open refund was asked for again", when=was == "refunding" and not new)
        self._reach("a second part was given back", when=new and [one for one in known if one.fate == "done"])
        self._reach("all was given back in parts", when=payment.standing == "refunded" and len(payment.refunds) > 1)
        self._reach("what was given back was asked for again", when=was == "refunded" and not new)
        is_stuck = [one for one in new if one.fate == "pending" and one.is_given_back and mood is Mood.WELL]
        self._reach("a refund couldn't be written down", when=is_stuck)
        self._reach("a refund was refused", when=[one for one in new if one.fate == "declined"])
        is_elsewhere = payment.counts_on is not payment.order.statement
        done = [one for one in new if one.fate == "done"]
        self._reach("an earlier payment was refunded", when=done and not payment.order.statement.is_current)
        self._reach("something was refunded that had moved", when=done and is_elsewhere)
        self._reach(
            "the bank took back what the processor charged",
            when=[one for one in done if one.by_hand and payment.order.method == "online"],
        )
