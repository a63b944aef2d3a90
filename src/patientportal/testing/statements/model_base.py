"""What the predictions about statements and payments look at: the lists, and what can be added up from them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from patientportal.domain.policy import Policy
from patientportal.domain.support.support import SupportTopic
from patientportal.testing.accounts.kept import Person
from patientportal.testing.accounts.model import Model
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.statements.kept import PAID, Answer, Payment, Receipt, Request, Statement

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
