"""The reference portal's pages: 32 patients at home, alone, beside 64 who log in, and beside a desk at work."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.measure import Figure
from benchmarks.over_http import Answers, crowds, read_back, request, served
from patientportal import ConsoleNotifier, SandboxProcessor, open_portal
from patientportal.testing import PASSWORD, clinic

PATIENTS, LOGGING_IN, AT_THE_DESK = 32, 64, 8
SECONDS = 12
P99_MS_AT_MOST = 1_000
BASE = "http://localhost:8000"  # link_base_url, where none is given


def figures(effort: float) -> Iterator[Figure]:
    """Pages a second, and how long the slowest but one in a hundred takes; nothing where the extra isn't installed."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        return
    seconds = max(3.0, SECONDS * effort)
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        file = Path(folder, "clinic.db")
        home, log_in, day = prepared(file)
        on = read_back(file)
        with served(file, "benchmarks.pages_app") as port, crowds(2) as together:
            at_home = (port, home, PATIENTS)
            (calm,) = together(at_home, seconds=seconds)
            beside, log_ins = together(at_home, (port, log_in, LOGGING_IN), seconds=seconds)
            mixed, desk = together(at_home, (port, day, AT_THE_DESK), seconds=seconds)
    yield from told(f"home, {PATIENTS} patients", calm, calm, durability=on)
    yield from told(f"home, beside {LOGGING_IN} who log in", beside, calm, durability=on)
    yield from told(f"log-in, {LOGGING_IN} of them", log_ins, calm, durability=on)
    yield from told(f"home, beside {AT_THE_DESK} at the desk", mixed, calm, durability=on)
    yield from told(f"a day at the desk, {AT_THE_DESK} of them", desk, calm, durability=on)


def told(what: str, found: Answers, calm: Answers, *, durability: str) -> Iterator[Figure]:
    """How many were served a second, and the slowest but one in a hundred."""
    shown = (("each", 1000 / found.each_ms, "/s", None), ("p99", found.p99_ms, "ms", P99_MS_AT_MOST))
    for (name, value, unit, goal), ours, theirs in zip(
        shown, (found.each_ms, found.p99_ms), (calm.each_ms, calm.p99_ms), strict=True
    ):
        yield Figure(
            what=f"{what}, {name}",
            ours_ms=ours,
            theirs_ms=theirs,
            value=value,
            low=value,
            high=value,
            unit=unit,
            goal=None if "log-in" in what else goal,
            durability=durability,
        )


def prepared(file: Path) -> tuple[str, str, str]:
    """A small practice: the requests for a patient's home, for a log-in, and for a day at the desk."""
    with open_portal(
        f"sqlite:///{file}", zone="America/New_York", notifier=ConsoleNotifier(), payments=SandboxProcessor()
    ) as portal:
        filled = clinic(portal)
        token = portal.log_in(filled.ada.username, PASSWORD).token
    form = urlencode({"username": filled.ben.username, "password": PASSWORD})
    headers = f"Origin: {BASE}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}"
    home = request("GET", "/", f"Cookie: __Host-portal={token}")
    return home, request("POST", "/log-in", headers) + form, request("GET", "/desk", "Accept: */*")
