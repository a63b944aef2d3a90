"""Asking for a renewal and approving it: over the same reads and writes by hand, on SQLite that waits for the disk."""

import time
from collections.abc import Callable, Iterator
from datetime import date

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.hand import as_json
from benchmarks.measure import WARM_UPS, Figure, in_turn
from benchmarks.resume import is_alive
from benchmarks.sql import (
    DELIVERY,
    EVENT,
    GRANTED,
    MEDICATION,
    MESSAGE,
    NEW_RENEWAL,
    PATIENT,
    REFILL,
    RENEWAL,
    RENEWAL_FOUND,
    RENEWALS_OPEN,
    SESSION,
)
from patientportal.adapters.system import new_uuid7
from patientportal.domain.ids import MedicationId, RenewalId, StaffId
from patientportal.domain.staff import Role, StaffMember
from patientportal.practice_access import PracticeAccess

HOUSE = "dr-house"
GOAL_CPU = 1.30
Clock = Callable[[], int]


def figures(effort: float) -> Iterator[Figure]:
    """How many times the processor's time, and the clock's, the library takes."""
    pairs = int(1000 * effort)
    yield from in_time_of(time.process_time_ns, "CPU", pairs=pairs, goal=GOAL_CPU)
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
        ).ratio(f"request_renewal / by hand, {called}", goal=goal, durability=one.durability)
        mine, by_hand = iter(asked), iter(asked_by_hand)
        yield in_turn(
            lambda: house.approve_renewal(next(mine), refills=3),
            lambda: approve_by_hand(one, next(by_hand)),
            pairs=pairs,
            clock=clock,
        ).ratio(f"approve_renewal / by hand, {called}", goal=goal, durability=one.durability)


def takes_something(one: Bench) -> MedicationId:
    """A medication of the patient's, in both files."""
    patient_id = one.member.patient_id
    medication_id = provider(one).medications.record(
        patient_id, name="Lisinopril 10 MG Oral Tablet", started_on=date(2026, 1, 5), refills_left=1
    )
    now = one.hand.instant(CLOCK())
    one.hand.run(
        "INSERT INTO medications VALUES (?, ?, 'Lisinopril 10 MG Oral Tablet', '', '', ?, '2026-01-05', 1, 1, ?, NULL)",
        (patient_id, medication_id, HOUSE, now),
    )
    return medication_id


def provider(one: Bench) -> PracticeAccess:
    """The side of the prescriber."""
    return one.portal.practice(StaffMember(id=StaffId(HOUSE), name="Greg House", roles=frozenset({Role.PROVIDER})))


def ask_by_hand(one: Bench, medication_id: str) -> str:
    """A patient asks, by SQL."""
    hand, patient_id, renewal_id = one.hand, one.member.patient_id, new_uuid7()
    run, change, session_id = hand.run, hand.change, one.token.split(".")[1]
    run(hand.to_write)
    patient, session, medication = hand.locked(
        (PATIENT, (patient_id,)), (SESSION, (patient_id, session_id)), (MEDICATION, (patient_id, medication_id))
    )
    is_alive(hand, patient, session)
    assert medication[8]
    assert medication[10] is None
    assert not run(RENEWALS_OPEN, (patient_id, medication_id)).fetchall()
    now = hand.instant(CLOCK())
    change(NEW_RENEWAL, (patient_id, renewal_id, medication_id, "Corner", "Please.", now))
    said = as_json({"renewal_id": renewal_id, "medication_id": medication_id})
    who = ("patient", patient_id, None, session_id)
    change(EVENT, (patient_id, new_uuid7(), now, *who, "renewal_requested", said))
    run("COMMIT")
    return renewal_id


def approve_by_hand(one: Bench, renewal_id: str) -> None:
    """A provider says yes, by SQL."""
    hand = one.hand
    run, change = hand.run, hand.change
    run(hand.to_read)
    ((patient_id, _, medication_id, *_),) = run(RENEWAL_FOUND, (renewal_id,)).fetchall()
    run("COMMIT")
    run(hand.to_write)
    patient, medication, renewal = hand.locked(
        (PATIENT, (patient_id,)), (MEDICATION, (patient_id, medication_id)), (RENEWAL, (patient_id, renewal_id))
    )
    assert patient is not None
    assert medication[5] == HOUSE
    assert renewal[6] == "requested"
    assert medication[10] is None
    now = hand.instant(CLOCK())
    change(REFILL, (medication[7] + 2, patient_id, medication_id))
    change(GRANTED, (now, HOUSE, 3, now, patient_id, renewal_id))
    body = f"Your provider has approved and refilled {medication[2]}."
    facts = as_json({"kind": "renewal_refilled", "medication": medication[2], "new_directions": None})
    written = (patient_id, new_uuid7(), "renewal_refilled", renewal_id, "Your medication renewal", body, facts, now)
    change(MESSAGE, written)
    said = {"renewal_id": renewal_id, "medication_id": medication_id, "refills": 3}
    said |= {"is_changed": False, "is_refilled": True, "by_cover": False}
    event = (patient_id, new_uuid7(), now, "staff", HOUSE, "provider", None, "renewal_approved", as_json(said))
    change(EVENT, event)
    change(DELIVERY, (new_uuid7(), patient_id, "new_message", None, now, now))
    run("COMMIT")
