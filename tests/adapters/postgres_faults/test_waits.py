"""Waits for PostgreSQL: each ends, and nobody waits for the server more often than they must."""

import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import evolve

from patientportal import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PostgresStore,
    RecordingNotifier,
    TooBusyError,
)
from patientportal.adapters import postgres_connections
from patientportal.domain.accounts.activation import Username
from patientportal.domain.notices.notices import Delivery
from patientportal.ports.store import Query, Store
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
)
from tests.adapters.postgres_faults.server import (
    AN_ANSWER_S,
    CLOSED,
    SHORT_WAIT,
    TOO_BUSY,
    Asked,
    Opened,
    Proxy,
    raw_connection,
    until,
)

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
        until(lambda: store._connections._pool.waiting)
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


def test_a_server_that_stands_still_is_given_up_by_this_side(
    opened: Opened, schema: str, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connections, "SLACK_S", 0.2)
    store = opened(wait=SHORT_WAIT)
    ((process,),) = asked("SELECT pid FROM pg_stat_activity WHERE application_name = %s", schema)
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(TooBusyError), store.view() as view:
            view.find(patient_key())
    finally:
        os.kill(process, signal.SIGCONT)
    save(store, patient())


def test_a_server_that_stands_still_at_the_commit_leaves_the_outcome_unknown(
    opened: Opened, schema: str, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connections, "SLACK_S", 0.2)
    store = opened(wait=SHORT_WAIT)
    ((process,),) = asked("SELECT pid FROM pg_stat_activity WHERE application_name = %s", schema)
    try:
        with pytest.raises(OutcomeUnknownError), store.transaction() as tx:
            tx.get(patient_key())
            tx.put(patient())
            os.kill(process, signal.SIGSTOP)
    finally:
        os.kill(process, signal.SIGCONT)
    save(store, patient(BEN))


def test_an_app_server_that_stands_still_inside_a_transaction_keeps_no_row_for_long(
    opened: Opened,
) -> None:
    store, other = opened(wait=SHORT_WAIT), opened(wait=timedelta(seconds=5))
    save(store, patient())
    with pytest.raises((AdapterError, OutcomeUnknownError)), store.transaction() as tx:
        tx.get(patient_key())
        with ThreadPoolExecutor(1) as threads:
            threads.submit(change, other).result(AN_ANSWER_S)
        tx.put(patient(deactivated_at=NOON))
    assert kept_in(other) == {type(patient()): [patient(deactivated_at=NOON)]}


def change(store: Store) -> None:
    """Waits until nobody else has the row."""
    with store.transaction() as tx:
        tx.get(patient_key())
        tx.put(patient(deactivated_at=NOON))


# What a connection is like.


def test_a_wait_that_the_server_would_take_for_endless_is_refused(postgres_url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        PostgresStore(postgres_url, wait=timedelta(microseconds=999))
    assert refused.value.setting == "wait"


def test_a_connection_counts_in_utc_and_never_waits_without_end(opened: Opened, schema: str) -> None:
    expected = {
        "timezone": "UTC",
        "search_path": f'"{schema}"',
        "synchronous_commit": "on",
        "lock_timeout": "2s",
        "statement_timeout": "6s",
        "idle_in_transaction_session_timeout": "12s",
        "transaction_timeout": "12s",
    }
    raw = opened(wait=timedelta(seconds=2))._connections.take()
    settings = {name: raw.execute("SELECT current_setting(%s)", [name]).fetchone() for name in expected}
    parameters = raw.info.get_parameters()
    raw.close()
    assert settings == {name: (value,) for name, value in expected.items()}
    assert parameters["tcp_user_timeout"] == "30000"
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} <= parameters.keys()


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
