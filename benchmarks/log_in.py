"""Logging in: over the bare verification of the password, and over the same reads and writes by hand."""

import hashlib
import hmac
from collections.abc import Iterator

import argon2

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.measure import Figure, in_turn
from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.testing import CheapHasher

GUARD = "SELECT name_hash, failed_attempts, last_failed_at, locked_at FROM log_in_guards WHERE name_hash = ?"
HOLDER = "SELECT name, patient_id FROM usernames WHERE name = ?"
PATIENT = "SELECT id, registered_at, deactivated_at FROM patients WHERE id = ?"
ACCOUNT = """SELECT patient_id, username, password_hash, activated_at, password_changed_at, locked_at
    FROM accounts WHERE patient_id = ?"""
SESSION = """INSERT INTO sessions (patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at)
    VALUES (?, ?, ?, ?, ?, ?, NULL)"""
EVENT = """INSERT INTO events (id, at, patient_id, by_kind, by_id, by_role, session_id,
    event_name, event_version, event_data) VALUES (?, ?, ?, 'patient', ?, NULL, ?, 'logged_in', 1, '{}')"""


def figures(effort: float) -> Iterator[Figure]:
    """How much a log-in costs beside what can't be saved."""
    with bench(hasher=Argon2Hasher()) as one:
        against, bare = password_hash(one), argon2.PasswordHasher()
        yield in_turn(
            lambda: ours(one), lambda: bare.verify(against, one.member.password), pairs=int(150 * effort)
        ).ratio("log-in / argon2 verification", goal=1.03)
    with bench() as one:
        against, free = password_hash(one), CheapHasher()
        yield in_turn(
            lambda: ours(one), lambda: free.verify(one.member.password, against), pairs=int(1000 * effort)
        ).difference("log-in - verification, free hasher", unit="ms", goal=1.5)
        yield in_turn(lambda: ours(one), lambda: by_hand(one, free), pairs=int(1000 * effort)).ratio(
            "log-in / by hand, free hasher"
        )


def ours(one: Bench) -> None:
    """One log-in."""
    one.portal.log_in(one.member.username, one.member.password, device="phone")


def by_hand(one: Bench, hasher: CheapHasher) -> str:
    """The same reads and writes without the library."""
    run, now = one.hand.execute, CLOCK().isoformat()
    name = one.member.username.lower()
    guard_key = hmac.digest(b"k" * 32, name.encode(), hashlib.sha256)
    run("BEGIN")
    guard = run(GUARD, (guard_key,)).fetchone()
    holder = run(HOLDER, (name,)).fetchone()
    account = run(ACCOUNT, (holder[1],)).fetchone()
    run("ROLLBACK")
    assert guard is None
    assert hasher.verify(one.member.password, account[2])
    patient_id, session_id, secret = holder[1], new_uuid7(), new_secret()
    run("BEGIN IMMEDIATE")
    guard = run(GUARD, (guard_key,)).fetchone()
    patient = run(PATIENT, (patient_id,)).fetchone()
    again = run(ACCOUNT, (patient_id,)).fetchone()
    assert guard is None
    assert patient[2] is None
    assert again[2] == account[2]
    assert again[5] is None
    run(SESSION, (patient_id, session_id, hashlib.sha256(secret.encode()).digest(), "phone", now, now))
    run(EVENT, (new_uuid7(), now, patient_id, patient_id, session_id))
    run("COMMIT")
    return f"{patient_id}.{session_id}.{secret}"


def password_hash(one: Bench) -> str:
    """The stored one."""
    row = one.hand.execute(ACCOUNT, (one.member.patient_id,)).fetchone()
    return str(row[2])
