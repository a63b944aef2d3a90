"""The demo, which is the first thing that anybody runs, runs to its end."""

import os
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parent.parent / "examples" / "demo.py"


def test_the_demo_runs_to_its_end_and_shows_what_is_allowed_and_what_is_not(tmp_path: Path) -> None:
    given = os.environ | {"TMPDIR": str(tmp_path)}  # it leaves its database there, to be looked at
    line = [sys.executable, str(DEMO)]
    shown = subprocess.run(line, env=given, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (shown.returncode, shown.stderr) == (0, "")
    marks = {line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")}
    assert {"yes", "no", "[mail]"} <= marks
    last = shown.stdout.partition("What to try next:\n")[2].splitlines()
    assert len({line.rindex("  ") for line in last}) == 1, "two columns"
