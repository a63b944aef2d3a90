"""What somebody typed into a form, as the calls take it."""

import re
from collections.abc import Mapping
from datetime import date

from patientportal import BadInputError, Challenge, SecurityQuestion

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def read_day(text: str, *, field: str) -> date | None:
    """The day that a form's field of days (``<input type="date">``) or a query holds; ``None``: it was left empty.

    Args:
        text: as it came, such as ``2026-11-01``.
        field: what the form calls it, for the error.

    Raises:
        BadInputError: ``bad_format``, or ``out_of_range``: there is no such day.

    >>> read_day("1980-12-10", field="date_of_birth")
    datetime.date(1980, 12, 10)
    """
    if not text:
        return None
    if not _DAY.fullmatch(text):
        raise BadInputError(field=field, problem="bad_format")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(field=field, problem="out_of_range") from None


def read_answers(typed: Mapping[str, str]) -> dict[SecurityQuestion, str]:
    """The answers to security questions in a form whose fields are called as ``problem`` calls them.

    Args:
        typed: the form, with fields such as ``security_answers.first_pet``; those left empty are no answers.

    >>> read_answers({"username": "ada", "security_answers.first_pet": "Mopsy", "security_answers.first_job_town": ""})
    {<SecurityQuestion.FIRST_PET: 'first_pet'>: 'Mopsy'}
    """
    found = ((question, typed.get(f"security_answers.{question}", "")) for question in SecurityQuestion)
    return {question: answer for question, answer in found if answer}


def read_challenge(typed: Mapping[str, str]) -> Challenge:
    """What somebody was asked, out of the form in which they answered: to show it again with what is wrong in it.

    Args:
        typed: the form, with ``challenge``, which is ``Challenge.id``, and a field such as
            ``security_answers.first_pet`` for each question, also where it was left empty.

    >>> read_challenge({"challenge": "...", "security_answers.first_pet": ""}).questions
    (<SecurityQuestion.FIRST_PET: 'first_pet'>,)
    """
    questions = tuple(one for one in SecurityQuestion if f"security_answers.{one}" in typed)
    return Challenge(id=typed.get("challenge", ""), questions=questions)


def read_link(text: str) -> str:
    """The secret of a mailed link, of which somebody pasted the whole, or that a script put there; a code as it is.

    Args:
        text: as it came.

    >>> read_link(" https://portal.example/activate#secret "), read_link("secret")
    ('secret', 'secret')
    """
    return re.split("[#/]", text.strip())[-1]  # no secret and no code holds either
