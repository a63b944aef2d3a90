"""Giving back: whole or in part, through the processor or by hand, once a key, and never more than was paid."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import PaymentId, RefundId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.statements import refund_ends
from patientportal.domain.statements import refunds as rules
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.statements.refund_ends import (
    RefundConcluded,
    Refunded,
    RefundNotUnclearError,
    StaysSettled,
)
from patientportal.domain.statements.refunds import (
    PaymentNotOnlineError,
    PaymentNotSettledError,
    PaymentRefunded,
    Refund,
    RefundBegun,
    RefundDeclined,
    RefundedByHand,
    RefundExceedsPaymentError,
    Refunding,
    RefundOrder,
    RefundStatus,
)
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.tokens import ID
from tests.domain.statements.bills import ADA, NOW, STATEMENT, holding, paid
from tests.domain.statements.payments.paying import LATER, LOOK_AT, usd

BEA = StaffId("bea")
PAYMENT = paid("pay-1", "40.00", settled=NOW)
BEFORE = holding(STATEMENT, PAYMENT)
ALL = RefundOrder(amount=None, by_hand=False, reason=None, idempotency_key=None)
PART = RefundOrder(amount=usd("15.00"), by_hand=False, reason="gave too much", idempotency_key="form-1")
BACK = RefundOrder(amount=None, by_hand=True, reason="chargeback", idempotency_key=None)


def refund(
    order: RefundOrder = ALL, payment: Payment = PAYMENT, *, earlier: Refund | None = None, before: int = 0
) -> Any:
    return rules.refund(BEFORE, payment, order=order, earlier=earlier, before=before, by=BEA, now=NOW, look_at=LOOK_AT)


BEGUN = refund()


def test_all_of_a_payment_is_given_back_in_two_steps_and_is_owed_again() -> None:
    assert (
        Refunding(
            payment=evolve(PAYMENT, refunding_minor_units=4000),
            refund=Refund(
                patient_id=ADA,
                id=RefundId("pay-1"),
                payment_id=PaymentId("pay-1"),
                amount=usd("40.00"),
                is_full=True,
                by_hand=False,
                reason=None,
                given_by=BEA,
                idempotency_key=None,
                requested_at=NOW,
                look_at=LOOK_AT,
            ),
            event=RefundBegun(
                payment_id=PaymentId("pay-1"),
                statement_id=STATEMENT.id,
                amount=usd("40.00"),
                refund_id=RefundId("pay-1"),
            ),
        )
        == BEGUN
    )
    assert BEGUN.payment.standing is PaymentStatus.REFUNDING
    outcome = refund_ends.refunded(BEFORE, BEGUN.payment, BEGUN.refund, now=LATER)
    assert outcome == Refunded(
        statement=STATEMENT,
        payment=evolve(PAYMENT, refunded_minor_units=4000),
        refund=evolve(BEGUN.refund, status=RefundStatus.DONE, look_at=None, ended_at=LATER),
        event=PaymentRefunded(
            payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("40.00"), refund_id=RefundId("pay-1")
        ),
    )
    assert isinstance(outcome, Refunded)
    assert outcome.payment.standing is PaymentStatus.REFUNDED
    assert outcome.payment.status is PaymentStatus.SETTLED


def test_what_the_processor_refuses_stays_settled() -> None:
    assert refund_ends.refund_declined(BEGUN.payment, BEGUN.refund, now=LATER) == StaysSettled(
        payment=PAYMENT,
        refund=evolve(BEGUN.refund, status=RefundStatus.DECLINED, look_at=None, ended_at=LATER),
        event=RefundDeclined(
            payment_id=PaymentId("pay-1"), statement_id=STATEMENT.id, amount=usd("40.00"), refund_id=RefundId("pay-1")
        ),
    )


@pytest.mark.parametrize("status", [RefundStatus.DONE, RefundStatus.DECLINED])
def test_a_refund_ends_once(status: RefundStatus) -> None:
    over = evolve(BEGUN.refund, status=status)
    assert refund_ends.refunded(BEFORE, BEGUN.payment, over, now=LATER) == Unchanged()
    assert refund_ends.refund_declined(BEGUN.payment, over, now=LATER) == Unchanged()


def test_a_part_is_given_back_and_then_the_rest() -> None:
    part = refund(PART)
    assert (part.refund.amount, part.refund.is_full, part.refund.idempotency_key) == (usd("15.00"), False, "form-1")
    assert refund(payment=part.payment, before=1).refund.amount == usd("25.00")
    after = refund_ends.refunded(BEFORE, part.payment, part.refund, now=LATER)
    assert isinstance(after, Refunded)
    assert after.statement.paid == usd("25.00")
    assert (after.payment.standing, after.payment.refunded) == (PaymentStatus.SETTLED, usd("15.00"))


def test_with_nothing_left_nothing_more_is_given_back() -> None:
    assert refund(payment=BEGUN.payment, before=1) == Repeated(kept=BEGUN.payment)
    over = evolve(PAYMENT, refunded_minor_units=4000)
    assert refund(payment=over, before=1) == Repeated(kept=over)
    assert refund(BACK, over, before=1) == Repeated(kept=over)


def test_by_hand_it_is_given_back_at_once() -> None:
    outcome = refund(BACK)
    assert outcome == RefundedByHand(
        statement=STATEMENT,
        payment=evolve(PAYMENT, refunded_minor_units=4000),
        refund=evolve(
            BEGUN.refund, by_hand=True, reason="chargeback", status=RefundStatus.DONE, look_at=None, ended_at=NOW
        ),
        event=PaymentRefunded(
            payment_id=PaymentId("pay-1"),
            statement_id=STATEMENT.id,
            amount=usd("40.00"),
            refund_id=RefundId("pay-1"),
            by_hand=True,
        ),
    )


@pytest.mark.parametrize("method", [one for one in PaymentMethod if one is not PaymentMethod.ONLINE])
def test_what_wasnt_paid_online_is_given_back_by_hand_alone(method: PaymentMethod) -> None:
    payment = evolve(PAYMENT, method=method)
    with pytest.raises(PaymentNotOnlineError) as caught:
        refund(payment=payment)
    assert caught.value.method is method
    before = holding(STATEMENT, payment)
    outcome = rules.refund(before, payment, order=BACK, earlier=None, before=0, by=BEA, now=NOW, look_at=NOW)
    assert isinstance(outcome, RefundedByHand)
    assert outcome.statement == STATEMENT, "a reduction that was taken back is owed again, too"


DOLLARS_MORE = evolve(PART, amount=usd("40.01"))
EUROS = evolve(PART, amount=Money.parse("40.00", "EUR"))
CASH = evolve(PAYMENT, method=PaymentMethod.CASH)
EARLIER = refund(PART).refund


@pytest.mark.parametrize(
    ("order", "payment", "earlier", "refused"),
    [
        (
            EUROS,
            evolve(CASH, status=PaymentStatus.PENDING),
            EARLIER,
            IdempotencyKeyReusedError(what="refund", id=EARLIER.id, status=RefundStatus.PENDING),
        ),
        (
            EUROS,
            evolve(CASH, status=PaymentStatus.PENDING),
            None,
            PaymentNotSettledError(status=PaymentStatus.PENDING),
        ),
        (EUROS, CASH, None, PaymentNotOnlineError(method=PaymentMethod.CASH)),
        (EUROS, PAYMENT, None, BadInputError(field="amount", problem="other_currency")),
        (DOLLARS_MORE, PAYMENT, None, RefundExceedsPaymentError(refundable=usd("40.00"))),
        (
            evolve(PART, amount=usd("10.01")),
            evolve(PAYMENT, refunded_minor_units=2000, refunding_minor_units=1000),
            None,
            RefundExceedsPaymentError(refundable=usd("10.00")),
        ),
        (
            evolve(PART, amount=usd("10.00")),
            evolve(PAYMENT, refunded_minor_units=2000, refunding_minor_units=1000),
            None,
            None,
        ),
        (PART, PAYMENT, None, None),
    ],
)
def test_giving_back_is_refused_in_a_fixed_order(
    order: RefundOrder, payment: Payment, earlier: Refund | None, refused: PortalError | None
) -> None:
    if refused is None:
        assert isinstance(refund(order, payment), Refunding)
    else:
        with pytest.raises(type(refused)) as caught:
            refund(order, payment, earlier=earlier)
        assert repr(caught.value) == repr(refused)


@pytest.mark.parametrize("status", RefundStatus)
def test_the_same_key_is_the_same_refund_as_it_is_now(status: RefundStatus) -> None:
    kept = evolve(EARLIER, status=status)
    assert refund(PART, evolve(PAYMENT, refunded_minor_units=4000), earlier=kept) == Repeated(kept=kept)
    full = evolve(ALL, idempotency_key="form-2")
    assert refund(full, earlier=refund(full).refund) == Repeated(kept=refund(full).refund)


@pytest.mark.parametrize(
    ("order", "payment"),
    [
        (evolve(PART, amount=usd("15.01")), PAYMENT),
        (evolve(PART, amount=None), PAYMENT),
        (evolve(PART, by_hand=True), PAYMENT),
        (evolve(PART, reason=None), PAYMENT),
        (PART, evolve(PAYMENT, id=PaymentId("pay-2"))),
    ],
    ids=["amount", "full", "by hand", "reason", "payment"],
)
def test_the_same_key_with_anything_else_is_refused(order: RefundOrder, payment: Payment) -> None:
    with pytest.raises(IdempotencyKeyReusedError):
        refund(order, payment, earlier=EARLIER)


def test_a_refund_has_an_id_of_its_key_or_of_how_many_there_were_so_that_the_same_is_asked_for_again() -> None:
    ids = [
        refund().refund.id,
        refund(before=1).refund.id,
        refund(before=2).refund.id,
        refund(PART).refund.id,
        refund(evolve(PART, idempotency_key="form-2")).refund.id,
        refund(before=1, payment=evolve(PAYMENT, id=PaymentId("pay-2"))).refund.id,
    ]
    assert len(set(ids)) == len(ids)
    assert all(ID.fullmatch(one) for one in ids)
    assert refund(PART, before=5).refund.id == ids[3], "whatever a restored backup has forgotten"
    assert (ids[0], ids[1]) == ("pay-1", "uzelEvrMp4s_87qwFDEZHcGnOW6p__60Vysg9GG7q3I")


@given(units=st.integers(1, 5000), refunded=st.integers(0, 4000), refunding=st.integers(0, 4000), by_hand=st.booleans())
def test_never_a_cent_more_than_was_paid(units: int, refunded: int, refunding: int, *, by_hand: bool) -> None:
    refunding = min(refunding, 4000 - refunded)
    payment = evolve(PAYMENT, refunded_minor_units=refunded, refunding_minor_units=refunding)
    order = evolve(PART, amount=evolve(PAYMENT.amount, minor_units=units), by_hand=by_hand)
    if units > 4000 - refunded - refunding:
        with pytest.raises(RefundExceedsPaymentError) as caught:
            refund(order, payment)
        assert caught.value.refundable.minor_units == 4000 - refunded - refunding
    else:
        after = refund(order, payment).payment
        now = (refunded + units, refunding) if by_hand else (refunded, refunding + units)
        assert (after.refunded_minor_units, after.refunding_minor_units) == now


def test_a_payment_shows_what_was_what_is_being_and_what_can_be_given_back() -> None:
    for refunded, refunding, left, standing in (
        (0, 0, 4000, PaymentStatus.SETTLED),
        (1000, 0, 3000, PaymentStatus.SETTLED),
        (1000, 3000, 0, PaymentStatus.REFUNDING),
        (4000, 0, 0, PaymentStatus.REFUNDED),
    ):
        payment = evolve(PAYMENT, refunded_minor_units=refunded, refunding_minor_units=refunding)
        amounts = (payment.refunded, payment.refunding, payment.refundable)
        assert [one.minor_units for one in amounts] == [refunded, refunding, left]
        assert {one.currency for one in amounts} == {"USD"}
        assert payment.standing is standing


UNCLEAR = evolve(BEGUN.refund, unclear_since=LATER)
END = LATER + timedelta(days=1)


@pytest.mark.parametrize(
    ("conclusion", "status", "refunded"),
    [(Conclusion.PAID, RefundStatus.DONE, 4000), (Conclusion.NOT_MADE, RefundStatus.DECLINED, 0)],
)
def test_somebody_says_what_became_of_a_refund_of_which_nobody_heard(
    conclusion: Conclusion, status: RefundStatus, refunded: int
) -> None:
    outcome = refund_ends.conclude_refund(BEFORE, BEGUN.payment, UNCLEAR, conclusion=conclusion, now=END)
    assert outcome.refund == evolve(BEGUN.refund, status=status, look_at=None, ended_at=END)
    assert outcome.payment == evolve(PAYMENT, refunded_minor_units=refunded)
    assert outcome.event == RefundConcluded(
        payment_id=PAYMENT.id,
        statement_id=STATEMENT.id,
        amount=PAYMENT.amount,
        refund_id=UNCLEAR.id,
        conclusion=conclusion,
    )
    if isinstance(outcome, Refunded):
        assert outcome.statement == STATEMENT


def test_what_workers_are_still_finding_out_nobody_concludes() -> None:
    with pytest.raises(RefundNotUnclearError) as caught:
        refund_ends.conclude_refund(BEFORE, BEGUN.payment, BEGUN.refund, conclusion=Conclusion.PAID, now=END)
    assert caught.value.status is RefundStatus.PENDING


def refusal(**order: Any) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        rules.usable_order(evolve(PART, **order))
    return caught.value.field, caught.value.problem, caught.value.limit


def test_what_is_typed_to_give_back_is_looked_at() -> None:
    for order in (ALL, PART, BACK):
        assert rules.usable_order(order) is order
    assert refusal(amount=usd("0")) == ("amount", "out_of_range", 1)
    assert refusal(idempotency_key=None) == ("idempotency_key", "empty", None)
    with pytest.raises(TypeError, match=r"^amount must be Money, not float$"):
        rules.usable_order(evolve(PART, amount=15.0))  # type: ignore[arg-type] # that is what is refused
    with pytest.raises(TypeError, match=r"^by_hand must be bool, not int$"):
        rules.usable_order(evolve(PART, by_hand=1))  # type: ignore[arg-type] # that is what is refused
    assert "chargeback" not in repr((BACK, refund(BACK)))
