"""What became of a commit whose answer was lost: looked up on another connection."""

import random
import time
from collections.abc import Callable

from patientportal.adapters.postgres_connections import (
    LONGEST_PAUSE_S,
    SHORTEST_PAUSE_S,
    Connection,
    Connections,
    Session,
)
from patientportal.domain.errors import PortalError

# What a session was sent may lie unread on the server, and be done later: what isn't there is final only once the
# session is over, and only the server that had it can say so.
MAY_GO_ON = """SELECT pg_is_in_recovery() OR concat_ws(' ', inet_server_addr(), inet_server_port()) <> %s
    OR EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND backend_start = %s)"""


def was_saved(connections: Connections, of: Session | None, is_there: Callable[[Connection], bool]) -> bool | None:
    """Whether a transaction was saved, of which one row alone tells; it is asked for no longer than the store waits.

    Args:
        connections: the store's.
        of: the session that was to save it; ``None``: it isn't known, for a pooler stands between.
        is_there: looks for the row, which nobody else adds or removes.

    Returns:
        ``None``: nobody can say.
    """
    deadline = time.monotonic() + connections.wait_s
    try:
        connection = connections.take()
    except PortalError:
        return None
    is_sound = False
    try:
        answer = _answer(connection, of, is_there, deadline=deadline)
        is_sound = True
    except PortalError:
        return None
    finally:
        connections.give_back(connection, is_sound=is_sound)
    return answer


def _answer(
    connection: Connection, of: Session | None, is_there: Callable[[Connection], bool], *, deadline: float
) -> bool | None:
    while True:
        connection.longest_wait_s = max(SHORTEST_PAUSE_S, deadline - time.monotonic())
        is_over = of is not None and connection.rows(MAY_GO_ON, of) == [(False,)]
        if is_there(connection):
            return True
        if is_over:
            return False
        if of is None or time.monotonic() >= deadline:
            return None
        time.sleep(random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))  # noqa: S311 - only a pause
