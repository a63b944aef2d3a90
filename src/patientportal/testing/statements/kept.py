"""What the model of statements keeps: statements, orders, payments, refunds, requests and receipts."""

from datetime import date, datetime

from attrs import define, field, frozen

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.ids import PaymentId, RefundId, StatementId, SupportRequestId
from patientportal.domain.statements.paying import Pay
from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Notice, Person, Work
from patientportal.testing.machine_base import DONE

NO_STATEMENT: StatementId = StatementId("")
NO_PAYMENT: PaymentId = PaymentId("")
NO_REFUND: RefundId = RefundId("")
NO_REQUEST: SupportRequestId = SupportRequestId("")


@frozen
class Bill:
    """What the practice says when it uploads a statement.

    Attributes:
        posted_until: up to when its books were posted; ``None``: it doesn't say.
        external_id: the hospital's key, if it gives one.
    """

    number: str
    balance: Money
    issued_on: date
    due_on: date
    document: bytes
    covers_earlier: bool = True
    posted_until: datetime | None = None
    external_id: str | None = None


@define(eq=False)
class Statement:
    """A statement; what is paid, reduced and pending of it is nowhere written, but added up.

    Attributes:
        bill: what the practice said.
        due_on: until when it may be paid by now.
        posted_until: what was paid before is in its balance.
        fate: "current", "superseded" or "retracted".
        opened_at: when its patient first opened it.
        notices: which say that it is there; nobody is told once it was taken back.
    """

    person: Person
    bill: Bill
    due_on: date
    posted_until: datetime
    uploaded_at: datetime
    fate: str = "superseded"
    opened_at: datetime | None = None
    retracted_at: datetime | None = None
    notices: list[Notice] = field(factory=list)
    id: StatementId = NO_STATEMENT

    @property
    def is_current(self) -> bool:
        """Whether it says what is owed."""
        return self.fate == "current"

    @property
    def is_retracted(self) -> bool:
        """Whether it was taken back."""
        return self.fate == "retracted"

    @property
    def currency(self) -> str:
        """Of its balance."""
        return self.bill.balance.currency

    @property
    def place(self) -> tuple[date, datetime, str]:
        """Where it stands among its patient's."""
        return self.bill.issued_on, self.uploaded_at, self.id

    def __repr__(self) -> str:
        return f"<{self.bill.number} of {self.person}>"


@frozen(eq=False)
class Order:
    """What a patient asks for when they pay, of a statement that may be anybody's; or what the practice writes down.

    Attributes:
        source: the token; ``None``: it wasn't paid online.
        method: "online", or how else it was paid.
        received_on: when the practice had it; ``None``: it was paid online.
        external_id: the hospital's key for it, if it gave one.
    """

    person: Person
    statement: Statement
    asked: Money | Pay
    source: SandboxSource | None
    key: str | None
    method: str = "online"
    received_on: date | None = None
    external_id: str | None = None
    reference: str = ""

    @property
    def terms(self) -> tuple[object, ...]:
        """What must be the same for a repeat."""
        return self.statement, self.asked, self.source, self.method, self.received_on, self.reference


@define(eq=False)
class Refund:
    """Some of a payment, given back or about to be.

    Attributes:
        asked: how much was asked for; ``None``: all that was left.
        fate: "pending" until it is "done" or "declined".
        look_at: when a worker asks for it again; ``None``: that is known.
        is_given_back: whether the processor has done it, heard or not.
        unclear_since: since when it waits for somebody.
    """

    payment: "Payment"
    amount: int
    asked: Money | None
    by_hand: bool
    key: str | None
    reason: str | None
    requested_at: datetime
    look_at: datetime | None
    fate: str = "pending"
    is_given_back: bool = False
    ended_at: datetime | None = None
    unclear_since: datetime | None = None
    id: RefundId = NO_REFUND

    @property
    def turn(self) -> tuple[datetime | None, str, str]:
        """When it is looked at."""
        return self.look_at, self.payment.order.person.id, self.id

    def shown(self) -> tuple[object, ...]:
        """What is told of it."""
        return (
            (self.id, self.payment.order.person.id, self.payment.id),
            (self.amount, self.by_hand, self.reason),
            self.fate,
            (self.requested_at, self.ended_at, self.unclear_since),
        )


@define(eq=False)
class Payment:
    """An order that was taken.

    Attributes:
        counts_on: the statement of which it lowers what remains.
        look_at: when a worker looks what became of it; ``None``: that is known.
        fate: "pending" until it is "settled", "declined" or "released".
        ledger: what the processor knows: "nothing", "approved", "declined", "silent", "voided".
        code: why it was declined, if it was.
        is_stopped: whether the statement that it was made on was taken back: it is never asked for again.
        charged: what the processor said it had charged, where that doesn't count.
        unclear_since: since when it waits for somebody.
        id: as it was handed out, which is known only afterwards.
    """

    order: Order
    counts_on: Statement
    amount: Money
    requested_at: datetime
    look_at: datetime | None
    ledger: str = "nothing"
    fate: str = "pending"
    ended_at: datetime | None = None
    code: str = "declined"
    is_stopped: bool = False
    charged: Money | None = None
    unclear_since: datetime | None = None
    refunds: list[Refund] = field(factory=list)
    id: PaymentId = NO_PAYMENT

    def went_back(self, fate: str = "done") -> int:
        """What was given back of it, or is about to be."""
        return sum(one.amount for one in self.refunds if one.fate == fate)

    @property
    def turn(self) -> tuple[datetime | None, str, str]:
        """When it is looked at."""
        return self.look_at, self.order.person.id, self.id

    @property
    def left(self) -> int:
        """What can still be given back."""
        return self.amount.minor_units - self.went_back() - self.went_back("pending")

    @property
    def standing(self) -> str:
        """Where it is said to stand."""
        if self.went_back("pending"):
            return "refunding"
        return "refunded" if self.went_back() == self.amount.minor_units else self.fate

    def shown(self) -> tuple[object, ...]:
        """What is told of it."""
        named = f"sandbox-{self.id}" if self.fate == "settled" else None
        return (
            (self.id, self.order.statement.id, self.counts_on.id, self.is_stopped),
            (self.amount, self.order.method, self.went_back(), self.went_back("pending")),
            self.standing,
            (self.requested_at, self.order.received_on, self.ended_at),
            (
                self.code if self.fate == "declined" else None,
                named if self.order.method == "online" else self.order.reference or None,
                self.order.external_id,
            ),
            (self.charged, self.unclear_since),
        )


@define(eq=False)
class Request:
    """Something that a patient asked the practice for.

    Attributes:
        answered_by: the statement that arrived, or was sent again, since; ``None``: nobody did that.
    """

    person: Person
    about: SupportTopic
    statement: Statement | None
    is_open: bool = True
    answered_by: Statement | None = None
    id: SupportRequestId = NO_REQUEST
    form: str | None = None


@frozen(eq=False)
class Receipt:
    """A message that says what was paid, or that nothing was."""

    payment: Payment
    body: str
    sent_at: datetime
    is_retracted: bool = False

    @property
    def person(self) -> Person:
        """Whose inbox it is in."""
        return self.payment.order.person

    @property
    def about_id(self) -> str:
        """What it is about."""
        return self.payment.id


@define(eq=False)
class Answer:
    """A message that answers a request, and the notice that tells of it."""

    request: Request
    body: str
    sent_at: datetime
    notice: Notice
    is_retracted: bool = False

    @property
    def person(self) -> Person:
        """Whose inbox it is in."""
        return self.request.person

    @property
    def about_id(self) -> str:
        """What it is about."""
        return self.request.id


@define
class Steps(Work):
    """What a call of several transactions will have done by its end.

    Attributes:
        answer: its answer.
        payment: the payment that it is about; ``None``: it came to none.
        concluded: of how many payments and refunds it was found out what became of them.
    """

    answer: str = DONE
    payment: Payment | None = None
    concluded: int = 0
