"""Processes that all do ours in one slice of time and theirs in the next; what befalls one of them ends the whole."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from benchmarks.measure import NotMeasuredError, timed

SLICE_S, LONGEST_SLICE_S = 0.25, 5.0
OPERATIONS_A_SLICE = 4  # at least, by one of them; where they take long, a slice takes longer
NS_PER_S = 1_000_000_000
READY_WITHIN_S, DONE_WITHIN_S, GOODBYE_S = 120, 60, 10
Begin = Callable[..., AbstractContextManager[Any]]
Sides = tuple[Callable[[Any], object], Callable[[Any], object]]  # ours and theirs


def pairs_of_slices(
    begin: Begin, everybody: Sequence[tuple[Any, ...]], sides: Sides, *, slices: int
) -> tuple[float, list[tuple[int, int]]]:
    """How often all of them together did ours and theirs, in each two slices that follow each other, but the first.

    Args:
        begin: with the arguments of one of them, makes what the sides take; in a process of its own.
        everybody: the arguments of each of them.
        sides: what they do.
        slices: how many; an even number.

    Returns:
        How long a slice was, in seconds: a quarter of one, or more where a single operation takes long; and the pairs.

    Raises:
        NotMeasuredError: one of them ended early, failed, didn't answer in time, or all were too slow.
    """
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in everybody]
    workers = [
        spawn.Process(target=_work, args=(far, begin, one, sides, slices), daemon=True)
        for (_, far), one in zip(pipes, everybody, strict=True)
    ]
    with _all_of(workers, pipes) as heard:
        slowest_s = max(_answers(heard, within_s=READY_WITHIN_S))
        slice_s = min(max(SLICE_S, OPERATIONS_A_SLICE * slowest_s), LONGEST_SLICE_S)
        start = time.time() + SLICE_S
        for one in heard:
            one.send((start, slice_s))
        counts = _answers(heard, within_s=slices * slice_s + DONE_WITHIN_S)
    by_slice = [sum(column) for column in zip(*counts, strict=True)]
    if not all(by_slice):
        raise NotMeasuredError(f"in a slice of {slice_s:.2g} s nobody did anything")
    return slice_s, list(zip(by_slice[0::2], by_slice[1::2], strict=True))[1:]


@contextmanager
def _all_of(workers: Sequence[BaseProcess], pipes: Sequence[tuple[Any, Any]]) -> Iterator[list[Any]]:
    """Begun, and ended afterwards whatever they do; an end of a pipe that only its process has tells of its death."""
    try:
        for worker, (_, far) in zip(workers, pipes, strict=True):
            worker.start()
            far.close()
        yield [near for near, _ in pipes]
    except OSError as error:
        raise NotMeasuredError(f"a client could not be reached: {type(error).__name__}") from None
    finally:
        for near, _ in pipes:
            near.close()
        until = time.monotonic() + GOODBYE_S
        for worker in workers:
            if worker.pid is not None:
                worker.join(max(0.0, until - time.monotonic()))
                worker.kill()
                worker.join()


def _answers(heard: Sequence[Any], *, within_s: float) -> list[Any]:
    until = time.monotonic() + within_s
    answers = []
    for one in heard:
        if not one.poll(max(0.0, until - time.monotonic())):
            raise NotMeasuredError(f"a client didn't answer within {within_s:.0f} s")
        try:
            answers.append(one.recv())
        except EOFError:
            raise NotMeasuredError("a client ended early") from None
        if isinstance(answers[-1], NotMeasuredError):
            raise answers[-1]
    return answers


def _work(parent: Connection, begin: Begin, given: tuple[Any, ...], sides: Sides, slices: int) -> None:
    with suppress(EOFError, BrokenPipeError):  # another one has ended it
        try:
            with begin(*given) as one:
                for side in sides:
                    side(one)
                parent.send(max(timed(partial(side, one)) for side in sides) / NS_PER_S)
                start, slice_s = parent.recv()
                parent.send(_counted(one, sides, start=start, slice_s=slice_s, slices=slices))
        except NotMeasuredError as error:
            parent.send(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the whole ends with it
            parent.send(NotMeasuredError(f"a client met {type(error).__name__}"))


def _counted(one: object, sides: Sides, *, start: float, slice_s: float, slices: int) -> list[int]:
    counts = [0] * slices
    time.sleep(max(0.0, start - time.time()))
    while (at := int((time.time() - start) / slice_s)) < slices:
        sides[at % 2](one)
        counts[max(0, at)] += 1
    return counts
