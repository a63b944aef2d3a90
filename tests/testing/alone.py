"""Tests that take the same paths each time, whatever runs beside them.

Hypothesis also tries the constants of the modules that are loaded, so a fixed seed leads along the same paths only in a
process of its own.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def in_a_process_of_its_own(test: Callable[[], None]) -> Callable[[], None]:
    """A test that is run there, and fails with what it printed."""

    @wraps(test)
    def run() -> None:
        command = [sys.executable, "-m", __name__, test.__module__, test.__name__]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        assert ended.returncode == 0, ended.stdout + ended.stderr

    return run


if __name__ == "__main__":
    import_module("tests.conftest")  # how Hypothesis runs
    getattr(import_module(sys.argv[1]), sys.argv[2]).__wrapped__()
