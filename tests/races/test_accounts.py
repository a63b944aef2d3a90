"""Many processes on one database: whatever arrives at once, and whoever is killed, the rules hold.

Each race is short here; ``torture.py`` runs the same ones for many rounds.
"""

import math
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from patientportal import AccountLockedError, WrongCredentialsError
from patientportal.testing import ANSWERS, PASSWORD, Member
from tests.clinics import Answer, Call, Clinic, Pace, Round

WRONG = "not the password 0"
FALSE_ALARM = 1e-9
LONGEST_WAIT_S = 10.0  # what both stores document


def log_in(username: str, password: str = WRONG) -> Call:
    return "log_in", {"username": username, "password": password}


def activate(link: str, username: str, password: str = PASSWORD) -> Call:
    answers = {question.value: answer for question, answer in ANSWERS.items()}
    return "activate", {
        "link_secret": link,
        "username": username,
        "password": password,
        "security_answers": answers,
    }


def dealt(calls: list[Call], processes: int, threads: int, *, seed: int = 0) -> Round:
    """These calls, shuffled and dealt to so many processes of so many threads."""
    shuffled = random.Random(seed).sample(calls, len(calls))  # noqa: S311 - for the order of a test
    hands = [shuffled[number :: processes * threads] for number in range(processes * threads)]
    return [hands[number * threads : (number + 1) * threads] for number in range(processes)]


def codes(answers: list[Answer]) -> Counter[str]:
    return Counter(answer["code"] for answer in answers)


def by_username(answers: list[Answer]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for one in answers:
        found.setdefault(one["username"], []).append(one)
    return found


def attempts(clinic: Clinic, member: Member) -> list[tuple[str, int | None]]:
    """What was decided of a member's log-ins, in the order in which it was."""
    events = clinic.rows(
        "SELECT event_name, event_data ->> 'attempt' FROM events WHERE patient_id = ?"
        " AND event_name IN ('log_in_failed', 'locked_out', 'logged_in') ORDER BY at, id",
        member.patient_id,
    )
    return [(name, attempt if attempt is None else int(attempt)) for name, attempt in events]


def surely_below(rounds: int, chance: float) -> int:
    """How often something so likely happens in so many rounds at most, but for once in a billion such races."""
    likelihood, most = 1.0, -1
    while likelihood > FALSE_ALARM:
        most += 1
        likelihood -= math.comb(rounds, most) * chance**most * (1 - chance) ** (rounds - most)
    return most


LOCKING = [*(("log_in_failed", number) for number in (1, 2, 3)), ("locked_out", 4)]


@pytest.mark.parametrize(("processes", "threads"), [(8, 1), (1, 8), (10, 10)])
def test_of_100_wrong_attempts_at_once_four_are_answered_wrong_and_the_others_locked(
    clinic: Clinic, pace: Pace, processes: int, threads: int
) -> None:
    seeds = pace.seeds(3)
    members = [clinic.member(f"countess.{seed}") for seed in seeds]
    names = [name for member in members for name in (member.username, f"nobody.{member.username}")]
    answers = by_username(clinic.race(*(dealt([log_in(name)] * 100, processes, threads) for name in names)))
    for name in names:
        assert codes(answers[name]) == {"wrong_credentials": 4, "account_locked": 96}
    for member in members:
        assert attempts(clinic, member) == LOCKING
    assert clinic.rows("SELECT DISTINCT failed_attempts, locked_at IS NOT NULL FROM log_in_guards") == [(4, True)]
    assert clinic.rows("SELECT count(*) FROM log_in_guards") == [(len(names),)]
    assert clinic.rows("SELECT count(*) FROM accounts WHERE locked_at IS NOT NULL") == [(len(members),)]
    assert clinic.rows("SELECT count(*) FROM deliveries WHERE kind = 'account_locked'") == [(len(members),)]


def test_a_right_password_among_99_wrong_ones_wins_no_more_often_than_four_guesses_would(
    clinic: Clinic, pace: Pace
) -> None:
    seeds = pace.seeds(20)
    members = {seed: clinic.member(f"countess.{seed}") for seed in seeds}
    for seed in seeds[::2]:
        leave_a_guard(clinic, members[seed])
    calls = {seed: [log_in(one.username, PASSWORD), *[log_in(one.username)] * 99] for seed, one in members.items()}
    answers = by_username(clinic.race(*(dealt(calls[seed], 10, 10, seed=seed) for seed in seeds)))
    won, most = sum(codes(one)["ok"] for one in answers.values()), surely_below(len(seeds), 4 / 100)
    pace.tell("measured", f"the right one won {won} of {len(seeds)}, {most} may be chance")
    for seed, member in members.items():
        had_a_guard = seed in seeds[::2]
        decided = attempts(clinic, member)[2 if had_a_guard else 0 :]
        hold_lock(decided, codes(answers[member.username]), had_a_guard=had_a_guard)
    assert won <= most


def leave_a_guard(clinic: Clinic, member: Member) -> None:
    """A guard of the member's name stands, with nothing counted."""
    with pytest.raises(WrongCredentialsError):
        clinic.portal.log_in(member.username, WRONG)
    clinic.portal.log_in(member.username, PASSWORD)


def hold_lock(decided: list[tuple[str, int | None]], answered: Counter[str], *, had_a_guard: bool) -> None:
    """A success, if there was one, was decided before the lock and set the count to zero.

    One that found no guard holds no lock on it, so that it may be saved after wrong ones that were decided beside it.
    """
    failed = [attempt for attempt in decided if attempt != ("logged_in", None)]
    got_in = len(decided) - len(failed)
    before = decided.index(("logged_in", None)) if got_in else 0
    assert before < len(LOCKING)
    assert failed == [*LOCKING[:before], *LOCKING] or (failed == LOCKING and not had_a_guard)
    assert answered == Counter(ok=got_in, wrong_credentials=len(failed), account_locked=100 - len(decided))


def test_a_hundred_right_log_ins_at_once_all_succeed(clinic: Clinic, pace: Pace) -> None:
    members = [clinic.member(f"countess.{seed}") for seed in pace.seeds(1, 0.2)]
    answers = clinic.race(*(dealt([log_in(member.username, PASSWORD)] * 100, 10, 10) for member in members))
    assert codes(answers) == {"ok": 100 * len(members)}
    assert len({answer["token"] for answer in answers}) == len(answers)
    for member in members:
        me = clinic.portal.log_in(member.username, PASSWORD)
        assert len(me.account.devices(limit=200).items) == 101


def test_of_sixteen_activations_of_one_link_at_once_exactly_one_succeeds(clinic: Clinic, pace: Pace) -> None:
    passwords = [f"violet kettle {number} drifts" for number in range(10, 26)]
    names = [f"countess.{seed}" for seed in pace.seeds(4)]
    links = {name: clinic.link() for name in names}
    rounds = [dealt([activate(links[name], name, password) for password in passwords], 8, 2) for name in names]
    answers = by_username(clinic.race(*rounds))
    for name in names:
        assert codes(answers[name]) == {"ok": 1, "link_invalid": 15}
        (winner,) = (answer["password"] for answer in answers[name] if answer["code"] == "ok")
        for password in passwords[:3]:
            if password != winner:
                with pytest.raises(WrongCredentialsError):
                    clinic.portal.log_in(name, password)
        clinic.portal.log_in(name, winner)


def test_of_sixteen_confirmations_of_one_address_at_once_exactly_one_succeeds(clinic: Clinic, pace: Pace) -> None:
    links = []
    for seed in pace.seeds(2, 0.2):
        member = clinic.member(f"countess.{seed}")
        clinic.portal.log_in(member.username, PASSWORD).account.change_email(PASSWORD, f"new.{seed}@example.org")
        clinic.portal.work()
        (link,) = (m.link for m in clinic.notifier.messages if m.to_email == f"new.{seed}@example.org")
        links.append(str(link).partition("#")[2])
    answers = clinic.race(*(dealt([("confirm", {"link_secret": link})] * 16, 8, 2) for link in links))
    for link in links:
        told = Counter(answer["code"] for answer in answers if answer["link_secret"] == link)
        assert told == {"ok": 1, "link_invalid": 15}
    assert clinic.rows("SELECT count(*) FROM events WHERE event_name = 'email_changed'") == [(len(links),)]
    addresses = clinic.rows("SELECT count(*) FROM personal_records WHERE personal_email LIKE ?", "new.%")
    assert addresses == [(len(links),)]


def test_of_two_patients_who_want_one_username_at_once_one_gets_it_and_the_other_may_choose_again(
    clinic: Clinic, pace: Pace
) -> None:
    names = [f"countess.{seed}" for seed in pace.seeds(32)]
    rounds = [[[[activate(clinic.link(), name)]] for _ in range(2)] for name in names]
    answers = by_username(clinic.race(*rounds))
    for name in names:
        assert codes(answers[name]) == {"ok": 1, "username_taken": 1}
        (loser,) = (answer["link_secret"] for answer in answers[name] if answer["code"] != "ok")
        clinic.portal.activate(loser, username=f"{name}.too", password=PASSWORD, security_answers=ANSWERS)
        clinic.portal.log_in(name, PASSWORD)
        clinic.portal.log_in(f"{name}.too", PASSWORD)


def test_transactions_that_change_the_same_two_patients_in_the_one_order_never_deadlock(
    clinic: Clinic, pace: Pace
) -> None:
    patients = [clinic.member(f"countess.{number}").patient_id for number in range(4)]
    registered = clinic.rows("SELECT registered_at FROM patients ORDER BY registered_at")
    assert len(set(registered)) == len(patients)
    for seed in pace.seeds(1, 0.1):
        chance = random.Random(seed)  # noqa: S311 - for the order of a test
        swaps: list[Call] = [("swap", {"patients": sorted(chance.sample(patients, 2))}) for _ in range(400)]
        answers = clinic.race(dealt(swaps, 8, 2, seed=seed))
        assert codes(answers) == {"ok": 400}
        assert {answer["tries"] for answer in answers} == {1}, "a deadlock or a conflict was retried"
        assert clinic.rows("SELECT registered_at FROM patients ORDER BY registered_at") == registered


def test_a_transaction_that_locks_in_the_wrong_order_is_stopped_and_holds_nobody_up(clinic: Clinic, pace: Pace) -> None:
    patients = [clinic.member(f"countess.{number}").patient_id for number in range(4)]
    for seed in pace.seeds(1, 0.1):
        chance = random.Random(seed)  # noqa: S311 - for the order of a test
        pairs = [chance.sample(patients, 2) for _ in range(400)]
        registered = clinic.rows("SELECT registered_at FROM patients ORDER BY registered_at")
        answers = clinic.race(dealt([("swap", {"patients": pair}) for pair in pairs], 8, 2, seed=seed))
        for answer in answers:
            in_order = answer["patients"] == sorted(answer["patients"])
            assert answer["code"] == (
                "ok" if in_order else "LockOrderError: Patient comes before what is locked already"
            )
        assert {answer["tries"] for answer in answers if "tries" in answer} == {1}
        assert clinic.rows("SELECT registered_at FROM patients ORDER BY registered_at") == registered


def test_writers_without_pause_wait_no_longer_than_documented(clinic: Clinic, pace: Pace) -> None:
    writers, seconds = 32 if pace.is_long else 8, pace.number(1, 0.1)
    calls: list[Call] = [("fail_for", {"seconds": seconds, "username": f"n{number}"}) for number in range(writers)]
    answers = clinic.race([[[call]] for call in calls])
    assert codes(answers) == {"ok": writers}
    longest = max(answer["longest_s"] for answer in answers)
    written = [answer["failed"] for answer in answers]
    pace.tell("measured", f"{writers} writers, {sum(written)} commits in {seconds} s, longest wait {longest:.2f} s")
    assert longest < LONGEST_WAIT_S
    assert min(written) > 0
    kept = clinic.rows("SELECT count(*) FROM events WHERE event_name = 'log_in_failed'")
    assert kept == [(sum(written),)]


def told_before_it_was_killed(clinic: Clinic, one: Round, *, after: int) -> list[Answer]:
    """The answers of a race that was killed once so many were told."""
    with clinic.start(one) as race:
        assert race.stdout is not None
        lines = [race.stdout.readline() for _ in range(after)]
        os.killpg(race.pid, signal.SIGKILL)
        lines += race.stdout
    clinic.bury()
    return clinic.recorded([line for line in lines if line.endswith("\n")])


def test_what_was_answered_before_a_process_was_killed_is_kept_and_nothing_is_kept_by_half(
    clinic: Clinic, pace: Pace
) -> None:
    clinic.member("countess")
    links: dict[str, str] = {}
    told: list[Answer] = []
    for seed in pace.seeds(5, 0.3):
        invitations = {f"patient.{seed}.{one}": clinic.link() for one in range(4)}
        links |= invitations
        wrong = [log_in(f"nobody.{seed}.{one}") for one in range(60)]
        right = [log_in("countess", PASSWORD)] * 20
        some = [activate(link, name) for name, link in invitations.items()]
        after = random.Random(seed).randrange(1, 60)  # noqa: S311 - for the moment of the kill
        told += told_before_it_was_killed(clinic, dealt(wrong + right + some, 2, 2, seed=seed), after=after)
        hold_invariants(clinic)
    assert codes(told).keys() == {"ok", "wrong_credentials"}
    hold_what_was_told(clinic, told, links)


def to_activate(clinic: Clinic, name: str) -> tuple[str, Call]:
    link = clinic.link()
    return link.split(".")[0], activate(link, name)


def to_log_in(clinic: Clinic, name: str) -> tuple[str, Call]:
    return clinic.member(name).patient_id, log_in(name, PASSWORD)


def to_fail(clinic: Clinic, name: str, *, failed: int = 0) -> tuple[str, Call]:
    patient_id = clinic.member(name).patient_id
    for _ in range(failed):
        with pytest.raises(WrongCredentialsError):
            clinic.portal.log_in(name, WRONG)
    return patient_id, log_in(name)


MORE_STEPS_THAN_ANY = 36


def hold_all_or_nothing(clinic: Clinic, calls: Sequence[Call], patients: Sequence[str], event: str) -> list[bool]:
    """Of processes that die one step later each, those that came to their commit did it all, and the others nothing.

    Returns:
        Which of these calls were done.
    """
    dying: list[Call] = [("die", {"after": at, "what": what, "named": named}) for at, (what, named) in enumerate(calls)]
    with clinic.start([[[call]] for call in dying]) as race:
        assert race.stdout is not None
        told = clinic.recorded(list(race.stdout))
    clinic.bury()
    hold_invariants(clinic)
    deaths = min(answer["after"] for answer in told)
    assert sorted(answer["after"] for answer in told) == list(range(deaths, len(calls)))
    text = "SELECT count(*) FROM events WHERE patient_id = ? AND event_name = ?"
    done = [clinic.rows(text, patient, event) == [(1,)] for patient in patients]
    assert done == sorted(done)
    assert done[deaths - 1], "the last step is after the commit"
    assert not done[deaths - 3], "the one before it is before the commit"
    return done


@pytest.mark.parametrize(
    ("event", "prepared"),
    [
        ("account_activated", to_activate),
        ("logged_in", to_log_in),
        ("log_in_failed", to_fail),
        ("locked_out", partial(to_fail, failed=3)),
    ],
)
def test_a_process_killed_at_any_step_has_done_all_or_nothing_and_another_can_go_on(
    clinic: Clinic, pace: Pace, event: str, prepared: Callable[[Clinic, str], tuple[str, Call]]
) -> None:
    for seed in pace.seeds(1, 0.02):
        names = [f"countess.{seed}.{step}" for step in range(MORE_STEPS_THAN_ANY)]
        patients, calls = zip(*(prepared(clinic, name) for name in names), strict=True)
        done = hold_all_or_nothing(clinic, calls, patients, event)
        for (call, named), was_done in zip(calls, done, strict=True):
            go_on(clinic, call, named, was_done=was_done, event=event)
        hold_invariants(clinic)


def go_on(clinic: Clinic, call: str, named: dict[str, Any], *, was_done: bool, event: str) -> None:
    """Somebody else asks for the same: what was done stands, and what wasn't is done now."""
    if call == "activate" and not was_done:
        clinic.portal.activate(
            named["link_secret"], username=named["username"], password=PASSWORD, security_answers=ANSWERS
        )
    if event == "locked_out" and was_done:
        with pytest.raises(AccountLockedError):
            clinic.portal.log_in(named["username"], PASSWORD)
    elif event in {"locked_out", "log_in_failed"}:
        with pytest.raises(WrongCredentialsError):
            clinic.portal.log_in(named["username"], WRONG)
    else:
        clinic.portal.log_in(named["username"], PASSWORD)


def hold_invariants(clinic: Clinic) -> None:
    """The database is whole, and every event stands beside the states that were saved with it."""
    clinic.hold_whole()
    with clinic.snapshot() as rows:
        events = dict(rows("SELECT event_name, count(*) FROM events GROUP BY event_name"))
        for names, text in {
            ("logged_in",): "SELECT count(*) FROM sessions",
            ("log_in_failed", "locked_out"): "SELECT coalesce(sum(failed_attempts), 0) FROM log_in_guards",
            ("locked_out",): "SELECT count(*) FROM accounts WHERE locked_at IS NOT NULL",
            ("account_activated",): "SELECT count(*) FROM accounts JOIN usernames USING (patient_id)",
            ("patient_registered",): "SELECT count(*) FROM deliveries WHERE kind = 'invitation'",
            ("account_activated", "password_reset"): "SELECT count(*) FROM links WHERE status = 'used'",
        }.items():
            assert rows(text) == [(sum(events.get(name, 0) for name in names),)], names


def hold_what_was_told(clinic: Clinic, told: list[Answer], links: dict[str, str]) -> None:
    """Every answer is still true, and whoever wasn't answered can go on."""
    ((failed,),) = clinic.rows("SELECT count(*) FROM events WHERE event_name = 'log_in_failed'")
    assert failed >= codes(told)["wrong_credentials"] > 0
    for answer in told:
        if "token" in answer:
            clinic.portal.resume(answer["token"])
    answered = {answer["username"] for answer in told if answer["call"] == "activate"}
    assert answered
    for username, link in links.items():
        if not (username in answered or clinic.rows("SELECT 1 FROM usernames WHERE name = ?", username)):
            clinic.portal.activate(link, username=username, password=PASSWORD, security_answers=ANSWERS)
        clinic.portal.log_in(username, PASSWORD)
