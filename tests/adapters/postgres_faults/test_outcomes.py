"""A commit whose answer is lost is asked for: what is said then is true, and unknown stays only what can't be asked."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from attrs import evolve

from patientportal import AdapterError, OutcomeUnknownError, PostgresStore
from patientportal.adapters import postgres_connections
from patientportal.domain.events import Recorded
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import guard, kept_in, logged_in, patient, patient_key, save
from tests.adapters.postgres_faults.server import (
    AN_ANSWER_S,
    LOST,
    SHORT_WAIT,
    Asked,
    Opened,
    Proxy,
    raw_connection,
    until,
)
from tests.adapters.postgres_faults.test_links import AT_COMMIT

IN = {type(patient()): [patient()], Recorded: [logged_in("one")]}
COMMIT = b"COMMIT\0"
IS_ASKED = b"pg_is_in_recovery"
ELSEWHERE = """SELECT 'elsewhere', pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"""


@pytest.fixture
def hasty(store: PostgresStore, proxy: Proxy, opened: Opened) -> Iterator[PostgresStore]:
    """A store behind the proxy that doesn't wait for long."""
    del store
    with closing(opened(proxy.url, connections_max=1, wait=SHORT_WAIT)) as one:
        yield one


def get_in(store: Store, at_the_end: Callable[[], object] = lambda: None) -> None:
    with store.transaction() as tx:
        tx.get(patient_key())
        tx.put(patient())
        tx.record(logged_in("one"))
        at_the_end()


def test_a_commit_whose_answer_is_lost_is_found_to_be_saved(store: Store, through: Store, proxy: Proxy) -> None:
    proxy.keep_answer_to = COMMIT
    get_in(through)
    assert any(IS_ASKED in burst for burst in proxy.bursts)
    assert kept_in(store) == IN


def test_a_commit_that_never_arrives_is_found_not_to_be_saved(store: Store, through: Store, proxy: Proxy) -> None:
    proxy.cut_before = COMMIT
    with pytest.raises(AdapterError) as caught:
        get_in(through)
    assert repr(caught.value) == LOST
    assert kept_in(store) == {}


def test_a_commit_that_the_server_is_still_at_is_waited_for(
    through: Store, proxy: Proxy, asked: Asked, postgres_url: str, schema: str
) -> None:
    asked(AT_COMMIT.format("LOCK TABLE usernames;"))
    proxy.cut_after = COMMIT
    with raw_connection(postgres_url, schema) as somebody, ThreadPoolExecutor(1) as threads:
        somebody.execute("LOCK TABLE usernames")
        saved = threads.submit(get_in, through)
        until(lambda: any(IS_ASKED in burst for burst in proxy.bursts))
        assert not saved.done()
        somebody.rollback()
        saved.result(AN_ANSWER_S)
    proxy.cut_after = None
    assert kept_in(through) == IN


def test_a_session_that_the_server_ends_at_the_commit_saved_nothing(store: Store, asked: Asked) -> None:
    asked(AT_COMMIT.format("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10);"))
    with pytest.raises(AdapterError) as caught:
        get_in(store)
    assert repr(caught.value) == LOST
    assert kept_in(store) == {}


def test_what_the_server_itself_does_not_know_is_asked_for_too(store: Store, asked: Asked) -> None:
    asked(AT_COMMIT.format("RAISE EXCEPTION USING ERRCODE = '40003';"))
    with pytest.raises(AdapterError) as caught:
        get_in(store)
    assert caught.value.reason == "40003"
    assert kept_in(store) == {}


def test_another_event_under_the_same_id_is_not_taken_for_this_one(store: Store, through: Store, proxy: Proxy) -> None:
    get_in(store)
    proxy.cut_before = COMMIT
    with pytest.raises(AdapterError), through.transaction() as tx:
        tx.get(patient_key())
        tx.record(evolve(logged_in("one"), at=logged_in("one").at + timedelta(minutes=1)))
    assert kept_in(store) == IN


# Unknown it stays.


def test_what_may_still_be_done_is_not_denied(
    opened: Opened, schema: str, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connections, "SLACK_S", 0.2)
    monkeypatch.setattr(postgres_connections, "IDLE_WAITS", 100)  # else the server would end the transaction by itself
    store = opened(wait=SHORT_WAIT)
    ((process,),) = asked("SELECT pid FROM pg_stat_activity WHERE application_name = %s", schema)
    try:
        with pytest.raises(OutcomeUnknownError):
            get_in(store, lambda: os.kill(process, signal.SIGSTOP))
        assert kept_in(store) == {}
    finally:
        os.kill(process, signal.SIGCONT)
    until(lambda: not asked("SELECT 1 FROM pg_stat_activity WHERE pid = %s", process))
    assert kept_in(store) in ({}, IN), "it does what lay there, if its own time isn't over"


def test_where_nobody_can_be_asked_it_stays_unknown(store: Store, hasty: Store, proxy: Proxy) -> None:
    proxy.keep_answer_to, proxy.cut_before = COMMIT, b"user\0"
    with pytest.raises(OutcomeUnknownError):
        get_in(hasty)
    assert kept_in(store) == IN


def test_what_left_no_event_stays_unknown(store: Store, through: Store, proxy: Proxy) -> None:
    proxy.keep_answer_to = COMMIT
    with pytest.raises(OutcomeUnknownError):
        save(through, guard())
    assert kept_in(store) == {type(guard()): [guard()]}


def test_through_a_pooler_what_is_there_was_saved_and_what_is_not_stays_unknown(
    store: Store, opened: Opened, proxy: Proxy
) -> None:
    proxy.is_pooler = True
    with closing(opened(proxy.url, connections_max=1)) as pooled:
        proxy.keep_answer_to = COMMIT
        get_in(pooled)
        proxy.keep_answer_to, proxy.cut_before = None, COMMIT
        with pytest.raises(OutcomeUnknownError), pooled.transaction() as tx:
            tx.get(patient_key())
            tx.record(logged_in("two"))
    assert kept_in(store) == IN


def test_another_server_than_the_one_that_had_the_session_is_not_believed(
    store: Store, opened: Opened, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connections, "WHICH_SESSION", ELSEWHERE)
    with closing(opened(proxy.url, connections_max=1, wait=SHORT_WAIT)) as moved:
        proxy.cut_before = COMMIT
        with pytest.raises(OutcomeUnknownError):
            get_in(moved)
    assert kept_in(store) == {}
