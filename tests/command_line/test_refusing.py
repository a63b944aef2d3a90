"""``python -m patientportal`` refuses what will not do in one plain line, without a secret in it."""

import os
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
    "arguments", [[], [f"postgresql://ada:{SECRET}@host/x"], ["check"], ["check", "sqlite:///a.db", SECRET]]
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
