"""The store on PostgreSQL: row locks, plain inserts, writes in a pipeline, for any number of app servers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from patientportal.adapters.postgres_connections import Connection, Connections
from patientportal.adapters.postgres_outcomes import was_saved
from patientportal.adapters.sql.mapping import Convert, in_utc, unchanged
from patientportal.adapters.sql.migrations import APPLIED, LEDGER, in_words, missing
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import Connection as SqlConnection
from patientportal.adapters.sql.transaction import SqlTransaction, SqlView
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
)
from patientportal.ports.store import Key, Query, Store, StoreMisuseError

V = TypeVar("V", bound=SqlView)

WORDS = {
    "id": 'text COLLATE "C"',
    "text": "text",
    "instant": "timestamptz",
    "date": "date",
    "truth": "boolean",
    "bytes": "bytea",
    "whole": "bigint",
    "document": "jsonb",
    "end": "",
}
TO_WRITE, TO_READ = "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
MIGRATION_TRIES_MAX = 50


class PostgresDialect:
    """Moments as timestamptz, days as date, documents as jsonb: the driver's own types."""

    placeholder = "%s"

    def encoder(self, plain: type) -> Convert:
        """See ``Dialect.encoder``."""
        encoders: dict[type, Convert] = {datetime: in_utc, date: unchanged, bool: unchanged}
        return encoders[plain]

    def decoder(self, plain: type) -> Convert:
        """See ``Dialect.decoder``."""
        return self.encoder(plain)


class PostgresStore(Store):
    """Keeps everything in one schema of a PostgreSQL database, for any number of threads, processes and machines.

    Args:
        url: ``postgresql://user@host/database``; what libpq takes.
        schema: where the tables are; created if missing.
        connections_max: how many connections this process uses at most.
        wait: how long a transaction waits for a connection or a lock before ``TooBusyError``.

    Raises:
        ConfigurationError: the address can't be read, the wait is below a millisecond, the database can't be reached,
            was made by a newer release, or needs a migration for which its user has no right.
    """

    def __init__(
        self,
        url: str,
        *,
        schema: str = "patientportal",
        connections_max: int = 10,
        wait: timedelta = timedelta(seconds=10),
    ) -> None:
        self._schema = sql.Identifier(schema)
        self._statements = Statements(
            PostgresDialect(), lock="FOR NO KEY UPDATE", lock_free="FOR NO KEY UPDATE SKIP LOCKED"
        )
        self._connections = Connections(url, schema=schema, most=connections_max, wait=wait)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def transaction(self) -> "_Block[SqlTransaction]":
        """See ``Store.transaction``."""
        return _Block(self._connections, TO_WRITE, SqlTransaction, self._statements)

    def view(self) -> "_Block[SqlView]":
        """See ``Store.view``."""
        return _Block(self._connections, TO_READ, SqlView, self._statements)

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        return _OneTrip(self._connections, TO_READ, SqlView, self._statements).find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self._connections.close()

    def _prepare(self) -> None:
        for _ in range(MIGRATION_TRIES_MAX):
            if self._is_current():
                return
            try:
                self._migrate()
            except ConflictError:
                continue
            except AdapterError as error:
                if error.reason == InsufficientPrivilege.sqlstate:
                    raise ConfigurationError(setting="database", reason="its user may not make tables") from None
                raise
        raise ConfigurationError(setting="database", reason="others keep migrating it")

    def _is_current(self) -> bool:
        """Whether nothing is to be migrated; that much a user without the right to make tables may look at."""
        with self.view() as view:
            rows = view.connection.rows
            ((ledger,),) = rows("SELECT to_regclass('portal_migrations')::text", [])
            return ledger is not None and not missing(rows(APPLIED, [])[0][0])

    def _migrate(self) -> None:
        """Applies the next missing step; its number is inserted first, so that of two processes one waits and fails."""
        with self.transaction() as tx:
            rows, change = tx.connection.rows, tx.connection.change
            _take_your_time(tx.connection)
            change(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(self._schema).as_string(None), [])
            change(in_words(LEDGER, WORDS), [])
            ((applied,),) = rows(APPLIED, [])
            for migration in missing(applied)[:1]:
                change(
                    "INSERT INTO portal_migrations (number, applied_at) VALUES (%s, %s)",
                    [migration.number, datetime.now(UTC)],
                )
                for statement in (*migration.statements, *migration.on_postgres):
                    change(in_words(statement, WORDS), [])


def _take_your_time(connection: SqlConnection) -> None:
    """In this transaction nothing but a lock is given up: a step over a large table takes long."""
    assert isinstance(connection, Connection)  # noqa: S101 - of this store
    connection.longest_wait_s = None
    for limit in ("statement_timeout", "transaction_timeout"):
        connection.rows("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = %s", [limit])


class _Block(Generic[V]):
    """A transaction or a view in a pipeline: begun with the first answer that is waited for, ended with one more.

    What goes wrong is raised when the pipeline is empty, because the driver would log the server's words about it,
    and they hold values. A class, because a generator takes some microseconds more. Whatever interrupts it, its thread
    isn't in it any more once nobody has it, and its connection is closed.
    """

    is_open: bool = False
    _connection: "Connection | None" = None

    def __init__(self, connections: Connections, begin: str, view: type[V], statements: Statements) -> None:
        self._connections = connections
        self._begin = begin
        self._view = view
        self._statements = statements

    def __enter__(self) -> V:
        self._connections.blocks.begin(self)
        failure: BaseException | None = None
        try:
            connection = self._connection = self._connections.take()
            self._entered = self._view(connection, self._statements)
            self._pipeline = connection.pipeline()
            self._pipeline.__enter__()
            connection.control(self._begin)
        except BaseException as error:  # noqa: BLE001 - raised below
            failure = error
        if failure is not None:
            raise self._ended(failure) or failure
        return self._entered

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        failure = error
        if failure is None:
            try:
                self._save()
            except BaseException as unsaved:  # noqa: BLE001 - raised below
                failure = unsaved
        failure = self._ended(failure)
        if failure is not None and failure is not error:
            raise failure

    def _save(self) -> None:
        assert self._connection is not None  # noqa: S101 - a block that was entered has one
        if isinstance(self._entered, SqlTransaction):
            self._entered.check()
            self._entered.check_absent()
            self._connection.is_committing = True
        self._connection.control("COMMIT")

    def _ended(self, failure: BaseException | None) -> BaseException | None:
        """Waits for what is under way, takes back what failed, and says what is to be raised."""
        self.is_open = False
        connection, self._connection = self._connection, None
        if connection is None:
            return failure
        if hasattr(self, "_entered"):
            self._entered.end()
        if isinstance(failure, psycopg.Error):
            failure = connection.meaning(failure)
        is_sound = False
        try:
            if failure is None or isinstance(failure, (PortalError, StoreMisuseError)):
                failure = self._emptied(connection, failure)
                is_sound = not isinstance(failure, (AdapterError, OutcomeUnknownError))
        finally:
            self._connections.give_back(connection, is_sound=is_sound)
        return self._asked(failure, connection) if isinstance(failure, OutcomeUnknownError) else failure

    def _asked(self, failure: OutcomeUnknownError, connection: Connection) -> PortalError | None:
        """What is to be raised once it was asked what became of the commit; ``None``: it was done."""
        assert isinstance(self._entered, SqlTransaction)  # noqa: S101 - a view has no commit that matters
        if not self._entered.left_an_event:
            return failure
        saved = was_saved(self._connections, connection.session, self._entered.is_there)
        if saved is None:
            return failure
        return None if saved else AdapterError(adapter="postgres", reason=failure.reason or "connection_lost")

    def _emptied(self, connection: Connection, failure: Exception | None) -> Exception | None:
        try:
            self._pipeline.__exit__(None, None, None)
        except psycopg.Error as error:
            failure = failure or connection.meaning(error)
        if failure is not None:
            connection.abandon()
        return failure

    def __del__(self) -> None:
        if self._connection is not None:
            self._connections.forget(self._connection)


class _OneTrip(_Block[SqlView]):
    """A view of which everything is known beforehand: begun, asked and ended in one trip."""

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``View.find_all``."""
        with self as view:
            assert self._connection is not None  # noqa: S101 - a block that was entered has one
            self._sent = self._connection.send_all(view.reads(asked))
        return view.found(asked, self._rows)

    def _emptied(self, connection: Connection, failure: Exception | None) -> Exception | None:
        failure = super()._emptied(connection, failure)
        if failure is None:
            self._rows = [cursor.fetchall() for cursor in self._sent]
        return failure
