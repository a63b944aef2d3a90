"""What the predictions about statements and payments look at: the lists, and what can be added up from them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from patientportal.domain.policy import Policy
from patientportal.domain.support.support import SupportTopic
from patientportal.testing.accounts.kept import Person
from patientportal.testing.accounts.model import Model
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import INSTANT
from patientportal.testing.statements.kept import Answer, Payment, Receipt, Refund, Request, Statement

A_DAY: timedelta = timedelta(days=1)


class ModelBase(Model):
    """A portal's statements, payments, requests, and receipts with answers, in a few lists.

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
        self.receipts: list[Receipt | Answer] = []
        self.zone: ZoneInfo = ZoneInfo(policy.zone)
        self.patience: timedelta = timeout + policy.payments.reconcile_after

    @property
    def today(self) -> date:
        """The day at the practice."""
        return self.now.astimezone(self.zone).date()

    def ends_at(self, day: date) -> datetime:
        """When a day is over at the practice."""
        return datetime.combine(day + A_DAY, time(), self.zone).astimezone(UTC)

    def begins_at(self, day: date) -> datetime:
        """When a day begins at the practice."""
        return self.ends_at(day - A_DAY)

    def last_of(self, day: date) -> datetime:
        """The last moment of a day at the practice."""
        return self.ends_at(day) - INSTANT

    def is_overdue(self, statement: Statement) -> bool:
        """Whether the due date of a statement of which something remains is over."""
        return self.remaining(statement) > 0 and self.now >= self.ends_at(statement.due_on)

    def statements_of(self, person: Person) -> list[Statement]:
        """A patient's statements, the first uploaded first, and those that were taken back among them."""
        return [one for one in self.statements if one.person is person]

    def current(self, person: Person) -> Statement | None:
        """The one that says what a patient owes."""
        return next((one for one in self.statements_of(person) if one.is_current), None)

    # What counts on a statement

    def paid(self, statement: Statement) -> int:
        """What was settled and not given back."""
        return sum(
            one.amount.minor_units - one.went_back()
            for one in self._counting(statement, "settled")
            if one.order.method != "reduction"
        )

    def reduced(self, statement: Statement) -> int:
        """What was let off."""
        return sum(
            one.amount.minor_units - one.went_back()
            for one in self._counting(statement, "settled")
            if one.order.method == "reduction"
        )

    def pending(self, statement: Statement) -> int:
        """What is reserved."""
        return sum(one.amount.minor_units for one in self._counting(statement, "pending"))

    def owed(self, statement: Statement) -> int:
        """What is to be paid in all."""
        return max(0, statement.bill.balance.minor_units - self.reduced(statement))

    def remaining(self, statement: Statement) -> int:
        """What can still be paid."""
        left = self.owed(statement) - self.paid(statement) - self.pending(statement)
        return max(0, left) if statement.is_current else 0

    def credit(self, statement: Statement) -> int:
        """What was paid beyond what is owed."""
        return max(0, self.paid(statement) - self.owed(statement)) if statement.is_current else 0

    def _counting(self, statement: Statement, fate: str) -> list[Payment]:
        return [one for one in self.payments if one.counts_on is statement and one.fate == fate]

    def become_current(self, statement: Statement, *, again: bool = False) -> None:
        """A statement says what is owed from now on, and takes what its books couldn't know.

        Args:
            statement: the new one, or an earlier one.
            again: whether the one after it was taken back; then it takes what counts on any that was, too.
        """
        for one in self.statements_of(statement.person):
            one.fate = "superseded" if one.is_current else one.fate
        statement.fate = "current"
        for payment in self.payments_of(statement.person):
            if self.takes(statement, payment, again=again):
                payment.counts_on = statement

    def takes(self, statement: Statement, payment: Payment, *, again: bool = False) -> bool:
        """Whether a statement that becomes current takes a payment from wherever it counts."""
        if payment.fate not in {"pending", "settled"} or payment.amount.currency != statement.currency:
            return False
        covers = statement.bill.covers_earlier and not self.was_posted(payment, statement)
        return covers or (again and payment.counts_on.is_retracted)

    def was_posted(self, payment: Payment, statement: Statement) -> bool:
        """Whether a payment is in the balance of a statement."""
        return payment.ended_at is not None and payment.ended_at < statement.posted_until

    def unaware(self, statement: Statement, payment: Payment) -> Statement:
        """Where something counts that is written down: on the last statement whose books didn't know it."""
        issued = [one for one in self.statements_of(statement.person) if not one.is_retracted]
        alike = sorted((one for one in issued if one.currency == statement.currency), key=lambda one: one.place)
        unaware = [one for one in alike if not self.was_posted(payment, one)]
        return statement if statement in unaware else [alike[0], *unaware][-1]

    def statement_shown(self, one: Statement) -> tuple[object, ...]:
        """What is told of a statement."""
        bill = one.bill
        return (
            (one.id, bill.number, bill.external_id, bill.balance, bill.covers_earlier, one.posted_until),
            (self.paid(one), self.reduced(one), self.pending(one), self.remaining(one), self.credit(one)),
            (bill.issued_on, one.due_on, one.uploaded_at, one.opened_at, one.retracted_at),
            one.fate,
            self.is_overdue(one),
        )

    # What else there is

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

    def asked_already(
        self, person: Person, about: SupportTopic, statement: Statement | None, form: str | None = None
    ) -> Request | None:
        """What a patient's next request would repeat: an open one, or what was asked by the same form."""
        if about is SupportTopic.GENERAL:
            of_form = [one for one in self.requests if one.person is person and one.form == form is not None]
            return next(iter(of_form), None)
        return next((one for one in self.open_requests(person, about) if one.statement is statement), None)

    def answers(self) -> list[Answer]:
        """What support has answered, taken back or not."""
        return [one for one in self.receipts if isinstance(one, Answer)]

    def answer_to(self, request: Request) -> Answer | None:
        """What a request was answered, as long as that isn't taken back."""
        return next((one for one in self.answers() if one.request is request and not one.is_retracted), None)

    def refunds(self) -> list[Refund]:
        """What was or is being given back, of anybody."""
        return [refund for payment in self.payments for refund in payment.refunds]

    def edges(self) -> list[datetime]:
        """The moments ahead at which something ends or is due."""
        mine = [
            *(self.ends_at(one.due_on) for one in self.statements if one.is_current),
            *(self.ends_at(one.bill.issued_on - A_DAY) for one in self.statements if one.is_current),
            *(one.look_at for one in self.payments if one.look_at is not None),
            *(one.look_at for one in self.refunds() if one.look_at is not None),
        ]
        return sorted({*super().edges(), *(edge for edge in mine if edge > self.now)})
