"""The store on one SQLite file: WAL, one writer at a time, every waiting our own."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from patientportal.adapters.sql.mapping import Convert, in_utc
from patientportal.adapters.sql.migrations import APPLIED, LEDGER, Migration, in_words, missing
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import SqlTransaction, SqlView
from patientportal.adapters.sqlite_connections import Connection, Connections
from patientportal.adapters.sqlite_sharing import Shared
from patientportal.adapters.sqlite_turns import Turn
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
)
from patientportal.ports.store import Key, Query, Store, Transaction

T = TypeVar("T")
V = TypeVar("V", bound=SqlView)

WORDS = {
    "id": "TEXT",
    "text": "TEXT",
    "instant": "TEXT",
    "date": "TEXT",
    "truth": "INTEGER",
    "bytes": "BLOB",
    "whole": "INTEGER",
    "document": "TEXT",
    "end": " STRICT, WITHOUT ROWID",
}
INSTANTS_MAX = 64
_PLAIN = {
    "SQLITE_CANTOPEN": "the file can't be opened",
    "SQLITE_NOTADB": "the file isn't a SQLite database",
    "SQLITE_READONLY": "the file, or what SQLite keeps beside it in its folder, can't be written",
}


def _instant(value: datetime) -> str:
    return _written(in_utc(value))


@lru_cache(INSTANTS_MAX)
def _written(moment: datetime) -> str:
    """A moment in UTC; one transaction writes the same one into many columns."""
    return moment.isoformat("T", "microseconds")


class SqliteDialect:
    """Moments as ISO 8601 text in UTC with microseconds, which sorts as they do; days likewise."""

    placeholder = "?"

    def encoder(self, plain: type) -> Convert:
        """See ``Dialect.encoder``."""
        encoders: dict[type, Convert] = {datetime: _instant, date: date.isoformat, bool: int}
        return encoders[plain]

    def decoder(self, plain: type) -> Convert:
        """See ``Dialect.decoder``."""
        decoders: dict[type, Convert] = {
            datetime: datetime.fromisoformat,
            date: date.fromisoformat,
            bool: bool,
        }
        return decoders[plain]


class SqliteStore(Store):
    """Keeps everything in one file, for any number of threads and processes of one machine.

    Args:
        path: of the file; if missing, created for its owner alone. Not on a network drive.
        wait: how long a transaction waits for others before ``TooBusyError``.
        durable: whether a commit waits for the disk (``synchronous=FULL``). ``False`` is for trials: a power cut
            may undo answered commits.

    Raises:
        ConfigurationError: the file can't be opened, isn't a portal's, or was made by a newer release.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, wait: timedelta = timedelta(seconds=10), durable: bool = True
    ) -> None:
        self._connections = Connections(Path(path), wait=wait, durable=durable)
        self._statements = Statements(SqliteDialect())
        _make_file(Path(path))
        try:
            self._prepare()
        except AdapterError as error:
            self.close()
            if (words := _of_the_set_up(error)) is None:
                raise
            raise ConfigurationError(setting="database", reason=words) from error
        except BaseException:
            self.close()
            raise

    def transaction(self) -> "_Block[SqlTransaction]":
        """See ``Store.transaction``."""
        return _Block(self._connections, SqlTransaction, self._statements)

    def view(self) -> "_Block[SqlView]":
        """See ``Store.view``."""
        return _Block(self._connections, SqlView, self._statements)

    def run(self, body: Callable[[Transaction], T]) -> T:
        """See ``Store.run``; in the main thread, where signals strike, each body has a block to itself."""
        if threading.get_ident() == threading.main_thread().ident:
            return super().run(body)
        return Shared(self._connections, self._statements, body).run()

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self._connections.close()

    def _prepare(self) -> None:
        connection = self._connections.take()
        try:
            steps = missing(_applied(connection))
            connection.use_wal()
            if steps:
                connection.rows("BEGIN IMMEDIATE")
                for migration in missing(_applied(connection)):
                    _apply(connection, migration)
                connection.commit()
        finally:
            self._connections.end(connection)


class _Block(Turn, Generic[V]):
    """A transaction or a view, begun and ended; a class, because a generator takes a microsecond more.

    Whatever interrupts it, once nobody has it any more its thread isn't in it and its turn is over; and its connection
    is closed, and so rolled back.
    """

    _connection: Connection | None = None

    def __init__(self, connections: Connections, view: type[V], statements: Statements) -> None:
        self._connections = connections
        self._view = view
        self._statements = statements
        self._writes = view is SqlTransaction

    def __enter__(self) -> V:
        connections = self._connections
        connections.begin(self)
        try:
            deadline = connections.deadline()
            if self._writes:
                connections.turns.take(self, deadline)
            self._connection = connections.begun("BEGIN IMMEDIATE" if self._writes else "BEGIN DEFERRED", deadline)
            self._entered = self._view(self._connection, self._statements)
        except BaseException:
            self._end()
            raise
        return self._entered

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None and self._connection is not None:
                if isinstance(self._entered, SqlTransaction):
                    self._entered.check()
                self._connection.commit()
        finally:
            self._entered.end()
            self._end()

    def _end(self) -> None:
        self.is_open = False
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                self._connections.end(connection)
        finally:
            if self._writes:
                self._connections.turns.end(self)


def _of_the_set_up(error: AdapterError) -> str | None:
    """Why a file can't be a portal's, in plain words; ``None``: what failed may pass."""
    return next((words for name, words in _PLAIN.items() if error.reason.startswith(name)), None)


def _make_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigurationError(setting="database", reason="the file can't be opened") from error


def _applied(connection: Connection) -> int:
    tables = {name for (name,) in connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "portal_migrations" in tables:
        ((applied,),) = connection.rows(APPLIED)
        return int(applied)
    if tables:
        raise ConfigurationError(setting="database", reason="the file holds something other than a portal")
    return 0


def _apply(connection: Connection, migration: Migration) -> None:
    for statement in (LEDGER, *migration.statements, *migration.on_sqlite):
        connection.rows(in_words(statement, WORDS))
    connection.change(
        "INSERT INTO portal_migrations (number, applied_at) VALUES (?, ?)",
        [migration.number, _instant(datetime.now(UTC))],
    )
