"""What time has made due, apart from notices: each sort of it is found, and each thing decided by an ordinary rule."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from patientportal.application.appointments import reminders, requests
from patientportal.application.environment import Environment
from patientportal.application.medications import renewals
from patientportal.application.statements import reconciling
from patientportal.application.worker import digests
from patientportal.domain.errors import PortalError
from patientportal.ports.store import Query

_log = logging.getLogger("patientportal")


@frozen
class Task:
    """One sort of thing that becomes due.

    Attributes:
        find: the queries for what is due now, each the longest due first.
        due_at: since when one of them is.
        conclude: decides one of them in a transaction of its own, which looks again, and says whether it was due still.
    """

    find: Callable[[Environment], Sequence[Query[Any]]]
    due_at: Callable[[Environment, Any], datetime]
    conclude: Callable[[Environment, Any], bool]


@frozen(kw_only=True)
class Concluded:
    """What came of all that was due.

    Attributes:
        done: how many things were decided.
        failure: what stood in the way of the first, where none could be; a worker raises it once it has told the mail.
    """

    done: int
    failure: Exception | None


def _only(find: Callable[[Environment], Query[Any]]) -> Callable[[Environment], tuple[Query[Any]]]:
    return lambda env: (find(env),)


TASKS: tuple[Task, ...] = (
    Task(find=_only(requests.overdue), due_at=requests.expires_at, conclude=requests.expire),
    Task(find=_only(renewals.overdue), due_at=renewals.expires_at, conclude=renewals.expire),
    Task(find=reminders.due, due_at=reminders.due_at, conclude=reminders.remind),
    Task(find=_only(reconciling.unheard_of), due_at=reconciling.look_at, conclude=reconciling.reconcile),
    Task(find=_only(reconciling.unheard_of_refunds), due_at=reconciling.look_at, conclude=reconciling.reconcile_refund),
)
"""Every sort, in the order in which they are done."""


def conclude(env: Environment, *, limit: int, stop: Callable[[], bool]) -> Concluded:
    """Decides at most ``limit`` things of each sort that are due.

    One that can't be decided now is left for the next call and delays no other.
    """
    done, failures = 0, list[Exception]()
    for task in TASKS:
        try:
            found = _found(env, task, limit=limit)
        except Exception as error:  # noqa: BLE001 - a sort that can't even be looked for must not stop the others
            failures.append(error)
            continue
        for one in found:
            if stop():
                break
            try:
                done += task.conclude(env, one)
            except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not stop the others either
                failures.append(error)
                code = error.code if isinstance(error, PortalError) else type(error).__name__
                _log.warning("%s %s couldn't be concluded: %s", type(one).__name__, getattr(one, "id", ""), code)
    try:
        done += digests.add_due(env)
    except Exception as error:  # noqa: BLE001 - likewise
        failures.append(error)
        _log.warning("the digest couldn't be added: %s", type(error).__name__)
    return Concluded(done=done, failure=failures[0] if failures and not done else None)


def _found(env: Environment, task: Task, *, limit: int) -> Sequence[Any]:
    with env.store.view() as view:
        return [one for query in task.find(env) for one in view.select(evolve(query, limit=limit))][:limit]
