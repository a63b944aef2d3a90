"""Processes of ours that serve, for as long as a test looks at them."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

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
        command,
        env=os.environ | environ,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        ends = time.monotonic() + SECONDS_MAX
        while process.poll() is None and time.monotonic() < ends:
            with suppress(URLError):
                fetched(at)
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
