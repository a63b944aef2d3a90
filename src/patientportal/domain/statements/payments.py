"""Payments: an amount that is paid, let off or given back, and what each counts on."""

from datetime import date, datetime
from enum import StrEnum, unique

from attrs import field, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import as_stored, revised


@unique
class PaymentMethod(StrEnum):
    """How something was paid."""

    ONLINE = "online"
    """By the patient, through the payment processor."""
    CASH = "cash"
    CHEQUE = "cheque"
    CARD = "card"
    """At the practice's own terminal."""
    INSURER = "insurer"
    """By whoever insures the patient."""
    REDUCTION = "reduction"
    """A discount or a write-off, which lets something off and is no money."""


@unique
class PaymentStatus(StrEnum):
    """A payment is pending until its outcome is known; a settled one may be given back, in part or whole."""

    PENDING = "pending"
    SETTLED = "settled"
    DECLINED = "declined"
    RELEASED = "released"
    REFUNDING = "refunding"
    """It is settled, and some of it is about to be given back; only shown, never kept."""
    REFUNDED = "refunded"
    """It is settled, and all of it was given back; likewise."""


@frozen(kw_only=True)
class Payment:
    """An amount that is paid of what a patient owes, by them or for them, or let off.

    Attributes:
        patient_id: whose it is.
        id: its own; the key under which the processor knows it.
        statement_id: of which statement it was made.
        counts_on: the statement of which it lowers what remains: that one, until a later one takes it.
        amount: how much.
        method: how; what isn't paid online is settled when it is written down.
        is_full: whether all that remained was asked for.
        idempotency_key: the patient's key against paying twice; ``None``: each call is a new payment.
        source_hash: of the processor's token, which itself is nowhere at rest; ``None``: it wasn't paid online.
        external_id: the hospital's key for it; no two of a patient's payments share one.
        received_on: the day on which the practice had it; ``None``: it was paid online.
        requested_at: when it was asked for, or written down.
        status: where it stands.
        refunded_minor_units: what of it was given back.
        refunding_minor_units: what of it is about to be.
        look_at: from when on a worker asks the processor what became of it; ``None``: that is known.
        ended_at: when it was settled, declined or released; of what was written down, when it was received, at the end
            of that day at the latest. ``None``: it is pending.
        decline_code: why it was declined, in the processor's words.
        reference: the processor's name for it, or what the practice wrote of it: a cheque's number, say.
        statement_retracted: whether the statement that it was made on was taken back: it is never asked for again.
        charged_minor_units: what the processor says it has charged, where that doesn't count as this payment; kept
            once somebody has concluded it, so that it isn't news again.
        charged_currency: of that.
        charged_reference: the processor's name for that.
        unclear_since: since when it has waited for somebody to conclude what became of it; ``None``: it doesn't.
    """

    patient_id: PatientId
    id: PaymentId
    statement_id: StatementId
    counts_on: StatementId
    amount: Money
    method: PaymentMethod = PaymentMethod.ONLINE
    is_full: bool
    idempotency_key: str | None = field(default=None, repr=False)
    source_hash: bytes | None = field(default=None, repr=False)
    external_id: str | None = field(default=None, repr=False)
    received_on: date | None = None
    requested_at: datetime
    status: PaymentStatus = PaymentStatus.PENDING
    refunded_minor_units: int = 0
    refunding_minor_units: int = 0
    look_at: datetime | None
    ended_at: datetime | None = None
    decline_code: str | None = None
    reference: str | None = field(default=None, repr=False)
    statement_retracted: bool = False
    charged_minor_units: int | None = None
    charged_currency: str | None = None
    charged_reference: str | None = None
    unclear_since: datetime | None = None

    @property
    def refunded(self) -> Money:
        """What of it was given back."""
        return revised(self.amount, minor_units=self.refunded_minor_units)

    @property
    def refunding(self) -> Money:
        """What of it is about to be given back."""
        return revised(self.amount, minor_units=self.refunding_minor_units)

    @property
    def refundable(self) -> Money:
        """What of it can still be given back."""
        spent = self.refunded_minor_units + self.refunding_minor_units
        return revised(self.amount, minor_units=self.amount.minor_units - spent)

    @property
    def standing(self) -> PaymentStatus:
        """Where it stands, as it is shown: what is about to be given back, and what was given back whole, too."""
        if self.refunding_minor_units:
            return PaymentStatus.REFUNDING
        return PaymentStatus.REFUNDED if self.refunded == self.amount else self.status

    @property
    def charged(self) -> Money | None:
        """What the processor says it has charged, where that doesn't count as this payment."""
        if self.charged_minor_units is None or self.charged_currency is None:
            return None
        return as_stored(Money)(minor_units=self.charged_minor_units, currency=self.charged_currency)


def usable_money(amount: object, *, wanted: str = "Money") -> Money:
    """An amount that can be paid, let off or given back: above zero.

    Args:
        amount: what came from outside.
        wanted: what it may be, for the error.

    Raises:
        TypeError: it isn't ``Money``.
        BadInputError: it is zero: ``out_of_range``, with the fewest minor units there are, 1.
    """
    if not isinstance(amount, Money):
        raise TypeError(f"amount must be {wanted}, not {type(amount).__name__}")
    if amount.is_zero:
        raise BadInputError(field="amount", problem="out_of_range", limit=1)
    return amount
