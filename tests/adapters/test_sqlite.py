"""The store on one SQLite file: the contract, and what is SQLite's own: the file, its locks, forks."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from patientportal.adapters.sqlite import SqliteStore
from patientportal.adapters.sqlite_connections import Connection
from patientportal.domain.accounts.links import Link, LinkStatus, Purpose
from patientportal.domain.errors import AdapterError, TooBusyError
from patientportal.domain.ids import DeliveryId, LinkId, PatientId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.told import NoticeKind
from patientportal.ports.store import Key, Query, Store
from patientportal.testing.store_contract import StoreContract

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ADA = Patient(id=PatientId("ada"), registered_at=NOON)
FULL = 2
IN_MEMORY = 2
HOLD_THE_WRITE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
FORK = """
import os, sys
from datetime import UTC, datetime
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

def register(patient_id):
    with store.transaction() as tx:
        tx.add(Patient(id=patient_id, registered_at=NOON))
        return tx.connection.raw

store = SqliteStore(sys.argv[1])
parents = register("parent")
child = os.fork()
if child == 0:
    own = register("child")
    fresh = own is not parents and register("child again") is own
    store.close()
    os._exit(0 if fresh else 3)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, "the child used its parent's connection"
assert register("parent again") is parents
with store.view() as view:
    assert all(view.find(Key(Patient, (one,))) for one in ("parent", "child", "child again", "parent again"))
"""
DIE_IN_A_BLOCK = """
import sys
from datetime import UTC, datetime
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.patients.patients import Patient

with SqliteStore(sys.argv[1]).transaction() as tx:
    tx.add(Patient(id="ada", registered_at=datetime(2026, 1, 5, 12, 0, tzinfo=UTC)))
    print("inside", flush=True)
    sys.stdin.read()
"""


class TestSqliteStore(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        return lambda: SqliteStore(tmp_path / "portal.db")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


@contextmanager
def another_process(program: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() != "", "the other process failed"
        try:
            yield process
        finally:
            process.kill()


def test_a_new_file_is_for_its_owner_alone(path: Path) -> None:
    SqliteStore(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_write_ahead_log_is_for_the_owner_alone_too(path: Path) -> None:
    store = SqliteStore(path)
    with store.transaction() as tx:
        tx.add(ADA)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == {"portal.db": 0o600, "portal.db-wal": 0o600, "portal.db-shm": 0o600}
    store.close()


def test_a_file_that_is_there_keeps_its_mode(path: Path) -> None:
    path.touch(mode=0o640)
    path.chmod(0o640)
    SqliteStore(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def pragmas(connection: sqlite3.Connection) -> tuple[int, ...]:
    names = "synchronous", "foreign_keys", "trusted_schema", "temp_store", "busy_timeout"
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)


def test_every_connection_waits_for_the_disk_and_minds_foreign_keys(path: Path) -> None:
    store = SqliteStore(path)
    seen: list[tuple[sqlite3.Connection, tuple[int, ...]]] = []

    def look() -> None:
        with store.view() as view:
            raw = view.connection.raw  # type: ignore[attr-defined]
            seen.append((raw, pragmas(raw)))

    with store.transaction() as tx:
        raw = tx.connection.raw  # type: ignore[attr-defined]
        seen.append((raw, pragmas(raw)))
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert [settings for _, settings in seen] == [(FULL, 1, 0, IN_MEMORY, 0)] * 2
    assert seen[0][0] is not seen[1][0]
    store.close()


def test_a_trial_may_do_without_waiting_for_the_disk(path: Path) -> None:
    store = SqliteStore(path, durable=False)
    with store.transaction() as tx:
        assert pragmas(tx.connection.raw)[0] == 0  # type: ignore[attr-defined]
    store.close()


def test_a_state_that_refers_to_nothing_is_not_saved(path: Path) -> None:
    store = SqliteStore(path)
    link = Link(
        patient_id=ADA.id,
        id=LinkId("one"),
        purpose=Purpose.INVITATION,
        status=LinkStatus.OPEN,
        created_at=NOON,
    )
    with pytest.raises(AdapterError) as caught, store.transaction() as tx:
        tx.add(link)
    assert caught.value.reason == "SQLITE_CONSTRAINT_FOREIGNKEY"
    with store.transaction() as tx:
        tx.add(ADA)
        tx.add(link)
    store.close()


def test_only_the_columns_that_differ_are_written(path: Path) -> None:
    said: list[str] = []
    store = SqliteStore(path)
    with store.transaction() as tx:
        tx.add(ADA)
    with store.transaction() as tx:
        connection = tx.connection
        assert isinstance(connection, Connection)
        connection.raw.set_trace_callback(said.append)
        assert tx.get(Key(Patient, (ADA.id,))) == ADA
        tx.put(ADA)
        tx.put(evolve(ADA, deactivated_at=NOON))
        connection.raw.set_trace_callback(None)
    store.close()
    changes = [text for text in said if not text.startswith("SELECT")]
    assert changes == ["UPDATE patients SET deactivated_at = '2026-01-05T12:00:00.000000+00:00' WHERE id = 'ada'"]


def test_another_process_that_keeps_the_lock_too_long_makes_the_store_too_busy(path: Path) -> None:
    store = SqliteStore(path, wait=timedelta(milliseconds=50))
    with another_process(HOLD_THE_WRITE_LOCK, path) as holder:
        with pytest.raises(TooBusyError) as caught, store.transaction():
            pytest.fail("two writers at once")
        assert (caught.value.queue, str(caught.value)) == ("store", "too_busy")
        with store.view() as view:
            assert view.find(Key(Patient, (ADA.id,))) is None
        holder.communicate("over")
    with store.transaction() as tx:
        tx.add(ADA)
    store.close()


def test_a_store_opens_while_another_process_writes(path: Path) -> None:
    SqliteStore(path).close()
    with another_process(HOLD_THE_WRITE_LOCK, path):
        SqliteStore(path, wait=timedelta(milliseconds=50)).close()


def test_a_process_that_is_killed_in_a_block_leaves_nothing_and_holds_nobody_up(path: Path) -> None:
    SqliteStore(path).close()
    with another_process(DIE_IN_A_BLOCK, path) as victim:
        victim.kill()
        assert victim.wait() == -signal.SIGKILL
    store = SqliteStore(path, wait=timedelta(seconds=1))
    with store.transaction() as tx:
        assert tx.get(Key(Patient, (ADA.id,))) is None
        tx.put(ADA)
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_connection_is_not_used_on_both_sides_of_a_fork(path: Path) -> None:
    ran = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", FORK, str(path)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_moment_without_an_offset_is_not_taken_for_some_zone(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises((ValueError, TypeError)), store.transaction() as tx:
        tx.add(evolve(ADA, registered_at=NOON.replace(tzinfo=None)))
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE patients SET registered_at = 'in week 12'",
        "UPDATE deliveries SET kind = 'unheard_of'",
        "UPDATE personal_records SET personal_date_of_birth = 'in May'",
    ],
)
def test_a_row_that_this_release_can_not_read_is_told_as_the_adapters_failure(path: Path, change: str) -> None:
    store = SqliteStore(path)
    personal = PersonalInformation(
        first_name="Ada", last_name="Byron", date_of_birth=date(1980, 12, 10), email="ada@example.org"
    )
    with store.transaction() as tx:
        tx.add(ADA)
        tx.add(PersonalRecord(patient_id=ADA.id, personal=personal))
        tx.add(
            Delivery(
                id=DeliveryId("one"),
                patient_id=ADA.id,
                kind=NoticeKind.ACCOUNT_LOCKED,
                link_id=None,
                created_at=NOON,
                next_try_at=NOON,
            )
        )
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(change)
    with store.view() as view, pytest.raises(AdapterError):
        for state in (Patient, PersonalRecord, Delivery):
            view.select(Query(state=state))
    store.close()


def test_text_that_is_none_is_the_adapters_failure_without_the_text(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(AdapterError) as caught, store.transaction() as tx:
        tx.get(Key(Patient, ("canary\ud800",)))
    assert caught.value.__cause__ is caught.value.__context__ is None
    store.close()
