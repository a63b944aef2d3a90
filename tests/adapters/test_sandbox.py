"""The sandbox keeps what every payment processor promises, and does what its source says."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from patientportal import Approved, Declined, Money, PaymentProcessor, SandboxCharge, SandboxProcessor, SandboxSource
from patientportal.testing import PaymentProcessorContract

TEN = Money.parse("10.00", "USD")


class TestInMemory(PaymentProcessorContract):
    approved_source = SandboxSource.APPROVE
    declined_source = SandboxSource.DECLINE

    def new_processor(self, tmp_path: Path) -> PaymentProcessor:  # noqa: ARG002 - it needs none
        return SandboxProcessor()


class TestInAFile(PaymentProcessorContract):
    approved_source = SandboxSource.APPROVE
    declined_source = SandboxSource.DECLINE

    def new_processor(self, tmp_path: Path) -> PaymentProcessor:
        return SandboxProcessor(tmp_path / "ledger.db")


@pytest.fixture(params=["memory", "file"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> SandboxProcessor:
    return SandboxProcessor(tmp_path / "ledger.db" if request.param == "file" else None)


def test_a_contract_without_a_processor_says_what_is_missing(tmp_path: Path) -> None:
    class TestNothing(PaymentProcessorContract):
        """Nobody has written it."""

    with pytest.raises(NotImplementedError, match=r"^TestNothing must define new_processor\(self, tmp_path\)$"):
        TestNothing().new_processor(tmp_path)


def test_a_token_that_it_doesnt_know_is_declined(sandbox: SandboxProcessor) -> None:
    assert sandbox.charge("k", TEN, "tok_visa") == Declined(code="unknown_source")
    assert sandbox.charges() == ()


def test_a_charge_that_times_out_never_arrives(sandbox: SandboxProcessor) -> None:
    with pytest.raises(TimeoutError):
        sandbox.charge("k", TEN, SandboxSource.TIME_OUT)
    assert sandbox.find("k") is None
    assert sandbox.void("k")


def test_a_lost_answer_is_found(sandbox: SandboxProcessor) -> None:
    with pytest.raises(TimeoutError):
        sandbox.charge("k", TEN, SandboxSource.APPROVE_AND_LOSE_ANSWER)
    assert sandbox.find("k") == Approved(amount=TEN, reference="sandbox-k")
    assert not sandbox.void("k")


def silent_calls(sandbox: SandboxProcessor) -> list[Callable[[], object]]:
    return [
        lambda: sandbox.charge("k", TEN, SandboxSource.NEVER_ANSWER),
        lambda: sandbox.charge("k", TEN, SandboxSource.APPROVE),
        lambda: sandbox.find("k"),
        lambda: sandbox.void("k"),
    ]


def test_what_is_never_answered_is_neither_found_nor_voided_nor_charged(sandbox: SandboxProcessor) -> None:
    for call in silent_calls(sandbox) * 2:
        with pytest.raises(TimeoutError):
            call()
    assert not sandbox.refund("k", refund_key="r", amount=TEN)
    assert sandbox.charges() == ()


def test_what_was_declined_can_be_voided(sandbox: SandboxProcessor) -> None:
    sandbox.charge("k", TEN, SandboxSource.DECLINE)
    assert sandbox.void("k")
    assert sandbox.charge("k", TEN, SandboxSource.APPROVE) == Declined(code="declined")


def test_its_charges_are_listed_with_what_was_given_back(sandbox: SandboxProcessor) -> None:
    for key in ("b", "a", "c"):
        sandbox.charge(key, TEN, SandboxSource.APPROVE)
    sandbox.charge("d", TEN, SandboxSource.DECLINE)
    sandbox.void("e")
    sandbox.refund("a", refund_key="r", amount=TEN)
    sandbox.refund("c", refund_key="s", amount=Money.parse("4.00", "USD"))
    back = {"a": TEN, "b": Money.parse("0", "USD"), "c": Money.parse("4.00", "USD")}
    assert sandbox.charges() == tuple(SandboxCharge(key=key, amount=TEN, refunded=back[key]) for key in "abc")
    assert [one.is_refunded for one in sandbox.charges()] == [True, False, False]


def test_a_refunds_key_is_of_one_refund(sandbox: SandboxProcessor) -> None:
    for key in ("a", "b"):
        sandbox.charge(key, TEN, SandboxSource.APPROVE)
    assert sandbox.refund("a", refund_key="r", amount=TEN)
    assert not sandbox.refund("b", refund_key="r", amount=TEN)
    assert not sandbox.refund("b", refund_key="s", amount=Money.parse("10.00", "EUR"))
    assert not sandbox.refund("b", refund_key="s", amount=Money.parse("0", "USD"))


def test_a_file_is_shared(tmp_path: Path) -> None:
    one, two = (SandboxProcessor(tmp_path / "ledger.db", timeout=timedelta(seconds=n)) for n in (1, 2))
    assert one.charge("k", TEN, SandboxSource.APPROVE) == two.charge("k", TEN, SandboxSource.DECLINE)
    assert two.charges() == one.charges() != ()
    assert (one.timeout, two.timeout) == (timedelta(seconds=1), timedelta(seconds=2))
