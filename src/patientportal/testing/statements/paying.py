"""Patients pay, in time or late, once or again and again: a layer of ``StatementsMachine``."""

from datetime import timedelta
from functools import partial

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.application.statements.payments import PaymentDetails
from patientportal.domain.statements.paying import Pay
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.machine_base import DONE, INSTANT, indexes, latest, offsets, rarely
from patientportal.testing.statements.asking import AskingMachine
from patientportal.testing.statements.kept import Order, Payment, Statement, Steps
from patientportal.testing.statements.machine_base import handle_of
from patientportal.testing.statements.model_settling import HEARD_AT_ONCE
from patientportal.testing.statements.processor import Mood

portions: st.SearchStrategy[str] = st.sampled_from(
    ("full", "all", "all", "one less", "one more", "half", "half", "one", "nothing", "foreign")
)
sources: st.SearchStrategy[SandboxSource] = st.sampled_from(
    (SandboxSource.APPROVE, SandboxSource.APPROVE, *SandboxSource)
)


class PayingMachine(AskingMachine):
    """Payments, as long as nobody but the patient has a hand in them.

    Attributes:
        refused: who offered a key with an order that was refused, which leaves it unused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[tuple[Person, str]] = set()

    @rule(
        who=indexes,
        which=indexes,
        portion=portions,
        source=sources,
        key=st.sampled_from((None, None, "one", "two")),
        stays=rarely,
    )
    def pay(
        self, who: int, which: int, portion: str, source: SandboxSource, key: str | None, *, stays: bool = False
    ) -> None:
        """A patient pays about what remains of one of their statements, mostly of the current one."""
        somebody = latest(self.model.people, who)
        own = self.model.statements_of(somebody)
        if own:
            statement = self.model.current(somebody) if which < len(own) else None
            statement = statement or latest(own, which)
            self._pay(Order(somebody, statement, self._portion(statement, portion), source, key), stays=stays)

    @precondition(lambda self: self.model.statements)
    @rule(who=indexes, which=indexes)
    def pay_for_a_stranger(self, who: int, which: int) -> None:
        """A patient pays a statement that may be another's."""
        somebody, statement = latest(self.model.people, who), latest(self.model.statements, which)
        self._pay(Order(somebody, statement, Pay.FULL, SandboxSource.APPROVE, None))

    @precondition(lambda self: self.current())
    @rule(which=indexes, offset=offsets, portion=portions, resent=rarely)
    def pay_at_the_end_of_the_day(self, which: int, offset: timedelta, portion: str, *, resent: bool) -> None:
        """A patient pays when the due date is about to be over, or just is, and perhaps asks for a later one."""
        statement = latest(self.current(), which)
        over_at = self.model.ends_at(statement.due_on)
        if self.model.now < over_at:
            self._wait_until(over_at + offset)
        if resent:
            who = len(self.model.people) - 1 - self.model.people.index(statement.person)
            self.request_resend(who, 0, stays=False)
            self.resend(len(self.model.statements) - 1 - self.model.statements.index(statement), 3)
        asked = self._portion(statement, portion)
        done = self._pay(Order(statement.person, statement, asked, SandboxSource.APPROVE, None))
        is_late = self.model.now - over_at
        self._reach("a statement was overdue for an instant", when=is_late == timedelta(0) and not done.payment)
        self._reach("a statement was payable for one instant more", when=is_late == -INSTANT and done.payment)

    @precondition(lambda self: self.keyed())
    @rule(
        which=indexes,
        other=indexes,
        change=st.sampled_from(("", "", "amount", "source", "statement", "patient", "patient")),
    )
    def pay_again(self, which: int, other: int, change: str) -> None:
        """A patient, or another one, gives a key again, with the same order or one that differs in something."""
        payment = latest(self.keyed(), which)
        order = payment.order
        if change == "amount":
            order = evolve(order, asked=payment.amount if order.asked is Pay.FULL else Pay.FULL)
        elif change == "source":
            order = evolve(order, source=latest([one for one in SandboxSource if one is not order.source], other))
        elif change == "statement":
            order = evolve(order, statement=latest(self.model.statements_of(order.person), other))
        elif change == "patient":
            somebody = latest([one for one in self.model.people if one is not order.person], other)
            own = self.model.statements_of(somebody)
            order = evolve(order, person=somebody, statement=own[-1], asked=Pay.FULL) if own else order
        self._pay(order)

    @rule(who=indexes, portion=portions, times=st.integers(2, 4), source=sources, keyed=st.booleans())
    def click_again_and_again(self, who: int, portion: str, times: int, source: SandboxSource, *, keyed: bool) -> None:
        """A patient is impatient: with a key that is one payment, and without one as many as there were clicks."""
        somebody = latest(self.model.people, who)
        current = self.model.current(somebody)
        if current is not None:
            key = self._fresh_key() if keyed else None
            order = Order(somebody, current, self._portion(current, portion), source, key)
            for _ in range(times):
                self._pay(order)

    @rule(who=indexes, offset=offsets)
    def come_back_late(self, who: int, offset: timedelta) -> None:
        """A patient pays when their session is about to be over, or just is, without having logged in again."""
        somebody = latest(self.model.people, who)
        self._wait_until(min(self.model.ends_of(self._seat(somebody))) + offset)
        self.pay(who, 0, "one", SandboxSource.APPROVE, None, stays=True)

    def _fresh_key(self) -> str:
        return f"key-{len(self.model.payments)}"

    def _portion(self, statement: Statement, portion: str) -> Money | Pay:
        remaining, currency = self.model.remaining(statement), statement.currency
        units = {
            "all": remaining,
            "one less": remaining - 1,
            "one more": remaining + 1,
            "half": remaining // 2,
            "one": 1,
            "nothing": 0,
            "foreign": max(1, remaining),
        }
        if portion == "full":
            return Pay.FULL
        return Money(minor_units=max(0, units[portion]), currency="EUR" if portion == "foreign" else currency)

    def _pay(self, order: Order, *, stays: bool = False, mood: Mood = Mood.WELL) -> Steps:
        seat = self._seat(order.person, stays=stays)
        before, remaining = list(self.model.payments), self.model.remaining(order.statement)
        pending = self.model.pending(order.statement)
        earlier = self.model.under_key(order.person, order.key)
        was = None if earlier is None else earlier.standing
        done = self.model.pay(order, seat, mood=mood, good_commits=self.store.good_commits)
        self._pass_through(done, partial(self._call, order, seat), mood)
        self._see_refusal(order, done, earlier, remaining=remaining, pending=pending)
        self._reach(
            f"something {was} was given again", when=was not in {None, "released", "refunding"} and done.payment
        )
        if done.payment is not None and earlier is None:
            self._see_payment(done.payment, before, remaining=remaining)
        self._reach(
            "what was taken back wasn't asked for again",
            when=done.payment and was == "pending" and done.payment.is_stopped,
        )
        if done.payment is not None and was == "pending":
            became = done.payment.fate
            self._reach("a retry paid what was pending", when=became == "settled")
            self._reach("a retry was declined that a worker had voided", when=done.payment.code == "voided")
        return done

    def _call(self, order: Order, seat: Seat) -> PaymentDetails:
        assert order.source is not None
        return handle_of(seat).statements.pay(
            order.statement.id, order.asked, source=order.source, idempotency_key=order.key
        )

    def _see_refusal(self, order: Order, done: Steps, earlier: Payment | None, *, remaining: int, pending: int) -> None:
        answer, units = done.answer, order.asked.minor_units if isinstance(order.asked, Money) else remaining
        exceeds = answer.startswith("amount_exceeds_balance")
        self._reach("a session had ended", when=answer == "session_ended" and order.person.is_active)
        self._reach("a stranger's statement was to be paid", when=answer == "not_found: statement")
        self._reach("an earlier statement was to be paid", when=answer == "not_current_statement")
        self._reach("a retracted statement was to be paid", when=answer != DONE and order.statement.is_retracted)
        self._reach("another currency was offered", when=answer == "bad_input: other_currency")
        self._reach("one more than what remains was offered", when=exceeds and units == remaining + 1)
        self._reach("something pending stood in the way", when=exceeds and units <= remaining + pending)
        self._reach("a paid statement was to be paid in full", when=exceeds and order.asked is Pay.FULL)
        if earlier is not None and answer == "idempotency_key_reused":
            self._reach("a key was used for another statement", when=earlier.order.statement is not order.statement)
            self._reach("a key was used for another amount", when=earlier.order.asked != order.asked)
            self._reach("a key was used for another source", when=earlier.order.source is not order.source)
        if order.key is not None and done.payment is None and earlier is None:
            self.refused.add((order.person, order.key))

    def _see_payment(self, payment: Payment, before: list[Payment], *, remaining: int) -> None:
        order, statement = payment.order, payment.order.statement
        others = {one.order.key for one in before if one.order.person is not order.person} - {None}
        failed = order.source in HEARD_AT_ONCE and payment.fate == "pending"
        refunded = [one for one in before if one.counts_on is statement and one.standing == "refunded"]
        self._reach("a key was used by another patient", when=order.key in others)
        self._reach("a key was used that a refusal had left unused", when=(order.person, order.key) in self.refused)
        self._reach("all that remained was paid", when=payment.amount.minor_units == remaining)
        self._reach("a decline couldn't be written down", when=failed and order.source is SandboxSource.DECLINE)
        is_again = payment.fate == "settled" and bool(refunded) and payment.amount.minor_units == remaining
        self._reach("a refund made a statement payable again", when=is_again)
        self._reach("a statement was paid after it was overdue", when=self.model.is_overdue(statement))
