"""Looking for an open slot: among a million slots, most of them in the past, over the same among ten thousand."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
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
from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import PlaceId, StaffId, VisitTypeId
from patientportal.patient_access import PatientAccess
from patientportal.ports.store import Store
from patientportal.testing import activated, desk, portal

SIZES = (10_000, 100_000, 1_000_000)
PROVIDERS, PLACES = 50, 5
PAST = 0.7
A_PAGE = 25
GOAL_SQLITE, GOAL_POSTGRES = 2.0, 1.3

# Every provider has a slot each half hour, day and night; seven tenths lie behind, and every fourth one is taken.
SLOTS = """INSERT INTO slots (id, provider_id, place_id, zone, starts_at, ends_at, status, patient_id,
        appointment_id)
    SELECT '{size}-' || who || '-' || at, 'dr-' || who, 'place-' || (who % {places}), 'UTC',
        {starts}, {ends}, CASE at % 4 WHEN 3 THEN 'busy' ELSE 'free' END,
        CASE at % 4 WHEN 3 THEN 'nobody' END, CASE at % 4 WHEN 3 THEN 'none' END
    FROM {numbers}"""
ON_SQLITE = {
    "starts": "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', {begin} + 1800 * at, 'unixepoch')",
    "ends": "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', {begin} + 1800 * at + 1800, 'unixepoch')",
    "numbers": """(WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < {each})
        SELECT who.n AS who, at.n AS at FROM numbers at JOIN numbers who ON who.n < {providers} WHERE at.n < {each})""",
}
ON_POSTGRES = {
    "starts": "to_timestamp({begin} + 1800 * at)",
    "ends": "to_timestamp({begin} + 1800 * at + 1800)",
    "numbers": "generate_series(0, {each} - 1) AS at, generate_series(0, {providers} - 1) AS who",
}
SCHEDULES = "INSERT INTO schedules (provider_id, begun_at) VALUES ('dr-{who}', '2020-01-01T00:00:00.000000+00:00')"
FILTERS: dict[str, dict[str, Any]] = {
    "any": {},
    "of a provider": {"provider_id": StaffId("dr-7")},
    "at a place": {"place_id": PlaceId("place-2")},
    "of a kind of visit": {"visit_type_id": VisitTypeId("long")},
    "of a provider at a place": {"provider_id": StaffId("dr-7"), "place_id": PlaceId("place-2")},
}


def figures(effort: float) -> Iterator[Figure]:
    """How many times as long a page takes among so many as among the fewest, with each of the filters."""
    sizes = SIZES if effort >= 1 else SIZES[:2]
    pairs = int(1000 * effort)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="patientportal-bench-")))
        patients = {size: _on_sqlite(stack, folder / f"{size}.db", size) for size in sizes}
        yield from _compared(patients, "SQLite", pairs=pairs, goal=GOAL_SQLITE)
    with ExitStack() as stack:
        url = stack.enter_context(server())
        patients = {size: _on_postgres(stack, url, size) for size in sizes}
        yield from _compared(patients, "PostgreSQL", pairs=pairs, goal=GOAL_POSTGRES)


def _compared(patients: dict[int, PatientAccess], engine: str, *, pairs: int, goal: float) -> Iterator[Figure]:
    fewest, *others = patients
    on = durability(patients[fewest]._env.store)  # noqa: SLF001 - the bench's own
    for name, wanted in FILTERS.items():
        few = partial(patients[fewest].appointments.open_slots, limit=A_PAGE, **wanted)
        for size in others:
            many = partial(patients[size].appointments.open_slots, limit=A_PAGE, **wanted)
            assert len(many().items) == len(few().items) == A_PAGE
            what = f"open slots {name}, {engine}, {size:,} / {fewest:,}"
            yield in_turn(many, few, pairs=pairs).ratio(what, goal=goal, durability=on)


def _on_sqlite(stack: ExitStack, path: Path, size: int) -> PatientAccess:
    me = _patient(stack, SqliteStore(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("DROP TRIGGER slots_apart_when_added")
        _fill(connection.execute, size, ON_SQLITE)
    return me


def _on_postgres(stack: ExitStack, url: str, size: int) -> PatientAccess:
    schema = f"with_{size}"
    me = _patient(stack, PostgresStore(url, schema=schema))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [schema])
        connection.execute("SET session_replication_role = replica")  # without triggers
        _fill(lambda text: connection.execute(text.encode()), size, ON_POSTGRES)
        connection.execute("VACUUM ANALYZE slots")
    return me


def _patient(stack: ExitStack, store: Store) -> PatientAccess:
    notifier = RecordingNotifier()
    one = stack.enter_context(
        portal(store=store, notifier=notifier, clock=CLOCK, new_id=new_uuid7, new_secret=new_secret)
    )
    member = activated(one, notifier)
    desk(one).visit_types.put(VisitType(id=VisitTypeId("long"), name="New patient", length=timedelta(minutes=90)))
    return one.log_in(member.username, member.password)


def _fill(execute: Callable[[str], object], size: int, words: dict[str, str]) -> None:
    """So many slots; what stands in them is told by their numbers."""
    each = size // PROVIDERS
    begin = int(CLOCK().timestamp()) - int(PAST * each) * 1800
    for who in range(PROVIDERS):
        execute(SCHEDULES.format(who=who))
    given = {name: text.format(begin=begin, each=each, providers=PROVIDERS) for name, text in words.items()}
    execute(SLOTS.format(size=size, places=PLACES, **given))
