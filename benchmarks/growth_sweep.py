"""Sweeping while others write: how many old things go a second, and for how long they are locked."""

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.database import CLOCK
from benchmarks.measure import NS_PER_MS, Figure, NotMeasuredError
from benchmarks.practice_words import A_DAY_S, NOW, POSTGRES, SQLITE
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.errors import PortalError
from patientportal.portal import Portal
from patientportal.ports.store import Key, Query, Store, Transaction, View
from patientportal.testing import PASSWORD, portal

WRITTEN_PER_S = 1_000
WRITERS = 16  # threads, paced
READY_WITHIN_S = 60
LONG_AGO = NOW - 200 * A_DAY_S
AGED = "UPDATE sessions SET started_at = {before} WHERE patient_id < 'p10005000'"  # of 5,000 patients
Open = Callable[[], Store]


def age_on_sqlite(path: Path) -> None:
    """Makes sessions of some patients old enough to go."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(AGED.format(before=SQLITE.at.format(LONG_AGO)))


def age_on_postgres(url: str, schema: str) -> None:
    """The same, on a server that waits for the disk from now on."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
        connection.execute(AGED.format(before=POSTGRES.at.format(LONG_AGO)).encode())
        connection.execute("VACUUM ANALYZE sessions")
        connection.execute("ALTER SYSTEM RESET fsync")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CHECKPOINT")


class Timed(Store):
    """A store that keeps how long each transaction took from its body's beginning to its end."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.took_ms: list[float] = []

    def transaction(self) -> AbstractContextManager[Transaction]:
        """See ``Store.transaction``."""
        return self._store.transaction()

    def view(self) -> AbstractContextManager[View]:
        """See ``Store.view``."""
        return self._store.view()

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        return self._store.find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self._store.close()

    def run(self, body: Callable[[Transaction], Any]) -> Any:  # noqa: ANN401 - whatever the body answers
        """See ``Store.run``."""
        begun = 0

        def timed(tx: Transaction) -> Any:  # noqa: ANN401 - as above
            nonlocal begun
            begun = time.perf_counter_ns()
            return body(tx)

        answer = self._store.run(timed)
        self.took_ms.append((time.perf_counter_ns() - begun) / NS_PER_MS)
        return answer


def figures(opened: Open, engine: str, *, patients: int, for_s: float) -> Iterator[Figure]:
    """Sweeps what a store holds of old: alone, and while another process lets patients log in."""
    timed = Timed(opened())
    with _portal(timed) as one:
        swept, took_s = _sweep(one, for_s=for_s / 2)
        yield _per_second(f"sweep alone, {engine}", written=WRITTEN_PER_S * took_s, swept=swept, took_s=took_s)
        timed.took_ms.clear()
        with _writing(opened, patients) as written:
            at_first = written.value
            swept, took_s = _sweep(one, for_s=for_s)
            wrote = written.value - at_first
    yield _per_second(f"sweep beside log-ins, {engine}", written=wrote, swept=swept, took_s=took_s)
    took_ms = sorted(timed.took_ms)
    middle, late = took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100]
    yield Figure(
        what=f"how long a sweep holds locks, 1 in 100, {engine}",
        ours_ms=late,
        theirs_ms=middle,
        value=late,
        low=middle,
        high=took_ms[-1],
        unit="ms",
        goal=None,
    )


def _per_second(what: str, *, written: float, swept: int, took_s: float) -> Figure:
    """How many were written for each that was swept."""
    each = written / max(swept, 1)
    return Figure(
        what=f"{what}, {written / took_s:,.0f}/s to {swept / took_s:,.0f}/s",
        ours_ms=1000 * took_s / max(swept, 1),
        theirs_ms=1000 * took_s / max(written, 1),
        value=each,
        low=each,
        high=each,
        unit="x",
        goal=1.0,
    )


def _sweep(one: Portal, *, for_s: float) -> tuple[int, float]:
    """How many things were forgotten within that time, and within which time really."""
    swept, started = 0, time.monotonic()
    while (took_s := time.monotonic() - started) < for_s:
        swept += one.work().swept
    return swept, took_s


@contextmanager
def _writing(opened: Open, patients: int) -> Iterator[Any]:
    """Another process, which lets patients log in, and counts them."""
    context = multiprocessing.get_context("spawn")
    ready, over, written = context.Event(), context.Event(), context.Value("q", 0)
    writer = context.Process(target=_write, args=(opened, patients, ready, over, written), daemon=True)
    writer.start()
    try:
        if not ready.wait(READY_WITHIN_S):
            raise NotMeasuredError("nobody wrote")
        yield written
    finally:
        over.set()
        writer.join(READY_WITHIN_S)
        writer.kill()


def _portal(store: Store) -> Portal:
    return portal(store=store, notifier=RecordingNotifier(), clock=CLOCK, new_id=new_uuid7, new_secret=new_secret)


def _write(opened: Open, patients: int, ready: Any, over: Any, written: Any) -> None:  # noqa: ANN401 - of multiprocessing
    """Logs patients in, a thousand a second at most, until it is over."""
    with _portal(opened()) as one:
        threads = [
            threading.Thread(target=_log_in, args=(one, range(at, patients, WRITERS), over, written))
            for at in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        ready.set()
        for thread in threads:
            thread.join()


def _log_in(one: Portal, numbers: range, over: Any, written: Any) -> None:  # noqa: ANN401 - of multiprocessing
    each_s = WRITERS / WRITTEN_PER_S
    due = time.monotonic()
    for number in (n for _ in iter(int, 1) for n in numbers if n % 5 == 0):
        if over.wait(max(0.0, due - time.monotonic())):
            return
        due = max(due + each_s, time.monotonic() - 1)
        try:
            one.log_in(f"user{number}", PASSWORD)
        except PortalError:
            continue
        with written.get_lock():
            written.value += 1
