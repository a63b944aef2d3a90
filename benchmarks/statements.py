"""Paying: over the same reads and writes by hand, on SQLite and PostgreSQL, and over an ORM."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
from attrs import field, frozen

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.hand import Hand, as_json, durability
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
from benchmarks.resume import is_alive
from benchmarks.sql import (
    DELIVERY,
    EVENT,
    MESSAGE,
    NEW_PAYMENT,
    PAID,
    PATIENT,
    PAYMENT,
    RESERVE,
    SESSION,
    SETTLED,
    STATEMENT,
    UNDER_KEY,
)
from patientportal.adapters.sandbox import SandboxProcessor
from patientportal.adapters.system import new_uuid7
from patientportal.domain.values.money import Money
from patientportal.ports.payments import WORD_MAX, Approved

GOAL_CPU, GOAL_WALL, GOAL_A_TRANSACTION_US = 1.30, 1.25, 40
GOAL_HOT = 0.8
GOAL_ORM = round(1 / 3, 2)
TRANSACTIONS = 2  # a payment is reserved in one and settled in another
CENT = Money(minor_units=1, currency="USD")
SOURCE = "approve"
SOURCE_BYTES_MAX, KEY_MAX = 16 * 1024, 255
ZONE = ZoneInfo("America/New_York")
LOOK_AFTER = timedelta(minutes=5, seconds=30)


@frozen
class Payer:
    """Who pays by hand, and of what."""

    hand: Hand
    token: str
    statement_id: str
    processor: SandboxProcessor = field(factory=SandboxProcessor)

    def pay(self) -> None:
        """The same reads, writes and checks as the library's."""
        key, patient_id = new_uuid7(), self.token.split(".")[0]
        assert 0 < len(SOURCE.encode()) <= SOURCE_BYTES_MAX
        assert 0 < len(key) <= KEY_MAX
        digest = hashlib.sha256(f"payment\0{patient_id}\0{key}".encode()).digest()
        payment_id = urlsafe_b64encode(digest).decode().rstrip("=")
        self._reserve(payment_id, key)
        answer = self.processor.charge(payment_id, CENT, SOURCE)
        assert isinstance(answer, Approved)
        assert answer.amount == CENT
        assert answer.reference.isprintable()
        assert 0 < len(answer.reference) <= WORD_MAX
        self._settle(payment_id, answer.reference)

    def _reserve(self, payment_id: str, key: str) -> None:
        hand, now, statement_id = self.hand, CLOCK(), self.statement_id
        run, change, sql = hand.run, hand.change, hand.sql
        patient_id, session_id, _ = self.token.split(".")
        source_hash = hmac.digest(b"k" * 32, b"payment-source\0" + SOURCE.encode(), hashlib.sha256)
        with hand.block():
            run(hand.to_write)
            reads = (
                (PATIENT, (patient_id,)),
                (SESSION, (patient_id, session_id)),
                (STATEMENT, (patient_id, statement_id)),
            )
            sent = [run(hand.get[text], values) for text, values in reads]
            sent.append(run(sql[UNDER_KEY], (patient_id, key)))
            (patient,), (session,), (statement,), earlier = [cursor.fetchall() for cursor in sent]
            is_alive(hand, patient, session)
            assert not earlier
            *_, status, paid, reduced, pending, _, retracted_at = statement
            assert (status, retracted_at) == ("current", None)
            assert now.astimezone(ZONE).date() <= hand.read_day(statement[8])
            assert statement[6] == CENT.currency
            assert statement[5] - reduced - paid - pending >= CENT.minor_units
            at, flag = hand.instant(now), hand.flag(False)
            change(sql[RESERVE], (pending + CENT.minor_units, patient_id, statement_id))
            change(
                sql[NEW_PAYMENT],
                (
                    patient_id, payment_id, statement_id, statement_id, CENT.minor_units, CENT.currency, flag, key,
                    source_hash, at, hand.instant(now + LOOK_AFTER), flag,
                ),
            )  # fmt: skip
            self._record("payment_reserved", payment_id, at)
            run("COMMIT")

    def _settle(self, payment_id: str, reference: str) -> None:
        hand, statement_id = self.hand, self.statement_id
        run, change, sql, now = hand.run, hand.change, hand.sql, hand.instant(CLOCK())
        patient_id = self.token.split(".")[0]
        with hand.block():
            run(hand.to_write)
            _, statement, payment = hand.locked(
                (PATIENT, (patient_id,)),
                (STATEMENT, (patient_id, statement_id)),
                (PAYMENT, (patient_id, payment_id)),
            )
            balance, number, (*_, paid, _, pending, _, _) = statement[5], statement[2], statement
            units = payment[4]
            assert (payment[3], payment[13]) == (statement_id, "pending")
            assert (units, payment[5]) == (CENT.minor_units, CENT.currency)
            paid += units
            change(sql[PAID], (paid, pending - units, patient_id, statement_id))
            change(sql[SETTLED], (now, reference, patient_id, payment_id))
            body = (
                f"We have received your payment of {dollars(units)} for statement {number}.\n\n"
                f"Paid of this statement until now: {dollars(paid)} of {dollars(balance)}."
            )
            facts = {"kind": "payment_receipt", "amount": money(units), "statement_number": number}
            facts |= {"paid": money(paid), "balance": money(balance)}
            receipt = (patient_id, new_uuid7(), "payment_receipt", payment_id, "Receipt for your payment")
            change(sql[MESSAGE], (*receipt, body, as_json(facts), now))
            self._record("payment_settled", payment_id, now)
            change(sql[DELIVERY], (new_uuid7(), patient_id, "new_message", None, now, now))
            run("COMMIT")

    def _record(self, name: str, payment_id: str, at: object) -> None:
        patient_id, session_id, _ = self.token.split(".")
        said = {"payment_id": payment_id, "statement_id": self.statement_id, "amount": money(CENT.minor_units)}
        who = ("patient", patient_id, None, session_id)
        self.hand.change(self.hand.sql[EVENT], (patient_id, new_uuid7(), at, *who, name, as_json(said)))


def figures(effort: float) -> Iterator[Figure]:
    """What a payment costs; each is two transactions, eight reads and nine writes."""
    yield from on_sqlite(effort)
    yield from beside_django(effort)
    yield from on_postgres(effort)


def on_sqlite(effort: float) -> Iterator[Figure]:
    """One payer, with and without waiting for the disk."""
    pairs = int(1500 * effort)
    with bench() as one:
        ours, theirs, on = paying(one), by_hand(one), one.durability
        yield in_turn(ours, theirs, pairs=pairs).ratio("pay, SQLite, wall", goal=GOAL_WALL, durability=on)
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio(
            "pay, SQLite, CPU", goal=GOAL_CPU, durability=on
        )
    with bench(durable=False) as one:
        goal = TRANSACTIONS * GOAL_A_TRANSACTION_US
        yield in_turn(paying(one), by_hand(one), pairs=2 * pairs).difference(
            f"pay - by hand, no waiting, {TRANSACTIONS} transactions", unit="us", goal=goal, durability=one.durability
        )


def beside_django(effort: float) -> Iterator[Figure]:
    """One payer on SQLite, and the same in an ORM."""
    from benchmarks.django_orm import orm  # only this needs Django

    pairs = int(500 * effort)
    with bench() as one, orm() as (theirs, connection):
        ours, on = paying(one), durability(one.store, connection)
        yield in_turn(ours, theirs, pairs=pairs).ratio("pay / Django's ORM, SQLite, wall", goal=GOAL_ORM, durability=on)
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio(
            "pay / Django's ORM, SQLite, CPU", goal=GOAL_ORM, durability=on
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
                "pay, PostgreSQL, 1 client", goal=GOAL_BOOK_AND_PAY, durability=one.durability
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


def by_hand(one: Bench) -> Callable[[], None]:
    """The same by hand."""
    return Payer(one.hand, one.token, one.statement_id).pay


def pay_on_postgres(one: Client) -> None:
    """A payment, by the library."""
    payment = one.me.statements.pay(one.who.statement_id, CENT, source=SOURCE, idempotency_key=new_uuid7())
    assert payment.ended_at is not None


def pay_by_hand_on_postgres(one: Client) -> None:
    """The same by hand."""
    if one.kept is None:
        one.kept = Payer(one.hand, one.other.token, one.other.statement_id)
    one.kept.pay()


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
