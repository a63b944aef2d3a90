"""Runs calls from many processes and threads that start together, and tells each answer on a line of its own.

It reads one JSON document from its input: the ``store`` (the name of its class and its arguments), the file to which
``mail`` is told, the file of the payment processor's ``ledger``, how many seconds its clock is ``ahead``, and
``rounds``, each a list of processes, each a list of threads, each a list of calls, each the name of one of ``CALLS``
with its arguments.
Everybody waits for everybody before each round. An answer's line is written whole and at once, so that what was told
before a process was killed is known to have been answered.
"""

import json
import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from attrs import evolve

import patientportal
from patientportal import Answer, Message, Portal, PortalError, SandboxProcessor
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.testing import CheapHasher
from patientportal.testing import portal as portal_of
from tests.races.calls import accounts, appointments, medications, statements, work
from tests.races.calls.dying import DyingNotifier, DyingProcessor, DyingStore, Step
from tests.races.calls.told import Told

LONGEST_ROUND_S = 120.0  # whoever waits longer fails: somebody died
Call = tuple[str, dict[str, Any]]


class Barrier(Protocol):
    """Where the threads of all processes meet."""

    def wait(self) -> int:
        """Goes on when all have come."""

    def abort(self) -> None:
        """Lets everybody fail."""


class Mailbox:
    """A notifier that writes a line for each message, whole and at once."""

    def __init__(self, file: str) -> None:
        self._file = file

    def send(self, message: Message) -> Answer:
        line = {"process": os.getpid(), "id": message.id, "to": message.to_email, "link": message.link}
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.close(handle)
        return Answer.SENT


def die(portal: Portal, *, after: int, what: str, named: dict[str, Any]) -> Told:
    """Makes another call, and dies after so many steps of what the portal was given, if it takes so many."""
    living, step = portal._env, Step(after)
    assert living.notifier is not None
    assert living.payments is not None
    portal._env = evolve(
        living,
        store=DyingStore(living.store, step),
        notifier=DyingNotifier(living.notifier, step),
        payments=DyingProcessor(living.payments, step),
    )
    return CALLS[what](portal, **named)


CALLS: dict[str, Callable[..., Told]] = {
    call.__name__: call
    for calls in (accounts.CALLS, appointments.CALLS, medications.CALLS, statements.CALLS, work.CALLS, (die,))
    for call in calls
}


def answer(portal: Portal, call: str, arguments: dict[str, Any]) -> Told:
    """What one call was answered: ``ok``, an error's code, or the class of what nobody documented."""
    began = time.time()
    told: Told = {}
    try:
        told = CALLS[call](portal, **arguments)
        code = "ok"
    except PortalError as error:
        code, told = error.code, {"reason": getattr(error, "reason", None)}
    except Exception as error:  # noqa: BLE001 - the test looks at it
        code = f"{type(error).__name__}: {error}"
    return {"call": call, **arguments, "code": code, **told, "began": began, "ended": time.time()}


def thread(portal: Portal, rounds: list[list[Call]], together: Barrier) -> None:
    """Makes the calls of each round, one after another, once all the threads of all processes are there."""
    for number, calls in enumerate(rounds):
        together.wait()
        for call, arguments in calls:
            line = {"round": number, "process": os.getpid()} | answer(portal, call, arguments)
            os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def process(race: dict[str, Any], threads: list[list[list[Call]]], together: Barrier) -> int:
    """Opens a portal of its own and lets its threads run; if it can't, nobody waits for it."""
    name, arguments = race["store"]
    ahead = timedelta(seconds=race["ahead_s"])
    try:
        with portal_of(
            store=getattr(patientportal, name)(**arguments),
            notifier=Mailbox(race["mail"]),
            hasher=CheapHasher(),
            payments=SandboxProcessor(Path(race["ledger"])),
            clock=lambda: utc_now() + ahead,
            new_id=new_uuid7,
            new_secret=new_secret,
        ) as portal:
            running = [threading.Thread(target=thread, args=(portal, rounds, together)) for rounds in threads]
            for one in running:
                one.start()
            for one in running:
                one.join()
    except Exception:  # noqa: BLE001 - shown, and the test fails
        traceback.print_exc()
        together.abort()
        return 1
    return 0


def main() -> int:
    """Makes the processes and waits for them."""
    race = json.load(sys.stdin)
    getattr(patientportal, race["store"][0])  # imported once, not by every process
    processes = [[list(calls) for calls in zip(*threads, strict=True)] for threads in zip(*race["rounds"], strict=True)]
    together = multiprocessing.get_context("fork").Barrier(sum(map(len, processes)), timeout=LONGEST_ROUND_S)
    children = []
    for threads in processes:
        child = os.fork()
        if child == 0:
            os._exit(process(race, threads, together))
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main())
