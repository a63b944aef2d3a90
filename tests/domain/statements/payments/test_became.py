"""What becomes of a payment: settled, declined or released once, and given back once."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import PaymentId
from patientportal.domain.messages.facts import PaymentNotMadeFacts, PaymentReceiptFacts
from patientportal.domain.messages.messages import written
from patientportal.domain.outcomes import Unchanged, plan
from patientportal.domain.statements import refunds, settlement
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.refunds import (
    PaymentNotSettledError,
    PaymentRefunded,
    RefundBegun,
    RefundDeclined,
    Refunded,
    Refunding,
    StaysSettled,
)
from patientportal.domain.statements.settlement import (
    FOUND_OUT_WITHIN,
    Declined,
    PaymentChargedAfterAll,
    PaymentChargedOtherwise,
    PaymentDeclined,
    PaymentReleased,
    PaymentSettled,
    Postponed,
    Released,
    Settled,
    Unclear,
)
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.values.form_keys import Repeated
from patientportal.domain.values.money import Money
from patientportal.testing import strategies
from tests.domain.statements.payments.paying import (
    EARLIER,
    LATER,
    LOOK_AT,
    RECEIPT,
    STATEMENT,
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


def test_what_was_reserved_on_a_superseded_statement_settles_there() -> None:
    before = reserved(usd("10.00"))
    closed = evolve(before.statement, status=StatementStatus.SUPERSEDED)
    outcome = settle(closed, before.payment)
    assert isinstance(outcome, Settled)
    assert spent(outcome.statement) == (1000, 0)
    assert outcome.statement.status is StatementStatus.SUPERSEDED


@pytest.mark.parametrize("status", [status for status in PaymentStatus if status is not PaymentStatus.PENDING])
def test_what_isnt_pending_any_more_stays_what_it_is(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    assert settlement.decline(STATEMENT, payment, code="no", message_id=RECEIPT, now=LATER) == Unchanged()
    assert settlement.release(STATEMENT, payment, message_id=RECEIPT, now=LATER) == Unchanged()


@pytest.mark.parametrize("status", [PaymentStatus.SETTLED, PaymentStatus.REFUNDING, PaymentStatus.REFUNDED])
def test_what_was_settled_is_settled_once(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
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


@given(payment=strategies.payments(), at=strategies.moments(), just=st.booleans())
def test_a_worker_takes_exactly_what_is_due_and_puts_it_off(payment: Payment, at: datetime, *, just: bool) -> None:
    now = payment.look_at if just and payment.look_at is not None else at
    again = now + timedelta(minutes=6)
    if payment.look_at is not None and payment.look_at <= now:
        is_late = payment.status is PaymentStatus.PENDING and payment.requested_at + timedelta(days=1) <= now
        since = payment.unclear_since if payment.unclear_since is not None else now if is_late else None
        taken = evolve(payment, look_at=again, unclear_since=since)
        assert settlement.take(payment, now=now, look_at=again) == Postponed(payment=taken)
    else:
        assert settlement.take(payment, now=now, look_at=again) == Unchanged()


@pytest.mark.parametrize(("early", "waits"), [(timedelta(microseconds=1), False), (timedelta(0), True)])
def test_what_nobody_could_find_out_for_a_day_waits_for_somebody(early: timedelta, *, waits: bool) -> None:
    now = EARLIER.requested_at + FOUND_OUT_WITHIN - early
    outcome = settlement.take(EARLIER, now=now, look_at=now + timedelta(minutes=6))
    assert isinstance(outcome, Postponed)
    assert outcome.payment.unclear_since == (now if waits else None)


# Giving back


def test_a_settled_payment_is_given_back_in_two_steps_and_is_owed_again() -> None:
    before = settled(usd("10.00"))
    begun = refunds.refund(before.payment, look_at=LOOK_AT)
    assert begun == Refunding(
        payment=evolve(before.payment, status=PaymentStatus.REFUNDING, look_at=LOOK_AT),
        event=RefundBegun(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )
    assert isinstance(begun, Refunding)
    later = LATER + timedelta(days=1)
    assert refunds.refunded(before.statement, begun.payment, now=later) == Refunded(
        statement=STATEMENT,
        payment=evolve(begun.payment, status=PaymentStatus.REFUNDED, look_at=None, ended_at=later),
        event=PaymentRefunded(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )
    assert refunds.refund_declined(begun.payment) == StaysSettled(
        payment=before.payment,
        event=RefundDeclined(payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("10.00")),
    )


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_what_was_settled_is_given_back_and_that_once(status: PaymentStatus) -> None:
    payment = evolve(EARLIER, status=status)
    match status:
        case PaymentStatus.SETTLED:
            assert isinstance(refunds.refund(payment, look_at=LOOK_AT), Refunding)
        case PaymentStatus.REFUNDING | PaymentStatus.REFUNDED:
            assert refunds.refund(payment, look_at=LOOK_AT) == Repeated(kept=payment)
        case _:
            with pytest.raises(PaymentNotSettledError) as caught:
                refunds.refund(payment, look_at=LOOK_AT)
            assert caught.value.status is status
    if status is not PaymentStatus.REFUNDING:
        assert refunds.refunded(STATEMENT, payment, now=LATER) == Unchanged()
        assert refunds.refund_declined(payment) == Unchanged()
