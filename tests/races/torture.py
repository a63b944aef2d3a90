"""The races between processes and the state machines at length, on both engines: ``python3 dev.py torture``.

``--rounds`` says for how many rounds processes race (200: some hours on two cores), ``--seed`` where they begin, and
what else pytest understands chooses among them (``-k swap``). The machines run ten times as long as in the suite, and
the simulated weeks have days of three hundred visits.
"""

import os
import sys
import time
from pathlib import Path

import pytest

ROUNDS = 200
LENGTH = "10"


class Torture:
    """Adds the options that the races look at, and says at the end what was run, from which seeds, and what it gave."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.reports: list[pytest.TestReport] = []

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        parser.addoption("--rounds", type=int, default=ROUNDS)
        parser.addoption("--seed", type=int, default=0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome == "failed":
            self.reports.append(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("what was raced")
        for report in self.reports:
            told = dict(report.user_properties)
            terminalreporter.line(f"{report.outcome:<8}{report.duration:6.1f} s  {report.nodeid.rpartition('::')[2]}")
            for name in ("seeds", "measured", "history"):
                if name in told:
                    terminalreporter.line(f"{'':18}{name}: {told[name]}")
        failed = sum(report.outcome == "failed" for report in self.reports)
        minutes = (time.monotonic() - self.began) / 60
        terminalreporter.line(f"{len(self.reports)} races, {failed} failed, {minutes:.1f} minutes")


if __name__ == "__main__":
    os.environ.setdefault("PATIENTPORTAL_TEST_LENGTH", LENGTH)
    here = Path(__file__).parent
    races = sorted(map(str, here.glob("test_*.py")))
    machines = sorted(map(str, here.parent.glob("testing/*/test_machine.py")))
    interrupts = str(here.parent / "adapters" / "test_interrupts.py")
    weeks = str(here.parent / "simulation")
    sys.exit(pytest.main([*races, *machines, interrupts, weeks, "--verbose", *sys.argv[1:]], plugins=[Torture()]))
