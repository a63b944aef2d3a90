"""Processes that are killed at any moment: what was answered is kept, and nothing is kept by half."""

import os
import random
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from patientportal import AccountLockedError, WrongCredentialsError
from patientportal.testing import ANSWERS, BORN, PASSWORD
from tests.clinics import Answer, Call, Clinic, Pace, Round
from tests.races.dealing import (
    MORE_STEPS_THAN_ANY,
    WRONG,
    activate,
    codes,
    dealt,
    hold_all_or_nothing,
    hold_invariants,
    log_in,
)


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
            named["link_secret"],
            date_of_birth=BORN,
            username=named["username"],
            password=PASSWORD,
            security_answers=ANSWERS,
        )
    if event == "locked_out" and was_done:
        with pytest.raises(AccountLockedError):
            clinic.portal.log_in(named["username"], PASSWORD)
    elif event in {"locked_out", "log_in_failed"}:
        with pytest.raises(WrongCredentialsError):
            clinic.portal.log_in(named["username"], WRONG)
    else:
        clinic.portal.log_in(named["username"], PASSWORD)


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
            clinic.portal.activate(
                link, date_of_birth=BORN, username=username, password=PASSWORD, security_answers=ANSWERS
            )
        clinic.portal.log_in(username, PASSWORD)
