"""Many threads of one process on one SQLite file: over the same SQL by hand, under a lock."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from attrs import field, frozen

from benchmarks import appointments, statements
from benchmarks.database import Bench, open_portal, owes
from benchmarks.hand import durability, on_sqlite, sqlite_like
from benchmarks.measure import NS_PER_MS, Figure, NotMeasuredError, Operation, timed
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sqlite import SqliteStore
from patientportal.portal import Portal
from patientportal.testing import activated

THREADS = (1, 4, 32)
GOALS = {1: None, 4: 0.9, 32: 1.15}
GOAL_P99_MS = 50
SLICE_S = 0.25
Sides = tuple[list[Operation], list[Operation]]  # ours and theirs, one a thread


@frozen
class Slice:
    """What some threads did in a slice of time, each call in nanoseconds."""

    took_s: float
    calls_ns: list[int] = field(factory=list)

    @property
    def ms_per_call(self) -> float:
        """Of all the threads together."""
        return self.took_s * 1000 / len(self.calls_ns)


def figures(effort: float) -> Iterator[Figure]:
    """What a payment, and a visit booked and cancelled, cost one thread and many."""
    slices = max(3, int(20 * effort))
    with sides(max(THREADS)) as (on, both):
        for name, (ours, theirs) in both.items():
            for threads in THREADS:
                what = f"{name}, SQLite, {threads} threads"
                yield from beside(what, ours[:threads], theirs[:threads], slices=slices, durability=on)


def beside(
    what: str, ours: list[Operation], theirs: list[Operation], *, slices: int, durability: str
) -> Iterator[Figure]:
    """Ours in one slice, theirs in the next."""
    pairs = [(in_slice(ours), in_slice(theirs)) for _ in range(slices + 1)][1:]
    ratios = [other.ms_per_call / one.ms_per_call for one, other in pairs]
    yield Figure(
        what=f"{what}, throughput",
        ours_ms=median(one.ms_per_call for one, _ in pairs),
        theirs_ms=median(other.ms_per_call for _, other in pairs),
        value=median(ratios),
        low=min(ratios),
        high=max(ratios),
        unit="x",
        goal=GOALS[len(ours)],
        at_least=True,
        durability=durability,
    )
    if len(ours) == 1:
        return
    of_slices = [p99_ms([one]) for one, _ in pairs]
    yield Figure(
        what=f"{what}, p99",
        ours_ms=p99_ms([one for one, _ in pairs]),
        theirs_ms=p99_ms([other for _, other in pairs]),
        value=p99_ms([one for one, _ in pairs]),
        low=min(of_slices),
        high=max(of_slices),
        unit="ms",
        goal=GOAL_P99_MS if len(ours) == max(THREADS) else None,
        durability=durability,
    )


def in_slice(operations: list[Operation], slice_s: float = SLICE_S) -> Slice:
    """Each operation again and again, in a thread of its own, until the slice is over.

    Raises:
        NotMeasuredError: one of them failed, or none was done.
    """
    kept: list[int] = []
    failed: list[Exception] = []
    begin = threading.Event()

    def work(operation: Operation) -> None:
        begin.wait()
        until = time.perf_counter() + slice_s
        try:
            while time.perf_counter() < until:
                kept.append(timed(operation))
        except Exception as error:  # noqa: BLE001 - whatever it is, it isn't measured
            failed.append(error)

    threads = [threading.Thread(target=work, args=(operation,), daemon=True) for operation in operations]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    begin.set()
    for thread in threads:
        thread.join()
    if failed:
        raise NotMeasuredError(f"a thread met {type(failed[0]).__name__}")
    if not kept:
        raise NotMeasuredError(f"in a slice of {slice_s} s nobody did anything")
    return Slice(time.perf_counter() - started, kept)


def p99_ms(slices: list[Slice]) -> float:
    """What one call in a hundred took longer than."""
    calls = sorted(ns for one in slices for ns in one.calls_ns)
    return calls[len(calls) * 99 // 100] / NS_PER_MS


@contextmanager
def sides(number: int) -> Iterator[tuple[str, dict[str, Sides]]]:
    """Paying, and booking and cancelling, by the library and by hand, for so many threads; each has its own patient.

    Before it, how durable both are.
    """
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        first, second, lock = Path(folder, "ours.db"), Path(folder, "theirs.db"), threading.Lock()
        notifier = RecordingNotifier()
        with open_portal(SqliteStore(first), notifier) as prepared:
            known = [known_to(prepared, notifier, f"client{at}") for at in range(number)]
        shutil.copy(first, second)  # closing the last connection has emptied the write-ahead log
        store = SqliteStore(first)
        with open_portal(store, notifier) as ours, closing(sqlite_like(second, store)) as connection:
            on, hand = durability(store, connection), on_sqlite(connection, lock=lock)
            everybody = [Bench(store=store, portal=ours, hand=hand, durability=on, **one) for one in known]
            visits = [appointments.on_sqlite(one, provider=one.member.username) for one in everybody]
            yield (
                on,
                {
                    "pay": (
                        [statements.paying(one) for one in everybody],
                        [statements.by_hand(one) for one in everybody],
                    ),
                    "book and cancel": (
                        [booking(one) for one, _ in visits],
                        [booking(theirs) for _, theirs in visits],
                    ),
                },
            )


def known_to(of: Portal, notifier: RecordingNotifier, username: str) -> dict[str, Any]:
    """A patient who is in, owes something and has a provider to themselves."""
    member = activated(of, notifier, username)
    appointments.publish(of, provider=username)
    token = of.log_in(member.username, member.password).token
    return {"member": member, "token": token, "statement_id": owes(of, member.patient_id)}


def booking(one: appointments.Ours | appointments.Theirs) -> Operation:
    """A visit is booked and cancelled."""

    def book_and_cancel() -> None:
        one.book()
        one.cancel()

    return book_and_cancel
