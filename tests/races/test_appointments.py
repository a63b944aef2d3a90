"""Many processes at one schedule: a slot has one winner, a patient one visit at a time, and nothing is done by half."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import asdict, evolve

from patientportal import ConflictError, Place, Window
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import AppointmentId, PlaceId, SlotId, StaffId
from patientportal.patient_access import PatientAccess
from patientportal.ports.store import Key
from patientportal.testing.world import desk
from tests.clinics import Answer, Call, Clinic, Pace, Round
from tests.races.test_accounts import codes, dealt, hold_all_or_nothing

DAILY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
PLACE = Place(id=PlaceId("north"), name="North Building", zone="UTC")
FIRST_DAY = datetime.now(UTC).date() + timedelta(days=7)
DEATHS = 32  # more than the steps of any call here


def visitors(clinic: Clinic, number: int, *, name: str = "countess") -> list[PatientAccess]:
    members = [clinic.member(f"{name}.{at}") for at in range(number)]
    return [clinic.portal.log_in(member.username, member.password) for member in members]


def published(
    clinic: Clinic, provider: str, *, slots: int = 1, opens: time = time(9), minutes: int = 30, day: date = FIRST_DAY
) -> list[str]:
    """The ids of so many slots of a day, one after another, of a provider who has no others."""
    closes = (datetime.combine(day, opens) + slots * timedelta(minutes=minutes)).time()
    desk(clinic.portal).schedule.publish(
        PLACE,
        DAILY,
        opens=opens,
        closes=closes,
        visit_length=timedelta(minutes=minutes),
        first_day=day,
        last_day=day,
        provider_id=StaffId(provider),
    )
    return [id_ for (id_,) in clinic.rows("SELECT id FROM slots WHERE provider_id = ? ORDER BY starts_at", provider)]


def book(visitor: PatientAccess, slot: str) -> Call:
    return "book", {"token": visitor.token, "slot_id": slot}


def cancel(visitor: PatientAccess, visit: str) -> Call:
    return "cancel", {"token": visitor.token, "appointment_id": visit}


def reschedule(visitor: PatientAccess, visit: str, slot: str) -> Call:
    return "reschedule", {"token": visitor.token, "appointment_id": visit, "slot_id": slot}


def all_at_once(calls: Sequence[Call]) -> Round:
    """Each by a process of its own."""
    return [[[call]] for call in calls]


def by_round(answers: list[Answer]) -> list[list[Answer]]:
    rounds = max(answer["round"] for answer in answers) + 1
    return [[answer for answer in answers if answer["round"] == number] for number in range(rounds)]


def hold_visits(clinic: Clinic) -> None:
    """A busy slot and its visit name each other, nothing overlaps, and the history tells how it came to that."""
    clinic.hold_whole()
    with clinic.snapshot() as rows:
        assert rows("SELECT id, patient_id, appointment_id FROM slots WHERE status = 'busy' ORDER BY id") == rows(
            "SELECT slot_id, patient_id, id FROM appointments WHERE status <> 'cancelled' ORDER BY slot_id"
        )
        hold_apart(rows("SELECT provider_id, starts_at, ends_at FROM slots ORDER BY 1, 2, 3"))
        hold_apart(
            rows("SELECT patient_id, starts_at, ends_at FROM appointments WHERE status = 'booked' ORDER BY 1, 2, 3")
        )
        events = Counter(dict(rows("SELECT event_name, count(*) FROM events GROUP BY event_name")))
        visits = Counter(dict(rows("SELECT status, count(*) FROM appointments GROUP BY status")))
        told = Counter(dict(rows("SELECT kind, count(*) FROM deliveries GROUP BY kind")))
        booked, moved = events["appointment_booked"] + events["request_scheduled"], events["appointment_rescheduled"]
        assert booked + moved == visits.total()
        assert events["appointment_cancelled"] + moved == visits["cancelled"]
        assert told["visit_booked"] == booked
        assert told["visit_rescheduled"] == moved
        assert told["visit_cancelled"] == events["appointment_cancelled"]
        hold_history(
            rows(
                "SELECT event_name, event_data ->> 'slot_id', event_data ->> 'former_slot_id' FROM events"
                " WHERE event_name IN ('appointment_booked', 'request_scheduled', 'appointment_rescheduled',"
                " 'appointment_cancelled') ORDER BY at, id"
            )
        )


def hold_apart(times: list[tuple[str, Any, Any]]) -> None:
    """What is one person's doesn't overlap."""
    for (whose, _, ends_at), (whose_next, starts_at, _) in pairwise(times):
        assert whose != whose_next or ends_at <= starts_at


def hold_history(events: list[tuple[str, str, str | None]]) -> None:
    """Whoever took a slot found it free, and whoever gave it up had it."""
    busy: set[str] = set()
    for name, slot, former in events:
        left = slot if name == "appointment_cancelled" else former
        if left is not None:
            busy.remove(left)
        if name != "appointment_cancelled":
            assert slot not in busy
            busy.add(slot)


def test_of_64_patients_who_want_one_slot_at_once_one_gets_it_and_for_the_others_it_is_taken(
    clinic: Clinic, pace: Pace
) -> None:
    patients = visitors(clinic, 64)
    slots = published(clinic, "dr-1", slots=len(pace.seeds(2, 0.2)), minutes=5)
    rounds = [all_at_once([book(visitor, slot) for visitor in patients]) for slot in slots]
    for answers in by_round(clinic.race(*rounds)):
        assert codes(answers) == {"ok": 1, "slot_taken": 63}
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
        assert sorted(by_slot.values()) == [1, 1, 3, 5, 6]
        assert codes(answers) == {"ok": 2, "slot_taken": 8, "visits_overlap": 6}
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


def test_a_request_that_desks_and_its_patient_end_at_once_ends_once_and_is_told_once(
    clinic: Clinic, pace: Pace
) -> None:
    rounds, seeds = [], pace.seeds(4, 0.2)
    window = Window(first_day=FIRST_DAY, last_day=FIRST_DAY)
    for seed, visitor in zip(seeds, visitors(clinic, len(seeds)), strict=True):
        slots = published(clinic, f"dr-{seed}", slots=3)
        request = visitor.appointments.request("A cough", [window])
        scheduled: list[Call] = [("schedule_request", {"request_id": request, "slot_id": slot}) for slot in slots * 2]
        others: list[Call] = [
            ("decline_request", {"request_id": request}),
            ("withdraw_request", {"token": visitor.token, "request_id": request}),
        ]
        rounds.append(dealt([*scheduled, *others], 8, 1, seed=seed))
    answers = by_round(clinic.race(*rounds))
    for told in answers:
        assert codes(told) == {"ok": 1, "appointment_request_ended": 7}
    ended = Counter(answer["call"] for told in answers for answer in told if answer["code"] == "ok")
    pace.tell("measured", f"how they ended: {dict(ended)}")
    kinds = dict(clinic.rows("SELECT kind, count(*) FROM deliveries WHERE kind <> 'invitation' GROUP BY kind"))
    closed = {"visit_booked": ended["schedule_request"], "request_closed": len(seeds) - ended["schedule_request"]}
    assert Counter(kinds) == Counter(closed)
    hold_visits(clinic)


def pattern(provider: str, *, opens: int = 0, days: int = 20) -> Call:
    """Twenty-four slots a day from so many minutes past eight."""
    return "publish", {
        "place": asdict(PLACE),
        "pattern": DAILY,
        "hours": [f"{hour:02}:{opens:02}" for hour in (8, 20)],
        "minutes": 30,
        "days": [FIRST_DAY.isoformat(), (FIRST_DAY + timedelta(days=days - 1)).isoformat()],
        "provider_id": provider,
    }


def test_a_pattern_that_four_processes_publish_at_once_is_there_once_and_whole(clinic: Clinic, pace: Pace) -> None:
    providers = [f"dr-{seed}" for seed in pace.seeds(1, 0.05)]
    rounds = [all_at_once([pattern(provider, days=30)] * 4) for provider in providers]
    for provider, answers in zip(providers, by_round(clinic.race(*rounds)), strict=True):
        assert codes(answers) == {"ok": 4}
        assert sum(answer["added"] for answer in answers) == 720
        assert {answer["added"] + answer["already_there"] for answer in answers} == {720}
        counted = clinic.rows("SELECT count(DISTINCT starts_at), count(*) FROM slots WHERE provider_id = ?", provider)
        assert counted == [(720, 720)]
    hold_visits(clinic)


def test_of_two_patterns_that_overlap_and_are_published_at_once_one_stands(clinic: Clinic, pace: Pace) -> None:
    providers = [f"dr-{seed}" for seed in pace.seeds(2, 0.1)]
    patterns = [[pattern(provider, opens=opens) for opens in (0, 15)] * 2 for provider in providers]
    rounds = [all_at_once(calls) for calls in patterns]
    for provider, answers in zip(providers, by_round(clinic.race(*rounds)), strict=True):
        assert codes(answers) == {"ok": 2, "slots_overlap": 2}
        assert len({tuple(answer["hours"]) for answer in answers if answer["code"] == "ok"}) == 1
        assert sorted(answer["added"] for answer in answers if answer["code"] == "ok") == [0, 480]
        assert clinic.rows("SELECT count(*) FROM slots WHERE provider_id = ?", provider) == [(480,)]
    hold_visits(clinic)


def test_slots_that_are_withdrawn_and_booked_at_once_are_all_gone_or_all_there(clinic: Clinic, pace: Pace) -> None:
    patients, seeds = visitors(clinic, 4), pace.seeds(4, 0.2)
    rounds, gone = [], 0
    for seed in seeds:
        day = FIRST_DAY + timedelta(days=seed - seeds[0])
        slots = published(clinic, f"dr-{seed}", slots=8, day=day)
        ends = {"after": f"{day}T00:00:00+00:00", "before": f"{day}T23:00:00+00:00"}
        calls = [book(visitor, slot) for visitor, slot in zip(patients, slots[::2], strict=True)]
        rounds.append(dealt([*calls, ("withdraw", {"provider_id": f"dr-{seed}"} | ends)], 5, 1, seed=seed))
    for seed, answers in zip(seeds, by_round(clinic.race(*rounds)), strict=True):
        told, left = codes(answers), clinic.rows("SELECT count(*) FROM slots WHERE provider_id = ?", f"dr-{seed}")
        assert (told, left) in (
            ({"ok": 1, "not_found": 4}, [(0,)]),
            ({"ok": 4, "slots_booked": 1}, [(8,)]),
        )
        gone += left == [(0,)]
    pace.tell("measured", f"withdrawn {gone} times of {len(seeds)}")
    hold_visits(clinic)


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


def test_whoever_is_killed_while_they_publish_leaves_whole_transactions_and_another_adds_the_rest(
    clinic: Clinic, pace: Pace
) -> None:
    for seed in pace.seeds(1, 0.05):
        chance = random.Random(seed)  # noqa: S311 - for the moments of the deaths
        providers = [f"dr-{seed}.{at}" for at in range(6)]
        calls = [pattern(provider, days=25) for provider in providers]
        early, late = chance.sample(range(1000), 3), chance.sample(range(1010, 1200), 3)
        dying: list[Call] = [
            ("die", {"after": after, "what": what, "named": named})
            for after, (what, named) in zip([*early, *late], calls, strict=True)
        ]
        with clinic.start(all_at_once(dying)) as race:
            assert race.stdout is not None
            assert clinic.recorded(list(race.stdout)) == [], "they all died"
        clinic.bury()
        added = dict(clinic.rows("SELECT provider_id, count(*) FROM slots GROUP BY provider_id"))
        assert [added.get(provider, 0) for provider in providers] == [0, 0, 0, 500, 500, 500]
        answers = clinic.race([[calls]])
        assert [answer["added"] for answer in answers] == [600, 600, 600, 100, 100, 100]
        hold_visits(clinic)


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
        "one slot twice": evolve(first, id=SlotId(fresh), place=evolve(PLACE, id="south")),
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
