"""The practice writes down what was paid otherwise, and what it lets off: a layer of ``StatementsMachine``."""

from attrs import evolve, frozen
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.statements.payments import PaymentMethod
from patientportal.domain.values.money import Money
from patientportal.testing.machine_base import DONE, agree, indexes, latest
from patientportal.testing.statements.kept import Order, Payment
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.refunding import RefundingMachine
from patientportal.testing.statements.shown import payment_shown

methods: st.SearchStrategy[str] = st.sampled_from(
    ("cash", "cash", "cheque", "card", "insurer", "reduction", "reduction")
)
sums: st.SearchStrategy[str] = st.sampled_from(
    ("all", "half", "half", "one", "one more", "more", "owed", "one more than owed", "nothing", "foreign")
)


@frozen
class Received:
    """How something was paid, and so many days ago; the hospital's key, if it gives one."""

    method: str
    days_ago: int
    external_id: str | None = None


class RecordingMachine(RefundingMachine):
    """Cash, cheques, cards, insurers and reductions, of the current statement or of another, once or again."""

    @rule(
        who=indexes,
        which=st.sampled_from((0, 0, 0, 1, 2)),
        sum_=sums,
        how=st.builds(
            Received,
            method=methods,
            days_ago=st.sampled_from((0, 0, 0, 1, 5, 6, 10, 40, -1)),
            external_id=st.sampled_from((None, None, "C-1", "C-2")),
        ),
    )
    def record(self, who: int, which: int, sum_: str, how: Received) -> None:
        """The practice writes down what it received, some days ago perhaps."""
        somebody = latest(self.model.people, who)
        own = sorted(self.model.statements_of(somebody), key=lambda one: one.place)
        statement = (self.model.current(somebody) if which == 0 else None) or latest(own, which)
        left, owed = self.model.remaining(statement), self.model.owed(statement)
        units = {
            "all": left,
            "half": left // 2,
            "one": 1,
            "one more": left + 1,
            "more": left + 5_000,
            "owed": owed,
            "one more than owed": owed + 1,
            "nothing": 0,
            "foreign": 1,
        }[sum_]
        currency = "EUR" if sum_ == "foreign" else statement.currency
        received_on = self.model.today - how.days_ago * A_DAY
        asked = Money(minor_units=units, currency=currency)
        reference = "" if how.external_id is None else f"number {how.external_id}"
        self._record(Order(somebody, statement, asked, None, None, how.method, received_on, how.external_id, reference))

    @precondition(lambda self: self.written_down())
    @rule(which=indexes, changes=st.booleans())
    def record_again(self, which: int, *, changes: bool) -> None:
        """The practice writes down the same once more, under the hospital's key or without one; or with another day."""
        keyed = [one for one in self.written_down() if one.order.external_id]
        order = latest(keyed or self.written_down(), which).order
        assert order.received_on is not None
        self._record(evolve(order, received_on=order.received_on - A_DAY) if changes else order)

    @rule(who=indexes, method=methods, sum_=st.sampled_from(("all", "half", "more")), days=st.sampled_from((0, 1, 6)))
    def record_and_bill(self, who: int, method: str, sum_: str, days: int) -> None:
        """The practice writes something down, takes some of it back perhaps, and the next statement arrives."""
        self._owe(who)
        self.record(who, 0, sum_, Received(method, days))
        if self.settled():
            self._refund_by_hand(self.settled()[-1], "half", self._fresh_refund_key())
        self.bill_anew(latest(self.model.people, who), Money(minor_units=10_000, currency="USD"))

    @rule(who=indexes, pays=st.booleans())
    def let_off_twice(self, who: int, *, pays: bool) -> None:
        """The practice lets something off, then more than is owed by then, then all of that, paid or not."""
        self._owe(who)
        if pays:
            self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        for sum_ in ("half", "one more than owed", "owed"):
            self.record(who, 0, sum_, Received("reduction", 0))

    def written_down(self) -> list[Payment]:
        """What was paid otherwise than online."""
        return [one for one in self.model.payments if one.order.received_on is not None]

    def _record(self, order: Order) -> None:
        before = len(self.model.payments)
        method, credit = PaymentMethod(order.method), self.model.credit(order.statement)
        owed = self.model.owed(order.statement)
        amount, received_on = order.asked, order.received_on
        assert isinstance(amount, Money)
        assert received_on is not None
        answer, shown = self._ask(
            lambda: self.desk.statements.record_payment(
                order.statement.id,
                amount,
                method=method,
                received_on=received_on,
                reference=order.reference,
                external_id=order.external_id,
            ),
            self.model.record(order),
        )
        self._reach("more was to be let off than is owed", when=answer.startswith("reduction_exceeds"))
        self._reach("an earlier statement was to be paid otherwise", when=answer == "not_current_statement")
        self._reach("a cheque's key stood for another payment", when=answer == "idempotency_key_reused")
        self._reach("something was received tomorrow", when=answer == "bad_input: too_late")
        if answer != DONE or shown is None:
            return
        if len(self.model.payments) == before:
            self._reach("a cheque was written down twice")
            return
        payment = self.model.payments[-1]
        payment.id = shown.payment_id
        agree("written down", predicted=payment.shown(), answered=payment_shown(shown))
        self.auditor.audit()
        self._reach("more was paid than is owed", when=self.model.credit(order.statement) > credit)
        self._reach("all that is owed was let off", when=order.method == "reduction" and amount.minor_units == owed)
        self._reach("what the books knew was written down", when=payment.counts_on is not order.statement)
        self._reach(
            "what the first books knew was written down", when=self.model.was_posted(payment, payment.counts_on)
        )
