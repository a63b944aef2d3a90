"""Each test of the contract for payment processors catches a processor that breaks the promise it is about."""

import itertools
from collections import Counter
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

    def forgets(self, processor: PaymentProcessor, key: str) -> None:
        if isinstance(processor, Forgetful):
            processor.forget(key)


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
    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        already = any(charge.is_refunded for charge in self.charges())
        return super().refund(key, refund_key=refund_key, amount=amount) and not already


@caught_by("a_refund_may_have_the_key_of_its_charge")
class KeepsOneListOfKeys(SandboxProcessor):
    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        if self.find(refund_key) is not None:
            raise KeyError(refund_key)
        return super().refund(key, refund_key=refund_key, amount=amount)


@caught_by("a_charge_is_given_back_in_parts_and_never_more_than_it")
class GivesAllBackAtOnce(SandboxProcessor):
    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        charged = [one.amount for one in self.charges() if one.key == key]
        return super().refund(key, refund_key=f"{key}-{len(refund_key)}", amount=charged[0] if charged else amount)


class Forgetful(SandboxProcessor):
    """A processor that forgets keys, behind an adapter that looks nowhere else.

    Attributes:
        times: how often each key was forgotten.
    """

    def __init__(self) -> None:
        super().__init__()
        self.times = Counter[str]()

    def forget(self, key: str) -> None:
        self.times[key] += 1

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        return super().charge(self._as_known(key), amount, source)

    def find(self, key: str) -> Approved | Declined | None:
        return super().find(self._as_known(key))

    def void(self, key: str) -> bool:
        return super().void(self._as_known(key))

    def _as_known(self, key: str) -> str:
        return f"{key}-{self.times[key]}"


class Remembering(Forgetful):
    """The same processor, behind an adapter that keeps a list of its own and looks there first."""

    def __init__(self) -> None:
        super().__init__()
        self._charged: dict[str, Approved | Declined] = {}

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        if key not in self._charged:
            self._charged[key] = super().charge(key, amount, source)
        return self._charged[key]

    def find(self, key: str) -> Approved | Declined | None:
        return self._charged.get(key) or super().find(key)

    def void(self, key: str) -> bool:
        return not isinstance(self.find(key), Approved) and super().void(key)


class Admitting(Forgetful):
    """The same processor, behind an adapter that says when it can't know."""

    def _as_known(self, key: str) -> str:
        if self.times[key]:
            raise LookupError(key)
        return super()._as_known(key)


caught_by("what_it_forgot_isnt_charged_again", "what_it_forgot_isnt_said_not_to_be_there")(Forgetful)


@caught_by("the_same_key_charges_what_it_charged_whatever_is_asked_then")
class ChargesTheDifference(SandboxProcessor):
    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        found = super().charge(key, amount, source)
        return Approved(amount=amount, reference=found.reference) if isinstance(found, Approved) else found


@caught_by("what_was_never_charged_isnt_given_back")
class GivesAnythingBack(SandboxProcessor):
    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        super().refund(key, refund_key=refund_key, amount=amount)
        return True


def test_every_test_of_the_contract_catches_something() -> None:
    assert set(BENT) == TESTS


def run(name: str, processor: PaymentProcessor) -> None:
    given: dict[str, Any] = {"processor": processor, "key": "key"}
    test = getattr(Contract(), name)
    test(**{argument: given[argument] for argument in test.__code__.co_varnames[1 : test.__code__.co_argcount]})


@pytest.mark.parametrize("name", sorted(name for name in TESTS if "forgot" in name))
@pytest.mark.parametrize("kept", [Remembering, Admitting])
def test_a_processor_that_forgets_keeps_the_promise_if_its_adapter_remembers_or_says_so(
    name: str, kept: type[Forgetful]
) -> None:
    run(name, kept())


@pytest.mark.parametrize("name", sorted(TESTS))
def test_a_promise_that_is_broken_is_seen_and_one_that_is_kept_isnt(name: str) -> None:
    run(name, SandboxProcessor())
    with pytest.raises((AssertionError, KeyError)):
        run(name, BENT[name]())
