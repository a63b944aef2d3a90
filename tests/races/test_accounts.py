"""Many processes on one database: whatever arrives at once, the rules hold.

Each race is short here; ``torture.py`` runs the same ones for many rounds.
"""

import math
import random
from collections import Counter
from datetime import timedelta

import pytest

from patientportal import LinkInvalidError, WrongCredentialsError
from patientportal.testing import ANSWERS, BORN, PASSWORD, Member
from tests.clinics import Call, Clinic, Pace
from tests.races.dealing import WRONG, activate, by_username, codes, dealt, log_in

FALSE_ALARM = 1e-9
LONGEST_WAIT_S = 10.0  # what both stores document


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
        decided = attempts(clinic, member)[2 if seed in seeds[::2] else 0 :]
        hold_lock(decided, codes(answers[member.username]))
    assert won <= most


def test_right_and_wrong_log_ins_at_once_are_decided_one_after_the_other(clinic: Clinic, pace: Pace) -> None:
    seeds = pace.seeds(6)
    members = {seed: clinic.member(f"countess.{seed}") for seed in seeds}
    calls = {seed: [log_in(one.username, PASSWORD)] * 8 + [log_in(one.username)] * 8 for seed, one in members.items()}
    answers = by_username(clinic.race(*(dealt(calls[seed], 4, 4, seed=seed) for seed in seeds)))
    for member in members.values():
        hold_sequence(attempts(clinic, member), codes(answers[member.username]))


def hold_sequence(decided: list[tuple[str, int | None]], answered: Counter[str]) -> None:
    """One lock, asked by one after the other, would have decided so."""
    failed, is_locked = 0, False
    for name, attempt in decided:
        assert not is_locked, decided
        failed = 0 if name == "logged_in" else failed + 1
        assert attempt in {None, failed}, decided
        is_locked = name == "locked_out"
        assert is_locked == (failed == 4), decided
    got_in = sum(name == "logged_in" for name, _ in decided)
    assert answered == Counter(ok=got_in, wrong_credentials=len(decided) - got_in, account_locked=16 - len(decided))


def leave_a_guard(clinic: Clinic, member: Member) -> None:
    """A guard of the member's name stands, with nothing counted."""
    with pytest.raises(WrongCredentialsError):
        clinic.portal.log_in(member.username, WRONG)
    clinic.portal.log_in(member.username, PASSWORD)


def hold_lock(decided: list[tuple[str, int | None]], answered: Counter[str]) -> None:
    """A success, if there was one, was decided before the lock and set the count to zero."""
    failed = [attempt for attempt in decided if attempt != ("logged_in", None)]
    got_in = len(decided) - len(failed)
    before = decided.index(("logged_in", None)) if got_in else 0
    assert before < len(LOCKING)
    assert failed == [*LOCKING[:before], *LOCKING]
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


def test_of_sixty_wrong_birth_dates_at_once_four_are_answered_and_the_link_is_over(clinic: Clinic, pace: Pace) -> None:
    links = [clinic.link() for _ in pace.seeds(3, 0.2)]
    days = [BORN + timedelta(days=number) for number in range(1, 61)]
    rounds = [dealt([activate(link, "stranger", born=born) for born in days], 6, 2) for link in links]
    answers = clinic.race(*rounds)
    for number, link in enumerate(links):
        assert codes([one for one in answers if one["round"] == number]) == {"wrong_birth_date": 4, "link_invalid": 56}
        with pytest.raises(LinkInvalidError):
            clinic.portal.activate(
                link, date_of_birth=BORN, username="stranger", password=PASSWORD, security_answers=ANSWERS
            )
    ended = clinic.rows("SELECT DISTINCT wrong_dates, ended_by FROM links")
    assert ended == [(4, "wrong_birth_dates")]


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
        clinic.portal.activate(
            loser, date_of_birth=BORN, username=f"{name}.too", password=PASSWORD, security_answers=ANSWERS
        )
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
