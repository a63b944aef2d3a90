"""The store on one SQLite file: WAL, one writer at a time, every waiting our own."""

import os
import random
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from patientportal.adapters.locks import BlocksOfThreads
from patientportal.adapters.sql.mapping import Convert, in_utc
from patientportal.adapters.sql.migrations import APPLIED, LEDGER, Migration, in_words, missing
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import SqlTransaction, SqlView
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    TooBusyError,
)

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
IDLE_CONNECTIONS_MAX = 16
INSTANTS_MAX = 64
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.0002, 0.003
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_TAKEN = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_TRIGGER"}
_inherited: list[sqlite3.Connection] = []  # closing a parent's connection in a child would drop the parent's locks


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


class SqliteStore:
    """Keeps everything in one file, for any number of threads and processes of one machine.

    Args:
        path: of the file; made, with access for its owner alone, where there is none. Not on a network drive.
        wait: how long a transaction waits for others before ``TooBusyError``.
        durable: whether a commit waits for the disk (``synchronous=FULL``). ``False`` is for trials: a power cut
            may take answered commits back.

    Raises:
        ConfigurationError: the file can't be opened, isn't a portal's, or was made by a newer release.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, wait: timedelta = timedelta(seconds=10), durable: bool = True
    ) -> None:
        self._connections = _Connections(Path(path), wait=wait, durable=durable)
        self._statements = Statements(SqliteDialect())
        _make_file(Path(path))
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def transaction(self) -> "_Block[SqlTransaction]":
        """See ``Store.transaction``."""
        return _Block(self._connections, "BEGIN IMMEDIATE", SqlTransaction, self._statements)

    def view(self) -> "_Block[SqlView]":
        """See ``Store.view``."""
        return _Block(self._connections, "BEGIN DEFERRED", SqlView, self._statements)

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
            connection.roll_back()
            self._connections.give_back(connection)


class _Block(Generic[V]):
    """A transaction or a view, begun and ended; a class, because a generator takes a microsecond more."""

    def __init__(self, connections: "_Connections", begin: str, view: type[V], statements: Statements) -> None:
        self._connections = connections
        self._begin = begin
        self._view = view
        self._statements = statements

    def __enter__(self) -> V:
        self._connection = self._connections.begun(self._begin)
        self._entered = self._view(self._connection, self._statements)
        return self._entered

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None and isinstance(self._entered, SqlTransaction):
                self._entered.check()
                self._connection.commit()
        finally:
            self._entered.end()
            self._connections.end(self._connection)


class _Connections:
    """The connections of a store: in use by one block of one thread each, or idle."""

    def __init__(self, path: Path, *, wait: timedelta, durable: bool) -> None:
        self._path = path
        self._wait = wait
        self._synchronous = "FULL" if durable else "OFF"
        self._idle: list[_Connection] = []
        self._process = os.getpid()
        self._blocks = BlocksOfThreads()

    def begun(self, begin: str) -> "_Connection":
        """A connection on which this thread's block has begun."""
        self._blocks.begin()
        connection: _Connection | None = None
        try:
            connection = self.take()
            connection.rows(begin)
        except BaseException:
            self.end(connection)
            raise
        return connection

    def end(self, connection: "_Connection | None") -> None:
        """Ends this thread's block, and rolls back what wasn't committed."""
        self._blocks.end()
        if connection is None:
            return
        try:
            connection.roll_back()
        finally:
            self.give_back(connection)

    def take(self) -> "_Connection":
        """An idle connection, or a new one."""
        if self._process != os.getpid():
            _inherited.extend(connection.raw for connection in self._idle)
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return _Connection(self._path, wait=self._wait, synchronous=self._synchronous)

    def give_back(self, connection: "_Connection") -> None:
        """Keeps a connection for the next one who takes one."""
        if self._blocks.are_over or connection.is_stuck or len(self._idle) >= IDLE_CONNECTIONS_MAX:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when it is given back."""
        self._blocks.are_over = True
        if self._process == os.getpid():
            while self._idle:
                self._idle.pop().close()


class _Connection:
    """One connection, used by one thread at a time; its errors are the library's and hold no values."""

    def __init__(self, path: Path, *, wait: timedelta, synchronous: str) -> None:
        self._wait_s = wait.total_seconds()
        try:
            self.raw: sqlite3.Connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        except sqlite3.Error as error:
            raise _unusable(error) from error
        try:
            for setting in (f"synchronous={synchronous}", "foreign_keys=ON", "trusted_schema=OFF"):
                self._set(setting)
        except BaseException:
            self.close()
            raise

    @property
    def is_stuck(self) -> bool:
        """Whether a transaction couldn't be ended, so that the connection must not be used again."""
        return self.raw.in_transaction

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """Executes a statement that others may make wait: short tries at random distances until a deadline."""
        try:
            return self._execute(text, values).fetchall()
        except sqlite3.Error as error:
            _require_busy(error)
        deadline = time.monotonic() + self._wait_s
        while True:
            time.sleep(random.uniform(_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S))  # noqa: S311 - only a pause
            try:
                return self._execute(text, values).fetchall()
            except sqlite3.Error as error:
                _require_busy(error)
                if time.monotonic() >= deadline:
                    raise TooBusyError(queue="store") from error

    def rows_of_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Any]]:
        """See ``Connection.rows_of_all``."""
        return [self.rows(text, values) for text, values in statements]

    def change(self, text: str, values: Sequence[Any]) -> None:
        """See ``Connection.change``."""
        try:
            changed = self._execute(text, values).rowcount
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in _TAKEN:
                raise ConflictError from error
            raise _failed(error) from error
        except sqlite3.Error as error:
            raise _failed(error) from error
        if changed != 1:
            raise ConflictError

    def _execute(self, text: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self.raw.execute(text, values)
        except UnicodeEncodeError:
            failure = AdapterError(adapter="sqlite", reason="not_text")
        raise failure  # out here, for the error holds the text

    def commit(self) -> None:
        """Saves the transaction; if it was not, it is rolled back."""
        try:
            self.raw.execute("COMMIT")
        except sqlite3.Error as error:
            if not self.raw.in_transaction:
                raise OutcomeUnknownError from error
            self.roll_back()
            raise _failed(error) from error

    def roll_back(self) -> None:
        """Ends the transaction, if there still is one, and saves nothing."""
        if self.raw.in_transaction:
            try:
                self.raw.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise _failed(error) from error

    def use_wal(self) -> None:
        """Sets the write-ahead log, once for the file."""
        if self._set("journal_mode") != [("wal",)] and self._set("journal_mode=WAL") != [("wal",)]:
            raise ConfigurationError(setting="database", reason="the file's drive can't share a write-ahead log")

    def _set(self, setting: str) -> list[Any]:
        try:
            return self.rows(f"PRAGMA {setting}")
        except AdapterError as error:
            self.close()
            raise _unusable(error.__cause__) from error.__cause__

    def close(self) -> None:
        """Lets go of the file."""
        self.raw.close()


def _require_busy(error: sqlite3.Error) -> None:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
        raise _failed(error) from error


def _failed(error: sqlite3.Error) -> AdapterError:
    return AdapterError(adapter="sqlite", reason=getattr(error, "sqlite_errorname", type(error).__name__))


def _unusable(error: BaseException | None) -> ConfigurationError:
    reason = getattr(error, "sqlite_errorname", "")
    plain = {"SQLITE_CANTOPEN": "the file can't be opened", "SQLITE_NOTADB": "the file isn't a SQLite database"}
    return ConfigurationError(setting="database", reason=plain.get(reason, f"SQLite says {reason or 'no'}"))


def _make_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigurationError(setting="database", reason="the file can't be opened") from error


def _applied(connection: _Connection) -> int:
    tables = {name for (name,) in connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "portal_migrations" in tables:
        ((applied,),) = connection.rows(APPLIED)
        return int(applied)
    if tables:
        raise ConfigurationError(setting="database", reason="the file holds something other than a portal")
    return 0


def _apply(connection: _Connection, migration: Migration) -> None:
    for statement in (LEDGER, *migration.statements, *migration.on_sqlite):
        connection.rows(in_words(statement, WORDS))
    connection.change(
        "INSERT INTO portal_migrations (number, applied_at) VALUES (?, ?)",
        [migration.number, _instant(datetime.now(UTC))],
    )
