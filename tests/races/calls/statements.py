"""What races over statements and payments call."""

from datetime import UTC, date, datetime, timedelta

from patientportal import Money, Pay, PaymentMethod, Portal, RetractionReason
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


def upload(portal: Portal, *, patient: str, number: str, balance: str, is_posted: bool = False) -> Told:
    """Uploads a statement in US dollars that can be paid for years; its books know all until now, or nothing."""
    statement = desk(portal).statements.upload(
        PatientId(patient),
        number=number,
        balance=Money.parse(balance, "USD"),
        issued_on=date(2026, 1, 1),
        due_on=datetime.now(UTC).date() + timedelta(days=366),
        document=b"%PDF-",
        media_type="application/pdf",
        posted_until=datetime.now(UTC) if is_posted else None,
    )
    return {"statement": statement}


def retract(portal: Portal, *, statement: str) -> Told:
    """Takes a statement back."""
    desk(portal).statements.retract(StatementId(statement), RetractionReason.WRONG_CONTENT)
    return {}


def misfile(portal: Portal, *, patient: str, number: str, balance: str) -> Told:
    """Uploads a statement, and takes it back at once."""
    told = upload(portal, patient=patient, number=number, balance=balance)
    return told | retract(portal, statement=told["statement"])


def record_payment(portal: Portal, *, patient: str, amount: str, method: str, key: str) -> Told:
    """Writes down at the desk what was paid, or let off, of the statement that is current by then."""
    statements = desk(portal).statements
    (current,) = (one for one in statements.of_patient(PatientId(patient)).items if one.status == "current")
    payment = statements.record_payment(
        current.statement_id,
        Money.parse(amount, "USD"),
        method=PaymentMethod(method),
        received_on=datetime.now(UTC).date() - timedelta(days=1),
        external_id=key,
    )
    return {"payment": payment.payment_id}


def refund(portal: Portal, *, payment: str, amount: str | None = None, by_hand: bool = False) -> Told:
    """Gives some or all of a payment back."""
    part = None if amount is None else Money.parse(amount, "USD")
    given = desk(portal).statements.refund(PaymentId(payment), part, by_hand=by_hand, idempotency_key=amount)
    return {"status": given.status}


def reconcile_one(portal: Portal, *, payment: str) -> Told:
    """Finds out what became of one payment, as a worker does."""
    found = by_id(portal._env, Payment, payment, field="payment", what="payment")
    return {"concluded": reconcile(portal._env, found)}


CALLS = (pay, upload, retract, misfile, record_payment, refund, reconcile_one)
