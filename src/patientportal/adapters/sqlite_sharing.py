"""Bodies that share a COMMIT on SQLite: whoever has the turn runs those of the threads that wait, too."""

import sys
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import ClassVar, Generic, TypeVar

from attrs import evolve

from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import SqlTransaction
from patientportal.adapters.sqlite_connections import Connection, Connections
from patientportal.adapters.sqlite_turns import Group, Turn
from patientportal.domain.errors import AdapterError, ConflictError, OutcomeUnknownError, PortalError

T = TypeVar("T")

BLOCKS_MAX = 32
LONGEST_GROUP_S = 0.01  # for the first, who waits for the last, and for other processes


class Shared(Turn, Generic[T]):
    """A block that is run once: by its own thread, with others behind it, or by the thread that has the turn before.

    Each that is run for another is a savepoint, which alone is taken back where it fails. All are told after the one
    COMMIT, also who failed or only read: their answer may rest on what was written before them. Where all of it was
    taken back for what befell one of them, the others are told of a conflict, and run again. What isn't an
    ``Exception`` is meant for the thread in which it is raised, and ends the whole so.
    """

    is_shared: ClassVar[bool] = True

    def __init__(self, connections: Connections, statements: Statements, body: Callable[[SqlTransaction], T]) -> None:
        self._connections = connections
        self._statements = statements
        self._body = body
        self._context = copy_context()
        self._followers: Group | None = None
        self._answers: list[T] = []
        self._errors: list[Exception] = []  # popped where it is raised: a name for it would be a circle

    def run(self) -> T:
        """Raises what ``Store.run`` does."""
        connections = self._connections
        connections.begin(self)
        try:
            deadline = connections.deadline()
            return self._led(deadline) if connections.turns.take(self, deadline) else self._followed()
        finally:
            connections.turns.end(self)
            if self._followers is not None:
                self._followers.wake_next()

    def _led(self, deadline: float) -> T:
        connection = self._connections.begun("BEGIN IMMEDIATE", deadline)
        try:
            answer = self._answered(connection)
            if self._connections.turns.is_awaited() and sys.exception() is None:  # it would be theirs' context, too
                self._followers = Group(self)
                self._take_along(self._followers, connection)
            connection.commit()
            if self._followers is not None:
                self._followers.is_saved = True
        except BaseException as error:
            if self._followers is not None:
                self._followers.failure = _told(error, connection)
            raise
        finally:
            self._connections.end(connection)
        return answer

    def _take_along(self, group: Group, connection: Connection) -> None:
        until = time.monotonic() + LONGEST_GROUP_S
        for _ in range(BLOCKS_MAX - 1):
            if connection.has_failed or time.monotonic() > until:
                return
            follower = self._connections.turns.take_along(group)
            if not isinstance(follower, Shared):
                return
            follower.follow(connection)

    def follow(self, connection: Connection) -> None:
        """Runs this body in the transaction of another thread, which calls this.

        Raises:
            ConflictError: SQLite took the whole transaction back, as it may where a disk is full or fails.
        """
        connection.rows("SAVEPOINT block")  # inside those before it: the name means the last, the COMMIT ends all
        self._run_for_another(connection)
        if not connection.raw.in_transaction:
            raise ConflictError
        if self._errors:
            connection.rows("ROLLBACK TO block")

    def _run_for_another(self, connection: Connection) -> None:
        try:
            self._answers.append(self._context.run(self._answered, connection))
        except Exception as error:  # noqa: BLE001 - raised in its own thread, without this one's frame
            self._errors.append(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))

    def _answered(self, connection: Connection) -> T:
        tx = SqlTransaction(connection, self._statements)
        try:
            answer = self._body(tx)
            tx.check()
        finally:
            tx.end()
        return answer

    def _followed(self) -> T:
        group = self.group
        assert group is not None  # noqa: S101 - that has taken it along
        while not group.is_over:
            self.sleep()
        group.wake_next()
        if not self._answers and not self._errors:
            raise ConflictError  # it wasn't run to its end, so that nothing happened
        if self._errors and (group.is_saved or isinstance(self._errors[0], AdapterError)):
            raise self._errors.pop()
        if not group.is_saved:
            raise evolve(group.failure) from (self._errors.pop() if self._errors else None)
        return self._answers.pop()


def _told(error: BaseException, connection: Connection) -> PortalError:
    """What is told to those whose COMMIT was another thread's, and failed."""
    if isinstance(error, PortalError):
        return evolve(error)
    return ConflictError() if connection.raw.in_transaction else OutcomeUnknownError(reason="interrupted")
