"""The payment processor: who charges a patient's card or account, and never shows it to anybody."""

from datetime import timedelta
from typing import Protocol

from attrs import frozen

from patientportal.domain.values.money import Money

WORD_MAX = 255


@frozen(kw_only=True)
class Approved:
    """It is charged.

    Attributes:
        amount: what was charged, as the processor says and not as it was asked: another amount than the payment's
            never settles it.
        reference: the processor's name for the charge, a line of at most 255 characters.
    """

    amount: Money
    reference: str


@frozen(kw_only=True)
class Declined:
    """It isn't charged, and never will be under this key.

    Attributes:
        code: why, in the processor's words, a line of at most 255 characters.
    """

    code: str


class PaymentProcessor(Protocol):
    """Charges once per key. Whatever it raises means that the outcome of the charge isn't known yet.

    A key holds for as far back as the processor, or its adapter, remembers: what may have been forgotten is never said
    not to be there, but raised. An adapter for a processor that forgets looks before it charges, or keeps its own list.

    It is called outside any transaction, by any number of threads and processes, and may be called again with the same
    key at any time. ``patientportal.testing.PaymentProcessorContract`` proves what is promised here.
    """

    @property
    def timeout(self) -> timedelta:
        """How long ``charge`` takes at most; the portal looks up the outcome some time after that."""

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        """Charges an amount, once per key: the same key again gets the first answer, and a voided one is declined.

        Args:
            key: of letters, digits, ``-`` and ``_``, 64 at most; the processor's idempotency key.
            amount: above zero.
            source: the processor's opaque token for a card or an account.
        """

    def find(self, key: str) -> Approved | Declined | None:
        """The outcome of a charge; ``None``: none has arrived under this key."""

    def void(self, key: str) -> bool:
        """Makes sure that a charge under this key will be declined if it still arrives; may be repeated.

        Returns:
            ``True``: nothing is charged under this key and nothing ever will be. ``False``: something is charged, or
            nobody can promise.
        """

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        """Refunds some or all of what was charged under a key, once per refund key; again changes nothing.

        Args:
            key: of the charge.
            refund_key: the refund's own, made like ``key``; it may be equal to a charge's.
            amount: above zero; together with what was refunded before, at most what was charged.

        Returns:
            ``True``: it is refunded, now or before. ``False``: it isn't and won't be.
        """
