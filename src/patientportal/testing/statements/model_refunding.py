"""The part of the model for refunds, and for workers, who find out what became of payments and of refunds."""

from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.values.money import Money
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.kept import Work
from patientportal.testing.machine_base import DONE, Prediction, nothing
from patientportal.testing.statements.kept import Payment, Refund, Steps
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.model_settling import FAILED, SettlingModel
from patientportal.testing.statements.processor import Mood

REASON = "The bank took it back."


class RefundingModel(SettlingModel):
    """Each method says what the call of its name will answer, and makes it happen, as ``SettlingModel``'s do."""

    def refund(
        self, payment: Payment, asked: Money | None, key: str | None, mood: Mood, *, good_commits: int | None
    ) -> Steps:
        """Said in one transaction, given back outside any, written down in a second; once a key."""
        done = Steps(good_commits, payment=payment)
        done.answer = self._why_not_back(payment, asked, key, by_hand=False) or DONE
        if done.answer != DONE:
            return done
        if not done.commit():
            done.answer = FAILED
        if done.answer != DONE or self._is_again(payment, asked, key):
            return done
        refund = self._begin_refund(payment, asked, key, by_hand=False)
        self.give_back(refund, mood, done)
        return done

    def refund_by_hand(self, payment: Payment, asked: Money | None, key: str | None) -> Prediction:
        """What was given back by hand is so at once."""
        why_not = self._why_not_back(payment, asked, key, by_hand=True)
        if why_not is not None:
            return Prediction(why_not)
        if self._is_again(payment, asked, key):
            return Prediction(DONE, nothing)

        def effect() -> None:
            self._end_refund(self._begin_refund(payment, asked, key, by_hand=True), "done")

        return Prediction(DONE, effect)

    def _why_not_back(  # noqa: PLR0911 - a refusal a line
        self, payment: Payment, asked: Money | None, key: str | None, *, by_hand: bool
    ) -> str | None:
        """The first of the reasons against a refund."""
        if asked is not None and asked.minor_units == 0:
            return "bad_input: out_of_range"
        if asked is not None and key is None:
            return "bad_input: empty"
        earlier = self._refund_under(payment, key)
        if earlier is not None:
            is_same = (earlier.payment, earlier.asked, earlier.by_hand) == (payment, asked, by_hand)
            return None if is_same else "idempotency_key_reused"
        if payment.fate != "settled":
            return f"payment_not_settled: {payment.fate}"
        if payment.order.method != "online" and not by_hand:
            return f"payment_not_online: {payment.order.method}"
        if asked is not None and asked.currency != payment.amount.currency:
            return "bad_input: other_currency"
        if asked is not None and asked.minor_units > payment.left:
            return f"refund_exceeds_payment: {payment.left} {payment.amount.currency}"
        return None

    def _is_again(self, payment: Payment, asked: Money | None, key: str | None) -> bool:
        """Whether a refund that nothing speaks against is one that was asked for before, or of nothing."""
        return self._refund_under(payment, key) is not None or (asked is None and payment.left == 0)

    def _refund_under(self, payment: Payment, key: str | None) -> Refund | None:
        own = (one for one in self.refunds() if one.payment.order.person is payment.order.person and one.key == key)
        return None if key is None else next(own, None)

    def _begin_refund(self, payment: Payment, asked: Money | None, key: str | None, *, by_hand: bool) -> Refund:
        units = payment.left if asked is None else asked.minor_units
        reason = REASON if by_hand else None
        refund = Refund(payment, units, asked, by_hand, key, reason, self.now, self.now + self.patience)
        payment.refunds.append(refund)
        return refund

    def give_back(self, refund: Refund, mood: Mood, done: Steps) -> bool:
        """The processor is asked for a refund, once more perhaps; what it answers is written down."""
        if mood is Mood.OUT_OF_REACH:
            return False
        if mood is Mood.REFUSES_REFUNDS and not refund.is_given_back:
            fate = "declined"
        else:
            refund.is_given_back, fate = True, "done"
        if (mood is Mood.LOSES_REFUNDS and fate == "done") or not done.commit():
            return False
        self._end_refund(refund, fate)
        return True

    def _end_refund(self, refund: Refund, fate: str) -> None:
        refund.fate, refund.look_at, refund.ended_at, refund.unclear_since = fate, None, self.now, None

    def conclude_refund(self, refund: Refund, conclusion: Conclusion) -> Prediction:
        """Somebody says what became of one that is unclear."""
        if refund.unclear_since is None:
            return Prediction(f"refund_not_unclear: {refund.fate}")
        return Prediction(
            DONE, lambda: self._end_refund(refund, "done" if conclusion is Conclusion.PAID else "declined")
        )

    def due(self, limit: int) -> list[Payment | Refund]:
        """What a worker would look at, in its order: so many payments, and then so many refunds."""
        payments = sorted((one for one in self.payments if self._is_due(one)), key=lambda one: one.turn)
        refunds = sorted((one for one in self.refunds() if self._is_due(one)), key=lambda one: one.turn)
        return [*payments[:limit], *refunds[:limit]]

    def _is_due(self, one: Payment | Refund) -> bool:
        return one.look_at is not None and one.look_at <= self.now

    def reconcile(self, *, limit: int, mood: Mood, good_commits: int | None) -> Steps:
        """A worker takes one after another, and asks what became of it; what it doesn't find out waits once more."""
        done = Steps(good_commits)
        for one in self.due(limit):
            if not done.commit():
                done.stuck += 1
                continue
            one.look_at = self.now + self.patience
            if self.now - one.requested_at >= A_DAY:
                one.unclear_since = one.unclear_since or self.now
            if isinstance(one, Payment):
                done.concluded += self.find_out(one, mood, done)
            else:
                done.concluded += self.give_back(one, mood, done)
        done.fails = done.stuck > 0 and done.concluded == 0
        return done

    def work_through(self, *, limit: int, mood: Mood, answer: Answer, good_commits: int | None) -> tuple[Steps, Work]:
        """A call of ``work``: first the payments and refunds, then the notices; at the end it fails if either did."""
        looked = self.reconcile(limit=limit, mood=mood, good_commits=good_commits)
        left = None if looked.good_commits is None else looked.good_commits - looked.commits
        told = self.work(limit=limit, answer=answer, good_commits=left)
        told.fails = told.fails or looked.fails
        return looked, told
