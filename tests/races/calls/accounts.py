"""What races over accounts call."""

import time
from datetime import date
from typing import Any

from patientportal import AccountEndReason, PatientId, Portal, WrongAnswerError, WrongCredentialsError
from patientportal.testing import desk, person
from tests.races.calls.told import Told


def log_in(portal: Portal, *, username: str, password: str) -> Told:
    """Logs in and tells the token."""
    return {"token": portal.log_in(username, password).token}


def activate(portal: Portal, *, link_secret: str, born: str, **chosen: Any) -> Told:
    """Activates."""
    portal.activate(link_secret, date_of_birth=date.fromisoformat(born), **chosen)
    return {}


def confirm(portal: Portal, *, link_secret: str) -> Told:
    """Confirms a new address."""
    portal.confirm_email(link_secret)
    return {}


def answer_questions(portal: Portal, *, challenge: str, answers: dict[str, str]) -> Told:
    """Answers security questions."""
    try:
        portal.recovery.answer(challenge, answers)
    except WrongAnswerError as refusal:
        return {"left": refusal.attempts_left}
    return {}


def reset(portal: Portal, *, link_secret: str, password: str) -> Told:
    """Sets a new password."""
    portal.recovery.reset_password(link_secret, password)
    return {}


def end_account(portal: Portal, *, patient_id: PatientId, email: str) -> Told:
    """Ends an account that somebody else has."""
    desk(portal).patients.end_account(patient_id, email=email, reason=AccountEndReason.WRONG_PERSON)
    return {}


def fail_for(portal: Portal, *, seconds: float, username: str) -> Told:
    """Counts wrong attempts on names of its own without pause, and tells how many, and how long one took at most."""
    failed, longest = 0, 0.0
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        try:
            portal.log_in(f"{username}.{failed}", "not the password 0")
        except WrongCredentialsError:
            failed += 1
        longest = max(longest, time.monotonic() - began)
    return {"failed": failed, "longest_s": longest}


def register(portal: Portal, *, key: str, first_name: str) -> Told:
    """The hospital registers somebody under its key."""
    return {"patient_id": desk(portal).patients.register(person(first_name=first_name), external_id=key)}


CALLS = (register, log_in, activate, confirm, answer_questions, reset, end_account, fail_for)
