"""An example app as a hospital runs it: two server processes, a worker process, and a mail server that keeps mail."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.client import HTTPConnection
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.embedding.site import Send, Sent

ROOT = Path(__file__).parents[2]
LONGEST_WAIT_S = 60
GUNICORN = (*("-m", "gunicorn", "--workers", "2", "--threads", "4", "--worker-class", "gthread"), "--bind")
SERVERS = {
    "flask": (*GUNICORN, "127.0.0.1:{port}", "clinic_flask.app:app"),
    "django": (*GUNICORN, "127.0.0.1:{port}", "django.core.wsgi:get_wsgi_application()"),
    "fastapi": (*("-m", "uvicorn", "--workers", "2", "--no-access-log", "--port"), "{port}", "clinic_fastapi.app:app"),
}


class Inbox:
    """Keeps the links that a mail server is given, and wakes whoever waits for one."""

    def __init__(self) -> None:
        self._links: list[str] = []
        self._more = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        assert isinstance(envelope.content, bytes)
        with self._more:
            self._links += re.findall(r"https://portal[.]example/\S+", text_of(envelope.content))
            self._more.notify_all()
        return "250 OK"

    def link(self, page: str) -> str:
        """The one that leads to a page, once it has come."""
        with self._more:
            assert self._more.wait_for(lambda: any(page in link for link in self._links), LONGEST_WAIT_S)
            return next(link for link in self._links if page in link)


def text_of(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


@contextmanager
def mail_server() -> Iterator[tuple[Inbox, dict[str, str]]]:
    """What was mailed, and the settings for a worker that mails there."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "none"}
    named = {f"PATIENTPORTAL_SMTP_{name}": value for name, value in settings.items()}
    yield inbox, named | {"PATIENTPORTAL_SENDER": "no-reply@clinic.example", "PATIENTPORTAL_PRACTICE": "Lake Clinic"}
    controller.stop()


@contextmanager
def running(*arguments: str, environ: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Python in a process of its own, which is asked to end and does."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples")])
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, *arguments],
            env={**os.environ, **environ, "PYTHONPATH": paths, "HOME": str(log.parent)},  # gunicorn's socket of control
            cwd=ROOT / "examples",
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        code = process.wait(LONGEST_WAIT_S)
    assert code in {0, -15}, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()


@contextmanager
def served(app: str, environ: Mapping[str, str], folder: Path) -> Iterator[Send]:
    """An example on two server processes, once both are there."""
    port, log = free_port(), folder / "server.log"
    with running(*[part.format(port=port) for part in SERVERS[app]], environ=environ, log=log) as process:
        wait_for_two(process, port, log)
        yield of_server(port)


@contextmanager
def working(app: str, environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """An example's worker."""
    worker = ("-m", "patientportal", "work", f"clinic_{app}.portal:make", "--forever")
    with running(*worker, environ=environ, log=folder / "worker.log"):
        yield


def wait_for_two(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until it answers and has two processes beside its own, or has ended, or a minute has passed."""
    ends = time.monotonic() + LONGEST_WAIT_S
    said = re.compile(rb"Booting worker with pid|Application startup complete")
    while len(said.findall(log.read_bytes())) < 2 or not answers(port):
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def of_server(port: int) -> Send:
    """Sends over a connection of its own."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Sent:
        connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT_S)
        try:
            connection.request(method, path, body, dict(headers))
            got = connection.getresponse()
            return got.status, got.getheaders(), got.read()
        finally:
            connection.close()

    return send


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
