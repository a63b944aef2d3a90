"""The one text of the SQL: what each operation of a store says to a database."""

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from patientportal.adapters.sql.mapping import Column, Dialect, Table, table
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Is, Key, Query, Where

Statement = tuple[str, list[Any]]
SHAPES_MAX = 256  # of queries; only how many values one of them gives to choose from isn't written in the code


class Statements:
    """Every statement that a store needs, in one dialect.

    Args:
        dialect: of the engine.
        lock: what a SELECT ends with to lock its row, such as ``FOR NO KEY UPDATE``.
        lock_free: what it ends with to leave out rows that others have locked.
    """

    def __init__(self, dialect: Dialect, *, lock: str = "", lock_free: str = "") -> None:
        self._mark = dialect.placeholder
        self._lock_free = lock_free
        self.tables: dict[type[Any], Table] = {state: table(state, dialect) for state in KINDS}
        self._read: dict[type[Any], str] = {}
        self.find: dict[type[Any], str] = {}
        self.get: dict[type[Any], str] = {}
        self.insert: dict[type[Any], str] = {}
        self._updates: dict[tuple[type[Any], tuple[str, ...]], str] = {}
        self._selects: dict[tuple[object, ...], tuple[str, list[Column]]] = {}
        self.delete: dict[type[Any], str] = {}
        self.absent: dict[type[Any], str] = {}
        for state, one in self.tables.items():
            names = [column.name for column in one.columns]
            marks = ", ".join(self._mark for _ in names)
            self._read[state] = f"SELECT {', '.join(names)} FROM {one.name}"
            self.find[state] = f"{self._read[state]} WHERE {self._this(one)}"
            self.get[state] = f"{self.find[state]} {lock}".rstrip()
            self.insert[state] = f"INSERT INTO {one.name} ({', '.join(names)}) VALUES ({marks})"
            self.absent[state] = f"SELECT 1 / (1 - count(*)) FROM {one.name} WHERE {self._this(one)}"
            self.delete[state] = f"DELETE FROM {one.name} WHERE {self._this(one)}"

    def inserted(self, state: object) -> Statement:
        """How a new state is saved."""
        return self.insert[type(state)], self.tables[type(state)].encode(state)

    def updated(self, key: Key[Any], state: object, *, before: object) -> Statement | None:
        """How the new form of a state is saved: in the columns that differ, so that no other index is written to.

        Returns:
            ``None``: none differs.
        """
        one = self.tables[key.state]
        changes = one.differing(state, before=before)
        if not changes:
            return None
        columns = tuple(changes)
        text = self._updates.get((key.state, columns))
        if text is None:
            text = self._updates[key.state, columns] = self._update(one, columns)
        return text, [*changes.values(), *key.parts]

    def _update(self, one: Table, columns: Sequence[str]) -> str:
        changes = ", ".join(f"{name} = {self._mark}" for name in columns)
        return f"UPDATE {one.name} SET {changes} WHERE {self._this(one)}"

    def _this(self, one: Table) -> str:
        return " AND ".join(f"{name} = {self._mark}" for name in one.key)

    def claimed(self, query: Query[Any]) -> Statement:
        """How the first state that a query asks for, and that nobody else holds, is read and locked."""
        text, values = self.selected(evolve(query, limit=1))
        return f"{text} {self._lock_free}".rstrip(), values

    def selected(self, query: Query[Any]) -> Statement:
        """How the states that a query asks for are read; the text is made once for all queries of its shape."""
        one = self.tables[query.state]
        given: list[Any] = []
        terms: list[tuple[str, Is, object]] = []
        for where in query.where:
            in_text, values = _parted(one.by_path[where.name], where)
            terms.append((where.name, where.how, in_text))
            given.extend(values)
        given.extend(query.after or ())
        shape = (query.state, *terms, query.order, query.descending, query.after is None, query.limit is None)
        made = self._selects.get(shape)
        if made is None:
            if len(self._selects) >= SHAPES_MAX:
                self._selects.clear()  # other threads ask, too: look nothing up twice
            made = self._selects[shape] = self._select(query)
        text, columns = made
        parameters = [column.parameter(value) for column, value in zip(columns, given, strict=True)]
        return text, parameters if query.limit is None else [*parameters, query.limit]

    def _select(self, query: Query[Any]) -> tuple[str, list[Column]]:
        """The text for a query and all others of its shape, and the columns that its values are compared with."""
        one = self.tables[query.state]
        terms: list[str] = []
        compared: list[Column] = []
        for where in query.where:
            column = one.by_path[where.name]
            in_text, values = _parted(column, where)
            compared.extend(column for _ in values)
            match where.how:
                case Is.NONE:
                    terms.append(f"{column.name} IS NULL")
                case Is.ONE_OF:
                    marks = ", ".join(self._mark for _ in values)
                    terms.append(f"{column.name} IN ({marks})" if marks else "1 = 0")
                case Is.EQ if in_text is not None:
                    terms.append(f"{column.name} = '{column.parameter(in_text)}'")
                case _:
                    terms.append(f"{column.name} {where.how.value} {self._mark}")
        order = [one.by_path[path] for path in query.order]
        names = ", ".join(column.name for column in order)
        if query.after is not None:
            passed = "<" if query.descending else ">"
            terms.append(f"({names}) {passed} ({', '.join(self._mark for _ in order)})")
            compared.extend(order)
        text = self._read[query.state]
        if terms:
            text += f" WHERE {' AND '.join(terms)}"
        if order:
            turn = " DESC" if query.descending else ""
            text += f" ORDER BY {', '.join(column.name + turn for column in order)}"
        return text if query.limit is None else f"{text} LIMIT {self._mark}", compared


def _parted(column: Column, where: Where) -> tuple[object, Sequence[Any]]:
    """What of a comparison belongs to the text of its statement, and which values are given to it each time.

    One of our own codes stands in the text: with a parameter, SQLite would plan anew at each call whether the index of
    one status will do, and PostgreSQL's plan for any parameter can't use it.
    """
    match where.how:
        case Is.NONE:
            return None, ()
        case Is.ONE_OF:
            return len(where.value), where.value
        case Is.EQ if type(where.value) is column.codes:
            return where.value, ()
        case _:
            return None, (where.value,)
