"""What the portal tells a patient: the facts of each kind of message, and the English text made of them alone."""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.values.money import Money


@unique
class MessageKind(StrEnum):
    """What a message is about; a host may show its own words for those that the portal writes."""

    FROM_PRACTICE = "from_practice"
    RENEWAL_APPROVED = "renewal_approved"
    RENEWAL_REFILLED = "renewal_refilled"
    RENEWAL_DENIED = "renewal_denied"
    RENEWAL_EXPIRED = "renewal_expired"
    MEDICATION_DISCONTINUED = "medication_discontinued"
    PAYMENT_RECEIPT = "payment_receipt"
    PAYMENT_NOT_MADE = "payment_not_made"
    SUPPORT_ANSWERED = "support_answered"


@frozen(kw_only=True)
class Facts:
    """What a message of one kind tells, as it was when it was written: all that its text is made of."""

    kind: ClassVar[MessageKind]
    subject: ClassVar[str]

    @property
    def body(self) -> str:
        """What the message says, in English."""
        raise NotImplementedError


@frozen(kw_only=True)
class RenewalApprovedFacts(Facts):
    """More of a medication is approved, and not refilled yet.

    Attributes:
        medication: what it is called.
        new_directions: how it is taken from now on; ``None``: as before.
    """

    kind: ClassVar[MessageKind] = MessageKind.RENEWAL_APPROVED
    subject: ClassVar[str] = "Your medication renewal"
    medication: str = field(repr=False)
    new_directions: str | None = field(default=None, repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        told = (
            f"Your provider has approved the renewal of {self.medication}. It isn't refilled yet: we will write again."
        )
        return told + _directed(self.new_directions)


@frozen(kw_only=True)
class RenewalRefilledFacts(Facts):
    """More of a medication is approved and refilled.

    Attributes:
        medication: what it is called.
        new_directions: how it is taken from now on; ``None``: as before.
    """

    kind: ClassVar[MessageKind] = MessageKind.RENEWAL_REFILLED
    subject: ClassVar[str] = "Your medication renewal"
    medication: str = field(repr=False)
    new_directions: str | None = field(default=None, repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        return f"Your provider has approved and refilled {self.medication}." + _directed(self.new_directions)


def _directed(directions: str | None) -> str:
    return "" if directions is None else f" The directions are new:\n\n{directions}"


@frozen(kw_only=True)
class RenewalDeniedFacts(Facts):
    """A provider said no.

    Attributes:
        medication: what it is called.
        reason: why, in the provider's words.
    """

    kind: ClassVar[MessageKind] = MessageKind.RENEWAL_DENIED
    subject: ClassVar[str] = "Your medication renewal"
    medication: str = field(repr=False)
    reason: str = field(repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        return f"Your provider has denied the renewal of {self.medication}. The reason:\n\n{self.reason}"


@frozen(kw_only=True)
class RenewalExpiredFacts(Facts):
    """Nobody decided in time.

    Attributes:
        medication: what it is called.
    """

    kind: ClassVar[MessageKind] = MessageKind.RENEWAL_EXPIRED
    subject: ClassVar[str] = "Your medication renewal"
    medication: str = field(repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        return (
            f"Nobody has decided your request to renew {self.medication} in time, and it has expired. "
            "Please ask again, or call the practice."
        )


@frozen(kw_only=True)
class MedicationDiscontinuedFacts(Facts):
    """A medication isn't to be taken any more, and a renewal that waited has ended with it.

    Attributes:
        medication: what it is called.
    """

    kind: ClassVar[MessageKind] = MessageKind.MEDICATION_DISCONTINUED
    subject: ClassVar[str] = "Your medication was discontinued"
    medication: str = field(repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        return (
            f"Your provider has discontinued {self.medication}, and its renewal has ended with it. "
            "Please call the practice if you have questions."
        )


@frozen(kw_only=True)
class PaymentReceiptFacts(Facts):
    """A payment counts.

    Attributes:
        amount: the payment's.
        statement_number: the practice's number of the statement on which it counts; ``None``: that was taken back, and
            nothing of it is said.
        paid: of that statement until then, this payment included.
        balance: of that statement.
    """

    kind: ClassVar[MessageKind] = MessageKind.PAYMENT_RECEIPT
    subject: ClassVar[str] = "Receipt for your payment"
    amount: Money
    statement_number: str | None = field(repr=False)
    paid: Money | None
    balance: Money | None

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        if self.statement_number is None:
            return f"We have received your payment of {self.amount}."
        return (
            f"We have received your payment of {self.amount} for statement {self.statement_number}.\n\n"
            f"Paid of this statement until now: {self.paid} of {self.balance}."
        )


@frozen(kw_only=True)
class PaymentNotMadeFacts(Facts):
    """A payment has ended without being charged.

    Attributes:
        amount: the payment's.
        statement_number: the practice's number of the statement on which it counted; ``None``: that was taken back.
    """

    kind: ClassVar[MessageKind] = MessageKind.PAYMENT_NOT_MADE
    subject: ClassVar[str] = "Your payment was not made"
    amount: Money
    statement_number: str | None = field(repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        if self.statement_number is None:
            return f"Your payment of {self.amount} was not made."
        return f"Your payment of {self.amount} for statement {self.statement_number} was not made."


@frozen(kw_only=True)
class SupportAnsweredFacts(Facts):
    """Somebody of the practice has answered what the patient asked support.

    Attributes:
        answer: in their words.
    """

    kind: ClassVar[MessageKind] = MessageKind.SUPPORT_ANSWERED
    subject: ClassVar[str] = "An answer to your request"
    answer: str = field(repr=False)

    @property
    def body(self) -> str:
        """See ``Facts.body``."""
        return self.answer


FACTS: Mapping[MessageKind, type[Facts]] = MappingProxyType(
    {
        one.kind: one
        for one in (
            RenewalApprovedFacts,
            RenewalRefilledFacts,
            RenewalDeniedFacts,
            RenewalExpiredFacts,
            MedicationDiscontinuedFacts,
            PaymentReceiptFacts,
            PaymentNotMadeFacts,
            SupportAnsweredFacts,
        )
    }
)
"""What the messages of each kind tell that the portal writes."""
