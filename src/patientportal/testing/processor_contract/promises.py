"""What the contract asks of a payment processor, promise by promise."""

# ruff: noqa: D102 - the name of a test says what it proves

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import line
from patientportal.ports.payments import WORD_MAX, Approved, Declined, PaymentProcessor

AT_ONCE = 20


class PaymentProcessorContract:
    """What every payment processor promises; say how yours is made, and pytest does the rest.

    Such as::

        from patientportal.testing import PaymentProcessorContract

        class TestMyProcessor(PaymentProcessorContract):
            approved_source = "pm_card_visa"
            declined_source = "pm_card_declined"

            def new_processor(self, tmp_path):
                return MyProcessor(test_key)

    It charges a few amounts in the processor's test mode, each under a key of its own.

    Attributes:
        approved_source: a token that the processor's test mode approves.
        declined_source: one that it declines.
        amount: what is charged each time.
    """

    approved_source: str
    declined_source: str
    amount: Money = Money(minor_units=1234, currency="USD")

    def forgets(self, processor: PaymentProcessor, key: str) -> None:
        """Has the processor forget a key, as yours does after a while; what it charged stays charged.

        Override it if yours forgets, or keeps its keys in a list of your adapter's own that can be lost. One that never
        forgets has nothing to do here.

        Args:
            processor: which ``new_processor`` made.
            key: under which something was asked before.
        """

    def new_processor(self, tmp_path: Path) -> PaymentProcessor:
        """Makes the processor.

        Args:
            tmp_path: an empty folder, a new one for each test.
        """
        raise NotImplementedError(f"{type(self).__name__} must define new_processor(self, tmp_path)")

    @pytest.fixture
    def processor(self, tmp_path: Path) -> PaymentProcessor:
        """The processor."""
        return self.new_processor(tmp_path)

    @pytest.fixture
    def key(self) -> str:
        """A key that was never used."""
        return uuid4().hex

    def test_it_says_how_long_a_charge_takes_at_most(self, processor: PaymentProcessor) -> None:
        assert timedelta(0) < processor.timeout <= timedelta(hours=1)

    def test_an_approved_charge_has_a_reference_and_is_found(self, processor: PaymentProcessor, key: str) -> None:
        answer = processor.charge(key, self.amount, self.approved_source)
        assert isinstance(answer, Approved)
        assert answer.amount == self.amount
        assert answer.reference
        assert processor.find(key) == answer

    def test_a_declined_charge_has_a_code_and_is_found(self, processor: PaymentProcessor, key: str) -> None:
        answer = processor.charge(key, self.amount, self.declined_source)
        assert isinstance(answer, Declined)
        assert answer.code
        assert processor.find(key) == answer

    def test_its_words_are_lines_of_at_most_255_characters(self, processor: PaymentProcessor, key: str) -> None:
        for n, source in enumerate((self.approved_source, self.declined_source)):
            answer = processor.charge(f"{key}-{n}", self.amount, source)
            assert _is_line(answer.reference if isinstance(answer, Approved) else answer.code)

    def test_a_charge_that_never_arrived_isnt_found(self, processor: PaymentProcessor, key: str) -> None:
        assert processor.find(key) is None

    def test_the_same_key_charges_once(self, processor: PaymentProcessor, key: str) -> None:
        first = processor.charge(key, self.amount, self.approved_source)
        assert processor.charge(key, self.amount, self.approved_source) == first

    def test_other_keys_are_other_charges(self, processor: PaymentProcessor, key: str) -> None:
        answers = [processor.charge(f"{key}-{n}", self.amount, self.approved_source) for n in (1, 2)]
        assert answers[0] != answers[1]

    def test_many_at_once_with_one_key_charge_once(self, processor: PaymentProcessor, key: str) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            calls = [threads.submit(processor.charge, key, self.amount, self.approved_source) for _ in range(AT_ONCE)]
        heard = [call.result() for call in calls if call.exception() is None]  # a busy key may be refused, once charged
        assert heard
        assert set(heard) == {processor.find(key)}

    def test_what_was_voided_is_never_charged(self, processor: PaymentProcessor, key: str) -> None:
        assert processor.void(key) is True
        assert processor.void(key) is True
        assert isinstance(processor.charge(key, self.amount, self.approved_source), Declined)
        assert not isinstance(processor.find(key), Approved)

    def test_what_was_charged_isnt_voided(self, processor: PaymentProcessor, key: str) -> None:
        answer = processor.charge(key, self.amount, self.approved_source)
        assert processor.void(key) is False
        assert processor.find(key) == answer

    def test_a_void_and_a_charge_at_once_agree(self, processor: PaymentProcessor, key: str) -> None:
        with ThreadPoolExecutor(2) as threads:
            charge = threads.submit(processor.charge, key, self.amount, self.approved_source)
            void = threads.submit(processor.void, key)
        assert not (void.result() and isinstance(charge.result(), Approved))

    def test_the_same_key_charges_what_it_charged_whatever_is_asked_then(
        self, processor: PaymentProcessor, key: str
    ) -> None:
        first = processor.charge(key, self.amount, self.approved_source)
        more = Money(minor_units=self.amount.minor_units + 1, currency=self.amount.currency)
        assert _answer_or_nothing(processor, key, more, self.approved_source) in {first, None}
        assert processor.find(key) == first

    def test_what_it_forgot_isnt_charged_again(self, processor: PaymentProcessor, key: str) -> None:
        first = processor.charge(key, self.amount, self.approved_source)
        self.forgets(processor, key)
        assert _answer_or_nothing(processor, key, self.amount, self.approved_source) in {first, None}

    def test_what_it_forgot_isnt_said_not_to_be_there(self, processor: PaymentProcessor, key: str) -> None:
        first = processor.charge(key, self.amount, self.approved_source)
        self.forgets(processor, key)
        try:
            assert processor.find(key) == first
            assert processor.void(key) is False
        except AssertionError:
            raise
        except Exception:  # noqa: BLE001, S110 - whatever it raises says that it doesn't know
            pass

    def test_a_charge_is_given_back_once(self, processor: PaymentProcessor, key: str) -> None:
        processor.charge(key, self.amount, self.approved_source)
        assert processor.refund(key, refund_key=f"{key}-r", amount=self.amount) is True
        assert processor.refund(key, refund_key=f"{key}-r", amount=self.amount) is True
        assert processor.refund(key, refund_key=f"{key}-s", amount=self.amount) is False

    def test_a_refund_may_have_the_key_of_its_charge(self, processor: PaymentProcessor, key: str) -> None:
        processor.charge(key, self.amount, self.approved_source)
        assert processor.refund(key, refund_key=key, amount=self.amount) is True
        assert processor.refund(key, refund_key=key, amount=self.amount) is True

    def test_a_charge_is_given_back_in_parts_and_never_more_than_it(
        self, processor: PaymentProcessor, key: str
    ) -> None:
        processor.charge(key, self.amount, self.approved_source)
        part = Money(minor_units=self.amount.minor_units // 2, currency=self.amount.currency)
        rest = self.amount - part
        assert processor.refund(key, refund_key=f"{key}-1", amount=part) is True
        assert processor.refund(key, refund_key=f"{key}-2", amount=self.amount) is False
        assert processor.refund(key, refund_key=f"{key}-3", amount=rest) is True
        assert processor.refund(key, refund_key=f"{key}-1", amount=part) is True

    def test_what_was_given_back_was_still_charged(self, processor: PaymentProcessor, key: str) -> None:
        answer = processor.charge(key, self.amount, self.approved_source)
        processor.refund(key, refund_key=f"{key}-r", amount=self.amount)
        assert processor.find(key) == answer
        assert processor.void(key) is False

    def test_what_was_never_charged_isnt_given_back(self, processor: PaymentProcessor, key: str) -> None:
        assert processor.refund(key, refund_key=f"{key}-r", amount=self.amount) is False
        processor.charge(key, self.amount, self.declined_source)
        assert processor.refund(key, refund_key=f"{key}-r", amount=self.amount) is False


def _answer_or_nothing(processor: PaymentProcessor, key: str, amount: Money, source: str) -> Approved | Declined | None:
    try:
        return processor.charge(key, amount, source)
    except Exception:  # noqa: BLE001 - whatever it raises says that it doesn't know
        return None


def _is_line(words: object) -> bool:
    try:
        line(words, field="words", at_most=WORD_MAX)
    except (TypeError, BadInputError):
        return False
    return True
