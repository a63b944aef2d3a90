"""Uploading a statement that takes twenty payments of the one before: over the same reads and writes by hand."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.measure import Figure, in_turn
from benchmarks.postgres import Client, client, people, server
from benchmarks.statements import CENT, SOURCE, Hand, by_hand, hand_on_postgres, hand_on_sqlite, moment, paying
from patientportal import Portal
from patientportal.adapters.system import new_uuid7
from patientportal.domain.ids import PatientId
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.testing import desk

PAYMENTS = 20
OWED = Money(minor_units=MINOR_UNITS_MAX, currency="USD")
ISSUED_ON, DUE_ON = date(2026, 1, 1), date(2035, 12, 31)
DOCUMENT, MEDIA_TYPE = b"%PDF-", "application/pdf"
JUST_AFTER = timedelta(microseconds=1)

OF_PAYMENT = """id, statement_id, counts_on, amount_minor_units, amount_currency, method, status,
    refunded_minor_units, ended_at"""
OF_STATEMENT = """id, balance_minor_units, balance_currency, issued_on, uploaded_at, paid_minor_units,
    reduced_minor_units, pending_minor_units"""
PATIENT = "SELECT id, registered_at, deactivated_at FROM patients WHERE id = ?{lock}"
REQUESTS = "SELECT id, about FROM support_requests WHERE patient_id = ? AND resolved_at IS NULL"
CURRENT = f"SELECT {OF_STATEMENT} FROM statements WHERE patient_id = ? AND status = 'current'"  # noqa: S608 - ours
NUMBERED = "SELECT id FROM statements WHERE patient_id = ? AND number = ? AND retracted_at IS NULL"
PENDING = f"SELECT {OF_PAYMENT} FROM payments WHERE patient_id = ? AND status = 'pending'"  # noqa: S608
SETTLED = f"SELECT {OF_PAYMENT} FROM payments WHERE patient_id = ? AND status = 'settled' AND ended_at >= ?"  # noqa: S608
LEFT = """UPDATE statements SET status = 'superseded', paid_minor_units = ?, pending_minor_units = ?
    WHERE patient_id = ? AND id = ?"""
NEW_STATEMENT = """INSERT INTO statements (patient_id, id, number, balance_minor_units, balance_currency, issued_on,
    due_on, covers_earlier, posted_until, uploaded_at, status, paid_minor_units, reduced_minor_units,
    pending_minor_units) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'current', ?, 0, ?)"""
NEW_DOCUMENT = "INSERT INTO statement_documents (patient_id, statement_id, media_type, content) VALUES (?, ?, ?, ?)"
MOVED = "UPDATE payments SET counts_on = ? WHERE patient_id = ? AND id = ?"
EVENT = """INSERT INTO events (patient_id, id, at, by_kind, by_id, by_role, event_name, event_version, event_data)
    VALUES (?, ?, ?, 'staff', 'staff-1', 'billing', 'statement_uploaded', 1, ?)"""
DELIVERY = """INSERT INTO deliveries (id, patient_id, kind, about_id, created_at, status, tries, next_try_at,
    unanswered) VALUES (?, ?, 'statement_available', ?, ?, 'waiting', 0, ?, 0)"""
TEXTS = (
    PATIENT, REQUESTS, CURRENT, NUMBERED, PENDING, SETTLED, LEFT, NEW_STATEMENT, NEW_DOCUMENT, MOVED, EVENT, DELIVERY,
)  # fmt: skip


def figures(effort: float) -> Iterator[Figure]:
    """What an upload costs whose payments all move; each is one transaction."""
    pairs = int(300 * effort)
    what = f"upload, {PAYMENTS} payments move"
    with bench() as one:
        ours, theirs = sides_on_sqlite(one)
        yield in_turn(ours, theirs, pairs=pairs).ratio(f"{what}, SQLite, wall")
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio(f"{what}, SQLite, CPU")
    with server() as url:
        (who,) = people(url, 1)
        with client(url, who) as of:
            ours, theirs = sides_on_postgres(of)
            yield in_turn(ours, theirs, pairs=pairs).ratio(f"{what}, PostgreSQL, 1 client")


def sides_on_sqlite(one: Bench) -> tuple[Callable[[], None], Callable[[], None]]:
    pay, hand = paying(one), hand_on_sqlite(one, TEXTS)
    for _ in range(PAYMENTS):
        pay()
        by_hand(hand)
    return partial(upload, one.portal, one.member.patient_id), partial(upload_by_hand, hand)


def sides_on_postgres(one: Client) -> tuple[Callable[[], None], Callable[[], None]]:
    hand = hand_on_postgres(one, TEXTS)
    for _ in range(PAYMENTS):
        one.me.statements.pay(one.who.statement_id, CENT, source=SOURCE, idempotency_key=new_uuid7())
        by_hand(hand)
    return partial(upload, one.portal, one.who.member.patient_id), partial(upload_by_hand, hand)


def upload(of: Portal, patient_id: PatientId) -> None:
    """An upload, by the library."""
    desk(of).statements.upload(
        patient_id,
        number=new_uuid7(),
        balance=OWED,
        issued_on=ISSUED_ON,
        due_on=DUE_ON,
        document=DOCUMENT,
        media_type=MEDIA_TYPE,
        posted_until=CLOCK(),
    )


def upload_by_hand(hand: Hand) -> None:
    """The same reads, writes and checks."""
    patient_id, run, now = hand.token.split(".")[0], hand.run, CLOCK()
    statement_id, number, at = new_uuid7(), new_uuid7(), hand.instant(now)
    with hand.block():
        hand.execute(hand.begin)
        patient, requests, current, same_number, pending, settled = (
            cursor.fetchall()
            for cursor in (
                run(PATIENT, patient_id),
                run(REQUESTS, patient_id),
                run(CURRENT, patient_id),
                run(NUMBERED, patient_id, number),
                run(PENDING, patient_id),
                run(SETTLED, patient_id, at),
            )
        )
        assert patient
        assert not requests
        assert not same_number
        moving = [one for one in (*pending, *settled) if _moves(one, now)]
        assert len(moving) == PAYMENTS
        before, _, _, _, uploaded_at, paid, _, was_pending = current[0]
        uploaded_at = hand.instant(max(now, moment(uploaded_at) + JUST_AFTER))
        assert {one[2] for one in moving} == {before}
        taken = sum(one[3] - one[7] for one in moving if one[6] == "settled")
        reserved = sum(one[3] for one in moving if one[6] == "pending")
        run(LEFT, paid - taken, was_pending - reserved, patient_id, before)
        run(
            NEW_STATEMENT, patient_id, statement_id, number, OWED.minor_units, OWED.currency, hand.day(ISSUED_ON),
            hand.day(DUE_ON), hand.flag(True), at, uploaded_at, taken, reserved,
        )  # fmt: skip
        run(NEW_DOCUMENT, patient_id, statement_id, MEDIA_TYPE, DOCUMENT)
        for one in moving:
            run(MOVED, statement_id, patient_id, one[0])
        run(EVENT, patient_id, new_uuid7(), at, _said(statement_id, before, len(moving)))
        run(DELIVERY, new_uuid7(), patient_id, statement_id, at, at)
        hand.execute("COMMIT")


def _moves(payment: Any, posted_until: datetime) -> bool:  # noqa: ANN401 - a row of either driver
    *_, currency, _, status, _, ended_at = payment
    return currency == OWED.currency and (status == "pending" or moment(ended_at) >= posted_until)


def _said(statement_id: str, before: str, moved: int) -> str:
    data = {"statement_id": statement_id, "superseded_id": before, "requests_resolved": 0, "is_current": True}
    balance = {"minor_units": OWED.minor_units, "currency": OWED.currency}
    return json.dumps(data | {"balance": balance, "payments_moved": moved})
