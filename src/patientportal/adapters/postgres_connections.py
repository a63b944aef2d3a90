"""The connections of a PostgreSQL store: pooled, checked, and silent about what the server quotes."""

import math
import os
import random
import select
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader

from patientportal.adapters.locks import BlocksOfThreads
from patientportal.adapters.pool import Pool, Slot
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    TooBusyError,
)

KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
STATEMENT_WAITS, IDLE_WAITS = 3, 6
SLACK_S = 5.0
SHORTEST_CONNECT_S = 2  # libpq takes no less
KNOWS_TRANSACTION_TIMEOUT = 170_000
SHORTEST_WAIT = timedelta(milliseconds=1)
CURSORS_MAX = 256
_CONFLICTS = (
    errors.UniqueViolation,
    errors.ExclusionViolation,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.DivisionByZero,
)
_WAITED_TOO_LONG = (errors.LockNotAvailable, errors.QueryCanceled)
_AMBIGUOUS = (errors.StatementCompletionUnknown, errors.TransactionResolutionUnknown)  # CockroachDB says the first
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.2
_ENDING_THE_SESSION = {"FATAL", "PANIC"}
WHICH_SESSION = """SELECT concat_ws(' ', inet_server_addr(), inet_server_port()), pid, backend_start
    FROM pg_stat_activity WHERE pid = pg_backend_pid()"""

Session = tuple[str, int, datetime]  # on which server, which of its processes, and since when

RV = TypeVar("RV")


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """One connection, used by one thread at a time; its errors are the library's and hold none of the server's words.

    It keeps a cursor for each statement, because a cursor that sends the same again knows how its values are written
    and read: that takes a tenth of the time of a short transaction away.
    """

    longest_wait_s: float | None = None
    slot: Slot | None = None
    session: Session | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.is_committing: bool = False
        self.is_fresh: bool = True
        self._process = os.getpid()
        self._cursors: dict[str, tuple[psycopg.Cursor[tuple[Any, ...]], bytes]] = {}

    def __del__(self, *_: Any) -> None:
        if hasattr(self, "pgconn") and self._process == os.getpid():
            self.pgconn.finish()

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Waits for the server, but not longer than this side allows: a server that stands still keeps no promise."""
        try:
            return super().wait(gen, interval, timeout or self.longest_wait_s)
        except psycopg.Error as error:
            if isinstance(error, errors._WaitTimeout):  # noqa: SLF001 - the driver has no public name for it
                self.pgconn.finish()
            raise
        except BaseException:
            self.pgconn.finish()  # interrupted: nobody knows how much of the answer was read
            raise

    def rows(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """See ``Connection.rows`` of the SQL adapters."""
        return self.rows_of_all([(text, values)])[0]

    def rows_of_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[Sequence[Any]]]:
        """See ``Connection.rows_of_all``: all are sent before the first answer is waited for."""
        sent = self.send_all(statements)
        try:
            return [cursor.fetchall() for cursor in sent]
        except (psycopg.Error, UnicodeError) as error:
            failure = self.meaning(error)
        raise failure

    def send_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> list[psycopg.Cursor[tuple[Any, ...]]]:
        """Sends these SELECTs without waiting; their cursors have the rows once anything is waited for."""
        try:
            return [
                self._sent(text, values, again=any(text == other for other, _ in statements[:place]))
                for place, (text, values) in enumerate(statements)
            ]
        except (psycopg.Error, UnicodeError) as error:
            failure = self.meaning(error)
        raise failure

    def change(self, text: str, values: Sequence[Any]) -> None:
        """See ``Connection.change``: it is sent, and what it met is said at the next answer or at the end."""
        failure: PortalError | None = None
        try:
            self._sent(text, values)
        except (psycopg.Error, UnicodeError) as error:
            failure = self.meaning(error)
        if failure is not None:
            raise failure

    def control(self, text: str) -> None:
        """Sends BEGIN, COMMIT or ROLLBACK, which must never be prepared.

        The driver would go on to call such a statement by a name that was given in a transaction that failed.
        """
        self._sent(text, None, prepare=False)

    def abandon(self) -> None:
        """Ends the transaction and saves nothing; if even that fails, the pool throws the connection away."""
        if self.closed:
            return
        try:
            self.control("ROLLBACK")
        except psycopg.Error:
            self.close()

    def meaning(self, error: psycopg.Error | UnicodeError) -> PortalError:
        """The library's word for what the driver raised; a UnicodeError holds the text that it is about."""
        if isinstance(error, UnicodeError):
            return AdapterError(adapter="postgres", reason=type(error).__name__)
        if isinstance(error, _CONFLICTS):
            return ConflictError()
        if isinstance(error, _WAITED_TOO_LONG):
            return TooBusyError(queue="store")
        if isinstance(error, errors._WaitTimeout) and not self.is_committing:  # noqa: SLF001 - as above
            return TooBusyError(queue="store")
        lost = self.closed or error.diag.severity_nonlocalized in _ENDING_THE_SESSION
        if self.is_committing and (lost or isinstance(error, _AMBIGUOUS)):
            return OutcomeUnknownError(reason="" if lost else error.sqlstate or "")
        reason = "connection_lost" if lost else error.sqlstate or type(error).__name__
        return AdapterError(adapter="postgres", reason=reason)

    def _sent(
        self, text: str, values: Sequence[Any] | None, *, prepare: bool | None = None, again: bool = False
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """The cursor of a statement that was sent; a second one for one that is sent ``again`` before its answer."""
        if again:
            return self.cursor().execute(text.encode(), values)
        try:
            cursor, statement = self._cursors[text]
        except KeyError:
            if len(self._cursors) == CURSORS_MAX:
                self._cursors.clear()
            cursor, statement = self._cursors[text] = self.cursor(), text.encode()
        return cursor.execute(statement, values or None, prepare=prepare)


class Connections:
    """The connections of a store: in use by one block of one thread each, or idle.

    Raises:
        ConfigurationError: the address can't be read, or the database can't be reached.
    """

    def __init__(self, url: str, *, schema: str, most: int, wait: timedelta) -> None:
        if wait < SHORTEST_WAIT:
            raise ConfigurationError(setting="wait", reason="must be at least a millisecond")
        seconds = max(SHORTEST_CONNECT_S, math.ceil(wait.total_seconds()))
        self._conninfo = make_conninfo(_readable(url), connect_timeout=seconds, **KEEPALIVES)
        self._schema = schema
        self.wait_s: float = wait.total_seconds()
        self._longest_wait_s = (1 + STATEMENT_WAITS) * wait.total_seconds() + SLACK_S
        self._process = os.getpid()
        self._pool = Pool(self._connect, most=most, idle_most=most, wait_s=wait.total_seconds())
        self.blocks: BlocksOfThreads = BlocksOfThreads()
        try:
            self._pool.give_back(self.take())
        except (TooBusyError, AdapterError):
            unreachable = ConfigurationError(setting="database", reason="can't be reached")
        else:
            return
        raise unreachable

    def take(self) -> Connection:
        """A connection that lives; the first dead one takes all idle ones with it.

        Raises:
            ConfigurationError: the store was opened before a fork.
            TooBusyError: all are in use, or the database can't be reached, for as long as the store waits.
        """
        if self._process != os.getpid():
            raise ConfigurationError(setting="store", reason="was opened before a fork: open one in each process")
        deadline = time.monotonic() + self.wait_s
        while True:
            try:
                connection = self._pool.take()
            except psycopg.Error:
                failure: PortalError = TooBusyError(queue="store")
            else:
                if connection.is_fresh or _lives(connection):
                    connection.is_fresh = False
                    connection.longest_wait_s = self._longest_wait_s
                    return connection
                self._drop(connection)
                continue
            if time.monotonic() >= deadline:
                raise failure
            time.sleep(random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))  # noqa: S311 - only a pause

    def give_back(self, connection: Connection, *, is_sound: bool) -> None:
        """Its connection is anybody's again, if it is sound; one that died takes all idle ones with it."""
        connection.is_committing = False
        if connection.closed:
            self._drop(connection)
        elif is_sound:
            self._pool.give_back(connection)
        else:
            self._pool.drop(connection)

    def forget(self, connection: Connection) -> None:
        """Closes a connection whose block was interrupted, and left without its end."""
        self._pool.drop(connection)

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when it is given back."""
        self.blocks.are_over = True
        if self._process == os.getpid():
            self._pool.close()

    def _drop(self, connection: Connection) -> None:
        self._pool.drop_idle()
        self._pool.drop(connection)

    def _connect(self) -> Connection:
        connection = Connection.connect(self._conninfo, autocommit=True, prepare_threshold=0)
        connection.longest_wait_s = self._longest_wait_s
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: Connection) -> None:
        connection.adapters.register_loader("jsonb", TextLoader)
        wait_ms = int(self.wait_s * 1000)
        settings: dict[str, object] = {
            "search_path": sql.Identifier(self._schema).as_string(connection),
            "timezone": "UTC",
            "synchronous_commit": "on",
            "lock_timeout": wait_ms,
            "statement_timeout": STATEMENT_WAITS * wait_ms,
            "idle_in_transaction_session_timeout": IDLE_WAITS * wait_ms,
            "client_min_messages": "warning",
        }
        if connection.info.server_version >= KNOWS_TRANSACTION_TIMEOUT:
            settings["transaction_timeout"] = IDLE_WAITS * wait_ms
        each = ", ".join("set_config(%s, %s, false)" for _ in settings)
        connection.execute(f"SELECT {each}".encode(), [str(one) for pair in settings.items() for one in pair])
        for place, process, since in connection.execute(WHICH_SESSION):
            if process == connection.info.backend_pid:  # else a pooler stands between, and it may soon be another's
                connection.session = place, process, since


def _readable(url: str) -> str:
    """The address, if libpq can read it; else the pool would log its complaint, which may quote the password."""
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        unreadable = ConfigurationError(setting="url", reason="can't be read")
    else:
        return url
    raise unreadable


def _lives(connection: Connection) -> bool:
    """Whether an idle connection still lives: a quiet socket does; one with something to read is asked."""
    if connection.closed:
        return False
    if hasattr(select, "poll"):  # select() knows 1,024 files, and an epoll takes ten times as long to make
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        quiet = not poll.poll(0)
    else:
        quiet = not select.select([connection], [], [], 0)[0]
    if quiet:
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True
