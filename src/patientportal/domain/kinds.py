"""What is kept: each kind of state, its table, and what tells two of a kind apart."""

from typing import Any

from attrs import frozen


@frozen
class Unique:
    """Fields that, beyond the key, no two states of a kind share; one that is ``None`` is like no other.

    Attributes:
        fields: their names.
        among: the field and the value that a state must have for this to hold of it; ``None``: it holds of all.
    """

    fields: tuple[str, ...]
    among: tuple[str, object] | None = None


@frozen
class Kind:
    """A kind of state: its class, the table that holds it, and what tells two of them apart.

    Attributes:
        state: the class.
        table: the table's name.
        key: the fields of the key; a patient-owned one begins with the patient.
        unique: what else is unique.
    """

    state: type[Any]
    table: str
    key: tuple[str, ...]
    unique: tuple[Unique, ...] = ()
