"""What the tests of ``python -m patientportal`` share: a file, a database, and a check without the contract."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.command_line.databases import url_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.db"


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The URL of a database of the test's own: a portal's schema always has the same name."""
    name = f"check_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return url_of(request.getfixturevalue("path"))
    found: str = request.getfixturevalue("database")
    return found


@pytest.fixture
def without_testing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra isn't installed, which is also quicker."""
    monkeypatch.setattr("patientportal.self_check.contract.find_spec", lambda _: None)
