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
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.refunds import PaymentRefunded, RefundBegun, RefundDeclined
from patientportal.domain.statements.resending import StatementResent
from patientportal.domain.statements.statements import Statement, StatementDocument, StatementStatus
from patientportal.domain.statements.uploading import StatementUploaded
from patientportal.domain.values.money import DECIMALS, MINOR_UNITS_MAX, Money
from patientportal.testing.strategies.values import (
    lines,
    patient_ids,
    payment_ids,
    rising,
    secret_hashes,
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
    """Statements, unpaid, paid in part and paid in full, with and without something pending."""
    balance = draw(money())
    paid = draw(st.integers(0, balance.minor_units) | st.sampled_from((0, balance.minor_units)))
    left = balance.minor_units - paid
    issued_on = draw(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
    (uploaded_at,) = draw(rising(1))
    return Statement(
        patient_id=draw(patient_ids()),
        id=draw(statement_ids()),
        number=draw(lines(max_size=64)),
        balance=balance,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=draw(st.integers(0, 60))),
        uploaded_at=uploaded_at,
        status=draw(st.sampled_from(StatementStatus)),
        paid_minor_units=paid,
        pending_minor_units=draw(st.integers(0, left) | st.sampled_from((0, left))),
    )


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
    """Payments in every status.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    requested, ended, look = draw(rising(3, skewed=skewed))
    status = draw(st.sampled_from(PaymentStatus))
    pending = Payment(
        patient_id=draw(patient_ids()),
        id=draw(payment_ids()),
        statement_id=draw(statement_ids()),
        amount=draw(money(at_least=1)),
        is_full=draw(st.booleans()),
        idempotency_key=draw(st.none() | lines(max_size=255)),
        source_hash=draw(secret_hashes()),
        requested_at=requested,
        look_at=look,
    )
    match status:
        case PaymentStatus.PENDING:
            return draw(_perhaps_unclear(pending, since=ended))
        case PaymentStatus.DECLINED:
            declined = evolve(pending, status=status, look_at=None, ended_at=ended, decline_code=draw(lines()))
            return draw(_perhaps_unclear(declined, since=ended))
        case PaymentStatus.RELEASED:
            released = evolve(pending, status=status, look_at=None, ended_at=ended)
            return draw(_perhaps_unclear(released, since=ended))
        case PaymentStatus.REFUNDING:
            return evolve(pending, status=status, ended_at=ended, reference=draw(lines()))
        case _:
            return evolve(pending, status=status, look_at=None, ended_at=ended, reference=draw(lines()))


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
        PaymentConcluded: "statements.conclude",
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Money: money,
        Payment: payments,
        Statement: statements,
        StatementDocument: statement_documents,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
