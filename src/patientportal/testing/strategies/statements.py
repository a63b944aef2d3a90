"""Strategies for money, statements, their documents, payments and their events."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.statements.conclusions import PaymentConcluded
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.statements.recording import PaymentRecorded
from patientportal.domain.statements.refund_ends import RefundConcluded
from patientportal.domain.statements.refunds import PaymentRefunded, Refund, RefundBegun, RefundDeclined, RefundStatus
from patientportal.domain.statements.resending import StatementResent
from patientportal.domain.statements.retracting import StatementRetracted
from patientportal.domain.statements.statements import Statement, StatementDocument, StatementStatus
from patientportal.domain.statements.uploading import StatementUploaded
from patientportal.domain.values.money import DECIMALS, MINOR_UNITS_MAX, Money
from patientportal.testing.strategies.values import (
    lines,
    patient_ids,
    payment_ids,
    refund_ids,
    rising,
    secret_hashes,
    staff_ids,
    statement_ids,
)

_SOME_CURRENCIES = ("USD", "EUR", "JPY", "KWD", "CLF")


def currencies() -> SearchStrategy[str]:
    """Codes of currencies, mostly of some that differ in their decimals."""
    return st.sampled_from(_SOME_CURRENCIES) | st.sampled_from(sorted(DECIMALS))


def money(*, currency: str | None = None, at_least: int = 0, at_most: int = MINOR_UNITS_MAX) -> SearchStrategy[Money]:
    """Amounts, small ones and the largest included.

    Args:
        currency: its code; ``None``: any.
        at_least: the fewest minor units.
        at_most: the most.
    """
    units = st.one_of(
        st.integers(at_least, at_most),
        st.integers(at_least, min(at_most, at_least + 200)),
        st.sampled_from((at_least, at_most)),
    )
    return st.builds(Money, minor_units=units, currency=currencies() if currency is None else st.just(currency))


@st.composite
def statements(draw: DrawFn) -> Statement:
    """Statements, unpaid, paid in part, in full and beyond, with and without something pending or let off."""
    balance = draw(money())
    issued_on = draw(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
    posted, uploaded, opened, retracted = draw(rising(4))
    status = draw(st.sampled_from(StatementStatus))
    external_id = draw(st.none() | lines(max_size=64))
    return Statement(
        patient_id=draw(patient_ids()),
        id=draw(statement_ids()),
        number=draw(lines(max_size=64)),
        external_id=external_id,
        upload_hash=None if external_id is None else draw(secret_hashes()),
        balance=balance,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=draw(st.integers(0, 60))),
        covers_earlier=draw(st.booleans()),
        posted_until=posted,
        uploaded_at=uploaded,
        status=status,
        paid_minor_units=draw(_shares(balance)),
        reduced_minor_units=draw(_shares(balance)),
        pending_minor_units=draw(_shares(balance)),
        opened_at=draw(st.none() | st.just(opened)),
        retracted_at=retracted if status is StatementStatus.RETRACTED else None,
    )


def _shares(amount: Money) -> SearchStrategy[int]:
    """So many minor units of an amount: none, some, all, or more."""
    units = amount.minor_units
    return st.sampled_from((0, units, units + 1)) | st.integers(0, units)


def media_types() -> SearchStrategy[str]:
    """What an electronic copy can be."""
    return st.sampled_from(("application/pdf", "image/png", "text/plain", "application/vnd.oasis.opendocument.text"))


def statement_documents() -> SearchStrategy[StatementDocument]:
    """Electronic copies of statements."""
    return st.builds(
        StatementDocument,
        patient_id=patient_ids(),
        statement_id=statement_ids(),
        media_type=media_types(),
        content=st.binary(min_size=1, max_size=200),
    )


@st.composite
def payments(draw: DrawFn, *, skewed: bool = False) -> Payment:
    """Payments in every status that is kept, online and otherwise, given back in part and whole.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    requested, ended, look = draw(rising(3, skewed=skewed))
    pending = Payment(
        patient_id=draw(patient_ids()),
        id=draw(payment_ids()),
        statement_id=draw(statement_ids()),
        counts_on=draw(statement_ids()),
        amount=draw(money(at_least=1)),
        is_full=draw(st.booleans()),
        idempotency_key=draw(st.none() | lines(max_size=255)),
        source_hash=draw(secret_hashes()),
        requested_at=requested,
        look_at=look,
        statement_retracted=draw(st.booleans()),
    )
    match draw(st.sampled_from(_KEPT)):
        case PaymentStatus.PENDING:
            return draw(_perhaps_unclear(pending, since=ended))
        case PaymentStatus.DECLINED as status:
            declined = evolve(pending, status=status, look_at=None, ended_at=ended, decline_code=draw(lines()))
            return draw(_perhaps_unclear(declined, since=ended))
        case PaymentStatus.RELEASED as status:
            released = evolve(pending, status=status, look_at=None, ended_at=ended)
            return draw(_perhaps_unclear(released, since=ended))
        case status:
            settled = evolve(pending, status=status, look_at=None, ended_at=ended, reference=draw(lines()))
            return draw(_perhaps_given_back(draw(st.just(settled) | _written_down(settled))))


_KEPT = tuple(one for one in PaymentStatus if one not in {PaymentStatus.REFUNDING, PaymentStatus.REFUNDED})


@st.composite
def _written_down(draw: DrawFn, settled: Payment) -> Payment:
    """A payment that the practice wrote down."""
    return evolve(
        settled,
        method=draw(st.sampled_from([one for one in PaymentMethod if one is not PaymentMethod.ONLINE])),
        is_full=False,
        idempotency_key=None,
        source_hash=None,
        external_id=draw(st.none() | lines(max_size=255)),
        received_on=draw(st.dates(date(2000, 1, 1), date(2099, 12, 31))),
        reference=draw(st.none() | lines(max_size=255)),
    )


@st.composite
def _perhaps_given_back(draw: DrawFn, settled: Payment) -> Payment:
    """A payment of which something was given back, or is about to be."""
    refunded = draw(_shares(settled.amount).filter(lambda units: units <= settled.amount.minor_units))
    left = settled.amount.minor_units - refunded
    return evolve(
        settled,
        refunded_minor_units=refunded,
        refunding_minor_units=draw(st.sampled_from((0, left)) | st.integers(0, left)),
    )


@st.composite
def refunds(draw: DrawFn) -> Refund:
    """Refunds in every status, through the processor and by hand."""
    requested, ended, look = draw(rising(3))
    status = draw(st.sampled_from(RefundStatus))
    is_pending = status is RefundStatus.PENDING
    return Refund(
        patient_id=draw(patient_ids()),
        id=draw(refund_ids()),
        payment_id=draw(payment_ids()),
        amount=draw(money(at_least=1)),
        is_full=draw(st.booleans()),
        by_hand=status is RefundStatus.DONE and draw(st.booleans()),
        reason=draw(st.none() | lines(max_size=255)),
        given_by=draw(st.none() | staff_ids()),
        idempotency_key=draw(st.none() | lines(max_size=255)),
        requested_at=requested,
        status=status,
        look_at=look if is_pending else None,
        ended_at=None if is_pending else ended,
        unclear_since=draw(st.none() | st.just(ended)) if is_pending else None,
    )


@st.composite
def _perhaps_unclear(draw: DrawFn, payment: Payment, *, since: datetime) -> Payment:
    """A payment that wasn't settled, of which something may be charged, and which may wait for somebody."""
    payment = evolve(payment, unclear_since=draw(st.none() | st.just(since)))
    if draw(st.booleans()):
        return payment
    charged = draw(money() | st.just(payment.amount))
    return evolve(
        payment,
        charged_minor_units=charged.minor_units,
        charged_currency=charged.currency,
        charged_reference=draw(lines()),
    )


VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        StatementUploaded: "statements.upload",
        StatementResent: "statements.resend",
        RefundBegun: "statements.refund",
        PaymentRefunded: "statements.refund",
        RefundDeclined: "statements.refund",
        StatementRetracted: "statements.retract",
        PaymentRecorded: "statements.record_payment",
        PaymentConcluded: "statements.conclude",
        RefundConcluded: "statements.conclude_refund",
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Money: money,
        Payment: payments,
        Refund: refunds,
        Statement: statements,
        StatementDocument: statement_documents,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
