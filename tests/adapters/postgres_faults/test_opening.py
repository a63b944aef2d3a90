"""Opening a store on PostgreSQL: whom it refuses, which steps it makes once, and what the schema is then like."""

import time
import typing
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import psycopg
import pytest
from attrs import fields, has, resolve_types
from psycopg.conninfo import make_conninfo

from patientportal import AdapterError, ConfigurationError, PostgresStore
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.migrations import MIGRATIONS, Migration
from patientportal.domain.events import Event
from patientportal.domain.messages.facts import Facts
from patientportal.domain.values.known_days import KnownDay, PartialDate
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import kept_in, patient, save
from tests.adapters.postgres_faults.server import (
    AN_ANSWER_S,
    SHORT_WAIT,
    Asked,
    Opened,
    hear_everything,
    python,
    told,
    until,
)

PLAIN_TYPES: dict[type, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    bytes: "bytea",
    date: "date",
    datetime: "timestamp with time zone",
    timedelta: "bigint",
    PartialDate: "text",
}


# Opening.

PASSWORD = "hunter2hunter2"


@pytest.mark.parametrize(
    ("url", "setting"),
    [
        (f"postgresql://u:{PASSWORD}@127.0.0.1:1/nowhere", "database"),
        (f"postgresql://u:{PASSWORD}%ZZ@127.0.0.1:1/nowhere", "url"),
        (f"{PASSWORD} host=127.0.0.1", "url"),
    ],
)
def test_a_database_that_can_not_be_reached_is_said_soon_and_without_the_password(
    url: str, setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    hear_everything(caplog)
    began = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        PostgresStore(url, wait=SHORT_WAIT)
    assert time.monotonic() - began < 5
    assert caught.value.setting == setting
    assert PASSWORD not in told(caught.value, caplog.records)
    assert "127.0.0.1" not in told(caught.value, [])


def test_a_schema_of_a_newer_release_is_refused(store: Store, opened: Opened, asked: Asked, schema: str) -> None:
    asked("INSERT INTO portal_migrations VALUES (%s, now())", len(MIGRATIONS) + 1)
    store.close()
    with pytest.raises(ConfigurationError) as caught:
        opened()
    assert "newer release" in caught.value.reason
    gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    until(lambda: asked(gone, schema) == [(0,)])


def test_a_step_that_fails_leaves_nothing_and_may_be_repeated(
    store: Store, opened: Opened, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, patient())
    create = "CREATE TABLE more (id {id} PRIMARY KEY){end}"
    number = len(MIGRATIONS) + 1
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, Migration(number, (create, create))))
    with pytest.raises(AdapterError):
        opened()
    assert asked("SELECT to_regclass('more')") == [(None,)]
    assert asked("SELECT max(number) FROM portal_migrations") == [(number - 1,)]
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, Migration(number, (create,))))
    opened()
    assert asked("SELECT to_regclass('more')::text") == [("more",)]
    assert kept_in(store) == {type(patient()): [patient()]}


OPENS = """
import sys
from patientportal import PostgresStore

print("ready", flush=True)
sys.stdin.readline()
PostgresStore(sys.argv[1], schema=sys.argv[2]).close()
"""


def test_processes_that_open_one_new_schema_together_make_it_once(
    postgres_url: str, schema: str, asked: Asked, opened: Opened
) -> None:
    processes = [python(OPENS, postgres_url, schema) for _ in range(3)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        with process:
            assert process.wait(AN_ANSWER_S) == 0
    steps = asked("SELECT number FROM portal_migrations ORDER BY number")
    assert steps == [(migration.number,) for migration in MIGRATIONS]
    assert kept_in(opened()) == {}


def test_a_user_who_may_not_make_tables_is_told_so(postgres_url: str) -> None:
    role = f"role_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN")
        try:
            with pytest.raises(ConfigurationError, match="may not make tables"):
                PostgresStore(make_conninfo(postgres_url, user=role), schema=role)
        finally:
            owner.execute(f"DROP ROLE {role}")


# What the schema is like.


def column_types(state: type[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The type that the column of each field must have, by the field's own type."""
    resolve_types(state)
    for field in fields(state):
        name = prefix + field.name
        of_either = set(typing.get_args(field.type)) - {type(None)}
        is_known_in_part = of_either == set(typing.get_args(KnownDay))
        wanted = PartialDate if is_known_in_part else next(iter((*of_either, field.type)))
        wanted = getattr(wanted, "__supertype__", wanted)
        if typing.get_origin(field.type) is tuple or wanted is Facts:
            yield name, "jsonb"
        elif wanted is Event:
            yield from ((f"{name}_name", "text"), (f"{name}_version", "bigint"), (f"{name}_data", "jsonb"))
        elif has(wanted) and wanted is not PartialDate:
            yield from column_types(wanted, f"{name}_")
        elif issubclass(wanted, Enum):
            yield name, "text"
        else:
            yield name, PLAIN_TYPES[wanted]


OF_EACH_KIND = pytest.mark.parametrize("state", KINDS, ids=lambda state: state.__name__)


@OF_EACH_KIND
@pytest.mark.usefixtures("store")
def test_a_column_has_the_type_of_its_field(asked: Asked, schema: str, state: type[Any]) -> None:
    columns = asked(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        schema,
        KINDS[state].table,
    )
    assert dict(columns) == dict(column_types(state))


@pytest.mark.usefixtures("store")
def test_every_index_sorts_text_by_its_bytes(asked: Asked, schema: str) -> None:
    others = asked(
        """SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indexrelid, unnest(indcollation) one
        WHERE relnamespace = %s::regnamespace AND one NOT IN (0, 'pg_catalog."C"'::regcollation)""",
        schema,
    )
    assert others == []


def _condition(name: str, value: object) -> str:
    return f"({name} IS NULL)" if value is None else f"({name} = '{value}')"


@OF_EACH_KIND
@pytest.mark.usefixtures("store")
def test_what_is_unique_in_the_database_is_what_the_kind_declares(asked: Asked, state: type[Any]) -> None:
    kind = KINDS[state]
    found = asked(
        """SELECT array_agg(attname::text), max(replace(pg_get_expr(indpred, indrelid), '::text', ''))
        FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indisunique AND indrelid = %s::regclass GROUP BY indexrelid""",
        kind.table,
    )
    declared = {(frozenset(one.fields), one.among and _condition(*one.among)) for one in kind.unique}
    assert {(frozenset(names), among) for names, among in found} == declared | {(frozenset(kind.key), None)}
