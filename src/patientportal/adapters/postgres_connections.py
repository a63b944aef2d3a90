"""The connections of a PostgreSQL store: pooled, checked, and silent about what the server quotes."""

import os
import select
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from patientportal.adapters.locks import BlocksOfThreads
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
SHORTEST_WAIT = timedelta(milliseconds=1)
CURSORS_MAX = 256
_CONFLICTS = (errors.UniqueViolation, errors.ExclusionViolation, errors.SerializationFailure, errors.DeadlockDetected)
_WAITED_TOO_LONG = (errors.LockNotAvailable, errors.QueryCanceled)
_AMBIGUOUS = (errors.StatementCompletionUnknown, errors.TransactionResolutionUnknown)  # CockroachDB says the first
_ENDING_THE_SESSION = {"FATAL", "PANIC"}


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """One connection, used by one thread at a time; its errors are the library's and hold none of the server's words.

    It keeps a cursor for each statement, because a cursor that sends the same again knows how its values are written
    and read: that takes a tenth of the time of a short transaction away.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.is_committing = False
        self._cursors: dict[str, tuple[psycopg.Cursor[tuple[Any, ...]], bytes]] = {}

    def rows(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """See ``Connection.rows`` of the SQL adapters."""
        return self.rows_of_all([(text, values)])[0]

    def rows_of_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[Sequence[Any]]]:
        """See ``Connection.rows_of_all``: all are sent before the first answer is waited for."""
        try:
            sent = [
                self._sent(text, values, again=any(text == other for other, _ in statements[:place]))
                for place, (text, values) in enumerate(statements)
            ]
            return [cursor.fetchall() for cursor in sent]
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
        lost = self.closed or error.diag.severity_nonlocalized in _ENDING_THE_SESSION
        if self.is_committing and (lost or isinstance(error, _AMBIGUOUS)):
            return OutcomeUnknownError()
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
    """The connections of a store: in use by one block of one thread each, or idle in the driver's pool.

    Raises:
        ConfigurationError: the address can't be read, or the database can't be reached.
    """

    def __init__(self, url: str, *, schema: str, most: int, wait: timedelta) -> None:
        if wait < SHORTEST_WAIT:
            raise ConfigurationError(setting="wait", reason="must be at least a millisecond")
        self._schema = schema
        self._wait = wait
        self._process = os.getpid()
        self._blocks = BlocksOfThreads()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            _readable(url),
            connection_class=Connection,
            min_size=1,
            max_size=most,
            timeout=wait.total_seconds(),
            kwargs={"autocommit": True, "prepare_threshold": 0, "connect_timeout": 10, **KEEPALIVES},
            configure=self._configure,
            check=_check_idle,
            open=False,
        )
        reachable = True
        try:
            self._pool.open(wait=True, timeout=wait.total_seconds())
        except (PoolTimeout, psycopg.Error):
            reachable = False
        if not reachable:
            self._pool.close()
            raise ConfigurationError(setting="database", reason="can't be reached")

    def take(self) -> Connection:
        """A connection for a block of this thread.

        Raises:
            NestedTransactionError: the thread is in a block already.
            ConfigurationError: the store is closed, or was opened before a fork.
            TooBusyError: all are in use, or the database can't be reached, for as long as the store waits.
        """
        if self._process != os.getpid():
            raise ConfigurationError(setting="store", reason="was opened before a fork: open one in each process")
        self._blocks.begin()
        failure: PortalError
        try:
            return self._pool.getconn()
        except PoolTimeout:
            failure = TooBusyError(queue="store")
        except PoolClosed:
            failure = ConfigurationError(setting="store", reason="is closed")
        except BaseException:
            self._blocks.end()
            raise
        self._blocks.end()
        raise failure

    def give_back(self, connection: Connection) -> None:
        """Ends this thread's block; its connection is anybody's again."""
        connection.is_committing = False
        self._blocks.end()
        self._pool.putconn(connection)

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when it is given back."""
        self._blocks.are_over = True
        if self._process == os.getpid():
            self._pool.close()

    def _configure(self, connection: Connection) -> None:
        connection.adapters.register_loader("jsonb", TextLoader)
        wait_ms = int(self._wait.total_seconds() * 1000)
        settings = {
            "search_path": sql.Identifier(self._schema).as_string(connection),
            "timezone": "UTC",
            "lock_timeout": wait_ms,
            "statement_timeout": STATEMENT_WAITS * wait_ms,
            "idle_in_transaction_session_timeout": IDLE_WAITS * wait_ms,
            "client_min_messages": "warning",
        }
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, str(value)])


def _readable(url: str) -> str:
    """The address, if libpq can read it; else the pool would log its complaint, which may quote the password."""
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        unreadable = ConfigurationError(setting="url", reason="can't be read")
    else:
        return url
    raise unreadable


def _check_idle(connection: Connection) -> None:
    """Whether a pooled connection still lives: a quiet socket does; one with something to read is asked."""
    if hasattr(select, "poll"):  # select() knows 1,024 files, and an epoll takes ten times as long to make
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        quiet = not poll.poll(0)
    else:
        quiet = not select.select([connection], [], [], 0)[0]
    if not quiet:
        ConnectionPool.check_connection(connection)
