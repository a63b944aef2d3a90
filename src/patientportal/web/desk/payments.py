"""Payments at the desk: what came in otherwise, one payment as a receipt, and giving it back."""

from starlette.responses import Response

from patientportal import (
    BadInputError,
    Money,
    PaymentDetails,
    PaymentId,
    PaymentMethod,
    PaymentStatus,
    RefundDetails,
    RefundExceedsPaymentError,
    RefundStatus,
)
from patientportal.web.desk.money import (
    LIST_MAX,
    amount_in,
    choice_in,
    day_in,
    person_of,
    statement_at,
    symbol,
)
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

BY_PROCESSOR, BY_HAND = "no", "yes"
_GIVEN = {PaymentStatus.SETTLED, PaymentStatus.REFUNDING}
_ASK_MORE = {PaymentMethod.INSURER, PaymentMethod.REDUCTION}


def payment_at(visitor: Visitor) -> PaymentDetails:
    """The payment that a page's path names."""
    return visitor.practice.statements.get_payment(PaymentId(visitor.at("payment_id")))


def show_all(visitor: Visitor) -> Response:
    """What somebody paid, the latest first."""
    person = patient_at(visitor)
    page = visitor.practice.statements.payments(person.patient_id, cursor=visitor.query.get("cursor"))
    return visitor.show("desk/statements/payments.html", person=person, page=page)


def show_received(visitor: Visitor) -> Response:
    """The form of what came in."""
    statement = statement_at(visitor)
    return visitor.show(
        "desk/statements/received.html",
        person=person_of(visitor, statement.patient_id),
        statement=statement,
        methods=_methods(visitor),
        today=visitor.today,
        symbol=symbol(visitor, statement.balance.currency),
    )


def receive(visitor: Visitor) -> Response:
    """A look at what is about to be written down, for whom; and then it is, once."""
    form, statement = visitor.form, statement_at(visitor)
    form.need("method", "amount", "received_on")
    method = choice_in(visitor, "method", PaymentMethod)
    amount = amount_in(visitor, "amount", statement.balance.currency)
    received_on = day_in(visitor, "received_on")
    if not form["key"]:
        return visitor.show(
            "desk/statements/received_check.html",
            person=person_of(visitor, statement.patient_id),
            statement=statement,
            method=method,
            amount=amount,
            received_on=received_on,
        )
    payment = visitor.practice.statements.record_payment(
        statement.statement_id,
        amount,
        method=method,
        received_on=received_on,
        reference=form["reference"].strip(),
        external_id=f"desk-{form['key']}",
    )
    return visitor.go(f"/desk/payments/{payment.payment_id}", flash="payment_written_down")


def show_one(visitor: Visitor) -> Response:
    """One payment as a receipt that prints, and what was given back of it."""
    payment, desk = payment_at(visitor), visitor.practice.statements
    return visitor.show(
        "desk/statements/payment.html",
        person=person_of(visitor, payment.patient_id),
        payment=payment,
        made_on=desk.get(payment.statement_id),
        counts_on=desk.get(payment.counts_on),
        refunds=_refunds(visitor, payment),
        can_refund=payment.status in _GIVEN and not _left(payment).is_zero and bool(_hows(visitor, payment)),
    )


def show_refund(visitor: Visitor) -> Response:
    """The form of what is given back."""
    payment = payment_at(visitor)
    return visitor.show(
        "desk/statements/refund.html",
        person=person_of(visitor, payment.patient_id),
        payment=payment,
        left=_left(payment),
        hows=_hows(visitor, payment),
        symbol=symbol(visitor, payment.amount.currency),
    )


def refund(visitor: Visitor) -> Response:
    """A look at what is about to be given back, to whom; and then the money moves, once."""
    form, payment = visitor.form, payment_at(visitor)
    form.need("amount", "by_hand")
    amount = amount_in(visitor, "amount", payment.amount.currency)
    if form["by_hand"] not in ({BY_HAND} if visitor.portal.payments is None else {BY_PROCESSOR, BY_HAND}):
        raise BadInputError(field="by_hand", problem="unknown")
    by_hand = form["by_hand"] == BY_HAND
    if not form["key"]:
        if amount > _left(payment):
            raise RefundExceedsPaymentError(refundable=_left(payment))
        return visitor.show(
            "desk/statements/refund_check.html",
            person=person_of(visitor, payment.patient_id),
            payment=payment,
            amount=amount,
            by_hand=by_hand,
        )
    visitor.practice.statements.refund(
        payment.payment_id,
        amount,
        by_hand=by_hand,
        reason=form["reason"].strip(),
        idempotency_key=form["key"],
    )
    latest = next(iter(_refunds(visitor, payment)), None)
    return visitor.go(f"/desk/payments/{payment.payment_id}", flash=_BECAME[latest.status] if latest else None)


def _methods(visitor: Visitor) -> tuple[PaymentMethod, ...]:
    """What somebody may write down: online comes by itself."""
    return tuple(
        one
        for one in PaymentMethod
        if one is not PaymentMethod.ONLINE
        and (one not in _ASK_MORE or visitor.practice.may(f"statements.record_payment({one})"))
    )


def _hows(visitor: Visitor, payment: PaymentDetails) -> tuple[str, ...]:
    """How somebody may give this payment back."""
    online = payment.method is PaymentMethod.ONLINE and visitor.portal.payments is not None
    by_processor = online and visitor.practice.may("statements.refund")
    by_hand = visitor.practice.may("statements.refund(by_hand)")
    return (BY_PROCESSOR,) * by_processor + (BY_HAND,) * by_hand


def _left(payment: PaymentDetails) -> Money:
    return payment.amount - payment.refunded - payment.refunding


def _refunds(visitor: Visitor, payment: PaymentDetails) -> list[RefundDetails]:
    found = visitor.practice.statements.refunds(payment.patient_id, limit=LIST_MAX).items
    return [one for one in found if one.payment_id == payment.payment_id]


_BECAME = {
    RefundStatus.DONE: "refund_done",
    RefundStatus.PENDING: "refund_asked",
    RefundStatus.DECLINED: "refund_refused",
}
SCREENS = (
    Screen("/desk/people/{patient_id}/payments", show_all, who=Who.STAFF),
    Screen(
        "/desk/statements/{statement_id}/received",
        show_received,
        receive,
        who=Who.STAFF,
        says={"payment_written_down": N_("The payment was written down.")},
    ),
    Screen("/desk/payments/{payment_id}", show_one, who=Who.STAFF),
    Screen(
        "/desk/payments/{payment_id}/refund",
        show_refund,
        refund,
        who=Who.STAFF,
        outside=True,
        says={
            "refund_done": N_("The money was paid back."),
            "refund_asked": N_("We asked the card company to pay the money back. We do not know its answer yet."),
            "refund_refused": N_("The card company did not pay the money back. Nothing changed."),
        },
    ),
)
