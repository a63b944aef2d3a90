"""The part of the model for payments: reserved, charged, and found out by a worker or by somebody."""

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Seat
from patientportal.testing.machine_base import DONE, Prediction, nothing
from patientportal.testing.statements.kept import Order, Payment, Receipt, Steps
from patientportal.testing.statements.model_base import ModelBase
from patientportal.testing.statements.processor import Mood, other_than

FAILED = "adapter_failed"
LEDGER: dict[SandboxSource | None, str] = {
    SandboxSource.APPROVE: "approved",
    SandboxSource.DECLINE: "declined",
    SandboxSource.TIME_OUT: "nothing",
    SandboxSource.APPROVE_AND_LOSE_ANSWER: "approved",
    SandboxSource.NEVER_ANSWER: "silent",
}
"""What stands in the processor's ledger after a charge."""
NEVER_HEARD: frozenset[SandboxSource] = frozenset({SandboxSource.TIME_OUT, SandboxSource.APPROVE_AND_LOSE_ANSWER})
"""Of these the answer is lost, whatever it is."""
HEARD_AT_ONCE: dict[SandboxSource | None, str] = {SandboxSource.APPROVE: "settled", SandboxSource.DECLINE: "declined"}


class SettlingModel(ModelBase):
    """Each method says what the call of its name will answer, and makes it happen.

    A call of several transactions does what the commits before the one that fails have saved.
    """

    def pay(self, order: Order, seat: Seat, *, mood: Mood, good_commits: int | None) -> Steps:
        """Reserved in one transaction, charged outside any, and what the processor said is written down in a second.

        When the second fails, the payment is as it was. The same again does the same again while it is pending, and
        the statement that it was made on wasn't taken back.
        """
        done = self.reserve(order, seat, good_commits=good_commits)
        payment = done.payment
        if payment is None or payment.fate != "pending" or payment.is_stopped or mood is Mood.OUT_OF_REACH:
            return done
        if payment.ledger == "nothing":
            payment.ledger = LEDGER[order.source]
        self.hear(payment, done, mood)
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
            done.payment = Payment(order, order.statement, self._amount(order), self.now, self.now + self.patience)
            self.payments.append(done.payment)
        elif done.payment.fate == "pending" and not done.payment.is_stopped:
            done.payment.look_at = self.now + self.patience
        return done

    def hear(self, payment: Payment, done: Steps, mood: Mood = Mood.WELL) -> None:
        """The second transaction, if the processor answers; what became of the payment meanwhile stays so."""
        fate = HEARD_AT_ONCE.get(payment.order.source)
        is_voided = payment.ledger == "voided" and payment.order.source not in NEVER_HEARD
        if is_voided and mood is Mood.BREAKS_PROMISES:
            self._charged_after_all(payment, done)
            return
        if is_voided:
            fate = "declined"
        if fate is not None and done.commit() and payment.fate == "pending":
            payment.code = "voided" if is_voided else payment.code
            self._end(payment, fate)

    def _charged_after_all(self, payment: Payment, done: Steps) -> None:
        """What the processor had promised never to charge is charged: it settles what is pending, or waits."""
        payment.ledger = "approved"
        if not done.commit():
            return
        if payment.fate == "pending":
            self._end(payment, "settled")
        elif payment.fate != "settled":
            payment.charged, payment.unclear_since = payment.amount, payment.unclear_since or self.now

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
        if amount.currency != statement.currency:
            return "bad_input: other_currency"
        if not 0 < amount.minor_units <= self.remaining(statement):
            return f"amount_exceeds_balance: {self.remaining(statement)} {statement.currency}"
        return None

    def _amount(self, order: Order) -> Money:
        if isinstance(order.asked, Money):
            return order.asked
        return Money(minor_units=self.remaining(order.statement), currency=order.statement.currency)

    def record(self, order: Order) -> Prediction:  # noqa: PLR0911 - a refusal a line
        """What was paid otherwise counts at once, on the last statement whose books can't have known it."""
        assert isinstance(order.asked, Money)
        assert order.received_on is not None
        statement = order.statement
        if order.asked.minor_units == 0:
            return Prediction("bad_input: out_of_range")
        same = [one for one in self.payments_of(order.person) if one.order.external_id == order.external_id is not None]
        if same:
            is_same = same[0].order.terms == order.terms
            return Prediction(DONE, nothing) if is_same else Prediction("idempotency_key_reused")
        if not statement.is_current:
            return Prediction("not_current_statement")
        if order.received_on > self.today:
            return Prediction("bad_input: too_late")
        if order.asked.currency != statement.currency:
            return Prediction("bad_input: other_currency")
        if order.method == "reduction" and order.asked.minor_units > self.owed(statement):
            return Prediction(f"reduction_exceeds_owed: {self.owed(statement)} {statement.currency}")
        return Prediction(DONE, lambda: self._write_down(order))

    def _write_down(self, order: Order) -> None:
        assert isinstance(order.asked, Money)
        assert order.received_on is not None
        ended_at = min(self.now, self.last_of(order.received_on))
        payment = Payment(order, order.statement, order.asked, self.now, None, fate="settled", ended_at=ended_at)
        payment.counts_on = self.unaware(order.statement, payment)
        self.payments.append(payment)

    def conclude(self, payment: Payment, conclusion: Conclusion) -> Prediction:
        """Somebody says what became of one that is unclear; who says no name can't have counted what nobody named."""
        if payment.unclear_since is None:
            return Prediction(f"payment_not_unclear: {payment.fate}")
        if conclusion is Conclusion.NOT_MADE:
            return Prediction(DONE, lambda: self._end(payment, "released"))
        if payment.charged is None:
            return Prediction("bad_input: empty")
        if payment.charged != payment.amount:
            return Prediction(f"charged_otherwise: {payment.charged}")
        return Prediction(DONE, lambda: self._count_after_all(payment))

    def _count_after_all(self, payment: Payment) -> None:
        """What had ended uncharged settles now: on the current statement, if that can count it."""
        current = self.current(payment.order.person)
        payment.fate = "pending"
        if current is not None and self.takes(current, payment, again=True):
            payment.counts_on = current
        self._end(payment, "settled")

    # What becomes so

    def find_out(self, payment: Payment, mood: Mood, done: Steps) -> bool:
        """A worker asks what became of a charge, and has it refused for ever if it never arrived."""
        fate = None if mood is Mood.OUT_OF_REACH else self._charged(payment, mood)
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

    def _end(self, payment: Payment, fate: str) -> None:
        was, payment.fate, payment.look_at, payment.unclear_since = payment.fate, fate, None, None
        payment.charged = None if fate == "settled" else payment.charged
        if was == "pending":
            payment.ended_at = self.now
            self.receipts.append(Receipt(payment, self._receipt(payment), self.now))
            self._tell(payment.order.person, NoticeKind.NEW_MESSAGE)

    def _receipt(self, payment: Payment) -> str:
        statement = payment.counts_on
        of = "" if statement.is_retracted else f" for statement {statement.bill.number}"
        if payment.fate != "settled":
            return f"Your payment of {payment.amount}{of} was not made."
        paid = Money(minor_units=self.paid(statement), currency=statement.currency)
        said = f"We have received your payment of {payment.amount}{of}."
        return said if not of else f"{said}\n\nPaid of this statement until now: {paid} of {statement.bill.balance}."
