"""Something else happens while the processor takes its time: a layer of ``StatementsMachine``."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.ids import PaymentId
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.machine_base import agree, indexes
from patientportal.testing.statements.kept import Order, Payment
from patientportal.testing.statements.model_settling import HEARD_AT_ONCE, LEDGER
from patientportal.testing.statements.paying import sources
from patientportal.testing.statements.processor import Mood
from patientportal.testing.statements.retracting import RetractingMachine
from patientportal.testing.statements.uploading import OWED

MEANWHILE: tuple[str, ...] = (
    "a worker",
    "a worker and a refund",
    "a new statement",
    "a retraction",
    "the same again",
    "shut out",
)


class OvertakenMachine(RetractingMachine):
    """Payments that are overtaken while they are charged: by a new statement, a worker, a refund or the practice."""

    @rule(who=indexes, source=sources, what=st.sampled_from(MEANWHILE), arrived=st.booleans())
    def pay_slowly(self, who: int, source: SandboxSource, what: str, *, arrived: bool, mood: Mood = Mood.WELL) -> None:
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
            self._happen(what, order, payment)
            self._see_delay(payment)
            payment.ledger = LEDGER[source] if payment.ledger == "nothing" else payment.ledger
            done.commits = self.store.commits - commits
            self.processor.mood = mood
            self.model.hear(payment, done, mood)

        if arrived:
            self.processor.before_it_answers = meanwhile
        else:
            self.processor.before_it_arrives = meanwhile
        self._pass_through(done, partial(self._call, order, seat), mood)

    @rule(who=indexes)
    def refund_before_it_is_answered(self, who: int) -> None:
        """A worker finds a charge, and it is given back, before the patient hears of it."""
        self.pay_slowly(who, SandboxSource.APPROVE, "a worker and a refund", arrived=True)

    def _see_delay(self, payment: Payment) -> None:
        late = payment.order.source in HEARD_AT_ONCE
        self._reach("an approval came after a worker had settled", when=late and payment.fate == "settled")
        self._reach("a charge arrived after a worker had voided it", when=late and payment.fate == "released")
        self._reach("an approval came after it was refunded", when=late and payment.standing == "refunded")
        self._reach(
            "a charge was answered after a new statement",
            when=late and payment.counts_on is not payment.order.statement,
        )
        self._reach("a charge was answered after its statement was taken back", when=late and payment.is_stopped)

    def _happen(self, what: str, order: Order, payment: Payment) -> None:
        if what == "a new statement":
            self.bill_anew(order.person, OWED)
        elif what == "a retraction":
            self._retract(order.statement, RetractionReason.WRONG_PATIENT)
        elif what == "the same again":
            self._pay(order)
        elif what == "shut out":
            self._ask(lambda: self.desk.patients.deactivate(order.person.id), self.model.deactivate(order.person))
        else:
            self._work_at(payment, timedelta(0), Mood.WELL, None)
        if what == "a worker and a refund":
            self._refund(payment, Mood.WELL, "all", None)
