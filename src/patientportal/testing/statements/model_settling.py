"""The part of the model for payments: reserved, charged, given back, and found out by a worker."""

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.money import Money
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.kept import Seat, Work
from patientportal.testing.machine_base import DONE, Prediction
from patientportal.testing.statements.kept import PAID, Order, Payment, Receipt, Steps
from patientportal.testing.statements.model_base import A_DAY, ModelBase
from patientportal.testing.statements.processor import Mood, other_than

FAILED = "adapter_failed"
LEDGER: dict[SandboxSource, str] = {
    SandboxSource.APPROVE: "approved",
    SandboxSource.DECLINE: "declined",
    SandboxSource.TIME_OUT: "nothing",
    SandboxSource.APPROVE_AND_LOSE_ANSWER: "approved",
    SandboxSource.NEVER_ANSWER: "silent",
}
"""What stands in the processor's ledger after a charge."""
NEVER_HEARD: frozenset[SandboxSource] = frozenset({SandboxSource.TIME_OUT, SandboxSource.APPROVE_AND_LOSE_ANSWER})
"""Of these the answer is lost, whatever it is."""
HEARD_AT_ONCE: dict[SandboxSource, str] = {SandboxSource.APPROVE: "settled", SandboxSource.DECLINE: "declined"}


class SettlingModel(ModelBase):
    """Each method says what the call of its name will answer, and makes it happen.

    A call of several transactions does what the commits before the one that fails have saved.
    """

    def pay(self, order: Order, seat: Seat, *, mood: Mood, good_commits: int | None) -> Steps:
        """Reserved in one transaction, charged outside any, and what the processor said is written down in a second.

        When the second fails, the payment is as it was. The same again does the same again while it is pending.
        """
        done = self.reserve(order, seat, good_commits=good_commits)
        if done.payment is not None and done.payment.fate == "pending" and mood is not Mood.OUT_OF_REACH:
            if done.payment.ledger == "nothing":
                done.payment.ledger = LEDGER[order.source]
            self.hear(done.payment, done)
        return done

    def reserve(self, order: Order, seat: Seat, *, good_commits: int | None) -> Steps:
        """The first transaction of a payment; under a key of which the end is known, the only one."""
        done = Steps(good_commits)
        done.answer = self._why_not(order, seat) or DONE
        if done.answer != DONE:
            return done
        if not done.commit():
            done.answer = FAILED
            return done
        done.payment = self.under_key(order.person, order.key)
        if done.payment is None:
            done.payment = Payment(order, self._amount(order), self.now, self.now + self.patience)
            self.payments.append(done.payment)
        elif done.payment.fate == "pending":
            done.payment.look_at = self.now + self.patience
        return done

    def hear(self, payment: Payment, done: Steps) -> None:
        """The second transaction, if the processor answers; what became of the payment meanwhile stays so."""
        fate = HEARD_AT_ONCE.get(payment.order.source)
        is_voided = payment.ledger == "voided" and payment.order.source not in NEVER_HEARD
        if is_voided:
            fate = "declined"
        if fate is not None and done.commit() and payment.fate == "pending":
            payment.code = "voided" if is_voided else payment.code
            self._end(payment, fate)

    def _why_not(self, order: Order, seat: Seat) -> str | None:  # noqa: PLR0911 - a refusal a line
        """The first of the reasons against a payment."""
        statement, amount = order.statement, self._amount(order)
        if isinstance(order.asked, Money) and order.asked.minor_units == 0:
            return "bad_input: out_of_range"
        if not self.is_live(seat):
            return "session_ended"
        if statement.person is not order.person:
            return "not_found: statement"
        earlier = self.under_key(order.person, order.key)
        if earlier is not None:
            return None if earlier.order.terms == order.terms else "idempotency_key_reused"
        if not statement.is_current:
            return "not_current_statement"
        if self.is_overdue(statement) and not self.policy.payments.overdue_payable:
            return f"statement_overdue: {statement.due_on}"
        if amount.currency != statement.balance.currency:
            return "bad_input: other_currency"
        if not 0 < amount.minor_units <= self.remaining(statement):
            return f"amount_exceeds_balance: {self.remaining(statement)} {statement.balance.currency}"
        return None

    def _amount(self, order: Order) -> Money:
        if isinstance(order.asked, Money):
            return order.asked
        statement = order.statement
        return Money(minor_units=self.remaining(statement), currency=statement.balance.currency)

    def refund(self, payment: Payment, mood: Mood, *, good_commits: int | None) -> Steps:
        """Said in one transaction, given back outside any, written down in a second; again, nothing happens."""
        done = Steps(good_commits, payment=payment)
        if payment.fate not in {*PAID, "refunded"}:
            done.answer = f"payment_not_settled: {payment.fate}"
        elif not done.commit():
            done.answer = FAILED
        elif payment.fate == "settled":
            payment.fate, payment.look_at = "refunding", self.now + self.patience
            self._conclude(payment, mood, done)
        return done

    def reconcile(self, *, limit: int, mood: Mood, good_commits: int | None) -> Steps:
        """A worker takes one after another, and asks what became of it; what it doesn't find out waits once more."""
        done = Steps(good_commits)
        for payment in self.due()[:limit]:
            if done.commit():
                payment.look_at = self.now + self.patience
                if payment.fate == "pending" and self.now - payment.requested_at >= A_DAY:
                    payment.unclear_since = payment.unclear_since or self.now
                done.concluded += self._conclude(payment, mood, done)
            else:
                done.stuck += 1
        done.fails = done.stuck > 0 and done.concluded == 0
        return done

    def work_through(self, *, limit: int, mood: Mood, answer: Answer, good_commits: int | None) -> tuple[Steps, Work]:
        """A call of ``work``: first the payments, then the notices; at the end it fails if either did."""
        looked = self.reconcile(limit=limit, mood=mood, good_commits=good_commits)
        left = None if looked.good_commits is None else looked.good_commits - looked.commits
        told = self.work(limit=limit, answer=answer, good_commits=left)
        told.fails = told.fails or looked.fails
        return looked, told

    def conclude(self, payment: Payment, conclusion: Conclusion) -> Prediction:
        """Somebody says what became of one that is unclear; who says no name can't have counted what nobody named."""
        if payment.unclear_since is None:
            return Prediction(f"payment_not_unclear: {payment.fate}")
        if conclusion is Conclusion.PAID:
            charged = payment.charged
            return Prediction("bad_input: empty" if charged is None else f"charged_otherwise: {charged}")
        return Prediction(DONE, lambda: self._end(payment, "released"))

    # What becomes so

    def _conclude(self, payment: Payment, mood: Mood, done: Steps) -> bool:
        find_out = self._charged if payment.fate == "pending" else self._given_back
        fate = None if mood is Mood.OUT_OF_REACH else find_out(payment, mood)
        if fate is None or not done.commit():
            return False
        if fate == "charged otherwise":
            if payment.charged is None:
                payment.charged, payment.unclear_since = other_than(payment.amount), payment.unclear_since or self.now
            return False
        self._end(payment, fate)
        return True

    def _charged(self, payment: Payment, mood: Mood) -> str | None:
        if payment.ledger in {"nothing", "voided"} and mood is not Mood.PROMISES_NOTHING:
            payment.ledger = "voided"
        if payment.ledger == "approved" and mood is Mood.MISSTATES:
            return "charged otherwise"
        return {"approved": "settled", "declined": "declined"}.get(payment.ledger) or (
            "released" if payment.ledger == "voided" and mood is not Mood.PROMISES_NOTHING else None
        )

    def _given_back(self, payment: Payment, mood: Mood) -> str | None:
        if payment.ledger == "approved" and mood is Mood.REFUSES_REFUNDS:
            return "settled"
        payment.ledger = "refunded"
        return None if mood is Mood.LOSES_REFUNDS else "refunded"

    def _end(self, payment: Payment, fate: str) -> None:
        was, payment.fate, payment.look_at, payment.unclear_since = payment.fate, fate, None, None
        payment.charged = None if fate == "settled" else payment.charged
        if was == "pending" or fate == "refunded":
            payment.ended_at = self.now
        if was == "pending":
            self.receipts.append(Receipt(payment, self._receipt(payment), self.now))
            self._tell(payment.order.person, NoticeKind.NEW_MESSAGE)

    def _receipt(self, payment: Payment) -> str:
        statement = payment.order.statement
        if payment.fate != "settled":
            return f"Your payment of {payment.amount} for statement {statement.number} was not made."
        paid = Money(minor_units=self.paid(statement), currency=statement.balance.currency)
        return (
            f"We have received your payment of {payment.amount} for statement {statement.number}.\n\n"
            f"Paid of this statement until now: {paid} of {statement.balance}."
        )
