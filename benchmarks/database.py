"""Two SQLite files that hold the same patient: one for the library, one for SQL written by hand."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from benchmarks.hand import Hand, durability, on_sqlite, sqlite_like
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sqlite import SqliteStore
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.ids import PatientId, StatementId
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.portal import Portal
from patientportal.ports.hashing import PasswordHasher
from patientportal.testing import CheapHasher, FrozenClock, Member, activated, desk, portal

CLOCK = FrozenClock()


@frozen(kw_only=True)
class Bench:
    """What both sides need.

    Attributes:
        store: of the first file.
        portal: over it.
        member: a patient who can log in, in both files.
        token: of a session of theirs, in both files.
        statement_id: what they owe, in both files.
        hand: over a connection to the second file.
        durability: of both files.
    """

    store: SqliteStore
    portal: Portal
    member: Member
    token: str
    statement_id: StatementId
    hand: Hand
    durability: str


@contextmanager
def bench(
    *,
    hasher: PasswordHasher | None = None,
    durable: bool = True,
    prepare: Callable[[Portal], object] = lambda _: None,
) -> Iterator[Bench]:
    """Two files in a folder of their own, which is removed at the end.

    Args:
        hasher: ``None``: one that costs nothing.
        durable: whether a commit waits for the disk, on both sides.
        prepare: puts what else is needed into both files.
    """
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        first, second = Path(folder, "ours.db"), Path(folder, "theirs.db")
        notifier = RecordingNotifier()
        with open_portal(SqliteStore(first), notifier, hasher) as prepared:
            member = activated(prepared, notifier)
            token = prepared.log_in(member.username, member.password).token
            prepare(prepared)
            statement_id = owes(prepared, member.patient_id)
        shutil.copy(first, second)  # closing the last connection has emptied the write-ahead log
        store = SqliteStore(first, durable=durable)
        with open_portal(store, notifier, hasher) as ours, closing(sqlite_like(second, store)) as hand:
            yield Bench(
                store=store,
                portal=ours,
                member=member,
                token=token,
                statement_id=statement_id,
                hand=on_sqlite(hand),
                durability=durability(store, hand),
            )


def owes(of: Portal, patient_id: PatientId) -> StatementId:
    """A statement that can be paid cent by cent for ever."""
    return desk(of).statements.upload(
        patient_id,
        number="2026-0001",
        balance=Money(minor_units=MINOR_UNITS_MAX, currency="USD"),
        issued_on=date(2026, 1, 1),
        due_on=date(2035, 12, 31),
        document=b"%PDF-",
        media_type="application/pdf",
    )


def open_portal(store: SqliteStore, notifier: RecordingNotifier, hasher: PasswordHasher | None = None) -> Portal:
    """A portal whose clock stands, with ids and secrets as in earnest."""
    return portal(
        store=store,
        notifier=notifier,
        hasher=hasher or CheapHasher(),
        clock=CLOCK,
        new_id=new_uuid7,
        new_secret=new_secret,
    )
