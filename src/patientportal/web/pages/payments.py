"""Payments: all of them, and one as a receipt."""

from starlette.responses import Response

from patientportal import PaymentId, PaymentMethod, PaymentStatus
from patientportal.web.languages import N_
from patientportal.web.pages.statements import can_pay, numbers
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

_RECEIPT, _LET_OFF = N_("Receipt for your payment of %(amount)s"), N_("Taken off your bill")
_NOT_MADE = {
    PaymentStatus.PENDING: N_("We are still asking about your payment"),
    PaymentStatus.DECLINED: N_("Your payment was not made"),
    PaymentStatus.RELEASED: N_("Your payment was not made"),
}


def show_all(visitor: Visitor) -> Response:
    """What was paid and let off, the latest first."""
    return visitor.show(
        "statements/payments.html",
        page=visitor.me.statements.payments(cursor=visitor.query.get("cursor")),
        numbers=numbers(visitor),
    )


def show_one(visitor: Visitor) -> Response:
    """One payment: a receipt, or what became of it."""
    payment = visitor.me.statements.get_payment(PaymentId(visitor.at("payment_id")))
    current = visitor.me.statements.current()
    personal = visitor.me.account.profile().personal
    made = _LET_OFF if payment.method is PaymentMethod.REDUCTION else _RECEIPT
    return visitor.show(
        "statements/payment.html",
        payment=payment,
        heading=_NOT_MADE.get(payment.status, made),
        numbers=numbers(visitor),
        name=f"{personal.first_name} {personal.last_name}",
        payable=current if current is not None and can_pay(visitor, current) else None,
    )


SCREENS = (
    Screen("/statements/payments", show_all),
    Screen("/statements/payments/{payment_id}", show_one),
)
