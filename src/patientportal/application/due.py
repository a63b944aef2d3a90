"""What time has made due, apart from notices: each sort of it is found, and each thing decided by an ordinary rule."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from patientportal.application import reconciling, renewals
from patientportal.application.outside import Outside
from patientportal.domain.errors import PortalError
from patientportal.ports.store import Query

_log = logging.getLogger("patientportal")


@frozen
class Task:
    """One sort of thing that becomes due.

    Attributes:
        find: the query for what is due now, the longest due first.
        due_at: since when one of them is.
        conclude: decides one of them in a transaction of its own, which looks again, and says whether it was due still.
    """

    find: Callable[[Outside], Query[Any]]
    due_at: Callable[[Outside, Any], datetime]
    conclude: Callable[[Outside, Any], bool]


TASKS: tuple[Task, ...] = (
    Task(find=renewals.overdue, due_at=renewals.expires_at, conclude=renewals.expire),
    Task(find=reconciling.unheard_of, due_at=reconciling.look_at, conclude=reconciling.reconcile),
)
"""Every sort, in the order in which they are done."""


def conclude(outside: Outside, *, limit: int, stop: Callable[[], bool]) -> int:
    """Decides at most ``limit`` things of each sort that are due, and says how many it did.

    One that can't be decided now is left for the next call and delays no other.

    Raises:
        PortalError: none of several could be: what stood in the way of the first.
    """
    done, failures = 0, list[Exception]()
    for task, found in _due(outside, limit):
        if stop():
            break
        try:
            done += task.conclude(outside, found)
        except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not stop the others either
            failures.append(error)
            code = error.code if isinstance(error, PortalError) else type(error).__name__
            _log.warning("%s %s couldn't be concluded: %s", type(found).__name__, getattr(found, "id", ""), code)
    if failures and not done:
        raise failures[0]
    return done


def _due(outside: Outside, limit: int) -> Iterator[tuple[Task, Any]]:
    for task in TASKS:
        with outside.store.view() as view:
            found = view.select(evolve(task.find(outside), limit=limit))
        yield from ((task, one) for one in found)
