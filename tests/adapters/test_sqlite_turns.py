"""Turns to write on SQLite: whatever befalls who has one or waits for one, the others go on and are told the truth."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import pytest

from patientportal import SqliteStore, TooBusyError
from tests.adapters.line import LONGEST_S, in_line, until, waiting
from tests.adapters.test_sqlite import HOLD_THE_WRITE_LOCK, another_process
from tests.adapters.test_sqlite_sharing import Said, adds, kept
from tests.length import LENGTH, times

ROOT = Path(__file__).parent.parent.parent
FORK_WITH_A_TURN = """
import math, os, sys, threading
from patientportal import SqliteStore
from patientportal.adapters.sqlite_turns import Turn
from tests.adapters.test_sqlite_sharing import adds, kept

store, turn, done = SqliteStore(sys.argv[1]), Turn(), []
connections = store._connections
connections.begin(turn)
assert connections.turns.take(turn, math.inf)
child = os.fork()
if child == 0:
    own = threading.Thread(target=lambda: done.append(store.run(adds("child"))), daemon=True)
    own.start()
    own.join(20)
    os._exit(0 if done == ["child"] else 3)
_, status = os.waitpid(child, 0)
connections.turns.end(turn)
assert os.waitstatus_to_exitcode(status) == 0, "the child waited for its parent's turn"
store.run(adds("parent"))
assert kept(store) == {"child", "parent"}
store.close()
"""


class HaltError(Exception):
    """What a time limit raises in the middle of anything."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    one = SqliteStore(tmp_path / "portal.db", wait=timedelta(minutes=1))
    yield one
    one.close()


@pytest.fixture
def halt() -> Iterator[None]:
    """A signal raises an exception in the main thread."""

    def raise_it(_: int, __: FrameType | None) -> None:
        raise HaltError

    before = signal.signal(signal.SIGUSR1, raise_it)
    yield
    signal.signal(signal.SIGUSR1, before)


def halt_the_main_thread() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGUSR1)


@pytest.mark.usefixtures("halt")
def test_a_signal_ends_the_wait_of_the_main_thread_and_nobody_elses(store: SqliteStore) -> None:
    def wait_for_both(tx: Any) -> str:
        until(lambda: waiting(store) == 1)
        halt_the_main_thread()
        assert is_halted.wait(LONGEST_S)
        return str(adds("a")(tx))

    is_halted = Event()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(store.run, wait_for_both)
        until(lambda: waiting(store) == 0)
        with pytest.raises(HaltError):
            store.run(adds("b"))
        second = threads.submit(store.run, adds("c"))
        until(lambda: waiting(store) == 2)  # whoever gave up is still in the line, and doesn't count
        is_halted.set()
        assert (first.result(LONGEST_S), second.result(LONGEST_S)) == ("a", "c")
    assert kept(store) == {"a", "c"}
    assert store.run(adds("b")) == "b"


@pytest.mark.usefixtures("halt")
def test_a_signal_in_the_main_threads_body_takes_back_that_alone(store: SqliteStore) -> None:
    def be_halted(tx: Any) -> None:
        adds("a")(tx)
        others.extend(threads.submit(store.run, adds(name)) for name in ("b", "c"))
        until(lambda: waiting(store) == 2)
        halt_the_main_thread()

    others: list[Any] = []
    with ThreadPoolExecutor(2) as threads:
        with pytest.raises(HaltError):
            store.run(be_halted)
        assert [other.result(LONGEST_S) for other in others] == ["b", "c"]
    assert kept(store) == {"b", "c"}


def test_the_main_thread_runs_nobody_elses_body_and_nobody_runs_its(store: SqliteStore) -> None:
    said, ran = Said(), []

    def run(tx: Any) -> None:
        said(tx)
        ran.append(threading.current_thread())
        if len(ran) == 1:
            others.append(threads.submit(store.run, run))
            until(lambda: waiting(store) == 1)

    others: list[Any] = []
    with ThreadPoolExecutor(1) as threads:
        store.run(run)
        others[0].result(LONGEST_S)
    assert ran[0] is threading.main_thread()
    assert ran[1] is not threading.main_thread()
    assert said.count("SAVEPOINT block") == 0


def test_where_another_process_holds_the_file_each_who_waits_is_told_in_time(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    store = SqliteStore(path, wait=timedelta(milliseconds=100))
    with another_process(HOLD_THE_WRITE_LOCK, path) as holder, ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(store.run, adds(str(number))) for number in range(8)]
        for answer in answers:
            assert isinstance(answer.exception(LONGEST_S), TooBusyError)
        holder.communicate("over")
    assert in_line(store, adds("a")) == ["a"]
    assert kept(store) == {"a"}
    store.close()


def test_another_process_that_writes_gets_its_turns_and_makes_nobody_fail(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "portal.db") for _ in range(2)]  # to SQLite as two processes: each has its line
    names = [f"{number}-{at}" for number in range(8) for at in range(10)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda name: stores[int(name[0]) % 2].run(adds(name)), names)) == names
    assert kept(stores[0]) == set(names)
    for store in stores:
        store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_waits_for_no_turn_of_its_parents(tmp_path: Path) -> None:
    run = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-W", "ignore", "-c", FORK_WITH_A_TURN, str(tmp_path / "portal.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("how", "how_often"),
    [("anywhere", str(times(100))), *((who, "7" if LENGTH == 1 else "1") for who in ("leader", "follower"))],
)
def test_threads_that_are_struck_hold_nobody_up_and_each_is_told_the_truth(
    tmp_path: Path, how: str, how_often: str
) -> None:
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "tests.adapters.struck", str(tmp_path / "portal.db"), how, how_often],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 50
