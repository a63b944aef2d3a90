"""Many threads of one process on one SQLite file: over the same SQL by hand, under a lock."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from attrs import field, frozen

from benchmarks import appointments, statements
from benchmarks.database import Bench, connected, open_portal, owes
from benchmarks.measure import NS_PER_MS, Figure, Operation, timed
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sqlite import SqliteStore
from patientportal.portal import Portal
from patientportal.testing import activated

THREADS = (1, 4, 32)
GOALS = {1: None, 4: round(1 / 0.9, 2), 32: round(1 / 1.15, 2)}
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
    with sides(max(THREADS)) as both:
        for name, (ours, theirs) in both.items():
            for threads in THREADS:
                yield from beside(f"{name}, SQLite, {threads} threads", ours[:threads], theirs[:threads], slices=slices)


def beside(what: str, ours: list[Operation], theirs: list[Operation], *, slices: int) -> Iterator[Figure]:
    """Ours in one slice, theirs in the next."""
    pairs = [(in_slice(ours), in_slice(theirs)) for _ in range(slices + 1)][1:]
    ratios = [one.ms_per_call / other.ms_per_call for one, other in pairs]
    yield Figure(
        what=what,
        ours_ms=median(one.ms_per_call for one, _ in pairs),
        theirs_ms=median(other.ms_per_call for _, other in pairs),
        value=median(ratios),
        low=min(ratios),
        high=max(ratios),
        unit="x",
        goal=GOALS[len(ours)],
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
    )


def in_slice(operations: list[Operation], slice_s: float = SLICE_S) -> Slice:
    """Each operation again and again, in a thread of its own, until the slice is over."""
    kept: list[int] = []
    barrier = threading.Barrier(len(operations) + 1)

    def work(operation: Operation) -> None:
        barrier.wait()
        until = time.perf_counter() + slice_s
        while time.perf_counter() < until:
            kept.append(timed(operation))

    threads = [threading.Thread(target=work, args=(operation,)) for operation in operations]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return Slice(time.perf_counter() - started, kept)


def p99_ms(slices: list[Slice]) -> float:
    """What one call in a hundred took longer than."""
    calls = sorted(ns for one in slices for ns in one.calls_ns)
    return calls[len(calls) * 99 // 100] / NS_PER_MS


@contextmanager
def sides(number: int) -> Iterator[dict[str, Sides]]:
    """Paying, and booking and cancelling, by the library and by hand, for so many threads; each has its own patient."""
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        first, second, lock = Path(folder, "ours.db"), Path(folder, "theirs.db"), threading.Lock()
        notifier = RecordingNotifier()
        with open_portal(SqliteStore(first), notifier) as prepared:
            known = [known_to(prepared, notifier, f"client{at}") for at in range(number)]
        shutil.copy(first, second)  # closing the last connection has emptied the write-ahead log
        store = SqliteStore(first)
        with open_portal(store, notifier) as ours, closing(connected(second, durable=True)) as hand:
            everybody = [Bench(store=store, portal=ours, hand=hand, **one) for one in known]
            visits = [appointments.on_sqlite(one, provider=one.member.username, lock=lock) for one in everybody]
            yield {
                "pay": (
                    [statements.paying(one) for one in everybody],
                    [partial(statements.by_hand, statements.hand_on_sqlite(one, lock=lock)) for one in everybody],
                ),
                "book and cancel": (
                    [booking(one) for one, _ in visits],
                    [booking(theirs) for _, theirs in visits],
                ),
            }


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
