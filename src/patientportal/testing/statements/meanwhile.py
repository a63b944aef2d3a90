"""Something else happens while a payment is open, or its patient is shut out: a layer of ``StatementsMachine``."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.ids import PaymentId
from patientportal.domain.values.money import Money
from patientportal.testing.machine_base import agree, indexes, latest, rarely
from patientportal.testing.statements.concluding import ConcludingMachine
from patientportal.testing.statements.kept import Order, Payment
from patientportal.testing.statements.model_settling import HEARD_AT_ONCE, LEDGER
from patientportal.testing.statements.paying import sources
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.reconciling import lost, moods
from patientportal.testing.statements.uploading import OWED, balances

MEANWHILE: tuple[str, ...] = ("a worker", "a worker and a refund", "a new statement", "the same again", "shut out")


class MeanwhileMachine(ConcludingMachine):
    """Payments that are overtaken, by a new statement, a worker, a refund or the practice."""

    @rule(
        who=indexes,
        source=st.sampled_from(SandboxSource),
        balance=balances,
        mood=moods,
        fails_after=st.sampled_from((None, 0, 1)),
    )
    def overtake(self, who: int, source: SandboxSource, balance: Money, mood: Mood, fails_after: int | None) -> None:
        """A new statement arrives while a payment of the one before is still open, which then ends."""
        self._owe(who)
        self._may_fail(fails_after)
        self.pay(who, 0, "half", source, None)
        self.upload(who, balance, 3, same=False)
        self._find_out(mood)

    @rule(who=indexes, source=sources, what=st.sampled_from(MEANWHILE), arrived=st.booleans())
    def pay_slowly(self, who: int, source: SandboxSource, what: str, *, arrived: bool) -> None:
        """While the processor takes its time, before a charge arrives or is answered, something else happens."""
        self.store.good_commits = None
        statement = self._owe(who)
        if statement is None or not statement.person.is_active:
            return
        order = Order(statement.person, statement, self._portion(statement, "half"), source, self._fresh_key())
        seat, commits = self._seat(order.person), self.store.commits
        done = self.model.reserve(order, seat, good_commits=None)
        payment = done.payment
        if payment is None:
            return

        def meanwhile(key: str) -> None:
            agree("commits", predicted=commits + 1, answered=self.store.commits)
            payment.id = PaymentId(key)
            payment.ledger = LEDGER[source] if arrived else "nothing"
            self._happen(what, who, order, payment)
            self._see_delay(payment)
            payment.ledger = LEDGER[source] if payment.ledger == "nothing" else payment.ledger
            done.commits = self.store.commits - commits
            self.model.hear(payment, done)

        if arrived:
            self.processor.before_it_answers = meanwhile
        else:
            self.processor.before_it_arrives = meanwhile
        self._pass_through(done, partial(self._call, order, seat), Mood.WELL)

    def _see_delay(self, payment: Payment) -> None:
        late = payment.order.source in HEARD_AT_ONCE
        self._reach("an approval came after a worker had settled", when=late and payment.fate == "settled")
        self._reach("a charge arrived after a worker had voided it", when=late and payment.fate == "released")
        self._reach("an approval came after it was refunded", when=late and payment.fate == "refunded")
        self._reach("a charge was answered after a new statement", when=late and not payment.order.statement.is_current)

    def _happen(self, what: str, who: int, order: Order, payment: Payment) -> None:
        if what == "a new statement":
            self.upload(who, OWED, 3, same=False)
        elif what == "the same again":
            self._pay(order)
        elif what == "shut out":
            self._ask(lambda: self.desk.patients.deactivate(order.person.id), self.model.deactivate(order.person))
        else:
            self._work_at(payment, timedelta(0), Mood.WELL, None)
        if what == "a worker and a refund":
            self._refund(payment, Mood.WELL)

    @rule(who=indexes, for_long=rarely)
    def shut_out(self, who: int, *, for_long: bool) -> None:
        """The practice deactivates somebody, and mostly thinks better of it."""
        somebody = latest(self.model.people, who)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        if not for_long:
            self.pay(who, 0, "all", SandboxSource.APPROVE, None, stays=True)
            self.reactivate(who)

    @rule(who=indexes)
    def reactivate(self, who: int) -> None:
        """The practice lets somebody in again."""
        somebody = latest(self.model.people, who)
        self._ask(lambda: self.desk.patients.reactivate(somebody.id), self.model.reactivate(somebody))

    @rule(who=indexes, source=lost, mood=moods)
    def end_while_shut_out(self, who: int, source: SandboxSource, mood: Mood) -> None:
        """A patient is shut out while a payment of theirs is open, which ends like any other."""
        self._owe(who)
        somebody = latest(self.model.people, who)
        self.pay(who, 0, "half", source, None)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        self._find_out(mood)
        self.reactivate(who)
