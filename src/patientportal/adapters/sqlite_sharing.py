"""Bodies that share a COMMIT on SQLite: whoever has the turn runs those of the threads that wait."""

import sys
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ClassVar, Generic, TypeVar

from attrs import evolve

from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sql.transaction import SqlTransaction
from patientportal.adapters.sqlite_connections import Connection, Connections
from patientportal.adapters.sqlite_turns import Group, Turn
from patientportal.domain.errors import AdapterError, ConflictError, OutcomeUnknownError, PortalError

T = TypeVar("T")

MEMBERS_MAX = 32  # more gained nothing (16 threads) or a tenth (32)
LONGEST_GROUP_S = 0.01  # for the first, who waits for the last, and for other processes


class Shared(Turn, Generic[T]):
    """A block that is run once: by its own thread, alone or with others' behind it, or by another that has the turn.

    Each of the others' is a savepoint, which alone is taken back where it fails. All are told after the one COMMIT,
    also who failed or only read: their answer may rest on what an earlier one wrote. What isn't an ``Exception`` is
    meant for the thread in which it is raised, and takes the whole group back.
    """

    is_shared: ClassVar[bool] = True
    _leads: Group | None = None

    def __init__(self, connections: Connections, statements: Statements, body: Callable[[Any], T]) -> None:
        self._connections = connections
        self._statements = statements
        self._body = body
        self._context = copy_context()
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
            for member in () if self._leads is None else self._leads.members:
                member.wake()

    def _led(self, deadline: float) -> T:
        connection = self._connections.begun("BEGIN IMMEDIATE", deadline)
        try:
            answer = self._answered(connection)
            if self._connections.turns.is_awaited() and sys.exception() is None:
                self._leads = Group(self)
                self._take_along(self._leads, connection)
            connection.commit()
            if self._leads is not None:
                self._leads.is_saved = True
        except BaseException as error:
            if self._leads is not None:
                self._leads.failure = _told(error, connection)
            raise
        finally:
            self._connections.end(connection)
        return answer

    def _take_along(self, group: Group, connection: Connection) -> None:
        until = time.monotonic() + LONGEST_GROUP_S
        while len(group.members) < MEMBERS_MAX - 1 and time.monotonic() < until and not connection.has_failed:
            follower = self._connections.turns.take_along(group)
            if not isinstance(follower, Shared):
                return
            follower.follow(connection)

    def follow(self, connection: Connection) -> None:
        """Runs this body in the transaction of another thread, which calls this."""
        connection.rows("SAVEPOINT block")
        try:
            answer = self._context.run(self._answered, connection)
        except Exception as error:  # noqa: BLE001 - raised in its own thread
            self._errors.append(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
            if isinstance(error, AdapterError) and not connection.raw.in_transaction:
                raise evolve(error) from None  # everybody's changes are lost, not this one's alone
            connection.rows("ROLLBACK TO block")
        else:
            self._answers.append(answer)
        connection.rows("RELEASE block")

    def _followed(self) -> T:
        group = self.group
        assert group is not None  # noqa: S101 - it was taken along
        while not group.is_over:
            self.sleep()
        if not self._answers and not self._errors:
            raise ConflictError  # its turn didn't come, or the leader was interrupted in it: nothing happened
        if not group.is_saved:
            raise evolve(group.failure) from (self._errors.pop() if self._errors else None)
        if self._errors:
            raise self._errors.pop()
        return self._answers.pop()

    def _answered(self, connection: Connection) -> T:
        tx = SqlTransaction(connection, self._statements)
        try:
            answer = self._body(tx)
            tx.check()
        finally:
            tx.end()
        return answer


def _told(error: BaseException, connection: Connection) -> PortalError:
    """What those are told whose COMMIT another thread didn't make."""
    if isinstance(error, PortalError):
        return evolve(error)
    return ConflictError() if connection.raw.in_transaction else OutcomeUnknownError(reason="interrupted")
