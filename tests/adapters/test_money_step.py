"""What an older database holds of statements and payments counts where it did, and refunds are states of their own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import money
from patientportal.domain.errors import AdapterError, ConflictError
from patientportal.domain.ids import PatientId, PaymentId, RefundId, StatementId
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.statements.refunds import Refund, RefundStatus
from patientportal.domain.statements.statements import Statement, StatementDocument, StatementStatus
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.values.money import Money
from patientportal.ports.store import Query, Store
from tests.adapters.stepping import opener, say, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is money.STATEMENTS) - 1
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
A_STATEMENT = """INSERT INTO statements (patient_id, id, number, balance_minor_units, balance_currency, issued_on,
    due_on, uploaded_at, status, paid_minor_units, pending_minor_units) VALUES ('ada', '{0}', '{0}', 10000, 'USD',
    '2026-01-01', '2026-02-01', NOW, '{1}', {2}, {3})"""
A_DOCUMENT = """INSERT INTO statement_documents (patient_id, statement_id, media_type, content)
    VALUES ('ada', '{0}', 'application/pdf', CONTENT)"""
A_PAYMENT = """INSERT INTO payments (patient_id, id, statement_id, amount_minor_units, amount_currency, is_full,
    idempotency_key, source_hash, requested_at, status, look_at, ended_at, decline_code, reference)
    VALUES ('ada', '{0}', 's-1', 1000, 'USD', 1 = 0, '{0}', HASH, NOW, '{0}', {1}, {2}, {3}, {4})"""
OF_OLD = ";".join(
    [
        "INSERT INTO patients (id, registered_at) VALUES ('ada', NOW)",
        A_STATEMENT.format("s-1", "superseded", 2000, 1000),
        A_STATEMENT.format("s-2", "current", 0, 0),
        A_DOCUMENT.format("s-1"),
        A_DOCUMENT.format("s-2"),
        A_PAYMENT.format("pending", "NOW", "NULL", "NULL", "NULL"),
        A_PAYMENT.format("settled", "NULL", "NOW", "NULL", "'ch-1'"),
        A_PAYMENT.format("declined", "NULL", "NOW", "'no'", "NULL"),
        A_PAYMENT.format("released", "NULL", "NOW", "NULL", "NULL"),
        A_PAYMENT.format("refunding", "NOW", "NOW", "NULL", "'ch-2'"),
        A_PAYMENT.format("refunded", "NULL", "NOW", "NULL", "'ch-3'"),
        """INSERT INTO support_requests (patient_id, id, contact, message, asked_at, resolved_at, resolved_by, about)
            VALUES ('ada', 'r-1', '', 'Please', NOW, NOW, 'sam', 'new_statement')""",
    ]
)


@pytest.fixture(params=["sqlite", "postgres"])
def store(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database that held payments in every status, after the step."""
    opened = opener(request.param, tmp_path, request)
    if request.param == "sqlite":
        said = OF_OLD.replace("HASH", "zeroblob(32)").replace("CONTENT", "x'25'")
    else:
        said = OF_OLD.replace("HASH", r"decode(repeat('00', 32), 'hex')").replace("CONTENT", r"decode('25', 'hex')")
    write_before(opened, monkeypatch, steps=BEFORE, statements=said)
    return opened()


def test_what_stood_counts_where_it_did(store: Store) -> None:
    with store.view() as view:
        statements = {one.id: one for one in view.select(Query(state=Statement))}
        documents = view.select(Query(state=StatementDocument))
        payments = {one.id: one for one in view.select(Query(state=Payment))}
        refunds = {one.id: one for one in view.select(Query(state=Refund))}
        (asked,) = view.select(Query(state=SupportRequest))
    store.close()
    former = statements[StatementId("s-1")]
    assert (former.status, former.paid_minor_units, former.pending_minor_units) == (
        StatementStatus.SUPERSEDED,
        2000,
        1000,
    )
    assert {(one.posted_until, one.covers_earlier, one.reduced_minor_units) for one in statements.values()} == {
        (AT, True, 0)
    }
    assert [one.content for one in documents] == [b"%", b"%"]
    assert {one.counts_on for one in payments.values()} == {"s-1"}
    assert {one.method for one in payments.values()} == {PaymentMethod.ONLINE}
    assert [payments[PaymentId(one)].standing for one in PaymentStatus] == list(PaymentStatus)
    assert {one.status for one in payments.values()} == set(PaymentStatus) - {
        PaymentStatus.REFUNDING,
        PaymentStatus.REFUNDED,
    }
    assert [one.id for one in payments.values() if one.look_at is not None] == ["pending"]
    done = Refund(
        patient_id=PatientId("ada"),
        id=RefundId("refunded"),
        payment_id=PaymentId("refunded"),
        amount=Money(minor_units=1000, currency="USD"),
        is_full=True,
        by_hand=False,
        reason=None,
        given_by=None,
        idempotency_key=None,
        requested_at=AT,
        status=RefundStatus.DONE,
        look_at=None,
        ended_at=AT,
    )
    begun = evolve(
        done,
        id=RefundId("refunding"),
        payment_id=PaymentId("refunding"),
        status=RefundStatus.PENDING,
        look_at=AT,
        ended_at=None,
    )
    assert refunds == {"refunding": begun, "refunded": done}
    assert asked.answered_by is None


REFUSED = [
    "UPDATE statements SET status = 'current'",
    "UPDATE statements SET number = 'A-1'",
    "UPDATE statements SET reduced_minor_units = -1",
    "UPDATE statements SET retracted_at = uploaded_at",
    "UPDATE statements SET external_id = 'H-1'",
    "UPDATE payments SET external_id = 'H-1'",
    "UPDATE payments SET idempotency_key = 'form-1'",
    "UPDATE payments SET counts_on = 's-9'",
    "UPDATE payments SET look_at = NULL",
    "UPDATE payments SET method = 'cash'",
    "UPDATE payments SET method = 'beads'",
    "UPDATE payments SET refunding_minor_units = 1001 WHERE id = 'settled'",
    "UPDATE payments SET refunding_minor_units = 1 WHERE id = 'refunded'",
    "UPDATE payments SET refunded_minor_units = 1 WHERE id = 'released'",
    "UPDATE payments SET status = 'refunded'",
    "UPDATE payments SET reference = NULL",
    "UPDATE refunds SET by_hand = 1 = 1",
    "UPDATE refunds SET idempotency_key = 'form-1'",
    "UPDATE refunds SET look_at = NULL",
    "UPDATE support_requests SET resolved_at = NULL, resolved_by = NULL, answered_by = 's-1'",
]


def test_no_database_holds_what_contradicts_itself(store: Store) -> None:
    for statement in REFUSED:
        with pytest.raises((ConflictError, AdapterError)):
            say(store, statement)
    say(store, "UPDATE statements SET status = 'retracted', retracted_at = NOW, number = 'A-1' WHERE id = 's-1'")
    say(store, "UPDATE statements SET number = 'A-1' WHERE id = 's-2'")
    store.close()
