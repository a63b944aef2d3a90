"""The contract of the stores, run by pytest in a process of its own, in a scratch place."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from patientportal.self_check.findings import Finding, note, ok, wrong
from patientportal.self_check.place import Scratch

LONGEST_S = 600
_FAILED = re.compile(r"^(?:FAILED|ERROR) .*::test_(\w+)", re.MULTILINE)
_PASSED = re.compile(r"\b(\d+) passed")


def contract_kept(scratch: Scratch) -> Iterator[Finding]:
    """Whether a store here keeps its promises."""
    if find_spec("pytest") is None or find_spec("hypothesis") is None:
        yield note("contract: left out; install patientportal[testing] and check again")
        return
    try:
        run = _run(scratch)
    except subprocess.TimeoutExpired:
        yield wrong(f"contract: not done after {LONGEST_S} s")
        return
    yield from findings_of(run.returncode, run.stdout)


def findings_of(code: int, output: str) -> Iterator[Finding]:
    """What pytest's summary says, in the words of the promises; nothing else of it, which might hold a secret."""
    broken = sorted(set(_FAILED.findall(output)))
    passed = _PASSED.search(output)
    kept = int(passed[1]) if passed else 0
    for name in broken:
        yield wrong(f"contract: broken: {name.replace('_', ' ')}")
    if code == 0 and kept:
        yield ok(f"contract: all {kept} promises of a store were kept in a scratch place")
    elif not broken:
        yield wrong(f"contract: could not be run (pytest ended with {code})")


def _run(scratch: Scratch) -> subprocess.CompletedProcess[str]:
    settings = scratch.folder / "pytest.ini"  # nobody else's settings, plugins and conftest
    settings.write_text("[pytest]\n", encoding="utf-8")
    trials = scratch.folder / "trials"
    promises = Path(__file__).with_name("promises.py")
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "HYPOTHESIS_STORAGE_DIRECTORY": str(trials)}
    words = "-m pytest -q --tb=no -rfE --color=no -p no:cacheprovider --noconftest --import-mode=importlib"
    places = ["-c", str(settings), "--rootdir", str(scratch.folder), "--basetemp", str(trials), str(promises)]
    return subprocess.run(  # noqa: S603 - our own file
        [sys.executable, *words.split(), *places],
        env=os.environ | scratch.environment() | own,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
