"""Money: exactly what was written, in one currency, never rounded."""

import operator
import pickle
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.money import DECIMALS, MINOR_UNITS_MAX, Money
from patientportal.domain.values.stored import as_stored
from patientportal.testing import strategies

CURRENCIES = {0: "JPY", 2: "USD", 3: "KWD", 4: "CLF"}
OF_EACH_SORT = pytest.mark.parametrize(("decimals", "currency"), CURRENCIES.items())


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def refusal(make: Callable[[], object]) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        make()
    return caught.value.field, caught.value.problem, caught.value.limit


def test_an_amount_is_whole_minor_units_and_a_currency() -> None:
    amount = Money(minor_units=1234, currency="USD")
    assert str(amount) == "12.34 USD"
    assert amount == usd("12.34") != Money(minor_units=1234, currency="EUR")


@pytest.mark.parametrize(
    ("written", "currency", "minor_units", "shown"),
    [
        ("0", "USD", 0, "0.00 USD"),
        ("0.01", "USD", 1, "0.01 USD"),
        ("0.1", "USD", 10, "0.10 USD"),
        ("12", "USD", 1200, "12.00 USD"),
        ("9999999999.99", "USD", MINOR_UNITS_MAX, "9999999999.99 USD"),
        ("7", "JPY", 7, "7 JPY"),
        ("999999999999", "JPY", MINOR_UNITS_MAX, "999999999999 JPY"),
        ("0.001", "KWD", 1, "0.001 KWD"),
        ("1.2", "KWD", 1200, "1.200 KWD"),
        ("0.0001", "CLF", 1, "0.0001 CLF"),
    ],
)
def test_each_currency_has_decimals_of_its_own(written: str, currency: str, minor_units: int, shown: str) -> None:
    for form in (written, Decimal(written)):
        amount = Money.parse(form, currency)
        assert (amount.minor_units, amount.currency, str(amount)) == (minor_units, currency, shown)


ZERO = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"}
FRANCS = {"XAF", "XOF", "XPF"}


@pytest.mark.parametrize(
    ("decimals", "codes"),
    [(0, ZERO | FRANCS), (3, {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}), (4, {"CLF", "UYW"})],
)
def test_the_currencies_of_other_than_two_decimals_are_these(decimals: int, codes: set[str]) -> None:
    assert {code for code, its in DECIMALS.items() if its == decimals} == codes


def test_every_other_currency_has_two_decimals_and_each_code_stands_in_the_table_once() -> None:
    assert set(DECIMALS.values()) == {0, 2, 3, 4}
    assert len(DECIMALS) == 165
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in DECIMALS)


@pytest.mark.parametrize("amount", [0.1, 12.5, float("nan"), 7, 0, True, False, None, b"1", Fraction(1, 2), ["12"]])
def test_float_money_and_everything_else_that_is_neither_text_nor_decimal_is_a_type_error(amount: Any) -> None:
    with pytest.raises(TypeError, match=f"^amount must be str or Decimal, not {type(amount).__name__}$"):
        Money.parse(amount, "USD")


@pytest.mark.parametrize(
    ("amount", "problem", "limit"),
    [
        ("", "empty", None),
        ("0" * 33, "too_long", 32),
        ("x" * 10_000_000, "too_long", 32),
        ("1\0", "bad_character", None),
        ("\ud800", "bad_character", None),
        *(
            (amount, "bad_format", None)
            for amount in (
                *("NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf"),
                *("-1", "+1", "-0", "-0.01", "\u22121"),
                *("1e2", "1E2", "1E+2", "0x10", "1_000"),
                *("1,000.00", "1,00", "1 000", "1'000", "1.000.00", "1..0"),
                *("\u0661\u0662", "\uff11", "\u00b2", "\U0001d7d9"),
                *(" 1", "1 ", "1\n", "\t1", "$1", "1 USD", "USD 1"),
                *(".5", "5.", ".", "00", "007", "01.00"),
            )
        ),
        *((Decimal(amount), "bad_format", None) for amount in ("NaN", "-NaN", "sNaN", "Infinity", "-Infinity")),
        *((Decimal(amount), "bad_format", None) for amount in ("-1", "-0.01", "-1E-999999999", "-1E+999999999")),
        ("0.001", "too_many", 2),
        ("12.340", "too_many", 2),
        (Decimal("12.345"), "too_many", 2),
        (Decimal("0.00499"), "too_many", 2),
        (Decimal("1E-999999999"), "too_many", 2),
        (Decimal("1E-999999999999999999"), "too_many", 2),
        (Decimal("12.34" + "0" * 100_000 + "1"), "too_many", 2),
        (Decimal("9999999999.999"), "too_many", 2),
        (Decimal(10000000000), "out_of_range", MINOR_UNITS_MAX),
        (Decimal("1E+10"), "out_of_range", MINOR_UNITS_MAX),
        (Decimal("1E+999999999"), "out_of_range", MINOR_UNITS_MAX),
        (Decimal("1E+999999999999999999"), "out_of_range", MINOR_UNITS_MAX),
        (Decimal("9" * 100_000), "out_of_range", MINOR_UNITS_MAX),
        ("10000000000", "out_of_range", MINOR_UNITS_MAX),
        ("99999999999999999999", "out_of_range", MINOR_UNITS_MAX),
    ],
)
def test_whatever_isnt_exactly_one_amount_is_refused(amount: Any, problem: str, limit: int | None) -> None:
    assert refusal(lambda: Money.parse(amount, "USD")) == ("amount", problem, limit)


@pytest.mark.parametrize(
    ("spelt", "minor_units"),
    [
        ("1E+2", 10_000),
        ("1E+1", 1_000),
        ("12.500", 1_250),
        ("125E-1", 1_250),
        ("20.0000", 2_000),
        ("0E+1", 0),
        ("-0", 0),
        ("0E-999999999", 0),
        ("0E+999999999", 0),
        ("9.99999999999E+9", MINOR_UNITS_MAX),
        ("12.34" + "0" * 100_000, 1_234),
    ],
)
def test_of_a_decimal_only_the_value_counts(spelt: str, minor_units: int) -> None:
    """A bug of others: ``Decimal("10").normalize()`` is ``1E+1``, which isn't taken, though it equals what is."""
    with localcontext(prec=1):
        assert Money.parse(Decimal(spelt), "USD") == Money(minor_units=minor_units, currency="USD")


@pytest.mark.parametrize("currency", sorted(DECIMALS))
def test_in_every_currency_each_spelling_of_a_decimal_is_the_same_amount(currency: str) -> None:
    smallest = Decimal((0, (1,), -DECIMALS[currency]))
    for units in (0, 1, 10, 100, 12_340, 10**6, MINOR_UNITS_MAX):
        value = smallest * units
        more = [value.quantize(Decimal((0, (1,), -after))) for after in range(DECIMALS[currency], 12)]
        spellings = [value, value.normalize(), *more, value / 5 * 5, -value * -1, value + Decimal("0E-20")]
        assert {Money.parse(spelt, currency).minor_units for spelt in spellings} == {units}
        over = value + smallest / 10
        told = ("amount", "out_of_range", MINOR_UNITS_MAX), ("amount", "too_many", DECIMALS[currency])
        assert refusal(lambda: Money.parse(over, currency)) in told  # noqa: B023 - called at once


@given(strategies.money(), st.integers(0, 30))
def test_equal_decimals_are_the_same_amount_however_they_are_spelt(amount: Money, zeros: int) -> None:
    value = Decimal(str(amount).split()[0])
    longer = Decimal(f"{value}{'' if '.' in str(value) else '.'}{'0' * zeros}")
    for spelt in (value, longer, value.normalize(Context(prec=40)), value + Decimal("0E-20")):
        assert spelt == value
        assert Money.parse(spelt, amount.currency) == amount


@OF_EACH_SORT
def test_no_more_decimals_are_taken_than_the_currency_has(decimals: int, currency: str) -> None:
    assert Money.parse("1." + "0" * decimals if decimals else "1", currency).minor_units == 10**decimals
    assert refusal(lambda: Money.parse("1." + "0" * (decimals + 1), currency)) == ("amount", "too_many", decimals)


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDX", "XXX", "XAU", "USD ", "EURO", "x" * 10**7])
def test_a_currency_is_a_code_of_iso_4217(currency: str) -> None:
    assert refusal(lambda: Money.parse("1", currency)) == ("currency", "unknown", None)
    assert refusal(lambda: Money(minor_units=1, currency=currency)) == ("currency", "unknown", None)


@pytest.mark.parametrize("currency", [None, 840, b"USD"])
def test_a_currency_of_the_wrong_type_is_a_type_error(currency: Any) -> None:
    with pytest.raises(TypeError, match=f"^currency must be str, not {type(currency).__name__}$"):
        Money.parse("1", currency)


@pytest.mark.parametrize("minor_units", [1.0, True, "1", Decimal(1), None])
def test_minor_units_are_an_int(minor_units: Any) -> None:
    with pytest.raises(TypeError, match=f"^minor_units must be int, not {type(minor_units).__name__}$"):
        Money(minor_units=minor_units, currency="USD")


@pytest.mark.parametrize("minor_units", [-1, MINOR_UNITS_MAX + 1, -(10**30), 10**30])
def test_an_amount_is_neither_negative_nor_larger_than_twelve_digits(minor_units: int) -> None:
    told = refusal(lambda: Money(minor_units=minor_units, currency="USD"))
    assert told == ("minor_units", "out_of_range", 0 if minor_units < 0 else MINOR_UNITS_MAX)


def test_amounts_of_one_currency_are_added_subtracted_and_compared() -> None:
    assert usd("0.10") + usd("0.20") == usd("0.30")
    assert usd("0.30") - usd("0.10") == usd("0.20")
    assert usd("1.00") < usd("1.01") <= usd("1.01")
    assert usd("1.01") > usd("1.00") >= usd("1.00")
    assert not usd("1.00") < usd("1.00")
    assert not usd("1.01") <= usd("1.00")
    assert usd("0").is_zero
    assert not usd("0.01").is_zero
    assert refusal(lambda: usd("0.10") - usd("0.11")) == ("minor_units", "out_of_range", 0)
    most = Money(minor_units=MINOR_UNITS_MAX, currency="USD")
    assert refusal(lambda: most + usd("0.01")) == ("minor_units", "out_of_range", MINOR_UNITS_MAX)


def test_an_amount_stored_in_a_currency_that_is_not_known_here_is_read_counted_and_shown_in_minor_units() -> None:
    """A newer release may know more of them; nobody here knows its decimals, and nobody guesses."""
    amount = as_stored(Money)(minor_units=1_234, currency="XQQ")
    assert str(amount + amount) == "2468 minor units of XQQ"
    assert amount - amount < amount <= amount + amount
    assert (amount - amount).is_zero
    assert refusal(lambda: amount.decimals) == ("currency", "unknown", None)
    assert refusal(lambda: amount.amount) == ("currency", "unknown", None)


@pytest.mark.parametrize(
    "together",
    [operator.add, operator.sub, operator.lt, operator.le],
)
def test_amounts_never_go_together_across_currencies_or_with_bare_numbers(
    together: Callable[[Any, Any], object],
) -> None:
    told = refusal(lambda: together(usd("1.00"), Money.parse("1.00", "EUR")))
    assert told == ("currency", "other_currency", None)
    assert refusal(lambda: Money.parse("1.00", "EUR") > usd("1.00")) == ("currency", "other_currency", None)
    for other in (1, 1.0, Decimal(1), "1.00", None):
        with pytest.raises(TypeError, match=f"^Money goes with Money, not with {type(other).__name__}$"):
            together(usd("1.00"), other)


@given(strategies.money())
def test_what_is_shown_is_what_would_be_written(amount: Money) -> None:
    written, _, currency = str(amount).partition(" ")
    assert Money.parse(written, currency) == Money.parse(Decimal(written), currency) == amount
    assert Decimal(written).scaleb(DECIMALS[currency]) == amount.minor_units
    assert pickle.loads(pickle.dumps(amount)) == amount  # noqa: S301 - ours


@given(st.text("0123456789.-+eE_, NaInf", max_size=14), st.sampled_from(sorted(CURRENCIES.values())))
def test_an_amount_is_taken_exactly_when_it_is_plain_digits_with_few_enough_decimals(text: str, currency: str) -> None:
    whole, point, part = text.partition(".")
    is_plain = whole.isdigit() and (part.isdigit() if point else not part) and (whole == "0" or whole[0] != "0")
    fits = is_plain and len(part) <= DECIMALS[currency] and Decimal(text).scaleb(DECIMALS[currency]) <= MINOR_UNITS_MAX
    if fits:
        assert Money.parse(text, currency).minor_units == Decimal(text).scaleb(DECIMALS[currency])
    else:
        with pytest.raises(BadInputError):
            Money.parse(text, currency)


@given(strategies.money())
def test_an_amount_is_known_exactly_whatever_the_callers_context_rounds_to(amount: Money) -> None:
    with localcontext(prec=1):
        exact = amount.amount
    assert Money.parse(exact, amount.currency) == amount
    assert exact.as_tuple().exponent == -amount.decimals
    assert str(amount) == f"{exact} {amount.currency}"
