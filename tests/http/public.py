"""What the portal shows: every type that a call of its face returns, found in the annotations."""

import inspect
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import attrs

import patientportal
from patientportal import (
    Document,
    Facts,
    PasswordProblem,
    PaymentProcessor,
    Policy,
    Portal,
    PortalError,
    Purpose,
)

NOT_SHOWN: set[Any] = {Document, Policy, Mapping[Purpose, str], PaymentProcessor | None}
"""What a call returns and no answer holds as JSON: bytes, and the set-up."""


@cache
def errors() -> tuple[type[PortalError], ...]:
    public = (getattr(patientportal, name) for name in dir(patientportal))
    return tuple(one for one in public if isinstance(one, type) and issubclass(one, PortalError))


@cache
def returned() -> frozenset[Any]:
    """What the calls return, as it is annotated: ``Page[Visit]``, ``StatementDetails | None``."""
    found: set[Any] = set()
    waiting: list[type] = [Portal]
    asked: set[type] = set()
    while waiting:
        access = waiting.pop()
        if access in asked:
            continue
        asked.add(access)
        waiting += typing.get_type_hints(access).values()  # the desks of the practice
        for name, member in inspect.getmembers_static(access):
            function = member.fget if isinstance(member, property) else member
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            hint = typing.get_type_hints(function).get("return")
            if isinstance(hint, type) and hint.__name__.endswith(("Access", "Desk", "Rules")):
                waiting.append(hint)
            elif hint not in NOT_SHOWN | {typing.Self}:
                found.add(hint)
    return frozenset(found)


def within(hint: Any) -> Iterator[type]:
    """The classes with fields that stand in an annotation, and in theirs."""
    for one in typing.get_args(hint):
        yield from within(one)
    kind = typing.get_origin(hint) or hint
    if isinstance(kind, type) and attrs.has(kind):
        yield kind
        for one in attrs.fields(kind):
            yield from within(one.type)


@cache
def shown() -> frozenset[type]:
    """Every class of views: what is returned, what stands in it, and what stands in errors."""
    hints: list[Any] = [*returned(), PasswordProblem, *(one.type for kind in errors() for one in attrs.fields(kind))]
    return frozenset(kind for hint in hints for kind in within(hint)) | frozenset({Facts})
