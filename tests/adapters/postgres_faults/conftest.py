"""What the tests of PostgreSQL's faults share: a schema of their own, a store on it, and a link that can be cut."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from patientportal import PostgresStore
from tests.adapters.postgres_faults.server import Asked, Opened, Proxy, raw_connection


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    with closing(Proxy(postgres_url)) as one:
        yield one


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    yield name
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute("SET client_min_messages TO warning")
        raw.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture
def opened(postgres_url: str, schema: str) -> Iterator[Opened]:
    """Opens stores on the test's schema, and closes them after it; the server knows them by the schema's name."""
    stores = []

    def open_one(url: str = postgres_url, **named: Any) -> PostgresStore:
        stores.append(PostgresStore(make_conninfo(url, application_name=schema), schema=schema, **named))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Opened) -> PostgresStore:
    return opened()


@pytest.fixture
def asked(postgres_url: str, schema: str) -> Asked:
    """Runs one statement as somebody else, and commits it."""

    def ask(text: str, *values: Any) -> list[Any]:
        with raw_connection(postgres_url, schema) as raw:
            cursor = raw.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return ask


@pytest.fixture
def through(store: PostgresStore, proxy: Proxy, opened: Opened) -> Iterator[PostgresStore]:
    """A store behind the proxy, with one connection, and the schema there already."""
    del store
    with closing(opened(proxy.url, connections_max=1)) as one:
        yield one
