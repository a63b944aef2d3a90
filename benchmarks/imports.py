"""Importing: each in a fresh interpreter, which an empty one is compared with."""

import subprocess
import sys
from collections.abc import Callable, Iterator

from benchmarks.measure import Figure, in_turn

STATEMENTS = (
    "import attrs",
    "import patientportal",
    "from patientportal import open_portal",
    "from patientportal.words import say",
)


def figures(effort: float) -> Iterator[Figure]:
    """How much longer a program takes to start."""
    for statement in STATEMENTS:
        yield in_turn(started(statement), started("pass"), pairs=int(50 * effort)).difference(statement, unit="ms")


def started(statement: str) -> Callable[[], object]:
    """An interpreter that runs one statement and ends."""
    return lambda: subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603 - our own statements
