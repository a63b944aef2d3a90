"""Asking for a renewal and approving it: over the same reads and writes by hand, on SQLite that waits for the disk."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import date

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.log_in import PATIENT
from benchmarks.measure import WARM_UPS, Figure, in_turn
from patientportal.adapters.system import new_uuid7
from patientportal.domain.ids import MedicationId, RenewalId, StaffId
from patientportal.domain.staff import Role, StaffMember
from patientportal.practice_access import PracticeAccess

HOUSE = "dr-house"
Clock = Callable[[], int]
SESSION = """SELECT patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at
    FROM sessions WHERE patient_id = ? AND id = ?"""
MEDICATION = """SELECT patient_id, id, name, dose, directions, prescriber_id, started_on, refills_left, is_renewable,
    recorded_at, discontinued_at FROM medications WHERE patient_id = ? AND id = ?"""
FROM_RENEWALS = """SELECT patient_id, id, medication_id, pharmacy, note, requested_at, status, decided_at, decided_by,
    refills_granted, new_directions, denial_reason, refilled_at FROM renewals"""
PENDING = f"""{FROM_RENEWALS}
    WHERE patient_id = ? AND medication_id = ? AND status = 'requested' ORDER BY requested_at, id LIMIT 1"""
FOUND = f"{FROM_RENEWALS} WHERE id = ? ORDER BY patient_id, id LIMIT 1"
RENEWAL = f"{FROM_RENEWALS} WHERE patient_id = ? AND id = ?"
ASK = """INSERT INTO renewals (patient_id, id, medication_id, pharmacy, note, requested_at, status)
    VALUES (?, ?, ?, ?, ?, ?, 'requested')"""
GRANT = """UPDATE renewals SET status = 'refilled', decided_at = ?, decided_by = ?, refills_granted = ?, refilled_at = ?
    WHERE patient_id = ? AND id = ?"""
REFILL = "UPDATE medications SET refills_left = ? WHERE patient_id = ? AND id = ?"
WRITE = """INSERT INTO inbox_messages (patient_id, id, kind, about_id, subject, body, sent_at, sent_by, read_at)
    VALUES (?, ?, 'renewal_refilled', ?, 'Your medication renewal', ?, ?, NULL, NULL)"""
EVENT = """INSERT INTO events (patient_id, id, at, by_kind, by_id, by_role, session_id, event_name, event_version,
    event_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"""
DELIVERY = """INSERT INTO deliveries (id, patient_id, kind, link_id, email_change_id, created_at, status, tries,
    next_try_at, lease) VALUES (?, ?, 'new_message', NULL, NULL, ?, 'waiting', 0, ?, NULL)"""


def figures(effort: float) -> Iterator[Figure]:
    """How many times the processor's time, and the clock's, the library takes."""
    pairs = int(1000 * effort)
    yield from in_time_of(time.process_time_ns, "CPU", pairs=pairs, goal=1.5)
    yield from in_time_of(time.perf_counter_ns, "wall", pairs=pairs)


def in_time_of(clock: Clock, called: str, *, pairs: int, goal: float | None = None) -> Iterator[Figure]:
    """Asks for so many medications, then approves each, in turn with the same by hand."""
    with bench() as one:
        taken = [takes_something(one) for _ in range(pairs + WARM_UPS)]
        me, house = one.portal.resume(one.token).medications, provider(one).medications
        ours, theirs = iter(taken), iter(taken)
        asked: list[RenewalId] = []
        asked_by_hand: list[str] = []
        yield in_turn(
            lambda: asked.append(me.request_renewal(next(ours), pharmacy="Corner", note="Please.")),
            lambda: asked_by_hand.append(ask_by_hand(one, next(theirs))),
            pairs=pairs,
            clock=clock,
        ).ratio(f"request_renewal / by hand, {called}", goal=goal)
        mine, by_hand = iter(asked), iter(asked_by_hand)
        yield in_turn(
            lambda: house.approve_renewal(next(mine), refills=3),
            lambda: approve_by_hand(one, next(by_hand)),
            pairs=pairs,
            clock=clock,
        ).ratio(f"approve_renewal / by hand, {called}", goal=goal)


def takes_something(one: Bench) -> MedicationId:
    """A medication of the patient's, in both files."""
    patient_id = one.member.patient_id
    medication_id = provider(one).medications.record(
        patient_id, name="Lisinopril 10 MG Oral Tablet", started_on=date(2026, 1, 5), refills_left=1
    )
    now = CLOCK().isoformat()
    one.hand.execute(
        "INSERT INTO medications VALUES (?, ?, 'Lisinopril 10 MG Oral Tablet', '', '', ?, '2026-01-05', 1, 1, ?, NULL)",
        (patient_id, medication_id, HOUSE, now),
    )
    return medication_id


def provider(one: Bench) -> PracticeAccess:
    """The side of the prescriber."""
    return one.portal.practice(StaffMember(id=StaffId(HOUSE), name="Greg House", roles=frozenset({Role.PROVIDER})))


def ask_by_hand(one: Bench, medication_id: str) -> str:
    """A patient asks, by SQL."""
    run, now, patient_id = one.hand.execute, CLOCK().isoformat(), one.member.patient_id
    session_id, renewal_id = one.token.split(".")[1], new_uuid7()
    run("BEGIN IMMEDIATE")
    patient = run(PATIENT, (patient_id,)).fetchone()
    session = run(SESSION, (patient_id, session_id)).fetchone()
    medication = run(MEDICATION, (patient_id, medication_id)).fetchone()
    assert patient[2] is None
    assert session[6] is None
    assert medication[8]
    assert medication[10] is None
    assert run(PENDING, (patient_id, medication_id)).fetchone() is None
    run(ASK, (patient_id, renewal_id, medication_id, "Corner", "Please.", now))
    data = json.dumps({"renewal_id": renewal_id, "medication_id": medication_id})
    run(EVENT, (patient_id, new_uuid7(), now, "patient", patient_id, None, session_id, "renewal_requested", data))
    run("COMMIT")
    return renewal_id


def approve_by_hand(one: Bench, renewal_id: str) -> None:
    """A provider says yes, by SQL."""
    run, now = one.hand.execute, CLOCK().isoformat()
    run("BEGIN")
    patient_id, _, medication_id, *_ = run(FOUND, (renewal_id,)).fetchone()
    run("ROLLBACK")
    run("BEGIN IMMEDIATE")
    patient = run(PATIENT, (patient_id,)).fetchone()
    medication = run(MEDICATION, (patient_id, medication_id)).fetchone()
    renewal = run(RENEWAL, (patient_id, renewal_id)).fetchone()
    assert patient is not None
    assert medication[5] == HOUSE
    assert renewal[6] == "requested"
    assert medication[10] is None
    run(REFILL, (medication[7] + 2, patient_id, medication_id))
    run(GRANT, (now, HOUSE, 3, now, patient_id, renewal_id))
    body = f"Your provider has approved and refilled {medication[2]}."
    run(WRITE, (patient_id, new_uuid7(), renewal_id, body, now))
    data = json.dumps({"renewal_id": renewal_id, "medication_id": medication_id, "refills": 3, "is_refilled": True})
    run(EVENT, (patient_id, new_uuid7(), now, "staff", HOUSE, "provider", None, "renewal_approved", data))
    run(DELIVERY, (new_uuid7(), patient_id, now, now))
    run("COMMIT")
