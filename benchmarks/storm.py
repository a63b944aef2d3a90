"""A storm of log-ins: 45 clients who never wait log in to a FastAPI app while five patients list their visits."""

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from importlib.util import find_spec
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.parse import quote

from attrs import frozen

from benchmarks.measure import Figure
from patientportal import Place, RecordingNotifier, StaffId, open_portal
from patientportal.testing import PASSWORD, activated, desk

LISTING, LOGGING_IN, VISITS = 5, 45, 50
SECONDS = 12
WARM_UP_S = 4.0
STOP_S = 10
SLOWER_AT_MOST, P99_MS_AT_MOST = 4, 1_000
SERVED = frozenset({200, 303})


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
        """The slowest but one in a hundred of those served."""
        return quantiles(self.served_ms or [1000 * self.seconds] * 2, n=100)[-1]


def figures(effort: float) -> Iterator[Figure]:
    """How much slower the lists become; nothing where FastAPI or uvicorn isn't installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        return
    seconds = max(3.0, SECONDS * effort)
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        file = Path(folder, "clinic.db")
        token, log_in = prepared(file)
        list_visits = request("GET", "/visits", f"Session: {token}")
        with served(file) as port, ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as clients:

            def storm(of_log_ins: str) -> list[Answers]:
                begins = soon()
                crowds = ((list_visits, LISTING), (of_log_ins, LOGGING_IN))
                asking = [clients.submit(asked, port, *crowd, begins, seconds) for crowd in crowds]
                return [one.result() for one in asking]

            calm = clients.submit(asked, port, list_visits, LISTING, soon(), seconds).result()
            alone = clients.submit(asked, port, log_in, 1, soon(), seconds).result()
            lists, log_ins = storm(log_in)
            at_once, _ = storm(log_in.replace("\r\n\r\n", "\r\nAt-Once: yes\r\n\r\n"))
    what = f"list of visits, {LOGGING_IN} logging in / none"
    yield _figure(f"{what}, time for each", lists.each_ms, calm.each_ms, unit="x", goal=SLOWER_AT_MOST)
    yield _figure(f"{what}, p99", lists.p99_ms, calm.p99_ms, unit="x")
    yield _figure("list of visits in the storm, p99", lists.p99_ms, calm.p99_ms, unit="ms", goal=P99_MS_AT_MOST)
    yield _figure(f"{what}, 503 at once", at_once.each_ms, calm.each_ms, unit="x")
    yield _figure("the same, p99", at_once.p99_ms, calm.p99_ms, unit="ms", goal=P99_MS_AT_MOST)
    yield _figure(f"log-in, {LOGGING_IN} logging in / one, time for each", log_ins.each_ms, alone.each_ms, unit="x")


def _figure(what: str, ours_ms: float, theirs_ms: float, *, unit: str, goal: float | None = None) -> Figure:
    value = ours_ms / theirs_ms if unit == "x" else ours_ms
    return Figure(
        what=what, ours_ms=ours_ms, theirs_ms=theirs_ms, value=value, low=value, high=value, unit=unit, goal=goal
    )


def request(method: str, path: str, header: str) -> str:
    """A request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n\r\n"


def prepared(file: Path, visits: int = VISITS) -> tuple[str, str]:
    """A patient with visits: the token of a session, and the request that logs in."""
    mailbox = RecordingNotifier()
    with open_portal(f"sqlite:///{file}", zone="America/New_York", notifier=mailbox) as portal:
        member = activated(portal, mailbox)
        today = datetime.now(UTC).date()
        desk(portal).schedule.publish(
            Place(id="north", name="North Building", zone="America/New_York"),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
            opens=wall_time(9),
            closes=wall_time(18),
            visit_length=timedelta(minutes=30),
            first_day=today + timedelta(days=1),
            last_day=today + timedelta(days=3),
            provider_id=StaffId("dr-king"),
        )
        me = portal.log_in(member.username, PASSWORD)
        for slot in me.appointments.open_slots(limit=visits).items:
            me.appointments.book(slot.slot_id)
    return me.token, request("POST", f"/log-in/{member.username}/{quote(PASSWORD)}", "Content-Length: 0")


@contextmanager
def served(file: Path, app_module: str = "benchmarks.storm_app") -> Iterator[int]:
    """An app in a process of its own, and its port; for this machine alone."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        command = [sys.executable, "-m", app_module, str(file), str(listening.fileno())]
        app = subprocess.Popen(command, pass_fds=[listening.fileno()])  # noqa: S603 - our own module
        try:
            yield listening.getsockname()[1]
        finally:
            app.terminate()
            app.wait(STOP_S)


def soon() -> float:
    """When to begin to count: everybody is at it by then."""
    return time.time() + WARM_UP_S


def asked(port: int, wanted: str, clients: int, begins: float, seconds: float) -> Answers:
    """What some clients are answered who ask again as soon as they are answered.

    Args:
        port: the app's.
        wanted: the request that they send.
        clients: how many they are, each on a connection of its own.
        begins: from when on it counts, a Unix time; they ask before as well.
        seconds: for how long it counts.
    """
    return asyncio.run(_asked(port, wanted, clients, begins, seconds))


async def _asked(port: int, wanted: str, clients: int, begins: float, seconds: float) -> Answers:
    found = await asyncio.gather(*(_one(port, wanted, begins, begins + seconds) for _ in range(clients)))
    answers = [answer for of_one in found for answer in of_one]
    return Answers(
        served_ms=[ms for status, ms in answers if status in SERVED],
        seconds=seconds,
    )


async def _one(port: int, wanted: str, begins: float, ends: float) -> list[tuple[int, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    while (started := time.time()) < ends:
        writer.write(wanted.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        if started >= begins:
            answers.append((int(head.split(b" ", 2)[1]), 1000 * (time.time() - started)))
    writer.close()
    return answers
