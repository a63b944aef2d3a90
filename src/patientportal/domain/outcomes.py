"""How a rule's outcome says what is to be saved: each field is new, changed, removed or none of it."""

from typing import Any

from attrs import field, fields, frozen, has

HOW = "patientportal.save"


def added() -> Any:  # noqa: ANN401 - stands where attrs' own field() would
    """A field with a new state (or a tuple of them)."""
    return field(metadata={HOW: "add"})


def changed() -> Any:  # noqa: ANN401 - as above
    """A field with the new form of a state that was loaded for this (or a tuple of them, or ``None``)."""
    return field(metadata={HOW: "put"})


def removed() -> Any:  # noqa: ANN401 - as above
    """A field with states that were loaded for this and are to be no more (a tuple of them, or ``None``)."""
    return field(metadata={HOW: "remove"})


def happened() -> Any:  # noqa: ANN401 - as above
    """The field with the one event."""
    return field(metadata={HOW: "record"})


@frozen
class Unchanged:
    """The rule found that what is asked for is so already: nothing to save, nothing to tell."""


def plan(outcome: type) -> tuple[tuple[str, str], ...]:
    """The fields of an outcome's class that are saved, in the order in which they are, each with how."""
    if not has(outcome):
        raise TypeError(f"{outcome.__name__} isn't an outcome")
    return tuple((f.name, f.metadata[HOW]) for f in fields(outcome) if HOW in f.metadata)
