"""dev.py gets a bare checkout going, or says plainly why it cannot."""

import importlib.util
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NO_NETWORK = """\
  WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<connection>: \
Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'
  ERROR: Could not find a version that satisfies the requirement hatchling>=1.27 (from versions: none)
  ERROR: No matching distribution found for hatchling>=1.27
"""


class Steps:
    """A step of dev.py that only pretends to work, and can be told to go wrong."""

    def __init__(self, dev: Any) -> None:
        self.dev = dev
        self.taken: list[str] = []
        self.trouble: BaseException | None = None

    def __call__(self, what: str, *_command: str | Path) -> None:
        if self.trouble:
            raise self.trouble
        self.taken.append(what)
        self.dev.BIN.mkdir(parents=True, exist_ok=True)
        self.dev.PYTHON.touch()


@pytest.fixture
def dev(tmp_path: Path) -> Any:
    """A dev.py in a checkout of its own."""
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    spec = importlib.util.spec_from_file_location("dev", tmp_path / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def steps(dev: Any, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """The steps dev.py takes, without any being taken."""
    steps = Steps(dev)
    monkeypatch.setattr(dev, "step", steps)
    monkeypatch.setattr(dev, "answers", lambda *_command: True)
    return steps


def test_help_lists_every_command(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["-h"]) == 0
    text = capsys.readouterr().out
    for name, command in dev.COMMANDS.items():
        assert f"{name} " in text
        assert command.about in text


def test_an_unknown_command_is_answered_with_the_list(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["deploy"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_every_extra_a_command_needs_is_declared(dev: Any) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {command.extra for command in dev.COMMANDS.values()} <= {"", *extras}


@pytest.mark.parametrize(("ci", "extra"), [("true", "browser"), ("", "dev")])
def test_the_tests_have_a_browser_in_ci_alone(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, ci: str, extra: str
) -> None:
    monkeypatch.setenv("CI", ci)
    assert request.getfixturevalue("dev").COMMANDS["test"].extra == extra


def test_the_oldest_python_is_the_one_the_project_declares(dev: Any) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert declared == ">=" + ".".join(map(str, dev.OLDEST_PYTHON))


def test_an_old_python_without_a_newer_one_is_told_so(
    dev: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "OLDEST_PYTHON", (99, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.main(["demo"]) == 1
    assert "patientportal needs 99.0 or newer" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the shims are shell scripts")
def test_a_newer_python_that_exists_and_fails_is_passed_over(
    dev: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken, working = tmp_path / "shims" / "python3.13", tmp_path / "bin" / "python3.11"
    for python, code in ((broken, 127), (working, 0)):
        python.parent.mkdir()
        python.write_text(f"#!/bin/sh\nexit {code}\n")
        python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:{working.parent}")
    assert dev.newer_python() == str(working)


def test_a_second_start_installs_nothing(dev: Any, steps: Steps) -> None:
    dev.prepare("dev")
    dev.prepare("dev")
    assert steps.taken == ["making .venv", "installing patientportal[dev]"]


def test_an_extra_brings_the_core_and_not_the_other_way_round(dev: Any, steps: Steps) -> None:
    dev.prepare("")
    dev.prepare("dev")
    dev.prepare("")
    assert steps.taken == ["making .venv", "installing patientportal", "installing patientportal[dev]"]


def test_a_changed_pyproject_is_installed_again_for_every_extra(dev: Any, steps: Steps) -> None:
    dev.prepare("dev")
    with (dev.ROOT / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    dev.prepare("")
    dev.prepare("dev")
    assert steps.taken[2:] == ["installing patientportal", "installing patientportal[dev]"]


def test_another_python_makes_the_venv_anew(dev: Any, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    dev.prepare("")
    monkeypatch.setattr(dev.sysconfig, "get_python_version", lambda: "3.99")
    dev.prepare("")
    assert steps.taken == ["making .venv", "installing patientportal"] * 2


def test_an_install_that_was_killed_makes_the_venv_anew(dev: Any, steps: Steps) -> None:
    dev.prepare("")
    steps.trouble = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        dev.prepare("dev")
    steps.trouble = None
    dev.prepare("")
    assert steps.taken == ["making .venv", "installing patientportal"] * 2


def test_an_install_that_failed_keeps_what_was_there(dev: Any, steps: Steps) -> None:
    dev.prepare("")
    steps.trouble = dev.SetupError()
    with pytest.raises(dev.SetupError):
        dev.prepare("dev")
    steps.trouble = None
    dev.prepare("")
    assert steps.taken == ["making .venv", "installing patientportal"]


def test_a_python_without_ensurepip_lends_its_own_pip(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "answers", lambda python, *_rest: python == sys.executable)
    assert dev.pip() == (sys.executable, "-m", "pip", "--python", dev.PYTHON)


def test_a_python_without_any_pip_is_told_what_to_do(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "answers", lambda *_command: False)
    with pytest.raises(dev.SetupError, match="neither pip nor ensurepip"):
        dev.pip()


def test_a_failed_step_shows_the_last_lines_and_no_traceback(
    dev: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = f"import sys; print({NO_NETWORK!r}); sys.exit(1)"
    monkeypatch.setattr(dev, "prepare", lambda _extra: dev.step("installing", sys.executable, "-c", script))
    assert dev.main(["demo"]) == 1
    text = capsys.readouterr().err
    assert "No matching distribution found for hatchling" in text
    assert "the package registry cannot be reached" in text.splitlines()[-1]
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (NO_NETWORK, "the package registry cannot be reached"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "the disk is full"),
        ("Error: [Errno 13] Permission denied: '.venv'", "no permission to write"),
        ("python3: No module named venv", "neither pip nor ensurepip"),
    ],
)
def test_a_known_failure_has_a_plain_reason(dev: Any, output: str, reason: str) -> None:
    assert reason in dev.reason(output)


def test_an_unknown_failure_is_given_no_reason(dev: Any) -> None:
    assert dev.reason("ERROR: no such option: --sideways") == ""


def test_the_exit_code_of_a_command_passes_through(dev: Any) -> None:
    assert dev.run(sys.executable, "-c", "raise SystemExit(7)") == 7


def test_ctrl_c_ends_quietly(dev: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_extra: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "prepare", interrupted)
    assert dev.main(["demo"]) == 130
    assert capsys.readouterr().err == ""


def test_only_the_whole_suite_has_a_coverage_floor(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[Any, ...]] = []

    def run(*command: Any) -> int:
        runs.append(command)
        return len(runs) - 1

    monkeypatch.setattr(dev, "run", run)
    assert dev.test([]) == 1
    assert [("--cov-fail-under=100" in command, "tests/domain" in command) for command in runs] == [
        (True, True),
        (False, False),
    ]
    dev.test(["-k", "lockout"])
    assert runs[2:] == [(dev.PYTHON, "-m", "pytest", "-k", "lockout")]


def test_torture_runs_the_long_races_with_what_it_was_told(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "run", lambda *command: command)
    script = Path("tests", "races", "torture.py")
    assert (ROOT / script).is_file()
    assert dev.torture(["--rounds", "5"]) == (dev.PYTHON, dev.ROOT / script, "--rounds", "5")


def test_the_theme_is_made_by_its_own_script(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "run", lambda *command: command)
    script = Path("theme", "build.py")
    assert (ROOT / script).is_file()
    assert dev.theme(["--check"]) == (dev.PYTHON, dev.ROOT / script, "--check")


def test_check_runs_everything_even_when_the_first_fails(
    dev: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "run", lambda *command: int("--check" in command))
    assert dev.check([]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "FAILED  ruff format --check .",
        "ok      ruff check .",
        "ok      mypy",
        "ok      lint-imports",
    ]


def test_check_repairs_only_when_asked(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, ...]] = []

    def note(tool: Path, *rest: str) -> int:
        lines.append((tool.name, *rest))
        return 0

    monkeypatch.setattr(dev, "run", note)
    assert (dev.check([]), dev.check(["--fix"]), dev.check(["--fux"])) == (0, 0, 2)
    assert lines == [*dev.CHECKS, *dev.FIXES, *dev.CHECKS]
