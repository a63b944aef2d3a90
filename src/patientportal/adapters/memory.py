"""A store in memory: one transaction at a time, applied at the end. It is no evidence of isolation."""

import operator
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from weakref import ref

from attrs import evolve

from patientportal.adapters.locks import BlocksOfThreads, HeldLocks
from patientportal.adapters.pool import LONGEST_SLICE_S
from patientportal.domain.errors import ConflictError, TooBusyError
from patientportal.domain.events import Recorded
from patientportal.domain.kinds import Kind, Unique
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import BlockOverError, Is, Key, Query, Store, Where, key_of

S = TypeVar("S")
Rows = Mapping[tuple[str | bytes, ...], Any]
Tables = dict[type[Any], Rows]

_HOLDS: dict[Is, Callable[[Any, Any], bool]] = {
    Is.EQ: operator.eq,
    Is.LT: operator.lt,
    Is.LE: operator.le,
    Is.GT: operator.gt,
    Is.GE: operator.ge,
    Is.ONE_OF: lambda value, among: value in among,
}


class MemoryStore(Store):
    """Keeps everything in this process, for tests and trials; gone when it ends.

    Args:
        wait: how long a transaction waits for the one before it.
    """

    def __init__(self, *, wait: timedelta = timedelta(seconds=10)) -> None:
        self.tables: Tables = {state: {} for state in KINDS}
        self.turns: _Turns = _Turns(wait)
        self.blocks: BlocksOfThreads = BlocksOfThreads()

    def transaction(self) -> "_TransactionBlock":
        """See ``Store.transaction``."""
        return _TransactionBlock(self)

    def view(self) -> "_ViewBlock":
        """See ``Store.view``."""
        return _ViewBlock(self)

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self.blocks.are_over = True


class _Turns:
    """One transaction at a time; the turn of one that nobody has any more is over, however it was left."""

    def __init__(self, wait: timedelta) -> None:
        self._wait_s = wait.total_seconds()
        self._changed = threading.Condition()
        self._whose: Callable[[], _TransactionBlock | None] = _nobodys

    def take(self, block: "_TransactionBlock") -> None:
        """Waits until nobody has the turn.

        Raises:
            TooBusyError: somebody had it for too long.
        """
        deadline = time.monotonic() + self._wait_s
        with self._changed:
            while (other := self._whose()) is not None and other.is_open:
                del other
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TooBusyError(queue="store")
                self._changed.wait(min(left_s, LONGEST_SLICE_S))
            self._whose = ref(block)

    def pass_on(self) -> None:
        """The next one may go on."""
        with self._changed:
            self._whose = _nobodys
            self._changed.notify()


def _nobodys() -> None:
    """Whose turn it is while nobody has it."""


class _TransactionBlock:
    """A transaction, begun and ended."""

    is_open: bool = False

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __enter__(self) -> "MemoryTransaction":
        self._store.blocks.begin(self)
        try:
            self._store.turns.take(self)
            self._transaction = MemoryTransaction(self._store.tables)
        except BaseException:
            self.is_open = False
            raise
        return self._transaction

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._store.tables = self._transaction.result()
        finally:
            self.is_open = False
            self._transaction.end()
            self._store.turns.pass_on()


class _ViewBlock:
    """A view, begun and ended."""

    is_open: bool = False

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __enter__(self) -> "MemoryView":
        self._store.blocks.begin(self)
        self._view = MemoryView(self._store.tables)
        return self._view

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.is_open = False
        self._view.end()


class _Over(dict[type[Any], Rows]):
    """In place of the tables, once a block is over."""

    def __missing__(self, _: type[Any]) -> Rows:
        raise BlockOverError("the block is over")


class MemoryView:
    """One snapshot."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def find(self, key: Key[S]) -> S | None:
        """See ``View.find``."""
        found: S | None = self._tables[key.state].get(key.parts)
        return found

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``View.find_all``."""
        return tuple(self.select(one) if isinstance(one, Query) else self.find(one) for one in asked)

    def select(self, query: Query[S]) -> Sequence[S]:
        """See ``View.select``."""
        return _selected(query, self._tables[query.state])

    def end(self) -> None:
        """Nothing may be read or changed from here on."""
        self._tables = _Over()


class MemoryTransaction(MemoryView):
    """Changes to a copy of what is touched; ``result`` is the whole after them."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(dict(tables))
        self._holders: dict[type[Any], _Holders] = {}
        self._locks = HeldLocks()
        self._broken = False

    def get(self, key: Key[S]) -> S | None:
        """See ``Transaction.get``."""
        self._locks.take(key)
        found: S | None = self._tables[key.state].get(key.parts)
        self._locks.answer(key, found)
        return found

    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Transaction.get_all``."""
        return tuple(self.select(one) if isinstance(one, Query) else self.get(one) for one in asked)

    def claim(self, query: Query[S]) -> S | None:
        """See ``Transaction.claim``."""
        for state in self.select(evolve(query, limit=1)):
            self._locks.claim(key_of(state), state)
            return state
        return None

    def add(self, state: object) -> None:
        """See ``Transaction.add``."""
        self._save(state, key_of(state), present=False)

    def put(self, state: object) -> None:
        """See ``Transaction.put``."""
        key = key_of(state)
        self._save(state, key, present=self._locks.held(key) is not None)

    def remove(self, key: Key[Any]) -> None:
        """See ``Transaction.remove``."""
        if self._locks.held(key) is not None:
            rows = self._own(key.state)
            self._holders[key.state].change(rows.pop(key.parts), None, key.parts)
            self._locks.hold(key, None)

    def record(self, recorded: Recorded) -> None:
        """See ``Transaction.record``."""
        self.add(recorded)

    def result(self) -> Tables:
        """Everything as it is after this transaction.

        Raises:
            ConflictError: a change failed, so that none is kept.
        """
        if self._broken:
            raise ConflictError
        return self._tables

    def _save(self, state: object, key: Key[Any], *, present: bool) -> None:
        rows = self._own(key.state)
        holders = self._holders[key.state]
        if (key.parts in rows and not present) or not holders.are_free(state, key.parts):
            self._broken = True
            raise ConflictError
        holders.change(rows.get(key.parts), state, key.parts)
        rows[key.parts] = state
        self._locks.hold(key, state)

    def _own(self, state: type[Any]) -> dict[tuple[str | bytes, ...], Any]:
        if state not in self._holders:
            self._tables[state] = dict(self._tables[state])
            self._holders[state] = _Holders(KINDS[state], self._tables[state])
        rows = self._tables[state]
        assert isinstance(rows, dict)  # noqa: S101 - what the two lines above made
        return rows


class _Holders:
    """Who holds what is unique among the states of a kind, so that no change has to read all of them."""

    def __init__(self, kind: Kind, rows: Rows) -> None:
        self._keys: list[tuple[Unique, dict[Any, tuple[str | bytes, ...]]]] = [(one, {}) for one in kind.unique]
        for parts, state in rows.items():
            self.change(None, state, parts)

    def are_free(self, state: object, parts: tuple[str | bytes, ...]) -> bool:
        """Whether nobody else holds what this state would."""
        return all(keys.get(_unique_value(one, state), parts) == parts for one, keys in self._keys)

    def change(self, old: object, new: object, parts: tuple[str | bytes, ...]) -> None:
        """Under this key a new state, or ``None``, stands in the place of an old one, or of none."""
        for one, keys in self._keys:
            keys.pop(_unique_value(one, old), None)
            value = _unique_value(one, new)
            if value is not None:
                keys[value] = parts


def _unique_value(unique: Unique, state: object) -> Any:  # noqa: ANN401 - of whatever fields
    """What no other state of the kind may have; ``None`` where that doesn't hold of this one."""
    among = unique.among
    if state is None or (among is not None and getattr(state, among[0]) != among[1]):
        return None
    value = tuple(getattr(state, name) for name in unique.fields)
    return None if None in value else value


def _selected(query: Query[S], rows: Rows) -> list[S]:
    found = [state for state in rows.values() if all(_holds(where, state) for where in query.where)]
    if not query.order:
        return found[: query.limit]
    place = operator.attrgetter(*query.order)
    found.sort(key=place, reverse=query.descending)
    if query.after is not None:
        after: Any = query.after if len(query.order) > 1 else query.after[0]
        passed = operator.lt if query.descending else operator.gt
        found = [state for state in found if passed(place(state), after)]
    return found[: query.limit]


def _holds(where: Where, state: object) -> bool:
    value = operator.attrgetter(where.name)(state)
    if where.how is Is.NONE:
        return value is None
    return value is not None and _HOLDS[where.how](value, where.value)
