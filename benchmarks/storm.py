"""A storm of log-ins: 45 clients who never wait log in to a FastAPI app while five patients list their visits."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from benchmarks import over_http
from benchmarks.measure import Figure
from benchmarks.over_http import compared, crowds, read_back, request, served
from patientportal import Place, RecordingNotifier, StaffId, open_portal
from patientportal.testing import PASSWORD, activated, desk

LISTING, LOGGING_IN, VISITS = 5, 45, 50
SECONDS = 12
ROUNDS, A_ROUND_S = 5, 8
SLOWER_AT_MOST, P99_MS_AT_MOST = 4, 1_000


def figures(effort: float) -> Iterator[Figure]:
    """How much slower the lists become; nothing where FastAPI or uvicorn isn't installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        return
    seconds = max(3.0, SECONDS * effort)
    with TemporaryDirectory(prefix="patientportal-bench-") as folder:
        file = Path(folder, "clinic.db")
        token, log_in = prepared(file)
        list_visits, on = request("GET", "/visits", f"Session: {token}"), read_back(file)
        with served(file) as port, crowds(2) as together:
            (calm,) = together((port, list_visits, LISTING), seconds=seconds)
            (alone,) = together((port, log_in, 1), seconds=seconds)
            lists, log_ins = together((port, list_visits, LISTING), (port, log_in, LOGGING_IN), seconds=seconds)
            refused = log_in.replace("\r\n\r\n", "\r\nAt-Once: yes\r\n\r\n")
            at_once, _ = together((port, list_visits, LISTING), (port, refused, LOGGING_IN), seconds=seconds)
    what = f"list of visits, {LOGGING_IN} logging in / none"
    for name, ours_ms, theirs_ms, unit, goal in (
        (f"{what}, time for each", lists.each_ms, calm.each_ms, "x", SLOWER_AT_MOST),
        (f"{what}, p99", lists.p99_ms, calm.p99_ms, "x", None),
        ("list of visits in the storm, p99", lists.p99_ms, calm.p99_ms, "ms", P99_MS_AT_MOST),
        (f"{what}, 503 at once", at_once.each_ms, calm.each_ms, "x", None),
        ("list of visits in the storm, 503 at once, p99", at_once.p99_ms, calm.p99_ms, "ms", P99_MS_AT_MOST),
        (f"log-in, {LOGGING_IN} logging in / one, time for each", log_ins.each_ms, alone.each_ms, "x", None),
    ):
        value = ours_ms / theirs_ms if unit == "x" else ours_ms
        yield Figure(
            what=name,
            ours_ms=ours_ms,
            theirs_ms=theirs_ms,
            value=value,
            low=value,
            high=value,
            unit=unit,
            goal=goal,
            durability=on,
        )


def beside(effort: float, checkout: Path) -> Iterator[Figure]:
    """The lists and the log-ins of the storm, over those where another checkout's library serves the same app."""
    with TemporaryDirectory(prefix="patientportal-bench-") as name:
        folders = Path(name, "ours"), Path(name, "theirs")
        folders[0].mkdir()
        files = [folder / "clinic.db" for folder in folders]
        token, log_in = prepared(files[0])
        shutil.copytree(*folders)
        list_visits, on = request("GET", "/visits", f"Session: {token}"), read_back(files[0])
        with served(files[0]) as ours, served(files[1], checkout=checkout) as theirs, crowds(2) as together:
            lists, log_ins = over_http.beside(
                together,
                *([(port, list_visits, LISTING), (port, log_in, LOGGING_IN)] for port in (ours, theirs)),
                rounds=max(2, int(ROUNDS * effort)),
                seconds=A_ROUND_S,
            )
    yield from compared(f"list of visits, {LOGGING_IN} logging in, here / there", lists, durability=on)
    yield from compared(f"log-in, {LOGGING_IN} of them, here / there", log_ins, durability=on)


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
