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
from patientportal.adapters.pool import Pool, Slot
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
_PLAIN = {
    "SQLITE_CANTOPEN": "the file can't be opened",
    "SQLITE_NOTADB": "the file isn't a SQLite database",
    "SQLITE_READONLY": "the file, or what SQLite keeps beside it in its folder, can't be written",
}
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
        self._connections = _Connections(Path(path), wait=wait, durable=durable)
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
            self._connections.end(connection)


class _Block(Generic[V]):
    """A transaction or a view, begun and ended; a class, because a generator takes a microsecond more.

    Whatever interrupts it, its thread isn't in it any more once nobody has it, and its connection is rolled back.
    """

    is_open: bool = False
    _connection: "_Connection | None" = None

    def __init__(self, connections: "_Connections", begin: str, view: type[V], statements: Statements) -> None:
        self._connections = connections
        self._begin = begin
        self._view = view
        self._statements = statements

    def __enter__(self) -> V:
        self._connections.blocks.begin(self)
        try:
            self._connection = self._connections.begun(self._begin)
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
        if connection is not None:
            self._connections.end(connection)

    def __del__(self) -> None:
        self._end()


class _Connections:
    """The connections of a store: in use by one block of one thread each, or idle."""

    def __init__(self, path: Path, *, wait: timedelta, durable: bool) -> None:
        self._path = path
        self._wait = wait
        self._synchronous = "FULL" if durable else "OFF"
        self._process = os.getpid()
        self._pool = Pool(self._connect, most=None, idle_most=IDLE_CONNECTIONS_MAX, wait_s=wait.total_seconds())
        self.blocks: BlocksOfThreads = BlocksOfThreads()

    def begun(self, begin: str) -> "_Connection":
        """A connection on which a block has begun; begun once more where only the connection had failed."""
        try:
            return self._begun(begin)
        except AdapterError:
            return self._begun(begin)

    def _begun(self, begin: str) -> "_Connection":
        connection = self.take()
        try:
            connection.rows(begin)
        except BaseException:
            self.end(connection)
            raise
        return connection

    def end(self, connection: "_Connection") -> None:
        """Rolls back what wasn't committed, and keeps the connection if it is sound."""
        try:
            connection.roll_back()
        finally:
            if connection.has_failed:
                self._pool.drop_idle()
            if connection.is_sound:
                self._pool.give_back(connection)
            else:
                self._pool.drop(connection)

    def take(self) -> "_Connection":
        """An idle connection, or a new one."""
        if self._process != os.getpid():
            _inherited.extend(connection.raw for connection in self._pool.taken_out())
            self._process = os.getpid()
        return self._pool.take()

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when its block ends."""
        self.blocks.are_over = True
        if self._process == os.getpid():
            self._pool.close()

    def _connect(self) -> "_Connection":
        return _Connection(self._path, wait=self._wait, synchronous=self._synchronous)


class _Connection:
    """One connection, used by one thread at a time; its errors are the library's and hold no values."""

    def __init__(self, path: Path, *, wait: timedelta, synchronous: str) -> None:
        self.slot: Slot | None = None
        self.has_failed: bool = False
        self._wait_s = wait.total_seconds()
        self._process = os.getpid()
        self._is_writable = os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        try:
            self.raw: sqlite3.Connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        for setting in (f"synchronous={synchronous}", "foreign_keys=ON", "trusted_schema=OFF"):
            self.rows(f"PRAGMA {setting}")

    def __del__(self) -> None:
        if hasattr(self, "raw"):
            if self._process == os.getpid():
                self.raw.close()
            else:
                _inherited.append(self.raw)

    @property
    def is_sound(self) -> bool:
        """Whether it may be used again: nothing but conflicts and waits failed on it, and no block is open on it.

        SQLite opens a file that can't be written, for reading alone, and for as long as the connection lives.
        """
        return self._is_writable and not self.has_failed and not self.raw.in_transaction

    def rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """Executes a statement that others may make wait: short tries at random distances until a deadline."""
        try:
            return self._execute(text, values).fetchall()
        except sqlite3.Error as error:
            self._require_busy(error)
        deadline = time.monotonic() + self._wait_s
        while True:
            time.sleep(random.uniform(_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S))  # noqa: S311 - only a pause
            try:
                return self._execute(text, values).fetchall()
            except sqlite3.Error as error:
                self._require_busy(error)
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
            raise self._failure(error) from error
        except sqlite3.Error as error:
            raise self._failure(error) from error
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
            failure = self._failure(error)
            if not self.raw.in_transaction and not failure.reason.startswith("SQLITE_FULL"):
                raise OutcomeUnknownError(reason=failure.reason) from error
            self.roll_back()
            raise self._failure(error) from error

    def roll_back(self) -> None:
        """Ends the transaction, if there still is one, and saves nothing."""
        if self.raw.in_transaction:
            try:
                self.raw.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise self._failure(error) from error

    def use_wal(self) -> None:
        """Sets the write-ahead log, once for the file."""
        if self.rows("PRAGMA journal_mode") != [("wal",)] and self.rows("PRAGMA journal_mode=WAL") != [("wal",)]:
            raise ConfigurationError(setting="database", reason="the file's drive can't share a write-ahead log")

    def close(self) -> None:
        """Closes the file."""
        self.raw.close()

    def _require_busy(self, error: sqlite3.Error) -> None:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> AdapterError:
        self.has_failed = True
        return AdapterError(adapter="sqlite", reason=getattr(error, "sqlite_errorname", type(error).__name__))


def _of_the_set_up(error: AdapterError) -> str | None:
    """Why a file can't be a portal's, in plain words; ``None``: what failed may pass."""
    return next((words for name, words in _PLAIN.items() if error.reason.startswith(name)), None)


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
