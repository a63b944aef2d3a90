"""Calls that are dealt to processes, their answers, and what holds of accounts whoever is killed."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date

from patientportal.testing import ANSWERS, BORN, PASSWORD
from tests.clinics import Answer, Call, Clinic, Round

WRONG = "not the password 0"


def log_in(username: str, password: str = WRONG) -> Call:
    return "log_in", {"username": username, "password": password}


def activate(link: str, username: str, password: str = PASSWORD, *, born: date = BORN) -> Call:
    answers = {question.value: answer for question, answer in ANSWERS.items()}
    return "activate", {
        "link_secret": link,
        "born": born.isoformat(),
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
