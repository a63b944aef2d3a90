"""Sweeping while others write: how many old things go a second, and for how long the longest of it holds its locks."""

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
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
GOAL_LONGEST_MS = 50.0
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
    """Sweeps what a store holds of old while another process lets patients log in."""
    context = multiprocessing.get_context("spawn")
    ready, over, written = context.Event(), context.Event(), context.Value("q", 0)
    writer = context.Process(target=_write, args=(opened, patients, ready, over, written), daemon=True)
    writer.start()
    try:
        if not ready.wait(READY_WITHIN_S):
            raise NotMeasuredError("nobody wrote")
        timed = Timed(opened())
        with _portal(timed) as one:
            at_first, started, swept = written.value, time.monotonic(), 0
            while (took_s := time.monotonic() - started) < for_s:
                swept += one.work().swept
            wrote = written.value - at_first
    finally:
        over.set()
        writer.join(READY_WITHIN_S)
        writer.kill()
    yield Figure(
        what=f"sweep, {engine}, {swept / took_s:,.0f}/s beside {wrote / took_s:,.0f} log-ins/s",
        ours_ms=1000 * took_s / max(swept, 1),
        theirs_ms=1000 * took_s / max(wrote, 1),
        value=wrote / max(swept, 1),
        low=wrote / max(swept, 1),
        high=wrote / max(swept, 1),
        unit="x",
        goal=1.0,
    )
    took_ms = sorted(timed.took_ms)
    middle, late = took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100]
    yield Figure(
        what=f"how long a sweep holds its locks, {engine}: 1 in 100 / median",
        ours_ms=late,
        theirs_ms=middle,
        value=late,
        low=middle,
        high=took_ms[-1],
        unit="ms",
        goal=GOAL_LONGEST_MS,
    )


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
