"""What becomes of a refund that the processor was asked for: given back or declined, once; or somebody finds out."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PaymentId, RefundId, StatementId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.values.money import Money

from .conclusions import Conclusion
from .counting import recounted
from .payments import Payment
from .refunds import PaymentRefunded, Refund, RefundDeclined, RefundStatus
from .statements import Statement


@frozen(kw_only=True)
class RefundConcluded(Event):
    """Somebody at the practice has said what became of a refund.

    Attributes:
        payment_id: of which payment.
        statement_id: of which statement that was made.
        amount: how much was to be given back.
        refund_id: which.
        conclusion: what they found.
    """

    name: ClassVar[str] = "refund_concluded"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    refund_id: RefundId
    conclusion: Conclusion


@frozen(kw_only=True)
class RefundNotUnclearError(RefusedError):
    """It is known what became of this refund, or workers are still finding out. Nothing changed.

    Attributes:
        status: where the refund stands.
    """

    code: ClassVar[str] = "refund_not_unclear"
    status: RefundStatus


@frozen(kw_only=True)
class Refunded:
    """It was given back, so that it is owed again."""

    statement: Statement = changed()
    payment: Payment = changed()
    refund: Refund = changed()
    event: PaymentRefunded | RefundConcluded = happened()


@frozen(kw_only=True)
class StaysSettled:
    """It couldn't be given back."""

    payment: Payment = changed()
    refund: Refund = changed()
    event: RefundDeclined | RefundConcluded = happened()


def refunded(statement: Statement, payment: Payment, refund: Refund, *, now: datetime) -> Refunded | Unchanged:
    """What was given back isn't paid any more, and is owed again where the payment counts; once.

    Args:
        statement: on which the payment counts.
        payment: the patient's.
        refund: of it.
        now: UTC.
    """
    if refund.status is not RefundStatus.PENDING:
        return Unchanged()
    event = PaymentRefunded(
        payment_id=payment.id, statement_id=payment.statement_id, amount=refund.amount, refund_id=refund.id
    )
    return _given_back(statement, payment, refund, event=event, now=now)


def refund_declined(payment: Payment, refund: Refund, *, now: datetime) -> StaysSettled | Unchanged:
    """What the processor wouldn't give back stays settled.

    Args:
        payment: the patient's.
        refund: of it.
        now: UTC.
    """
    if refund.status is not RefundStatus.PENDING:
        return Unchanged()
    event = RefundDeclined(
        payment_id=payment.id, statement_id=payment.statement_id, amount=refund.amount, refund_id=refund.id
    )
    return _kept(payment, refund, event=event, now=now)


def conclude_refund(
    statement: Statement, payment: Payment, refund: Refund, *, conclusion: Conclusion, now: datetime
) -> Refunded | StaysSettled:
    """Somebody says what became of a refund that is unclear.

    Args:
        statement: on which the payment counts.
        payment: the patient's.
        refund: of it.
        conclusion: what they found.
        now: UTC.

    Raises:
        RefundNotUnclearError: nobody is asked to conclude it.
    """
    if refund.unclear_since is None:
        raise RefundNotUnclearError(status=refund.status)
    event = RefundConcluded(
        payment_id=payment.id,
        statement_id=payment.statement_id,
        amount=refund.amount,
        refund_id=refund.id,
        conclusion=conclusion,
    )
    if conclusion is Conclusion.NOT_MADE:
        return _kept(payment, refund, event=event, now=now)
    return _given_back(statement, payment, refund, event=event, now=now)


def _given_back(
    statement: Statement, payment: Payment, refund: Refund, *, event: PaymentRefunded | RefundConcluded, now: datetime
) -> Refunded:
    units = refund.amount.minor_units
    given_back = evolve(
        payment,
        refunding_minor_units=payment.refunding_minor_units - units,
        refunded_minor_units=payment.refunded_minor_units + units,
    )
    return Refunded(
        statement=recounted(statement, before=payment, after=given_back),
        payment=given_back,
        refund=_ended(refund, RefundStatus.DONE, now=now),
        event=event,
    )


def _kept(payment: Payment, refund: Refund, *, event: RefundDeclined | RefundConcluded, now: datetime) -> StaysSettled:
    left = payment.refunding_minor_units - refund.amount.minor_units
    return StaysSettled(
        payment=evolve(payment, refunding_minor_units=left),
        refund=_ended(refund, RefundStatus.DECLINED, now=now),
        event=event,
    )


def _ended(refund: Refund, status: RefundStatus, *, now: datetime) -> Refund:
    return evolve(refund, status=status, look_at=None, ended_at=now, unclear_since=None)
