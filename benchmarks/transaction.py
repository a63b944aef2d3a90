"""One guarded transaction: over the same statements by hand, without waiting for the disk."""

from collections.abc import Iterator

from benchmarks.database import CLOCK, bench
from benchmarks.hand import Hand, as_json
from benchmarks.measure import Figure, in_turn
from benchmarks.sql import ACCOUNT, COUNTED, EVENT, FIRST, GUARD, PATIENT
from patientportal.adapters.system import new_uuid7
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.log_in import LogInFailed
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import EventId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key, Store

NAME_HASH = bytes(32)
GOAL_US = 40


def figures(effort: float) -> Iterator[Figure]:
    """What three gets, one put and one event cost more than their SQL."""
    with bench(durable=False) as one:
        patient_id = one.member.patient_id
        yield in_turn(
            lambda: ours(one.store, patient_id), lambda: by_hand(one.hand, patient_id), pairs=int(5000 * effort)
        ).difference("guarded transaction - by hand", unit="us", goal=GOAL_US, durability=one.durability)


def ours(store: Store, patient_id: PatientId, name_hash: bytes = NAME_HASH) -> None:
    """A wrong attempt is counted, by the store."""
    now = CLOCK()
    with store.transaction() as tx:
        guard, patient, account = tx.get_all(
            Key(LogInGuard, (name_hash,)), Key(Patient, (patient_id,)), Key(Account, (patient_id,))
        )
        assert patient is not None
        assert account is not None
        failed = 1 if guard is None else guard.failed_attempts % 3 + 1
        tx.put(LogInGuard(name_hash=name_hash, failed_attempts=failed, last_failed_at=now))
        tx.record(
            Recorded(
                id=EventId(new_uuid7()),
                at=now,
                patient_id=patient_id,
                by=ANONYMOUS,
                session_id=None,
                event=LogInFailed(attempt=failed),
            )
        )


def by_hand(hand: Hand, patient_id: PatientId, name_hash: bytes = NAME_HASH) -> None:
    """The same, by SQL."""
    run, change, sql, now = hand.run, hand.change, hand.sql, hand.instant(CLOCK())
    with hand.block():
        run(hand.to_write)
        guard, patient, account = hand.locked((GUARD, (name_hash,)), (PATIENT, (patient_id,)), (ACCOUNT, (patient_id,)))
        assert patient is not None
        assert account is not None
        failed = 1 if guard is None else guard[1] % 3 + 1
        if guard is None:
            change(sql[FIRST], (name_hash, now))
        else:
            change(sql[COUNTED], (failed, name_hash))
        event = as_json({"attempt": failed})
        change(sql[EVENT], (patient_id, new_uuid7(), now, "anonymous", None, None, None, "log_in_failed", event))
        run("COMMIT")
