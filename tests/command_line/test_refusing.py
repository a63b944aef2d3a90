"""``python -m patientportal`` refuses what will not do in one plain line, without a secret in it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from patientportal.__main__ import main
from tests.command_line.databases import SECRET, Capture, changed, started, url_of


@pytest.mark.parametrize("command", ["migrate", "check"])
@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{SECRET}@127.0.0.1:1/clinic",
        f"postgresql://ada:a/{SECRET}@127.0.0.1:1/clinic",
        f"postgresql://127.0.0.1:1/clinic?password={SECRET}&nonsense=1",
        f"sqlite://ada:{SECRET}@host/clinic.db",
        f"mysql://ada:{SECRET}@host/clinic",
        f"http://[{SECRET}",
        "memory://",
        "",
    ],
)
def test_a_url_that_will_not_do_is_one_plain_line_without_its_secret(command: str, url: str, capsys: Capture) -> None:
    assert main([command, url]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("patientportal: configuration: ")
    assert said.err.count("\n") == 1
    assert SECRET not in said.out + said.err


@pytest.mark.parametrize("command", ["migrate", "check"])
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_bytes(b"no database " * 100), "can't be read (SQLITE_NOTADB)"),
        (lambda path: changed(path, "CREATE TABLE recipes (name TEXT)"), "holds something other than a portal"),
        (lambda path: path.mkdir(), "can't be read (SQLITE_"),
    ],
)
def test_a_file_that_will_not_do_is_one_plain_line(
    command: str, path: Path, capsys: Capture, spoil: Callable[[Path], object], reason: str
) -> None:
    spoil(path)
    assert main([command, url_of(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"patientportal: configuration: database: the file {reason}")
    assert said.count("\n") == 1


def test_a_server_that_is_not_there_and_a_url_that_is_none_are_told_apart(capsys: Capture) -> None:
    for url, reason in (
        ("postgresql://127.0.0.1:1/clinic", "can't be reached"),
        ("postgresql://127.0.0.1:1/clinic?nonsense=1", "can't be read (is the URL right?)"),
    ):
        assert main(["check", url]) == 1
        assert capsys.readouterr().err == f"patientportal: configuration: database: {reason}\n"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("import _no_such_module", "No module named '_no_such_module'"),
        ("raise ImportError('no pq wrapper available.\\nAttempts made:')", "no pq wrapper available."),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "check", "work"])
def test_a_driver_that_can_not_be_imported_is_told_with_why(
    command: str, broken: str, why: str, tmp_path: Path
) -> None:
    """A bug of others: a driver that lacks a library of the system is told as one that isn't installed."""
    (tmp_path / "psycopg.py").write_text(broken)
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "PATIENTPORTAL_ZONE": "Etc/UTC",
        "PATIENTPORTAL_LINK_BASE_URL": "https://portal.example",
        "PATIENTPORTAL_SMTP_HOST": "localhost",
        "PATIENTPORTAL_SENDER": "portal@clinic.example",
        "PATIENTPORTAL_PRACTICE": "Clinic",
    }
    line = [sys.executable, "-m", "patientportal", command, "postgresql://127.0.0.1:1/clinic"]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stderr) == (
        1,
        f"patientportal: configuration: url: install patientportal[postgres] ({why})\n",
    )


def test_a_database_of_a_newer_release_is_not_migrated(path: Path, capsys: Capture) -> None:
    changed(started(path), "INSERT INTO portal_migrations VALUES (99, '')")
    assert main(["migrate", url_of(path)]) == 1
    assert "was made by a newer release (step 99;" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["migrate", "check"])
def test_a_file_of_another_user_is_left_alone(
    command: str, path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 4711)
    assert main([command, url_of(path)]) == 1
    assert "the file belongs to another user; run this as that one" in capsys.readouterr().err
    assert {file.name for file in path.parent.iterdir()} == {"clinic.db", "clinic.db.key"}


def test_checking_makes_no_file(path: Path, capsys: Capture) -> None:
    assert main(["check", url_of(path)]) == 1
    assert "there is no such file; migrate makes it" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize(
    "arguments", [[], [f"postgresql://ada:{SECRET}@host/x"], ["nothing"], ["check", "sqlite:///a.db", SECRET]]
)
def test_what_was_typed_wrongly_is_not_repeated(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: python -m patientportal")
    assert SECRET not in said


def test_help_names_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["-h"])
    assert ended.value.code == 0
    assert {"migrate", "check"} <= set(capsys.readouterr().out.split())
