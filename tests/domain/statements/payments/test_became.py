"""What becomes of a payment: settled, declined or released, once."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import PaymentId
from patientportal.domain.messages.facts import PaymentNotMadeFacts, PaymentReceiptFacts
from patientportal.domain.messages.messages import written
from patientportal.domain.outcomes import Unchanged, plan
from patientportal.domain.statements import settlement
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.statements.settlement import (
    Declined,
    PaymentChargedAfterAll,
    PaymentChargedOtherwise,
    PaymentDeclined,
    PaymentReleased,
    PaymentSettled,
    Released,
    Settled,
    Unclear,
)
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.values.money import Money
from patientportal.testing import strategies
from tests.domain.statements.bills import NEXT, STATEMENT
from tests.domain.statements.bills import holding as holding_sums
from tests.domain.statements.payments.paying import (
    EARLIER,
    LATER,
    RECEIPT,
    reserved,
    settle,
    settled,
    spent,
    usd,
)

# What becomes of it


def test_a_settled_payment_is_paid_and_has_a_receipt() -> None:
    before = reserved(usd("10.00"))
    outcome = settled(usd("10.00"))
    assert spent(outcome.statement) == (1000, 0)
    assert outcome.payment == evolve(
        before.payment, status=PaymentStatus.SETTLED, reference="ch-1", look_at=None, ended_at=LATER
    )
    assert outcome.event == PaymentSettled(
        payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")
    )
    assert outcome.message == written(
        PaymentReceiptFacts(amount=usd("10.00"), statement_number="A-1", paid=usd("10.00"), balance=usd("100.00")),
        patient_id=STATEMENT.patient_id,
        message_id=RECEIPT,
        about_id="pay-1",
        now=LATER,
    )


NOT_MADE = written(
    PaymentNotMadeFacts(amount=usd("10.00"), statement_number="A-1"),
    patient_id=STATEMENT.patient_id,
    message_id=RECEIPT,
    about_id="pay-1",
    now=LATER,
)


def test_a_declined_payment_remains_to_be_paid_and_the_patient_is_told() -> None:
    before = reserved(usd("10.00"))
    assert settlement.decline(
        before.statement, before.payment, code="expired", message_id=RECEIPT, now=LATER
    ) == Declined(
        statement=STATEMENT,
        payment=evolve(
            before.payment, status=PaymentStatus.DECLINED, decline_code="expired", look_at=None, ended_at=LATER
        ),
        message=NOT_MADE,
        event=PaymentDeclined(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


def test_a_released_payment_remains_to_be_paid_and_the_patient_is_told() -> None:
    before = reserved(usd("10.00"))
    assert settlement.release(before.statement, before.payment, message_id=RECEIPT, now=LATER) == Released(
        statement=STATEMENT,
        payment=evolve(before.payment, status=PaymentStatus.RELEASED, look_at=None, ended_at=LATER),
        message=NOT_MADE,
        event=PaymentReleased(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


@pytest.mark.parametrize("status", StatementStatus)
def test_it_settles_on_the_statement_on_which_it_counts_whatever_that_is(status: StatementStatus) -> None:
    payment = evolve(EARLIER, counts_on=NEXT.id)
    holder = evolve(holding_sums(NEXT, payment), status=status)
    outcome = settle(holder, payment)
    assert isinstance(outcome, Settled)
    assert (spent(outcome.statement), outcome.statement.status) == ((1000, 0), status)
    assert (outcome.payment.statement_id, outcome.payment.counts_on) == (STATEMENT.id, NEXT.id)
    assert outcome.event.statement_id == STATEMENT.id


def test_of_a_statement_that_was_taken_back_no_message_says_anything() -> None:
    before = reserved(usd("10.00"))
    gone = evolve(before.statement, status=StatementStatus.RETRACTED, retracted_at=LATER)
    assert settle(gone, before.payment).message.body == "We have received your payment of 10.00 USD."
    released = settlement.release(gone, before.payment, message_id=RECEIPT, now=LATER)
    assert isinstance(released, Released)
    assert released.message.body == "Your payment of 10.00 USD was not made."


@pytest.mark.parametrize("status", [PaymentStatus.SETTLED, PaymentStatus.DECLINED, PaymentStatus.RELEASED])
def test_what_isnt_pending_any_more_stays_what_it_is(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    assert settlement.decline(STATEMENT, payment, code="no", message_id=RECEIPT, now=LATER) == Unchanged()
    assert settlement.release(STATEMENT, payment, message_id=RECEIPT, now=LATER) == Unchanged()


def test_what_was_settled_is_settled_once() -> None:
    payment = evolve(EARLIER, status=PaymentStatus.SETTLED)
    for charged in (payment.amount, usd("10.01")):
        assert settle(STATEMENT, payment, charged, "ch-2") == Unchanged()


@pytest.mark.parametrize("status", [PaymentStatus.DECLINED, PaymentStatus.RELEASED])
@pytest.mark.parametrize("charged", [usd("10.00"), usd("10.01")])
def test_a_charge_that_was_never_to_be_waits_for_somebody_and_counts_as_nothing_paid(
    status: PaymentStatus, charged: Money
) -> None:
    payment = evolve(EARLIER, status=status)
    outcome = settle(STATEMENT, payment, charged, "ch-2")
    assert outcome == Unclear(
        payment=holding(payment, charged, "ch-2"),
        event=PaymentChargedAfterAll(
            payment_id=payment.id, statement_id=STATEMENT.id, amount=payment.amount, charged=charged
        ),
    )
    assert [how for _, how in plan(Unclear)] == ["put", "record"]


def holding(payment: Payment, charged: Money, reference: str) -> Payment:
    return evolve(
        payment,
        charged_minor_units=charged.minor_units,
        charged_currency=charged.currency,
        charged_reference=reference,
        unclear_since=LATER,
    )


@pytest.mark.parametrize("charged", [usd("9.99"), usd("10.01"), usd("0"), Money.parse("10.00", "EUR")], ids=str)
def test_another_amount_than_the_payments_never_settles_it(charged: Money) -> None:
    before = reserved(usd("10.00"))
    outcome = settle(before.statement, before.payment, charged)
    assert outcome == Unclear(
        payment=holding(before.payment, charged, "ch-1"),
        event=PaymentChargedOtherwise(
            payment_id=before.payment.id, statement_id=STATEMENT.id, amount=before.payment.amount, charged=charged
        ),
    )
    assert outcome.payment.charged == charged
    assert outcome.payment.status is PaymentStatus.PENDING, "what is charged isn't offered for paying again"


def test_what_was_charged_otherwise_is_no_news_again_and_no_machine_ends_it_as_uncharged() -> None:
    before = reserved(usd("10.00"))
    unclear = settle(before.statement, before.payment, usd("10.01")).payment
    assert settle(before.statement, unclear, usd("10.01")) == Unchanged()
    assert settlement.decline(before.statement, unclear, code="no", message_id=RECEIPT, now=LATER) == Unchanged()
    assert settlement.release(before.statement, unclear, message_id=RECEIPT, now=LATER) == Unchanged()
    assert settle(before.statement, unclear, usd("10.02")).payment.charged == usd("10.02")
    assert settle(before.statement, unclear, usd("10.01"), "ch-2").payment.charged_reference == "ch-2"


def test_what_was_charged_otherwise_settles_once_the_processor_says_the_amount() -> None:
    before = reserved(usd("10.00"))
    unclear = settle(before.statement, before.payment, usd("10.01")).payment
    assert settle(before.statement, unclear) == settle(before.statement, before.payment)


@given(st.data(), strategies.statements(), strategies.payments())
def test_whatever_becomes_of_a_payment_the_whole_balance_is_accounted_for(
    data: st.DataObject, statement: Statement, payment: Payment
) -> None:
    statement = evolve(statement, balance=evolve(statement.balance, minor_units=10**6), paid_minor_units=500)
    payment = evolve(payment, amount=evolve(statement.balance, minor_units=data.draw(st.integers(1, 500))))
    payment = evolve(payment, charged_minor_units=None, charged_currency=None, charged_reference=None)
    payment = evolve(payment, method=PaymentMethod.ONLINE, refunded_minor_units=0, refunding_minor_units=0)
    statement = evolve(statement, pending_minor_units=data.draw(st.integers(payment.amount.minor_units, 1000)))
    paid, pending = spent(statement)
    units = payment.amount.minor_units
    is_pending = payment.status is PaymentStatus.PENDING
    ends = {
        (paid + units, pending - units): settle(statement, payment),
        (paid, pending - units): data.draw(
            st.sampled_from(
                (
                    settlement.decline(statement, payment, code="no", message_id=RECEIPT, now=LATER),
                    settlement.release(statement, payment, message_id=RECEIPT, now=LATER),
                )
            )
        ),
    }
    for expected, outcome in ends.items():
        if is_pending:
            assert not isinstance(outcome, (Unchanged, Unclear))
            assert spent(outcome.statement) == expected
            ended = outcome.payment
            assert (ended.look_at, ended.ended_at, ended.unclear_since) == (None, LATER, None)
        else:
            assert isinstance(outcome, (Unchanged, Unclear))
