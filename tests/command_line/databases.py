"""Databases for ``python -m patientportal``, and what it says of them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from patientportal import open_portal
from patientportal.__main__ import main
from patientportal.adapters.sql.migrations import MIGRATIONS

STEP = len(MIGRATIONS)
SECRET = "Tr0ub4dor"
Capture = pytest.CaptureFixture[str]


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def started(path: Path) -> Path:
    """A file on which a portal was open once, with its key."""
    open_portal(url_of(path), zone="Etc/UTC").close()
    return path


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def report(url: str, capsys: Capture) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["check", url])
    return code, capsys.readouterr().out.splitlines()


def lines(level: str, said: list[str]) -> list[str]:
    return [line.removeprefix(level).strip() for line in said if line.startswith(f"{level} ")]
