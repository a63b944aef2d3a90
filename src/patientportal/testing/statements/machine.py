"""A state machine over statements and payments: every answer predicted, and after each step the books add up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.statements import StatementDetails
from patientportal.application.worker.work import Worked
from patientportal.domain.errors import NotFoundError, PortalError
from patientportal.domain.ids import PaymentId, SupportRequestId
from patientportal.domain.statements.payments import AmountExceedsBalanceError, Pay
from patientportal.domain.statements.refunds import PaymentNotSettledError
from patientportal.domain.statements.statements import StatementOverdueError
from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.money import Money
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.model import SPELLINGS, Person, Seat
from patientportal.testing.machine_base import (
    DONE,
    INSTANT,
    PredictingMachine,
    Prediction,
    agree,
    indexes,
    latest,
    offsets,
    rarely,
)
from patientportal.testing.statements.auditor import Auditor
from patientportal.testing.statements.model import (
    A_DAY,
    FAILED,
    HEARD_AT_ONCE,
    LEDGER,
    Order,
    Payment,
    Request,
    Statement,
    StatementsModel,
    Steps,
)
from patientportal.testing.statements.processor import Mood, MoodyProcessor
from patientportal.testing.world import PASSWORD, activated, portal

BEGINS_AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
"""A few days before the clocks change in New York, a few weeks before they do in Berlin."""
RUN_MAX = timedelta(days=90) - INSTANT
"""The first things that are swept are notices that were told ninety days ago."""
PATIENTS = tuple(SPELLINGS)[:2]
MEDIA_TYPE = "application/pdf"
A_PAGE = 200
OWED, WORTH_IT = Money(minor_units=10_000, currency="USD"), 2
MEANWHILE = ("a worker", "a worker and a refund", "a new statement", "the same again", "shut out")
OPEN = frozenset({"pending", "refunding"})
SITUATIONS = frozenset(
    {
        "a charge arrived after a worker had voided it",
        "a charge was answered after a new statement",
        "a commit failed",
        "a declined payment was found by a worker",
        "a decline couldn't be written down",
        "a key was used by another patient",
        "a key was used for another amount",
        "a key was used for another source",
        "a key was used for another statement",
        "a key was used that a refusal had left unused",
        "a lost charge was found by a worker",
        "a number was taken",
        "a paid statement was to be paid in full",
        "a payment ended while its patient was shut out",
        "a payment of an earlier statement was settled",
        "a payment was released",
        "a payment was released that had been voided before",
        "a payment was settled that couldn't be written down at first",
        "a question to support outlived a new statement",
        "a refund couldn't be written down",
        "a refund made a statement payable again",
        "a refund was concluded by a worker",
        "a refund was refused",
        "a request was made twice",
        "a request was resolved by a new statement",
        "a request was resolved by sending again",
        "a resolved request was to be resolved",
        "a session had ended",
        "a statement was overdue for an instant",
        "a statement was paid after it was overdue",
        "a statement was payable for one instant more",
        "a statement was sent again that was overdue",
        "a stranger's statement was to be paid",
        "a worker couldn't begin to look",
        "a worker looked in vain",
        "a worker looked too early by an instant",
        "all that remained was paid",
        "an approval came after a worker had settled",
        "an approval came after it was refunded",
        "an earlier payment was refunded",
        "an earlier statement was to be paid",
        "an open refund was asked for again",
        "another currency was offered",
        "one more than what remains was offered",
        "something declined was given again",
        "something pending was given again",
        "something pending stood in the way",
        "something refunded was given again",
        "something settled was given again",
        "something was to be refunded that wasn't settled",
        "two payments ended in one call",
    }
)
"""What is rare, and what runs under a usual and a lenient policy have come to; see ``StatementsMachine.reached``."""

balances: st.SearchStrategy[Money] = st.sampled_from((0, 1, 2, 100, 10_000, 10_000)).flatmap(
    lambda units: st.sampled_from(("USD", "USD", "JPY")).map(lambda code: Money(minor_units=units, currency=code))
)
portions: st.SearchStrategy[str] = st.sampled_from(
    ("full", "all", "all", "one less", "one more", "half", "half", "one", "nothing", "foreign")
)
sources: st.SearchStrategy[SandboxSource] = st.sampled_from(
    (SandboxSource.APPROVE, SandboxSource.APPROVE, *SandboxSource)
)
lost: st.SearchStrategy[SandboxSource] = st.sampled_from(
    tuple(one for one in SandboxSource if one not in HEARD_AT_ONCE)
)
of_refunds: st.SearchStrategy[Mood] = st.sampled_from(
    (Mood.WELL, Mood.WELL, Mood.OUT_OF_REACH, Mood.REFUSES_REFUNDS, Mood.LOSES_REFUNDS)
)
moods: st.SearchStrategy[Mood] = st.sampled_from((Mood.WELL, Mood.WELL, Mood.WELL, *Mood))
days: st.SearchStrategy[int] = st.sampled_from((-9, -1, 0, 0, 1, 3, 10))


class StatementsMachine(PredictingMachine):
    """Statements, payments, refunds, worker and clock in any order over one portal; each answer is predicted.

    An adapter's author overrides ``new_store`` and ``teardown``, as for ``PortalMachine``.

    Attributes:
        policy: its limits of sessions and payments, and its zone, may be others.
        reached: how often each of ``SITUATIONS`` was come to, over all examples of this class.
    """

    situations: ClassVar[frozenset[str]] = SITUATIONS

    def __init__(self) -> None:
        super().__init__()
        self.clock.advance(BEGINS_AT - self.clock())
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: StatementsModel = StatementsModel(self.policy, self.clock, timeout=self.processor.timeout)
        self.auditor: Auditor = Auditor(self.store, self.processor)
        self.refused: set[tuple[Person, str]] = set()
        self.numbers: int = 0

    def new_portal(self) -> Portal:
        """A portal on the sandbox, in a mood that the machine chooses."""
        self.processor: MoodyProcessor = MoodyProcessor(self.store)
        return portal(
            policy=self.policy,
            store=self.store,
            notifier=self.notifier,
            payments=self.processor,
            clock=self.clock,
        )

    def spoken(self, error: PortalError) -> str:
        """Its code, and what it carries."""
        match error:
            case AmountExceedsBalanceError(remaining=remaining):
                return f"{error.code}: {remaining.minor_units} {remaining.currency}"
            case StatementOverdueError(due_on=due_on):
                return f"{error.code}: {due_on}"
            case PaymentNotSettledError(status=status):
                return f"{error.code}: {status}"
            case NotFoundError(what=what):
                return f"{error.code}: {what}"
            case _:
                return super().spoken(error)

    # The practice

    @initialize(balance=balances, in_days=st.integers(0, 3))
    def two_patients_have_a_statement(self, balance: Money, in_days: int) -> None:
        """Runs begin where two patients are in, and owe the practice something."""
        for name in PATIENTS:
            email = f"patient-{len(self.model.people) + 1}@example.org"
            patient_id = activated(self.portal, self.notifier, name, email=email).patient_id
            self.model.people.append(Person(id=patient_id, email=email, name=name, password=PASSWORD))
            self._come_in(self.model.people[-1])
        for who in range(len(PATIENTS)):
            self.upload(who, balance, in_days, same=False)

    @rule(who=indexes, balance=balances, in_days=days, same=rarely)
    def upload(self, who: int, balance: Money, in_days: int, *, same: bool) -> None:
        """The practice uploads a statement, which may be overdue already, or due before it was issued."""
        somebody, today = latest(self.model.people, who), self.model.today
        own = self.model.statements_of(somebody)
        self.numbers += 1
        number = own[-1].number if same and own else f"N-{self.numbers}"
        issued_on, due_on = today - 5 * A_DAY, today + in_days * A_DAY
        document = f"%PDF-1.7 {self.numbers}\0".encode()
        asked, questions = self._open_requests(somebody)
        answer, statement_id = self._ask(
            lambda: self.desk.statements.upload(
                somebody.id,
                number=number,
                balance=balance,
                issued_on=issued_on,
                due_on=due_on,
                document=document,
                media_type=MEDIA_TYPE,
            ),
            self.model.upload(
                somebody, number=number, balance=balance, issued_on=issued_on, due_on=due_on, document=document
            ),
        )
        self._reach("a number was taken", when=answer == "statement_number_taken")
        if statement_id is not None:
            self.model.statements[-1].id = statement_id
            self._reach("a request was resolved by a new statement", when=asked)
            self._reach("a question to support outlived a new statement", when=questions)

    @precondition(lambda self: self.model.statements)
    @rule(which=indexes, in_days=days)
    def resend(self, which: int, in_days: int) -> None:
        """The practice sends a statement again, an earlier one perhaps, or until a day that is over."""
        statement = latest(self.model.statements, which)
        due_on = self.model.today + in_days * A_DAY
        was_overdue = self.model.is_overdue(statement)
        asked = self.model.asked_already(statement.person, SupportTopic.RESEND_STATEMENT, statement)
        answer, _ = self._ask(
            lambda: self.desk.statements.resend(statement.id, due_on=due_on), self.model.resend(statement, due_on)
        )
        self._reach("a statement was sent again that was overdue", when=answer == DONE and was_overdue)
        self._reach("a request was resolved by sending again", when=answer == DONE and asked)

    @precondition(lambda self: self.model.payments)
    @rule(which=indexes, mood=moods)
    def refund(self, which: int, mood: Mood) -> None:
        """The practice gives a payment back, which may not be settled, or was given back before."""
        self._refund(latest(self.model.payments, which), mood)

    @rule(who=indexes, mood=of_refunds, fails_after=st.sampled_from((None, None, 0, 1, 1)), again=st.booleans())
    def refund_what_was_paid(self, who: int, mood: Mood, fails_after: int | None, *, again: bool) -> None:
        """A patient pays and has it back, perhaps with a mishap; then it is asked for again, or a worker looks."""
        self._owe(who)
        self.pay(who, 0, "half", SandboxSource.APPROVE, None)
        if not self.settled():
            return
        payment = self.settled()[-1]
        self._may_fail(fails_after)
        self._refund(payment, mood)
        if again:
            self._refund(payment, Mood.WELL)
        if payment.fate in OPEN:
            self._work_at(payment, timedelta(0), Mood.WELL, None)

    def _refund(self, payment: Payment, mood: Mood) -> None:
        was, statement = payment.fate, payment.order.statement
        done = self.model.refund(payment, mood, good_commits=self.store.good_commits)
        self._pass_through(done, partial(self.desk.statements.refund, payment.id), mood)
        self._reach("something was to be refunded that wasn't settled", when=was in {"pending", "declined", "released"})
        self._reach("an open refund was asked for again", when=was == "refunding" and done.answer == DONE)
        is_stuck = was == "settled" and payment.fate == "refunding" and payment.ledger == "refunded"
        self._reach("a refund couldn't be written down", when=is_stuck and mood is Mood.WELL)
        self._reach("a refund was refused", when=was == payment.fate == "settled" and done.answer == DONE)
        self._reach("an earlier payment was refunded", when=payment.fate == "refunded" and not statement.is_current)

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes)
    def resolve(self, which: int) -> None:
        """Support is done with a request, perhaps once more."""
        request = latest(self.model.requests, which)
        self._reach("a resolved request was to be resolved", when=not request.is_open)
        self._ask(lambda: self.desk.support.resolve(request.id), self.model.resolve(request))

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

    # The worker

    @rule(limit=st.sampled_from((1, 100)), mood=moods, answer=st.sampled_from((Answer.SENT, Answer.SENT, Answer.LATER)))
    def work(self, limit: int, mood: Mood, answer: Answer) -> None:
        """A worker finds out what became of payments, and tells what is due; every number was predicted."""
        due, before = self.model.due()[:limit], [(one, one.fate, one.ledger) for one in self.model.payments]
        messages, commits, charged = len(self.notifier.messages), self.store.commits, self.processor.charged.total()
        looked, told = self.model.work_through(
            limit=limit, mood=mood, answer=answer, good_commits=self.store.good_commits
        )
        self.notifier.answers, self.processor.mood = [answer] * limit, mood
        said, worked = self._said(lambda: self.portal.work(limit=limit))
        self.processor.mood = Mood.WELL
        agree("work", predicted=FAILED if told.fails else DONE, answered=said)
        agree("commits", predicted=commits + looked.commits + told.commits, answered=self.store.commits)
        agree("charged by a worker", predicted=charged, answered=self.processor.charged.total())
        numbers = Worked(sent=told.sent, postponed=told.postponed, given_up=told.given_up, concluded=looked.concluded)
        agree("worked", predicted=None if told.fails else numbers, answered=worked)
        mailed = [(one.kind, one.to_email) for one in self.notifier.messages[messages:]]
        agree("messages", predicted=[(one.kind, one.to_email) for one in told.told], answered=mailed)
        self.auditor.audit()
        self._reach("a commit failed", when=told.fails)
        self._see_work(looked, due, before)

    def _see_work(self, looked: Steps, due: list[Payment], before: list[tuple[Payment, str, str]]) -> None:
        self._reach("a worker couldn't begin to look", when=looked.stuck)
        in_vain = any(one.fate == "pending" and one.ledger == "silent" for one in due)
        self._reach("a worker looked in vain", when=in_vain)
        self._reach("two payments ended in one call", when=looked.concluded > 1)
        ended = [(one, was, ledger) for one, was, ledger in before if was != one.fate]
        for one, was, ledger in ended:
            is_heard = one.order.source in HEARD_AT_ONCE
            settled = one.fate == "settled" and was == "pending"
            is_earlier = not one.order.statement.is_current
            self._reach("a lost charge was found by a worker", when=settled and not is_heard)
            self._reach("a payment was settled that couldn't be written down at first", when=settled and is_heard)
            self._reach("a declined payment was found by a worker", when=one.fate == "declined")
            self._reach("a payment was released", when=one.fate == "released")
            self._reach("a payment was released that had been voided before", when=ledger == "voided")
            self._reach("a payment of an earlier statement was settled", when=settled and is_earlier)
            self._reach("a payment ended while its patient was shut out", when=not one.order.person.is_active)
            self._reach("a refund was concluded by a worker", when=was == "refunding")

    @precondition(lambda self: self.open_ends())
    @rule(
        which=indexes,
        offset=offsets,
        mood=moods,
        fails_after=st.sampled_from((None, None, None, 0, 1)),
    )
    def work_when_due(self, which: int, offset: timedelta, mood: Mood, fails_after: int | None) -> None:
        """A worker waits until a payment is about to be looked at, or just is; perhaps its database fails then."""
        self._work_at(latest(self.open_ends(), which), offset, mood, fails_after)

    def _find_out(self, mood: Mood, fails_after: int | None = None) -> None:
        """A worker comes when the last payment is due of which nobody knows what became of it."""
        if self.open_ends():
            self._work_at(self.open_ends()[-1], timedelta(0), mood, fails_after)

    def _work_at(self, payment: Payment, offset: timedelta, mood: Mood, fails_after: int | None) -> None:
        assert payment.look_at is not None
        if payment.look_at >= self.model.now:
            self._wait_until(payment.look_at + offset)
            self._reach("a worker looked too early by an instant", when=payment.look_at - self.model.now == INSTANT)
        self._may_fail(fails_after)
        self.work(100, mood, Answer.SENT)

    @rule(who=indexes, source=lost, after=st.sampled_from((0, 1, 1)), mood=moods)
    def work_with_a_mishap(self, who: int, source: SandboxSource, after: int, mood: Mood) -> None:
        """A worker comes too early by an instant; the database fails under the next; the one after that asks again."""
        self._owe(who)
        self.pay(who, 0, "half", source, None)
        if self.open_ends():
            self._work_at(self.open_ends()[-1], -INSTANT, mood, None)
        self._find_out(Mood.WELL, after)
        self._find_out(mood)

    # The patients

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
            statement = latest(own, max(0, which - 4))
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
        own = self.model.statements_of(somebody)
        if own:
            key = self._fresh_key() if keyed else None
            order = Order(somebody, own[-1], self._portion(own[-1], portion), source, key)
            for _ in range(times):
                self._pay(order)

    @rule(
        who=indexes,
        portion=st.sampled_from(("full", "all", "half", "one")),
        source=st.sampled_from(tuple(HEARD_AT_ONCE)),
        after=st.integers(0, 1),
        looks=st.booleans(),
    )
    def pay_with_a_mishap(self, who: int, portion: str, source: SandboxSource, after: int, *, looks: bool) -> None:
        """The database fails before the processor is asked, or when it has answered; the patient tries again."""
        statement = self._owe(who)
        if statement is not None:
            order = Order(statement.person, statement, self._portion(statement, portion), source, self._fresh_key())
            self.a_commit_will_fail(after)
            self._pay(order)
            if looks:
                self._find_out(Mood.WELL)
            self._pay(order)

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

    @rule(who=indexes, source=lost, mood=moods)
    def end_while_shut_out(self, who: int, source: SandboxSource, mood: Mood) -> None:
        """A patient is shut out while a payment of theirs is open, which ends like any other."""
        self._owe(who)
        somebody = latest(self.model.people, who)
        self.pay(who, 0, "half", source, None)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        self._find_out(mood)
        self.reactivate(who)

    @rule(who=indexes, offset=offsets)
    def come_back_late(self, who: int, offset: timedelta) -> None:
        """A patient pays when their session is about to be over, or just is, without having logged in again."""
        somebody = latest(self.model.people, who)
        self._wait_until(min(self.model.ends_of(self._seat(somebody))) + offset)
        self.pay(who, 0, "one", SandboxSource.APPROVE, None, stays=True)

    @rule(who=indexes, portion=st.sampled_from(("all", "half")), in_full=st.booleans())
    def pay_and_think_better_of_it(self, who: int, portion: str, *, in_full: bool) -> None:
        """A patient pays, has it back, and pays again; with the key of before that is what was paid before."""
        self._owe(who)
        key = self._fresh_key()
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        if self.settled():
            self._refund(self.settled()[-1], Mood.WELL)
        self.pay(who, 0, portion, SandboxSource.APPROVE, key)
        self.pay(who, 0, "full" if in_full else "all", SandboxSource.APPROVE, None)

    def _owe(self, who: int) -> Statement | None:
        """A patient's current statement, a new one if nothing much can be paid of the last."""
        somebody = latest(self.model.people, who)
        last = self.model.statements_of(somebody)[-1:]
        if not last or self.model.remaining(last[0]) < WORTH_IT or self.model.is_overdue(last[0]):
            self.upload(who, OWED, 3, same=False)
        own = self.model.statements_of(somebody)
        return own[-1] if own else None

    def _fresh_key(self) -> str:
        return f"key-{len(self.model.payments)}"

    def _portion(self, statement: Statement, portion: str) -> Money | Pay:
        remaining, currency = self.model.remaining(statement), statement.balance.currency
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

    def _pay(self, order: Order, *, stays: bool = False) -> Steps:
        seat = self._seat(order.person, stays=stays)
        before, remaining = list(self.model.payments), self.model.remaining(order.statement)
        pending = self.model.pending(order.statement)
        earlier = self.model.under_key(order.person, order.key)
        was = None if earlier is None else earlier.fate
        done = self.model.pay(order, seat, good_commits=self.store.good_commits)
        self._pass_through(
            done,
            partial(self._call, order, seat),
            Mood.WELL,
        )
        self._see_refusal(order, done, earlier, remaining=remaining, pending=pending)
        self._reach(
            f"something {was} was given again", when=was not in {None, "released", "refunding"} and done.payment
        )
        if done.payment is not None and earlier is None:
            self._see_payment(done.payment, before, remaining=remaining)
        return done

    def _call(self, order: Order, seat: Seat) -> PaymentDetails:
        return _handle(seat).statements.pay(
            order.statement.id, order.asked, source=order.source, idempotency_key=order.key
        )

    def _see_refusal(self, order: Order, done: Steps, earlier: Payment | None, *, remaining: int, pending: int) -> None:
        answer, units = done.answer, order.asked.minor_units if isinstance(order.asked, Money) else remaining
        exceeds = answer.startswith("amount_exceeds_balance")
        self._reach("a session had ended", when=answer == "session_ended" and order.person.is_active)
        self._reach("a stranger's statement was to be paid", when=answer == "not_found: statement")
        self._reach("an earlier statement was to be paid", when=answer == "not_current_statement")
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
        refunded = [one for one in before if one.order.statement is statement and one.fate == "refunded"]
        self._reach("a key was used by another patient", when=order.key in others)
        self._reach("a key was used that a refusal had left unused", when=(order.person, order.key) in self.refused)
        self._reach("all that remained was paid", when=payment.amount.minor_units == remaining)
        self._reach("a decline couldn't be written down", when=failed and order.source is SandboxSource.DECLINE)
        is_again = payment.fate == "settled" and bool(refunded) and payment.amount.minor_units == remaining
        self._reach("a refund made a statement payable again", when=is_again)
        self._reach("a statement was paid after it was overdue", when=self.model.is_overdue(statement))

    @rule(who=indexes, stays=rarely)
    def request_new_statement(self, who: int, *, stays: bool) -> None:
        """A patient asks for a new statement, perhaps again."""
        seat = self._seat(latest(self.model.people, who), stays=stays)
        call = _handle(seat).statements.request_new_statement
        self._request(latest(self.model.people, who), seat, SupportTopic.NEW_STATEMENT, None, call)

    @precondition(lambda self: self.model.statements)
    @rule(who=indexes, which=indexes, strange=rarely, stays=rarely)
    def request_resend(self, who: int, which: int, *, strange: bool = False, stays: bool) -> None:
        """A patient asks for a statement to be sent again, a stranger's perhaps, and perhaps once more."""
        somebody = latest(self.model.people, who)
        own = self.model.statements_of(somebody)
        statement = latest(self.model.statements if strange or not own else own, which)
        seat = self._seat(somebody, stays=stays)
        call = partial(_handle(seat).statements.request_resend, statement.id)
        self._request(somebody, seat, SupportTopic.RESEND_STATEMENT, statement, call)

    @rule(who=indexes)
    def ask_support(self, who: int) -> None:
        """A patient asks for something else."""
        somebody = latest(self.model.people, who)
        seat = self._seat(somebody)
        call = partial(_handle(seat).support.ask, "Where do I park?")
        self._request(somebody, seat, SupportTopic.GENERAL, None, call)

    def _request(
        self,
        somebody: Person,
        seat: Seat,
        about: SupportTopic,
        statement: Statement | None,
        call: Callable[[], SupportRequestId],
    ) -> None:
        earlier = None
        if about is not SupportTopic.GENERAL:
            earlier = self.model.asked_already(somebody, about, statement)
        _, request_id = self._ask(call, self.model.request(somebody, seat, about, statement))
        if request_id is None:
            return
        if earlier is None:
            self.model.requests[-1].id = request_id
        else:
            agree("the same request", predicted=earlier.id, answered=request_id)
            self._reach("a request was made twice")

    @precondition(lambda self: self.model.statements)
    @rule(which=indexes)
    def read_the_document(self, which: int) -> None:
        """A patient opens the electronic copy of any of their statements; it is what was uploaded."""
        statement = latest(self.model.statements, which)
        seat = self._seat(statement.person)
        _, found = self._ask(lambda: _handle(seat).statements.document(statement.id), self.model.look(seat))
        if found is not None:
            predicted = (MEDIA_TYPE, statement.document)
            agree("document", predicted=predicted, answered=(found.media_type, found.content))

    # Time and mishap

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where something ends or is due: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 2))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    def _may_fail(self, after: int | None) -> None:
        if after is not None:
            self.a_commit_will_fail(after)

    # What always holds

    @invariant()
    def the_books_add_up(self) -> None:
        """Settled and pending never exceed a balance, and the processor has charged exactly what is paid."""
        self.auditor.audit()
        agree("asked too early", predicted=[], answered=self.processor.too_early)

    @invariant()
    def patients_see_what_is_so(self) -> None:
        """Every statement, payment and receipt of their own, and nothing else; nothing when they are shut out."""
        for somebody in self.model.people:
            seat = self._seat(somebody)
            me = _handle(seat)
            if not somebody.is_active:
                self._ask(me.statements.current, Prediction("session_ended"))
                continue
            own, current = self._shown_statements(somebody), me.statements.current()
            agree("statements", predicted=own, answered=[_told(one) for one in me.statements.all(limit=A_PAGE).items])
            agree("current", predicted=own[:1], answered=[] if current is None else [_told(current)])
            payments = me.statements.payments(limit=A_PAGE).items
            agree("payments", predicted=self._shown_payments(somebody), answered=_all_told(payments))
            inbox = [(one.about_id, one.body, one.sent_at) for one in me.messages.inbox(limit=A_PAGE).items]
            agree("receipts", predicted=self._shown_receipts(somebody), answered=inbox)

    @invariant()
    def the_practice_sees_what_is_so(self) -> None:
        """Every payment, and every request that nobody has resolved, the oldest first."""
        for somebody in self.model.people:
            page = self.desk.statements.payments(somebody.id, limit=A_PAGE)
            agree("payments", predicted=self._shown_payments(somebody), answered=_all_told(page.items))
        predicted = [
            (one.id, one.person.id, one.about, one.statement and one.statement.id)
            for one in self.model.requests
            if one.is_open
        ]
        found = self.desk.support.open_requests(limit=A_PAGE).items
        answered = [(one.request_id, one.patient_id, one.about, one.statement_id) for one in found]
        agree("open requests", predicted=predicted, answered=answered)

    def _shown_statements(self, somebody: Person) -> list[tuple[object, ...]]:
        return [
            (
                one.id,
                one.number,
                one.balance,
                (self.model.paid(one), self.model.pending(one), self.model.remaining(one)),
                (one.issued_on, one.due_on, one.uploaded_at),
                "current" if one.is_current else "superseded",
                self.model.is_overdue(one),
            )
            for one in self.model.statements_of(somebody)[::-1]
        ]

    def _shown_payments(self, somebody: Person) -> list[tuple[object, ...]]:
        return [one.shown() for one in self.model.payments_of(somebody)[::-1]]

    def _shown_receipts(self, somebody: Person) -> list[tuple[object, ...]]:
        own = [one for one in self.model.receipts[::-1] if one.payment.order.person is somebody]
        return [(one.payment.id, one.body, one.sent_at) for one in own]

    # What there is

    def current(self) -> list[Statement]:
        """The statements that nothing has superseded."""
        return [one for one in self.model.statements if one.is_current]

    def settled(self) -> list[Payment]:
        """The payments that can be given back."""
        return [one for one in self.model.payments if one.fate == "settled"]

    def keyed(self) -> list[Payment]:
        """The payments that have a key."""
        return [one for one in self.model.payments if one.order.key is not None]

    def open_ends(self) -> list[Payment]:
        """The payments of which nobody knows what became of them, or of giving them back."""
        return [one for one in self.model.payments if one.fate in OPEN]

    def _open_requests(self, somebody: Person) -> tuple[list[Request], list[Request]]:
        about = (SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT)
        return self.model.open_requests(somebody, *about), self.model.open_requests(somebody, SupportTopic.GENERAL)

    # How it is done

    def _pass_through(self, done: Steps, call: Callable[[], PaymentDetails], mood: Mood) -> None:
        """Makes a call of several transactions, which must answer and save what was predicted."""
        commits = self.store.commits
        self.processor.mood = mood
        answer, shown = self._said(call)
        self.processor.mood = Mood.WELL
        if self.processor.disagreement is not None:
            raise self.processor.disagreement
        agree("answer", predicted=done.answer, answered=answer)
        agree("commits", predicted=commits + done.commits, answered=self.store.commits)
        if shown is not None and done.payment is not None:
            done.payment.id = done.payment.id or shown.payment_id
            agree("payment", predicted=done.payment.shown(), answered=_payment_told(shown))
        self._reach("a commit failed", when=answer == FAILED)
        self.auditor.audit()

    def _seat(self, somebody: Person, *, stays: bool = False) -> Seat:
        """The session that a patient uses: the last one, or a new one unless they stay in one that is over."""
        if somebody.is_active and not stays and not self.model.is_live(somebody.seats[-1]):
            self._come_in(somebody)
        return somebody.seats[-1]

    def _come_in(self, somebody: Person) -> None:
        """A patient logs in, which isn't what may fail here."""
        good_commits, self.store.good_commits = self.store.good_commits, None
        name = somebody.name or ""
        _, handle = self._ask(lambda: self.portal.log_in(name, PASSWORD), self.model.log_in(name, PASSWORD, ""))
        somebody.seats[-1].handle = handle
        self.store.good_commits = good_commits

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))


def _handle(seat: Seat) -> PatientAccess:
    assert seat.handle is not None
    return seat.handle


def _told(one: StatementDetails) -> tuple[object, ...]:
    return (
        one.statement_id,
        one.number,
        one.balance,
        (one.paid.minor_units, one.pending.minor_units, one.remaining.minor_units),
        (one.issued_on, one.due_on, one.uploaded_at),
        one.status,
        one.is_overdue,
    )


def _payment_told(one: PaymentDetails) -> tuple[object, ...]:
    return (
        one.payment_id,
        one.statement_id,
        one.amount,
        one.status,
        one.requested_at,
        one.ended_at,
        one.decline_code,
        one.reference,
    )


def _all_told(payments: tuple[PaymentDetails, ...]) -> list[tuple[object, ...]]:
    return [_payment_told(one) for one in payments]
