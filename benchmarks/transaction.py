"""One guarded transaction: over the same statements by hand, without waiting for the disk."""

import json
from collections.abc import Iterator

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.log_in import ACCOUNT, GUARD, PATIENT
from benchmarks.measure import Figure, in_turn
from patientportal.adapters.system import new_uuid7
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import LogInFailed
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import EventId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key

NAME_HASH = bytes(32)
COUNTED = "UPDATE log_in_guards SET failed_attempts = ?, last_failed_at = ?, locked_at = ? WHERE name_hash = ?"
FIRST = "INSERT INTO log_in_guards (name_hash, failed_attempts, last_failed_at, locked_at) VALUES (?, ?, ?, ?)"
EVENT = """INSERT INTO events (id, at, patient_id, by_kind, by_id, by_role, session_id,
    event_name, event_version, event_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def figures(effort: float) -> Iterator[Figure]:
    """What three gets, one put and one event cost more than their SQL."""
    with bench(durable=False) as one:
        yield in_turn(lambda: ours(one), lambda: by_hand(one), pairs=int(5000 * effort)).difference(
            "guarded transaction - by hand", unit="us", goal=40
        )


def ours(one: Bench) -> None:
    """A wrong attempt is counted, by the store."""
    now, patient_id = CLOCK(), one.member.patient_id
    with one.store.transaction() as tx:
        guard = tx.get(Key(LogInGuard, (NAME_HASH,)))
        patient = tx.get(Key(Patient, (patient_id,)))
        account = tx.get(Key(Account, (patient_id,)))
        assert patient is not None
        assert account is not None
        failed = 0 if guard is None else guard.failed_attempts % 3
        tx.put(LogInGuard(name_hash=NAME_HASH, failed_attempts=failed + 1, last_failed_at=now))
        tx.record(
            Recorded(
                id=EventId(new_uuid7()),
                at=now,
                patient_id=patient_id,
                by=ANONYMOUS,
                session_id=None,
                event=LogInFailed(attempt=failed + 1),
            )
        )


def by_hand(one: Bench) -> None:
    """The same, by SQL."""
    run, now, patient_id = one.hand.execute, CLOCK().isoformat(), one.member.patient_id
    run("BEGIN IMMEDIATE")
    guard = run(GUARD, (NAME_HASH,)).fetchone()
    patient = run(PATIENT, (patient_id,)).fetchone()
    account = run(ACCOUNT, (patient_id,)).fetchone()
    assert patient is not None
    assert account is not None
    failed = 0 if guard is None else guard[1] % 3
    if guard is None:
        run(FIRST, (NAME_HASH, 1, now, None))
    else:
        run(COUNTED, (failed + 1, now, None, NAME_HASH))
    event = json.dumps({"attempt": failed + 1})
    run(EVENT, (new_uuid7(), now, patient_id, "anonymous", None, None, None, "log_in_failed", 1, event))
    run("COMMIT")
