"""An auditor of statements and payments: adds up what is kept, and compares it with what the processor has charged."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from patientportal.domain.messages.facts import MessageKind
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.values.money import Money
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query, Store, View
from patientportal.testing.machine_base import agree
from patientportal.testing.statements.processor import MoodyProcessor

PENDING, SETTLED, REFUNDING, REFUNDED = (
    PaymentStatus.PENDING,
    PaymentStatus.SETTLED,
    PaymentStatus.REFUNDING,
    PaymentStatus.REFUNDED,
)
PAID = {SETTLED, REFUNDING}
WENT_TO = {
    None: {*PaymentStatus} - {REFUNDING, REFUNDED},
    PENDING: {PENDING, SETTLED, PaymentStatus.DECLINED, PaymentStatus.RELEASED},
    SETTLED: {SETTLED, REFUNDING, REFUNDED},
    PaymentStatus.DECLINED: {PaymentStatus.DECLINED},
    PaymentStatus.RELEASED: {PaymentStatus.RELEASED},
    REFUNDING: {REFUNDING, REFUNDED, SETTLED},
    REFUNDED: {REFUNDED},
}
"""Where a payment may stand at the next look; ``None``: nobody has looked before."""


@frozen
class _Books:
    """Everything that is kept, at one moment."""

    statements: Sequence[Statement]
    payments: Sequence[Payment]
    messages: Sequence[InboxMessage]


@define
class Auditor:
    """Knows no rule, no model and no handle: only the books of the store, and those of the processor.

    Attributes:
        seen: where each payment stood at the last look.
    """

    store: Store
    processor: MoodyProcessor
    seen: dict[str, PaymentStatus] = field(factory=dict)

    def audit(self) -> None:
        """Looks at everything.

        Raises:
            AssertionError: something doesn't add up.
        """
        with self.store.view() as view:
            books = _Books(_all(view, Statement), _all(view, Payment), _all(view, InboxMessage))
        for statement in books.statements:
            self._adds_up(statement, [one for one in books.payments if one.statement_id == statement.id])
        self._newest_is_current(books.statements)
        self._agrees_with_the_processor(books.payments)
        self._has_receipts(books)
        self._went_on(books.payments)

    def _adds_up(self, statement: Statement, payments: Sequence[Payment]) -> None:
        """Settled and pending are what the payments say, and together at most the balance."""
        paid = sum(one.amount.minor_units for one in payments if one.status in PAID)
        pending = sum(one.amount.minor_units for one in payments if one.status is PENDING)
        written = (statement.paid.minor_units, statement.pending.minor_units)
        agree("paid and pending", predicted=(paid, pending), answered=written)
        agree(
            "currencies", predicted=set(), answered={p.amount.currency for p in payments} - {statement.balance.currency}
        )
        if paid + pending > statement.balance.minor_units:
            raise AssertionError(f"{paid} paid and {pending} pending of {statement.balance}")

    def _newest_is_current(self, statements: Sequence[Statement]) -> None:
        """Of each patient's, that alone which arrived last."""
        newest = {one.patient_id: one.id for one in sorted(statements, key=lambda one: (one.uploaded_at, one.id))}
        current = [(one.patient_id, one.id) for one in statements if one.status is StatementStatus.CURRENT]
        agree("current statements", predicted=sorted(newest.items()), answered=sorted(current))

    def _agrees_with_the_processor(self, payments: Sequence[Payment]) -> None:
        """What it has charged and not given back is what is settled, or pending, or being given back; to the cent."""
        mine = {str(one.id): one for one in payments}
        charged: Counter[str] = Counter()
        kept: Counter[str] = Counter()
        for charge in self.processor.sandbox.charges():
            payment = mine[charge.key]
            agree("charged", predicted=payment.amount, answered=charge.amount)
            may_be = {REFUNDING, REFUNDED, PaymentStatus.RELEASED} if charge.is_refunded else {PENDING, *PAID}
            if payment.status not in may_be:
                raise AssertionError(f"{payment.id} is {payment.status} and was {charge}")
            charged[charge.amount.currency] += 0 if charge.is_refunded else charge.amount.minor_units
            is_open = payment.status is PENDING or (payment.status is REFUNDING and not charge.is_refunded)
            kept[charge.amount.currency] += charge.amount.minor_units if is_open else 0
        for payment in payments:
            kept[payment.amount.currency] += payment.amount.minor_units if payment.status is SETTLED else 0
        agree("the processor's total", predicted=+charged, answered=+kept)
        asked = self.processor.orders.items()
        agree("one order a key", predicted=[], answered=[key for key, orders in asked if len(orders) > 1])

    def _has_receipts(self, books: _Books) -> None:
        """One for each payment that has ended, which names its amount and whether it was ever settled."""
        amounts = {str(one.id): one.amount for one in books.payments}
        for kind, statuses in (
            (MessageKind.PAYMENT_RECEIPT, {*PAID, REFUNDED}),
            (MessageKind.PAYMENT_NOT_MADE, {PaymentStatus.DECLINED, PaymentStatus.RELEASED}),
        ):
            ended = sorted(str(one.id) for one in books.payments if one.status in statuses)
            told = [one for one in books.messages if one.kind is kind]
            agree(kind, predicted=ended, answered=sorted(str(one.about_id) for one in told))
            for message in told:
                self._names(message, amounts[str(message.about_id)])

    def _names(self, receipt: InboxMessage, amount: Money) -> None:
        if str(amount) not in receipt.body:
            raise AssertionError(f"the receipt {receipt.id} doesn't name {amount}")

    def _went_on(self, payments: Sequence[Payment]) -> None:
        """What ended stays ended, and each key is of one payment."""
        for one in payments:
            if one.status not in WENT_TO[self.seen.get(one.id)]:
                raise AssertionError(f"{one.id} was {self.seen.get(one.id)} and is {one.status}")
        self.seen = {one.id: one.status for one in payments}
        keys = Counter((one.patient_id, one.idempotency_key) for one in payments if one.idempotency_key is not None)
        agree("one payment a key", predicted=[], answered=[key for key, number in keys.items() if number > 1])


def _all(view: View, state: type[Any]) -> Sequence[Any]:
    return view.select(Query(state=state, order=KINDS[state].key))
