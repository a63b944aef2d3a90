"""Many processes on one SQLite file: whatever arrives at once, and whoever is killed, the rules hold."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from patientportal import Portal, RecordingNotifier, WrongCredentialsError, open_portal
from patientportal.testing import ANSWERS, PASSWORD, CheapHasher, Member, activated, invited

RACE = Path(__file__).with_name("race.py")
WRONG = "not the password 0"
Call = tuple[str, dict[str, Any]]
Answer = dict[str, Any]


class Clinic:
    """One database, a portal of this process on it, and races of other processes."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.url = f"sqlite:///{file}"
        self.notifier = RecordingNotifier()
        self.portal: Portal = open_portal(self.url, zone="UTC", hasher=CheapHasher(), notifier=self.notifier)

    def member(self, username: str) -> Member:
        return activated(self.portal, self.notifier, username)

    def link(self) -> str:
        return invited(self.portal, self.notifier)[1]

    def start(self, processes: list[list[list[Call]]]) -> "subprocess.Popen[str]":
        race = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, str(RACE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert race.stdin is not None
        race.stdin.write(json.dumps({"url": self.url, "processes": processes}))
        race.stdin.close()
        return race

    def race(self, processes: list[list[list[Call]]]) -> list[Answer]:
        """The answers, once every process has ended well; nobody was told anything undocumented."""
        with self.start(processes) as race:
            assert race.stdout is not None
            answers = [json.loads(line) for line in race.stdout]
        assert race.returncode == 0
        assert len(answers) == sum(len(calls) for threads in processes for calls in threads)
        return answers

    def rows(self, sql: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(sql, values).fetchall()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path / "clinic.db")
    yield clinic
    clinic.portal.close()


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


def dealt(calls: list[Call], processes: int, threads: int, *, seed: int = 0) -> list[list[list[Call]]]:
    """These calls, shuffled and dealt to so many processes of so many threads."""
    shuffled = random.Random(seed).sample(calls, len(calls))  # noqa: S311 - for the order of a test
    hands = [shuffled[number :: processes * threads] for number in range(processes * threads)]
    return [hands[number * threads : (number + 1) * threads] for number in range(processes)]


def codes(answers: list[Answer]) -> Counter[str]:
    return Counter(answer["code"] for answer in answers)


def attempts(clinic: Clinic) -> list[tuple[str, int | None]]:
    """What was decided of log-ins, in the order in which it was."""
    events = clinic.rows(
        "SELECT event_name, json_extract(event_data, '$.attempt') FROM events"
        " WHERE event_name IN ('log_in_failed', 'locked_out', 'logged_in') ORDER BY at, id"
    )
    return [(name, attempt) for name, attempt in events]


@pytest.mark.parametrize(("processes", "threads"), [(8, 1), (1, 8), (4, 4)])
@pytest.mark.parametrize("username", ["countess", "nobody.here"])
def test_of_96_wrong_attempts_at_once_four_are_answered_wrong_and_the_others_locked(
    clinic: Clinic, username: str, processes: int, threads: int
) -> None:
    clinic.member("countess")
    answers = clinic.race(dealt([log_in(username)] * 96, processes, threads))
    assert codes(answers) == {"wrong_credentials": 4, "account_locked": 92}
    assert attempts(clinic) == [*(("log_in_failed", number) for number in (1, 2, 3)), ("locked_out", 4)]
    is_known = username == "countess"
    assert clinic.rows("SELECT failed_attempts, locked_at IS NOT NULL FROM log_in_guards") == [(4, 1)]
    assert clinic.rows("SELECT locked_at IS NOT NULL FROM accounts") == [(int(is_known),)]
    told = clinic.rows("SELECT count(*) FROM deliveries WHERE kind = 'account_locked'")
    assert told == [(int(is_known),)]


@pytest.mark.parametrize("seed", range(3))
def test_a_right_password_among_99_wrong_ones_gets_in_before_the_lock_or_never(clinic: Clinic, seed: int) -> None:
    clinic.member("countess")
    calls = [log_in("countess", PASSWORD), *[log_in("countess")] * 99]
    answers = clinic.race(dealt(calls, 10, 10, seed=seed))
    got_in = codes(answers)["ok"]
    before = attempts(clinic).index(("logged_in", None)) if got_in else 0
    expected: list[tuple[str, int | None]] = [("log_in_failed", number) for number in range(1, before + 1)]
    expected += [("logged_in", None)] * got_in
    expected += [("log_in_failed", 1), ("log_in_failed", 2), ("log_in_failed", 3), ("locked_out", 4)]
    assert attempts(clinic) == expected
    assert codes(answers) == Counter(ok=got_in, wrong_credentials=before + 4, account_locked=100 - got_in - before - 4)


def test_a_hundred_right_log_ins_at_once_all_succeed(clinic: Clinic) -> None:
    clinic.member("countess")
    answers = clinic.race(dealt([log_in("countess", PASSWORD)] * 100, 10, 10))
    assert codes(answers) == {"ok": 100}
    assert len({answer["token"] for answer in answers}) == 100
    me = clinic.portal.resume(answers[0]["token"])
    assert len(me.account.devices(limit=200).items) == 100


def test_of_sixteen_activations_of_one_link_at_once_exactly_one_succeeds(clinic: Clinic) -> None:
    link = clinic.link()
    passwords = [f"violet kettle {number} drifts" for number in range(10, 26)]
    answers = clinic.race(dealt([activate(link, "countess", password) for password in passwords], 8, 2))
    assert codes(answers) == {"ok": 1, "link_invalid": 15}
    (winner,) = (answer["password"] for answer in answers if answer["code"] == "ok")
    for password in passwords:
        if password != winner:
            with pytest.raises(WrongCredentialsError):
                clinic.portal.log_in("countess", password)
        clinic.portal.log_in("countess", winner)


def test_of_two_patients_who_want_one_username_at_once_one_gets_it_and_the_other_may_choose_again(
    clinic: Clinic,
) -> None:
    names = [f"countess.{number}" for number in range(8)]
    wanted = [[[activate(clinic.link(), name)] for name in names] for _ in range(2)]
    answers = clinic.race(wanted)
    for name in names:
        both = [answer for answer in answers if answer["username"] == name]
        assert codes(both) == {"ok": 1, "username_taken": 1}
        (loser,) = (answer["link_secret"] for answer in both if answer["code"] != "ok")
        clinic.portal.activate(loser, username=f"{name}.too", password=PASSWORD, security_answers=ANSWERS)
        clinic.portal.log_in(name, PASSWORD)
        clinic.portal.log_in(f"{name}.too", PASSWORD)


def told_before_it_was_killed(clinic: Clinic, processes: list[list[list[Call]]], *, after: int) -> list[Answer]:
    """The answers of a race that was killed once so many were told."""
    with clinic.start(processes) as race:
        assert race.stdout is not None
        lines = [race.stdout.readline() for _ in range(after)]
        os.killpg(race.pid, signal.SIGKILL)
        lines += race.stdout
    return [json.loads(line) for line in lines if line.endswith("\n")]


def test_what_was_answered_before_a_process_was_killed_is_kept_and_nothing_is_kept_by_half(clinic: Clinic) -> None:
    clinic.member("countess")
    chance = random.Random(7)  # noqa: S311 - for the moments of the kills
    links = {f"patient.{number}": clinic.link() for number in range(24)}
    told: list[Answer] = []
    for number, after in enumerate(chance.sample(range(1, 60), 6)):
        wrong = [log_in(f"nobody.{number}.{one}") for one in range(60)]
        right = [log_in("countess", PASSWORD)] * 20
        some = [activate(link, name) for name, link in list(links.items())[number * 4 : number * 4 + 4]]
        told += told_before_it_was_killed(clinic, dealt(wrong + right + some, 2, 2, seed=number), after=after)
        hold_invariants(clinic)
    assert codes(told).keys() == {"ok", "wrong_credentials"}
    hold_what_was_told(clinic, told, links)


def hold_invariants(clinic: Clinic) -> None:
    """The file is whole, and every event stands beside the states that were saved with it."""
    assert clinic.rows("PRAGMA integrity_check") == [("ok",)]
    assert clinic.rows("PRAGMA foreign_key_check") == []
    events = dict(clinic.rows("SELECT event_name, count(*) FROM events GROUP BY event_name"))
    for event, sql in {
        "logged_in": "SELECT count(*) FROM sessions",
        "log_in_failed": "SELECT coalesce(sum(failed_attempts), 0) FROM log_in_guards",
        "account_activated": "SELECT count(*) FROM accounts JOIN usernames USING (patient_id)",
        "patient_registered": "SELECT count(*) FROM deliveries WHERE kind = 'invitation'",
    }.items():
        assert clinic.rows(sql) == [(events.get(event, 0),)], event
    used = clinic.rows("SELECT count(*) FROM links WHERE status = 'used'")
    assert used == [(events["account_activated"],)]


def hold_what_was_told(clinic: Clinic, told: list[Answer], links: dict[str, str]) -> None:
    """Every answer is still true, and whoever wasn't answered can go on."""
    ((failed,),) = clinic.rows("SELECT count(*) FROM events WHERE event_name = 'log_in_failed'")
    assert failed >= codes(told)["wrong_credentials"] > 0
    for answer in told:
        if answer["token"]:
            clinic.portal.resume(answer["token"])
    answered = {answer["username"] for answer in told if answer["method"] == "activate"}
    assert answered
    for username, link in links.items():
        if not (username in answered or clinic.rows("SELECT 1 FROM usernames WHERE name = ?", username)):
            clinic.portal.activate(link, username=username, password=PASSWORD, security_answers=ANSWERS)
        clinic.portal.log_in(username, PASSWORD)
