"""The one text of the SQL: what each operation of a store says to a database."""

from typing import Any

from attrs import evolve

from patientportal.adapters.sql.mapping import Column, Dialect, Row, Table, table
from patientportal.ports.store import KINDS, Is, Query

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
        self.find: dict[type[Any], str] = {}
        self.get: dict[type[Any], str] = {}
        self.insert: dict[type[Any], str] = {}
        self._updates: dict[tuple[type[Any], tuple[int, ...]], str] = {}
        self._selects: dict[tuple[object, ...], tuple[str, list[Column]]] = {}
        self.delete: dict[type[Any], str] = {}
        for state, one in self.tables.items():
            names = [column.name for column in one.columns]
            this = self._this(one)
            marks = ", ".join(self._mark for _ in names)
            self.find[state] = f"SELECT {', '.join(names)} FROM {one.name} WHERE {this}"
            self.get[state] = f"{self.find[state]} {lock}".rstrip()
            self.insert[state] = f"INSERT INTO {one.name} ({', '.join(names)}) VALUES ({marks})"
            self.delete[state] = f"DELETE FROM {one.name} WHERE {this}"

    def inserted(self, state: object) -> Statement:
        """How a new state is saved: its row, in the order of the columns."""
        return self.insert[type(state)], self.tables[type(state)].encode(state)

    def updated(self, state: type[Any], row: Row, *, before: Row) -> Statement | None:
        """How a row is saved in place of another: what changed, for each index costs; ``None``: nothing did."""
        changed = tuple([at for at, value in enumerate(row) if value != before[at]])
        if not changed:
            return None
        text = self._updates.get((state, changed))
        if text is None:
            text = self._updates[state, changed] = self._update(self.tables[state], changed)
        return text, [*(row[at] for at in changed), *row[: len(self.tables[state].key)]]

    def _update(self, one: Table, changed: tuple[int, ...]) -> str:
        changes = ", ".join(f"{one.columns[at].name} = {self._mark}" for at in changed)
        return f"UPDATE {one.name} SET {changes} WHERE {self._this(one)}"

    def _this(self, one: Table) -> str:
        return " AND ".join(f"{name} = {self._mark}" for name in one.key)

    def claimed(self, query: Query[Any]) -> Statement:
        """How the first state that a query asks for, and that nobody else holds, is read and locked."""
        text, values = self.selected(evolve(query, limit=1))
        return f"{text} {self._lock_free}".rstrip(), values

    def selected(self, query: Query[Any]) -> Statement:
        """How the states that a query asks for are read."""
        given: list[Any] = []
        terms: list[tuple[str, Is, int]] = []
        for where in query.where:
            some = () if where.how is Is.NONE else where.value if where.how is Is.ONE_OF else (where.value,)
            given.extend(some)
            terms.append((where.name, where.how, len(some)))
        given.extend(query.after or ())
        shape = (query.state, *terms, query.order, query.descending, query.after is None, query.limit is None)
        if shape not in self._selects:
            if len(self._selects) == SHAPES_MAX:
                self._selects.clear()
            self._selects[shape] = self._select(query)
        text, columns = self._selects[shape]
        values = [column.parameter(value) for column, value in zip(columns, given, strict=True)]
        return text, values if query.limit is None else [*values, query.limit]

    def _select(self, query: Query[Any]) -> tuple[str, list[Column]]:
        """The text for a query and all others of its shape, and the columns that its values are compared with."""
        one = self.tables[query.state]
        terms: list[str] = []
        compared: list[Column] = []
        for where in query.where:
            column = one.column(where.name)
            match where.how:
                case Is.NONE:
                    terms.append(f"{column.name} IS NULL")
                case Is.ONE_OF:
                    marks = ", ".join(self._mark for _ in where.value)
                    terms.append(f"{column.name} IN ({marks})" if where.value else "1 = 0")
                    compared.extend(column for _ in where.value)
                case _:
                    terms.append(f"{column.name} {where.how.value} {self._mark}")
                    compared.append(column)
        order = [one.column(path) for path in query.order]
        names = ", ".join(column.name for column in order)
        if query.after is not None:
            passed = "<" if query.descending else ">"
            terms.append(f"({names}) {passed} ({', '.join(self._mark for _ in order)})")
            compared.extend(order)
        text = f"SELECT {', '.join(column.name for column in one.columns)} FROM {one.name}"
        if terms:
            text += f" WHERE {' AND '.join(terms)}"
        if order:
            turn = " DESC" if query.descending else ""
            text += f" ORDER BY {', '.join(column.name + turn for column in order)}"
        return text if query.limit is None else f"{text} LIMIT {self._mark}", compared
