"""What a person reads of an error, a code, an event and a message of the portal's."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from patientportal import (
    BadInputError,
    Money,
    PortalError,
    ReceivedMessage,
    WeakAnswersError,
    WeakPasswordError,
)
from patientportal.words.catalogues import Language, sources
from patientportal.words.choosing import language_of
from patientportal.words.formats import day, duration, moment, money, number, size

_NOTHING: Mapping[str, str] = MappingProxyType({})
_FIELDS = MappingProxyType(
    {
        "amount_exceeds_balance": "amount",
        "booking_limit": "slot_id",
        "external_id_taken": "external_id",
        "reduction_exceeds_owed": "amount",
        "refund_exceeds_payment": "amount",
        "slot_taken": "slot_id",
        "statement_number_taken": "number",
        "too_many_refills": "refills",
        "use_change_email": "email",
        "username_taken": "username",
        "visits_overlap": "slot_id",
        "wrong_birth_date": "date_of_birth",
    }
)
"""Which field of its form a refusal speaks of."""


@frozen(kw_only=True)
class Said:
    """What a person reads of an error.

    Attributes:
        summary: all of it, in a sentence or a few.
        fields: what is wrong with each field of the form, by its name; a field may have several faults.
    """

    summary: str
    fields: Mapping[str, tuple[str, ...]] = field(factory=dict)


@frozen(kw_only=True)
class Text:
    """A message as its reader sees it.

    Attributes:
        subject: one line.
        body: what it says.
    """

    subject: str = field(repr=False)
    body: str = field(repr=False)


def say(
    error: PortalError | ExceptionGroup[Exception], language: Language | str, *, rename: Mapping[str, str] = _NOTHING
) -> Said:
    """What a person reads of an error: what to do now, with the limits, amounts and days that it carries.

    Args:
        error: one, or several of one form together: ``ExceptionGroup("", [...])``. An error of your own is said as its
            family's.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
        rename: what the form calls its fields, where that isn't the argument's name: ``{"new": "new_password"}``.

    Raises:
        TypeError: the group holds what is no ``PortalError``.

    >>> say(BadInputError(field="last_name", problem="too_long", limit=100), "en")
    Said(summary='Last name: Too long. Type 100 characters or fewer.', fields={'last_name': ('Too long. Type 100 \
characters or fewer.',)})
    """
    language = language_of(language)
    if isinstance(error, ExceptionGroup):
        return _together([say(one, language, rename=rename) for one in _leaves(error)], language)
    by_field = dict(_by_field(error, language))
    return Said(
        summary=_summary(error, language, rename),
        fields={_renamed(name, rename): tuple(faults) for name, faults in by_field.items()},
    )


def label(member: Enum, language: Language | str) -> str:
    """What a person reads of a status, kind, topic, role, question or reason.

    Args:
        member: of a public enumeration.
        language: from ``choose`` or ``load``, or a tag of BCP 47.

    Raises:
        KeyError: it is one that no person meets, such as ``Security``.
    """
    return language_of(language).text(_labelled(member))


def happened(what: str, language: Language | str) -> str:
    """What a person reads of an event.

    Args:
        what: its name, ``HistoryEntry.what``; one of a later release is said in general.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
    """
    return language_of(language).text(_first(f"event.{what}", "event.other"))


def area(verb: str, language: Language | str) -> str:
    """What a person reads of the part of a record at which somebody of the practice looked.

    Args:
        verb: by which call they did, ``HistoryEntry.verb``; one of a later release is said in general.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
    """
    return language_of(language).text(_first(f"area.{verb.partition('.')[0]}", "area.other"))


def message(received: ReceivedMessage, language: Language | str) -> Text:
    """A message in the reader's language: of its facts where the portal wrote it, else as it was written.

    Args:
        received: from the patient's inbox.
        language: from ``choose`` or ``load``, or a tag of BCP 47.
    """
    language = language_of(language)
    facts = received.facts
    if facts is None:
        return Text(subject=received.subject, body=received.body)
    key, given = f"message.{facts.kind}", {one.name: getattr(facts, one.name) for one in fields(type(facts))}
    longer = (f"{key}.body.{name}" for name, value in given.items() if value is not None)
    return Text(
        subject=language.text(f"{key}.subject"),
        body=language.fill(_first(*longer, f"{key}.body"), _written(given, language)),
    )


def _summary(error: PortalError, language: Language, rename: Mapping[str, str] = _NOTHING) -> str:
    if isinstance(error, BadInputError):
        fault = _fault(error.field, error.problem, error.limit, language)
        names = (f"field.{_renamed(error.field, rename)}", f"field.{error.field}")
        name = next((one for one in names if one in sources()), None)
        if name is None:
            return fault
        return language.fill("error.bad_input", {"field": language.text(name), "problem": fault})
    given = {one.name: getattr(error, one.name) for one in fields(type(error))}
    count = next((value for value in map(_counted, given.values()) if value is not None), None)
    variants = [value.value for value in given.values() if isinstance(value, Enum)] + ["none"] * (count == 0)
    codes = [one.code for one in type(error).__mro__ if issubclass(one, PortalError)]
    key = _first(*(f"error.{codes[0]}.{variant}" for variant in variants), *(f"error.{code}" for code in codes))
    return language.fill(key, _written(given, language), count=count)


def _by_field(error: PortalError, language: Language) -> Iterator[tuple[str, list[str]]]:
    """What is wrong with each field, as the library calls it."""
    if isinstance(error, BadInputError):
        yield error.field, [_fault(error.field, error.problem, error.limit, language)]
    elif isinstance(error, WeakPasswordError):
        yield "password", [_fault("password", one.code, one.limit, language) for one in error.problems]
    elif isinstance(error, WeakAnswersError):
        for question in dict.fromkeys(one.question for one in error.problems):
            faults = [one.code for one in error.problems if one.question is question]
            yield f"security_answers.{question}", [_fault("security_answers", code, None, language) for code in faults]
    elif error.code in _FIELDS:
        yield _FIELDS[error.code], [_summary(error, language)]


def _fault(name: str, problem: str, limit: int | None, language: Language) -> str:
    keys = [f"problem.{name}.{problem}", f"problem.{problem}"]
    values = {}
    if limit is None:  # no form of a plural fits
        keys = [key for key in keys if key in sources() and sources()[key].many is None]
    else:
        keys = [key for plain in keys for key in (f"{plain}.limit", plain)]
        values = {"limit": number(limit, language), "year": str(limit), "size": size(limit, language)}
    return language.fill(_first(*keys, "problem.other"), values, count=limit)


def _together(said: Iterable[Said], language: Language) -> Said:
    """Several errors of one form as one."""
    found: dict[str, tuple[str, ...]] = {}
    alone = list(said)
    for one in alone:
        for name, faults in one.fields.items():
            found[name] = found.get(name, ()) + faults
    count = sum(len(one.fields) or 1 for one in alone)
    heading = language.fill("error.several", {"count": number(count, language)}, count=count)
    general = [one.summary for one in alone if not one.fields]
    return Said(summary=" ".join([heading, *general]), fields=found)


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[PortalError]:
    for one in group.exceptions:
        if isinstance(one, ExceptionGroup):
            yield from _leaves(one)
        elif isinstance(one, PortalError):
            yield one
        else:
            raise TypeError(f"{type(one).__name__} is no PortalError")


def _renamed(name: str, rename: Mapping[str, str]) -> str:
    """By its whole name, else by what stands before the point: of ``security_answers.first_pet``."""
    first, point, rest = name.partition(".")
    return rename.get(name) or rename.get(first, first) + point + rest


def _first(*keys: str) -> str:
    """The first of these keys of which there is a text."""
    return next(key for key in keys if key in sources())


def _labelled(member: Enum) -> str:
    return f"{type(member).__name__}.{member.value}"


def _counted(value: object) -> int | None:
    if isinstance(value, tuple):
        return len(value)
    return value if isinstance(value, int) else None


def _written(given: Mapping[str, Any], language: Language) -> dict[str, str]:
    return {name: written for name, value in given.items() if (written := _one(value, language)) is not None}


def _one(value: object, language: Language) -> str | None:
    """A value as people write it; ``None``: nobody reads it."""
    if isinstance(value, Enum):
        return language.text(_labelled(value)) if _labelled(value) in sources() else None
    return next((write(value, language) for kind, write in _WRITERS if isinstance(value, kind)), None)


_WRITERS: tuple[tuple[type, Callable[[Any, Language], str]], ...] = (
    (str, lambda value, _: value),
    (int, number),
    (tuple, lambda value, language: number(len(value), language)),
    (Money, money),
    (datetime, moment),
    (date, day),
    (timedelta, duration),
)
