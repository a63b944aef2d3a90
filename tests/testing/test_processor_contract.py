"""Each test of the contract for payment processors catches a processor that breaks the promise it is about."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from patientportal import Approved, Declined, Money, PaymentProcessor, SandboxProcessor, SandboxSource
from patientportal.testing import PaymentProcessorContract


class Contract(PaymentProcessorContract):
    """The contract as an adapter's author runs it."""

    approved_source = SandboxSource.APPROVE
    declined_source = SandboxSource.DECLINE

    def new_processor(self, tmp_path: Path) -> PaymentProcessor:
        raise AssertionError(tmp_path)


TESTS = {name for name in dir(PaymentProcessorContract) if name.startswith("test_")}
BENT: dict[str, type[SandboxProcessor]] = {}


def caught_by(*names: str) -> Callable[[type[SandboxProcessor]], type[SandboxProcessor]]:
    def remember(bent: type[SandboxProcessor]) -> type[SandboxProcessor]:
        BENT.update(dict.fromkeys((f"test_{name}" for name in names), bent))
        return bent

    return remember


@caught_by("it_says_how_long_a_charge_takes_at_most")
class Timeless(SandboxProcessor):
    timeout = timedelta(0)


@caught_by("an_approved_charge_has_a_reference_and_is_found", "a_declined_charge_has_a_code_and_is_found")
class FindsNothing(SandboxProcessor):
    def find(self, key: str) -> Approved | Declined | None:
        return super().find(f"{key}-another")


@caught_by("its_words_are_lines_of_at_most_255_characters")
class TalksTooMuch(SandboxProcessor):
    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        answer = super().charge(key, amount, source)
        return answer if isinstance(answer, Approved) else Declined(code="no " * 100)


@caught_by("a_charge_that_never_arrived_isnt_found")
class TakesNothingForADecline(SandboxProcessor):
    def find(self, key: str) -> Approved | Declined | None:
        return super().find(key) or Declined(code="unknown")


@caught_by("the_same_key_charges_once", "many_at_once_with_one_key_charge_once")
class ChargesAgain(SandboxProcessor):
    numbers = itertools.count()

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        return super().charge(f"{key}-{next(self.numbers)}", amount, source)


@caught_by("other_keys_are_other_charges")
class KnowsOneCharge(SandboxProcessor):
    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        del key
        return super().charge("the one", amount, source)


@caught_by("what_was_voided_is_never_charged")
class ForgetsWhatItVoided(SandboxProcessor):
    def void(self, key: str) -> bool:
        return self.find(key) is None


@caught_by("what_was_charged_isnt_voided", "a_void_and_a_charge_at_once_agree", "what_was_given_back_was_still_charged")
class PromisesAnything(SandboxProcessor):
    def void(self, key: str) -> bool:
        del key
        return True


@caught_by("a_charge_is_given_back_once")
class RefusesTheSecondTime(SandboxProcessor):
    def refund(self, key: str) -> bool:
        already = any(charge.is_refunded for charge in self.charges())
        return super().refund(key) and not already


@caught_by("what_was_never_charged_isnt_given_back")
class GivesAnythingBack(SandboxProcessor):
    def refund(self, key: str) -> bool:
        super().refund(key)
        return True


def test_every_test_of_the_contract_catches_something() -> None:
    assert set(BENT) == TESTS


@pytest.mark.parametrize("name", sorted(TESTS))
def test_a_promise_that_is_broken_is_seen_and_one_that_is_kept_isnt(name: str) -> None:
    def run(processor: PaymentProcessor) -> None:
        given: dict[str, Any] = {"processor": processor, "key": "key"}
        test = getattr(Contract(), name)
        test(**{argument: given[argument] for argument in test.__code__.co_varnames[1 : test.__code__.co_argcount]})

    run(SandboxProcessor())
    with pytest.raises(AssertionError):
        run(BENT[name]())
