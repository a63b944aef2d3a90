"""``backup`` and ``restore`` by real processes: whole copies while others write, and nothing put back under anybody."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from patientportal import (
    LinkInvalidError,
    Money,
    PaymentDetails,
    Portal,
    RecordingNotifier,
    SandboxProcessor,
    SandboxSource,
    SessionEndedError,
    StatementId,
    backups,
    open_portal,
)
from patientportal.__main__ import main
from patientportal.testing import ANSWERS, BORN, CheapHasher, Member, activated, desk, invited, person
from tests.command_line.databases import Capture, changed, started, url_of

DOLLAR = Money.parse("1.00", "USD")
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("ready", flush=True)
sys.stdin.readline()
"""
READ = "SELECT count(*) FROM patients"
WRITER = """
import itertools, sys
from patientportal import open_portal
from patientportal.testing import CheapHasher, desk, person
with open_portal(sys.argv[1], zone="Etc/UTC", hasher=CheapHasher()) as portal:
    for n in itertools.count():
        desk(portal).patients.register(person(email=f"p{n}@example.org"))
        print(n, flush=True)
"""


def opened(path: Path, **named: Any) -> Portal:
    return open_portal(url_of(path), zone="Etc/UTC", hasher=CheapHasher(), **named)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "backup").mkdir()
    return tmp_path / "backup" / "clinic.db"


@contextmanager
def holding(path: Path, *statements: str) -> Iterator[None]:
    """Another process with a connection on a file, which has said these and is idle now."""
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", HOLDER, str(path), *statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.communicate("go\n")


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def rows(path: Path, text: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


def key_of(path: Path) -> Path:
    return path.with_name(path.name + ".key")


# Backing up


def test_a_backup_is_one_whole_file_for_its_owner_alone_with_the_key_beside_it(
    path: Path, copy: Path, capsys: Capture
) -> None:
    with opened(path, notifier=RecordingNotifier()) as portal:
        desk(portal).patients.register(person())
        assert main(["backup", url_of(path), str(copy)]) == 0
    assert capsys.readouterr().out == "backed up to clinic.db and its key beside it\n"
    assert set(files(copy.parent)) == {"clinic.db", "clinic.db.key"}
    assert {one.stat().st_mode & 0o777 for one in copy.parent.iterdir()} == {0o600}
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    assert key_of(copy).read_bytes() == key_of(path).read_bytes()


def test_a_backup_beside_a_process_that_writes_holds_all_that_was_answered_before_it(path: Path, copy: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", WRITER, url_of(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(20)][-1] + 1
        assert main(["backup", url_of(path), str(copy)]) == 0
        writer.kill()
    ((kept,),) = rows(copy, READ)
    assert kept >= answered
    assert rows(copy, "SELECT count(*) FROM events") == [(kept,)], "of one moment"


def test_a_backup_never_writes_over_anything_and_leaves_nothing_half_made(
    path: Path, copy: Path, capsys: Capture
) -> None:
    started(path)
    for taken in (copy, key_of(copy)):
        taken.write_bytes(b"dear")
        assert main(["backup", url_of(path), str(copy)]) == 1
        assert f"{taken.name} is there already" in capsys.readouterr().err
        assert files(copy.parent) == {taken.name: b"dear"}
        taken.unlink()
    assert main(["backup", url_of(path), str(copy / "no" / "folder")]) == 1
    assert main(["backup", url_of(path.with_name("none.db")), str(copy)]) == 1
    assert files(copy.parent) == {}


def test_a_backup_without_a_key_beside_the_file_says_so(path: Path, copy: Path, capsys: Capture) -> None:
    main(["migrate", url_of(path)])
    capsys.readouterr()
    assert main(["backup", url_of(path), str(copy)]) == 0
    assert "no key stood beside the file" in capsys.readouterr().out
    assert set(files(copy.parent)) == {"clinic.db"}


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_of_postgresql_it_says_how_and_that_nothing_was_done(
    database: str, copy: Path, capsys: Capture, command: str
) -> None:
    arguments = [database, str(copy)] if command == "backup" else [str(copy), database]
    assert main([command, *arguments]) == 1
    said = capsys.readouterr().out
    assert said.startswith("nothing was ")
    assert {"backup": "pg_dump", "restore": "pg_restore"}[command] in said
    assert database not in said


# Putting back


def test_what_is_put_back_lets_nobody_in_by_what_was_ended_since_and_says_what_to_compare(
    path: Path, copy: Path, capsys: Capture
) -> None:
    notifier, processor = RecordingNotifier(), SandboxProcessor()
    with opened(path, notifier=notifier, payments=processor) as portal:
        member = activated(portal, notifier)
        me, bill = portal.log_in(member.username, member.password), owes(portal, member)
        pending = me.statements.pay(bill, DOLLAR, source=SandboxSource.TIME_OUT)
        desk(portal).support.send_password_reset(member.patient_id)
        portal.work()
        reset = str(notifier.messages[-1].link).partition("#")[2]
        assert main(["backup", url_of(path), str(copy)]) == 0
        me.log_off()
        paid = pays(portal, member, bill)
        assert paid.status == "settled"
    capsys.readouterr()
    assert main(["restore", str(copy), url_of(path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "put back clinic.db; what stood there is in clinic.db.before-restore\nended 1 sessions and 1 "
    )
    assert f"pending {pending.payment_id} 1.00 USD" in said
    assert "1 payments whose end the copy doesn't know" in said
    assert rows(path.with_name("clinic.db.before-restore"), "SELECT status FROM payments ORDER BY requested_at") == [
        ("pending",),
        ("settled",),
    ]
    with opened(path, notifier=notifier, payments=processor) as portal:
        with pytest.raises(SessionEndedError):
            portal.resume(me.token)
        with pytest.raises(LinkInvalidError):
            portal.check_link(reset)
        again = pays(portal, member, bill)
        assert (again.payment_id, again.status) == (paid.payment_id, "settled")
        assert [one.key for one in processor.charges()] == [paid.payment_id], "the same form asks for the same charge"
        (entry,) = [
            one
            for one in portal.log_in(member.username, member.password).account.history().items
            if one.what == "restored_from_backup"
        ]
        assert entry.by == "system"
    assert path.stat().st_mode & 0o777 == 0o600


def owes(portal: Portal, member: Member) -> StatementId:
    return desk(portal).statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 2),
        due_on=datetime.now(UTC).date() + timedelta(days=366),
        document=b"%PDF",
        media_type="application/pdf",
    )


def pays(portal: Portal, member: Member, bill: StatementId) -> PaymentDetails:
    """The patient sends a form, which has a key of its own."""
    me = portal.log_in(member.username, member.password)
    return me.statements.pay(bill, DOLLAR, source=SandboxSource.APPROVE, idempotency_key="form-1")


@pytest.mark.parametrize(
    "said",
    [
        (READ,),
        ("BEGIN", READ),
        ("BEGIN IMMEDIATE",),
        pytest.param((), marks=pytest.mark.skipif(not Path("/proc").exists(), reason="nobody lists open files")),
    ],
    ids=["idle after reading", "reading", "writing", "has only opened it"],
)
def test_nothing_is_put_back_while_another_process_has_the_file(
    path: Path, copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, said: tuple[str, ...]
) -> None:
    if said:
        monkeypatch.setattr(backups, "PROCESSES", copy.parent)  # as where nobody lists open files: the lock alone
    started(path)
    assert main(["backup", url_of(path), str(copy)]) == 0
    with holding(path, *said):
        before = {name: content for name, content in files(path.parent).items() if not name.endswith("-shm")}
        assert main(["restore", str(copy), url_of(path)]) == 1
        assert "somebody has the file open" in capsys.readouterr().err
        now = {name: content for name, content in files(path.parent).items() if not name.endswith("-shm")}
        assert now == before
    assert main(["restore", str(copy), url_of(path)]) == 0


def test_what_a_killed_process_left_in_the_log_goes_with_the_file_and_not_into_the_copy(path: Path, copy: Path) -> None:
    started(path)
    assert main(["backup", url_of(path), str(copy)]) == 0
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", WRITER, url_of(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(5)][-1] + 1
        writer.kill()
    assert path.with_name("clinic.db-wal").stat().st_size > 0
    assert main(["restore", str(copy), url_of(path)]) == 0
    assert rows(path, READ) == [(0,)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    kept = path.with_name("clinic.db.before-restore")
    assert rows(kept, READ)[0][0] >= answered
    assert rows(kept, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.skipif(not Path("/proc").exists(), reason="nobody lists open files")
def test_who_opens_the_file_while_it_is_put_back_has_it_back(
    path: Path, copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(path)
    changed(path, "CREATE TABLE here (one)")
    assert main(["backup", url_of(path), str(copy)]) == 0
    before = path.stat().st_ino
    swap, late = backups._swap, []

    def swapped(made: Path, at: Path) -> None:
        late.append(holding(at))
        late[0].__enter__()
        swap(made, at)

    monkeypatch.setattr(backups, "_swap", swapped)
    assert main(["restore", str(copy), url_of(path)]) == 1
    assert "somebody has the file open" in capsys.readouterr().err
    late[0].__exit__(None, None, None)
    assert path.stat().st_ino == before
    assert set(files(path.parent)) == {"clinic.db", "clinic.db.key"}


def test_a_file_that_is_gone_or_broken_is_put_back_too(path: Path, copy: Path) -> None:
    started(path)
    key = key_of(path).read_bytes()
    assert main(["backup", url_of(path), str(copy)]) == 0
    path.write_bytes(b"\0" * 100_000)
    assert main(["restore", str(copy), url_of(path)]) == 0
    assert rows(path, READ) == [(0,)]
    assert path.with_name("clinic.db.before-restore").read_bytes() == b"\0" * 100_000
    for one in list(path.parent.iterdir()):
        if one.is_file():
            one.unlink()
    assert main(["restore", str(copy), url_of(path)]) == 0
    assert (rows(path, READ), key_of(path).read_bytes()) == ([(0,)], key)
    opened(path).close()


def test_another_key_that_stood_there_stays_beside_the_one_that_the_copy_was_made_with(path: Path, copy: Path) -> None:
    started(path)
    key = key_of(path).read_bytes()
    assert main(["backup", url_of(path), str(copy)]) == 0
    key_of(path).write_bytes(b"k" * 32)
    assert main(["restore", str(copy), url_of(path)]) == 0
    assert key_of(path).read_bytes() == key
    assert path.with_name("clinic.db.before-restore.key").read_bytes() == b"k" * 32
    assert key_of(path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("wrong", ["no copy", "no portal's", "no database", "before", "half made"])
def test_what_cant_be_put_back_leaves_everything_as_it_is(path: Path, copy: Path, capsys: Capture, wrong: str) -> None:
    started(path)
    main(["backup", url_of(path), str(copy)])
    if wrong == "no copy":
        copy.unlink()
    elif wrong == "no portal's":
        copy.unlink()
        changed(copy, "CREATE TABLE notes (one)")
    elif wrong == "no database":
        copy.write_text("Dear diary, " * 100)
    elif wrong == "before":
        path.with_name("clinic.db.before-restore").write_bytes(b"dear")
    else:
        path.with_name("clinic.db.making").write_bytes(b"dear")
    before = files(path.parent)
    assert main(["restore", str(copy), url_of(path)]) == 1
    assert "configuration" in capsys.readouterr().err
    assert files(path.parent) == before


def test_a_database_that_was_put_back_by_other_means_is_told_so(database: str, capsys: Capture) -> None:
    notifier = RecordingNotifier()
    usual: dict[str, Any] = {"zone": "Etc/UTC", "secret_key": os.urandom(32), "link_base_url": "https://portal.example"}
    with open_portal(database, hasher=CheapHasher(), notifier=notifier, **usual) as portal:
        member = activated(portal, notifier)
        me = portal.log_in(member.username, member.password)
        _, link = invited(portal, notifier, email="second@example.org")
        assert main(["restored", database]) == 0
        assert "ended 1 sessions and 1 links" in capsys.readouterr().out
        with pytest.raises(SessionEndedError):
            portal.resume(me.token)
        with pytest.raises(LinkInvalidError):
            portal.activate(
                link,
                date_of_birth=BORN,
                username="second",
                password="amber lantern 77 drifts",
                security_answers=ANSWERS,
            )
        assert main(["restored", database]) == 0
        assert "ended 0 sessions and 0 links" in capsys.readouterr().out
