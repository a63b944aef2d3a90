"""How a state becomes a row and a row a state: one column a field, derived from the state's own annotations."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Any, Protocol

from attrs import fields, frozen, has, resolve_types

from patientportal.adapters.sql import documents
from patientportal.domain.errors import AdapterError
from patientportal.domain.events import Event
from patientportal.domain.messages.facts import Facts
from patientportal.domain.values.known_days import KnownDay, PartialDate, read_known_day
from patientportal.domain.values.stored import as_stored
from patientportal.ports.catalogue import KINDS

Convert = Callable[[Any], Any]
Row = Sequence[Any]
_AN_INSTANT = timedelta(microseconds=1)


def unchanged(value: object) -> object:
    """The conversion that changes nothing."""
    return value


def in_utc(value: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: it has no offset, and nobody knows which moment it is.
    """
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError("a moment without an offset can't be kept")
    return value.astimezone(UTC)


class Dialect(Protocol):
    """What differs between the engines: how ``bool``, ``date`` and ``datetime`` pass to and from the driver."""

    @property
    def placeholder(self) -> str:
        """What stands for a parameter."""

    def encoder(self, plain: type) -> Convert:
        """How such a value is given to the driver."""

    def decoder(self, plain: type) -> Convert:
        """How it is made of what the driver gives."""


@frozen(eq=False)
class Column:
    """One column: its name, the dotted path of the value in its state, and how the value is given to the driver.

    Attributes:
        name: the column's.
        path: of the value.
        encode: gives the driver what it takes.
        codes: the closed list that the value is one of, if it is.
    """

    name: str
    path: str
    encode: Convert
    codes: type[Enum] | None = None

    def parameter(self, value: object) -> object:
        """A value as it is given to the driver."""
        return None if value is None else self.encode(value)


@frozen(eq=False)
class Table:
    """A kind of state in a dialect.

    Attributes:
        name: the table's.
        key: the names of the key's columns, which are the first ones.
        columns: all of them, in order.
        by_path: the same by the dotted path of their value.
        values: takes all their values out of a state at once.
        encoders: of the values that the driver doesn't take as they are, by their place.
        build: makes the state of a row's values.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    by_path: Mapping[str, Column]
    values: Convert
    encoders: tuple[tuple[int, Convert], ...]
    build: Callable[..., Any]

    def decode(self, row: Row) -> Any:  # noqa: ANN401 - any kind of state
        """The state of a row.

        Raises:
            AdapterError: this release can't read it.
        """
        try:
            return self.build(*row)
        except AdapterError:
            raise
        except Exception:  # noqa: BLE001 - it may hold the row's values
            unreadable = AdapterError(adapter="sql", reason="unreadable_row")
        raise unreadable

    def differing(self, state: object, *, before: object) -> dict[str, Any]:
        """What is to stand in the columns in which a state differs from what it was before."""
        both = zip(self.columns, self.values(state), self.values(before), strict=True)
        return {column.name: column.parameter(value) for column, value, was in both if value != was}

    def encode(self, state: object) -> list[Any]:
        """The row of a state."""
        row = list(self.values(state))
        for at, encode in self.encoders:
            if row[at] is not None:
                row[at] = encode(row[at])
        return row


def table(state: type[Any], dialect: Dialect) -> Table:
    """The table of a kind of state in a dialect."""
    kind = KINDS[state]
    columns = tuple(_columns(state, "", dialect))
    if kind.key != tuple(column.name for column in columns[: len(kind.key)]):
        raise TypeError(f"the key of {state.__name__} isn't its first fields")
    return Table(
        name=kind.table,
        key=kind.key,
        columns=columns,
        by_path={column.path: column for column in columns},
        values=attrgetter(*(column.path for column in columns)),
        encoders=tuple((at, column.encode) for at, column in enumerate(columns) if column.encode is not unchanged),
        build=_builder(state, dialect),
    )


def _columns(cls: type[Any], prefix: str, dialect: Dialect) -> Iterator[Column]:
    for name, wanted in _fields(cls):
        path = prefix + name
        column = path.replace(".", "_")
        if wanted is Event:
            yield Column(f"{column}_name", f"{path}.name", unchanged)
            yield Column(f"{column}_version", f"{path}.version", unchanged)
            yield Column(f"{column}_data", path, lambda event: documents.written(event, type(event)))
        elif _is_made_of_columns(wanted):
            yield from _columns(wanted, f"{path}.", dialect)
        else:
            yield Column(column, path, _encoder(wanted, dialect), _codes(wanted))


def _builder(state: type[Any], dialect: Dialect) -> Callable[..., Any]:
    """How a state is made of a row's values: one call, put into words once, as attrs itself does with its methods."""
    columns: list[str] = []
    names: dict[str, Any] = {"read_event": _read_event}
    made = _construction(state, dialect, columns, names)
    build: Callable[..., Any] = eval(f"lambda {', '.join(columns)}: {made}", names)  # noqa: S307 - of names in our own code
    return build


def _construction(cls: type[Any], dialect: Dialect, columns: list[str], names: dict[str, Any]) -> str:
    """The call that makes a state, or a value in one, of the columns that follow; the names that it uses are added."""
    arguments: list[str] = []
    for name, wanted in _fields(cls):
        column = f"column_{len(columns)}"
        if wanted is Event:
            of_event = [f"{column}_name", f"{column}_version", f"{column}_data"]
            columns.extend(of_event)
            value = f"read_event({', '.join(of_event)})"
        elif _is_made_of_columns(wanted):
            value = _construction(wanted, dialect, columns, names)
        else:
            columns.append(column)
            value = column
            if (decode := _decoder(wanted, dialect)) is not unchanged:
                names[f"decode_{column}"] = decode
                value = f"None if {column} is None else decode_{column}({column})"
        arguments.append(f"{name}={value}")
    names[cls.__name__] = as_stored(cls)
    return f"{cls.__name__}({', '.join(arguments)})"


def _read_event(name: str, version: int, data: str) -> Event:
    event: Event = documents.read(data, documents.event_class(name, version))
    return event


def _is_made_of_columns(wanted: type[Any]) -> bool:
    """Whether a value is as many columns as it has fields; a day known in part is one text, facts are one document."""
    return has(wanted) and wanted not in {PartialDate, Facts}


def _fields(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    """The name and the type of each field, without ``| None`` and with ``NewType`` undone.

    A day that may be known in part has the type of its parts.
    """
    resolve_types(cls)
    for one in fields(cls):
        wanted: Any = one.type
        if typing.get_origin(wanted) in {types.UnionType, typing.Union}:
            members = set(typing.get_args(wanted)) - {types.NoneType}
            (wanted,) = {PartialDate} if members == set(typing.get_args(KnownDay)) else members
        yield one.name, getattr(wanted, "__supertype__", wanted)


def _codes(wanted: Any) -> type[Enum] | None:  # noqa: ANN401 - any annotation
    return wanted if isinstance(wanted, type) and issubclass(wanted, Enum) else None


def _encoder(wanted: Any, dialect: Dialect) -> Convert:  # noqa: ANN401 - any annotation
    if typing.get_origin(wanted) is tuple or wanted is Facts:
        return lambda value: documents.written(value, wanted)
    if wanted is timedelta:
        return lambda value: value // _AN_INSTANT
    if issubclass(wanted, Enum):
        return attrgetter("_value_")  # ``value`` is the same by way of a slow descriptor
    if wanted is PartialDate:
        return str
    return dialect.encoder(wanted) if wanted in {bool, date, datetime} else unchanged


def _decoder(wanted: Any, dialect: Dialect) -> Convert:  # noqa: ANN401 - any annotation
    if typing.get_origin(wanted) is tuple:
        return lambda value: () if value == "[]" else documents.read(value, wanted)  # most are, and that takes 5 us
    if wanted is Facts:
        return lambda value: documents.read(value, wanted)
    if wanted is timedelta:
        return lambda value: value * _AN_INSTANT
    if issubclass(wanted, Enum):
        return {member.value: member for member in wanted}.__getitem__
    if wanted is PartialDate:
        return read_known_day
    return dialect.decoder(wanted) if wanted in {bool, date, datetime} else unchanged
