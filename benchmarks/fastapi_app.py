"""The example in FastAPI on one process and on two: a session resumed and visits listed, by clients who never wait."""

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import over_http
from benchmarks.measure import Figure, NotMeasuredError
from benchmarks.over_http import ROOT, Answers, compared, crowds, paths, read_back, request, running, wait_for_an_answer
from benchmarks.storm import prepared

CLIENTS, VISITS = 50, 5
SECONDS = 12
ROUNDS, A_ROUND_S = 5, 4
P99_MS_AT_MOST = 1_000
START_S = 60


def figures(effort: float) -> Iterator[Figure]:
    """What 50 clients are served, and one; nothing where FastAPI or uvicorn isn't installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        return
    seconds = max(3.0, SECONDS * effort)
    with TemporaryDirectory(prefix="patientportal-bench-") as name:
        folder = Path(name)
        list_visits, on = listing(folder), read_back(folder / "clinic.db")
        with crowds(1) as together:
            for processes in (1, 2):
                with served(folder, processes) as port:
                    (one,) = together((port, list_visits, 1), seconds=seconds)
                    (many,) = together((port, list_visits, CLIENTS), seconds=seconds)
                what = f"{VISITS} visits, {CLIENTS} clients / 1, {processes} served"
                yield from told(many, one, what, durability=on)


def beside(effort: float, checkout: Path) -> Iterator[Figure]:
    """What 50 clients are served by one process, over what they are where another checkout's library serves them."""
    with TemporaryDirectory(prefix="patientportal-bench-") as name:
        folders = Path(name, "ours"), Path(name, "theirs")
        folders[0].mkdir()
        list_visits, on = listing(folders[0]), read_back(folders[0] / "clinic.db")
        shutil.copytree(*folders)
        with served(folders[0], 1) as ours, served(folders[1], 1, checkout=checkout) as theirs, crowds(1) as together:
            (lists,) = over_http.beside(
                together,
                *([(port, list_visits, CLIENTS)] for port in (ours, theirs)),
                rounds=max(2, int(ROUNDS * effort)),
                seconds=A_ROUND_S,
            )
    yield from compared(f"{VISITS} visits, {CLIENTS} clients, here / there", lists, durability=on)


def listing(folder: Path) -> str:
    """A clinic in a folder, and a request of a patient who is in."""
    token, _ = prepared(folder / "clinic.db", VISITS)
    return request("GET", "/api/visits", f"Cookie: __Host-portal={token}")


def told(many: Answers, one: Answers, what: str, *, durability: str) -> Iterator[Figure]:
    """How many are served a second, of which more is better, and how long the slowest but one in a hundred takes."""
    for name, ours_ms, theirs_ms, value, unit, goal in (
        ("each", many.each_ms, one.each_ms, 1000 / many.each_ms, "/s", None),
        ("p99", many.p99_ms, one.p99_ms, many.p99_ms, "ms", P99_MS_AT_MOST),
    ):
        yield Figure(
            what=f"{what}, {name}",
            ours_ms=ours_ms,
            theirs_ms=theirs_ms,
            value=value,
            low=value,
            high=value,
            unit=unit,
            goal=goal,
            durability=durability,
        )


@contextmanager
def served(folder: Path, processes: int, *, checkout: Path = ROOT) -> Iterator[int]:
    """The example over a checkout's library, once it listens, and its port; for this machine alone."""
    (folder / "own.json").write_text(f'{{"SECRET_KEY": "{secrets.token_urlsafe()}", "STAFF": {{}}}}')
    settings = {
        "PATIENTPORTAL_URL": f"sqlite:///{folder}/clinic.db",
        "PATIENTPORTAL_ZONE": "America/New_York",
        "PATIENTPORTAL_LINK_BASE_URL": "http://127.0.0.1",
        "CLINIC_LEDGER": f"{folder}/ledger.db",
        "CLINIC_SETTINGS": f"{folder}/own.json",
        **paths(checkout / "src", ROOT / "examples"),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = ["-m", "uvicorn", "clinic_fastapi.app:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(processes), "--log-level", "error"]
    with running(*command, given=settings) as app:
        wait_for(app, port)
        wait_for_an_answer(port)
        yield port


def wait_for(app: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it listens.

    Raises:
        NotMeasuredError: it has ended, or doesn't listen for a minute.
    """
    ends = time.monotonic() + START_S
    while app.poll() is None and time.monotonic() < ends:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
    raise NotMeasuredError("the app doesn't listen")
