"""Threads that wait share one COMMIT on SQLite: each as if by itself, and told after it."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from patientportal import AdapterError, ConfigurationError, ConflictError, SqliteStore, TooBusyError
from patientportal.adapters import sqlite_sharing
from patientportal.adapters.sqlite_turns import Turn
from patientportal.domain.accounts.links import Link, LinkStatus, Purpose
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key, Query
from patientportal.testing.store_contract.threads import run_until_saved
from tests.adapters.line import LONGEST_S, Body, in_line, is_asleep, until, waiting

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    one = SqliteStore(tmp_path / "portal.db", wait=timedelta(minutes=1))
    yield one
    one.close()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, no group ends for its age."""
    monkeypatch.setattr(sqlite_sharing, "LONGEST_GROUP_S", LONGEST_S)


def adds(name: str) -> Body:
    def add(tx: Any) -> str:
        tx.add(Patient(id=PatientId(name), registered_at=NOON))
        return name

    return add


def fails(name: str, error: BaseException) -> Body:
    def add_and_fail(tx: Any) -> None:
        adds(name)(tx)
        raise error

    return add_and_fail


def kept(store: SqliteStore) -> set[str]:
    with store.view() as view:
        return {one.id for one in view.select(Query(state=Patient))}


class Said:
    """What the first's connection is told, from its first body on."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, tx: Any) -> None:
        tx.connection.raw.set_trace_callback(self.statements.append)

    def count(self, text: str) -> int:
        return self.statements.count(text)


def test_who_waits_is_run_in_the_order_of_arrival_and_all_share_one_commit(store: SqliteStore) -> None:
    said, ran = Said(), []

    def runs(name: str) -> Body:
        def run(tx: Any) -> str:
            ran.append(name)
            return str(adds(name)(tx))

        return run

    assert in_line(store, runs("a"), runs("c"), runs("b"), runs("d"), before=said) == ["a", "c", "b", "d"]
    assert ran == ["a", "c", "b", "d"]
    assert (said.count("COMMIT"), said.count("SAVEPOINT block")) == (1, 3)
    assert kept(store) == {"a", "b", "c", "d"}


def test_who_is_alone_has_neither_savepoint_nor_anything_else(store: SqliteStore) -> None:
    said = Said()

    def listen(tx: Any) -> None:
        said(tx)
        adds("a")(tx)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(store.run, listen).result(LONGEST_S)
    assert [text.split(" ")[0] for text in said.statements] == ["INSERT", "COMMIT"]


def test_what_fails_behind_others_is_taken_back_alone_and_its_own_error_comes_out(store: SqliteStore) -> None:
    error = RuntimeError("any")
    answers = in_line(store, adds("a"), fails("b", error), adds("c"), fails("d", ConflictError()), adds("b"))
    assert answers[1] is error
    assert isinstance(answers[3], ConflictError)
    assert (answers[0], answers[2], answers[4]) == ("a", "c", "b")
    assert kept(store) == {"a", "b", "c"}


def test_an_error_comes_out_as_if_its_own_thread_had_run_the_body(store: SqliteStore) -> None:
    _, error = in_line(store, adds("a"), fails("b", RuntimeError("any")))
    names, trace = [], error.__traceback__
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert "_run_for_another" not in names
    assert names[-1] == "add_and_fail"
    assert error.__context__ is error.__cause__ is None


def test_where_the_first_fails_it_is_taken_back_and_the_others_are_run(store: SqliteStore) -> None:
    error = RuntimeError("any")
    assert in_line(store, fails("a", error), adds("a"), adds("b")) == [error, "a", "b"]
    assert kept(store) == {"a", "b"}


def test_of_two_who_add_the_same_in_one_group_the_later_has_a_conflict(store: SqliteStore) -> None:
    first, second, third = in_line(store, adds("a"), adds("a"), lambda tx: tx.get(Key(Patient, ("a",))).id)
    assert (first, third) == ("a", "a")
    assert isinstance(second, ConflictError)


def test_nobody_is_answered_and_nothing_is_seen_before_the_commit(store: SqliteStore) -> None:
    before: list[set[str]] = []
    answered: list[str] = []

    def run(body: Body) -> Any:
        try:
            return store.run(body)
        finally:
            answered.append(threading.current_thread().name)

    def look(_: Any) -> int:
        with ThreadPoolExecutor(1) as threads:  # in a thread of its own, for this one is in a block
            before.append(threads.submit(kept, store).result(LONGEST_S))
        return len(answered)

    answers = in_line(store, adds("a"), fails("b", RuntimeError("any")), lambda _: None, look, run=run)
    assert answers[3] == 0
    assert before == [set()]
    assert len(answered) == 4


def breaks_the_commit(tx: Any) -> None:
    """A state that refers to nothing, which is looked at when the transaction ends."""
    tx.connection.rows("PRAGMA defer_foreign_keys=ON")
    tx.add(
        Link(
            patient_id=PatientId("nobody"),
            id=LinkId("one"),
            purpose=Purpose.INVITATION,
            status=LinkStatus.OPEN,
            created_at=NOON,
        )
    )


def test_where_the_commit_fails_each_is_told_so_by_an_error_of_their_own(store: SqliteStore) -> None:
    own = RuntimeError("any")
    answers = in_line(store, adds("a"), fails("b", own), breaks_the_commit, adds("c"))
    assert [type(answer) for answer in answers] == [AdapterError] * 4
    assert {answer.reason for answer in answers} == {"SQLITE_CONSTRAINT_FOREIGNKEY"}
    assert len({id(answer) for answer in answers}) == 4
    assert answers[1].__cause__ is own
    assert kept(store) == set()
    assert in_line(store, adds("a"), adds("b")) == ["a", "b"]


def test_where_the_whole_is_lost_in_one_body_the_others_may_run_again(store: SqliteStore) -> None:
    def lose(tx: Any) -> None:
        tx.connection.raw.execute("ROLLBACK")  # as SQLite does where a disk or the memory fails
        tx.connection.rows("SELECT * FROM nowhere")

    first, second, third, fourth = in_line(store, adds("a"), adds("b"), lose, adds("d"))
    assert (type(first), type(second), third.reason, fourth) == (ConflictError, ConflictError, "SQLITE_ERROR", "d")
    assert kept(store) == {"d"}


def test_what_strikes_a_thread_comes_out_of_it_and_the_others_may_run_again(store: SqliteStore) -> None:
    """A time limit that is raised inside the thread, whosever body it is running."""
    struck = BaseException()
    first, second, third, fourth = in_line(store, adds("a"), adds("b"), fails("c", struck), adds("d"))
    assert first is struck
    assert (type(second), type(third), fourth) == (ConflictError, ConflictError, "d")
    assert kept(store) == {"d"}


def test_a_full_disk_is_told_to_who_needs_it_alone(store: SqliteStore) -> None:
    def leave_no_room(tx: Any) -> None:
        ((pages,),) = tx.connection.rows("PRAGMA page_count")
        tx.connection.rows(f"PRAGMA max_page_count={pages}")

    def fill(tx: Any) -> None:
        for number in range(10_000):
            adds(f"patient-{number}")(tx)

    answers = in_line(
        store, adds("a"), adds("b"), fill, adds("d"), before=leave_no_room, run=partial(run_until_saved, store)
    )
    assert (answers[0], answers[1], answers[2].reason, answers[3]) == ("a", "b", "SQLITE_FULL", "d")
    assert kept(store) == {"a", "b", "d"}


def test_a_group_ends_after_thirty_two_and_the_next_begins(store: SqliteStore) -> None:
    said = Said()
    names = [f"patient-{number}" for number in range(40)]
    assert in_line(store, *map(adds, names), before=said) == names
    assert said.statements[: said.statements.index("COMMIT")].count("SAVEPOINT block") == 31
    assert said.count("COMMIT") == 2


def test_a_group_ends_with_its_time(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()

    def be_late(tx: Any) -> str:
        monkeypatch.setattr(sqlite_sharing, "LONGEST_GROUP_S", 0.0)
        return str(adds("a")(tx))

    assert in_line(store, be_late, adds("b"), adds("c"), before=said) == ["a", "b", "c"]
    assert (said.count("COMMIT"), said.count("SAVEPOINT block")) == (3, 0)


def test_a_group_ends_with_a_failure_of_the_engine(store: SqliteStore) -> None:
    said = Said()

    def fail(tx: Any) -> None:
        adds("b")(tx)
        tx.connection.rows("SELECT * FROM nowhere")

    first, second, third = in_line(store, adds("a"), fail, adds("c"), before=said)
    assert (first, second.reason, third) == ("a", "SQLITE_ERROR", "c")
    assert (said.count("COMMIT"), said.count("SAVEPOINT block")) == (1, 1)  # the next is on another connection
    assert kept(store) == {"a", "c"}


def test_a_block_of_its_own_waits_its_turn_and_is_in_no_group(store: SqliteStore) -> None:
    said = Said()

    def run(body: Body) -> Any:
        if body is alone:
            with store.transaction() as tx:
                return body(tx)
        return store.run(body)

    alone = adds("b")
    assert in_line(store, adds("a"), alone, adds("c"), adds("d"), before=said, run=run) == ["a", "b", "c", "d"]
    assert (said.count("COMMIT"), said.count("SAVEPOINT block")) == (3, 1)


def test_who_is_handling_an_error_runs_nobody_elses_body(store: SqliteStore) -> None:
    """What is raised in it would bring that error along as its context."""
    said = Said()

    def run(body: Body) -> Any:
        try:
            return 1 // 0
        except ZeroDivisionError:
            return store.run(body)

    in_line(store, adds("a"), adds("b"), before=said, run=run)
    assert (said.count("COMMIT"), said.count("SAVEPOINT block")) == (2, 0)
    assert sys.exception() is None


def test_who_waits_too_long_is_told_so_and_is_run_by_nobody_afterwards(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "portal.db", wait=timedelta(milliseconds=50))
    impatient: list[Any] = []

    def see_it_give_up(tx: Any) -> str:
        with ThreadPoolExecutor(1) as threads:
            impatient.append(threads.submit(store.run, adds("b")).exception(LONGEST_S))
        return str(adds("a")(tx))

    assert in_line(store, see_it_give_up) == ["a"]
    assert isinstance(impatient[0], TooBusyError)
    assert in_line(store, adds("c")) == ["c"]
    assert kept(store) == {"a", "c"}
    store.close()


def test_a_store_that_is_closed_while_a_group_is_open_answers_it(store: SqliteStore) -> None:
    def close(tx: Any) -> str:
        store.close()
        return str(adds("a")(tx))

    assert in_line(store, close, adds("b"), adds("c")) == ["a", "b", "c"]
    with pytest.raises(ConfigurationError):
        store.run(adds("d"))


def test_a_turn_that_is_lost_without_a_word_holds_nobody_up(store: SqliteStore) -> None:
    """As an exception out of a signal may lose it, between any two steps."""
    turn: Turn | None = Turn()
    assert turn is not None
    store._connections.begin(turn)
    assert store._connections.turns.take(turn, 0)
    with ThreadPoolExecutor(1) as threads:
        next_one = threads.submit(store.run, adds("a"))
        until(lambda: waiting(store) == 1 and is_asleep(store))
        turn = None
        assert next_one.result(LONGEST_S) == "a"


def test_a_block_that_was_entered_and_forgotten_holds_nobody_up(store: SqliteStore) -> None:
    entered, forgotten = Event(), Event()

    def forget() -> None:
        block = store.transaction()
        block.__enter__()
        entered.set()
        assert forgotten.wait(LONGEST_S)

    with ThreadPoolExecutor(2) as threads:
        left = threads.submit(forget)
        assert entered.wait(LONGEST_S)
        next_one = threads.submit(store.run, adds("a"))
        until(lambda: waiting(store) == 1)
        forgotten.set()
        left.result(LONGEST_S)
        assert next_one.result(LONGEST_S) == "a"
