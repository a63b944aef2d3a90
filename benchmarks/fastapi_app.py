"""The example in FastAPI on one process and on two: a session resumed and visits listed, by clients who never wait."""

import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Figure
from benchmarks.storm import Answers, asked, prepared, request, soon

CLIENTS, VISITS = 50, 5
SECONDS = 12
P99_MS_AT_MOST = 1_000
START_S, STOP_S = 60, 10
ROOT = Path(__file__).parent.parent


def figures(effort: float) -> Iterator[Figure]:
    """What 50 clients are served, and one; nothing where FastAPI or uvicorn isn't installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        return
    seconds = max(3.0, SECONDS * effort)
    with TemporaryDirectory(prefix="patientportal-bench-") as name:
        folder = Path(name)
        token, _ = prepared(folder / "clinic.db", VISITS)
        list_visits = request("GET", "/api/visits", f"Cookie: __Host-portal={token}")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as crowd:
            for processes in (1, 2):
                with served(folder, processes) as port:
                    one, many = (
                        crowd.submit(asked, port, list_visits, clients, soon(), seconds).result()
                        for clients in (1, CLIENTS)
                    )
                yield from told(many, one, f"{VISITS} visits, {CLIENTS} clients / 1, {processes} served")


def told(many: Answers, one: Answers, what: str) -> Iterator[Figure]:
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
        )


@contextmanager
def served(folder: Path, processes: int) -> Iterator[int]:
    """The example, once it listens, and its port; for this machine alone."""
    (folder / "own.json").write_text(f'{{"SECRET_KEY": "{secrets.token_urlsafe()}", "STAFF": {{}}}}')
    settings = {
        "PATIENTPORTAL_URL": f"sqlite:///{folder}/clinic.db",
        "PATIENTPORTAL_ZONE": "America/New_York",
        "PATIENTPORTAL_LINK_BASE_URL": "http://127.0.0.1",
        "CLINIC_LEDGER": f"{folder}/ledger.db",
        "CLINIC_SETTINGS": f"{folder}/own.json",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples")]),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "clinic_fastapi.app:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(processes), "--log-level", "error"]
    app = subprocess.Popen(command, env={**os.environ, **settings})  # noqa: S603 - our own app
    try:
        wait_for(app, port)
        yield port
    finally:
        app.terminate()
        app.wait(STOP_S)


def wait_for(app: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it listens; it may have ended."""
    ends = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert app.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.05)
