"""PostgreSQL a millisecond away: what the library's trips save over one statement at a time, by hand; fsync is off."""

import multiprocessing
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from attrs import evolve
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks import appointments, statements
from benchmarks.crowd import Sides
from benchmarks.measure import Figure, NotMeasuredError, in_turn, timed
from benchmarks.postgres import OPERATIONS, client, counted, people, server

ONE_WAY_S = 0.0005
GOAL = 0.5
PAIRS = 150
BEGUN_WITHIN_S = 60
SIDES: dict[str, Sides] = OPERATIONS | {
    "book and cancel": appointments.SIDES,
    "pay": (statements.pay_on_postgres, statements.pay_by_hand_on_postgres),
}


def figures(effort: float) -> Iterator[Figure]:
    """How many times as long the library takes as the same statements, each of them waited for."""
    with server(durable=False) as near, away(near) as url:
        everybody = people(near, 1)
        appointments.publish_for(near, 1)
        with client(url, everybody[0]) as one:
            one.hand = evolve(one.hand, block=nullcontext)
            trip_ms = min(timed(partial(one.hand.run, "SELECT 1")) for _ in range(20)) / 1_000_000
            for name, (ours, theirs) in SIDES.items():
                ours(one)  # the first time, it looks up what it needs every time
                sent, waits = counted(partial(ours, one))
                pairs = in_turn(partial(ours, one), partial(theirs, one), pairs=max(5, int(PAIRS * effort)))
                what = f"{name} ({sent} in {waits} trips), {trip_ms:.1f} ms away / one by one"
                yield pairs.ratio(what, goal=GOAL, durability=one.durability)


@contextmanager
def away(url: str) -> Iterator[str]:
    """The address of a server, as far away as half a millisecond makes it, each way."""
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    proxy = context.Process(target=_stand_between, args=(url, found), daemon=True)
    proxy.start()
    try:
        try:
            port = found.get(timeout=BEGUN_WITHIN_S)
        except queue.Empty:
            raise NotMeasuredError("what stands between didn't begin") from None
        yield make_conninfo(url, host="127.0.0.1", port=port, sslmode="disable", connect_timeout=BEGUN_WITHIN_S)
    finally:
        proxy.kill()
        proxy.join()


def _stand_between(url: str, found: Any) -> None:  # noqa: ANN401 - a queue
    address = conninfo_to_dict(url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found.put(listener.getsockname()[1])
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{address['host']}/.s.PGSQL.{address.get('port') or 5432}")
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for one, other in ((near, far), (far, near)):
                under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                threading.Thread(target=_depart, args=(one, under_way), daemon=True).start()
                threading.Thread(target=_arrive, args=(other, under_way), daemon=True).start()


def _depart(of: socket.socket, under_way: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
    data = b"all"
    while data:
        try:
            data = of.recv(65536)
        except OSError:
            data = b""
        under_way.put((time.monotonic() + ONE_WAY_S, data))


def _arrive(at: socket.socket, under_way: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
    with suppress(OSError):
        while True:
            due, data = under_way.get()
            if not data:
                break
            if (left_s := due - time.monotonic()) > 0:
                time.sleep(left_s)
            at.sendall(data)
    with suppress(OSError):
        at.shutdown(socket.SHUT_RDWR)
