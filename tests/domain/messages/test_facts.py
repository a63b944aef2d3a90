"""The facts of a message: each kind that the portal writes has its own, and its text is made of them alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest
from attrs import asdict, evolve
from hypothesis import given

from patientportal.domain.ids import MessageId, PatientId, StaffId
from patientportal.domain.messages.facts import (
    FACTS,
    Facts,
    MedicationDiscontinuedFacts,
    MessageKind,
    PaymentNotMadeFacts,
    PaymentReceiptFacts,
    RenewalApprovedFacts,
    RenewalDeniedFacts,
    RenewalExpiredFacts,
    RenewalRefilledFacts,
    SupportAnsweredFacts,
)
from patientportal.domain.messages.messages import InboxMessage, written
from patientportal.domain.values.money import Money
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ASPIRIN = "Aspirin 100 MG"
AMOUNT, PAID, BALANCE = (Money.parse(text, "USD") for text in ("10.00", "30.00", "99.50"))
BY_STAFF = {MessageKind.FROM_PRACTICE}
TEXTS: Mapping[Facts, tuple[str, str]] = {
    RenewalApprovedFacts(medication=ASPIRIN): (
        "Your medication renewal",
        "Your provider has approved the renewal of Aspirin 100 MG. It isn't refilled yet: we will write again.",
    ),
    RenewalApprovedFacts(medication=ASPIRIN, new_directions="Twice a day"): (
        "Your medication renewal",
        (
            "Your provider has approved the renewal of Aspirin 100 MG. It isn't refilled yet: we will write again. "
            "The directions are new:\n\nTwice a day"
        ),
    ),
    RenewalRefilledFacts(medication=ASPIRIN): (
        "Your medication renewal",
        "Your provider has approved and refilled Aspirin 100 MG.",
    ),
    RenewalRefilledFacts(medication=ASPIRIN, new_directions="Twice a day"): (
        "Your medication renewal",
        "Your provider has approved and refilled Aspirin 100 MG. The directions are new:\n\nTwice a day",
    ),
    RenewalDeniedFacts(medication=ASPIRIN, reason="Come and see me"): (
        "Your medication renewal",
        "Your provider has denied the renewal of Aspirin 100 MG. The reason:\n\nCome and see me",
    ),
    RenewalExpiredFacts(medication=ASPIRIN): (
        "Your medication renewal",
        (
            "Nobody has decided your request to renew Aspirin 100 MG in time, and it has expired. "
            "Please ask again, or call the practice."
        ),
    ),
    MedicationDiscontinuedFacts(medication=ASPIRIN): (
        "Your medication was discontinued",
        (
            "Your provider has discontinued Aspirin 100 MG, and its renewal has ended with it. "
            "Please call the practice if you have questions."
        ),
    ),
    PaymentReceiptFacts(amount=AMOUNT, statement_number="2026-1", paid=PAID, balance=BALANCE): (
        "Receipt for your payment",
        (
            "We have received your payment of 10.00 USD for statement 2026-1.\n\n"
            "Paid of this statement until now: 30.00 USD of 99.50 USD."
        ),
    ),
    PaymentNotMadeFacts(amount=AMOUNT, statement_number="2026-1"): (
        "Your payment was not made",
        "Your payment of 10.00 USD for statement 2026-1 was not made.",
    ),
    SupportAnsweredFacts(answer="Come and see us\nat noon."): (
        "An answer to your request",
        "Come and see us\nat noon.",
    ),
}


def test_every_kind_that_the_portal_writes_has_facts_of_its_own_and_an_example_here() -> None:
    assert set(FACTS) == set(MessageKind) - BY_STAFF
    assert {type(facts) for facts in TEXTS} == set(FACTS.values())


@pytest.mark.parametrize(("facts", "text"), TEXTS.items(), ids=map(str, count()))
def test_the_text_of_each_kind_is_made_of_its_facts(facts: Facts, text: tuple[str, str]) -> None:
    assert (facts.subject, facts.body) == text
    write = partial(
        written,
        facts,
        patient_id=PatientId("ada"),
        message_id=MessageId("msg-1"),
        about_id="a thing of theirs",
        now=NOW,
    )
    message = write()
    assert write(by=StaffId("susan")) == evolve(message, sent_by=StaffId("susan"))
    assert message == InboxMessage(
        patient_id=PatientId("ada"),
        id=MessageId("msg-1"),
        kind=facts.kind,
        about_id="a thing of theirs",
        subject=text[0],
        body=text[1],
        facts=facts,
        sent_at=NOW,
    )


@given(strategies.facts())
def test_no_fact_is_kept_that_the_text_does_not_tell(facts: Facts) -> None:
    for value in asdict(facts, recurse=False).values():
        assert value is None or str(value) in facts.body


@given(strategies.inbox_messages())
def test_a_message_that_has_facts_has_their_kind_and_their_text(message: InboxMessage) -> None:
    if message.facts is not None:
        told = (message.facts.kind, message.facts.subject, message.facts.body)
        assert told == (message.kind, message.subject, message.body)


def test_facts_of_no_kind_tell_nothing() -> None:
    with pytest.raises(NotImplementedError):
        _ = Facts().body


@pytest.mark.parametrize("facts", TEXTS, ids=map(str, count()))
def test_facts_show_no_medication_no_words_and_no_number_of_a_statement(facts: Facts) -> None:
    shown = repr(facts)
    for text in (ASPIRIN, "Twice", "Come and see", "2026-1"):
        assert text not in shown
