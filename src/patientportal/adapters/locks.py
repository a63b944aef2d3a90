"""What every store checks alike: one block a thread, the one lock order, and that what is saved was got."""

import threading
from typing import Any, Protocol
from weakref import ref

from patientportal.domain.errors import ConfigurationError, ConflictError
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, LockOrderError, NestedTransactionError, NotLockedError

_RANKS = {state: rank for rank, state in enumerate(KINDS)}


class Block(Protocol):
    """A transaction or a view, as far as its thread knows it."""

    is_open: bool


class BlocksOfThreads:
    """Which block of a store each thread is in; one that nobody has any more is over, however it was left."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self.are_over: bool = False

    def begin(self, block: Block) -> None:
        """This thread is in this block from now on.

        Raises:
            NestedTransactionError: it is in another one.
            ConfigurationError: the store was closed.
        """
        if self.are_over:
            raise ConfigurationError(setting="store", reason="is closed")
        earlier = getattr(self._thread, "block", _no_block)()
        if earlier is not None and earlier.is_open:
            raise NestedTransactionError("this thread is in a block of this store already")
        block.is_open = True
        self._thread.block = ref(block)


def _no_block() -> None:
    """What a reference to a block says while there is none."""


class HeldLocks:
    """The keys that one transaction has got, and the state that stands under each.

    Attributes:
        absent: the keys under which it was told that nothing stands, in their order, without those that it filled.
    """

    def __init__(self) -> None:
        self._held: dict[Key[Any], object | None] = {}
        self.absent: dict[Key[Any], None] = {}
        self._last: tuple[int, tuple[str | bytes, ...]] | None = None

    def take(self, key: Key[Any]) -> None:
        """Checks that this key may be locked now.

        Raises:
            LockOrderError: a later one was locked before.
        """
        if key in self._held:
            return
        place = (_RANKS[key.state], key.parts)
        if self._last is not None and place < self._last:
            raise LockOrderError(f"{key.state.__name__} comes before what is locked already")
        self._last = place

    def claim(self, key: Key[Any], state: object) -> None:
        """Takes a state that may be claimed now; among its kind in any order, for who claims waits for nobody.

        Raises:
            LockOrderError: a later kind was locked before.
        """
        if self._last is not None and _RANKS[key.state] < self._last[0]:
            raise LockOrderError(f"{key.state.__name__} comes before what is locked already")
        self._last = max(self._last or (0, ()), (_RANKS[key.state], key.parts))
        self.answer(key, state)

    def answer(self, key: Key[Any], state: object | None) -> None:
        """Remembers what ``get`` says of a key.

        Raises:
            ConflictError: it said before that nothing stands there.
        """
        if state is None:
            self.absent[key] = None
        elif key in self.absent:
            raise ConflictError
        self._held[key] = state

    def hold(self, key: Key[Any], state: object | None) -> None:
        """Remembers what this transaction made of a key; ``None``: it removed what stood there."""
        self.absent.pop(key, None)
        self._held[key] = state

    def held(self, key: Key[Any]) -> object | None:
        """What stands under a key that was got.

        Raises:
            NotLockedError: it wasn't got.
        """
        try:
            return self._held[key]
        except KeyError:
            raise NotLockedError(f"{key.state.__name__} was not got in this transaction") from None
