"""How a test of one step writes what stood in a database before it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sqlite import SqliteStore
from patientportal.ports.store import Store

NOW = "'2026-01-05T09:00:00.000000+00:00'"


def opener(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Opens one database of this engine, with the steps that there are then."""
    if engine == "postgres":
        postgres: Callable[[], Store] = request.getfixturevalue("postgres")
        return postgres
    return lambda: SqliteStore(tmp_path / "portal.db")


def say(store: Store, statements: str) -> None:
    """Says something to the database as it is, in its own words; ``NOW`` is a moment."""
    with store.transaction() as tx:
        connection: Any = tx.connection  # type: ignore[attr-defined]
        for statement in statements.replace("NOW", NOW).split(";"):
            connection.change(statement, ())


def write_before(opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, *, steps: int, statements: str) -> None:
    """Says something to a database that has had so many steps, as ``say`` does."""
    with monkeypatch.context() as older:
        older.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:steps])
        store = opened()
        say(store, statements)
        store.close()
