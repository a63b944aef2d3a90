"""Runs calls from many processes and threads that start together, and tells each answer on a line of its own.

It reads one JSON document from its input: the portal's ``url`` and ``processes``, each a list of threads, each a list
of calls, each the name of a method of ``Portal`` with its arguments. An answer's line is written whole and at once, so
that what was told before a process was killed is known to have been answered.
"""

import json
import os
import sys
import threading
import time
import traceback
from typing import Any

from patientportal import PatientAccess, Portal, PortalError, open_portal
from patientportal.testing import CheapHasher

Call = tuple[str, dict[str, Any]]


def answer(portal: Portal, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What one call was answered: ``ok``, an error's code, or the class of what nobody documented."""
    began = time.monotonic()
    token = None
    try:
        result = getattr(portal, method)(**arguments)
        token = result.token if isinstance(result, PatientAccess) else None
        code = "ok"
    except PortalError as error:
        code = error.code
    except Exception as error:  # noqa: BLE001 - the test looks at it
        code = f"{type(error).__name__}: {error}"
    return {"method": method, **arguments, "code": code, "token": token, "seconds": time.monotonic() - began}


def thread(portal: Portal, calls: list[Call], start: threading.Barrier) -> None:
    """Makes its calls, one after another, once all the threads of its process are there."""
    start.wait()
    for method, arguments in calls:
        os.write(sys.stdout.fileno(), json.dumps(answer(portal, method, arguments)).encode() + b"\n")


def process(url: str, threads: list[list[Call]], *, ready: int, go: int) -> None:
    """Opens a portal of its own, says that it is ready, and lets its threads run once everybody may."""
    with open_portal(url, zone="UTC", hasher=CheapHasher()) as portal:
        start = threading.Barrier(len(threads) + 1)
        running = [threading.Thread(target=thread, args=(portal, calls, start)) for calls in threads]
        for one in running:
            one.start()
        os.write(ready, b".")
        os.read(go, 1)
        start.wait()
        for one in running:
            one.join()


def ended(url: str, threads: list[list[Call]], *, ready: int, go: int) -> int:
    """How a process ended; one that can't even begin keeps nobody waiting."""
    try:
        process(url, threads, ready=ready, go=go)
    except Exception:  # noqa: BLE001 - shown, and the test fails
        traceback.print_exc()
        os.write(ready, b".")
        return 1
    return 0


def main() -> int:
    """Makes the processes, lets them go together, and waits for them."""
    race = json.load(sys.stdin)
    (ready, say_ready), (go, say_go) = os.pipe(), os.pipe()
    children = []
    for threads in race["processes"]:
        child = os.fork()
        if child == 0:
            os.close(say_go)
            os._exit(ended(race["url"], threads, ready=say_ready, go=go))
        children.append(child)
    os.close(say_ready)
    for _ in children:
        os.read(ready, 1)
    os.close(say_go)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main())
