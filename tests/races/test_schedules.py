"""Many processes at one schedule: patterns, withdrawals and requests are done once and whole."""

import random
from collections import Counter
from datetime import timedelta

from attrs import asdict

from patientportal import SlotId, Window
from tests.clinics import Call, Clinic, Pace
from tests.races.dealing import codes, dealt
from tests.races.schedule import DAILY, FIRST_DAY, PLACE, all_at_once, book, by_round, hold_visits, published, visitors


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


def week(provider: str) -> Call:
    """Closes it."""
    first, last = FIRST_DAY, FIRST_DAY + timedelta(days=7)
    days = {"after": f"{first}T00:00:00+00:00", "before": f"{last}T00:00:00+00:00"}
    return "withdraw", {"provider_id": provider, "cancelling": "The doctor is ill"} | days


def hold_closed(clinic: Clinic, provider: str) -> None:
    """Neither a slot nor a booked visit, and whoever had one was told once."""
    assert clinic.rows("SELECT count(*) FROM slots WHERE provider_id = ?", provider) == [(0,)]
    assert clinic.rows("SELECT DISTINCT status FROM appointments WHERE provider_id = ?", provider) == [("cancelled",)]
    told = clinic.rows(
        "SELECT appointments.id, count(deliveries.id) FROM appointments LEFT JOIN deliveries"
        " ON deliveries.about_id = appointments.id AND deliveries.kind = 'visit_cancelled'"
        " WHERE provider_id = ? AND rescheduled_to IS NULL GROUP BY appointments.id",
        provider,
    )
    assert {number for _, number in told} == {1}
    hold_visits(clinic)


def test_a_week_that_is_closed_while_twenty_patients_book_and_cancel_is_empty_and_everybody_is_told_once(
    clinic: Clinic, pace: Pace
) -> None:
    patients, closed = visitors(clinic, 20), []
    for seed in pace.seeds(1, 0.1):
        provider = f"dr-{seed}"
        days = [FIRST_DAY + timedelta(days=day) for day in range(5)]
        *_, slots = (published(clinic, provider, slots=12, day=day) for day in days)
        for at, visitor in enumerate(patients):
            visitor.appointments.book(SlotId(slots[3 * at]))
        dithering: list[Call] = [
            ("dither", {"token": visitor.token, "slot_ids": slots, "times": 12, "seed": seed * 100 + at})
            for at, visitor in enumerate(patients)
        ]
        answers = clinic.race(all_at_once([*dithering, week(provider), week(provider)]))
        assert codes(answers) == {"ok": 22}
        called_off = sum(answer.get("visits", 0) for answer in answers)
        cancelled = sum(answer.get("cancelled", 0) for answer in answers)
        counted = "SELECT count(*) FROM appointments WHERE provider_id = ? AND rescheduled_to IS NULL"
        assert clinic.rows(counted, provider) == [(called_off + cancelled,)]
        hold_closed(clinic, provider)
        closed.append((called_off, cancelled))
    pace.tell("measured", f"visits called off, and cancelled by patients: {closed}")


def test_whoever_is_killed_while_they_close_a_week_leaves_nothing_bookable_and_another_does_the_rest(
    clinic: Clinic, pace: Pace
) -> None:
    patients = visitors(clinic, 4)
    for seed in pace.seeds(1, 0.1):
        chance = random.Random(seed)  # noqa: S311 - for the moments of the deaths
        providers = [f"dr-{seed}.{at}" for at in range(6)]
        for at, provider in enumerate(providers):
            slots = published(clinic, provider, slots=6, day=FIRST_DAY + timedelta(days=at))
            for visitor, slot in zip(patients, slots, strict=False):
                visitor.appointments.book(SlotId(slot))
        dying: list[Call] = [
            ("die", {"after": after, "what": what, "named": named})
            for after, (what, named) in zip(chance.sample(range(8, 80), 6), map(week, providers), strict=True)
        ]
        with clinic.start(all_at_once(dying)) as race:
            assert race.stdout is not None
            assert clinic.recorded(list(race.stdout)) == [], "they all died"
        clinic.bury()
        marked = "SELECT count(*), sum(CASE WHEN is_closing THEN 1 ELSE 0 END) FROM slots WHERE provider_id = ?"
        left = [clinic.rows(marked, provider)[0] for provider in providers]
        assert all((slots, closing) == (6, 0) or slots == closing for slots, closing in left)
        answers = clinic.race([[list(map(week, providers))]])
        assert [answer["withdrawn"] for answer in answers] == [slots for slots, _ in left]
        for provider in providers:
            hold_closed(clinic, provider)
        pace.tell("measured", f"slots left by the dead, and those of them that were marked: {left}")


def test_whoever_is_killed_while_they_publish_leaves_whole_transactions_and_another_adds_the_rest(
    clinic: Clinic, pace: Pace
) -> None:
    for seed in pace.seeds(1, 0.05):
        chance = random.Random(seed)  # noqa: S311 - for the moments of the deaths
        providers = [f"dr-{seed}.{at}" for at in range(6)]
        calls = [pattern(provider, days=25) for provider in providers]
        early, late = chance.sample(range(1000), 3), chance.sample(range(1060, 1200), 3)
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
