"""What a self-check looks at where a portal's data is in a PostgreSQL database."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from attrs import field, frozen
from psycopg import Connection, sql

from patientportal.adapters.sql.migrations import APPLIED
from patientportal.domain.errors import ConfigurationError
from patientportal.ports.store import Store
from patientportal.self_check.findings import Finding, expected, note, ok, wrong
from patientportal.self_check.place import Scratch, setting

SCHEMA, SCRATCH_SCHEMAS = "patientportal", "portal_check_"
SKEW_MAX_MS = 1000
CONNECT_TIMEOUT_S = 10
TIMEOUTS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
DURABLE = ("synchronous_commit", "fsync", "full_page_writes")
INDEXED_TEXTS = """
    SELECT DISTINCT c.relname || '.' || a.attname, o.collname
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    JOIN pg_collation o ON o.oid = a.attcollation
    WHERE n.nspname = %s
    ORDER BY 1
"""
MAY_TRY = "SELECT pg_backend_pid(), has_database_privilege(current_database(), 'CREATE')"
Raw = Connection[tuple[Any, ...]]


@frozen
class PostgresPlace:
    """A database, in which the portal has a schema."""

    url: str = field(repr=False)

    def step(self, *, must_exist: bool = False) -> int:
        """See ``Place.step``."""
        del must_exist  # the schema is the first start's to make
        with self._connected() as raw:
            raw.execute("SELECT set_config('search_path', %s, false)", [SCHEMA])
            ((ledger,),) = raw.execute("SELECT to_regclass('portal_migrations')").fetchall()
            return int(raw.execute(APPLIED.encode()).fetchall()[0][0]) if ledger else 0

    def findings(self) -> Iterator[Finding]:
        """See ``Place.findings``."""
        driver = f"psycopg {psycopg.__version__} ({psycopg.pq.__impl__}, libpq {psycopg.pq.version()})"
        with self._connected() as raw:
            yield ok(f"engine: PostgreSQL {_shown(raw, 'server_version')}, {driver}")
            yield ok(f"database: {raw.info.dbname}, schema {SCHEMA}")
            for name in DURABLE:
                yield of_durability(name, _shown(raw, name))
            before = datetime.now(UTC)
            ((server,),) = raw.execute("SELECT clock_timestamp()").fetchall()
            yield of_skew(before, server, datetime.now(UTC))
            yield from of_collations(dict(raw.execute(INDEXED_TEXTS, [SCHEMA]).fetchall()))
            if _shown(raw, "log_error_verbosity") != "terse":
                yield note("log: the server's own log may show values of statements that fail; SECURITY.md says more")

    def asked(self, question: str) -> list[tuple[Any, ...]]:
        """See ``Place.asked``."""
        with self._connected() as raw:
            raw.execute("SELECT set_config('search_path', %s, false)", [SCHEMA])
            return raw.execute(question.encode()).fetchall()

    @contextmanager
    def scratch(self) -> Iterator[Scratch | Finding]:
        """See ``Place.scratch``: schemas in the same database, each dropped by itself to hold few locks."""
        with self._connected() as raw:
            ((pid, may),) = raw.execute(MAY_TRY).fetchall()
            obstacle = of_obstacles(is_direct=pid == raw.info.backend_pid, may_make_schemas=may)
        if obstacle:
            yield obstacle
            return
        schemas = f"{SCRATCH_SCHEMAS}{uuid.uuid4().hex[:8]}_"
        try:
            with tempfile.TemporaryDirectory() as folder:
                yield Scratch(Path(folder), self.url, schemas)
        finally:
            self._drop(schemas)

    def settings(self, store: Store) -> Iterator[Finding]:
        """See ``Place.settings``."""
        with store.view() as view:
            yield expected("isolation of a view", setting(view, "SHOW transaction_isolation"), wanted="repeatable read")
        with store.transaction() as tx:
            found = setting(tx, "SHOW transaction_isolation")
            yield expected("isolation of a transaction", found, wanted="read committed")
            yield expected("time zone", setting(tx, "SHOW timezone"), wanted="UTC")
            yield expected("synchronous_commit", setting(tx, "SHOW synchronous_commit"), wanted="on")
            for name in TIMEOUTS:
                yield of_timeout(name, setting(tx, f"SELECT coalesce(current_setting('{name}', true), '')"))

    @contextmanager
    def _connected(self) -> Iterator[Raw]:
        failed = ""
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as raw:
                raw.execute("SET client_min_messages TO warning")
                yield raw
        except psycopg.OperationalError:
            failed = "can't be reached"
        except psycopg.Error as error:  # the server's words would hold values
            failed = f"can't be read ({error.sqlstate or 'is the URL right?'})"
        if failed:
            raise ConfigurationError(setting="database", reason=failed)

    def _drop(self, schemas: str) -> None:
        with self._connected() as raw:
            for (name,) in raw.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [schemas]):
                raw.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def of_durability(name: str, value: str) -> Finding:
    """Whether the server keeps what it answered, also after a power cut."""
    if value == "off":
        return wrong(f"{name}: off; a power cut may take answered commits back")
    return ok(f"{name}: {value}")


def of_obstacles(*, is_direct: bool, may_make_schemas: bool) -> Finding | None:
    """What forbids trials; a pooler might send those for a scratch schema to the portal's own tables."""
    if not is_direct:
        return note("scratch: a pooler stands between; the settings and the contract were left out; check past it")
    if not may_make_schemas:
        return note("scratch: this user may make no schema; the settings and the contract were left out")
    return None


def of_skew(before: datetime, server: datetime, after: datetime) -> Finding:
    """How far the clocks of this machine and the database are apart; the portal goes by this machine's."""
    skew_ms = round((server - (before + (after - before) / 2)).total_seconds() * 1000)
    text = f"clock: the database's is {abs(skew_ms)} ms {'behind' if skew_ms < 0 else 'ahead'}"
    return note(f"{text}; keep both by NTP") if abs(skew_ms) > SKEW_MAX_MS else ok(text)


def of_timeout(name: str, value: str) -> Finding:
    """Whether a wait is bounded; behind a pooler by transaction, it may not be, nor on a server that can't do it."""
    if not value:
        return note(f"{name}: only PostgreSQL 17 and later have it; an app server that hangs keeps its rows locked")
    if value == "0":
        return wrong(f"{name}: none; something between here and the server loses what the store sets")
    return ok(f"{name}: {value}")


def of_collations(indexed: dict[str, str]) -> Iterator[Finding]:
    """Whether keys are compared byte by byte, so that an upgrade of the system's locales can't break an index."""
    others = [name for name, collation in indexed.items() if collation != "C"]
    yield from (wrong(f'keys: {name} is not COLLATE "C"') for name in others)
    if indexed and not others:
        yield ok('keys: every indexed text is COLLATE "C"')


def _shown(raw: Raw, name: str) -> str:
    ((value,),) = raw.execute("SELECT current_setting(%s)", [name]).fetchall()
    return str(value)
