"""PostgreSQL's own words, in which values stand: none of them gets out by an error or the log."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from patientportal import AdapterError, ConflictError, PortalError, TooBusyError
from patientportal.domain.accounts.activation import Username
from patientportal.domain.ids import PatientId
from patientportal.ports.store import Key, Store
from patientportal.testing.store_contract.samples import ADA, BEN, guard, patient, patient_key, save, session
from tests.adapters.postgres_faults.server import AN_ANSWER_S, SHORT_WAIT, Opened, hear_everything, told

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
    logging.getLogger("psycopg").debug("what the driver logs is heard")
    with pytest.raises(PortalError) as caught:
        fails(store)
    assert repr(caught.value) == repr(meaning)
    assert any(record.name.startswith("psycopg") for record in caplog.records)
    assert CANARY not in told(caught.value, caplog.records)
    assert CANARY not in repr(store)
