"""What every store checks alike: one block a thread, the one lock order, and that what is saved was got."""

import threading
from typing import Any

from patientportal.domain.errors import ConfigurationError
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, LockOrderError, NestedTransactionError, NotLockedError

_RANKS = {state: rank for rank, state in enumerate(KINDS)}


class BlocksOfThreads:
    """Which threads are in a block of a store, and whether any still may be."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self.are_over = False

    def begin(self) -> None:
        """This thread is in a block now.

        Raises:
            NestedTransactionError: it is in one already.
            ConfigurationError: the store was closed.
        """
        if self.are_over:
            raise ConfigurationError(setting="store", reason="is closed")
        if getattr(self._thread, "is_in_block", False):
            raise NestedTransactionError("this thread is in a block of this store already")
        self._thread.is_in_block = True

    def end(self) -> None:
        """This thread isn't any more."""
        self._thread.is_in_block = False


class HeldLocks:
    """The keys that one transaction has got, and the state that stands under each."""

    def __init__(self) -> None:
        self._held: dict[Key[Any], object | None] = {}
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
        self._held[key] = state

    def hold(self, key: Key[Any], state: object | None) -> None:
        """Remembers what stands under a key now; ``None``: nothing."""
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
