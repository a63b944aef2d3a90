"""Every query that the library makes is found by an index on both engines, and none sorts more than its page."""

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.practice_database import filled_postgres
from benchmarks.practice_words import Practice
from patientportal.adapters.postgres import PostgresDialect
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import SqliteDialect, SqliteStore
from patientportal.application.pages import LIMIT_MAX
from patientportal.ports.store import Query
from tests.adapters.listening import Heard, listening, shape, sites
from tests.adapters.use_cases import do_everything

PRACTICE = Practice(patients=1_000)
THROUGH_ALL = {
    "directory.entries": "a practice has few providers, places and kinds of visits",
    "directory.entries_for_patients": "the same",
    "restoring._all": "once after a restore, batch by batch",
    "restoring._last_at": "once after a restore",
}
"""Who asks for a whole table, and why they may."""
SORTED = {
    "desk.of_day": "one day",
    "link_requests._mailed_open": "a patient's open links: one for each purpose",
    "links.made_within": "a patient's links, of which the old ones are swept",
    "recovery._linked_since": "the same",
}
"""Who has what was found sorted, and why it is little."""
SMALL = {"covers", "places", "providers", "visit_types"}
"""What a practice has few of: PostgreSQL reads the one page of it."""


@pytest.fixture(scope="module")
def heard() -> Heard:
    with listening() as (heard, store):
        do_everything(store)
    return heard


def test_each_query_in_the_source_was_made_by_some_use_case(heard: Heard) -> None:
    assert sites() - heard.made_at == set()


def of_each_shape(heard: Heard, dialect: SqliteDialect | PostgresDialect) -> Iterator[tuple[str, str, list[Any]]]:
    """Who asks, and the statement and values of one query of each text."""
    statements, seen = Statements(dialect), set()
    for query in heard.asked:
        text, values = statements.selected(query)
        if text not in seen:
            seen.add(text)
            yield _maker(heard, query), text, values


def _maker(heard: Heard, query: Query[Any]) -> str:
    return min(heard.makers[shape(query)])


def test_sqlite_searches_by_an_index(heard: Heard, tmp_path: Path) -> None:
    SqliteStore(tmp_path / "portal.db").close()  # it plans by the tables alone
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection:
        plans = [
            (maker, text, [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)])
            for maker, text, values in of_each_shape(heard, SqliteDialect())
        ]
    assert [plan for plan in plans if not is_short(*plan)] == []


def is_short(maker: str, text: str, plan: list[str]) -> bool:
    first, *others = plan
    is_by_index = first.startswith("SEARCH") or ("WHERE" not in text and "LIMIT" in text and not others)
    is_of_patient = "WHERE patient_id = ?" not in text or "patient_id=?" in first
    return maker in THROUGH_ALL or (is_by_index and is_of_patient and (not others or maker in SORTED))


@pytest.fixture(scope="module")
def of_a_practice(postgres_url: str) -> Iterator[psycopg.Connection]:
    schema = f"test_{uuid.uuid4().hex}"
    filled_postgres(postgres_url, schema, PRACTICE).close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
        yield connection
        connection.execute("SET client_min_messages TO warning")
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def planned(connection: psycopg.Connection, text: str, values: list[Any]) -> dict[str, Any]:
    """The plan for these values."""
    return _top(connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode(), values))


def planned_for_any(connection: psycopg.Connection, text: str, _: list[Any]) -> dict[str, Any]:
    """The plan for whatever values, to which a prepared statement may come."""
    numbers = count(1)
    numbered = re.sub("%s", lambda _: f"${next(numbers)}", text)
    return _top(connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {numbered}".encode()))


def _top(explained: psycopg.Cursor[Any]) -> dict[str, Any]:
    (((one,),),) = explained.fetchall()
    plan: dict[str, Any] = one["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("plan_of", [planned, planned_for_any])
def test_postgres_searches_by_an_index(
    heard: Heard, of_a_practice: psycopg.Connection, plan_of: Callable[..., dict[str, Any]]
) -> None:
    plans = [
        (maker, text, node)
        for maker, text, values in of_each_shape(heard, PostgresDialect())
        for node in nodes(plan_of(of_a_practice, text, values))
    ]
    assert [plan for plan in plans if not is_cheap(*plan)] == []


def is_cheap(maker: str, text: str, node: dict[str, Any]) -> bool:
    if maker in THROUGH_ALL or node.get("Relation Name") in SMALL:
        return True
    match node["Node Type"]:
        case "Seq Scan":
            return False
        case "Index Scan" | "Index Only Scan" | "Bitmap Index Scan":
            return "Index Cond" in node or "WHERE" not in text
        case "Sort" | "Incremental Sort":
            return maker in SORTED or node["Plans"][0]["Plan Rows"] <= LIMIT_MAX
        case _:
            return True
