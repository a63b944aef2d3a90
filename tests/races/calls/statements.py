"""What races over statements and payments call."""

from datetime import UTC, date, datetime, timedelta

from patientportal import Money, Pay, Portal
from patientportal.application.finding import by_id
from patientportal.application.statements.reconciling import reconcile
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.statements.payments import Payment
from patientportal.testing import desk
from tests.races.calls.told import Told


def pay(portal: Portal, *, token: str, statement: str | None, amount: str | None, source: str, key: str | None) -> Told:
    """Pays US dollars of a statement, or of the one that is current by then; without an amount, all that remains."""
    mine = portal.resume(token).statements
    if statement is None:
        current = mine.current()
        assert current is not None
        statement = current.statement_id
    payment = mine.pay(
        StatementId(statement),
        Pay.FULL if amount is None else Money.parse(amount, "USD"),
        source=source,
        idempotency_key=key,
    )
    return {"payment": payment.payment_id, "status": payment.status, "of": payment.statement_id}


def upload(portal: Portal, *, patient: str, number: str, balance: str) -> Told:
    """Uploads a statement in US dollars that can be paid for years."""
    statement = desk(portal).statements.upload(
        PatientId(patient),
        number=number,
        balance=Money.parse(balance, "USD"),
        issued_on=date(2026, 1, 1),
        due_on=datetime.now(UTC).date() + timedelta(days=366),
        document=b"%PDF-",
        media_type="application/pdf",
    )
    return {"statement": statement}


def refund(portal: Portal, *, payment: str) -> Told:
    """Gives a payment back."""
    return {"status": desk(portal).statements.refund(PaymentId(payment)).status}


def reconcile_one(portal: Portal, *, payment: str) -> Told:
    """Finds out what became of one payment, as a worker does."""
    found = by_id(portal._env, Payment, payment, field="payment", what="payment")
    return {"concluded": reconcile(portal._env, found)}


CALLS = (pay, upload, refund, reconcile_one)
