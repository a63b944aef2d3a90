"""Giving a settled payment back."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PaymentId, StatementId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.values.form_keys import Repeated
from patientportal.domain.values.money import Money

from .payments import Payment, PaymentStatus
from .statements import Statement


@frozen(kw_only=True)
class RefundBegun(Event):
    """The practice gives a payment back, and the processor is about to be asked to."""

    name: ClassVar[str] = "refund_begun"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class PaymentRefunded(Event):
    """The processor has given it back."""

    name: ClassVar[str] = "payment_refunded"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class RefundDeclined(Event):
    """The processor wouldn't give it back: it stays settled."""

    name: ClassVar[str] = "refund_declined"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class PaymentNotSettledError(RefusedError):
    """Only a settled payment can be refunded. Nothing changed.

    Attributes:
        status: where the payment stands.
    """

    code: ClassVar[str] = "payment_not_settled"
    status: PaymentStatus


@frozen(kw_only=True)
class Refunding:
    """It is about to be given back."""

    payment: Payment = changed()
    event: RefundBegun = happened()


@frozen(kw_only=True)
class Refunded:
    """It was given back, so that it is owed again."""

    statement: Statement = changed()
    payment: Payment = changed()
    event: PaymentRefunded = happened()


@frozen(kw_only=True)
class StaysSettled:
    """It couldn't be given back."""

    payment: Payment = changed()
    event: RefundDeclined = happened()


def refund(payment: Payment, *, look_at: datetime) -> Refunding | Repeated[Payment]:
    """The practice gives back all of a settled payment; once.

    Args:
        payment: the patient's.
        look_at: from when on a worker asks the processor again to give it back.

    Raises:
        PaymentNotSettledError: it was never settled.
    """
    if payment.status in {PaymentStatus.REFUNDING, PaymentStatus.REFUNDED}:
        return Repeated(kept=payment)
    if payment.status is not PaymentStatus.SETTLED:
        raise PaymentNotSettledError(status=payment.status)
    return Refunding(
        payment=evolve(payment, status=PaymentStatus.REFUNDING, look_at=look_at),
        event=RefundBegun(payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount),
    )


def refunded(statement: Statement, payment: Payment, *, now: datetime) -> Refunded | Unchanged:
    """What was given back isn't paid any more, and remains to be paid if its statement is the current one; once.

    Args:
        statement: the payment's.
        payment: the patient's.
        now: UTC.
    """
    if payment.status is not PaymentStatus.REFUNDING:
        return Unchanged()
    return Refunded(
        statement=evolve(statement, paid_minor_units=statement.paid_minor_units - payment.amount.minor_units),
        payment=evolve(payment, status=PaymentStatus.REFUNDED, look_at=None, ended_at=now),
        event=PaymentRefunded(payment_id=payment.id, statement_id=statement.id, amount=payment.amount),
    )


def refund_declined(payment: Payment) -> StaysSettled | Unchanged:
    """What the processor wouldn't give back stays settled.

    Args:
        payment: the patient's.
    """
    if payment.status is not PaymentStatus.REFUNDING:
        return Unchanged()
    return StaysSettled(
        payment=evolve(payment, status=PaymentStatus.SETTLED, look_at=None),
        event=RefundDeclined(payment_id=payment.id, statement_id=payment.statement_id, amount=payment.amount),
    )
