"""Booking and cancelling: over the same reads, writes and constraints by hand, on both engines."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import cache
from typing import Any

import psycopg
from attrs import define

from benchmarks.database import CLOCK, FREE_LOCK, Bench, Lock, bench
from benchmarks.measure import ROUNDS, WARM_UPS, Figure, Pairs, timed
from benchmarks.postgres import (
    ABSOLUTE,
    EVENT,
    GOAL_BOOK_AND_PAY,
    GOAL_MANY_CLIENTS,
    IDLE,
    LOCKED,
    PATIENT,
    SESSION,
    TO_WRITE,
    Client,
    client,
    people,
    server,
    throughput,
)
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.system import new_uuid7
from patientportal.domain.appointments.directory import Place
from patientportal.domain.ids import AppointmentId, PlaceId, SlotId, StaffId
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.testing import desk, portal

CLIENTS = 32
GOAL_CPU, GOAL_WALL, GOAL_US = 1.5, 1.25, 40
PROVIDER = "dr-1"

SLOT = """SELECT id, provider_id, place_id, zone, starts_at, ends_at, status, patient_id,
    appointment_id FROM slots WHERE id = %s"""
VISIT = """SELECT patient_id, id, slot_id, provider_id, place_id, zone, starts_at, ends_at, reason, status, booked_at,
    visit_type_id, held_until, series_id, revision, external_id, idempotency_key, ended_at, cancelled_by,
    cancellation_reason, rescheduled_from, rescheduled_to FROM appointments"""
OWN_VISIT = f"{VISIT} WHERE patient_id = %s AND id = %s"
BEFORE = f"""{VISIT} WHERE patient_id = %s AND status = 'booked' AND starts_at < %s
    ORDER BY starts_at DESC, id DESC LIMIT 1"""
NEW_VISIT = """INSERT INTO appointments (patient_id, id, slot_id, provider_id, place_id, zone, starts_at, ends_at,
    reason, status, booked_at, visit_type_id, held_until, series_id, revision, external_id, idempotency_key, ended_at,
    cancelled_by, cancellation_reason, rescheduled_from, rescheduled_to)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'booked', %s, NULL, %s, %s, 0, NULL, NULL, NULL, NULL, '', NULL,
    NULL)"""
BUSY = "UPDATE slots SET status = 'busy', patient_id = %s, appointment_id = %s WHERE id = %s"
FREE = "UPDATE slots SET status = 'free', patient_id = NULL, appointment_id = NULL WHERE id = %s"
CANCELLED = """UPDATE appointments SET status = 'cancelled', ended_at = %s, cancelled_by = 'patient'
    WHERE patient_id = %s AND id = %s"""
TOLD = """INSERT INTO deliveries (id, patient_id, kind, link_id, email_change_id, created_at, status, tries,
    next_try_at, lease, about_id) VALUES (%s, %s, %s, NULL, NULL, %s, 'waiting', 0, %s, NULL, %s)"""

LOCKING = (PATIENT, SESSION, SLOT, OWN_VISIT)
TEXTS = (*LOCKING, BEFORE, NEW_VISIT, BUSY, FREE, CANCELLED, TOLD, EVENT)

Hand = sqlite3.Connection | psycopg.Connection[tuple[Any, ...]]
Row = tuple[Any, ...]


@define
class Ours:
    """A patient who books and cancels one slot, by the library."""

    me: PatientAccess
    slot_id: SlotId
    visit_id: AppointmentId | None = None

    def book(self) -> None:
        """Takes it."""
        self.visit_id = self.me.appointments.book(self.slot_id)

    def cancel(self) -> None:
        """Gives it up."""
        assert self.visit_id is not None
        self.me.appointments.cancel(self.visit_id)


class Theirs:
    """The same by hand, on a connection of either engine.

    Args:
        connection: of SQLite or PostgreSQL.
        token: of the patient's session.
        slot_id: the slot.
        lock: around each transaction, where threads share the connection.
    """

    def __init__(
        self,
        connection: Hand,
        token: str,
        slot_id: str,
        lock: Lock = FREE_LOCK,
        batch: Callable[[], AbstractContextManager[object]] | None = None,
    ) -> None:
        self._run: Callable[..., Any] = connection.execute
        self._patient_id, self._session_id, _ = token.split(".")
        self._slot_id, self._visit_id = slot_id, ""
        self._batch: Callable[[], AbstractContextManager[object]] = lambda: lock
        self._begin = "BEGIN IMMEDIATE"
        self._moment: Callable[[datetime], object] = _text
        self._read: Callable[[Any], datetime] = datetime.fromisoformat
        self._sql = {text: text.replace("%s", "?") for text in TEXTS}
        if isinstance(connection, psycopg.Connection):
            self._batch = batch or connection.pipeline
            self._begin, self._moment, self._read = TO_WRITE, _as_it_is, _as_it_is
            self._sql = {text: text for text in TEXTS} | {text: text + LOCKED for text in LOCKING}

    def book(self) -> None:
        """Takes it."""
        run, sql, patient_id, visit_id = self._run, self._sql, self._patient_id, new_uuid7()
        with self._batch():
            run(self._begin)
            rows = self._locked((SLOT, [self._slot_id]))
            now = self._require(*rows[:2])
            slot = rows[2]
            assert slot[6] == "free"
            assert self._read(slot[4]) > now
            other = run(sql[BEFORE], [patient_id, slot[5]]).fetchone()
            assert other is None or other[7] <= slot[4]
            at = self._moment(now)
            run(sql[NEW_VISIT], [patient_id, visit_id, slot[0], *slot[1:6], "", at, slot[5], visit_id])
            run(sql[BUSY], [patient_id, visit_id, slot[0]])
            self._tell("appointment_booked", "visit_booked", visit_id, at)
            run("COMMIT")
        self._visit_id = visit_id

    def cancel(self) -> None:
        """Gives it up."""
        run, sql, patient_id, visit_id = self._run, self._sql, self._patient_id, self._visit_id
        with self._batch():
            run(self._begin)
            rows = self._locked((OWN_VISIT, [patient_id, visit_id]))
            visit = rows[2]
            slot = run(sql[SLOT], [visit[2]]).fetchone()
            now = self._require(*rows[:2])
            assert visit[9] == "booked"
            assert slot[8] == visit_id
            assert self._read(visit[6]) > now
            at = self._moment(now)
            run(sql[CANCELLED], [at, patient_id, visit_id])
            run(sql[FREE], [slot[0]])
            self._tell("appointment_cancelled", "visit_cancelled", visit_id, at)
            run("COMMIT")

    def _locked(self, *others: tuple[str, list[str]]) -> list[Any]:
        mine = ((PATIENT, [self._patient_id]), (SESSION, [self._patient_id, self._session_id]))
        sent = [self._run(self._sql[text], values) for text, values in (*mine, *others)]
        return [cursor.fetchone() for cursor in sent]

    def _require(self, patient: Row, session: Row) -> datetime:
        now = CLOCK()
        assert patient[2] is session[6] is None
        assert now < min(self._read(session[5]) + IDLE, self._read(session[4]) + ABSOLUTE)
        return now

    def _tell(self, event: str, kind: str, visit_id: str, at: object) -> None:
        patient_id, data = self._patient_id, json.dumps({"appointment_id": visit_id, "slot_id": self._slot_id})
        by = ["patient", patient_id, self._session_id]
        self._run(self._sql[EVENT], [patient_id, new_uuid7(), at, *by, event, data])
        self._run(self._sql[TOLD], [new_uuid7(), patient_id, kind, at, at, visit_id])


def figures(effort: float) -> Iterator[Figure]:
    """What the library costs more: the time and the work of one client, the throughput of many."""
    for durable in (True, False):
        with bench(durable=durable, prepare=publish) as one:
            sides = on_sqlite(one)
            if durable:
                yield from ratios(*sides, "SQLite, wall", pairs=int(1000 * effort), goal=GOAL_WALL)
                yield from ratios(
                    *sides, "SQLite, CPU", pairs=int(1000 * effort), goal=GOAL_CPU, clock=time.process_time_ns
                )
            else:
                for name, pairs in zip(NAMES, both(*sides, pairs=int(3000 * effort)), strict=True):
                    yield pairs.difference(f"{name} - by hand, SQLite that doesn't wait", unit="us", goal=GOAL_US)
    with server() as url:
        everybody = people(url, CLIENTS)
        publish_for(url, CLIENTS)
        with client(url, everybody[0]) as one_client:
            yield from ratios(
                *on_postgres(one_client), "PostgreSQL, 1 client", pairs=int(1500 * effort), goal=GOAL_BOOK_AND_PAY
            )
        slices = 2 * max(3, int(12 * effort))
        yield throughput(url, everybody, "book and cancel", SIDES, slices=slices, goal=GOAL_MANY_CLIENTS)


def ratios(
    ours: Ours,
    theirs: Theirs,
    what: str,
    *,
    pairs: int,
    goal: float,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Iterator[Figure]:
    """How many times as long each of the two takes."""
    for name, measured in zip(NAMES, both(ours, theirs, pairs=pairs, clock=clock), strict=True):
        yield measured.ratio(f"{name} / by hand, {what}", goal=goal)


def both(
    ours: Ours, theirs: Theirs, *, pairs: int, clock: Callable[[], int] = time.perf_counter_ns
) -> tuple[Pairs, Pairs]:
    """Books and cancels in turn, so that the slot is free each time, and measures either."""
    booked, cancelled = Pairs(), Pairs()
    for at in range(ROUNDS + 1):
        many = max(1, pairs // ROUNDS) if at else WARM_UPS
        measured = [
            (
                (timed(ours.book, clock), timed(theirs.book, clock)),
                (timed(ours.cancel, clock), timed(theirs.cancel, clock)),
            )
            for _ in range(many)
        ]
        if at:
            booked.rounds.append([pair for pair, _ in measured])
            cancelled.rounds.append([pair for _, pair in measured])
    return booked, cancelled


def publish(of: Portal, *, provider: str = PROVIDER) -> None:
    """A day of slots, so that there is one."""
    tomorrow = CLOCK().date() + timedelta(days=1)
    desk(of).schedule.publish(
        Place(id=PlaceId("north"), name="North Building", zone="America/New_York"),
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        opens=time_of_day(9),
        closes=time_of_day(17),
        visit_length=timedelta(minutes=30),
        first_day=tomorrow,
        last_day=tomorrow,
        provider_id=StaffId(provider),
    )


def publish_for(url: str, clients: int) -> None:
    """The same in both schemas, for a provider of each client's own."""
    for schema in ("ours", "theirs"):
        with portal(store=PostgresStore(url, schema=schema), clock=CLOCK, new_id=new_uuid7) as prepared:
            for at in range(clients):
                publish(prepared, provider=f"dr-{at}")


def on_sqlite(one: Bench, provider: str = PROVIDER, lock: Lock = FREE_LOCK) -> tuple[Ours, Theirs]:
    """The two sides."""
    me = one.portal.resume(one.token)
    (slot,) = me.appointments.open_slots(provider_id=StaffId(provider), limit=1).items
    return Ours(me, slot.slot_id), Theirs(one.hand, one.token, slot.slot_id, lock)


@cache
def on_postgres(one: Client) -> tuple[Ours, Theirs]:
    """The two sides of a client, who has a provider of their own."""
    provider = f"dr-{one.who.member.username.removeprefix('client')}"
    me = one.portal.resume(one.who.token)
    (slot,) = me.appointments.open_slots(provider_id=StaffId(provider), limit=1).items
    (theirs,) = one.hand.execute(
        "SELECT id FROM slots WHERE provider_id = %s ORDER BY starts_at LIMIT 1", [provider]
    ).fetchall()
    return Ours(me, slot.slot_id), Theirs(one.hand, one.other.token, theirs[0], batch=one.block)


def book_and_cancel(one: Client) -> None:
    """Both, by the library."""
    ours, _ = on_postgres(one)
    ours.book()
    ours.cancel()


def book_and_cancel_by_hand(one: Client) -> None:
    """Both, by hand."""
    _, theirs = on_postgres(one)
    theirs.book()
    theirs.cancel()


NAMES = ("book", "cancel")
SIDES = (book_and_cancel, book_and_cancel_by_hand)


def _text(moment: datetime) -> str:
    return moment.isoformat("T", "microseconds")


def _as_it_is(moment: datetime) -> datetime:
    return moment
