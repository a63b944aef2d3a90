"""An auditor of statements and payments: adds up what is kept after each commit, and what may have changed by it."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field

from patientportal.ports.store import Store
from patientportal.testing.machine_base import agree
from patientportal.testing.statements.books import Books, Sums, read
from patientportal.testing.statements.processor import MoodyProcessor

UNCHARGED = frozenset({"declined", "released"})
WENT_TO = {
    "pending": {"pending", "settled", *UNCHARGED},
    "settled": {"settled"},
    "declined": {"declined", "settled"},
    "released": {"released", "settled"},
}
"""Where a payment may stand at the next look; what ended without a charge counts once somebody found one after all."""
REFUND_WENT_TO = {"pending": {"pending", "done", "declined"}, "done": {"done"}, "declined": {"declined"}}
TOLD = {"payment_receipt": {"settled"}, "payment_not_made": UNCHARGED}


@define
class Auditor:
    """Knows no rule, no model and no handle: only the books of the store, and those of the processor.

    Args:
        store: whose books.
        processor: what it has charged.
        zone: the practice's.

    Attributes:
        books: as they were at the last look.
        disagreement: what didn't add up after a commit, which ``audit`` raises: the portal must not take it for a
            fault of the store.
    """

    store: Store
    processor: MoodyProcessor
    zone: ZoneInfo
    books: Books = field(init=False)
    disagreement: AssertionError | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.books = Books(self.zone)

    def at_commit(self) -> None:
        """Looks at everything after a commit, and remembers the first thing that doesn't add up."""
        try:
            self._look()
        except AssertionError as error:
            self.disagreement = self.disagreement or error

    def audit(self) -> None:
        """Looks at everything.

        Raises:
            AssertionError: something doesn't add up.
        """
        if self.disagreement is not None:
            raise self.disagreement
        self._look()

    def _look(self) -> None:
        with self.store.view() as view:
            now = read(view, self.zone)
        self._latest_is_current(now)
        self._adds_up(now)
        self._counts_where_it_must(now)
        self._refunds_add_up(now)
        self._went_on(now)
        self._moved_as_predicted(now)
        self._asks_no_more(now)
        self._agrees_with_the_processor(now)
        self._has_receipts(now)
        self.books = now

    # At every moment

    def _latest_is_current(self, now: Books) -> None:
        """I1: of each patient's that weren't taken back, that alone which was issued last."""
        latest = {now.current(one.patient_id) for one in now.statements.values()} - {None}
        for one in now.statements.values():
            status = "retracted" if one.retracted_at else "current" if one in latest else "superseded"
            agree(f"I1: statement {one.number}", predicted=status, answered=one.status)
        held = Counter((one.patient_id, one.number) for one in now.statements.values() if one.retracted_at is None)
        agree("I1: one statement a number", predicted=[], answered=[key for key, times in held.items() if times > 1])

    def _adds_up(self, now: Books) -> None:
        """I2: paid, reduced and pending are what counts on a statement, in its currency."""
        sums = now.sums()
        for key, one in now.statements.items():
            written = Sums(one.paid_minor_units, one.reduced_minor_units, one.pending_minor_units)
            agree(f"I2: statement {one.number}", predicted=sums[key], answered=written)
        for payment in now.payments.values():
            on = now.statements[payment.counts_on]
            whose = (payment.patient_id, payment.amount.currency)
            agree("I2: its patient's, in its currency", predicted=whose, answered=(on.patient_id, on.balance.currency))

    def _counts_where_it_must(self, now: Books) -> None:
        """I3: a current statement that covers the earlier ones counts all that the books couldn't know yet."""
        for one in now.payments.values():
            current = now.current(one.patient_id)
            if one.method != "online":
                agree("when it was paid", predicted=now.paid_at(one), answered=one.ended_at)
            if current is not None and _covers(now, current, one) and one.counts_on != current.id:
                raise AssertionError(f"I3: {one} doesn't count on {current}")

    def _refunds_add_up(self, now: Books) -> None:
        """I5: what was and is being given back of a payment is what its refunds say, and at most its amount."""
        for one in now.payments.values():
            done, going = now.given_back(one.id), now.given_back(one.id, "pending")
            written = (one.refunded_minor_units, one.refunding_minor_units)
            agree(f"I5: payment {one.id}", predicted=(done, going), answered=written)
            if done + going > one.amount.minor_units or (done + going and one.status != "settled"):
                raise AssertionError(f"I5: {done} and {going} of {one}")
        for refund in now.refunds.values():
            payment = now.payments[refund.payment_id]
            made_of = (payment.patient_id, payment.amount.currency)
            agree("I5: a refund's", predicted=made_of, answered=(refund.patient_id, refund.amount.currency))
            if refund.amount.minor_units <= 0 or (refund.by_hand and refund.status != "done"):
                raise AssertionError(f"I5: {refund}")

    def _agrees_with_the_processor(self, now: Books) -> None:
        """I8: what it has charged counts, or may yet, or waits for somebody, or was given back; to the cent."""
        charged = {one.key: one for one in self.processor.charges()}
        for payment in now.payments.values():
            is_looked_at = payment.look_at is not None
            agree("I8: what is pending is looked at", predicted=payment.status == "pending", answered=is_looked_at)
            if payment.method == "online" and payment.status == "settled" and payment.id not in charged:
                raise AssertionError(f"I8: {payment} is settled and wasn't charged")
        for key, charge in charged.items():
            payment = now.payments[key]
            agree("I8: charged", predicted=payment.amount, answered=charge.amount)
            if payment.status in UNCHARGED and payment.charged is None and not charge.is_refunded:
                raise AssertionError(f"I8: {payment} was charged")
        self._agrees_on_refunds(now)
        asked = self.processor.orders.items()
        agree("I8: one order a key", predicted=[], answered=[key for key, orders in asked if len(orders) > 1])

    def _agrees_on_refunds(self, now: Books) -> None:
        """I5, I8: what went back through it is a refund, once, of the same amount."""
        kept = {one.id: one for one in now.refunds.values() if not one.by_hand}
        for key, (of, amount) in self.processor.given_back.items():
            refund = kept.get(key)
            said = None if refund is None else (refund.payment_id, refund.amount, refund.status != "declined")
            agree("I8: given back", predicted=(of, amount, True), answered=said)
        done = {key for key, one in kept.items() if one.status == "done"}
        agree("I8: refunds done", predicted=set(), answered=done - set(self.processor.given_back))

    def _has_receipts(self, now: Books) -> None:
        """One for each online payment that has ended, which names its amount and whether it was ever settled."""
        for kind, statuses in TOLD.items():
            told = {one.about_id: one.body for one in now.messages if one.kind == kind}
            ended = {key for key, one in now.payments.items() if one.method == "online" and one.status in statuses}
            agree(f"{kind}: of what ended so", predicted=set(), answered=ended - set(told))
            agree(f"{kind}: once", predicted=len(told), answered=sum(one.kind == kind for one in now.messages))
            for key, body in told.items():
                agree("the receipt names the amount", predicted=True, answered=str(now.payments[key].amount) in body)

    # From one moment to the next

    def _went_on(self, now: Books) -> None:
        """What ended stays ended, nothing goes away, and what a statement or a payment says stays said."""
        for key, was in self.books.statements.items():
            said = [(one.number, one.balance, one.issued_on, one.posted_until) for one in (was, now.statements[key])]
            agree("a statement stays what it says", predicted=said[0], answered=said[1])
            agree(
                "I1: retracted for good",
                predicted=was.retracted_at,
                answered=was.retracted_at and now.statements[key].retracted_at,
            )
        for key, was in self.books.payments.items():
            one = now.payments[key]
            agree(
                "a payment's statement and amount",
                predicted=(was.statement_id, was.amount),
                answered=(one.statement_id, one.amount),
            )
            if one.status not in WENT_TO[was.status] or one.refunded_minor_units < was.refunded_minor_units:
                raise AssertionError(f"{was} became {one}")
        for key, was in self.books.refunds.items():
            if now.refunds[key].status not in REFUND_WENT_TO[was.status]:
                raise AssertionError(f"{was} became {now.refunds[key]}")
        keys = Counter((one.patient_id, one.idempotency_key) for one in now.payments.values() if one.idempotency_key)
        agree("I8: one payment a key", predicted=[], answered=[key for key, times in keys.items() if times > 1])

    def _moved_as_predicted(self, now: Books) -> None:
        """I3, I4: nothing moves but to a statement that becomes current, and what it takes was known beforehand."""
        for key, one in now.payments.items():
            was = self.books.payments.get(key)
            predicted = self._new(now, one) if was is None else self._known(now, was, one)
            agree(f"where {one} counts", predicted=predicted, answered=one.counts_on)

    def _new(self, now: Books, payment: Any) -> str:  # noqa: ANN401 - of no class that is known here
        """I4: what is new counts on the current statement; or before that, where the books of that one knew of it."""
        current = self.books.current(payment.patient_id)
        agree("I4: made on the current statement", predicted=current and current.id, answered=payment.statement_id)
        assert current is not None
        if payment.method == "online":
            return str(current.id)
        return str(now.unaware(current, now.paid_at(payment)).id)

    def _known(self, now: Books, was: Any, payment: Any) -> str:  # noqa: ANN401
        current = now.current(payment.patient_id)
        if current is None or current.balance.currency != payment.amount.currency:
            return str(was.counts_on)
        is_charged_after_all = was.status in UNCHARGED and payment.status == "settled"
        before = self.books.current(payment.patient_id)
        is_other = before is None or current.id != before.id
        is_retracted = now.statements[was.counts_on].retracted_at is not None
        is_restored = current.id in self.books.statements
        counts = was.status in {"pending", "settled"} and is_other
        takes = _covers(now, current, payment) or (is_retracted and (is_restored or is_charged_after_all))
        return str(current.id if (counts or is_charged_after_all) and takes else was.counts_on)

    def _asks_no_more(self, now: Books) -> None:
        """I6: nobody reserves more than remains. I7: what remains rises by what was never paid or went back."""
        left, left_before = now.remaining(), self.books.remaining()
        for key, one in now.payments.items():
            if (
                key not in self.books.payments
                and one.method == "online"
                and one.amount.minor_units > left_before[one.statement_id]
            ):
                raise AssertionError(f"I6: {one} of {left_before[one.statement_id]}")
        rises: Counter[str] = Counter()
        for key, was in self.books.payments.items():
            one = now.payments[key]
            if was.status == "pending" and one.status in UNCHARGED:
                rises[was.counts_on] += was.amount.minor_units
            rises[one.counts_on] += now.given_back(key) - self.books.given_back(key)
        for key, before in left_before.items():
            statement = now.statements[key]
            current, was = now.current(statement.patient_id), self.books.current(statement.patient_id)
            is_new = current is statement and (was is None or was.id != key)
            if left[key] - before > rises[key] and not is_new:
                raise AssertionError(f"I7: {before} remained of {statement}, and {left[key]} does")


def _covers(now: Books, current: Any, payment: Any) -> bool:  # noqa: ANN401
    """Whether a statement says nothing of a payment that it covers: it is pending, or came when that was posted."""
    if not current.covers_earlier or current.balance.currency != payment.amount.currency:
        return False
    is_settled: bool = payment.status == "settled"
    is_pending: bool = payment.status == "pending"
    return is_pending or (is_settled and now.paid_at(payment) >= current.posted_until)
