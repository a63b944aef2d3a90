"""A store in a dictionary that can be bent in one place: threads take turns, or the first to end a block wins."""

import operator
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, ClassVar

from attrs import evolve

from patientportal.domain.errors import ConfigurationError, ConflictError, TooBusyError
from patientportal.domain.events import Recorded
from patientportal.domain.kinds import Unique
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import (
    BlockOverError,
    Is,
    Key,
    LockOrderError,
    NestedTransactionError,
    NotLockedError,
    Query,
    Store,
    Where,
    key_of,
)

Rows = dict[Key[Any], Any]
RANKS = {state: rank for rank, state in enumerate(KINDS)}
HOLDS: dict[Is, Callable[[Any, Any], bool]] = {
    Is.EQ: operator.eq,
    Is.LT: operator.lt,
    Is.LE: operator.le,
    Is.GT: operator.gt,
    Is.GE: operator.ge,
    Is.ONE_OF: lambda value, among: value in among,
}


class View:
    def __init__(self, store: "Bendable", rows: Rows) -> None:
        self.store = store
        self.all = rows
        self.number = store.number()

    @property
    def rows(self) -> Rows:
        self.check()
        return self.all

    def check(self) -> None:
        if self.number != self.store.number():
            raise BlockOverError

    def find(self, key: Key[Any]) -> Any:
        return self.rows.get(key)

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        return tuple(self.select(one) if isinstance(one, Query) else self.find(one) for one in asked)

    def select(self, query: Query[Any]) -> list[Any]:
        return self.store.selected(query, self.rows)


class Transaction(View):
    def __init__(self, store: "Bendable", rows: Rows) -> None:
        super().__init__(store, dict(rows))
        self.before = rows
        self.present: dict[Key[Any], bool] = {}
        self.last: tuple[Any, ...] | None = None
        self.broken = False
        self.changes: list[tuple[str, Any]] = []

    def get(self, key: Key[Any]) -> Any:
        if key not in self.present:
            self.in_order(key)
        self.present[key] = key in self.rows
        return self.rows.get(key)

    def in_order(self, key: Key[Any]) -> None:
        place = RANKS[key.state], key.parts
        if self.last is not None and place < self.last:
            raise LockOrderError
        self.last = place

    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        return tuple(self.select(one) if isinstance(one, Query) else self.get(one) for one in asked)

    def claim(self, query: Query[Any]) -> Any:
        found = self.select(evolve(query, limit=1))
        if not found:
            return None
        key = key_of(found[0])
        self.in_order(Key(key.state, self.last[1] if self.last and self.last[0] == RANKS[key.state] else key.parts))
        self.present[key] = True
        return found[0]

    def held(self, key: Key[Any]) -> bool:
        if key not in self.present:
            raise NotLockedError
        return self.present[key]

    def add(self, state: object) -> None:
        self.insert(state)
        self.changes.append(("add", state))

    def put(self, state: object) -> None:
        key = key_of(state)
        if self.held(key):
            self.free(state)
            self.rows[key] = self.store.kept(state)
        else:
            self.insert(state)
        self.present[key] = True
        self.changes.append(("put", state))

    def insert(self, state: object) -> None:
        if key_of(state) in self.rows:
            self.conflict()
        self.free(state)
        self.rows[key_of(state)] = self.store.kept(state)

    def free(self, state: object) -> None:
        for unique in KINDS[type(state)].unique:
            among, values = unique.among, attrgetter(*unique.fields)
            if self.is_comparable(state, unique) and (among is None or getattr(state, among[0]) == among[1]):
                rivals = (one for key, one in self.rows.items() if key.state is type(state) and key != key_of(state))
                if any(
                    (among is None or getattr(one, among[0]) == among[1]) and values(one) == values(state)
                    for one in rivals
                ):
                    self.conflict()

    def is_comparable(self, state: object, unique: Unique) -> bool:
        return all(getattr(state, name) is not None for name in unique.fields)

    def conflict(self) -> None:
        self.broken = True
        raise ConflictError

    def remove(self, key: Key[Any]) -> None:
        if self.held(key):
            del self.rows[key]
        self.present[key] = False
        self.changes.append(("remove", key))

    def record(self, recorded: Recorded) -> None:
        self.add(recorded)


class Bendable(Store):
    """A store that keeps every promise, until a subclass bends it in one place."""

    views: ClassVar[type[View]] = View
    transactions: ClassVar[type[Transaction]] = Transaction
    wait_s: ClassVar[float] = 10.0

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.turn = threading.Lock()
        self.thread = threading.local()
        self.closed = False

    @classmethod
    def opener(cls) -> Callable[[], Store]:
        store = cls()
        return lambda: store

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.block():
            if not self.turn.acquire(timeout=self.wait_s):
                raise TooBusyError(queue="store")
            try:
                transaction = self.transactions(self, self.rows)
                yield transaction
                self.finish(transaction)
            finally:
                self.turn.release()

    @contextmanager
    def view(self) -> Iterator[View]:
        with self.block():
            yield self.views(self, self.rows)

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def number(self) -> int:
        """Of this thread's blocks: odd inside one."""
        number: int = getattr(self.thread, "number", 0)
        return number

    @contextmanager
    def block(self) -> Iterator[None]:
        if self.closed:
            raise ConfigurationError(setting="store", reason="is closed")
        if self.number() % 2:
            raise NestedTransactionError
        self.thread.number = self.number() + 1
        try:
            yield
        finally:
            self.thread.number += 1

    def finish(self, transaction: Transaction) -> None:
        if transaction.broken:
            raise ConflictError
        self.rows = transaction.rows

    def kept(self, state: Any) -> Any:
        return state

    def asked(self, where: Where) -> Where | None:
        return where

    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        wheres = [where for where in map(self.asked, query.where) if where is not None]
        found = [one for key, one in rows.items() if key.state is query.state and all(holds(w, one) for w in wheres)]
        if query.order:
            place = attrgetter(*query.order)
            found.sort(key=place, reverse=query.descending)
            if query.after is not None:
                after: Any = query.after if len(query.order) > 1 else query.after[0]
                passed = operator.lt if query.descending else operator.gt
                found = [one for one in found if passed(place(one), after)]
        return found[: query.limit]

    def close(self) -> None:
        self.closed = True


def holds(where: Where, state: object) -> bool:
    value = attrgetter(where.name)(state)
    if where.how is Is.NONE:
        return value is None
    return value is not None and HOLDS[where.how](value, where.value)


class Optimistic(Bendable):
    """Makes nobody wait: at the end, who finds that somebody else had a key meanwhile gets ``ConflictError``."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: Counter[Key[Any]] = Counter()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.block():
            with self.turn:
                versions, transaction = Counter(self.versions), self.transactions(self, self.rows)
            yield transaction
            with self.turn:
                if any(self.versions[key] != versions[key] for key in self.minded(transaction)):
                    raise ConflictError
                self.finish(self.replayed(transaction))
                self.versions.update(self.minded(transaction))

    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {*transaction.present, *(key_of(what) for verb, what in transaction.changes if verb == "add")}

    def replayed(self, transaction: Transaction) -> Transaction:
        """The same changes, made to what is kept by now."""
        now = self.transactions(self, self.rows)
        now.broken = transaction.broken
        now.present = {key: key in self.rows for key in transaction.present}
        for verb, what in transaction.changes:
            getattr(now, verb)(what)
        return now
