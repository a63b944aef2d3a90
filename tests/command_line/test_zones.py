"""``check`` names the zones of stored places that this machine doesn't know, on both engines."""

import os
import shutil
import subprocess
import sys
import zoneinfo
from importlib import resources
from pathlib import Path

import pytest

from patientportal.__main__ import main
from tests.command_line.databases import Capture, lines, report

A_NEWER_MACHINE = """
import sys
from datetime import date, time, timedelta
from patientportal import Place, Role, StaffMember, open_portal
with open_portal(sys.argv[1], zone="Etc/UTC", secret_key=b"x" * 32, link_base_url="https://example.org/") as portal:
    dora = portal.practice(StaffMember(id="dora", name="Dora", roles={Role.PROVIDER}))
    dora.schedule.publish(Place(id="new", name="New", zone="America/Newtown"), "FREQ=WEEKLY;BYDAY=MO", opens=time(9),
                          closes=time(10), visit_length=timedelta(minutes=30), first_day=date(2026, 1, 5),
                          last_day=date(2026, 1, 5))
"""


@pytest.fixture
def newer(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine whose time zone database has one more name."""
    known = tmp_path / "zones" / "America" / "Newtown"
    known.parent.mkdir(parents=True)
    source = resources.files("tzdata.zoneinfo.America").joinpath("Santiago")
    with resources.as_file(source) as file:
        shutil.copy(file, known)
    return os.environ | {"PYTHONTZPATH": os.pathsep.join([*zoneinfo.TZPATH, str(tmp_path / "zones")])}


@pytest.mark.usefixtures("without_testing")
def test_a_zone_that_only_a_newer_machine_knows_is_named(url: str, newer: dict[str, str], capsys: Capture) -> None:
    main(["migrate", url])
    assert "zones: all 0 of the stored places are known here" in lines("ok", report(url, capsys)[1])
    subprocess.run([sys.executable, "-c", A_NEWER_MACHINE, url], env=newer, check=True)  # noqa: S603 - ours
    code, said = report(url, capsys)
    (complaint,) = lines("WRONG", said)
    assert complaint.startswith("zones: America/Newtown: not in this machine's time zone database (tzdata ")
    assert code == 1
    there = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "patientportal", "check", url], env=newer, capture_output=True, text=True, check=False
    )
    assert "zones: all 1 of the stored places are known here" in lines("ok", there.stdout.splitlines())
