"""Resuming a session: over the same SQL by hand."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.database import CLOCK, bench
from benchmarks.hand import Hand
from benchmarks.measure import Figure, in_turn
from benchmarks.sql import PATIENT, SESSION

GOAL = 1.5
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)


def figures(effort: float) -> Iterator[Figure]:
    """How much the library adds to what every request does first."""
    with bench() as one:
        yield in_turn(
            lambda: one.portal.resume(one.token), lambda: by_hand(one.hand, one.token), pairs=int(10_000 * effort)
        ).ratio("resume / by hand", goal=GOAL, durability=one.durability)


def by_hand(hand: Hand, token: str) -> None:
    """The same reads and comparisons without the library; the clock stands, so that neither writes."""
    run, sql = hand.run, hand.sql
    patient_id, session_id, secret = token.split(".")
    with hand.block():
        run(hand.to_read)
        reads = run(sql[PATIENT], (patient_id,)), run(sql[SESSION], (patient_id, session_id))
        (patient,), (session,) = (cursor.fetchall() for cursor in reads)
        run("COMMIT")
    is_alive(hand, patient, session)
    assert hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), session[2])


def is_alive(hand: Hand, patient: tuple[object, ...], session: tuple[object, ...]) -> None:
    """That the patient is one still, and the session neither ended nor too old."""
    now = CLOCK()
    assert patient[3] is session[6] is None
    assert now < min(hand.moment(session[5]) + IDLE, hand.moment(session[4]) + ABSOLUTE)
