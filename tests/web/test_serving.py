"""``python -m patientportal serve``, and ``python3 dev.py portal``, as processes that somebody starts and ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from patientportal.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
MAKE = """
from patientportal import ConsoleNotifier, Role, StaffMember, open_portal
from patientportal.testing import desk, person

def clinic():
    portal = open_portal({url!r}, zone="Etc/UTC", link_base_url="http://localhost/portal", notifier=ConsoleNotifier())
    desk(portal).patients.register(person())
    return portal

def nobody(request):
    return None
"""
SECONDS_MAX = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def fetched(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=SECONDS_MAX) as answer:  # noqa: S310 - of this machine
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def running(*command: str, at: str, environ: dict[str, str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that answers."""
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, *command],
        env=os.environ | environ,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        ends = time.monotonic() + SECONDS_MAX
        while process.poll() is None and time.monotonic() < ends:
            try:
                fetched(at)
                break
            except URLError:
                continue
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_it_serves_below_the_path_of_its_links_works_and_ends_at_a_signal(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(MAKE.format(url=f"sqlite:///{tmp_path / 'clinic.db'}"), encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}/portal"
    serve = ("-m", "patientportal", "serve", "theirs:clinic", "--staff", "theirs:nobody", "--work", "--port", str(port))
    environ = {"PATIENTPORTAL_PRACTICE": "Lake Clinic", "PYTHONPATH": str(tmp_path)}
    with running(*serve, at=f"{url}/healthz", environ=environ, cwd=tmp_path) as process:
        assert fetched(f"{url}/healthz") == (200, "ok\n")
        status, page = fetched(f"{url}/log-in")
        assert (status, "Lake Clinic" in page, f'action="{"/portal/language"}"' in page) == (200, True, True)
        assert fetched(f"{url}/log-in?secret-of-somebody")[0] == 200
        assert fetched(f"http://127.0.0.1:{port}/log-in")[0] == 404
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, said
    assert "GET /log-in 200" in said
    assert "secret-of-somebody" not in said
    assert "[mail]" in said


@pytest.mark.parametrize(
    ("environ", "missing"),
    [({}, "PATIENTPORTAL_PRACTICE"), ({"PATIENTPORTAL_PRACTICE": "Lake Clinic"}, "staff")],
)
def test_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    missing: str,
) -> None:
    given = {"PATIENTPORTAL_ZONE": "Etc/UTC", "PATIENTPORTAL_LINK_BASE_URL": "https://portal.example"} | environ
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    staff = ("--staff", "nowhere:nobody") if environ else ()
    assert main(["serve", f"sqlite:///{tmp_path / 'clinic.db'}", *staff]) == 1
    assert missing in capsys.readouterr().err


def test_the_whole_portal_is_opened_with_one_command_and_says_who_can_log_in(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://localhost:{port}"
    with running(
        str(ROOT / "examples" / "portal.py"), "--port", str(port), at=f"{url}/healthz", environ={}, cwd=tmp_path
    ) as process:
        assert fetched(f"{url}/log-in")[0] == 200
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, said
    assert re.search(rf"Patients +{url}\n +ada, .* log in with: ", said)
    assert f"{url}/activate#" in said
    assert list(tmp_path.iterdir()) == []
