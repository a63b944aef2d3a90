"""One database for many processes: a portal of this one on it, and races of others, on both engines."""

import json
import math
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import patientportal
from patientportal import Portal, RecordingNotifier, SandboxProcessor
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.testing import CheapHasher, Member, activated, invited, portal

ROOT = Path(__file__).parents[1]
Call = tuple[str, dict[str, Any]]
Round = list[list[list[Call]]]  # of processes, of threads
Answer = dict[str, Any]
Rows = Callable[..., list[Any]]


class Pace:
    """How often each race is run, from which seed; a long one tells what it measured."""

    def __init__(self, request: pytest.FixtureRequest, tell: Callable[[str, object], None]) -> None:
        self._rounds = request.config.getoption("rounds", None)
        self._first = request.config.getoption("seed", 0)
        self.tell = tell

    @property
    def is_long(self) -> bool:
        return self._rounds is not None

    def number(self, short: int, share: float) -> int:
        """So many in the suite; in the long form this share of its rounds."""
        return short if self._rounds is None else math.ceil(self._rounds * share)

    def seeds(self, short: int, share: float = 1) -> range:
        """A seed for each round."""
        seeds = range(self._first, self._first + self.number(short, share))
        self.tell("seeds", f"{seeds[0]} to {seeds[-1]}")
        return seeds


class Clinic:
    """One database, a portal of this process on it, and races of other processes."""

    def __init__(self, name: str, store: tuple[str, dict[str, Any]], history: Path) -> None:
        self.name = name
        self._store = store
        self._history = history
        self.mail = history.with_name("mail.jsonl")
        self.ledger = history.with_name("ledger.db")
        self.processor = SandboxProcessor(self.ledger)
        self.notifier = RecordingNotifier()
        kind, arguments = store
        self.portal: Portal = portal(
            store=getattr(patientportal, kind)(**arguments),
            hasher=CheapHasher(),
            notifier=self.notifier,
            payments=self.processor,
            clock=utc_now,
            new_id=new_uuid7,
            new_secret=new_secret,
        )

    def member(self, username: str) -> Member:
        return activated(self.portal, self.notifier, username)

    def link(self) -> str:
        return invited(self.portal, self.notifier)[1]

    def start(self, *rounds: Round, ahead_s: float = 0) -> "subprocess.Popen[str]":
        """A race that runs; its clocks are so many seconds ahead of this process's."""
        race = subprocess.Popen(
            [sys.executable, "-m", "tests.races.race"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PGAPPNAME": self.name},
            start_new_session=True,
        )
        assert race.stdin is not None
        files = {"mail": str(self.mail), "ledger": str(self.ledger)}
        race.stdin.write(json.dumps({"store": self._store, **files, "ahead_s": ahead_s, "rounds": rounds}))
        race.stdin.close()
        return race

    def race(self, *rounds: Round, ahead_s: float = 0) -> list[Answer]:
        """The answers, once every process has ended well."""
        with self.start(*rounds, ahead_s=ahead_s) as race:
            assert race.stdout is not None
            answers = self.recorded(list(race.stdout))
        assert race.returncode == 0
        assert len(answers) == sum(len(calls) for one in rounds for threads in one for calls in threads)
        return answers

    def recorded(self, lines: list[str]) -> list[Answer]:
        """The answers, also kept for whoever wants to know what happened."""
        with self._history.open("a") as file:
            file.writelines(lines)
        return [json.loads(line) for line in lines]

    def mailed(self) -> list[Answer]:
        """Each message that was told, in order: which process told it, its id, to whom, with which link."""
        lines = self.mail.read_text().splitlines(keepends=True) if self.mail.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]  # one may be half written

    @contextmanager
    def snapshot(self) -> Iterator[Rows]:
        """What SELECTs answer, all of one moment."""
        raise NotImplementedError
        yield

    def rows(self, text: str, *values: object) -> list[Any]:
        with self.snapshot() as rows:
            return rows(text, *values)

    def change(self, text: str) -> None:
        """Executes a statement that changes something, and commits it."""
        raise NotImplementedError

    def bury(self) -> None:
        """Nothing that a killed process began goes on."""

    def hold_whole(self) -> None:
        """The engine finds no fault in its own files."""

    def deadlocks(self) -> int:
        """How many the engine has ended for this clinic; one that has one writer at a time never meets one."""
        return 0

    def close(self) -> None:
        self.portal.close()


class SqliteClinic(Clinic):
    def __init__(self, folder: Path) -> None:
        self._file = folder / "clinic.db"
        super().__init__("race", ("SqliteStore", {"path": str(self._file)}), folder / "history.jsonl")

    @contextmanager
    def snapshot(self) -> Iterator[Rows]:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield lambda text, *values: connection.execute(text, values).fetchall()

    def change(self, text: str) -> None:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(text)

    def hold_whole(self) -> None:
        assert self.rows("PRAGMA integrity_check") == [("ok",)]
        assert self.rows("PRAGMA foreign_key_check") == []


class PostgresClinic(Clinic):
    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        name = f"race_{uuid.uuid4().hex}"
        arguments = {"url": url, "schema": name, "connections_max": 3}  # of the server's 100
        super().__init__(name, ("PostgresStore", arguments), folder / "history.jsonl")
        self._deadlocks_before: int = self._deadlocks()  # of tests that want one

    @contextmanager
    def snapshot(self) -> Iterator[Rows]:
        with psycopg.connect(self._url, options=f"-c search_path={self.name}", autocommit=True) as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield lambda text, *values: connection.execute(text.replace("?", "%s").encode(), values).fetchall()

    def change(self, text: str) -> None:
        with psycopg.connect(self._url, options=f"-c search_path={self.name}", autocommit=True) as connection:
            connection.execute(text.encode())

    def bury(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = %s",
                [self.name],
            )

    def deadlocks(self) -> int:
        return self._deadlocks() - self._deadlocks_before

    def _deadlocks(self) -> int:
        ((deadlocks,),) = self.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(deadlocks)

    def close(self) -> None:
        super().close()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SET client_min_messages TO warning")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.name)))
