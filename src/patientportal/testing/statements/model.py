"""What statements and payments will answer, in a few lists: the model of ``StatementsMachine``.

It imports no rule: all that it shares with the library are the policy's numbers, and what money is.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import define, frozen

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.ids import PaymentId, StatementId, SupportRequestId
from patientportal.domain.policy import Policy
from patientportal.domain.statements.payments import Pay
from patientportal.domain.support.support import SupportTopic
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.money import Money
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.model import Model, Person, Seat, Work
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import DONE, Prediction, nothing
from patientportal.testing.statements.processor import Mood

ASKED_MAX = 5
A_DAY = timedelta(days=1)
FAILED = "adapter_failed"
NO_STATEMENT, NO_PAYMENT, NO_REQUEST = StatementId(""), PaymentId(""), SupportRequestId("")
PAID = {"settled", "refunding"}
LEDGER = {
    SandboxSource.APPROVE: "approved",
    SandboxSource.DECLINE: "declined",
    SandboxSource.TIME_OUT: "nothing",
    SandboxSource.APPROVE_AND_LOSE_ANSWER: "approved",
    SandboxSource.NEVER_ANSWER: "silent",
}
"""What stands in the processor's ledger after a charge."""
HEARD_AT_ONCE = {SandboxSource.APPROVE: "settled", SandboxSource.DECLINE: "declined"}


@define(eq=False)
class Statement:
    """A statement; what is paid and pending of it is nowhere written, but added up."""

    person: Person
    number: str
    balance: Money
    issued_on: date
    due_on: date
    document: bytes
    uploaded_at: datetime
    is_current: bool = True
    id: StatementId = NO_STATEMENT

    def __repr__(self) -> str:
        return f"<{self.number} of {self.person}>"


@frozen(eq=False)
class Order:
    """What a patient asks for when they pay, of a statement that may be anybody's."""

    person: Person
    statement: Statement
    asked: Money | Pay
    source: SandboxSource
    key: str | None

    @property
    def terms(self) -> tuple[Statement, Money | Pay, SandboxSource]:
        """What must be the same for a repeat."""
        return self.statement, self.asked, self.source


@define(eq=False)
class Payment:
    """An order that was taken.

    Attributes:
        look_at: when a worker looks what became of it; ``None``: that is known.
        fate: "pending" until it is "settled", "declined" or "released"; "refunding", "refunded".
        ledger: what the processor knows: "nothing", "approved", "declined", "silent", "voided" or "refunded".
        id: as it was handed out, which is known only afterwards.
    """

    order: Order
    amount: Money
    requested_at: datetime
    look_at: datetime | None
    ledger: str = "nothing"
    fate: str = "pending"
    ended_at: datetime | None = None
    id: PaymentId = NO_PAYMENT

    def shown(self) -> tuple[object, ...]:
        """What is told of it."""
        return (
            self.id,
            self.order.statement.id,
            self.amount,
            self.fate,
            self.requested_at,
            self.ended_at,
            "declined" if self.fate == "declined" else None,
            f"sandbox-{self.id}" if self.fate in {*PAID, "refunded"} else None,
        )


@define(eq=False)
class Request:
    """Something that a patient asked the practice for."""

    person: Person
    about: SupportTopic
    statement: Statement | None
    is_open: bool = True
    id: SupportRequestId = NO_REQUEST


@frozen(eq=False)
class Receipt:
    """A message that says what was paid, or that nothing was."""

    payment: Payment
    body: str
    sent_at: datetime


@define
class Steps(Work):
    """What a call of several transactions will have done by its end.

    Attributes:
        answer: its answer.
        payment: the payment that it is about; ``None``: it came to none.
        is_new: whether it was made by this call.
        concluded: of how many payments it was found out what became of them.
    """

    answer: str = DONE
    payment: Payment | None = None
    is_new: bool = False
    concluded: int = 0


class StatementsModel(Model):
    """A portal's statements and payments in a few lists; each method says what the call of its name will answer.

    Those that give ``Steps`` make it happen, too: a call of several transactions does what the commits before the one
    that fails have saved.

    Args:
        policy: the limits that hold.
        clock: the machine's.
        timeout: the processor's.
    """

    def __init__(self, policy: Policy, clock: FrozenClock, *, timeout: timedelta) -> None:
        super().__init__(policy, clock)
        self.statements: list[Statement] = []
        self.payments: list[Payment] = []
        self.requests: list[Request] = []
        self.receipts: list[Receipt] = []
        self.zone: ZoneInfo = ZoneInfo(policy.zone)
        self.patience: timedelta = timeout + policy.payments.reconcile_after

    # What there is

    @property
    def today(self) -> date:
        """The day at the practice."""
        return self.now.astimezone(self.zone).date()

    def ends_at(self, day: date) -> datetime:
        """When a day is over at the practice."""
        return datetime.combine(day + A_DAY, time(), self.zone).astimezone(UTC)

    def is_overdue(self, statement: Statement) -> bool:
        """Whether the due date of a statement is over."""
        return self.now >= self.ends_at(statement.due_on)

    def statements_of(self, person: Person) -> list[Statement]:
        """A patient's statements, the earliest first."""
        return [one for one in self.statements if one.person is person]

    def paid(self, statement: Statement) -> int:
        """What was settled and not given back."""
        return self._sum(statement, PAID)

    def pending(self, statement: Statement) -> int:
        """What is reserved."""
        return self._sum(statement, {"pending"})

    def remaining(self, statement: Statement) -> int:
        """What can still be paid."""
        return statement.balance.minor_units - self._sum(statement, {*PAID, "pending"})

    def _sum(self, statement: Statement, fates: set[str]) -> int:
        return sum(
            one.amount.minor_units for one in self.payments if one.order.statement is statement and one.fate in fates
        )

    def payments_of(self, person: Person) -> list[Payment]:
        """What a patient paid or tried to, the earliest first."""
        return [one for one in self.payments if one.order.person is person]

    def under_key(self, person: Person, key: str | None) -> Payment | None:
        """A patient's payment under a key."""
        same = (one for one in self.payments_of(person) if one.order.key == key)
        return None if key is None else next(same, None)

    def open_requests(self, person: Person, *about: SupportTopic) -> list[Request]:
        """What a patient asked for and nobody has resolved."""
        return [one for one in self.requests if one.person is person and one.about in about and one.is_open]

    def asked_already(self, person: Person, about: SupportTopic, statement: Statement | None) -> Request | None:
        """The open request that a patient's next one would repeat."""
        return next((one for one in self.open_requests(person, about) if one.statement is statement), None)

    def due(self) -> list[Payment]:
        """The payments that a worker would look at, in its order."""
        looked_at = [(one.look_at, one) for one in self.payments if one.look_at is not None and one.look_at <= self.now]
        return [one for _, one in sorted(looked_at, key=lambda pair: (pair[0], pair[1].order.person.id, pair[1].id))]

    def edges(self) -> list[datetime]:
        """The moments ahead at which something ends or is due."""
        mine = [
            *(self.ends_at(one.due_on) for one in self.statements if one.is_current),
            *(one.look_at for one in self.payments if one.look_at is not None),
        ]
        return sorted({*super().edges(), *(edge for edge in mine if edge > self.now)})

    # What each call will answer

    def upload(
        self, person: Person, *, number: str, balance: Money, issued_on: date, due_on: date, document: bytes
    ) -> Prediction:
        """The newest is the current one, and answers what was asked about statements; its id is known afterwards."""
        if due_on < issued_on:
            return Prediction("bad_input: too_early")
        if any(one.number == number for one in self.statements_of(person)):
            return Prediction("statement_number_taken")

        def effect() -> None:
            for one in self.statements_of(person):
                one.is_current = False
            self.statements.append(Statement(person, number, balance, issued_on, due_on, document, self.now))
            self._resolve(self.open_requests(person, SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT))
            self._tell(person, NoticeKind.STATEMENT_AVAILABLE)

        return Prediction(DONE, effect)

    def resend(self, statement: Statement, due_on: date) -> Prediction:
        """The current one gets a due date that isn't over, not before its own date."""
        if not statement.is_current:
            return Prediction("not_current_statement")
        if due_on < statement.issued_on or self.now >= self.ends_at(due_on):
            return Prediction("bad_input: too_early")

        def effect() -> None:
            statement.due_on = due_on
            asked = self.open_requests(statement.person, SupportTopic.RESEND_STATEMENT)
            self._resolve(one for one in asked if one.statement is statement)
            self._tell(statement.person, NoticeKind.STATEMENT_AVAILABLE)

        return Prediction(DONE, effect)

    def request(self, person: Person, seat: Seat, about: SupportTopic, statement: Statement | None) -> Prediction:
        """What is asked for already is asked for once; its id is known only afterwards."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if statement is not None and statement.person is not person:
            return Prediction("not_found: statement")
        if statement is not None and not statement.is_current:
            return Prediction("not_current_statement")
        is_general = about is SupportTopic.GENERAL
        if is_general and len(self.open_requests(person, about)) == ASKED_MAX:
            return Prediction("too_many_support_requests")
        if not is_general and self.asked_already(person, about, statement) is not None:
            return Prediction(DONE, nothing)
        return Prediction(DONE, lambda: self.requests.append(Request(person, about, statement)))

    def resolve(self, request: Request) -> Prediction:
        """Once."""
        if not request.is_open:
            return Prediction("support_request_resolved")
        return Prediction(DONE, lambda: self._resolve([request]))

    def pay(self, order: Order, seat: Seat, *, good_commits: int | None) -> Steps:
        """Reserved in one transaction, charged outside any, and what the processor said is written down in a second.

        When the second fails, the payment is as it was.
        """
        done = self.reserve(order, seat, good_commits=good_commits)
        if done.payment is not None and done.is_new:
            done.payment.ledger = LEDGER[order.source]
            self.hear(done.payment, done)
        return done

    def reserve(self, order: Order, seat: Seat, *, good_commits: int | None) -> Steps:
        """The first transaction of a payment; under a key that was used, the only one."""
        done = Steps(good_commits)
        done.answer = self._why_not(order, seat) or DONE
        if done.answer != DONE:
            return done
        if not done.commit():
            done.answer = FAILED
            return done
        done.payment = self.under_key(order.person, order.key)
        if done.payment is None:
            done.is_new = True
            done.payment = Payment(order, self._amount(order), self.now, self.now + self.patience)
            self.payments.append(done.payment)
        return done

    def hear(self, payment: Payment, done: Steps) -> None:
        """The second transaction, if the processor answers; what became of the payment meanwhile stays so."""
        fate = HEARD_AT_ONCE.get(payment.order.source)
        if payment.ledger == "voided" and payment.order.source is SandboxSource.NEVER_ANSWER:
            fate = "declined"
        if fate is not None and done.commit() and payment.fate == "pending":
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

    # What becomes so

    def _conclude(self, payment: Payment, mood: Mood, done: Steps) -> bool:
        find_out = self._charged if payment.fate == "pending" else self._given_back
        fate = None if mood is Mood.OUT_OF_REACH else find_out(payment, mood)
        if fate is None or not done.commit():
            return False
        self._end(payment, fate)
        return True

    def _charged(self, payment: Payment, mood: Mood) -> str | None:
        if payment.ledger in {"nothing", "voided"} and mood is not Mood.PROMISES_NOTHING:
            payment.ledger = "voided"
        return {"approved": "settled", "declined": "declined"}.get(payment.ledger) or (
            "released" if payment.ledger == "voided" and mood is not Mood.PROMISES_NOTHING else None
        )

    def _given_back(self, payment: Payment, mood: Mood) -> str | None:
        if payment.ledger == "approved" and mood is Mood.REFUSES_REFUNDS:
            return "settled"
        payment.ledger = "refunded"
        return None if mood is Mood.LOSES_REFUNDS else "refunded"

    def _end(self, payment: Payment, fate: str) -> None:
        was, payment.fate, payment.look_at = payment.fate, fate, None
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

    def _resolve(self, requests: Iterable[Request]) -> None:
        for one in requests:
            one.is_open = False
