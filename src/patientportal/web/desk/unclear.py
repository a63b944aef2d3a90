"""What is unclear: payments and refunds whose end only somebody can say, who looked into the processor's own list."""

from starlette.responses import Response

from patientportal import Conclusion, NotPermittedError, RefundId
from patientportal.web.desk.money import choice_in, person_of
from patientportal.web.desk.payments import payment_at
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

LIST = "/desk/unclear"


def show_all(visitor: Visitor) -> Response:
    """Both lists, the longest waiting first."""
    desk = visitor.practice.statements
    return visitor.show(
        "desk/statements/unclear.html",
        payments=desk.unclear(cursor=visitor.query.get("cursor")),
        refunds=desk.unclear_refunds(cursor=visitor.query.get("refunds")),
        can_conclude=visitor.practice.may("statements.conclude"),
    )


def show_conclude(visitor: Visitor) -> Response:
    """What is known of a payment, and what can be said of it."""
    _require(visitor, "statements.conclude")
    payment = payment_at(visitor)
    if payment.unclear_since is None:
        return visitor.go(f"/desk/payments/{payment.payment_id}", flash="known_before")
    return visitor.show("desk/statements/conclude.html", person=person_of(visitor, payment.patient_id), payment=payment)


def conclude(visitor: Visitor) -> Response:
    """Says what became of it."""
    payment = payment_at(visitor)
    visitor.form.need("conclusion")
    conclusion = choice_in(visitor, "conclusion", Conclusion)
    reference = visitor.form["reference"].strip() or None
    visitor.practice.statements.conclude(payment.payment_id, conclusion, reference=reference)
    return visitor.go(LIST, flash="concluded")


def show_conclude_refund(visitor: Visitor) -> Response:
    """What is known of a refund, and what can be said of it."""
    _require(visitor, "statements.conclude_refund")
    refund = visitor.practice.statements.get_refund(RefundId(visitor.at("refund_id")))
    if refund.unclear_since is None:
        return visitor.go(f"/desk/payments/{refund.payment_id}", flash="known_before")
    return visitor.show(
        "desk/statements/conclude_refund.html", person=person_of(visitor, refund.patient_id), refund=refund
    )


def conclude_refund(visitor: Visitor) -> Response:
    """Says what became of it."""
    refund_id = RefundId(visitor.at("refund_id"))
    visitor.form.need("conclusion")
    visitor.practice.statements.conclude_refund(refund_id, choice_in(visitor, "conclusion", Conclusion))
    return visitor.go(LIST, flash="concluded")


def _require(visitor: Visitor, verb: str) -> None:
    """Shows no form to the front desk, which may look and not conclude."""
    if not visitor.practice.may(verb):
        raise NotPermittedError(verb=verb)


SCREENS = (
    Screen(
        LIST,
        show_all,
        who=Who.STAFF,
        says={
            "concluded": N_("Thank you. What you found is written down."),
            "known_before": N_("Nobody has to look into this any more: its end is known."),
        },
    ),
    Screen("/desk/payments/{payment_id}/conclude", show_conclude, conclude, who=Who.STAFF),
    Screen("/desk/refunds/{refund_id}/conclude", show_conclude_refund, conclude_refund, who=Who.STAFF),
)
