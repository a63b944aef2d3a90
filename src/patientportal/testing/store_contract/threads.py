"""Several threads at once, within bounds: how the contract makes transactions meet."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest

from patientportal.domain.errors import ConflictError
from patientportal.ports.store import Store, Transaction

T = TypeVar("T")

LONGEST_WAIT_S = 30.0
MEETING_S = 0.2
TRIES_MAX = 64


class Meeting:
    """Where threads wait for each other inside their blocks.

    A store may make one of them wait until the other's block has ended; then the meeting is given up, once for all.
    """

    def __init__(self, threads: int = 2) -> None:
        self._barrier = threading.Barrier(threads)

    def wait(self) -> None:
        """Goes on when all have come, or can't come any more."""
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(MEETING_S)


def at_once(*bodies: Callable[[], T]) -> list[T | ConflictError]:
    """What each body answers in a thread of its own; a ``ConflictError`` is an answer, other errors are raised."""
    answers: dict[int, Any] = {}

    def run(place: int) -> None:
        try:
            answers[place] = bodies[place]()
        except BaseException as error:  # noqa: BLE001 - handed on to the thread that asked
            answers[place] = error

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_WAIT_S)
        if thread.is_alive():
            pytest.fail(f"a thread still waits after {LONGEST_WAIT_S:.0f} s")
    for answer in answers.values():
        if isinstance(answer, BaseException) and not isinstance(answer, ConflictError):
            raise answer
    return [answers[place] for place in range(len(bodies))]


def until_saved(store: Store, body: Callable[[Transaction], T]) -> T:
    """Runs a body in a transaction, again as often as somebody else saves first."""
    for _ in range(TRIES_MAX):
        with suppress(ConflictError), store.transaction() as tx:
            return body(tx)
    pytest.fail(f"{TRIES_MAX} tries ended in ConflictError")


def run_until_saved(store: Store, body: Callable[[Transaction], T]) -> T:
    """The same with a body that the store runs by itself."""
    for _ in range(TRIES_MAX):
        with suppress(ConflictError):
            return store.run(body)
    pytest.fail(f"{TRIES_MAX} tries ended in ConflictError")
