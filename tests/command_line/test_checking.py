"""``python -m patientportal`` migrates and checks, on both engines, and says what is wrong."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from patientportal.__main__ import main
from patientportal.self_check import Level
from patientportal.self_check.contract import findings_of
from patientportal.self_check.postgres import of_obstacles, of_skew, of_timeout
from patientportal.self_check.sqlite import of_release
from tests.command_line.databases import SECRET, STEP, Capture, changed, lines, report, started, url_of

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


A_STORE_THAT_STAYS_OPEN = """
from patientportal.adapters.sqlite import SqliteStore
SqliteStore.close = lambda self: None
"""


def test_migrating_says_from_which_step_to_which_and_then_that_nothing_is_left(url: str, capsys: Capture) -> None:
    assert main(["migrate", url]) == 0
    assert main(["migrate", url]) == 0
    assert capsys.readouterr().out == f"migrated from step 0 to step {STEP}\nup to date: step {STEP}\n"


def test_migrating_makes_no_key(path: Path) -> None:
    main(["migrate", url_of(path)])
    assert not path.with_name("clinic.db.key").exists()


def test_a_sound_database_is_found_sound_with_the_whole_contract(url: str, capsys: Capture) -> None:
    main(["migrate", url])
    code, said = report(url, capsys)
    assert lines("WRONG", said) == []
    assert code == 0
    assert f"database: at step {STEP}, which is this release's" in lines("ok", said)
    (promises,) = (line for line in lines("ok", said) if line.startswith("contract: all "))
    assert int(promises.split()[2]) > 50


@pytest.mark.usefixtures("without_testing")
def test_without_pytest_the_contract_is_left_out_and_that_is_said(path: Path, capsys: Capture) -> None:
    code, said = report(url_of(started(path)), capsys)
    assert code == 0
    assert "contract: left out; install patientportal[testing] and check again" in lines("note", said)


@pytest.mark.usefixtures("without_testing")
def test_a_check_of_a_file_changes_and_leaves_nothing(path: Path, capsys: Capture) -> None:
    started(path)
    before = path.read_bytes()
    report(url_of(path), capsys)
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} == {"clinic.db", "clinic.db.key"}


@pytest.mark.usefixtures("without_testing")
def test_a_check_of_a_new_database_leaves_no_schema(database: str, capsys: Capture) -> None:
    code, said = report(database, capsys)
    assert code == 0
    assert any(line.startswith("isolation of a transaction") for line in lines("ok", said))
    assert any(line.startswith(f"database: at step 0 of {STEP};") for line in lines("note", said))
    with psycopg.connect(database) as connection:
        schemas = {name for (name,) in connection.execute("SELECT nspname FROM pg_namespace")}
    assert {name for name in schemas if not name.startswith(("pg_", "information_"))} == {"public"}


@pytest.mark.usefixtures("without_testing")
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda path: path.chmod(0o640), "clinic.db: mode 0640 lets others in; chmod 600 it"),
        (lambda path: key(path).chmod(0o604), "clinic.db.key: mode 0604 lets others in; chmod 600 it"),
        (lambda path: key(path).write_bytes(b""), "clinic.db.key: holds no key; put the one from your backup there"),
        (lambda path: changed(path, "PRAGMA journal_mode=DELETE"), "journal mode of the file: delete; it must be wal"),
        (
            lambda path: changed(path, "INSERT INTO portal_migrations VALUES (99, '')"),
            f"database: at step 99, made by a newer release; this one knows {STEP}",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    path: Path, capsys: Capture, spoil: Callable[[Path], object], complaint: str
) -> None:
    spoil(started(path))
    code, said = report(url_of(path), capsys)
    assert lines("WRONG", said) == [complaint]
    assert code == 1


def key(path: Path) -> Path:
    return path.with_name(f"{path.name}.key")


@pytest.mark.usefixtures("without_testing")
def test_what_is_wrong_with_a_server_is_said(database: str, capsys: Capture) -> None:
    main(["migrate", database])
    name = urlsplit(database).path.removeprefix("/")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off".encode())
        connection.execute('CREATE TABLE patientportal.other (id text COLLATE "POSIX" PRIMARY KEY)')
    code, said = report(database, capsys)
    assert lines("WRONG", said) == [
        "synchronous_commit: off; a power cut may take answered commits back",
        'keys: other.id is not COLLATE "C"',
    ]
    assert code == 1


@pytest.mark.usefixtures("without_testing")
def test_who_may_make_no_schema_is_told_what_was_left_out(database: str, capsys: Capture) -> None:
    role = f"guest_{uuid.uuid4().hex}"
    parts = urlsplit(database)
    host = parts.netloc.rpartition("@")[2]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'".encode())
        try:
            code, said = report(parts._replace(netloc=f"{role}:{SECRET}@{host}").geturl(), capsys)
        finally:
            connection.execute(f"DROP ROLE {role}".encode())
    assert code == 0
    assert any(line.startswith("scratch: this user may make no schema") for line in lines("note", said))
    assert SECRET not in "".join(said)


def test_a_store_that_breaks_a_promise_is_told_by_a_process_that_ends_with_1(path: Path) -> None:
    started(path)
    changes = path.parent / "changes"
    changes.mkdir()
    (changes / "sitecustomize.py").write_text(A_STORE_THAT_STAYS_OPEN)
    roots = os.pathsep.join([str(changes), *filter(None, sys.path)])
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "patientportal", "check", url_of(path)],
        env=os.environ | {"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert lines("WRONG", run.stdout.splitlines()) == ["contract: broken: a closed store refuses to be used"]
    assert (run.returncode, run.stderr) == (1, "")


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        (0, "73 passed in 4.1s", ["ok    contract: all 73 promises of a store were kept in a scratch place"]),
        (1, "FAILED a.py::TestHere::test_it_holds - x\n1 failed, 72 passed", ["WRONG contract: broken: it holds"]),
        (1, "ERROR a.py::TestHere::test_it_holds - x\n1 passed, 1 error", ["WRONG contract: broken: it holds"]),
        (0, "no tests ran", ["WRONG contract: could not be run (pytest ended with 0)"]),
        (4, f"ERROR: no such thing {SECRET}", ["WRONG contract: could not be run (pytest ended with 4)"]),
    ],
)
def test_only_the_names_of_the_promises_come_out_of_pytest(code: int, output: str, said: list[str]) -> None:
    assert [str(finding) for finding in findings_of(code, output)] == said


@pytest.mark.parametrize(
    ("release", "levels"),
    [
        ((3, 6, 99), [Level.WRONG]),
        ((3, 36, 0), [Level.WRONG, Level.NOTE]),
        ((3, 37, 0), [Level.NOTE]),
        ((3, 51, 2), [Level.NOTE]),
        ((3, 51, 3), []),
    ],
)
def test_the_known_faults_of_sqlites_releases_are_noted(release: tuple[int, int, int], levels: list[Level]) -> None:
    assert [finding.level for finding in of_release(release)] == levels


@pytest.mark.parametrize(
    ("skew_ms", "said"),
    [
        (0, "ok    clock: the database's is 0 ms ahead"),
        (1000, "ok    clock: the database's is 1000 ms ahead"),
        (-1001, "note  clock: the database's is 1001 ms behind; keep both by NTP"),
        (1001, "note  clock: the database's is 1001 ms ahead; keep both by NTP"),
    ],
)
def test_clocks_more_than_a_second_apart_are_noted(skew_ms: int, said: str) -> None:
    asked = timedelta(milliseconds=40)
    server = NOON + asked / 2 + timedelta(milliseconds=skew_ms)
    assert str(of_skew(NOON, server, NOON + asked)) == said


def test_nothing_is_tried_through_a_pooler_nor_where_no_schema_may_be_made() -> None:
    assert of_obstacles(is_direct=True, may_make_schemas=True) is None
    for is_direct, may_make_schemas, word in ((False, True, "pooler"), (True, False, "no schema")):
        obstacle = of_obstacles(is_direct=is_direct, may_make_schemas=may_make_schemas)
        assert obstacle is not None
        assert word in obstacle.text


def test_a_wait_without_an_end_is_wrong() -> None:
    assert of_timeout("lock_timeout", "0").level is Level.WRONG
    assert of_timeout("lock_timeout", "10s").level is Level.OK
    assert of_timeout("transaction_timeout", "").level is Level.NOTE
