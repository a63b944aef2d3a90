"""Giving a payment back, whole or in part: through the processor, or by hand."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, PaymentId, RefundId, StaffId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.types import of_type

from .counting import recounted
from .payments import Payment, PaymentMethod, PaymentStatus, usable_money
from .statements import Statement


@unique
class RefundStatus(StrEnum):
    """A refund is pending until its outcome is known."""

    PENDING = "pending"
    DONE = "done"
    DECLINED = "declined"


@frozen(kw_only=True)
class Refund:
    """An amount of a payment that the practice gives back.

    Attributes:
        patient_id: whose payment it is.
        id: its own; the key under which the processor knows it.
        payment_id: of which payment.
        amount: how much.
        is_full: whether all that was left was asked for.
        by_hand: whether the practice gave it back itself, or somebody else took it back, and the processor isn't asked.
        reason: what the practice wrote of it.
        given_by: who gave it back; ``None``: a release that kept that in the history alone.
        idempotency_key: the practice's key against doing it twice; no two refunds of a patient share one.
        requested_at: when.
        status: where it stands.
        look_at: from when on a worker asks the processor again; ``None``: its outcome is known.
        ended_at: when it was given back, or the processor refused; ``None``: it is pending.
        unclear_since: since when it has waited for somebody to conclude what became of it; ``None``: it doesn't.
    """

    patient_id: PatientId
    id: RefundId
    payment_id: PaymentId
    amount: Money
    is_full: bool
    by_hand: bool
    reason: str | None = field(repr=False)
    given_by: StaffId | None
    idempotency_key: str | None = field(repr=False)
    requested_at: datetime
    status: RefundStatus = RefundStatus.PENDING
    look_at: datetime | None
    ended_at: datetime | None = None
    unclear_since: datetime | None = None


@frozen(kw_only=True)
class RefundOrder:
    """What the practice asks for when it gives back.

    Attributes:
        amount: how much; ``None``: all that is left.
        by_hand: whether it has given it back itself, or it was taken back.
        reason: what it writes of it; ``None``: nothing.
        idempotency_key: its key, if it gave one.
    """

    amount: Money | None
    by_hand: bool
    reason: str | None = field(repr=False)
    idempotency_key: str | None = field(repr=False)


@frozen(kw_only=True)
class RefundBegun(Event):
    """The practice gives something back, and the processor is about to be asked to."""

    name: ClassVar[str] = "refund_begun"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    refund_id: RefundId | None = None


@frozen(kw_only=True)
class PaymentRefunded(Event):
    """It is given back: by the processor, or by hand."""

    name: ClassVar[str] = "payment_refunded"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    refund_id: RefundId | None = None
    by_hand: bool = False


@frozen(kw_only=True)
class RefundDeclined(Event):
    """The processor wouldn't give it back: it stays settled."""

    name: ClassVar[str] = "refund_declined"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    refund_id: RefundId | None = None


@frozen(kw_only=True)
class PaymentNotSettledError(RefusedError):
    """Only a settled payment can be refunded. Nothing changed.

    Attributes:
        status: where the payment stands.
    """

    code: ClassVar[str] = "payment_not_settled"
    status: PaymentStatus


@frozen(kw_only=True)
class PaymentNotOnlineError(RefusedError):
    """The processor can't give back what it didn't charge: give it back by hand. Nothing changed.

    Attributes:
        method: how it was paid.
    """

    code: ClassVar[str] = "payment_not_online"
    method: PaymentMethod


@frozen(kw_only=True)
class RefundExceedsPaymentError(RefusedError):
    """More than what is left of the payment can't be given back. Nothing changed.

    Attributes:
        refundable: what is left: the payment less what was given back and what is about to be.
    """

    code: ClassVar[str] = "refund_exceeds_payment"
    refundable: Money


@frozen(kw_only=True)
class Refunding:
    """It is about to be given back."""

    payment: Payment = changed()
    refund: Refund = added()
    event: RefundBegun = happened()


@frozen(kw_only=True)
class RefundedByHand:
    """It was given back, so that it is owed again."""

    statement: Statement = changed()
    payment: Payment = changed()
    refund: Refund = added()
    event: PaymentRefunded = happened()


def usable_order(order: RefundOrder) -> RefundOrder:
    """What the practice may ask for.

    Raises:
        TypeError: the amount is no ``Money``, or ``by_hand`` no ``bool``.
        BadInputError: the amount is zero: ``out_of_range``; or it is given without a key: ``idempotency_key`` is
            ``empty``.
    """
    of_type(order.by_hand, bool, field="by_hand")
    if order.amount is None:
        return order
    usable_money(order.amount)
    if order.idempotency_key is None:
        raise BadInputError(field="idempotency_key", problem="empty")
    return order


def refund(
    statement: Statement,
    payment: Payment,
    *,
    order: RefundOrder,
    earlier: Refund | None,
    before: int,
    by: StaffId,
    now: datetime,
    look_at: datetime,
) -> Refunding | RefundedByHand | Repeated[Refund] | Repeated[Payment]:
    """The practice gives back some or all of what is left of a settled payment; once a key, and never more than that.

    Args:
        statement: on which the payment counts.
        payment: the patient's.
        order: what is asked for.
        earlier: the patient's refund under the same key, if there is one.
        before: how many refunds of this payment there are.
        by: who gives it back.
        now: UTC.
        look_at: from when on a worker asks the processor again to give it back.

    Raises:
        IdempotencyKeyReusedError: something else was given back under this key.
        PaymentNotSettledError: it was never settled.
        PaymentNotOnlineError: it wasn't paid online, and the processor is to give it back.
        BadInputError: the amount is of an ``other_currency``.
        RefundExceedsPaymentError: it is more than what is left.
    """
    if earlier is not None:
        return _again(earlier, payment=payment, order=order)
    if payment.status is not PaymentStatus.SETTLED:
        raise PaymentNotSettledError(status=payment.status)
    if payment.method is not PaymentMethod.ONLINE and not order.by_hand:
        raise PaymentNotOnlineError(method=payment.method)
    left = payment.refundable
    if order.amount is None and left.is_zero:
        return Repeated(kept=payment)
    amount = order.amount or left
    if amount.currency != left.currency:
        raise BadInputError(field="amount", problem="other_currency")
    if amount > left:
        raise RefundExceedsPaymentError(refundable=left)
    new = _begun(payment, order=order, amount=amount, before=before, by=by, now=now, look_at=look_at)
    if order.by_hand:
        return _by_hand(statement, payment, new, now=now)
    return Refunding(
        payment=evolve(payment, refunding_minor_units=payment.refunding_minor_units + amount.minor_units),
        refund=new,
        event=RefundBegun(payment_id=payment.id, statement_id=payment.statement_id, amount=amount, refund_id=new.id),
    )


def _again(earlier: Refund, *, payment: Payment, order: RefundOrder) -> Repeated[Refund]:
    return repeated(
        earlier,
        what="refund",
        before=(earlier.payment_id, None if earlier.is_full else earlier.amount, earlier.by_hand, earlier.reason),
        asked=(payment.id, order.amount, order.by_hand, order.reason),
        status=earlier.status,
    )


def _begun(
    payment: Payment, *, order: RefundOrder, amount: Money, before: int, by: StaffId, now: datetime, look_at: datetime
) -> Refund:
    return Refund(
        patient_id=payment.patient_id,
        id=_id(payment, key=order.idempotency_key, before=before),
        payment_id=payment.id,
        amount=amount,
        is_full=order.amount is None,
        by_hand=order.by_hand,
        reason=order.reason,
        given_by=by,
        idempotency_key=order.idempotency_key,
        requested_at=now,
        look_at=look_at,
    )


def _id(payment: Payment, *, key: str | None, before: int) -> RefundId:
    """The id of a refund: made of its key, or of how many there were, so that a restored backup asks for the same."""
    if key is None and before == 0:
        return RefundId(payment.id)
    made_of = f"refund\0{payment.patient_id}\0{key}" if key is not None else f"refund\0{payment.id}\0\0{before}"
    return RefundId(urlsafe_b64encode(hashlib.sha256(made_of.encode()).digest()).decode().rstrip("="))


def _by_hand(statement: Statement, payment: Payment, new: Refund, *, now: datetime) -> RefundedByHand:
    given_back = evolve(payment, refunded_minor_units=payment.refunded_minor_units + new.amount.minor_units)
    return RefundedByHand(
        statement=recounted(statement, before=payment, after=given_back),
        payment=given_back,
        refund=evolve(new, status=RefundStatus.DONE, look_at=None, ended_at=now),
        event=PaymentRefunded(
            payment_id=payment.id,
            statement_id=payment.statement_id,
            amount=new.amount,
            refund_id=new.id,
            by_hand=True,
        ),
    )
