"""What goes wrong between a store and its file: what failed is not kept, and what passes is not called lasting."""

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import evolve

from patientportal import AdapterError, SqliteStore, Store
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key

ROOT = Path(__file__).parent.parent.parent
ADA = Patient(id=PatientId("ada"), registered_at=datetime(2026, 1, 5, 12, 0, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


def use_up(store: Store) -> None:
    """Two blocks at once, so that a second connection is opened."""
    with ThreadPoolExecutor(1) as threads, store.view():
        threads.submit(look, store).result(10)


def look(store: Store) -> Patient | None:
    with store.view() as view:
        return view.find(Key(Patient, (ADA.id,)))


AS_AN_ORDINARY_USER = """
import os, sys, threading
from patientportal import AdapterError, ConfigurationError
from patientportal.adapters.sqlite import SqliteStore
from tests.adapters.test_sqlite_faults import ADA, look
folder, path = os.path.dirname(sys.argv[1]), sys.argv[1]
if os.geteuid() == 0:
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
store = SqliteStore(path)
"""
READ_ONLY_FOR_A_MOMENT = """
opened, over = threading.Event(), threading.Event()
def hold():
    with store.view():
        opened.set()
        over.wait()
holder = threading.Thread(target=hold)
holder.start()
opened.wait()
os.chmod(path, 0o444)
with store.view():
    over.set()
    holder.join()
os.chmod(path, 0o600)
with store.transaction() as tx:
    tx.add(ADA)
assert look(store) == ADA
"""
READ_ONLY_FOLDER = """
store.close()
os.chmod(folder, 0o555)
try:
    SqliteStore(path)
except ConfigurationError as error:
    assert "SQLITE" not in error.reason, error
else:
    sys.exit("it opened")
"""


@pytest.mark.parametrize("program", [READ_ONLY_FOR_A_MOMENT, READ_ONLY_FOLDER], ids=["for a moment", "for good"])
def test_where_nothing_can_be_written_is_refused_in_plain_words_and_passes_with_its_cause(program: str) -> None:
    with TemporaryDirectory(prefix="patientportal-") as folder:
        Path(folder).chmod(0o755)
        run = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-W", "ignore", "-c", AS_AN_ORDINARY_USER + program, str(Path(folder) / "portal.db")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.returncode, run.stderr) == (0, "")


def test_a_connection_that_failed_is_not_used_again(path: Path) -> None:
    store = SqliteStore(path)
    use_up(store)
    with pytest.raises(AdapterError) as caught, store.transaction() as tx:
        failing = tx.connection
        failing.rows("SELECT * FROM nowhere", [])
    assert caught.value.reason == "SQLITE_ERROR"
    with store.transaction() as tx:
        assert tx.connection is not failing
        tx.add(ADA)
    assert look(store) == ADA
    store.close()


def test_a_full_disk_is_named_and_saves_nothing(path: Path) -> None:
    store = SqliteStore(path)
    with store.transaction() as tx:
        ((pages,),) = tx.connection.rows("PRAGMA page_count", [])
        tx.connection.rows(f"PRAGMA max_page_count={pages}", [])
    with pytest.raises(AdapterError) as caught, store.transaction() as tx:
        for number in range(10_000):
            tx.add(evolve(ADA, id=PatientId(f"patient-{number}")))
    assert caught.value.reason == "SQLITE_FULL"
    with store.transaction() as tx:
        tx.add(ADA)
    assert look(store) == ADA
    store.close()


def test_without_a_file_descriptor_left_the_adapter_failed_and_the_set_up_is_right(path: Path) -> None:
    store = SqliteStore(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with store.view():
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with ThreadPoolExecutor(1) as threads:
                refused = threads.submit(look, store).exception(10)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert isinstance(refused, AdapterError)
    assert look(store) is None
    store.close()
