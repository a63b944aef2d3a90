"""Interrupts a store at random moments, or at each line in turn, and says whether all is well after each time.

It reads from its arguments how to open the store, twice, and how it is interrupted: ``signals`` and how often, or
``lines`` and every how many. It prints how often it was interrupted.
"""

import gc
import random
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from attrs import evolve

import patientportal
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.errors import AdapterError
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import guard, guard_key, patient, patient_key

ADAPTERS = str(Path(patientportal.__file__).parent / "adapters")
LINES_MAX = 5000
AGAIN_S = 0.05
WAIT = timedelta(milliseconds=500)


class HaltError(Exception):
    """What a time limit raises in the middle of anything."""


INTERRUPTED = (HaltError, AdapterError)  # what reads a row says of any exception that it can't be read


def opened(engine: str, place: str) -> Store:
    match engine:
        case "sqlite":
            return SqliteStore(place, wait=WAIT, durable=False)
        case _:
            url, _, schema = place.rpartition(" ")
            return PostgresStore(url, schema=schema, wait=WAIT, connections_max=2)


def work(store: Store) -> None:
    """A transaction that reads, writes and finds nothing somewhere, and a view."""
    with store.transaction() as tx:
        tx.get(guard_key("nobody"))
        counted, found = tx.get(guard_key()), tx.get(patient_key())
        assert found is not None
        tx.put(guard(failed_attempts=1) if counted is None else evolve(counted, failed_attempts=1))
    with store.view() as view:
        view.find(patient_key())


def require_well(store: Store, other: Store) -> None:
    """This thread can use the store again, and nobody else is held up."""
    gc.collect()
    work(store)
    work(other)


def at_random(store: Store, other: Store, times: int) -> int:
    """A time limit strikes at a random moment, and again until it is felt: a finalizer feels nothing."""

    def halt(_: int, __: FrameType | None) -> None:
        raise HaltError

    signal.signal(signal.SIGALRM, halt)
    chance, halted = random.Random(7), 0  # noqa: S311 - only moments
    for _ in range(times):
        try:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00001, 0.003), AGAIN_S)
            while True:
                work(store)
        except INTERRUPTED:
            signal.setitimer(signal.ITIMER_REAL, 0)
            halted += 1
        require_well(store, other)
    return halted


def at_each_line(store: Store, other: Store, stride: int) -> int:
    for number in range(0, LINES_MAX, stride):
        lines = Lines(number)
        with suppress(*INTERRUPTED), lines:
            work(store)
        require_well(store, other)
        if lines.passed <= number:
            return number
    raise AssertionError(f"it takes more than {LINES_MAX} lines")


class Lines:
    """Raises at one of the lines of our adapters, counted from 0."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.passed = 0

    def __enter__(self) -> None:
        sys.settrace(self.trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(ADAPTERS) or frame.f_code.co_name == "__del__":
            return None
        if event == "line":
            self.passed += 1
            if self.passed == self._number + 1:
                sys.settrace(None)
                raise HaltError
        return self.trace


def main(engine: str, place: str, how: str, times: str = "") -> None:
    store, other = opened(engine, place), opened(engine, place)
    with store.transaction() as tx:
        tx.add(patient())
    print(  # noqa: T201 - its answer
        at_random(store, other, int(times)) if how == "signals" else at_each_line(store, other, int(times))
    )
    store.close()
    other.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
