"""What the model of statements keeps: statements, orders, payments, requests and receipts."""

from datetime import date, datetime

from attrs import define, frozen

from patientportal.adapters.sandbox import SandboxSource
from patientportal.domain.ids import PaymentId, StatementId, SupportRequestId
from patientportal.domain.statements.payments import Pay
from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Notice, Person, Work
from patientportal.testing.machine_base import DONE

NO_STATEMENT: StatementId = StatementId("")
NO_PAYMENT: PaymentId = PaymentId("")
NO_REQUEST: SupportRequestId = SupportRequestId("")
PAID: set[str] = {"settled", "refunding"}


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
        code: why it was declined, if it was.
        charged: what the processor said it had charged, where that isn't the amount.
        unclear_since: since when it waits for somebody.
        id: as it was handed out, which is known only afterwards.
    """

    order: Order
    amount: Money
    requested_at: datetime
    look_at: datetime | None
    ledger: str = "nothing"
    fate: str = "pending"
    ended_at: datetime | None = None
    code: str = "declined"
    charged: Money | None = None
    unclear_since: datetime | None = None
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
            self.code if self.fate == "declined" else None,
            f"sandbox-{self.id}" if self.fate in {*PAID, "refunded"} else None,
            self.charged,
            self.unclear_since,
        )


@define(eq=False)
class Request:
    """Something that a patient asked the practice for."""

    person: Person
    about: SupportTopic
    statement: Statement | None
    is_open: bool = True
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
        concluded: of how many payments it was found out what became of them.
    """

    answer: str = DONE
    payment: Payment | None = None
    concluded: int = 0
