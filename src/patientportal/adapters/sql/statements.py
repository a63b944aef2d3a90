"""The one text of the SQL: what each operation of a store says to a database."""

from typing import Any

from attrs import evolve

from patientportal.adapters.sql.mapping import Dialect, Row, Table, table
from patientportal.ports.store import KINDS, Is, Query

Statement = tuple[str, list[Any]]


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
        changed = tuple(at for at, value in enumerate(row) if value != before[at])
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
        one = self.tables[query.state]
        terms: list[str] = []
        values: list[Any] = []
        for where in query.where:
            column = one.column(where.name)
            name = column.name
            given = where.value if where.how is Is.ONE_OF else [where.value]
            match where.how:
                case Is.NONE:
                    terms.append(f"{name} IS NULL")
                    continue
                case Is.ONE_OF:
                    terms.append(f"{name} IN ({', '.join(self._mark for _ in given)})" if given else "1 = 0")
                case _:
                    terms.append(f"{name} {where.how.value} {self._mark}")
            values.extend(column.parameter(value) for value in given)
        order = [one.column(path) for path in query.order]
        names = ", ".join(column.name for column in order)
        if query.after is not None:
            passed = "<" if query.descending else ">"
            terms.append(f"({names}) {passed} ({', '.join(self._mark for _ in order)})")
            values.extend(column.parameter(value) for column, value in zip(order, query.after, strict=True))
        text = f"SELECT {', '.join(column.name for column in one.columns)} FROM {one.name}"
        if terms:
            text += f" WHERE {' AND '.join(terms)}"
        if order:
            turn = " DESC" if query.descending else ""
            text += f" ORDER BY {', '.join(column.name + turn for column in order)}"
        if query.limit is not None:
            text += f" LIMIT {self._mark}"
            values.append(query.limit)
        return text, values
