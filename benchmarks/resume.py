"""Resuming a session: over the same SQL by hand."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.measure import Figure, in_turn

SESSION = """SELECT patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at
    FROM sessions WHERE patient_id = ? AND id = ?"""
PATIENT = "SELECT id, registered_at, deactivated_at FROM patients WHERE id = ?"
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)


def figures(effort: float) -> Iterator[Figure]:
    """How much the library adds to what every request does first."""
    with bench() as one:
        yield in_turn(lambda: one.portal.resume(one.token), lambda: by_hand(one), pairs=int(10_000 * effort)).ratio(
            "resume / by hand", goal=2.0
        )


def by_hand(one: Bench) -> None:
    """The same reads and comparisons without the library; the clock stands, so that neither writes."""
    run = one.hand.execute
    patient_id, session_id, secret = one.token.split(".")
    run("BEGIN")
    session = run(SESSION, (patient_id, session_id)).fetchone()
    patient = run(PATIENT, (patient_id,)).fetchone()
    run("ROLLBACK")
    assert session is not None
    assert patient is not None
    now = CLOCK()
    assert patient[2] is None
    assert session[6] is None
    assert now < datetime.fromisoformat(session[5]) + IDLE
    assert now < datetime.fromisoformat(session[4]) + ABSOLUTE
    assert hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), session[2])
