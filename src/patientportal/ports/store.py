"""The store: what is kept, in which order it is locked, and what every adapter promises.

The promises, which ``patientportal.testing.StoreContract`` proves and ``docs/stores.md`` tells whoever writes a store:

1. All of a transaction is saved when its block ends well, none of it otherwise; it is durable once it has returned, and
   seen by nobody before. Whatever is raised in a block comes out of it, the same object; then it holds nothing any
   more, and others and its own thread go on. A block sees its own changes in every answer.
2. What you ``get`` is yours until the block ends: others wait, or one of the two fails with ``ConflictError``. An
   absence is held like a presence: whoever was answered ``None`` and ends their block gets ``ConflictError`` if the key
   is there by then, also where they wrote nothing; ``put`` of that key is a plain INSERT, and never an upsert.
   So any two transactions that share one state are serialisable. Whoever puts where ``None`` was answered *and* leaves
   another ``None`` unwritten must hold a state that all the others hold, too.
3. A list is protected when it is read after the ``get`` of the state that guards it (a patient's things: ``Patient``).
4. Locks are taken in the order of ``KINDS`` and, within a kind, of the keys' parts, text by code points; breaking it is
   a ``LockOrderError``, and the block goes on. Several keys asked for together are given in that order; a claim, which
   waits for nobody, is free of it among its own kind; what is held may be got again at any time.
5. A violated UNIQUE constraint is a ``ConflictError``: the rule, which runs again, finds the holder and refuses. A
   ``ConflictError`` that is caught inside a block doesn't save it: its end raises another one, and nothing is saved.
6. What was stored is read as it was stored, each value of its own type: text character by character, moments in UTC
   and to the microsecond, ``None`` as ``None``; whatever the checks of input say on the machine that reads it
   (``domain.values.stored``): a newer release's or machine's word in one row takes no list with it.
7. What a state refers to is saved before it, or in the same block before it; nothing is saved that contradicts itself.

The body of a transaction does no input or output and waits for no other thread, whose block, or whose answer, may be
waiting for it. It may be run by another thread than the one that asked, and again after a ``ConflictError``.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum, unique
from operator import attrgetter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, overload

from attrs import field, frozen

from patientportal.domain.events import Recorded
from patientportal.domain.kinds import Kind
from patientportal.ports.catalogue import KINDS

S = TypeVar("S")
S1 = TypeVar("S1")
S2 = TypeVar("S2")
S3 = TypeVar("S3")
S4 = TypeVar("S4")
S_co = TypeVar("S_co", covariant=True)


def _parts(kind: Kind) -> Callable[[Any], tuple[str | bytes, ...]]:
    if len(kind.key) == 1:
        only = attrgetter(*kind.key)
        return lambda state: (only(state),)
    return attrgetter(*kind.key)


_PARTS = {state: _parts(kind) for state, kind in KINDS.items()}


class Key(NamedTuple, Generic[S_co]):
    """The key of one state; a tuple, for each is hashed and compared many times.

    >>> from patientportal.domain.ids import PatientId
    >>> from patientportal.domain.patients.patients import Patient
    >>> Key(Patient, (PatientId("p-1"),)).parts
    ('p-1',)
    """

    state: type[S_co]
    parts: tuple[str | bytes, ...]

    def __repr__(self) -> str:
        return f"Key({self.state.__name__})"


def key_of(state: object) -> Key[Any]:
    """The key under which a state is kept."""
    kind = type(state)
    return Key(kind, _PARTS[kind](state))


@unique
class Is(Enum):
    """The seven comparisons that a query may make."""

    EQ = "="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    ONE_OF = "IN"
    NONE = "IS NULL"


@frozen
class Where:
    """One comparison: a field (``personal.email`` for a part of a value), how, and with what.

    Text is compared by code points, moments as instants, days as they are written (``1974`` < ``1974-03``). What is
    ``None`` is found by ``NONE`` alone; one of nothing is nothing.
    """

    name: str
    how: Is
    value: Any = field(default=None, repr=False)


@frozen(kw_only=True)
class Query(Generic[S]):
    """States of one kind, as a value: an adapter needs to know the seven comparisons and nothing else.

    Attributes:
        state: the kind.
        where: every one of these holds.
        order: fields that together tell any two apart, none of them optional; without any, the order is the store's.
        descending: whether the order is reversed.
        after: the values of ``order`` after which to begin, whether anything has them or not.
        limit: how many at most; ``None`` for all of a list that its guard keeps small.
    """

    state: type[S]
    where: tuple[Where, ...] = ()
    order: tuple[str, ...] = ()
    descending: bool = False
    after: tuple[Any, ...] | None = field(default=None, repr=False)
    limit: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.after is not None and len(self.after) != len(self.order):
            raise ValueError("after must have a value for each field of order")


class Snapshot(Protocol):
    """What answers of one moment."""

    @overload
    def find_all(self, one: Key[S1], two: Key[S2], /) -> tuple[S1 | None, S2 | None]: ...
    @overload
    def find_all(self, one: Key[S1], two: Key[S2], three: Key[S3], /) -> tuple[S1 | None, S2 | None, S3 | None]: ...
    @overload
    def find_all(
        self, one: Key[S1], two: Key[S2], three: Key[S3], four: Key[S4], /
    ) -> tuple[S1 | None, S2 | None, S3 | None, S4 | None]: ...
    @overload
    def find_all(self, *keys: Key[S]) -> tuple[S | None, ...]: ...
    @overload
    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]: ...
    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """What stands under each key, unlocked, or ``None``, and the states that each query among them asks for.

        All of it was true at one moment, and is answered in one round trip where the engine can.
        """


class Answering(Protocol):
    """The same for whoever asks without naming the kinds: a view, a store, or what stands before one."""

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Snapshot.find_all``."""


class View(Snapshot, Protocol):
    """A read-only snapshot: everything that is found in one block was true at one moment."""

    def find(self, key: Key[S]) -> S | None:
        """The state under this key, unlocked, or ``None``."""

    def select(self, query: Query[S]) -> Sequence[S]:
        """The states that a query asks for, in its order, unlocked."""


class Transaction(Protocol):
    """All or nothing. ``get`` before ``put`` and ``remove``; ``add`` what is new."""

    def get(self, key: Key[S]) -> S | None:
        """The state under this key, locked until the block ends, or ``None``, which is a promise too.

        Asked again, it is what this block has made of it; else the same as before, or a conflict.

        Raises:
            LockOrderError: a key that comes later in the order was locked before.
            ConflictError: somebody was first.
        """

    @overload
    def get_all(self, one: Key[S1], two: Key[S2], /) -> tuple[S1 | None, S2 | None]: ...
    @overload
    def get_all(self, one: Key[S1], two: Key[S2], three: Key[S3], /) -> tuple[S1 | None, S2 | None, S3 | None]: ...
    @overload
    def get_all(
        self, one: Key[S1], two: Key[S2], three: Key[S3], four: Key[S4], /
    ) -> tuple[S1 | None, S2 | None, S3 | None, S4 | None]: ...
    @overload
    def get_all(self, *keys: Key[S]) -> tuple[S | None, ...]: ...
    @overload
    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]: ...
    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """What ``get`` answers for each key, in the order of the locks, in one round trip where the engine can.

        A query among them is answered as by ``select``, once the keys before it are locked.
        """

    def claim(self, query: Query[S]) -> S | None:
        """The first state that a query finds and nobody else holds, got as by ``get``; ``None``: there is none.

        It never waits: what another transaction has locked is skipped, if the engine has several at a time. What was
        got before of the same kind, in whatever order, doesn't matter to it.
        """

    def add(self, state: object) -> None:
        """Saves a state under a fresh key.

        Raises:
            ConflictError: the key, or something unique, is taken.
        """

    def put(self, state: object) -> None:
        """Saves the new form of what was got; a plain INSERT where nothing stands, as ``get`` said or by ``remove``.

        Raises:
            NotLockedError: its key wasn't got in this transaction.
            ConflictError: somebody was first, or something unique is taken.
        """

    def remove(self, key: Key[Any]) -> None:
        """Removes what was got; where nothing stands, it does nothing.

        Raises:
            NotLockedError: its key wasn't got in this transaction.
        """

    def record(self, recorded: Recorded) -> None:
        """Appends an event in its envelope.

        Raises:
            ConflictError: it was recorded before.
        """

    def select(self, query: Query[S]) -> Sequence[S]:
        """The states that a query asks for, this transaction's own changes included."""


class Store(Snapshot, Protocol):
    """Keeps states and events; thread-safe, and as many handles on the same data as there are processes.

    What a block gave raises ``BlockOverError`` after the block. ``find_all`` is a view of its own, for whoever knows
    beforehand all that they read.
    """

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A block that is saved as a whole.

        Raises:
            ConflictError: somebody saved first; nothing happened.
            TooBusyError: waiting for the database took longer than the store's deadline; nothing happened.
            OutcomeUnknownError: the answer to the commit was lost, and what became of it couldn't be asked.
            AdapterError: the database failed; nothing happened.
            NestedTransactionError: this thread is in a block of this store already.
        """

    def run(self, body: Callable[[Transaction], S]) -> S:
        """Runs a body in a block of its own, and answers what it does once that is saved; raises like ``transaction``.

        A store may run it on another thread, in a copy of this one's context (``contextvars``), and save it together
        with others' bodies: each of them is all or nothing by itself, and answered, or its error raised, once they are
        saved. As it stands here, it is one ``transaction``.
        """
        with self.transaction() as transaction:
            return body(transaction)

    def view(self) -> AbstractContextManager[View]:
        """A block that reads one snapshot; raises like ``transaction``."""

    def close(self) -> None:
        """Closes every connection; then every block raises ``ConfigurationError``. Repeating does nothing."""


class StoreMisuseError(Exception):
    """The base of mistakes in code that uses a store: they are bugs, not outcomes."""


class LockOrderError(StoreMisuseError):
    """Keys were locked out of order, which would let two transactions wait for each other."""


class NotLockedError(StoreMisuseError):
    """A state was saved or removed that this transaction didn't ``get``."""


class BlockOverError(StoreMisuseError):
    """A transaction or a view was used after its block."""


class NestedTransactionError(StoreMisuseError):
    """A block was begun inside another block of the same store and thread."""
