"""Apps in processes of their own, and crowds of clients that ask again as soon as they are answered."""

import asyncio
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from attrs import frozen

from benchmarks.hand import durability
from benchmarks.measure import Figure, NotMeasuredError
from patientportal import open_portal

ROOT = Path(__file__).parent.parent
WARM_UP_S = 2.0
READY_WITHIN_S, ANSWER_WITHIN_S, STOP_S = 120, 60, 10
SERVED = frozenset({200, 303})
Crowd = tuple[int, str, int]  # the app's port, what is asked for, by how many
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Together = Callable[..., list["Answers"]]


@frozen(kw_only=True)
class Answers:
    """What some clients were answered.

    Attributes:
        served_ms: how long each answer took that gave what was asked for.
        seconds: for how long they asked.
    """

    served_ms: list[float]
    seconds: float

    @property
    def each_ms(self) -> float:
        """Of the time that they asked, how much there was for each that was served."""
        return 1000 * self.seconds / max(1, len(self.served_ms))

    @property
    def p99_ms(self) -> float:
        """What one in a hundred of those served took longer than; all of the time where none was."""
        ordered = sorted(self.served_ms) or [1000 * self.seconds]
        return ordered[len(ordered) * 99 // 100]


def request(method: str, path: str, header: str) -> str:
    """A request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n\r\n"


def read_back(file: Path) -> str:
    """How durable a file is for whoever opens it as the apps do: theirs are in processes of their own."""
    with open_portal(f"sqlite:///{file}", zone="America/New_York") as portal:
        return durability(portal._env.store)  # noqa: SLF001 - the bench's own


@contextmanager
def running(
    *command: str, given: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of ours, stopped at the end, whatever it does."""
    program = subprocess.Popen([sys.executable, *command], env={**os.environ, **given}, pass_fds=pass_fds)  # noqa: S603 - ours
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(STOP_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


@contextmanager
def served(file: Path, app_module: str = "benchmarks.storm_app", *, checkout: Path = ROOT) -> Iterator[int]:
    """An app over a checkout's library, once it answers, and its port; for this machine alone."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=100)
    port, number = listening.getsockname()[1], listening.fileno()
    with running("-m", app_module, str(file), str(number), given=paths(checkout / "src", ROOT), pass_fds=[number]):
        listening.close()  # from now on it is the app's alone, and its end is seen
        wait_for_an_answer(port)
        yield port


def wait_for_an_answer(port: int) -> None:
    """Until an app has answered something.

    Raises:
        NotMeasuredError: it has ended, or says nothing for long.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=READY_WITHIN_S) as connection:
            connection.sendall(request("GET", "/", "Connection: close").encode())
            if connection.recv(1):
                return
    except OSError:
        pass
    raise NotMeasuredError("the app doesn't answer")


def paths(*folders: Path) -> dict[str, str]:
    """Where a program finds what it imports."""
    return {"PYTHONPATH": os.pathsep.join(map(str, folders))}


@contextmanager
def crowds(number: int) -> Iterator[Together]:
    """Asks as several crowds at once, each in a process of its own.

    What it yields takes crowds and for how many ``seconds`` they ask, and gives what each was answered.

    Raises:
        NotMeasuredError: an app or a crowd ended early, or didn't answer.
    """
    with ProcessPoolExecutor(number, multiprocessing.get_context("spawn")) as pool:

        def together(*wanted: Crowd, seconds: float) -> list[Answers]:
            begins = time.time() + WARM_UP_S
            asking = [pool.submit(_asked, *one, begins, seconds) for one in wanted]
            return _results(asking, within_s=WARM_UP_S + seconds + 2 * ANSWER_WITHIN_S)

        _results([pool.submit(time.sleep, WARM_UP_S) for _ in range(number)], within_s=READY_WITHIN_S)
        yield together


def beside(
    together: Together, ours: Sequence[Crowd], theirs: Sequence[Crowd], *, rounds: int, seconds: float
) -> list[list[tuple[Answers, Answers]]]:
    """The same crowds at one app and at another in turn: for each crowd, what they were answered round by round."""
    pairs = [(together(*ours, seconds=seconds), together(*theirs, seconds=seconds)) for _ in range(rounds)]
    return [[(one[at], other[at]) for one, other in pairs] for at in range(len(ours))]


def compared(what: str, pairs: Sequence[tuple[Answers, Answers]], *, durability: str) -> Iterator[Figure]:
    """How many times as many are served, and how many times as long the slowest but one in a hundred takes."""
    rates = [theirs.each_ms / ours.each_ms for ours, theirs in pairs]
    slowest = [ours.p99_ms / theirs.p99_ms for ours, theirs in pairs]
    for name, ratios, ms in (
        ("throughput", rates, [(one.each_ms, other.each_ms) for one, other in pairs]),
        ("p99", slowest, [(one.p99_ms, other.p99_ms) for one, other in pairs]),
    ):
        ours_ms, theirs_ms = (median(side) for side in zip(*ms, strict=True))
        yield Figure(
            what=f"{what}, {name}",
            ours_ms=ours_ms,
            theirs_ms=theirs_ms,
            value=median(ratios),
            low=min(ratios),
            high=max(ratios),
            unit="x",
            durability=durability,
        )


def _results(asking: "Sequence[Future[Answers]] | Sequence[Future[None]]", *, within_s: float) -> list[Answers]:
    until = time.monotonic() + within_s
    try:
        return [one.result(max(0.0, until - time.monotonic())) for one in asking]  # type: ignore[misc]
    except BrokenProcessPool:
        raise NotMeasuredError("a crowd ended early") from None
    except TimeoutError:
        raise NotMeasuredError(f"a crowd didn't answer within {within_s:.0f} s") from None


def _asked(port: int, wanted: str, clients: int, begins: float, seconds: float) -> Answers:
    """What some clients are answered, each on a connection of its own.

    Args:
        port: the app's.
        wanted: the request that they send.
        clients: how many they are.
        begins: from when on it counts, a Unix time; they ask before as well.
        seconds: for how long it counts.
    """
    try:
        return asyncio.run(_in_time(port, wanted, clients, begins, seconds))
    except (OSError, EOFError) as error:
        raise NotMeasuredError(f"the app ended early: {type(error).__name__}") from None


async def _in_time(port: int, wanted: str, clients: int, begins: float, seconds: float) -> Answers:
    opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(clients)))
    begins = max(begins, time.time())  # a busy machine may have taken longer to get here
    answers: list[tuple[int, float]] = []
    asking = [asyncio.create_task(_one(one, wanted, begins, begins + seconds, answers)) for one in opened]
    done, waiting = await asyncio.wait(asking, timeout=begins + seconds + ANSWER_WITHIN_S - time.time())
    for one in waiting:
        one.cancel()
    for one in done:
        one.result()
    if not answers:
        raise NotMeasuredError(f"the app didn't answer within {ANSWER_WITHIN_S} s")
    return Answers(served_ms=[ms for status, ms in answers if status in SERVED], seconds=seconds)


async def _one(streams: Streams, wanted: str, begins: float, ends: float, answers: list[tuple[int, float]]) -> None:
    reader, writer = streams
    while (started := time.time()) < ends:
        writer.write(wanted.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        if started >= begins:
            answers.append((int(head.split(b" ", 2)[1]), 1000 * (time.time() - started)))
    writer.close()
