"""Payments: never more than what remains of the current statement, and never twice."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import Enum, StrEnum, unique
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import as_stored
from patientportal.domain.values.text import bounded

from .statements import Statement, require_payable

SOURCE_BYTES_MAX = 16 * 1024  # some wallets pass on a whole signed and encrypted payment


@unique
class Pay(Enum):
    """What to pay in place of an amount."""

    FULL = "full"
    """All that remains at that moment."""


@unique
class PaymentStatus(StrEnum):
    """A payment is pending until its outcome is known; a settled one may be refunded."""

    PENDING = "pending"
    SETTLED = "settled"
    DECLINED = "declined"
    RELEASED = "released"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


@frozen(kw_only=True)
class Payment:
    """An amount that a patient pays of a statement.

    Attributes:
        patient_id: whose it is.
        id: its own; the key under which the processor knows it.
        statement_id: of which statement.
        amount: how much.
        is_full: whether all that remained was asked for.
        idempotency_key: the patient's key against paying twice; ``None``: each call is a new payment.
        source_hash: of the processor's token, which itself is nowhere at rest.
        requested_at: when.
        status: where it stands.
        look_at: from when on a worker asks the processor what became of it; ``None``: that is known.
        ended_at: when it was settled, declined, released or given back; ``None``: it is pending.
        decline_code: why it was declined, in the processor's words.
        reference: the processor's name for it.
        charged_minor_units: what the processor says it has charged, where that doesn't count as this payment; kept
            once somebody has concluded it, so that it isn't news again.
        charged_currency: of that.
        charged_reference: the processor's name for that.
        unclear_since: since when it has waited for somebody to conclude what became of it; ``None``: it doesn't.
    """

    patient_id: PatientId
    id: PaymentId
    statement_id: StatementId
    amount: Money
    is_full: bool
    idempotency_key: str | None = field(repr=False)
    source_hash: bytes = field(repr=False)
    requested_at: datetime
    status: PaymentStatus = PaymentStatus.PENDING
    look_at: datetime | None
    ended_at: datetime | None = None
    decline_code: str | None = None
    reference: str | None = None
    charged_minor_units: int | None = None
    charged_currency: str | None = None
    charged_reference: str | None = None
    unclear_since: datetime | None = None

    @property
    def charged(self) -> Money | None:
        """What the processor says it has charged, where that doesn't count as this payment."""
        if self.charged_minor_units is None or self.charged_currency is None:
            return None
        return as_stored(Money)(minor_units=self.charged_minor_units, currency=self.charged_currency)


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
    if not isinstance(amount, (Money, Pay)):
        raise TypeError(f"amount must be Money or Pay, not {type(amount).__name__}")
    if isinstance(amount, Money) and amount.is_zero:
        raise BadInputError(field="amount", problem="out_of_range", limit=1)
    return amount


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

    The same again under a key does the work again while nobody knows what became of it, whatever the statement is by
    then: its amount stays reserved, and a worker waits until this look is over, too.

    Args:
        statement: the patient's.
        order: what they ask for.
        earlier: their payment under the same key, if there is one.
        now: UTC.
        look_at: from when on a worker asks the processor what became of it.
        policy: the practice's zone, and whether an overdue statement may be paid.

    Raises:
        IdempotencyKeyReusedError: something else was asked for under this key.
        NotCurrentStatementError: a newer statement has superseded this one.
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
        status=earlier.status,
    )
    is_known = earlier.status is not PaymentStatus.PENDING
    return again if is_known else Resumed(payment=evolve(earlier, look_at=look_at))


def _reserved(
    statement: Statement, *, order: PaymentOrder, amount: Money, now: datetime, look_at: datetime
) -> Reserved:
    payment = Payment(
        patient_id=statement.patient_id,
        id=order.payment_id,
        statement_id=statement.id,
        amount=amount,
        is_full=isinstance(order.amount, Pay),
        idempotency_key=order.idempotency_key,
        source_hash=order.source_hash,
        requested_at=now,
        look_at=look_at,
    )
    return Reserved(
        statement=evolve(statement, pending_minor_units=statement.pending_minor_units + amount.minor_units),
        payment=payment,
        event=PaymentReserved(payment_id=payment.id, statement_id=statement.id, amount=amount),
    )
