"""The same payment in Django's ORM, in the manner of its documentation, on a SQLite file of its own."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.db import connection, models, transaction

from benchmarks.database import CLOCK
from benchmarks.resume import ABSOLUTE, IDLE
from benchmarks.statements import CENT, LOOK_AFTER, SOURCE, ZONE, dollars
from patientportal.adapters.sandbox import SandboxProcessor
from patientportal.adapters.system import new_uuid7
from patientportal.domain.values.money import MINOR_UNITS_MAX
from patientportal.ports.payments import Approved

FILE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=wal;"},
}
settings.configure(DATABASES={"default": FILE}, USE_TZ=True)
django.setup()


class Patient(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    registered_at = models.DateTimeField()
    deactivated_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "bench"


class Session(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    secret_hash = models.BinaryField()
    device = models.TextField()
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "bench"


class Statement(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    number = models.CharField(max_length=64)
    balance_minor_units = models.BigIntegerField()
    balance_currency = models.CharField(max_length=3)
    issued_on = models.DateField()
    due_on = models.DateField()
    uploaded_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    paid_minor_units = models.BigIntegerField(default=0)
    pending_minor_units = models.BigIntegerField(default=0)

    class Meta:
        app_label = "bench"
        constraints = (
            models.UniqueConstraint(fields=["patient", "number"], name="one_number"),
            models.UniqueConstraint(fields=["patient"], condition=models.Q(status="current"), name="one_current"),
            models.CheckConstraint(
                condition=models.Q(
                    balance_minor_units__gte=models.F("paid_minor_units") + models.F("pending_minor_units")
                ),
                name="never_more",
            ),
        )
        indexes = (
            models.Index(fields=["patient", "status", "uploaded_at", "id"], name="statements_by_status"),
            models.Index(fields=["patient", "uploaded_at", "id"], name="statements_by_age"),
        )


class Payment(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    statement = models.ForeignKey(Statement, models.PROTECT)
    amount_minor_units = models.BigIntegerField()
    amount_currency = models.CharField(max_length=3)
    is_full = models.BooleanField()
    idempotency_key = models.CharField(max_length=255, null=True)
    source_hash = models.BinaryField()
    requested_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    look_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decline_code = models.TextField(null=True)
    reference = models.TextField(null=True)

    class Meta:
        app_label = "bench"
        constraints = (models.UniqueConstraint(fields=["patient", "idempotency_key"], name="one_key"),)
        indexes = (
            models.Index(fields=["patient", "requested_at", "id"], name="payments_by_age"),
            models.Index(
                fields=["look_at", "patient", "id"], condition=models.Q(look_at__isnull=False), name="payments_by_turn"
            ),
        )


class InboxMessage(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    kind = models.CharField(max_length=32)
    about_id = models.CharField(max_length=64)
    subject = models.TextField()
    body = models.TextField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "bench"
        indexes = (
            models.Index(fields=["patient", "sent_at", "id"], name="messages_by_age"),
            models.Index(
                fields=["patient", "sent_at", "id"], condition=models.Q(read_at__isnull=True), name="messages_unread"
            ),
        )


class Event(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    at = models.DateTimeField()
    session_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    data = models.JSONField()

    class Meta:
        app_label = "bench"


class Delivery(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    patient = models.ForeignKey(Patient, models.PROTECT)
    kind = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    tries = models.IntegerField()
    next_try_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        indexes = (models.Index(fields=["status", "next_try_at", "id"], name="deliveries_by_turn"),)


@contextmanager
def orm() -> Iterator[tuple[Callable[[], None], sqlite3.Connection]]:
    """A payment in Django's ORM, on a file in a folder of its own, and its connection; a commit waits for the disk."""
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        connection.settings_dict["NAME"] = str(Path(folder, "django.db"))
        with connection.schema_editor() as schema:
            for model in (Patient, Session, Statement, Payment, InboxMessage, Event, Delivery):
                schema.create_model(model)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        now, processor = CLOCK(), SandboxProcessor()
        patient = Patient.objects.create(id=new_uuid7(), registered_at=now)
        session = Session.objects.create(
            id=new_uuid7(), patient=patient, secret_hash=bytes(32), device="phone", started_at=now, last_seen_at=now
        )
        statement = Statement.objects.create(
            id=new_uuid7(),
            patient=patient,
            number="2026-0001",
            balance_minor_units=MINOR_UNITS_MAX,
            balance_currency="USD",
            issued_on=date(2026, 1, 1),
            due_on=date(2035, 12, 31),
            uploaded_at=now,
            status="current",
        )
        yield lambda: pay(patient.id, session.id, statement.id, processor), connection.connection
        connection.close()


def pay(patient_id: str, session_id: str, statement_id: str, processor: SandboxProcessor) -> None:
    """The same reads, writes and checks."""
    payment_id = reserve(patient_id, session_id, statement_id, new_uuid7())
    answer = processor.charge(payment_id, CENT, SOURCE)
    assert isinstance(answer, Approved)
    settle(patient_id, session_id, payment_id, answer.reference)


@transaction.atomic
def reserve(patient_id: str, session_id: str, statement_id: str, key: str) -> str:
    now = CLOCK()
    patient = Patient.objects.select_for_update().get(id=patient_id)
    session = Session.objects.select_for_update().get(id=session_id, patient=patient)
    statement = Statement.objects.select_for_update().get(id=statement_id, patient=patient)
    assert Payment.objects.filter(patient=patient, idempotency_key=key).first() is None
    assert patient.deactivated_at is session.ended_at is None
    assert now < min(session.last_seen_at + IDLE, session.started_at + ABSOLUTE)
    assert statement.status == "current"
    assert now.astimezone(ZONE).date() <= statement.due_on
    assert statement.balance_currency == CENT.currency
    remaining = statement.balance_minor_units - statement.paid_minor_units - statement.pending_minor_units
    assert remaining >= CENT.minor_units
    statement.pending_minor_units += CENT.minor_units
    statement.save(update_fields=["pending_minor_units"])
    payment = Payment.objects.create(
        id=new_uuid7(),
        patient=patient,
        statement=statement,
        amount_minor_units=CENT.minor_units,
        amount_currency=CENT.currency,
        is_full=False,
        idempotency_key=key,
        source_hash=hmac.digest(b"k" * 32, b"payment-source\0" + SOURCE.encode(), hashlib.sha256),
        requested_at=now,
        status="pending",
        look_at=now + LOOK_AFTER,
    )
    record("payment_reserved", payment, session_id)
    return str(payment.id)


@transaction.atomic
def settle(patient_id: str, session_id: str, payment_id: str, reference: str) -> None:
    now = CLOCK()
    patient = Patient.objects.select_for_update().get(id=patient_id)
    payment = Payment.objects.select_for_update().select_related("statement").get(id=payment_id, patient=patient)
    statement = payment.statement
    assert payment.status == "pending"
    statement.pending_minor_units -= payment.amount_minor_units
    statement.paid_minor_units += payment.amount_minor_units
    statement.save(update_fields=["pending_minor_units", "paid_minor_units"])
    payment.status, payment.look_at, payment.ended_at, payment.reference = "settled", None, now, reference
    payment.save(update_fields=["status", "look_at", "ended_at", "reference"])
    InboxMessage.objects.create(
        id=new_uuid7(),
        patient=patient,
        kind="payment_receipt",
        about_id=payment.id,
        subject="Receipt for your payment",
        body=(
            f"We have received your payment of {dollars(payment.amount_minor_units)} for statement {statement.number}."
            f"\n\nPaid of this statement until now: {dollars(statement.paid_minor_units)}"
            f" of {dollars(statement.balance_minor_units)}."
        ),
        sent_at=now,
    )
    record("payment_settled", payment, session_id)
    Delivery.objects.create(
        id=new_uuid7(), patient=patient, kind="new_message", created_at=now, status="waiting", tries=0, next_try_at=now
    )


def record(name: str, payment: Payment, session_id: str) -> None:
    amount = {"minor_units": payment.amount_minor_units, "currency": payment.amount_currency}
    Event.objects.create(
        id=new_uuid7(),
        patient_id=payment.patient_id,
        at=CLOCK(),
        session_id=session_id,
        name=name,
        data={"payment_id": payment.id, "statement_id": payment.statement_id, "amount": amount},
    )
