"""A transaction and a view over any SQL connection that can execute a statement."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from patientportal.adapters.locks import HeldLocks
from patientportal.adapters.sql.mapping import Row
from patientportal.adapters.sql.statements import Statements
from patientportal.domain.errors import ConflictError
from patientportal.domain.events import Recorded
from patientportal.ports.store import BlockOverError, Key, Query, key_of

S = TypeVar("S")


class Connection(Protocol):
    """What an engine's adapter gives: one statement at a time, with its errors as the library's."""

    def rows(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The rows that a SELECT answers."""

    def rows_of_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[Sequence[Any]]]:
        """The rows that each of these SELECTs answers, waited for once where the engine can."""

    def change(self, text: str, values: Sequence[Any]) -> None:
        """Changes exactly one row.

        Raises:
            ConflictError: it changed none, or broke something unique.
        """


class _Over:
    """In place of the connection, once a block is over."""

    def rows(self, _: str, __: Sequence[Any]) -> Sequence[Sequence[Any]]:
        raise BlockOverError("the block is over")

    def rows_of_all(self, _: Sequence[tuple[str, Sequence[Any]]]) -> Sequence[Sequence[Sequence[Any]]]:
        raise BlockOverError("the block is over")

    def change(self, _: str, __: Sequence[Any]) -> None:
        raise BlockOverError("the block is over")


class SqlView:
    """One snapshot."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self.connection: Connection = connection
        self._statements = statements

    def find(self, key: Key[S]) -> S | None:
        """See ``View.find``."""
        return self._one(key, self.connection.rows(self._statements.find[key.state], key.parts))

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``View.find_all``."""
        return self.found(asked, self.connection.rows_of_all(self.reads(asked)))

    def reads(self, asked: Sequence[Key[Any] | Query[Any]]) -> list[tuple[str, Sequence[Any]]]:
        """The statements that read what is asked."""
        find, selected = self._statements.find, self._statements.selected
        return [selected(one) if isinstance(one, Query) else (find[one.state], one.parts) for one in asked]

    def found(self, asked: Sequence[Key[Any] | Query[Any]], rows: Sequence[Sequence[Row]]) -> tuple[Any, ...]:
        """What the rows that these statements answered are."""
        both = zip(asked, rows, strict=True)
        return tuple(self._decoded(one, of) if isinstance(one, Query) else self._one(one, of) for one, of in both)

    def select(self, query: Query[S]) -> Sequence[S]:
        """See ``View.select``."""
        return self._decoded(query, self.connection.rows(*self._statements.selected(query)))

    def end(self) -> None:
        """Nothing may be read or changed from here on: the connection is somebody else's."""
        self.connection = _Over()

    def _decoded(self, query: Query[S], rows: Sequence[Row]) -> list[S]:
        decode = self._statements.tables[query.state].decode
        return [decode(row) for row in rows]

    def _one(self, key: Key[S], rows: Sequence[Row]) -> S | None:
        for row in rows:
            state: S = self._statements.tables[key.state].decode(row)
            return state
        return None


class SqlTransaction(SqlView):
    """A view that locks and changes."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        super().__init__(connection, statements)
        self._locks = HeldLocks()
        self._broken = False
        self._recorded: Recorded | None = None

    def get(self, key: Key[S]) -> S | None:
        """See ``Transaction.get``."""
        self._locks.take(key)
        return self._held(key, self.connection.rows(self._statements.get[key.state], key.parts))

    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Transaction.get_all``."""
        found = self.connection.rows_of_all([self._asked(one) for one in asked])
        return tuple(
            self._decoded(one, rows) if isinstance(one, Query) else self._held(one, rows)
            for one, rows in zip(asked, found, strict=True)
        )

    def claim(self, query: Query[S]) -> S | None:
        """See ``Transaction.claim``."""
        for row in self.connection.rows(*self._statements.claimed(query)):
            state: S = self._statements.tables[query.state].decode(row)
            self._locks.claim(key_of(state), state)
            return state
        return None

    def add(self, state: object) -> None:
        """See ``Transaction.add``."""
        self._change(*self._statements.inserted(state))
        self._locks.hold(key_of(state), state)

    def put(self, state: object) -> None:
        """See ``Transaction.put``."""
        key = key_of(state)
        before = self._locks.held(key)
        if before is None:
            self.add(state)
            return
        statement = self._statements.updated(key, state, before=before)
        if statement is not None:
            self._change(*statement)
            self._locks.hold(key, state)

    def remove(self, key: Key[Any]) -> None:
        """See ``Transaction.remove``."""
        if self._locks.held(key) is not None:
            self._change(self._statements.delete[key.state], key.parts)
            self._locks.hold(key, None)

    def record(self, recorded: Recorded) -> None:
        """See ``Transaction.record``."""
        self._change(*self._statements.inserted(recorded))
        self._recorded = recorded

    @property
    def left_an_event(self) -> bool:
        """Whether ``is_there`` can tell that this was saved: an event has a fresh id, and stays as it is."""
        return self._recorded is not None

    def is_there(self, connection: Connection) -> bool:
        """Whether the event that this recorded last is there, and is no other under its id."""
        key = key_of(self._recorded)
        return self._one(key, connection.rows(self._statements.find[key.state], key.parts)) == self._recorded

    def check_absent(self) -> None:
        """Has the engine fail the transaction if anything stands by now where this was told that nothing does."""
        for key in self._locks.absent:
            self._change(self._statements.absent[key.state], key.parts)

    def check(self) -> None:
        """That every change was made, so that the whole may be saved.

        Raises:
            ConflictError: one wasn't.
        """
        if self._broken:
            raise ConflictError

    def _asked(self, one: Key[Any] | Query[Any]) -> tuple[str, Sequence[Any]]:
        if isinstance(one, Query):
            return self._statements.selected(one)
        self._locks.take(one)
        return self._statements.get[one.state], one.parts

    def _held(self, key: Key[S], rows: Sequence[Row]) -> S | None:
        found = self._one(key, rows)
        try:
            self._locks.answer(key, found)
        except ConflictError:
            self._broken = True
            raise
        return found

    def _change(self, text: str, values: Sequence[Any]) -> None:
        try:
            self.connection.change(text, values)
        except BaseException:
            self._broken = True
            raise
