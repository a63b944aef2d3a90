"""Many processes at one schedule: patterns, withdrawals and requests are done once and whole."""

import random
from collections import Counter
from datetime import timedelta

from attrs import asdict

from patientportal import Window
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


def test_whoever_is_killed_while_they_publish_leaves_whole_transactions_and_another_adds_the_rest(
    clinic: Clinic, pace: Pace
) -> None:
    for seed in pace.seeds(1, 0.05):
        chance = random.Random(seed)  # noqa: S311 - for the moments of the deaths
        providers = [f"dr-{seed}.{at}" for at in range(6)]
        calls = [pattern(provider, days=25) for provider in providers]
        early, late = chance.sample(range(1000), 3), chance.sample(range(1020, 1200), 3)
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
