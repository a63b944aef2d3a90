"""Turns to write to a SQLite file: the threads of one process, in the order in which they came."""

import threading
import time
from collections import deque
from contextlib import suppress
from typing import ClassVar
from weakref import ref

from patientportal.domain.errors import OutcomeUnknownError, PortalError, TooBusyError

LONGEST_SLICE_S = 0.05  # whoever waits looks again: who was interrupted tells nobody that their turn is over
_UNKNOWN = OutcomeUnknownError(reason="interrupted")


class Turn:
    """One block's place in the queue; it counts while it is open, and as long as somebody has it.

    Attributes:
        is_shared: whether another thread may run it.
        group: the one that has taken it along; ``None``: none has.
        place: what stands for it in the queue.
    """

    is_shared: ClassVar[bool] = False
    is_open: bool = False
    group: "Group | None" = None
    place: "ref[Turn]"
    _woken: "threading.Lock | None" = None

    def sleep(self, longest_s: float = LONGEST_SLICE_S) -> None:
        """Waits to be woken, and not for long."""
        if self._woken is None:
            woken = threading.Lock()
            woken.acquire()
            self._woken = woken
        else:
            self._woken.acquire(timeout=max(0.0, min(longest_s, LONGEST_SLICE_S)))

    def wake(self) -> None:
        """Has its thread look again; one that doesn't sleep yet looks by itself."""
        if self._woken is not None:
            with suppress(RuntimeError):  # it was woken already
                self._woken.release()


class Group:
    """The blocks that one thread runs in one transaction, and how that ended.

    Attributes:
        members: those beside the leader's own who weren't woken yet.
        is_saved: whether all of it is.
        failure: what each is told where it is not.
    """

    def __init__(self, leader: Turn) -> None:
        self._leader = ref(leader)
        self.members: deque[Turn] = deque()
        self.is_saved: bool = False
        self.failure: PortalError = _UNKNOWN

    @property
    def is_over(self) -> bool:
        """Whether it is known how it ended, or will never be: nobody leads it any more."""
        leader = self._leader()
        return self.is_saved or leader is None or not leader.is_open

    def wake_next(self) -> None:
        """Has its next member look again, who does the same: all at once would only wait for Python's lock."""
        with suppress(IndexError):
            self.members.popleft().wake()


class Turns:
    """The queue: the first in it that still counts has the turn.

    That is never noted down, always seen, and each change is one step of Python's own: so whatever is interrupted at
    whatever moment, nobody waits for a turn that is lost.
    """

    def __init__(self) -> None:
        self._queue: deque[ref[Turn]] = deque()

    def take(self, turn: Turn, deadline: float) -> bool:
        """Waits for this turn; false: it is over, or will be, in the group that has taken it along.

        Raises:
            TooBusyError: the deadline, by ``time.monotonic``, has passed.
        """
        place = turn.place = ref(turn)
        self._queue.append(place)
        while self._at(0) is not turn:
            if turn.group is not None:
                return False
            left_s = deadline - time.monotonic()
            if left_s <= 0 and self._take_out(place):
                raise TooBusyError(queue="store")
            turn.sleep(left_s)
        return True

    def is_awaited(self) -> bool:
        """Whether anybody waits behind the first."""
        return len(self._queue) > 1

    def take_along(self, group: Group) -> Turn | None:
        """Adds whoever comes next to the first's group, if their body may be run by another thread."""
        while (turn := self._at(1)) is not None:
            if not turn.is_shared or turn.group is not None:
                return None
            turn.group = group
            if self._take_out(turn.place):
                group.members.append(turn)
                return turn
        return None

    def end(self, turn: Turn) -> None:
        """Gives a turn back, had or waited for, and wakes who is next."""
        turn.is_open = False
        first = self._at(0)
        if first is not None:
            first.wake()

    def _at(self, number: int) -> Turn | None:
        """Who stands there, once those before them who don't count any more are taken out."""
        while True:
            try:
                place = self._queue[number]
            except IndexError:
                return None
            turn = place()
            if turn is not None and turn.is_open:
                return turn
            self._take_out(place)

    def _take_out(self, place: "ref[Turn]") -> bool:
        try:
            self._queue.remove(place)
        except ValueError:
            return False
        return True
