"""Growth: each list and each use case among 10,000,000 events, sessions and payments over the same among 1,000.

It takes an hour on a small machine, and 35 GB of its disk, so it is run by name alone; quickly, it ends at 100,000.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import growth_sweep
from benchmarks.growth_cases import CASES, IN_TURN, World
from benchmarks.measure import ROUNDS, Figure, Pairs, timed
from benchmarks.postgres import server
from benchmarks.practice_database import filled_postgres, filled_sqlite
from benchmarks.practice_words import A_DAY_S, EACH, HANDFUL, YEARS_S, Practice
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.sqlite import SqliteStore
from patientportal.ports.store import Store

SIZES = (1_000, 100_000, 10_000_000)
"""How many events, sessions and payments each; a twentieth as many patients."""
A_MONTH = Practice(
    patients=HANDFUL,
    each={
        "events": 40,
        "sessions": 20,
        "payments": 10,
        "statements": 10,
        "appointments": 10,
    },  # a page of each, or more
    history_s=30 * A_DAY_S,
)
TWENTY_YEARS = Practice(
    patients=HANDFUL,
    each={"events": 5_000, "sessions": 1_500, "payments": 600, "statements": 240, "appointments": 400},
    history_s=4 * YEARS_S,
)
GOAL_SQLITE, GOAL_POSTGRES = 2.0, 1.3
PAIRS, PAIRS_MIN = 200, 40
SWEPT_FOR_S = 10
Practices = Mapping[str, Practice]


def figures(effort: float) -> Iterator[Figure]:
    """How many times as long it takes in a large practice, and for patients with a long history; and the sweep."""
    sizes = SIZES if effort >= 1 else SIZES[:2]
    by_size = {f"{size:,}": Practice(patients=size // EACH["events"]) for size in sizes}
    by_history = {"a month": A_MONTH, "20 years": TWENTY_YEARS}
    for on_engine in (_on_sqlite, _on_postgres):
        yield from on_engine(by_size, effort, sweeps=True)
        yield from on_engine(by_history, effort, sweeps=False)


def _on_sqlite(practices: Practices, effort: float, *, sweeps: bool) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        paths = {name: Path(folder, f"{at}.db") for at, name in enumerate(practices)}
        for name, one in practices.items():
            filled_sqlite(paths[name], one)
        stores = {name: SqliteStore(path, durable=False) for name, path in paths.items()}
        yield from compared(practices, stores, "SQLite", goal=GOAL_SQLITE, effort=effort)
        if sweeps:
            *_, (name, largest) = practices.items()
            growth_sweep.age_on_sqlite(paths[name])
            yield from growth_sweep.figures(
                partial(SqliteStore, paths[name]),
                f"SQLite, {name}",
                patients=largest.patients,
                for_s=SWEPT_FOR_S,
            )


def _on_postgres(practices: Practices, effort: float, *, sweeps: bool) -> Iterator[Figure]:
    with ExitStack() as stack:
        url = stack.enter_context(server(durable=False))
        schemas = {name: f"with_{at}" for at, name in enumerate(practices)}
        for name, one in practices.items():
            filled_postgres(url, schemas[name], one)
        stores = {name: PostgresStore(url, schema=schema) for name, schema in schemas.items()}
        yield from compared(practices, stores, "PostgreSQL", goal=GOAL_POSTGRES, effort=effort)
        if sweeps:
            *_, (name, largest) = practices.items()
            growth_sweep.age_on_postgres(url, schemas[name])
            yield from growth_sweep.figures(
                partial(PostgresStore, url, schema=schemas[name], connections_max=growth_sweep.WRITERS),
                f"PostgreSQL, {name}",
                patients=largest.patients,
                for_s=SWEPT_FOR_S,
            )


def compared(
    practices: Practices, stores: Mapping[str, Store], engine: str, *, goal: float, effort: float
) -> Iterator[Figure]:
    """Each case in all of these, in turn, over the first of them."""
    with ExitStack() as stack:
        worlds = {name: World(store, practices[name].patients) for name, store in stores.items()}
        for world in worlds.values():
            stack.enter_context(world.portal)
        fewest, *others = worlds
        for what in CASES:
            pairs = _in_turn(worlds, what, each=max(PAIRS_MIN, int(PAIRS * effort)))
            for name in others:
                yield pairs[name].ratio(f"{what}, {engine}, {name} / {fewest}", goal=goal)


def _in_turn(worlds: Mapping[str, World], what: str, *, each: int) -> dict[str, Pairs]:
    """One operation in each world after the other, so that a noisy machine is as noisy to all."""
    first, *others = worlds
    operations = {name: partial(CASES[what], world) for name, world in worlds.items()}
    for operation in operations.values():
        for _ in range(IN_TURN):  # what is met for the first time is read from the disk, in any practice
            operation()
    pairs = {name: Pairs() for name in others}
    for _ in range(ROUNDS):
        took = [{name: timed(operation) for name, operation in operations.items()} for _ in range(each // ROUNDS)]
        for name in others:
            pairs[name].rounds.append([(one[name], one[first]) for one in took])
    return pairs
