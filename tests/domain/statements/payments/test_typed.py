"""What is typed to pay: amounts and sources, and what is shown of them and of keys."""

from typing import Any

import pytest

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.statements import paying as rules
from patientportal.domain.statements.paying import AmountExceedsBalanceError, Pay
from patientportal.domain.statements.payments import PaymentStatus
from patientportal.domain.statements.refunds import PaymentNotSettledError
from patientportal.domain.values.money import Money
from tests.domain.statements.bills import STATEMENT
from tests.domain.statements.payments.paying import order, pay, usd


def refusal(check: Any, value: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(value)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_an_amount_is_money_above_zero_or_full() -> None:
    for amount in (usd("0.01"), Pay.FULL):
        assert rules.usable_amount(amount) is amount
    assert refusal(rules.usable_amount, usd("0")) == ("amount", "out_of_range", 1)
    for other in (10, 10.0, "10.00", "full", None, True):
        with pytest.raises(TypeError, match=f"^amount must be Money or Pay, not {type(other).__name__}$"):
            rules.usable_amount(other)


def test_negative_amounts_cant_even_be_made() -> None:
    with pytest.raises(BadInputError):
        Money(minor_units=-1, currency="USD")
    with pytest.raises(BadInputError):
        usd("-0.01")
    with pytest.raises(BadInputError):
        _ = usd("0") - usd("0.01")


def test_a_source_is_passed_on_as_it_is() -> None:
    for source in (" tok ", "x" * 16_384, "e\u0301"):
        assert rules.usable_source(source) == source
    assert refusal(rules.usable_source, "") == ("source", "empty", None)
    assert refusal(rules.usable_source, "x" * 16_385) == ("source", "too_long", 16_384)
    assert refusal(rules.usable_source, "\0") == ("source", "bad_character", None)


def test_a_payment_shows_neither_its_key_nor_its_source() -> None:
    wanted = order(usd("1.00"), "thrush", b"zorblax!" * 4)
    shown = repr((wanted, pay(STATEMENT, wanted)))
    assert "thrush" not in shown
    assert "zorblax" not in shown


def test_every_refusal_has_a_code() -> None:
    for refusal_, code in (
        (AmountExceedsBalanceError(remaining=usd("1")), "amount_exceeds_balance"),
        (PaymentNotSettledError(status=PaymentStatus.PENDING), "payment_not_settled"),
    ):
        assert isinstance(refusal_, RefusedError)
        assert str(refusal_) == code
