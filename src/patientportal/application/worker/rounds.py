"""Rounds of work: one after another while there is something to do, and a pause where there is nothing."""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable

from attrs import asdict, evolve

from patientportal.application.worker.work import Worked
from patientportal.domain.errors import AdapterError, ConflictError, OutcomeUnknownError, TooBusyError

A_ROUND = 100
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
_PASSING = (AdapterError, ConflictError, OutcomeUnknownError, TooBusyError)
_log = logging.getLogger("patientportal")


def work_until(a_round: Callable[[], Worked], stop: threading.Event, *, progress: Callable[[Worked], object]) -> Worked:
    """Works until it is stopped; a pause of at most 15 seconds follows a round that told nobody."""
    total, pause_s = Counter[str](), SHORTEST_PAUSE_S
    while not stop.is_set():
        worked = _done(a_round)
        if worked is not None:
            progress(worked)
            total.update(asdict(worked))
        if worked is not None and may_find_more(worked):
            pause_s = SHORTEST_PAUSE_S
        else:
            stop.wait(random.uniform(pause_s / 2, pause_s))  # noqa: S311 - only a pause
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
    return Worked(**total)


def may_find_more(worked: Worked) -> bool:
    """Whether another round may get on at once; one that only postponed a little leaves the mail server in peace."""
    return evolve(worked, postponed=0) != Worked() or worked.postponed >= A_ROUND


def _done(a_round: Callable[[], Worked]) -> Worked | None:
    try:
        return a_round()
    except _PASSING as error:
        _log.warning("%s; trying again", error)
        return None
