"""A store's idle connections, the latest used first; what failed, or was forgotten in use, is never among them."""

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from patientportal.domain.errors import ConfigurationError, TooBusyError

LONGEST_SLICE_S = 0.05  # whoever waits looks again: a connection that was forgotten in use tells nobody that it is gone


class Slot:
    """The place that one connection takes among as many as there may be; it is free once nobody has it any more."""


class Pooled(Protocol):
    """A connection, as far as its pool knows it."""

    slot: Slot | None

    def close(self) -> None:
        """Closes it; repeating that does nothing."""


C = TypeVar("C", bound=Pooled)


class Pool(Generic[C]):
    """Connections, each for one block at a time.

    How many there are is seen by which of their slots still live, never counted by hand: what an interrupted call
    forgets makes room by itself.

    Args:
        connect: opens one.
        most: how many there may be at once; ``None``: as many as there are blocks.
        idle_most: how many are kept while nobody needs them.
        wait_s: how long ``take`` waits for one, in seconds.
    """

    def __init__(self, connect: Callable[[], C], *, most: int | None, idle_most: int, wait_s: float) -> None:
        self._connect = connect
        self._most = most
        self._idle_most = idle_most
        self._wait_s = wait_s
        self._idle: list[C] = []
        self._slots: WeakSet[Slot] = WeakSet()
        self._room = threading.Condition()
        self.waiting: int = 0
        self.is_over: bool = False

    def take(self) -> C:
        """An idle connection, or a new one.

        Raises:
            TooBusyError: all were in use for as long as a call waits.
            ConfigurationError: the pool was closed meanwhile.
        """
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect() if self._most is None else self._with_room(self._most)

    def give_back(self, connection: C) -> None:
        """Keeps a sound connection for the next block."""
        if len(self._idle) < self._idle_most and not self.is_over:
            self._idle.append(connection)
            self._tell()
        else:
            self.drop(connection)

    def drop(self, connection: C) -> None:
        """Closes a connection that nobody is to use again."""
        connection.slot = None
        connection.close()
        self._tell()

    def drop_idle(self) -> None:
        """Closes every idle connection: what one of them has met, the others will meet."""
        for connection in self.taken_out():
            self.drop(connection)

    def taken_out(self) -> list[C]:
        """Every idle connection, which is the caller's from now on."""
        idle, self._idle = self._idle, []
        return idle

    def close(self) -> None:
        """Closes what is idle; what is in use is closed when it is given back."""
        self.is_over = True
        self.drop_idle()
        with self._room:
            self._room.notify_all()

    def _with_room(self, most: int) -> C:
        deadline = time.monotonic() + self._wait_s
        slot = Slot()
        with self._room:
            self.waiting += 1
            try:
                while len(self._slots) >= most:
                    if self._idle:
                        return self._idle.pop()
                    left_s = deadline - time.monotonic()
                    if self.is_over:
                        raise ConfigurationError(setting="store", reason="is closed")
                    if left_s <= 0:
                        raise TooBusyError(queue="store")
                    self._room.wait(min(left_s, LONGEST_SLICE_S))
                self._slots.add(slot)
            finally:
                self.waiting -= 1
        try:
            connection = self._connect()
        except BaseException:
            self._slots.discard(slot)
            raise
        connection.slot = slot
        return connection

    def _tell(self) -> None:
        if self.waiting:
            with self._room:
                self._room.notify()
