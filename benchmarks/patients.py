"""Finding patients: among a million over the same among ten thousand, by name, birth date and phone, and recovery's."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from benchmarks.database import CLOCK
from benchmarks.hand import durability
from benchmarks.measure import Figure, in_turn
from benchmarks.postgres import server
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sqlite import SqliteStore
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.values.sameness import FOLDING
from patientportal.portal import Portal
from patientportal.ports.store import Store
from patientportal.testing import activated, desk, person, portal

SIZES = (10_000, 100_000, 1_000_000)
GOAL = 2.0
FOUND = 10
BORN, TEN_BORN, NONE_BORN = date(2000, 1, 1), date(2001, 1, 1), date(1900, 1, 1)
A_NAME: dict[str, Any] = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "date_of_birth": BORN,
    "email": "grace@example.org",
}

# Ten people share a last name, one in a hundred is called Frequent; ten were born on one day, the others before.
PEOPLE = (
    """INSERT INTO patients (id, registered_at, deactivated_at)
        SELECT {id}, '2020-01-01T00:00:00.000000+00:00', NULL FROM {numbers}""",
    """INSERT INTO personal_records (patient_id, personal_first_name, personal_last_name, personal_date_of_birth,
            personal_email, personal_phone, folding)
        SELECT {id}, {first}, {last}, {born}, 'x@example.org', '+1 317 ' || {phone}, {folding} FROM {numbers}""",
    "INSERT INTO recovery_names (patient_id, person_hash) SELECT {id}, {hash} FROM {numbers}",
)
A_WORD = (
    "INSERT INTO search_words (patient_id, of, word, date_of_birth) SELECT {id}, '{of}', {word}, {born} FROM {numbers}"
)
OF_EACH = (
    ("last_name", "lower({last})"),
    ("name", "lower({first})"),
    ("name", "lower({last})"),
    ("name", "lower({first} || {last})"),
    ("name", "lower({last} || {first})"),
    ("phone", "{phone}"),
)
WORDS = {
    "folding": str(FOLDING),
    "first": "'First' || (n % 1000)",
    "last": "CASE n % 100 WHEN 99 THEN 'Frequent' ELSE 'Last' || (n % {names}) END",
}
ON_SQLITE = WORDS | {
    "id": "printf('%07d', n)",
    "phone": "printf('%07d', n)",
    "born": "CASE WHEN n < 10 THEN '2001-01-01' ELSE date('1990-01-01', '-' || (n % 30000) || ' days') END",
    "hash": "randomblob(32)",
    "numbers": """(WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < {size} - 1)
        SELECT n FROM numbers) AS all_numbers""",
}
ON_POSTGRES = WORDS | {
    "id": "lpad(n::text, 7, '0')",
    "phone": "lpad(n::text, 7, '0')",
    "born": "CASE WHEN n < 10 THEN date '2001-01-01' ELSE date '1990-01-01' - (n % 30000) END",
    "hash": "sha256(n::text::bytea)",
    "numbers": "generate_series(0, {size} - 1) AS n",
}
KNOWN: dict[str, tuple[dict[str, Any], int]] = {
    "a last name": ({"last_name": "Last7"}, 10),
    "a frequent last name": ({"last_name": "Frequent"}, 100),
    "a last name and a birth date": ({"last_name": "Last7", "date_of_birth": TEN_BORN}, 1),
    "both names": ({"text": "Hopper, Grace"}, 1),
    "a phone": ({"phone": "(317) 000-0042"}, 1),
    "a birth date": ({"date_of_birth": TEN_BORN}, 10),
    "a phone and a last name": ({"phone": "317 000 0042", "last_name": "Last42"}, 1),
    "nobody's name": ({"text": "Nobody Atall"}, 0),
}


def figures(effort: float) -> Iterator[Figure]:
    """How many times as long it takes among so many as among the fewest."""
    sizes = SIZES[::2] if effort >= 1 else SIZES[:2]
    pairs = int(500 * effort)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="patientportal-bench-")))
        portals = {size: _on_sqlite(stack, folder / f"{size}.db", size) for size in sizes}
        yield from _compared(portals, "SQLite", pairs=pairs)
    with ExitStack() as stack:
        url = stack.enter_context(server())
        portals = {size: _on_postgres(stack, url, size) for size in sizes}
        yield from _compared(portals, "PostgreSQL", pairs=pairs)


def _compared(portals: dict[int, Portal], engine: str, *, pairs: int) -> Iterator[Figure]:
    fewest, most = portals
    on = durability(portals[most]._env.store)  # noqa: SLF001 - the bench's own
    few, many = (desk(portals[size]).patients for size in (fewest, most))
    for name, (known, number) in KNOWN.items():
        found = [len(patients.find(**known)) for patients in (few, many)]
        assert found == [number, number], (name, found)
        what = f"by {name}, {engine}, {most:,} / {fewest:,}"
        yield in_turn(partial(many.find, **known), partial(few.find, **known), pairs=pairs).ratio(
            what, goal=GOAL, durability=on
        )
    somebody, nobody = (
        person(**A_NAME),
        person(**A_NAME | {"last_name": "Nobody", "date_of_birth": NONE_BORN}),
    )
    recovered = [portals[size].recovery.forgot_username for size in (most, fewest)]
    ours, theirs = (partial(forgot, somebody) for forgot in recovered)
    yield in_turn(ours, theirs, pairs=pairs).ratio(
        f"forgotten username, {engine}, {most:,} / {fewest:,}", goal=GOAL, durability=on
    )
    unknown = partial(recovered[0], nobody)
    yield in_turn(ours, unknown, pairs=pairs).ratio(f"forgotten username, {engine}, somebody / nobody", durability=on)


def _on_sqlite(stack: ExitStack, path: Path, size: int) -> Portal:
    one = _portal(stack, SqliteStore(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        _fill(connection.execute, size, ON_SQLITE)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return one


def _on_postgres(stack: ExitStack, url: str, size: int) -> Portal:
    schema = f"with_{size}"
    one = _portal(stack, PostgresStore(url, schema=schema))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
        _fill(lambda text: connection.execute(text.encode()), size, ON_POSTGRES)
        connection.execute("VACUUM ANALYZE")
    return one


def _portal(stack: ExitStack, store: Store) -> Portal:
    notifier = RecordingNotifier()
    one = stack.enter_context(
        portal(store=store, notifier=notifier, clock=CLOCK, new_id=new_uuid7, new_secret=new_secret)
    )
    activated(one, notifier, **A_NAME)
    return one


def _fill(execute: Callable[[str], object], size: int, words: dict[str, str]) -> None:
    """So many patients; what is known of them is told by their numbers."""
    given = {name: text.format(size=size, names=size // FOUND) for name, text in words.items()}
    for text in PEOPLE:
        execute(text.format(**given))
    for of, word in OF_EACH:
        execute(A_WORD.format(of=of, word=word.format(**given), **given))
