"""Errors: a stable code, data in fields, and nothing of what was typed, however one looks at them."""

import copy
import importlib
import pickle
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from attrs import fields

from patientportal import domain
from patientportal.domain import staff
from patientportal.domain.accounts import passwords, security_questions, sessions, usernames
from patientportal.domain.accounts.log_in import WrongCredentialsError
from patientportal.domain.accounts.passwords import PasswordProblem, PasswordProblemCode, WeakPasswordError
from patientportal.domain.accounts.security_questions import (
    AnswerProblem,
    AnswerProblemCode,
    SecurityQuestion,
    WeakAnswersError,
)
from patientportal.domain.errors import (
    AdapterError,
    BadInputError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PortalError,
    RefusedError,
    TooBusyError,
)
from patientportal.domain.ids import StaffId
from patientportal.domain.patients import personal
from patientportal.domain.staff import NotPermittedError, Role, StaffMember
from patientportal.domain.values import text

CANARY = "Canary"
SAMPLES: dict[str, Any] = {
    "attempts_left": 3,
    "problems": (PasswordProblem(PasswordProblemCode.TOO_SHORT, 12),),
    "limit": 64,
}


def every_error() -> list[type[PortalError]]:
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        importlib.import_module(module.name)

    def below(family: type[PortalError]) -> Iterator[type[PortalError]]:
        yield family
        for kind in family.__subclasses__():
            if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind:  # not attrs' slotless draft of one
                yield from below(kind)

    return list(below(PortalError))


def sample(kind: type[PortalError]) -> PortalError:
    return kind(**{field.name: SAMPLES.get(field.name, "some_code") for field in fields(kind)})


every = pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (RefusedError(), "refused"),
        (BadInputError(field="email", problem="bad_format"), "bad_input: email: bad_format"),
        (BadInputError(field="email", problem="too_long", limit=254), "bad_input: email: too_long (254)"),
        (BadInputError(field="limit", problem="out_of_range", limit=0), "bad_input: limit: out_of_range (0)"),
        (NotFoundError(what="patient"), "not_found"),
        (ConflictError(), "conflict"),
        (TooBusyError(queue="hashing"), "too_busy"),
        (OutcomeUnknownError(), "outcome_unknown"),
        (AdapterError(adapter="sqlite", reason="disk_full"), "adapter_failed: sqlite: disk_full"),
        (ConfigurationError(setting="zone", reason="missing"), "configuration: zone: missing"),
        (WrongCredentialsError(attempts_left=3), "wrong_credentials"),
        (NotPermittedError(verb="support.unlock"), "not_permitted"),
        (WeakPasswordError(problems=(PasswordProblem(PasswordProblemCode.COMMON),)), "weak_password"),
        (
            WeakAnswersError(problems=(AnswerProblem(SecurityQuestion.FIRST_PET, AnswerProblemCode.EMPTY),)),
            "weak_answers",
        ),
    ],
)
def test_what_an_error_shows_begins_with_its_code(error: PortalError, shown: str) -> None:
    assert str(error) == shown


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in every_error()]
    assert sorted(codes) == sorted(set(codes))


def test_bad_input_is_also_a_value_error() -> None:
    with pytest.raises(ValueError, match="bad_input"):
        raise BadInputError(field="email", problem="empty")


@every
def test_an_error_survives_pickling_and_copying(kind: type[PortalError]) -> None:
    error = sample(kind)
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    twins = [pickle.loads(pickle.dumps(error, protocol)) for protocol in protocols]  # noqa: S301 - our own bytes
    for twin in (*twins, copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert [getattr(twin, f.name) for f in fields(kind)] == [getattr(error, f.name) for f in fields(kind)]
        assert str(twin) == str(error)


@every
def test_an_error_can_be_raised_from_another_and_take_a_note(kind: type[PortalError]) -> None:
    error, cause = sample(kind), KeyError("first")
    error.add_note("seen twice")
    with pytest.raises(kind) as caught:
        raise error from cause
    assert caught.value.__cause__ is cause
    assert caught.value.__notes__ == ["seen twice"]


def _person(**changes: Any) -> object:
    usual: dict[str, Any] = {
        "first_name": "Ada",
        "last_name": "Byron",
        "date_of_birth": date(1980, 12, 10),
        "email": "a@example.org",
    }
    return personal.PersonalInformation(**(usual | changes))


def _member(**changes: Any) -> object:
    usual: dict[str, Any] = {"id": StaffId("7"), "name": "Sam", "roles": {Role.SUPPORT}}
    return StaffMember(**(usual | changes))


@pytest.mark.parametrize(
    "refuse",
    [
        lambda: text.bounded(f"{CANARY}\0", field="text", at_most_bytes=99),
        lambda: text.bounded(CANARY, field="text", at_most_bytes=3),
        lambda: text.bounded(CANARY.encode(), field="text", at_most_bytes=99),
        lambda: text.line(f"{CANARY}\u202e", field="text", at_most=99),
        lambda: text.line(CANARY, field="text", at_most=3),
        lambda: text.line(CANARY, field="text", at_most=99, at_least=50),
        lambda: sessions.device_name(CANARY.encode()),
        lambda: usernames.normalised(f"{CANARY} {CANARY}"),
        lambda: passwords.usable(f"{CANARY}\0"),
        lambda: passwords.usable(CANARY * 1024),
        lambda: security_questions.usable_answers({CANARY: "Mopsy", "first_pet": "Mopsy"}),
        lambda: security_questions.usable_answers({"first_pet": f"{CANARY}\0", "first_job_town": "Bath"}),
        lambda: security_questions.usable_answers({"first_pet": CANARY}),
        lambda: security_questions.usable_answers({CANARY.encode(): "Mopsy"}),
        lambda: security_questions.usable_answers(CANARY),
        lambda: _person(first_name=f"{CANARY}\n{CANARY}"),
        lambda: _person(last_name=CANARY * 100),
        lambda: _person(email=CANARY),
        lambda: _person(phone=CANARY),
        lambda: _person(postal_code=f"{CANARY}!"),
        lambda: _person(language=CANARY),
        lambda: _person(date_of_birth=CANARY),
        lambda: _member(id=CANARY * 64),
        lambda: _member(name=f"{CANARY}\0"),
        lambda: _member(roles=CANARY),
        lambda: staff.permit(StaffMember(id=StaffId("7"), name=CANARY, roles={Role.PROVIDER}), "support.unlock"),
    ],
    ids=map(str, count(1)),
)
def test_no_error_carries_what_was_typed(refuse: Callable[[], object]) -> None:
    with pytest.raises((PortalError, TypeError)) as caught:
        refuse()
    error = caught.value
    told = [str(error), repr(error), repr(error.args), repr(pickle.dumps(error))]
    told += traceback.format_exception_only(error)
    assert CANARY.lower() not in "".join(told).lower()
    assert error.__cause__ is None
    assert error.__context__ is None
