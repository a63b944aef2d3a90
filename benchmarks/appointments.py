"""Booking and cancelling: over the same reads, writes and constraints by hand, on both engines."""

import time
from collections.abc import Callable, Iterator
from datetime import time as time_of_day
from datetime import timedelta
from functools import cache
from typing import Any

from attrs import define

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.hand import Hand, as_json
from benchmarks.measure import ROUNDS, WARM_UPS, Figure, Pairs, timed
from benchmarks.postgres import (
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
    BEFORE,
    BUSY,
    CANCELLED,
    DELIVERY,
    EVENT,
    FREE,
    NEW_VISIT,
    PATIENT,
    SESSION,
    SLOT,
    SLOTS_OF,
    VISIT,
)
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.system import new_uuid7
from patientportal.domain.appointments.directory import Place
from patientportal.domain.ids import AppointmentId, PlaceId, SlotId, StaffId
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.testing import desk, portal

CLIENTS = 32
GOAL_CPU, GOAL_WALL, GOAL_US = 1.30, 1.25, 40
PROVIDER = "dr-1"
A_MICROSECOND = timedelta(microseconds=1)


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


@define
class Theirs:
    """The same by hand, on a connection of either engine."""

    hand: Hand
    token: str
    slot_id: str
    visit_id: str = ""

    def book(self) -> None:
        """Takes it."""
        hand, slot_id, visit_id = self.hand, self.slot_id, new_uuid7()
        run, change, sql = hand.run, hand.change, hand.sql
        patient_id, session_id, _ = self.token.split(".")
        with hand.block():
            run(hand.to_write)
            patient, session, slot = hand.locked(
                (PATIENT, (patient_id,)), (SESSION, (patient_id, session_id)), (SLOT, (slot_id,))
            )
            is_alive(hand, patient, session)
            now, starts_at = CLOCK(), hand.moment(slot[4])
            assert slot[6] == "free"
            assert starts_at > now
            before = run(sql[BEFORE], (patient_id, slot[5])).fetchall()
            assert all(other[7] <= slot[4] for other in before)
            at, remind_within = hand.instant(now), (starts_at - now) // A_MICROSECOND
            change(
                sql[NEW_VISIT],
                (patient_id, visit_id, slot_id, *slot[1:6], "", at, slot[5], visit_id, remind_within),
            )
            change(sql[BUSY], (patient_id, visit_id, slot_id))
            said = {"appointment_id": visit_id, "slot_id": slot_id}
            self._tell("appointment_booked", "visit_booked", visit_id, at, said)
            run("COMMIT")
        self.visit_id = visit_id

    def cancel(self) -> None:
        """Gives it up."""
        hand, visit_id = self.hand, self.visit_id
        run, change, sql, get = hand.run, hand.change, hand.sql, hand.get
        patient_id, session_id, _ = self.token.split(".")
        with hand.block():
            run(hand.to_write)
            reads = (PATIENT, (patient_id,)), (SESSION, (patient_id, session_id)), (VISIT, (patient_id, visit_id))
            sent = [run(get[text], values) for text, values in reads]
            sent.append(run(sql[SLOTS_OF], (visit_id,)))
            (patient,), (session,), (visit,), ((slot_id, *_),) = [cursor.fetchall() for cursor in sent]
            (slot,) = run(get[SLOT], (slot_id,)).fetchall()
            is_alive(hand, patient, session)
            now = CLOCK()
            assert (visit[9], visit[11], slot[8]) == ("booked", None, visit_id)
            assert hand.moment(visit[6]) > now
            at = hand.instant(now)
            change(sql[CANCELLED], (at, patient_id, visit_id))
            change(sql[FREE], (slot_id,))
            said = {
                "appointment_id": visit_id,
                "slot_id": slot_id,
                "former": "booked",
                "reopened": True,
                "is_told": True,
            }
            self._tell("appointment_cancelled", "visit_cancelled", visit_id, at, said)
            run("COMMIT")

    def _tell(self, event: str, kind: str, visit_id: str, at: object, said: dict[str, Any]) -> None:
        change, sql = self.hand.change, self.hand.sql
        patient_id, session_id, _ = self.token.split(".")
        who = ("patient", patient_id, None, session_id)
        change(sql[EVENT], (patient_id, new_uuid7(), at, *who, event, as_json(said)))
        change(sql[DELIVERY], (new_uuid7(), patient_id, kind, visit_id, at, at))


def figures(effort: float) -> Iterator[Figure]:
    """What the library costs more: the time and the work of one client, the throughput of many."""
    for durable in (True, False):
        with bench(durable=durable, prepare=publish) as one:
            sides, on = on_sqlite(one), one.durability
            if durable:
                pairs = int(1000 * effort)
                yield from ratios(*sides, "SQLite, wall", pairs=pairs, goal=GOAL_WALL, durability=on)
                yield from ratios(
                    *sides, "SQLite, CPU", pairs=pairs, goal=GOAL_CPU, durability=on, clock=time.process_time_ns
                )
            else:
                for name, measured in zip(NAMES, both(*sides, pairs=int(3000 * effort)), strict=True):
                    what = f"{name} - by hand, SQLite that doesn't wait"
                    yield measured.difference(what, unit="us", goal=GOAL_US, durability=on)
    with server() as url:
        everybody = people(url, CLIENTS)
        publish_for(url, CLIENTS)
        with client(url, everybody[0]) as one_client:
            yield from ratios(
                *on_postgres(one_client),
                "PostgreSQL, 1 client",
                pairs=int(1500 * effort),
                goal=GOAL_BOOK_AND_PAY,
                durability=one_client.durability,
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
    durability: str,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Iterator[Figure]:
    """How many times as long each of the two takes."""
    for name, measured in zip(NAMES, both(ours, theirs, pairs=pairs, clock=clock), strict=True):
        yield measured.ratio(f"{name} / by hand, {what}", goal=goal, durability=durability)


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


def on_sqlite(one: Bench, provider: str = PROVIDER) -> tuple[Ours, Theirs]:
    """The two sides."""
    me = one.portal.resume(one.token)
    (slot,) = me.appointments.open_slots(provider_id=StaffId(provider), limit=1).items
    return Ours(me, slot.slot_id), Theirs(one.hand, one.token, slot.slot_id)


@cache
def on_postgres(one: Client) -> tuple[Ours, Theirs]:
    """The two sides of a client, who has a provider of their own."""
    provider = f"dr-{one.who.member.username.removeprefix('client')}"
    me = one.portal.resume(one.who.token)
    (slot,) = me.appointments.open_slots(provider_id=StaffId(provider), limit=1).items
    (theirs,) = one.hand.run(
        "SELECT id FROM slots WHERE provider_id = %s ORDER BY starts_at LIMIT 1", [provider]
    ).fetchall()
    return Ours(me, slot.slot_id), Theirs(one.hand, one.other.token, theirs[0])


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
