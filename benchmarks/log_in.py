"""Logging in: over the bare verification of the password, and over the same reads and writes by hand."""

import hashlib
import hmac
from collections.abc import Iterator

import argon2

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.hand import Hand
from benchmarks.measure import Figure, in_turn
from benchmarks.sql import ACCOUNT, BY_NAME, EVENT, GUARD, NEW_SESSION, NO_GUARD, PATIENT
from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.testing import CheapHasher, Member


def figures(effort: float) -> Iterator[Figure]:
    """How much a log-in costs beside what can't be saved."""
    with bench(hasher=Argon2Hasher()) as one:
        against, bare = password_hash(one), argon2.PasswordHasher()
        yield in_turn(
            lambda: ours(one), lambda: bare.verify(against, one.member.password), pairs=int(150 * effort)
        ).ratio("log-in / argon2 verification", goal=1.03, durability=one.durability)
    with bench() as one:
        against, free = password_hash(one), CheapHasher()
        yield in_turn(
            lambda: ours(one), lambda: free.verify(one.member.password, against), pairs=int(1000 * effort)
        ).difference("log-in - verification, free hasher", unit="ms", goal=1.5, durability=one.durability)
        yield in_turn(lambda: ours(one), lambda: by_hand(one.hand, one.member, free), pairs=int(1000 * effort)).ratio(
            "log-in / by hand, free hasher", durability=one.durability
        )


def ours(one: Bench) -> None:
    """One log-in."""
    one.portal.log_in(one.member.username, one.member.password, device="phone")


def by_hand(hand: Hand, member: Member, hasher: CheapHasher) -> str:
    """The same reads and writes without the library, on either engine."""
    run, sql, now = hand.run, hand.sql, CLOCK()
    name = member.username.lower()
    key = hmac.digest(b"k" * 32, b"log-in-guard\0" + name.encode(), hashlib.sha256)
    with hand.block():
        run(hand.to_read)
        reads = run(sql[GUARD], (key,)), run(sql[BY_NAME], (name,))
        guard, (account,) = (cursor.fetchall() for cursor in reads)
        run("COMMIT")
    assert not guard
    assert hasher.verify(member.password, account[2])
    patient_id, session_id, secret = account[0], new_uuid7(), new_secret()
    with hand.block():
        run(hand.to_write)
        guard, patient, again = hand.locked((GUARD, (key,)), (PATIENT, (patient_id,)), (ACCOUNT, (patient_id,)))
        at = hand.instant(now)
        assert guard is patient[3] is again[5] is None
        assert again[2] == account[2]
        hashed = hashlib.sha256(secret.encode()).digest()
        hand.change(sql[NEW_SESSION], (patient_id, session_id, hashed, "phone", at, at))
        event_id = new_uuid7()
        hand.change(sql[EVENT], (patient_id, event_id, at, "patient", patient_id, None, session_id, "logged_in", "{}"))
        if hand.looks_again:
            run(sql[NO_GUARD], (key,))
        run("COMMIT")
    return f"{patient_id}.{session_id}.{secret}"


def password_hash(one: Bench) -> str:
    """The stored one."""
    ((_, _, stored, *_),) = one.hand.run(ACCOUNT, (one.member.patient_id,)).fetchall()
    return str(stored)
