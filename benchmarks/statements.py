"""Paying: over the same reads and writes by hand, on SQLite and PostgreSQL, and over an ORM."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from attrs import field, frozen

from benchmarks.database import CLOCK, FREE_LOCK, Bench, Lock, bench
from benchmarks.measure import Figure, in_turn
from benchmarks.postgres import (
    CLIENTS,
    GOAL_BOOK_AND_PAY,
    GOAL_MANY_CLIENTS,
    Client,
    client,
    people,
    server,
    throughput,
)
from patientportal.adapters.sandbox import SandboxProcessor
from patientportal.adapters.system import new_uuid7
from patientportal.domain.values.money import Money
from patientportal.ports.payments import Approved

GOAL_CPU, GOAL_WALL, GOAL_A_TRANSACTION_US = 1.5, 1.25, 40
GOAL_HOT = round(1 / 0.8, 2)
GOAL_ORM = round(1 / 3, 2)
TRANSACTIONS = 2  # a payment is reserved in one and settled in another
CENT = Money(minor_units=1, currency="USD")
SOURCE = "approve"
ZONE = ZoneInfo("America/New_York")
IDLE, ABSOLUTE, LOOK_AFTER = timedelta(minutes=15), timedelta(hours=8), timedelta(minutes=5, seconds=30)

PATIENT = "SELECT id, registered_at, deactivated_at FROM patients WHERE id = ?{lock}"
SESSION = """SELECT patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at
    FROM sessions WHERE patient_id = ? AND id = ?{lock}"""
STATEMENT = """SELECT balance_minor_units, balance_currency, paid_minor_units, pending_minor_units,
    reduced_minor_units, status, due_on, number FROM statements WHERE patient_id = ? AND id = ?{lock}"""
UNDER_KEY = """SELECT id, statement_id, amount_minor_units, amount_currency, is_full, source_hash, status
    FROM payments WHERE patient_id = ? AND idempotency_key = ?"""
PAYMENT = "SELECT amount_minor_units, counts_on, status FROM payments WHERE patient_id = ? AND id = ?{lock}"
RESERVE = "UPDATE statements SET pending_minor_units = ? WHERE patient_id = ? AND id = ?"
NEW_PAYMENT = """INSERT INTO payments (patient_id, id, statement_id, counts_on, amount_minor_units, amount_currency,
    method, is_full, idempotency_key, source_hash, requested_at, status, refunded_minor_units, refunding_minor_units,
    look_at, statement_retracted) VALUES (?, ?, ?, ?, ?, ?, 'online', ?, ?, ?, ?, 'pending', 0, 0, ?, ?)"""
PAID = "UPDATE statements SET paid_minor_units = ?, pending_minor_units = ? WHERE patient_id = ? AND id = ?"
SETTLED = """UPDATE payments SET status = 'settled', look_at = NULL, ended_at = ?, reference = ?
    WHERE patient_id = ? AND id = ?"""
RECEIPT = """INSERT INTO inbox_messages (patient_id, id, kind, about_id, subject, body, facts, sent_at)
    VALUES (?, ?, 'payment_receipt', ?, 'Receipt for your payment', ?, ?, ?)"""
EVENT = """INSERT INTO events (patient_id, id, at, by_kind, by_id, session_id, event_name, event_version, event_data)
    VALUES (?, ?, ?, 'patient', ?, ?, ?, 1, ?)"""
DELIVERY = """INSERT INTO deliveries (id, patient_id, kind, created_at, status, tries, next_try_at)
    VALUES (?, ?, 'new_message', ?, 'waiting', 0, ?)"""
TEXTS = (PATIENT, SESSION, STATEMENT, UNDER_KEY, PAYMENT, RESERVE, NEW_PAYMENT, PAID, SETTLED, RECEIPT, EVENT, DELIVERY)


@frozen(kw_only=True)
class Hand:
    """A connection used by hand, and what differs between the engines.

    Attributes:
        execute: the driver's.
        block: around a transaction: PostgreSQL's pipeline.
        begin: what it begins with.
        texts: each statement in the engine's words.
        instant: a moment as the driver takes it.
        flag: a yes or no likewise.
        day: a day likewise.
        token: of the session that pays.
        statement_id: what it pays of.
    """

    execute: Callable[..., Any]
    block: Callable[[], AbstractContextManager[object]]
    begin: str
    texts: dict[str, str]
    instant: Callable[[datetime], object]
    flag: Callable[[bool], object]
    day: Callable[[date], object]
    token: str
    statement_id: str
    processor: SandboxProcessor = field(factory=SandboxProcessor)

    def run(self, text: str, *values: object) -> Any:  # noqa: ANN401 - a cursor of either driver
        return self.execute(self.texts[text], values)


def figures(effort: float) -> Iterator[Figure]:
    """What a payment costs; each is two transactions, eight reads and nine writes."""
    yield from on_sqlite(effort)
    yield from beside_django(effort)
    yield from on_postgres(effort)


def on_sqlite(effort: float) -> Iterator[Figure]:
    """One payer, with and without waiting for the disk."""
    pairs = int(1500 * effort)
    with bench() as one:
        ours, theirs = paying(one), partial(by_hand, hand_on_sqlite(one))
        yield in_turn(ours, theirs, pairs=pairs).ratio("pay, SQLite, wall", goal=GOAL_WALL)
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio("pay, SQLite, CPU", goal=GOAL_CPU)
    with bench(durable=False) as one:
        ours, theirs = paying(one), partial(by_hand, hand_on_sqlite(one))
        goal = TRANSACTIONS * GOAL_A_TRANSACTION_US
        yield in_turn(ours, theirs, pairs=2 * pairs).difference(
            f"pay - by hand, no waiting, {TRANSACTIONS} transactions", unit="us", goal=goal
        )


def beside_django(effort: float) -> Iterator[Figure]:
    """One payer on SQLite, and the same in an ORM."""
    from benchmarks.django_orm import orm  # only this needs Django

    pairs = int(500 * effort)
    with bench() as one, orm() as theirs:
        ours = paying(one)
        yield in_turn(ours, theirs, pairs=pairs).ratio("pay / Django's ORM, SQLite, wall", goal=GOAL_ORM)
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio(
            "pay / Django's ORM, SQLite, CPU", goal=GOAL_ORM
        )


def on_postgres(effort: float) -> Iterator[Figure]:
    """One payer, many payers of a statement each, and many of one statement."""
    sides = (pay_on_postgres, pay_by_hand_on_postgres)
    slices = 2 * max(3, int(12 * effort))
    most = max(CLIENTS)
    with server() as url:
        everybody = people(url, most)
        with client(url, everybody[0]) as one:
            ours, theirs = (partial(side, one) for side in sides)
            yield in_turn(ours, theirs, pairs=int(1500 * effort)).ratio(
                "pay, PostgreSQL, 1 client", goal=GOAL_BOOK_AND_PAY
            )
        yield throughput(url, everybody, "pay", sides, slices=slices, goal=GOAL_MANY_CLIENTS)
        yield throughput(url, [everybody[0]] * most, "pay of one statement", sides, slices=slices, goal=GOAL_HOT)
        hold_exact(url)


def paying(one: Bench) -> Callable[[], None]:
    """A payment, by the library."""
    statements = one.portal.resume(one.token).statements

    def pay() -> None:
        payment = statements.pay(one.statement_id, CENT, source=SOURCE, idempotency_key=new_uuid7())
        assert payment.ended_at is not None

    return pay


def hand_on_sqlite(one: Bench, more: Sequence[str] = (), lock: Lock = FREE_LOCK) -> Hand:
    return Hand(
        execute=one.hand.execute,
        block=lambda: lock,
        begin="BEGIN IMMEDIATE",
        texts={text: text.format(lock="") for text in (*TEXTS, *more)},
        instant=partial(datetime.isoformat, timespec="microseconds"),
        flag=int,
        day=date.isoformat,
        token=one.token,
        statement_id=one.statement_id,
    )


def pay_on_postgres(one: Client) -> None:
    """A payment, by the library."""
    payment = one.me.statements.pay(one.who.statement_id, CENT, source=SOURCE, idempotency_key=new_uuid7())
    assert payment.ended_at is not None


def pay_by_hand_on_postgres(one: Client) -> None:
    """The same by hand."""
    if one.kept is None:
        one.kept = hand_on_postgres(one)
    by_hand(one.kept)


def hand_on_postgres(one: Client, more: Sequence[str] = ()) -> Hand:
    return Hand(
        execute=one.hand.execute,
        block=one.block,
        begin="BEGIN ISOLATION LEVEL READ COMMITTED",
        texts={text: text.format(lock=" FOR NO KEY UPDATE").replace("?", "%s") for text in (*TEXTS, *more)},
        instant=lambda moment: moment,
        flag=bool,
        day=lambda one: one,
        token=one.other.token,
        statement_id=one.other.statement_id,
    )


def by_hand(hand: Hand) -> None:
    """The same reads, writes and checks."""
    payment_id = new_uuid7()
    reserve_by_hand(hand, payment_id, new_uuid7())
    answer = hand.processor.charge(payment_id, CENT, SOURCE)
    assert isinstance(answer, Approved)
    settle_by_hand(hand, payment_id, answer.reference)


def reserve_by_hand(hand: Hand, payment_id: str, key: str) -> None:
    patient_id, session_id, _ = hand.token.split(".")
    run, now, of = hand.run, CLOCK(), (patient_id, hand.statement_id)
    source_hash = hmac.digest(b"k" * 32, b"payment-source\0" + SOURCE.encode(), hashlib.sha256)
    with hand.block():
        hand.execute(hand.begin)
        patient, session, statement, earlier = fetched(
            run(PATIENT, patient_id),
            run(SESSION, patient_id, session_id),
            run(STATEMENT, *of),
            run(UNDER_KEY, patient_id, key),
        )
        assert patient[2] is session[6] is earlier is None
        assert now < min(moment(session[5]) + IDLE, moment(session[4]) + ABSOLUTE)
        balance, currency, paid, pending, reduced, status, due_on, _ = statement
        assert status == "current"
        assert now.astimezone(ZONE).date() <= day(due_on)
        assert currency == CENT.currency
        assert balance - reduced - paid - pending >= CENT.minor_units
        at = hand.instant(now)
        run(RESERVE, pending + CENT.minor_units, *of)
        run(
            NEW_PAYMENT, patient_id, payment_id, hand.statement_id, hand.statement_id, CENT.minor_units, currency,
            hand.flag(False), key, source_hash, at, hand.instant(now + LOOK_AFTER), hand.flag(False),
        )  # fmt: skip
        record(hand, "payment_reserved", payment_id, at)
        hand.execute("COMMIT")


def settle_by_hand(hand: Hand, payment_id: str, reference: str) -> None:
    patient_id = hand.token.split(".")[0]
    run, now, of = hand.run, hand.instant(CLOCK()), (patient_id, hand.statement_id)
    with hand.block():
        hand.execute(hand.begin)
        _, statement, payment = fetched(
            run(PATIENT, patient_id), run(STATEMENT, *of), run(PAYMENT, patient_id, payment_id)
        )
        balance, _, paid, pending, *_, number = statement
        units, counts_on, status = payment
        assert (counts_on, status) == (hand.statement_id, "pending")
        paid += units
        run(PAID, paid, pending - units, *of)
        run(SETTLED, now, reference, patient_id, payment_id)
        body = (
            f"We have received your payment of {dollars(units)} for statement {number}.\n\n"
            f"Paid of this statement until now: {dollars(paid)} of {dollars(balance)}."
        )
        facts = {"kind": "payment_receipt", "amount": money(units), "statement_number": number}
        facts |= {"paid": money(paid), "balance": money(balance)}
        written = json.dumps(facts, separators=(",", ":"))
        run(RECEIPT, patient_id, new_uuid7(), payment_id, body, written, now)
        record(hand, "payment_settled", payment_id, now)
        run(DELIVERY, new_uuid7(), patient_id, now, now)
        hand.execute("COMMIT")


def record(hand: Hand, name: str, payment_id: str, at: object) -> None:
    patient_id, session_id, _ = hand.token.split(".")
    amount = {"minor_units": CENT.minor_units, "currency": CENT.currency}
    data = json.dumps({"payment_id": payment_id, "statement_id": hand.statement_id, "amount": amount})
    hand.run(EVENT, patient_id, new_uuid7(), at, patient_id, session_id, name, data)


def fetched(*cursors: Any) -> Sequence[Any]:
    """All are sent before the first answer is waited for."""
    return [cursor.fetchone() for cursor in cursors]


def moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def money(cents: int) -> dict[str, object]:
    return {"minor_units": cents, "currency": CENT.currency}


def dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02} USD"


def hold_exact(url: str) -> None:
    """To the cent, on both sides: every statement says what its payments say, and nothing is pending."""
    with psycopg.connect(url, autocommit=True) as connection:
        for schema in ("ours", "theirs"):
            connection.execute("SELECT set_config('search_path', %s, false)", [schema])
            kept = connection.execute(
                "SELECT s.id, paid_minor_units, pending_minor_units, count(p.id) FROM statements s LEFT JOIN payments p"
                " ON p.patient_id = s.patient_id AND p.statement_id = s.id AND p.status = 'settled' GROUP BY s.id,"
                " paid_minor_units, pending_minor_units"
            ).fetchall()
            assert all(paid == payments and pending == 0 for _, paid, pending, payments in kept)
