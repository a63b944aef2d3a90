"""What can be wrong with the arguments of statements and payments, and a bill with which they are right."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from attrs import evolve

from patientportal import (
    BadInputError,
    Conclusion,
    Money,
    PatientAccess,
    Pay,
    PaymentId,
    PaymentMethod,
    PracticeAccess,
    ReductionExceedsOwedError,
    RefundExceedsPaymentError,
    RetractionReason,
    Store,
)
from patientportal.domain.ids import RefundId
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.refunds import Refund
from patientportal.ports.store import Key
from tests.bad_input.values import (
    AMOUNT,
    CURSOR,
    DOCUMENT,
    EXTERNAL_ID,
    KEY,
    LIMIT,
    MOMENT,
    MONEY,
    OTHER_DAY,
    PATIENT,
    YES_OR_NO,
    Bad,
    no_text,
    text,
)

PAGE: Mapping[str, Bad] = {"limit": LIMIT, "cursor": CURSOR}
CONCLUSION: Bad = no_text(none=(None, TypeError), a_word=("paid", TypeError))
LINE = text(BadInputError, two_lines="a\nb", control="a\x07", too_long="x" * 256)
OTHER_AMOUNT: Bad = AMOUNT | {"full": (Pay.FULL, TypeError)}
PART: Bad = {name: bad for name, bad in OTHER_AMOUNT.items() if name != "none"}
OF_MONEY: Mapping[str, Mapping[str, Bad]] = {
    "StatementsAccess.all": PAGE,
    "StatementsAccess.current": {},
    "StatementsAccess.get": {"statement_id": PATIENT},
    "StatementsAccess.document": {"statement_id": PATIENT},
    "StatementsAccess.pay": {
        "statement_id": PATIENT,
        "amount": AMOUNT,
        "source": text(BadInputError, empty="", too_long="x" * 16_385, too_many_bytes="\u00e9" * 8193),
        "idempotency_key": KEY,
    },
    "StatementsAccess.payments": PAGE,
    "StatementsAccess.get_payment": {"payment_id": PATIENT},
    "StatementsAccess.request_new_statement": {},
    "StatementsAccess.request_resend": {"statement_id": PATIENT},
    "StatementsDesk.upload": {
        "patient_id": PATIENT,
        "number": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 65),
        "balance": MONEY,
        "issued_on": OTHER_DAY
        | {
            "after it is due": (date(2026, 2, 2), BadInputError),
            "after tomorrow": (date(2026, 1, 7), BadInputError),
            "the first day there is": (date.min, BadInputError),
        },
        "due_on": OTHER_DAY | {"before it was issued": (date(2026, 1, 1), BadInputError)},
        "document": DOCUMENT,
        "media_type": text(
            BadInputError, empty="", no_subtype="pdf", parameters="text/plain; charset=utf-8", two="a/b/c"
        ),
        "covers_earlier": YES_OR_NO,
        "posted_until": MOMENT | {"ahead": (datetime(2026, 1, 6, tzinfo=UTC), BadInputError)},
        "external_id": EXTERNAL_ID,
    },
    "StatementsDesk.resend": {
        "statement_id": PATIENT,
        "due_on": OTHER_DAY
        | {"over": (date(2026, 1, 4), BadInputError), "before it was issued": (date.min, BadInputError)},
    },
    "StatementsDesk.retract": {
        "statement_id": PATIENT,
        "reason": no_text(none=(None, TypeError), a_word=("wrong_patient", TypeError)),
    },
    "StatementsDesk.of_patient": {"patient_id": PATIENT, **PAGE},
    "StatementsDesk.get": {"statement_id": PATIENT},
    "StatementsDesk.document": {"statement_id": PATIENT},
    "StatementsDesk.payments": {"patient_id": PATIENT, **PAGE},
    "StatementsDesk.get_payment": {"payment_id": PATIENT},
    "StatementsDesk.record_payment": {
        "statement_id": PATIENT,
        "amount": OTHER_AMOUNT | {"more than is owed": (Money.parse("100.01", "USD"), ReductionExceedsOwedError)},
        "method": no_text(
            none=(None, TypeError), a_word=("cash", TypeError), online=(PaymentMethod.ONLINE, BadInputError)
        ),
        "received_on": OTHER_DAY | {"tomorrow": (date(2026, 1, 6), BadInputError)},
        "reference": LINE,
        "external_id": EXTERNAL_ID,
    },
    "StatementsDesk.refund": {
        "payment_id": PATIENT,
        "amount": PART | {"more than is left": (Money.parse("1.01", "USD"), RefundExceedsPaymentError)},
        "by_hand": YES_OR_NO,
        "reason": LINE,
        "idempotency_key": KEY | {"none beside an amount": (None, BadInputError)},
    },
    "StatementsDesk.refunds": {"patient_id": PATIENT, **PAGE},
    "StatementsDesk.get_refund": {"refund_id": PATIENT},
    "StatementsDesk.unclear": PAGE,
    "StatementsDesk.conclude": {
        "payment_id": PATIENT,
        "conclusion": CONCLUSION,
        "reference": {
            name: bad
            for name, bad in text(BadInputError, empty="", two_lines="a\nb", too_long="x" * 256).items()
            if name != "none"
        },
    },
    "StatementsDesk.unclear_refunds": PAGE,
    "StatementsDesk.conclude_refund": {"refund_id": PATIENT, "conclusion": CONCLUSION},
}
"""Every public method of statements and payments, with what can be wrong with each of its arguments."""


def billed(store: Store, practice: PracticeAccess, me: PatientAccess) -> dict[str, Any]:
    """A statement of which something is paid and given back, and the arguments that name it and another one."""
    statement: dict[str, Any] = {
        "patient_id": me.patient_id,
        "balance": Money.parse("100.00", "USD"),
        "issued_on": date(2026, 1, 2),
        "due_on": date(2026, 2, 1),
        "document": b"%PDF",
        "media_type": "application/pdf",
    }
    statement_id = practice.statements.upload(number="A-1", **statement)
    a_dollar = Money.parse("1.00", "USD")
    paid, other, pending = (
        me.statements.pay(statement_id, a_dollar, source=source).payment_id
        for source in ("approve", "approve", "time_out")
    )
    refund_id = unheard_of(store, practice, me, other)
    of_statement = ("get", "document", "pay", "request_resend")
    return {
        **{f"upload.{name}": value for name, value in statement.items()},
        **{f"StatementsAccess.{verb}.statement_id": statement_id for verb in of_statement},
        **{f"StatementsDesk.{verb}.statement_id": statement_id for verb in ("get", "document", "retract")},
        "upload.number": "A-2",
        "upload.covers_earlier": True,
        "resend.statement_id": statement_id,
        "resend.due_on": date(2026, 2, 1),
        "StatementsDesk.retract.reason": RetractionReason.OTHER,
        "pay.amount": a_dollar,
        "pay.source": "approve",
        "get_payment.payment_id": paid,
        "record_payment.statement_id": statement_id,
        "record_payment.amount": a_dollar,
        "record_payment.method": PaymentMethod.REDUCTION,
        "record_payment.received_on": date(2026, 1, 5),
        "record_payment.reference": "drawer 2",
        "refund.payment_id": paid,
        "refund.amount": a_dollar,
        "refund.by_hand": False,
        "refund.reason": "too much",
        "refund.idempotency_key": "form-1",
        "refunds.patient_id": me.patient_id,
        "get_refund.refund_id": refund_id,
        "conclude.payment_id": heard_nothing_of(store, me, pending),
        "conclude.conclusion": Conclusion.PAID,
        "conclude.reference": "ch-1",
        "conclude_refund.refund_id": refund_id,
        "conclude_refund.conclusion": Conclusion.PAID,
        "payments.patient_id": me.patient_id,
        **{f"{name}.limit": 5 for name in ("refunds", "unclear_refunds")},
        **{f"{name}.cursor": None for name in ("refunds", "unclear_refunds")},
    }


def heard_nothing_of(store: Store, me: PatientAccess, payment_id: PaymentId) -> PaymentId:
    """A payment that waits for somebody, as if workers had looked in vain for a day."""
    with store.transaction() as tx:
        payment = tx.get(Key(Payment, (me.patient_id, payment_id)))
        assert payment is not None
        tx.put(evolve(payment, unclear_since=payment.requested_at))
    return payment_id


def unheard_of(store: Store, practice: PracticeAccess, me: PatientAccess, payment_id: PaymentId) -> RefundId:
    """A refund that does, likewise."""
    practice.statements.refund(payment_id)
    (found,) = practice.statements.refunds(me.patient_id).items
    with store.transaction() as tx:
        payment = tx.get(Key(Payment, (me.patient_id, payment_id)))
        refund = tx.get(Key(Refund, (me.patient_id, found.refund_id)))
        assert payment is not None
        assert refund is not None
        tx.put(evolve(payment, refunded_minor_units=0, refunding_minor_units=refund.amount.minor_units))
        tx.put(pending(refund))
    return found.refund_id


def pending(refund: Refund) -> Refund:
    """A refund as it was before its outcome was known, a day later."""
    begun = type(refund.status).PENDING
    at = refund.requested_at
    return evolve(refund, status=begun, ended_at=None, look_at=at, unclear_since=at)
