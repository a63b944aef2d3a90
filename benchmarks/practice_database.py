"""Stores that already hold a practice: filled without what watches each row, which comes back afterwards."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from benchmarks.practice_rows import fill
from benchmarks.practice_words import POSTGRES, SQLITE, Practice
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.sqlite import SqliteStore

NO_CONSTRAINT = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s AND indexname NOT IN
    (SELECT conname FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE nspname = %s)"""


def filled_sqlite(path: Path, practice: Practice) -> SqliteStore:
    """A new file that holds a practice."""
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-500000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        watching = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in watching:
            connection.execute(f"DROP {kind} {name}")
        connection.execute("BEGIN")
        fill(connection.execute, SQLITE, practice)
        connection.execute("COMMIT")
        for _, _, text in watching:
            connection.execute(text)
        connection.execute("PRAGMA journal_mode=WAL")
    return SqliteStore(path)


def filled_postgres(url: str, schema: str, practice: Practice) -> PostgresStore:
    """A new schema that holds a practice."""
    PostgresStore(url, schema=schema).close()
    with psycopg.connect(url, autocommit=True) as connection, _without_watching(connection, schema):
        fill(lambda text: connection.execute(text.encode()), POSTGRES, practice)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
        connection.execute("VACUUM ANALYZE")
    return PostgresStore(url, schema=schema)


@contextmanager
def _without_watching(connection: psycopg.Connection, schema: str) -> Iterator[None]:
    connection.execute("SELECT set_config('search_path', %s, false), set_config('timezone', 'UTC', false)", [schema])
    connection.execute("SET session_replication_role = replica")  # without triggers and foreign keys
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET maintenance_work_mem = '1GB'")
    indexes = connection.execute(NO_CONSTRAINT, [schema, schema]).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    for _, text in indexes:
        connection.execute(text.encode())
