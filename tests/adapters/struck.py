"""Strikes threads that share commits of a SQLite store, and says whether each was told the truth and none is held up.

It reads from its arguments the file and how they are struck: ``anywhere`` and how often, by exceptions that other
threads raise in them; or ``leader`` or ``follower`` and every how many lines of our adapters, one line after the other.
"""

import ctypes
import gc
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from patientportal import OutcomeUnknownError, PortalError, SqliteStore
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Query, Transaction
from tests.adapters.interrupted import HaltError, Lines
from tests.adapters.line import until, waiting

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
THREADS, LINES_MAX, LONGEST_S = 6, 2000, 40.0
WAIT = timedelta(seconds=30)


class StruckError(BaseException):
    """What a time limit raises in another thread, at any moment."""


class Told:
    """What was said of each body, by its name: ``saved``, ``not``, or nothing that is known."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.names: dict[str, set[str]] = defaultdict(set)

    def add(self, name: str, before: Callable[[], object] = str) -> None:
        def body(tx: Transaction) -> None:
            before()
            tx.add(Patient(id=PatientId(name), registered_at=NOON))

        try:
            self.store.run(body)
        except OutcomeUnknownError:
            self.names["unknown"].add(name)
        except PortalError:
            self.names["not"].add(name)
        else:
            self.names["saved"].add(name)

    def require_truth(self) -> None:
        with self.store.view() as view:
            kept = {one.id for one in view.select(Query(state=Patient))}
        assert self.names["saved"] <= kept, "what was saved isn't there"
        assert not self.names["not"] & kept, "what wasn't saved is there"


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def require_over(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(LONGEST_S)
        assert not thread.is_alive(), "a thread is held up"


def anywhere(store: SqliteStore, times: int) -> int:
    told, is_over = Told(store), threading.Event()

    def work(number: int) -> None:
        at = 0
        while not is_over.is_set():
            with suppress(StruckError):
                at += 1
                told.add(f"{number}-{at}")

    threads = [started(lambda number=number: work(number)) for number in range(THREADS)]  # type: ignore[misc] # its own
    chance = random.Random(7)  # noqa: S311 - only moments
    for _ in range(times):
        pause, victim = time.monotonic() + chance.uniform(0, 0.005), chance.choice(threads)
        until(lambda pause=pause: time.monotonic() > pause)  # type: ignore[misc] # its own
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(victim.ident or 0), ctypes.py_object(StruckError))
    with suppress(StruckError):
        is_over.set()
    require_over(*threads)
    told.require_truth()
    assert len(told.names["saved"]) > times, "hardly anything was saved"
    return times


def at_each_line(store: SqliteStore, stride: int, *, of_leader: bool) -> int:
    """The leader's body waits for the follower, one of both is struck; then both are well."""
    told = Told(store)
    for number in range(0, LINES_MAX, stride):
        lines = Lines(number)
        one_behind_the_other(told, str(number), lines, of_leader=of_leader)
        gc.collect()
        for name in (f"{number}-first", f"{number}-second"):
            require_over(started(partial(told.add, name)))
            assert name in told.names["saved"]
        told.require_truth()
        if lines.passed <= number:
            return number
    raise AssertionError(f"it takes more than {LINES_MAX} lines")


def one_behind_the_other(told: Told, name: str, lines: Lines, *, of_leader: bool) -> None:
    is_led = threading.Event()

    def follower_waits() -> None:
        is_led.set()
        until(lambda: waiting(told.store) == 1 or not follower.is_alive())

    def lead() -> None:
        struck(lines if of_leader else nullcontext(), partial(told.add, f"{name}-leader", follower_waits))
        is_led.set()

    def follow() -> None:
        assert is_led.wait(LONGEST_S)
        struck(nullcontext() if of_leader else lines, partial(told.add, f"{name}-follower"))

    follower = started(follow)
    require_over(started(lead), follower)


def struck(lines: AbstractContextManager[object], work: Callable[[], None]) -> None:
    with suppress(HaltError), lines:
        work()


def main(path: str, how: str, times: str) -> None:
    store = SqliteStore(path, wait=WAIT, durable=False)
    print(  # noqa: T201 - its answer
        anywhere(store, int(times)) if how == "anywhere" else at_each_line(store, int(times), of_leader=how == "leader")
    )
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
