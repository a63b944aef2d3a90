"""An exception out of a signal, at whatever moment, leaves no lock, no open block and no lost connection behind."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.length import LENGTH, times

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """An engine, and a place of the test's own."""
    if request.param == "sqlite":
        yield "sqlite", str(tmp_path / "portal.db")
        return
    url, schema = request.getfixturevalue("postgres_url"), f"test_{uuid.uuid4().hex}"
    yield "postgres", f"{url} {schema}"
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("SET client_min_messages TO warning")
        raw.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def interrupted(*arguments: str) -> int:
    """How often the program was interrupted, and all was well again."""
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "tests.adapters.interrupted", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def test_after_an_interrupt_at_any_moment_the_next_call_works(engine: tuple[str, str]) -> None:
    assert interrupted(*engine, "signals", str(times(60))) == times(60)


def test_after_an_interrupt_at_one_line_after_the_other_the_next_call_works(engine: tuple[str, str]) -> None:
    """At every third line in the suite, at each of them in the long form."""
    assert interrupted(*engine, "lines", "3" if LENGTH == 1 else "1") > 50
