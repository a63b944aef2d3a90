"""How a SQLite file comes to look as it does: new, older, newer, foreign and broken files."""

import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.migrations import MIGRATIONS, Migration
from patientportal.adapters.sql.steps import unclear_payments
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.errors import AdapterError, ConfigurationError
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements.payments import Payment
from patientportal.domain.values.money import Money
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, Query, Store

ADA = Patient(id=PatientId("ada"), registered_at=datetime(2026, 1, 5, 12, 0, tzinfo=UTC))
NEXT = len(MIGRATIONS) + 1
A_STEP_MORE = (*MIGRATIONS, Migration(NEXT, ("CREATE TABLE more (id {id} PRIMARY KEY){end}",)))
A_STEP_THAT_FAILS = (
    *MIGRATIONS,
    Migration(NEXT, ("CREATE TABLE more (id {id} PRIMARY KEY){end}", "CREATE TABLE more (id {id} PRIMARY KEY){end}")),
)
OPEN_TOGETHER = """
import sys
from patientportal.adapters.sqlite import SqliteStore
from patientportal.domain.patients.patients import Patient
from datetime import UTC, datetime

print("ready", flush=True)
sys.stdin.readline()
store = SqliteStore(sys.argv[1])
with store.transaction() as tx:
    tx.add(Patient(id=sys.argv[2], registered_at=datetime(2026, 1, 5, 12, 0, tzinfo=UTC)))
store.close()
"""
PROCESSES = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


def asked(path: Path, text: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


def tables(path: Path) -> set[str]:
    return {name for (name,) in asked(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def steps(path: Path) -> list[int]:
    return [number for (number,) in asked(path, "SELECT number FROM portal_migrations ORDER BY number")]


A_PATIENT = "INSERT INTO patients (id, registered_at) VALUES ('ada', '2026-01-05T12:00:00.000000+00:00')"


def register(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(A_PATIENT)


def is_registered(path: Path) -> bool:
    store = SqliteStore(path)
    with store.view() as view:
        found = view.find(Key(Patient, (ADA.id,)))
    store.close()
    return found == ADA


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SqliteStore(path)
    assert caught.value.setting == "database"
    assert str(path) not in str(caught.value)
    return caught.value.reason


def test_the_steps_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("there", [False, True], ids=["no file", "an empty file"])
def test_a_new_file_takes_every_step(path: Path, *, there: bool) -> None:
    if there:
        path.touch()
    SqliteStore(path).close()
    assert steps(path) == [migration.number for migration in MIGRATIONS]
    assert tables(path) == {kind.table for kind in KINDS.values()} | {"portal_migrations"}


def test_a_file_that_took_every_step_takes_none_again(path: Path) -> None:
    register(path)
    before = asked(path, "SELECT * FROM portal_migrations")
    assert is_registered(path)
    assert asked(path, "SELECT * FROM portal_migrations") == before


def test_an_older_file_takes_the_steps_that_it_lacks_and_keeps_what_it_holds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(path)
    monkeypatch.setattr(migrations, "MIGRATIONS", A_STEP_MORE)
    assert is_registered(path)
    assert steps(path) == [migration.number for migration in A_STEP_MORE]
    assert "more" in tables(path)


def test_a_newer_file_is_refused_and_left_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "MIGRATIONS", A_STEP_MORE)
        register(path)
    reason = refusal(path)
    assert f"step {NEXT}" in reason
    assert f"knows {len(MIGRATIONS)}" in reason
    monkeypatch.setattr(migrations, "MIGRATIONS", A_STEP_MORE)
    assert is_registered(path)


def test_a_step_that_fails_on_a_new_file_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(migrations, "MIGRATIONS", A_STEP_THAT_FAILS)
        with pytest.raises(AdapterError):
            SqliteStore(path)
    assert tables(path) == set()
    register(path)


def test_a_step_that_fails_on_an_older_file_leaves_it_older(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(path)
    with monkeypatch.context() as broken:
        broken.setattr(migrations, "MIGRATIONS", A_STEP_THAT_FAILS)
        with pytest.raises(AdapterError):
            SqliteStore(path)
    assert "more" not in tables(path)
    assert steps(path) == [migration.number for migration in MIGRATIONS]
    assert is_registered(path)


def test_processes_that_start_at_once_on_a_new_file_all_succeed(path: Path) -> None:
    started = [
        subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", OPEN_TOGETHER, str(path), f"patient-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in started] == [""] * PROCESSES
    assert steps(path) == [migration.number for migration in MIGRATIONS]
    assert asked(path, "SELECT count(*) FROM patients") == [(PROCESSES,)]


def test_a_file_of_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    before = path.read_bytes()
    assert refusal(path) == "the file holds something other than a portal"
    assert path.read_bytes() == before


def test_a_file_of_something_else_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    assert refusal(path) == "the file holds something other than a portal"
    assert tables(path) == {"notes"}


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("Dear diary, " * 100)
    assert refusal(path) == "the file isn't a SQLite database"
    assert path.read_text() == "Dear diary, " * 100


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "the file can't be opened"


def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing" / "portal.db") == "the file can't be opened"
    assert not (tmp_path / "missing").exists()


def test_a_file_inside_a_file_is_refused(path: Path) -> None:
    path.write_text("not a folder")
    assert refusal(path / "portal.db") == "the file can't be opened"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_is_refused(path: Path) -> None:
    register(path)
    path.chmod(0o400)
    assert refusal(path) == "the file can't be opened"


BEFORE_UNCLEAR_PAYMENTS = next(one.number for one in MIGRATIONS if one.statements is unclear_payments.STATEMENTS) - 1
HASH = "61" * 32
A_PAYMENT = """INSERT INTO payments (patient_id, id, statement_id, amount_minor_units, amount_currency, is_full,
    source_hash, requested_at, status, look_at) VALUES ('ada', 'pay-1', 's-1', 1000, 'USD', {false}, {hash},
    '2026-01-05T12:00:00.000000+00:00', 'pending', '2026-01-05T12:06:00.000000+00:00')"""
A_STATEMENT = """INSERT INTO statements (patient_id, id, number, balance_minor_units, balance_currency, issued_on,
    due_on, uploaded_at, status, paid_minor_units, pending_minor_units) VALUES ('ada', 's-1', 'A-1', 1000, 'USD',
    '2026-01-01', '2026-02-01', '2026-01-05T12:00:00.000000+00:00', 'current', 0, 1000)"""


def test_payments_of_before_are_kept_and_none_of_them_is_unclear(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(migrations, "MIGRATIONS", MIGRATIONS[:BEFORE_UNCLEAR_PAYMENTS])
        register(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(A_STATEMENT)
        connection.execute(A_PAYMENT.format(false="0", hash=f"x'{HASH}'"))
    hold_the_payment(SqliteStore(path))
    with pytest.raises(sqlite3.IntegrityError), closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE payments SET charged_minor_units = 1000")


def test_payments_of_before_are_kept_on_postgresql_too(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = f"test_{uuid.uuid4().hex}"
    with monkeypatch.context() as older:
        older.setattr(migrations, "MIGRATIONS", MIGRATIONS[:BEFORE_UNCLEAR_PAYMENTS])
        PostgresStore(postgres_url, schema=schema).close()
    with psycopg.connect(postgres_url, options=f"-c search_path={schema}") as raw:
        raw.execute(A_PATIENT)
        raw.execute(A_STATEMENT)
        raw.execute(A_PAYMENT.format(false="false", hash=f"'\\x{HASH}'").encode())
    hold_the_payment(PostgresStore(postgres_url, schema=schema))
    with psycopg.connect(postgres_url, options=f"-c client_min_messages=warning -c search_path={schema}") as raw:
        with pytest.raises(psycopg.IntegrityError), raw.transaction():
            raw.execute("UPDATE payments SET charged_minor_units = 1000")
        raw.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def hold_the_payment(store: Store) -> None:
    with store.view() as view:
        (payment,) = view.select(Query(state=Payment))
    store.close()
    assert payment == Payment(
        patient_id=ADA.id,
        id=PaymentId("pay-1"),
        statement_id=StatementId("s-1"),
        counts_on=StatementId("s-1"),
        amount=Money.parse("10.00", "USD"),
        is_full=False,
        idempotency_key=None,
        source_hash=b"a" * 32,
        requested_at=ADA.registered_at,
        look_at=ADA.registered_at + timedelta(minutes=6),
    )
    assert payment.charged is None
