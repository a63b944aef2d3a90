"""Threads that come one after the other while the first is in its block, so that it is known who waits for whom."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from patientportal import SqliteStore

LONGEST_S = 20.0
Body = Callable[[Any], Any]


def waiting(store: SqliteStore) -> int:
    """How many wait behind whoever has the turn."""
    return len(store._connections.turns._queue) - 1


def is_asleep(store: SqliteStore) -> bool:
    """Whether the last who came has looked in vain."""
    turn = store._connections.turns._queue[-1]()
    return turn is not None and turn._woken is not None


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not happened():
        assert time.monotonic() < deadline
        os.sched_yield()


def in_line(
    store: SqliteStore, first: Body, *others: Body, run: Callable[[Body], Any] | None = None, before: Body = str
) -> list[Any]:
    """What each body answers or raises: the first's, which is run while all the others wait, then theirs.

    Args:
        store: on its own file.
        first: has the turn.
        others: come in this order.
        run: how each is run; ``None``: by the store.
        before: what the first does as soon as it has the turn.
    """
    has_the_turn, all_wait = Event(), Event()

    def lead(tx: Any) -> Any:
        before(tx)
        has_the_turn.set()
        assert all_wait.wait(LONGEST_S)
        return first(tx)

    go: Callable[[Body], Any] = run or store.run
    with ThreadPoolExecutor(len(others) + 1) as threads:
        answers = [threads.submit(go, lead)]
        assert has_the_turn.wait(LONGEST_S)
        for at, body in enumerate(others, start=1):
            answers.append(threads.submit(go, body))
            until(lambda at=at: waiting(store) == at)  # type: ignore[misc] # its own
        all_wait.set()
        return [answer.exception(LONGEST_S) or answer.result() for answer in answers]
