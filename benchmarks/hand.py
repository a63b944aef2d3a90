"""SQL by hand on either engine, on a connection that is set, and is as durable, as the library's own."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from attrs import frozen

from benchmarks import sql
from benchmarks.measure import NotMeasuredError
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.sqlite import SqliteStore
from patientportal.ports.store import Store

Raw = sqlite3.Connection | psycopg.Connection[tuple[Any, ...]]
Lock = AbstractContextManager[object]
FREE_LOCK: Lock = nullcontext()  # for who works alone
SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
STATEMENTS_KEPT = 256  # as the library
as_json = json.JSONEncoder(separators=(",", ":")).encode
TEXTS = {text for text in vars(sql).values() if isinstance(text, str)}


@frozen(kw_only=True)
class Hand:
    """A connection used by hand, and what differs between the engines.

    Attributes:
        connection: the driver's.
        run: its ``execute``.
        change: the same for a change of one row; SQLite says at once that it was one.
        block: around a transaction: PostgreSQL's pipeline, or the lock of the threads that share the connection.
        to_write: what a transaction begins with.
        to_read: what a view begins with.
        sql: each statement in the engine's words.
        get: the same, where a SELECT locks its row.
        instant: a moment as the driver takes it.
        moment: a moment as the driver gives it.
        day: a day as the driver takes it.
        read_day: a day as the driver gives it.
        flag: a yes or no as the driver takes it.
        looks_again: whether a row that wasn't there has to be looked for again before the end, for nothing holds it.
    """

    connection: Raw
    run: Callable[..., Any]
    change: Callable[..., Any]
    block: Callable[[], AbstractContextManager[object]]
    to_write: str
    to_read: str
    sql: dict[str, str]
    get: dict[str, str]
    instant: Callable[[datetime], object]
    moment: Callable[[Any], datetime]
    day: Callable[[date], object]
    read_day: Callable[[Any], date]
    flag: Callable[[bool], object]
    looks_again: bool

    def locked(self, *reads: tuple[str, tuple[object, ...]]) -> list[Any]:
        """The one row that each of these locks; all are sent before the first answer is waited for, if there is one."""
        sent = [self.run(self.get[text], values) for text, values in reads]
        return [row for cursor in sent for row in cursor.fetchall() or [None]]


def on_sqlite(connection: sqlite3.Connection, *, lock: Lock = FREE_LOCK) -> Hand:
    """SQLite; threads may share the connection under a lock."""
    run = connection.execute

    def change(text: str, values: tuple[object, ...]) -> None:
        assert run(text, values).rowcount == 1

    texts = {text: text for text in TEXTS}
    return Hand(
        connection=connection,
        run=run,
        change=change,
        block=lambda: lock,
        to_write="BEGIN IMMEDIATE",
        to_read="BEGIN DEFERRED",
        sql=texts,
        get=texts,
        instant=partial(datetime.isoformat, sep="T", timespec="microseconds"),
        moment=datetime.fromisoformat,
        day=date.isoformat,
        read_day=date.fromisoformat,
        flag=int,
        looks_again=False,
    )


def on_postgres(connection: psycopg.Connection[tuple[Any, ...]]) -> Hand:
    """PostgreSQL, each transaction in a pipeline."""
    texts = {text: text.replace("?", "%s") for text in TEXTS}
    return Hand(
        connection=connection,
        run=connection.execute,
        change=connection.execute,
        block=connection.pipeline,
        to_write="BEGIN ISOLATION LEVEL READ COMMITTED",
        to_read="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        sql=texts,
        get={text: f"{worded} FOR NO KEY UPDATE" for text, worded in texts.items()},
        instant=_as_it_is,
        moment=_as_it_is,
        day=_as_it_is,
        read_day=_as_it_is,
        flag=bool,
        looks_again=True,
    )


def sqlite_like(path: Path, store: Store) -> sqlite3.Connection:
    """A connection to another file, set as that of a store; threads may share it."""
    connection = sqlite3.connect(
        path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
    with connection_of(store) as ours:
        for name in ("synchronous", "foreign_keys", "trusted_schema"):
            ((value,),) = ours.execute(f"PRAGMA {name}")
            connection.execute(f"PRAGMA {name}={value}")
    return connection


def postgres_like(url: str, store: Store, *, schema: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to another schema, set as that of a store."""
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    with connection_of(store) as ours:
        kept = ours.execute("SELECT name, setting FROM pg_settings WHERE source = 'session'").fetchall()
    for name, value in (*kept, ("search_path", schema)):
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    return connection


@contextmanager
def connection_of(store: Store) -> Iterator[Any]:
    """The driver's connection that a store uses next, where one thread uses it."""
    assert isinstance(store, SqliteStore | PostgresStore)
    if isinstance(store, SqliteStore):
        mine = store._connections.take()  # noqa: SLF001 - as the store does, here and below
        yield mine.raw
        store._connections.end(mine)  # noqa: SLF001
    else:
        taken = store._connections.take()  # noqa: SLF001
        yield taken
        store._connections.give_back(taken, is_sound=True)  # noqa: SLF001


def durability(store: Store, *others: Raw) -> str:
    """What a commit waits for, as the very connections say: that of a store, and those of what it is compared with.

    Raises:
        NotMeasuredError: they don't wait for the same.
    """
    with connection_of(store) as ours:
        said = [_durability(connection) for connection in (ours, *others)]
    if len(set(said)) > 1:
        raise NotMeasuredError(f"a commit waits for {said[0]} here and for {said[1]} there")
    return said[0]


def _durability(connection: Raw) -> str:
    if isinstance(connection, sqlite3.Connection):
        ((journal,),) = connection.execute("PRAGMA journal_mode")
        ((level,),) = connection.execute("PRAGMA synchronous")
        return f"SQLite {journal}, synchronous={SYNCHRONOUS[level]}"
    names = ("fsync", "synchronous_commit")
    ((*said,),) = connection.execute("SELECT current_setting(%s), current_setting(%s)", names)
    return f"PostgreSQL, {', '.join(map('='.join, zip(names, said, strict=True)))}"


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - the driver's own types
    return value
