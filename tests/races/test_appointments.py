"""Many processes book, move and cancel: a slot has one winner, a patient one visit, and nothing is done by half."""

import random
from collections import Counter
from datetime import time, timedelta

import pytest
from attrs import evolve

from patientportal import ConflictError, VisitType, VisitTypeId, Window
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import AppointmentId, PlaceId, SlotId
from patientportal.patient_access import PatientAccess
from patientportal.ports.store import Key
from patientportal.testing import desk
from tests.clinics import Call, Clinic, Pace
from tests.races.dealing import codes, dealt, hold_all_or_nothing
from tests.races.schedule import (
    FIRST_DAY,
    all_at_once,
    book,
    book_a_kind,
    book_at_the_desk,
    by_round,
    cancel,
    hold_visits,
    published,
    reschedule,
    visitors,
)

DEATHS = 32  # more than the steps of any call here


def test_of_64_patients_who_want_one_slot_at_once_one_gets_it_and_for_the_others_it_is_taken(
    clinic: Clinic, pace: Pace
) -> None:
    patients = visitors(clinic, 64)
    slots = published(clinic, "dr-1", slots=len(pace.seeds(2, 0.2)), minutes=5)
    rounds = [all_at_once([book(visitor, slot) for visitor in patients]) for slot in slots]
    for answers in by_round(clinic.race(*rounds)):
        assert codes(answers) == {"ok": 1, "slot_taken": 63}
    hold_visits(clinic)


def test_of_64_who_want_one_slot_at_once_patients_and_the_desk_one_gets_it(clinic: Clinic, pace: Pace) -> None:
    patients, seeds = visitors(clinic, 64), pace.seeds(2, 0.2)
    slots = published(clinic, "dr-1", slots=len(seeds), minutes=5)
    rounds = []
    for seed, slot in zip(seeds, slots, strict=True):
        chance = random.Random(seed)  # noqa: S311 - for the order of a test
        calls = [(book if chance.random() < 0.5 else book_at_the_desk)(visitor, slot) for visitor in patients]
        rounds.append(all_at_once(calls))
    for answers in by_round(clinic.race(*rounds)):
        assert codes(answers) == {"ok": 1, "slot_taken": 63}
    hold_visits(clinic)


def test_of_two_kinds_of_visits_over_overlapping_runs_as_many_stand_as_the_slots_allow(
    clinic: Clinic, pace: Pace
) -> None:
    patients, seeds = visitors(clinic, 16), pace.seeds(2, 0.2)
    for name, minutes in (("short", 60), ("long", 90)):
        desk(clinic.portal).visit_types.put(
            VisitType(id=VisitTypeId(name), name=name, length=timedelta(minutes=minutes))
        )
    rounds = []
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - for the order of a test
        slots = published(clinic, f"dr-{seed}", slots=6)
        calls = []
        for visitor in patients:
            kind = chance.choice(("short", "long"))
            slot = slots[chance.randrange(4 if kind == "long" else 5)]
            calls.append((book_a_kind if chance.random() < 0.5 else book_at_the_desk)(visitor, slot, kind))
        rounds.append(all_at_once(calls))
    for answers in by_round(clinic.race(*rounds)):
        assert set(codes(answers)) <= {"ok", "slot_taken", "visits_overlap"}
        assert codes(answers)["ok"] >= 1
    hold_visits(clinic)


def test_of_two_overlapping_visits_of_a_patient_that_are_booked_at_once_one_stands_and_what_touches_it_too(
    clinic: Clinic, pace: Pace
) -> None:
    rounds, seeds = [], pace.seeds(2, 0.2)
    for seed, visitor in zip(seeds, visitors(clinic, len(seeds)), strict=True):
        (before,), (one,), (other,) = (
            published(clinic, f"dr-{at}.{seed}", opens=at) for at in (time(8, 30), time(9), time(9, 15))
        )
        calls = [book(visitor, before)] * 4 + [book(visitor, one)] * 6 + [book(visitor, other)] * 6
        rounds.append(dealt(calls, 16, 1, seed=seed))
    for answers in by_round(clinic.race(*rounds)):
        by_slot = Counter((answer["slot_id"], answer["code"]) for answer in answers)
        assert sorted(by_slot.values()) == [4, 6, 6]
        assert codes(answers) == {"ok": 10, "visits_overlap": 6}
        assert len({answer["appointment_id"] for answer in answers if answer["code"] == "ok"}) == 2
    hold_visits(clinic)


def test_a_slot_that_goes_round_has_one_patient_at_a_time_whoever_books_cancels_and_calls_off(
    clinic: Clinic, pace: Pace
) -> None:
    patients, (slot,) = visitors(clinic, 4), published(clinic, "dr-1")
    times = 12
    going: list[Call] = [
        ("come_and_go", {"token": visitor.token, "slot_id": slot, "times": times}) for visitor in patients
    ]
    calling: Call = ("call_off", {"provider_id": "dr-1", "day": FIRST_DAY.isoformat(), "times": times})
    for _ in pace.seeds(1, 0.2):
        answers = clinic.race(all_at_once([*going, *going, calling]))
        assert codes(answers) == {"ok": 9}
        assert sum(answer["got"] for answer in answers if "got" in answer) > 1
        assert clinic.rows("SELECT status FROM slots") == [("free",)], "each gave up what was theirs"
        hold_visits(clinic)


def test_of_many_who_move_and_cancel_one_visit_at_once_one_does_and_for_the_others_it_is_not_booked(
    clinic: Clinic, pace: Pace
) -> None:
    (visitor,) = visitors(clinic, 1)
    rounds, outcomes = [], Counter[str]()
    for seed in pace.seeds(3, 0.2):
        slots = published(clinic, f"dr-{seed}", slots=5, day=FIRST_DAY + timedelta(days=seed))
        visit = visitor.appointments.book(SlotId(slots[0]))
        moves = [reschedule(visitor, visit, slot) for slot in slots[1:]]
        rounds.append(dealt([*moves, *[cancel(visitor, visit)] * 4], 8, 1, seed=seed))
    for answers in by_round(clinic.race(*rounds)):
        assert codes(answers) == {"ok": 1, "not_booked": 7}
        outcomes.update(answer["call"] for answer in answers if answer["code"] == "ok")
    hold_visits(clinic)
    still = clinic.rows("SELECT count(*) FROM appointments WHERE status = 'booked'")
    assert still == [(outcomes["reschedule"],)]
    pace.tell("measured", f"who was first: {dict(outcomes)}")


def test_patients_who_swap_slots_without_pause_never_deadlock(clinic: Clinic, pace: Pace) -> None:
    patients, slots = visitors(clinic, 2), published(clinic, "dr-1", slots=3)
    for visitor, slot in zip(patients, slots, strict=False):
        visitor.appointments.book(SlotId(slot))
    before = clinic.deadlocks()
    for seed in pace.seeds(1, 0.1):
        moves: list[Call] = [
            ("move_about", {"token": visitor.token, "slot_ids": slots, "times": 25, "seed": seed * 8 + at})
            for at in range(4)
            for visitor in patients
        ]
        answers = clinic.race(all_at_once(moves))
        assert codes(answers) == {"ok": 8}
        assert sum(answer["moved"] for answer in answers) > len(answers)
        assert clinic.rows("SELECT status, count(*) FROM slots GROUP BY status ORDER BY status") == [
            ("busy", 2),
            ("free", 1),
        ]
        hold_visits(clinic)
    assert clinic.deadlocks() == before


@pytest.mark.parametrize(
    "event", ["appointment_booked", "appointment_cancelled", "appointment_rescheduled", "request_scheduled"]
)
def test_a_process_killed_at_any_step_of_a_visit_has_done_all_or_nothing_and_another_can_go_on(
    clinic: Clinic, pace: Pace, event: str
) -> None:
    for seed in pace.seeds(1, 0.02):
        patients = visitors(clinic, DEATHS, name=f"countess.{seed}")
        slots = published(clinic, f"dr-{seed}", slots=2 * DEATHS, minutes=5, day=FIRST_DAY)
        calls = [to_be_killed(event, visitor, *slots[2 * at : 2 * at + 2]) for at, visitor in enumerate(patients)]
        was_done = hold_all_or_nothing(clinic, calls, [visitor.patient_id for visitor in patients], event)
        hold_visits(clinic)
        again = clinic.race([[[call for call, done in zip(calls, was_done, strict=True) if not done]]])
        assert codes(again) == {"ok": was_done.count(False)}
        hold_visits(clinic)


def to_be_killed(event: str, visitor: PatientAccess, slot: str, other: str) -> Call:
    if event == "appointment_booked":
        return book(visitor, slot)
    if event == "request_scheduled":
        window = Window(first_day=FIRST_DAY, last_day=FIRST_DAY)
        request = visitor.appointments.request("A cough", [window])
        return "schedule_request", {"request_id": request, "slot_id": slot}
    visit = visitor.appointments.book(SlotId(slot))
    return cancel(visitor, visit) if event == "appointment_cancelled" else reschedule(visitor, visit, other)


def test_the_database_refuses_what_the_rules_would_never_save(clinic: Clinic) -> None:
    one, other = visitors(clinic, 2)
    slots, elsewhere = published(clinic, "dr-1", slots=2), published(clinic, "dr-2", opens=time(9, 15))
    visit = one.appointments.book(SlotId(slots[0]))
    with clinic.portal._env.store.view() as view:
        booked = view.find(Key(Appointment, (one.patient_id, visit)))
        first, second, third = (view.find(Key(Slot, (SlotId(slot),))) for slot in (*slots, *elsewhere))
    assert booked is not None
    assert first is not None
    assert second is not None
    assert third is not None
    fresh = AppointmentId(clinic.portal._env.new_id())
    broken = {
        "a second visit in one slot": evolve(booked, patient_id=other.patient_id, id=fresh),
        "two visits of a patient that overlap": evolve(
            booked, id=fresh, slot_id=third.id, starts_at=third.starts_at, ends_at=third.ends_at
        ),
        "a visit within another": evolve(
            booked,
            id=fresh,
            slot_id=third.id,
            starts_at=first.starts_at + timedelta(minutes=5),
            ends_at=first.starts_at + timedelta(minutes=6),
        ),
        "two slots of a provider that overlap": evolve(
            first, id=SlotId(fresh), starts_at=third.starts_at, ends_at=third.ends_at
        ),
        "one slot twice": evolve(first, id=SlotId(fresh), place_id=PlaceId("south")),
    }
    for what, state in broken.items():
        with pytest.raises(ConflictError), clinic.portal._env.store.transaction() as tx:
            tx.add(state)
        assert clinic.rows("SELECT count(*) FROM appointments") == [(1,)], what
        assert clinic.rows("SELECT count(*) FROM slots") == [(3,)], what
    with pytest.raises(ConflictError), clinic.portal._env.store.transaction() as tx:
        tx.get(Key(Slot, (second.id,)))
        tx.put(evolve(second, starts_at=second.starts_at - timedelta(minutes=1)))
    with clinic.portal._env.store.transaction() as tx:
        tx.add(evolve(booked, id=fresh, slot_id=second.id, starts_at=second.starts_at, ends_at=second.ends_at))


def test_of_four_who_break_the_rules_at_once_the_database_lets_one_through(clinic: Clinic, pace: Pace) -> None:
    (visitor,) = visitors(clinic, 1)
    rounds = []
    for seed in pace.seeds(1, 0.2):
        day = FIRST_DAY + timedelta(days=seed)
        (slot,) = published(clinic, f"dr-{seed}", day=day)
        visit = visitor.appointments.book(SlotId(slot))
        visitor.appointments.cancel(visit)
        forced: Call = ("force", {"patient_id": visitor.patient_id, "appointment_id": visit})
        rounds.append(all_at_once([forced] * 4))
    for answers in by_round(clinic.race(*rounds)):
        assert codes(answers) == {"ok": 1, "conflict": 3}
