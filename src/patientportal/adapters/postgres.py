"""The store on PostgreSQL: row locks, plain inserts, writes in a pipeline, for any number of app servers."""

import os
import selectors
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection, errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from patientportal.adapters.locks import BlocksOfThreads
from patientportal.adapters.sql.mapping import Convert, as_it_is, in_utc
from patientportal.adapters.sql.migrations import APPLIED, LEDGER, in_words, missing
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import SqlTransaction, SqlView
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    TooBusyError,
)

WORDS = {
    "id": 'text COLLATE "C"',
    "text": "text",
    "instant": "timestamptz",
    "date": "date",
    "bytes": "bytea",
    "whole": "bigint",
    "document": "jsonb",
    "end": "",
}
KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
MIGRATION_TRIES_MAX = 50
STATEMENT_WAITS, IDLE_WAITS = 3, 6
Raw = Connection[tuple[Any, ...]]
_CONFLICTS = (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected)
_WAITED_TOO_LONG = (errors.LockNotAvailable, errors.QueryCanceled)
_AMBIGUOUS = (errors.StatementCompletionUnknown, errors.TransactionResolutionUnknown)  # CockroachDB says the first
_ENDING_THE_SESSION = {"FATAL", "PANIC"}


class PostgresDialect:
    """Moments as timestamptz, days as date, documents as jsonb: the driver's own types."""

    placeholder = "%s"

    def encoder(self, plain: type) -> Convert:
        """See ``Dialect.encoder``."""
        encoders: dict[type, Convert] = {datetime: in_utc, date: as_it_is, bool: as_it_is}
        return encoders[plain]

    def decoder(self, plain: type) -> Convert:
        """See ``Dialect.decoder``."""
        return self.encoder(plain)


class PostgresStore:
    """Keeps everything in one schema of a PostgreSQL database, for any number of threads, processes and machines.

    Args:
        url: ``postgresql://user@host/database``; what libpq takes.
        schema: where the tables are; made where there is none.
        connections_max: how many connections this process uses at most.
        wait: how long a transaction waits for a connection or a lock before ``TooBusyError``.

    Raises:
        ConfigurationError: the address can't be read, the database can't be reached, or was made by a newer release.
    """

    def __init__(
        self,
        url: str,
        *,
        schema: str = "patientportal",
        connections_max: int = 10,
        wait: timedelta = timedelta(seconds=10),
    ) -> None:
        self._schema = schema
        self._wait = wait
        self._statements = Statements(PostgresDialect(), lock="FOR NO KEY UPDATE")
        self._process = os.getpid()
        self._blocks = BlocksOfThreads()
        self._pool = ConnectionPool(
            _readable(url),
            min_size=1,
            max_size=connections_max,
            timeout=wait.total_seconds(),
            kwargs={"autocommit": True, "prepare_threshold": 0, "connect_timeout": 10, **KEEPALIVES},
            configure=self._configure,
            check=_check_idle,
            open=False,
        )
        try:
            self._prepare()
        except BaseException:
            self._pool.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """See ``Store.transaction``."""
        with self._block("BEGIN ISOLATION LEVEL READ COMMITTED") as block:
            transaction = SqlTransaction(block, self._statements)
            try:
                yield transaction
                transaction.check()
            finally:
                transaction.end()
            block.is_committing = True

    @contextmanager
    def view(self) -> Iterator[SqlView]:
        """See ``Store.view``."""
        with self._block("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as block:
            view = SqlView(block, self._statements)
            try:
                yield view
            finally:
                view.end()

    def close(self) -> None:
        """See ``Store.close``."""
        self._blocks.are_over = True
        if self._process == os.getpid():
            self._pool.close()

    @contextmanager
    def _block(self, begin: str) -> Iterator["_Block"]:
        """A transaction in a pipeline: it is begun with the first answer that is waited for, and ended with one more.

        What the body raises is held back until the pipeline is empty, because the driver would log the server's
        words about it, and they hold values.
        """
        with self._connection() as raw:
            block = _Block(raw)
            failure: BaseException | None = None
            try:
                with raw.pipeline():
                    raw.execute(begin, prepare=False)
                    try:
                        yield block
                        raw.execute("COMMIT", prepare=False)
                    except psycopg.Error as error:
                        failure = block.meaning(error)
                    except BaseException as error:  # noqa: BLE001 - raised below
                        failure = error
            except psycopg.Error as error:
                failure = failure or block.meaning(error)
            if failure is not None:
                _roll_back(raw)
                raise failure

    @contextmanager
    def _connection(self) -> Iterator[Raw]:
        if self._process != os.getpid():
            raise ConfigurationError(setting="store", reason="was opened before a fork: open one in each process")
        self._blocks.begin()
        raw: Raw | None = None
        try:
            raw = self._pooled()
            yield raw
        finally:
            self._blocks.end()
            if raw is not None:
                self._pool.putconn(raw)

    def _pooled(self) -> Raw:
        failure: PortalError
        try:
            return self._pool.getconn()
        except PoolTimeout:
            failure = TooBusyError(queue="store")
        except PoolClosed:
            failure = ConfigurationError(setting="store", reason="is closed")
        raise failure

    def _configure(self, raw: Raw) -> None:
        raw.adapters.register_loader("jsonb", TextLoader)
        wait_ms = int(self._wait.total_seconds() * 1000)
        settings = {
            "search_path": sql.Identifier(self._schema).as_string(raw),
            "timezone": "UTC",
            "lock_timeout": wait_ms,
            "statement_timeout": STATEMENT_WAITS * wait_ms,
            "idle_in_transaction_session_timeout": IDLE_WAITS * wait_ms,
            "client_min_messages": "warning",
        }
        for name, value in settings.items():
            raw.execute("SELECT set_config(%s, %s, false)", [name, str(value)])

    def _prepare(self) -> None:
        reachable = True
        try:
            self._pool.open(wait=True, timeout=self._wait.total_seconds())
        except (PoolTimeout, psycopg.Error):
            reachable = False
        if not reachable:
            raise ConfigurationError(setting="database", reason="can't be reached")
        for _ in range(MIGRATION_TRIES_MAX):
            if self._is_current():
                return
            with suppress(ConflictError):
                self._migrate()
        raise ConfigurationError(setting="database", reason="others keep migrating it")

    def _is_current(self) -> bool:
        """Whether nothing is to be migrated; that much a user without the right to make tables may look at."""
        with self._block("BEGIN READ ONLY") as block:
            ((ledger,),) = block.rows("SELECT to_regclass('portal_migrations')::text", [])
            return ledger is not None and not missing(block.rows(APPLIED, [])[0][0])

    def _migrate(self) -> None:
        """Applies the next missing step; its number is inserted first, so that of two processes one waits and fails."""
        with self._block("BEGIN") as block:
            schema = sql.Identifier(self._schema)
            block.raw.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            block.raw.execute(in_words(LEDGER, WORDS).encode())
            ((applied,),) = block.rows(APPLIED, [])
            for migration in missing(applied)[:1]:
                block.change(
                    "INSERT INTO portal_migrations (number, applied_at) VALUES (%s, %s)",
                    [migration.number, datetime.now(UTC)],
                )
                for statement in migration.statements:
                    block.raw.execute(in_words(statement, WORDS).encode())


class _Block:
    """One connection inside a transaction; its errors are the library's and hold none of the server's words."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.is_committing = False

    def rows(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """See ``Connection.rows``."""
        try:
            return self.raw.execute(text.encode(), values).fetchall()
        except (psycopg.Error, UnicodeError) as error:
            failure = self.meaning(error)
        raise failure

    def change(self, text: str, values: Sequence[Any]) -> None:
        """See ``Connection.change``: it is sent, and what it met is said at the next answer or at the end."""
        failure: PortalError | None = None
        try:
            self.raw.execute(text.encode(), values)
        except (psycopg.Error, UnicodeError) as error:
            failure = self.meaning(error)
        if failure is not None:
            raise failure

    def meaning(self, error: psycopg.Error | UnicodeError) -> PortalError:
        """The library's word for what the driver raised; a UnicodeError holds the text that it is about."""
        if isinstance(error, UnicodeError):
            return AdapterError(adapter="postgres", reason=type(error).__name__)
        if isinstance(error, _CONFLICTS):
            return ConflictError()
        if isinstance(error, _WAITED_TOO_LONG):
            return TooBusyError(queue="store")
        lost = self.raw.closed or error.diag.severity_nonlocalized in _ENDING_THE_SESSION
        if self.is_committing and (lost or isinstance(error, _AMBIGUOUS)):
            return OutcomeUnknownError()
        reason = "connection_lost" if lost else error.sqlstate or type(error).__name__
        return AdapterError(adapter="postgres", reason=reason)


def _roll_back(raw: Raw) -> None:
    """Ends the transaction; if even that fails, the pool throws the connection away."""
    if raw.closed:
        return
    try:
        raw.execute("ROLLBACK", prepare=False)  # so that psycopg forgets what it prepared in vain
    except psycopg.Error:
        raw.close()


def _readable(url: str) -> str:
    """The address, if libpq can read it; else the pool would log its complaint, which may quote the password."""
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        unreadable = ConfigurationError(setting="url", reason="can't be read")
    else:
        return url
    raise unreadable


def _check_idle(raw: Raw) -> None:
    """Whether a pooled connection still lives: a quiet socket does; one with something to read is asked."""
    with selectors.DefaultSelector() as selector:  # not select(), which knows 1,024 files
        selector.register(raw, selectors.EVENT_READ)
        something = selector.select(0)
    if something:
        ConnectionPool.check_connection(raw)
