"""The connections of a SQLite store: kept while they are sound, with every wait our own and every error ours."""

import os
import random
import sqlite3
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from patientportal.adapters.locks import Block, BlocksOfThreads
from patientportal.adapters.pool import Pool, Slot
from patientportal.adapters.sqlite_turns import Turns
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    TooBusyError,
)

IDLE_CONNECTIONS_MAX = 16
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.0002, 0.003
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SETTINGS = "foreign_keys=ON", "trusted_schema=OFF", "temp_store=MEMORY"  # a file for savepoints takes a third longer
_TAKEN = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_TRIGGER"}
_inherited: list[sqlite3.Connection] = []  # closing a parent's connection in a child would drop the parent's locks


class Connections:
    """The connections of a store: in use by one block of one thread each, or idle."""

    def __init__(self, path: Path, *, wait: timedelta, durable: bool) -> None:
        self._path = path
        self._wait_s = wait.total_seconds()
        self._synchronous = "FULL" if durable else "OFF"
        self._process = os.getpid()
        self._pool = Pool(self._connect, most=None, idle_most=IDLE_CONNECTIONS_MAX, wait_s=self._wait_s)
        self._blocks = BlocksOfThreads()
        self.turns: Turns = Turns()

    def begin(self, block: Block) -> None:
        """This thread is in this block from now on; a child process begins with nothing of its parent's.

        Raises:
            NestedTransactionError: it is in another one.
            ConfigurationError: the store was closed.
        """
        if self._process != os.getpid():
            _inherited.extend(connection.raw for connection in self._pool.taken_out())
            self.turns = Turns()
            self._process = os.getpid()
        self._blocks.begin(block)

    def deadline(self) -> float:
        """Until when a block that begins now waits, by ``time.monotonic``."""
        return time.monotonic() + self._wait_s

    def begun(self, begin: str, deadline: float) -> "Connection":
        """A connection on which a block has begun; begun once more where only the connection had failed."""
        try:
            return self._begun(begin, deadline)
        except AdapterError:
            return self._begun(begin, deadline)

    def _begun(self, begin: str, deadline: float) -> "Connection":
        connection = self._pool.take()
        try:
            connection.rows(begin, deadline=deadline)
        except BaseException:
            self.end(connection)
            raise
        return connection

    def end(self, connection: "Connection") -> None:
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

    def take(self) -> "Connection":
        """An idle connection, or a new one."""
        return self._pool.take()

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when its block ends."""
        self._blocks.are_over = True
        if self._process == os.getpid():
            self._pool.close()

    def _connect(self) -> "Connection":
        return Connection(self._path, wait_s=self._wait_s, synchronous=self._synchronous)


class Connection:
    """One connection, used by one thread at a time; its errors are the library's and hold no values."""

    def __init__(self, path: Path, *, wait_s: float, synchronous: str) -> None:
        self.slot: Slot | None = None
        self.has_failed: bool = False
        self._wait_s = wait_s
        self._process = os.getpid()
        self._is_writable = os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        try:
            self.raw: sqlite3.Connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        for setting in (f"synchronous={synchronous}", *_SETTINGS):
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

    def rows(self, text: str, values: Sequence[Any] = (), *, deadline: float | None = None) -> list[Any]:
        """Executes a statement that others may make wait: short tries at random distances until a deadline."""
        try:
            return self._execute(text, values).fetchall()
        except sqlite3.Error as error:
            self._require_busy(error)
        deadline = time.monotonic() + self._wait_s if deadline is None else deadline
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
