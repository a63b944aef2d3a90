"""Measures two ways of doing one thing op by op in turn, so that a noisy machine is as noisy to both."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from attrs import define, field, frozen

NS_PER_MS = 1_000_000
WARM_UPS = 3
ROUNDS = 5

Operation = Callable[[], object]


class NotMeasuredError(Exception):
    """Something could not be measured here; why."""


@frozen(kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        what: was measured.
        ours_ms: the median of ours.
        theirs_ms: the median of what it is compared with.
        value: the median of the pairs' ratios or differences.
        low: the lowest median of a round.
        high: the highest one.
        unit: ``x`` for ratios, ``ms`` or ``us`` for differences, ``/s`` for how many a second.
        goal: the most that ``value`` should be; ``None``: there is none.
        at_least: whether the goal is the least that it should be, as of a throughput.
        durability: on what it was measured and what a commit waited for there, as the connections say; ``""``: no
            database was in it.
    """

    what: str
    ours_ms: float
    theirs_ms: float
    value: float
    low: float
    high: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    durability: str = ""

    @property
    def missed_by(self) -> float | None:
        """How far it is from its goal, as a part of it: above zero where it missed it; ``None``: there is none."""
        if self.goal is None:
            return None
        return (self.goal - self.value if self.at_least else self.value - self.goal) / self.goal

    @property
    def wanted(self) -> str:
        """The goal, as it is read."""
        return "" if self.goal is None else f"{'>=' if self.at_least else '<='} {self.goal:g} {self.unit}"

    @property
    def verdict(self) -> str:
        """Whether the goal was reached."""
        if self.missed_by is None:
            return ""
        return "met" if self.missed_by <= 0 else f"missed by {self.missed_by:.1%}"


@define
class Pairs:
    """Durations of ours and of theirs in nanoseconds, side by side, round by round."""

    rounds: list[list[tuple[int, int]]] = field(factory=list)

    def ratio(self, what: str, *, goal: float | None = None, durability: str = "") -> Figure:
        """How many times theirs ours takes."""
        return self._figure(
            what, lambda ours, theirs: ours / max(1, theirs), unit="x", goal=goal, durability=durability
        )

    def difference(self, what: str, *, unit: str, goal: float | None = None, durability: str = "") -> Figure:
        """How much longer ours takes, in ``ms`` or ``us``."""
        ns = {"ms": 1_000_000, "us": 1_000}[unit]
        return self._figure(
            what, lambda ours, theirs: (ours - theirs) / ns, unit=unit, goal=goal, durability=durability
        )

    def _figure(self, what: str, compare: Callable[[int, int], float], **rest: Any) -> Figure:
        compared = [[compare(*pair) for pair in one] for one in self.rounds]
        of_rounds = [median(one) for one in compared]
        ours, theirs = zip(*(pair for one in self.rounds for pair in one), strict=True)
        return Figure(
            what=what,
            ours_ms=median(ours) / NS_PER_MS,
            theirs_ms=median(theirs) / NS_PER_MS,
            value=median(value for one in compared for value in one),
            low=min(of_rounds),
            high=max(of_rounds),
            **rest,
        )


def in_turn(
    ours: Operation, theirs: Operation, *, pairs: int, clock: Callable[[], int] = time.perf_counter_ns
) -> Pairs:
    """Runs ours, theirs, ours, theirs ... in five rounds.

    Args:
        ours: one operation of the library.
        theirs: the same, done the other way.
        pairs: how many of each, in all.
        clock: in nanoseconds; ``time.process_time_ns`` leaves out what is waited for.
    """
    for _ in range(WARM_UPS):
        ours()
        theirs()
    per_round = max(1, pairs // ROUNDS)
    return Pairs([[(timed(ours, clock), timed(theirs, clock)) for _ in range(per_round)] for _ in range(ROUNDS)])


def timed(operation: Operation, clock: Callable[[], int] = time.perf_counter_ns) -> int:
    """How long one operation takes, in nanoseconds."""
    started = clock()
    operation()
    return clock() - started
