"""Run the project from a bare checkout: python3 dev.py demo | portal | test | check | bench | torture | theme.

It makes .venv beside itself, installs what the command needs, and runs the command there. That folder belongs
to dev.py: it is emptied and made again when it is half-made, has moved, or comes from another Python version.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

if sys.platform != "win32":
    import fcntl

OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "installed.json"

LAST_LINES = 15
GOODBYE_SECONDS = 10
INTERRUPTED = 130

NO_PIP = "this Python has neither pip nor ensurepip (on Debian or Ubuntu: apt install python3-venv)"
REASONS = {
    "the disk is full": ("[Errno 28]", "No space left"),
    f"no permission to write in {ROOT}": ("[Errno 13]", "[Errno 30]", "[WinError 5]", "Permission denied"),
    NO_PIP: ("No module named venv", "No module named ensurepip"),
    "the package registry cannot be reached or gives nothing; check the network and the proxy, then try again": (
        "connection broken by",
        "Max retries exceeded",
        "Could not fetch URL",
        "Failed to connect",
        "timed out",
        "(from versions: none)",
    ),
}

ON_EVERY_CORE = (f"--numprocesses={(os.cpu_count() or 1) + 1}", "--dist=loadfile")  # one more: many tests wait
DOMAIN_SUITE = (
    *ON_EVERY_CORE,
    "tests/domain",
    "--cov=patientportal.domain",
    "--cov-branch",
    "--cov-report=term-missing:skip-covered",
    "--cov-fail-under=100",
)
OTHER_SUITE = (*ON_EVERY_CORE, "--ignore=tests/domain", "--durations=10")
FIXES = (("ruff", "format", "."), ("ruff", "check", "--fix", "."))
CHECKS = (("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",), ("lint-imports",))


class SetupError(Exception):
    """The command cannot start; the message says why, in plain words."""


def demo(arguments: list[str]) -> int:
    """Show the library at work."""
    return run(PYTHON, ROOT / "examples" / "demo.py", *arguments)


def portal(arguments: list[str]) -> int:
    """Open the whole portal in a browser."""
    return run(PYTHON, ROOT / "examples" / "portal.py", *arguments)


def test(arguments: list[str]) -> int:
    """Run what was asked for, or everything: the domain's own tests cover each of its branches, the others the rest."""
    suites = (arguments,) if arguments else (DOMAIN_SUITE, OTHER_SUITE)
    return max(run(PYTHON, "-m", "pytest", *suite) for suite in suites)


def check(arguments: list[str]) -> int:
    """Run every check, also after one has failed, and end with a line for each."""
    if arguments not in ([], ["--fix"]):
        say("dev.py: check takes no argument but --fix")
        return 2
    for fix in FIXES if arguments else ():
        run(BIN / fix[0], *fix[1:])
    results = [(" ".join(line), run(BIN / line[0], *line[1:])) for line in CHECKS]
    for name, code in results:
        print(f"{'FAILED' if code else 'ok':<8}{name}")
    return int(any(code for _, code in results))


def bench(arguments: list[str]) -> int:
    """Measure the library."""
    return run(PYTHON, "-m", "benchmarks", *arguments)


def torture(arguments: list[str]) -> int:
    """Run the races between processes for many rounds; it ends with what was raced and from which seeds."""
    return run(PYTHON, ROOT / "tests" / "races" / "torture.py", *arguments)


def theme(arguments: list[str]) -> int:
    """Make the pages' style sheet of theme/, or compare."""
    return run(PYTHON, ROOT / "theme" / "build.py", *arguments)


class Command(NamedTuple):
    """What a command does, the extra of pyproject.toml it needs ("" for none), and its function."""

    about: str
    extra: str
    start: Callable[[list[str]], int]


COMMANDS = {
    "demo": Command("show the library at work", "", demo),
    "portal": Command("open the whole portal, with a small practice in it, in a browser", "web", portal),
    "test": Command("run the whole suite, or only what pytest arguments ask for", "dev", test),
    "check": Command("check format, lint, types and layers; --fix repairs what it can first", "dev", check),
    "bench": Command("measure the library", "bench", bench),
    "torture": Command("races between processes and state machines, at length", "dev", torture),
    "theme": Command("make the pages' style sheet of theme/ (needs npm); --check compares it", "", theme),
}


def main(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    name, *rest = arguments or [""]
    if name in ("-h", "--help"):
        print(usage())
        return 0
    if name not in COMMANDS:
        say(usage())
        return 2
    try:
        if sys.version_info < OLDEST_PYTHON:
            return run(newer_python(), ROOT / "dev.py", *arguments)
        prepare(COMMANDS[name].extra)
        return COMMANDS[name].start(rest)
    except SetupError as error:
        say(f"dev.py: {error}")
    except OSError as error:
        say(f"dev.py: {reason(str(error)) or error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 1


def usage() -> str:
    """List the commands."""
    lines = [f"  {name:<8}{command.about}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python3 dev.py COMMAND [ARGUMENT ...]", "", *lines])


def say(line: str, end: str = "\n") -> None:
    """Speak on the error stream, so that a command's own output stays clean."""
    print(line, end=end, file=sys.stderr, flush=True)


def run(*command: str | Path) -> int:
    """Run a command at the root and give its exit code; after Ctrl-C it gets a moment to clean up."""
    with subprocess.Popen([str(word) for word in command], cwd=ROOT) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GOODBYE_SECONDS)
            process.kill()
            raise
    return code if code >= 0 else 128 - code


def newer_python() -> str:
    """Find a Python that is new enough and really runs: a version manager's shim may exist and fail."""
    for name in NEWER_PYTHONS:
        for folder in os.get_exec_path():
            found = shutil.which(name, path=folder)
            if found and answers(found, "-c", f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"):
                return found
    running, oldest = platform.python_version(), ".".join(map(str, OLDEST_PYTHON))
    raise SetupError(f"this is Python {running}, and patientportal needs {oldest} or newer; none was found on the PATH")


def answers(*command: str | Path) -> bool:
    """Tell whether a command runs and succeeds."""
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def prepare(extra: str) -> None:
    """Make .venv and install what is missing in it."""
    if is_installed(extra):
        return
    with one_at_a_time():
        if not installed():
            make_venv()
        if not is_installed(extra):
            install(extra)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second set-up wait for the first; the lock ends with its process. Windows goes without."""
    with Path(__file__).open("r+b") as lock:
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another dev.py ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_installed(extra: str) -> bool:
    """Tell whether the extra was installed for pyproject.toml as it is now."""
    return installed().get(extra) == requirements()


def installed() -> dict[str, str]:
    """Read the stamp: extras by the requirements they met; empty when .venv cannot be trusted."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("home") == home() and PYTHON.exists() else {}


def write_stamp(stamp: dict[str, str]) -> None:
    """Write down what is installed."""
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def requirements() -> str:
    """Give the fingerprint of what pyproject.toml asks for."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def home() -> str:
    """Name the Python and the place that .venv is bound to."""
    return f"Python {sysconfig.get_python_version()} in {ROOT}"


def make_venv() -> None:
    """Make .venv anew."""
    step("making .venv", base_python(), "-m", "venv", "--clear", "--without-pip", VENV)
    write_stamp({"home": home()})


def install(extra: str) -> None:
    """Install the library in place; without a stamp meanwhile, so that a killed install is made anew."""
    brackets = f"[{extra}]" if extra else ""
    before = installed()
    STAMP.unlink()
    try:
        step(f"installing patientportal{brackets}", *pip(), "install", "--editable", f".{brackets}")
    except SetupError:
        write_stamp(before)
        raise
    write_stamp({**before, "": requirements(), extra: requirements()})


def pip() -> tuple[str | Path, ...]:
    """Give a pip for .venv: its own, made now if ensurepip can, or else one that works on it from outside."""
    own = (PYTHON, "-m", "pip")
    if answers(*own, "--version"):
        return own
    if answers(PYTHON, "-m", "ensurepip", "--version"):
        step("adding pip to .venv", PYTHON, "-I", "-m", "ensurepip", "--default-pip")
        return own
    for python in (sys.executable, base_python()):
        if answers(python, "-m", "pip", "--version"):
            return (python, "-m", "pip", "--python", PYTHON)
    raise SetupError(NO_PIP)


def base_python() -> str:
    """Give the Python behind the virtual environment, .venv perhaps, that runs this file."""
    base: str = getattr(sys, "_base_executable", sys.executable)
    return base


def step(what: str, *command: str | Path) -> None:
    """Show one line of progress, and the command's last words if it fails."""
    say(f"{what} ...", end=" ")
    started = time.monotonic()
    result = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    say(f"({time.monotonic() - started:.0f} s)")
    if result.returncode:
        raise SetupError(failure(what, result.stdout))


def failure(what: str, output: str) -> str:
    """Say what failed and why, below the last lines of the output."""
    why = reason(output) or "the lines above say why"
    return "\n".join([f"{what} failed", *output.splitlines()[-LAST_LINES:], "", f"dev.py: {why}"])


def reason(output: str) -> str:
    """Name the plain reason behind an error message, "" if it is not a known one."""
    known = (why for why, signs in REASONS.items() if any(sign in output for sign in signs))
    return next(known, "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
