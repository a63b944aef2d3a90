"""Paying: never more than what remains of the current statement, and never twice."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import Enum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import bounded

from .counting import recounted
from .payments import Payment, PaymentStatus, usable_money
from .statements import Statement, require_payable

SOURCE_BYTES_MAX = 16 * 1024  # some wallets pass on a whole signed and encrypted payment


@unique
class Pay(Enum):
    """What to pay in place of an amount."""

    FULL = "full"
    """All that remains at that moment."""


@frozen(kw_only=True)
class PaymentOrder:
    """What a patient asks for when they pay.

    Attributes:
        payment_id: a fresh one, or ``id_under`` their key.
        amount: how much; ``Pay.FULL``: all that remains.
        idempotency_key: the patient's, if they gave one.
        source_hash: of the processor's token.
    """

    payment_id: PaymentId
    amount: Money | Pay
    idempotency_key: str | None = field(repr=False)
    source_hash: bytes = field(repr=False)


@frozen(kw_only=True)
class PaymentReserved(Event):
    """An amount was reserved, and the processor is about to be asked for it."""

    name: ClassVar[str] = "payment_reserved"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money


@frozen(kw_only=True)
class AmountExceedsBalanceError(RefusedError):
    """More than what remains after pending payments; or nothing remains. Nothing changed.

    Attributes:
        remaining: what can be paid.
    """

    code: ClassVar[str] = "amount_exceeds_balance"
    remaining: Money


@frozen(kw_only=True)
class Reserved:
    """The amount is the payment's, before the processor is asked for it."""

    statement: Statement = changed()
    payment: Payment = added()
    event: PaymentReserved = happened()


@frozen(kw_only=True)
class Resumed:
    """The same was asked for before and is pending still: the processor is about to be asked again, under one key."""

    payment: Payment = changed()


def usable_amount(amount: object) -> Money | Pay:
    """What a patient may ask to pay: an amount above zero, or all that remains.

    Raises:
        TypeError: it is neither ``Money`` nor ``Pay``.
        BadInputError: it is zero: ``out_of_range``, with the fewest minor units there are, 1.
    """
    return amount if isinstance(amount, Pay) else usable_money(amount, wanted="Money or Pay")


def usable_source(source: object) -> str:
    """The processor's opaque token: 1 to 16,384 bytes, passed on as it is.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    text = bounded(source, field="source", at_most_bytes=SOURCE_BYTES_MAX)
    if not text:
        raise BadInputError(field="source", problem="empty")
    return text


def id_under(patient_id: PatientId, key: str) -> PaymentId:
    """The id of a patient's payment under a key: made of both, so that a restored backup asks for the same charge.

    Args:
        patient_id: whose; no id holds the NUL that separates it from the key.
        key: in the form that ``usable_key`` gives.
    """
    digest = hashlib.sha256(f"payment\0{patient_id}\0{key}".encode()).digest()
    return PaymentId(urlsafe_b64encode(digest).decode().rstrip("="))


def pay(
    statement: Statement,
    *,
    order: PaymentOrder,
    earlier: Payment | None,
    now: datetime,
    look_at: datetime,
    policy: Policy,
) -> Reserved | Resumed | Repeated[Payment]:
    """Of the current statement, until its due date has ended, a patient may pay at most what remains; once a key.

    The same again under a key does the work again while nobody knows what became of it, also once the statement is
    superseded: its amount stays reserved, and a worker waits until this look is over, too. Of one that was taken back
    nothing is asked for again.

    Args:
        statement: the patient's.
        order: what they ask for.
        earlier: their payment under the same key, if there is one.
        now: UTC.
        look_at: from when on a worker asks the processor what became of it.
        policy: the practice's zone, and whether an overdue statement may be paid.

    Raises:
        IdempotencyKeyReusedError: something else was asked for under this key.
        NotCurrentStatementError: a newer statement has superseded this one, or it was taken back.
        StatementOverdueError: its due date has ended.
        BadInputError: the amount is of an ``other_currency``.
        AmountExceedsBalanceError: it is more than what remains, or nothing remains.
    """
    if earlier is not None:
        return _again(earlier, statement=statement, order=order, look_at=look_at)
    require_payable(statement, now=now, policy=policy)
    remaining = statement.remaining
    amount = remaining if isinstance(order.amount, Pay) else order.amount
    if amount.currency != remaining.currency:
        raise BadInputError(field="amount", problem="other_currency")
    if amount > remaining or amount.is_zero:
        raise AmountExceedsBalanceError(remaining=remaining)
    return _reserved(statement, order=order, amount=amount, now=now, look_at=look_at)


def _again(
    earlier: Payment, *, statement: Statement, order: PaymentOrder, look_at: datetime
) -> Resumed | Repeated[Payment]:
    again = repeated(
        earlier,
        what="payment",
        before=(earlier.statement_id, Pay.FULL if earlier.is_full else earlier.amount, earlier.source_hash),
        asked=(statement.id, order.amount, order.source_hash),
        status=earlier.standing,
    )
    is_over = earlier.status is not PaymentStatus.PENDING or earlier.statement_retracted
    return again if is_over else Resumed(payment=evolve(earlier, look_at=look_at))


def _reserved(
    statement: Statement, *, order: PaymentOrder, amount: Money, now: datetime, look_at: datetime
) -> Reserved:
    payment = Payment(
        patient_id=statement.patient_id,
        id=order.payment_id,
        statement_id=statement.id,
        counts_on=statement.id,
        amount=amount,
        is_full=isinstance(order.amount, Pay),
        idempotency_key=order.idempotency_key,
        source_hash=order.source_hash,
        requested_at=now,
        look_at=look_at,
    )
    return Reserved(
        statement=recounted(statement, after=payment),
        payment=payment,
        event=PaymentReserved(payment_id=payment.id, statement_id=statement.id, amount=amount),
    )
