"""The tables of a SQLite file and the kinds and events of the core say the same."""

import importlib
import pkgutil
import re
import sqlite3
import types
import typing
from collections.abc import Iterator
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from attrs import fields, has, resolve_types

from patientportal import domain
from patientportal.adapters.sql.mapping import table
from patientportal.adapters.sqlite import SqliteDialect, SqliteStore
from patientportal.domain import events
from patientportal.domain.events import Event
from patientportal.domain.messages.facts import Facts
from patientportal.domain.outcomes import plan
from patientportal.domain.patients import catalogue as patients
from patientportal.domain.statements.payments import Payment
from patientportal.ports.catalogue import EVENTS, KINDS, LOCK_ORDER, ROOMS

OF_EACH_KIND = pytest.mark.parametrize("state", KINDS, ids=lambda state: state.__name__)
CLOSED_LIST = re.compile(r"(\w+) TEXT NOT NULL CHECK \(\1 IN \(([^)]*)\)\)")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("schema") / "portal.db"
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def domain_classes() -> Iterator[type[Any]]:
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        loaded = importlib.import_module(module.name)
        yield from (one for one in vars(loaded).values() if isinstance(one, type) and one.__module__ == module.name)


def parts(wanted: Any) -> Iterator[type[Any]]:
    """The classes in an annotation, without ``None``."""
    arguments = typing.get_args(wanted)
    if arguments:
        for argument in arguments:
            yield from parts(argument)
    elif wanted not in {types.NoneType, Ellipsis}:
        yield getattr(wanted, "__supertype__", wanted)


def saved_by_outcomes(*hows: str) -> set[type[Any]]:
    found: set[type[Any]] = set()
    for outcome in filter(has, domain_classes()):
        resolve_types(outcome)
        saved = {name for name, how in plan(outcome) if how in hows}
        for field in fields(outcome):
            of = parts(field.type) if field.name in saved else ()
            found.update(one for part in of for one in getattr(part, "__constraints__", (part,)))
    return found


SHOWN_ALONE = {(Payment, "status"): {"refunding", "refunded"}}
"""The members of closed lists that are shown and never kept."""


def condition(name: str, value: object) -> str:
    """Of which rows something is unique."""
    return f"{name} IS NULL" if value is None else f"{name} = '{value}'"


def optional_columns(state: type[Any], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Each column of a state, and whether its field may be ``None``."""
    resolve_types(state)
    for field in fields(state):
        (wanted, *_), optional = tuple(parts(field.type)), types.NoneType in typing.get_args(field.type)
        if wanted is Event:
            yield from ((f"{prefix}{field.name}_{part}", False) for part in ("name", "version", "data"))
        elif has(wanted) and wanted is not Facts and typing.get_origin(field.type) is not tuple:
            yield from optional_columns(wanted, f"{prefix}{field.name}_")
        else:
            yield prefix + field.name, optional


def closed_lists(state: type[Any], prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    resolve_types(state)
    for field in fields(state):
        for wanted in parts(field.type):
            if issubclass(wanted, Enum):
                yield prefix + field.name, {member.value for member in wanted}
            elif has(wanted) and typing.get_origin(field.type) is not tuple:
                yield from closed_lists(wanted, f"{prefix}{field.name}_")


def unique_indexes(database: sqlite3.Connection, name: str) -> set[tuple[frozenset[str], str | None]]:
    """The columns of each unique index of a table, and the condition under which it holds.

    That one of the columns isn't NULL is none: NULL is like no other anyway, and the index is the smaller for it.
    """
    found = set()
    for _, index, unique, _, partial in database.execute(f"PRAGMA index_list({name})").fetchall():
        if unique:
            columns = frozenset(row[2] for row in database.execute(f"PRAGMA index_info({index})"))
            (text,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [index]).fetchone() or (None,)
            condition = str(text).partition("WHERE ")[2] if partial else None
            is_none = condition in {f"{column} IS NOT NULL" for column in columns}
            found.add((columns, None if is_none else condition))
    return found


def test_the_order_of_the_locks_names_every_kind_once() -> None:
    declared = [kind.table for room in (events, patients, *ROOMS) for kind in room.KINDS]
    assert sorted(LOCK_ORDER) == sorted(declared)


def test_there_is_a_table_for_each_kind_and_no_other(database: sqlite3.Connection) -> None:
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {kind.table for kind in KINDS.values()} | {"portal_migrations"}


@OF_EACH_KIND
def test_there_is_a_column_for_each_field_and_no_other(database: sqlite3.Connection, state: type[Any]) -> None:
    columns = {row[1] for row in database.execute(f"PRAGMA table_info({KINDS[state].table})")}
    mapped = [column.name for column in table(state, SqliteDialect()).columns]
    assert columns == set(mapped) == {name for name, _ in optional_columns(state)}
    assert len(mapped) == len(set(mapped))


@OF_EACH_KIND
def test_a_column_may_be_null_where_its_field_may_be_none(database: sqlite3.Connection, state: type[Any]) -> None:
    rows = database.execute(f"PRAGMA table_info({KINDS[state].table})").fetchall()
    nullable = {name: not (not_null or in_key) for _, name, _, not_null, _, in_key in rows}
    assert nullable == dict(optional_columns(state))


@OF_EACH_KIND
def test_the_primary_key_is_the_kinds_key_in_its_order(database: sqlite3.Connection, state: type[Any]) -> None:
    rows = database.execute(f"PRAGMA table_info({KINDS[state].table})").fetchall()
    assert tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]) == KINDS[state].key


@OF_EACH_KIND
def test_what_is_unique_in_the_table_is_what_the_kind_declares(database: sqlite3.Connection, state: type[Any]) -> None:
    kind = KINDS[state]
    declared = {(frozenset(unique.fields), unique.among and condition(*unique.among)) for unique in kind.unique}
    assert unique_indexes(database, kind.table) == declared | {(frozenset(kind.key), None)}


@OF_EACH_KIND
def test_a_closed_list_in_the_table_has_every_member(database: sqlite3.Connection, state: type[Any]) -> None:
    (text,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [KINDS[state].table]).fetchone()
    checked = {name: set(re.findall(r"'(\w+)'", values)) for name, values in CLOSED_LIST.findall(text)}
    members = {name: of - SHOWN_ALONE.get((state, name), set()) for name, of in closed_lists(state)}
    assert checked == {name: members.get(name) for name in checked}


def test_every_kind_belongs_to_the_core_and_none_shares_a_table() -> None:
    assert len({kind.table for kind in KINDS.values()}) == len(KINDS)
    assert all(kind.state is state for state, kind in KINDS.items())
    assert set(KINDS) <= set(domain_classes())


def test_every_state_that_an_outcome_saves_is_a_kind() -> None:
    saved = saved_by_outcomes("add", "put")
    assert saved
    assert saved <= set(KINDS)


def test_every_event_can_be_kept_and_none_shares_its_name() -> None:
    events = {one for one in domain_classes() if issubclass(one, Event) and one is not Event}
    assert set(EVENTS.values()) == events
    assert len(EVENTS) == len(events)
    assert saved_by_outcomes("record") <= events


def test_every_event_is_kept_under_its_own_name() -> None:
    assert {name: event.name for name, event in EVENTS.items()} == {name: name for name in EVENTS}
    assert all(type(event.version) is int and event.version >= 1 for event in EVENTS.values())


GLOBAL = {
    *("usernames", "log_in_guards", "recovery_guards", "deliveries", "portal_migrations"),
    *("providers", "places", "visit_types", "schedules", "slots", "covers"),
}
ACROSS_PATIENTS = {
    "appointments_one_a_slot",
    "personal_records_by_external_id",
}  # docs/distribution.md says what becomes of it


def test_every_key_and_every_unique_index_of_what_a_patient_owns_begins_with_the_patient(
    database: sqlite3.Connection,
) -> None:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= GLOBAL
    for name in tables - GLOBAL:
        patient = "id" if name == "patients" else "patient_id"
        found = database.execute(f"PRAGMA index_list({name})").fetchall()
        indexes = [index for _, index, unique, *_ in found if unique and index not in ACROSS_PATIENTS]
        keys = [database.execute(f"PRAGMA index_info({index})").fetchone()[2] for index in indexes]
        assert keys, name
        assert set(keys) == {patient}, name
