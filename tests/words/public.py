"""What a person may meet: every public error, enumeration and event, found in the code itself."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from attrs import fields

import patientportal
from patientportal import (
    Answer,
    AnswerProblem,
    AnswerProblemCode,
    AppointmentId,
    AppointmentStatus,
    BadInputError,
    Is,
    LinkForm,
    MessageId,
    Money,
    PasswordProblem,
    PasswordProblemCode,
    PatientId,
    PortalError,
    ReceivedMessage,
    SandboxSource,
    Security,
    SecurityQuestion,
)
from patientportal.domain.messages.facts import FACTS
from patientportal.domain.values.zones import local

SOURCE = Path(patientportal.__file__).parent
TECHNICAL = {Answer, Is, LinkForm, SandboxSource, Security}
"""What developers meet, and no person."""
IN_ERRORS = {PasswordProblemCode, AnswerProblemCode}
"""What is said beside a field: ``problem.password`` and ``problem.security_answers``."""
NOT_TYPED = {"practice", "sender"}
"""What is set up, and never typed."""


def _public() -> Iterator[type]:
    return (one for name in dir(patientportal) if isinstance(one := getattr(patientportal, name), type))


@cache
def errors() -> tuple[type[PortalError], ...]:
    return tuple(one for one in _public() if issubclass(one, PortalError))


@cache
def members() -> tuple[Enum, ...]:
    kinds = [one for one in _public() if issubclass(one, Enum) and one not in TECHNICAL | IN_ERRORS]
    return tuple(member for kind in kinds for member in kind)


@cache
def named() -> tuple[set[str], set[str]]:
    """Every field and every problem that the library's own code names."""
    found: dict[str | None, set[str]] = {"field": set(), "called": set(), "problem": set()}
    for file in SOURCE.rglob("*.py"):
        if "testing" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name, value in _arguments(node):
                if name in found and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[name].add(value.value)
    return (found["field"] | found["called"]) - NOT_TYPED, found["problem"]


def _arguments(node: ast.AST) -> Iterator[tuple[str | None, ast.expr | None]]:
    """What a call hands over by name, and what a function takes by default."""
    if isinstance(node, ast.Call):
        yield from ((one.arg, one.value) for one in node.keywords)
    elif isinstance(node, ast.FunctionDef):
        last = reversed(list(zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)))
        yield from ((one.arg, value) for one, value in last)
        yield from ((one.arg, value) for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))


NOON = local(datetime(2026, 11, 1, 17, tzinfo=UTC), "America/New_York")
_VALUES: dict[Any, tuple[Any, ...]] = {
    int: (0, 1, 2, 5),
    Money: (Money.parse("1234.50", "USD"),),
    date: (date(2026, 11, 1),),
    datetime: (NOON,),
    timedelta: (timedelta(seconds=1), timedelta(seconds=90)),
    tuple[PasswordProblem, ...]: (
        tuple(PasswordProblem(code) for code in PasswordProblemCode if not code.startswith("too_")),
        tuple(PasswordProblem(code, 12) for code in PasswordProblemCode if code.startswith("too_")),
    ),
    tuple[AnswerProblem, ...]: tuple(
        (AnswerProblem(question, code),) for question in SecurityQuestion for code in AnswerProblemCode
    ),
    tuple[AppointmentId, ...]: (("a",), ("a", "b")),
}


def samples(kind: type[PortalError]) -> Iterator[PortalError]:
    """Errors of a kind: one with each value that makes a difference to what is said."""
    if issubclass(kind, BadInputError):
        for name, problem in product(*map(sorted, named())):
            yield from (BadInputError(field=name, problem=problem, limit=limit) for limit in (None, 1, 2, 1900))
        return
    every = {one.name: _values(one.type) for one in fields(kind)}
    yield from (kind(**dict(zip(every, values, strict=True))) for values in product(*every.values()))


def _values(kind: Any) -> tuple[Any, ...]:
    if kind in _VALUES:
        return _VALUES[kind]
    if isinstance(kind, type) and issubclass(kind, Enum) and list(kind):
        return tuple(kind)
    return ("code",) if kind in {str, PatientId, AppointmentId} else (None, AppointmentStatus.BOOKED)


def messages() -> Iterator[ReceivedMessage]:
    """What the portal writes, of each kind, with all that it may tell and without."""
    for facts in FACTS.values():
        names = [one.name for one in fields(facts)]
        full = {name: Money.parse("12.30", "USD") if name in {"amount", "paid", "balance"} else "Ю" for name in names}
        for given in (full, full | {name: None for name in names if name == "new_directions"}):
            told = facts(**given)
            yield ReceivedMessage(
                message_id=MessageId("1"),
                kind=told.kind,
                about_id="1",
                subject="as it was written",
                body="as it was written",
                facts=told,
                sent_at=NOON,
                is_from_staff=False,
                read_at=None,
            )
