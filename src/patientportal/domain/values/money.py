"""Amounts of money: whole minor units of one currency, added only to their like, and never rounded."""

import re
from decimal import Context, Decimal
from types import MappingProxyType
from typing import Self

from attrs import field, frozen

from patientportal.domain.errors import BadInputError

from .numbers import whole
from .stored import revised
from .text import bounded

MINOR_UNITS_MAX = 999_999_999_999
_TEXT_BYTES_MAX = 32
_DIGITS_MAX = 20  # of what is no larger than MINOR_UNITS_MAX and has the decimals of a currency
_AMOUNT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
        CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
        ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
        MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
        SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
        ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# A code that ISO 4217 withdraws stays in this table: statements in it are still kept.
DECIMALS = MappingProxyType({code: decimals for decimals, codes in _BY_DECIMALS.items() for code in codes.split()})
"""How many decimals each currency of ISO 4217 has."""


def _currency(code: object) -> str:
    if not isinstance(code, str):
        raise TypeError(f"currency must be str, not {type(code).__name__}")
    if code not in DECIMALS:
        raise BadInputError(field="currency", problem="unknown")
    return code


def _units_written(text: str, decimals: int) -> int:
    if not bounded(text, field="amount", at_most_bytes=_TEXT_BYTES_MAX):
        raise BadInputError(field="amount", problem="empty")
    written = _AMOUNT.fullmatch(text)
    if written is None:
        raise BadInputError(field="amount", problem="bad_format")
    whole, part = written[1], written[2] or ""
    if len(part) > decimals:
        raise BadInputError(field="amount", problem="too_many", limit=decimals)
    return int(whole + part.ljust(decimals, "0"))


def _units_in(amount: Decimal, decimals: int) -> int:
    if not amount.is_finite() or amount < 0:
        raise BadInputError(field="amount", problem="bad_format")
    if amount > MINOR_UNITS_MAX:  # before 1E+999999999 becomes an integer
        raise BadInputError(field="amount", problem="out_of_range", limit=MINOR_UNITS_MAX)
    exact = amount.quantize(Decimal((0, (1,), -decimals)), context=Context(prec=_DIGITS_MAX, traps=[]))
    if exact != amount:
        raise BadInputError(field="amount", problem="too_many", limit=decimals)
    numerator, denominator = exact.as_integer_ratio()
    units: int = numerator * 10**decimals // denominator
    return units


def _minor_units(value: object) -> int:
    return whole(value, field="minor_units", at_least=0, at_most=MINOR_UNITS_MAX)


@frozen(kw_only=True)
class Money:
    """An amount of money, zero or more.

    Attributes:
        minor_units: how many of the currency's smallest unit, such as cents; 12 digits at most.
        currency: its code (ISO 4217), in capitals.

    Raises:
        TypeError: ``minor_units`` isn't an ``int``, or ``currency`` no ``str``.
        BadInputError: ``minor_units`` is ``out_of_range``, or ``currency`` is ``unknown``.

    >>> str(Money(minor_units=1234, currency="USD"))
    '12.34 USD'
    """

    minor_units: int = field(converter=_minor_units)
    currency: str = field(converter=_currency)

    @classmethod
    def parse(cls, amount: str | Decimal, currency: str) -> Self:
        """The amount that somebody wrote, exactly: ``0`` or more, a point, and at most the currency's decimals.

        In text, no sign, exponent, separator, space or leading zero is taken; of a ``Decimal``, only its value counts.
        Nothing is rounded.

        Args:
            amount: such as ``"12.34"``, ``"12"`` or ``Decimal("12.3")``.
            currency: its code (ISO 4217), in capitals.

        Raises:
            TypeError: ``amount`` is neither ``str`` nor ``Decimal`` (a ``float`` isn't exact), or ``currency`` is no
                ``str``.
            BadInputError: ``currency`` is ``unknown``; ``amount`` is ``empty``, ``too_long``, of a ``bad_character`` or
                ``bad_format`` (a ``Decimal`` below zero, or that is no number), has ``too_many`` decimals, or is
                ``out_of_range``.

        >>> Money.parse("12.3", "USD")
        Money(minor_units=1230, currency='USD')
        """
        decimals = DECIMALS[_currency(currency)]
        if isinstance(amount, Decimal):
            minor_units = _units_in(amount, decimals)
        elif isinstance(amount, str):
            minor_units = _units_written(amount, decimals)
        else:
            raise TypeError(f"amount must be str or Decimal, not {type(amount).__name__}")
        if minor_units > MINOR_UNITS_MAX:
            raise BadInputError(field="amount", problem="out_of_range", limit=MINOR_UNITS_MAX)
        return cls(minor_units=minor_units, currency=currency)

    @property
    def decimals(self) -> int:
        """How many decimals its currency has (ISO 4217).

        Raises:
            BadInputError: the currency is ``unknown``: a later release stored it.
        """
        if self.currency not in DECIMALS:
            raise BadInputError(field="currency", problem="unknown")
        return DECIMALS[self.currency]

    @property
    def amount(self) -> Decimal:
        """The exact amount in units of the currency, with its decimals.

        Raises:
            BadInputError: the currency is ``unknown``: a later release stored it.

        >>> Money(minor_units=1230, currency="USD").amount
        Decimal('12.30')
        """
        digits = tuple(int(digit) for digit in str(self.minor_units))
        return Decimal((0, digits, -self.decimals))  # whatever the context of the caller rounds to

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing."""
        return self.minor_units == 0

    def __add__(self, other: "Money") -> Self:
        return revised(self, minor_units=_minor_units(self.minor_units + self._units_of(other)))

    def __sub__(self, other: "Money") -> Self:
        return revised(self, minor_units=_minor_units(self.minor_units - self._units_of(other)))

    def __lt__(self, other: "Money") -> bool:
        return self.minor_units < self._units_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor_units <= self._units_of(other)

    def __str__(self) -> str:
        decimals = DECIMALS.get(self.currency)
        if decimals is None:  # stored by a release that knows it
            return f"{self.minor_units} minor units of {self.currency}"
        digits = str(self.minor_units).rjust(decimals + 1, "0")
        whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
        return f"{whole}{'.' if part else ''}{part} {self.currency}"

    def _units_of(self, other: object) -> int:
        """The minor units of another amount of the same currency.

        Raises:
            TypeError: it isn't money.
            BadInputError: it is of an ``other_currency``.
        """
        if not isinstance(other, Money):
            raise TypeError(f"Money goes with Money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise BadInputError(field="currency", problem="other_currency")
        return other.minor_units
