"""A server whose link can be cut, other connections to it, and all that an error gives away."""

import logging
import pickle
import re
import select
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from patientportal import AdapterError, ConfigurationError, PostgresStore, TooBusyError

SESSION_NUMBER, NO_NUMBER = re.compile(rb"K\x00\x00\x00\x0c.{4}", re.DOTALL), b"K\x00\x00\x00\x0c" + bytes(4)
SHORT_WAIT = timedelta(milliseconds=200)
AN_ANSWER_S = 20.0
LOST = repr(AdapterError(adapter="postgres", reason="connection_lost"))
TOO_BUSY = repr(TooBusyError(queue="store"))
CLOSED = repr(ConfigurationError(setting="store", reason="is closed"))
Asked = Callable[..., list[Any]]
Opened = Callable[..., PostgresStore]


class Proxy:
    """Stands between a store and the server, keeps what the store says, and cuts the link when it is told to.

    Attributes:
        url: where it listens.
        bursts: what the store said without waiting for an answer; it waits once a burst.
        cut_before: words that the server never hears: the link ends instead.
        keep_answer_to: words that the server hears and answers, and the link ends instead of the answer.
        cut_after: words that the server hears, and the link ends at once.
        is_pooler: the store is told another session's number than the server's, as by a pooler.
    """

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = make_conninfo(url, host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable")
        self.bursts: list[bytes] = []
        self.cut_before: bytes | None = None
        self.keep_answer_to: bytes | None = None
        self.cut_after: bytes | None = None
        self.is_pooler = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(AN_ANSWER_S)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._forward, args=(client,)))
                self._threads[-1].start()

    def _reach_server(self) -> socket.socket:
        host, port = str(self._server.get("host", "localhost")), int(self._server.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _forward(self, client: socket.socket) -> None:
        with client, self._reach_server() as server, suppress(OSError):
            speaker, heard_all = server, False
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if one is client:
                        if not data or (self.cut_before and self.cut_before in data):
                            return
                        heard_all = heard_all or bool(self.keep_answer_to and self.keep_answer_to in data)
                        goes_on = speaker is client and self.bursts  # a test may have emptied the list meanwhile
                        self.bursts = [*self.bursts[:-1], self.bursts[-1] + data] if goes_on else [*self.bursts, data]
                        server.sendall(data)
                        if self.cut_after and self.cut_after in data:
                            return
                    elif not data or (heard_all and self.keep_answer_to and self.keep_answer_to in data):
                        return
                    elif not heard_all:
                        client.sendall(SESSION_NUMBER.sub(NO_NUMBER, data) if self.is_pooler else data)
                    speaker = one


@contextmanager
def raw_connection(url: str, schema: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else's."""
    with psycopg.connect(url, options=f"-c search_path={schema} -c client_min_messages=warning") as raw:
        yield raw


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + AN_ANSWER_S
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.001)


def python(script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours


def chained(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from chained(error.__cause__)
        yield from chained(error.__context__)


def hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "psycopg", "psycopg.pool", "patientportal"):  # psycopg makes its own loggers quiet
        caplog.set_level(logging.DEBUG, name)


def told(error: BaseException, records: list[logging.LogRecord]) -> str:
    """All that can be read off an error and off the log."""
    words = ["".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    for one in chained(error):
        words += [str(one), repr(one), repr(one.args), repr(getattr(one, "__notes__", [])), repr(vars(one))]
    for record in records:
        words += [record.getMessage(), repr(vars(record))]
    return "\n".join(words)
