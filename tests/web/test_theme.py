"""The style sheet and the script are what theme/ makes, and bring nothing of anybody else."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.browser import STATIC

THEME = Path(__file__).parents[2] / "theme"
LIGHT, DARK = (STATIC / "portal.css").read_text().split("@media screen and (prefers-color-scheme:dark)")

has_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm: the style sheet can't be made here")
in_ci = pytest.mark.skipif(
    not os.environ.get("CI") and not (THEME / "node_modules").exists(),
    reason="npm would fetch what it is made of: dev.py theme does",
)


@has_npm
@in_ci
def test_the_static_files_are_what_the_theme_makes() -> None:
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, THEME / "build.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "ok\n"), run.stdout + run.stderr


def test_the_style_sheet_asks_no_other_host_and_needs_no_foreign_font() -> None:
    assert not re.search(r"https?:|//|@font-face|@import|frutiger|data:", LIGHT + DARK, re.IGNORECASE)
    asked = set(re.findall(r'url\("?([^")]+)"?\)', LIGHT + DARK))
    assert asked == {path.name for path in STATIC.glob("nhsuk-icon-*.svg")}


def test_the_dark_sets_nothing_but_colours() -> None:
    named = set(re.findall(r"(?<=[{;])([a-z-]+):[^{};]+(?=[;}])", DARK))
    assert {"color", "background-color", "border-color", "fill"} <= named
    other = {name for name in named if not re.fullmatch(r"(.+-)?color|fill|stroke|box-shadow|color-scheme", name)}
    assert other == set()


def test_the_script_names_the_version_that_it_imports() -> None:
    version = json.loads((THEME / "package.json").read_text())["dependencies"]["nhsuk-frontend"]
    assert f'"./nhsuk.js?v={version}"' in (STATIC / "portal.js").read_text()
    assert f'version="{version}"' in (STATIC / "nhsuk.js").read_text()


def test_the_components_in_python_are_of_the_version_of_the_style_sheet() -> None:
    """nhsuk-frontend-jinja says in its documentation which nhsuk-frontend it renders."""
    from importlib.metadata import metadata

    version = json.loads((THEME / "package.json").read_text())["dependencies"]["nhsuk-frontend"]
    assert version in str(metadata("nhsuk-frontend-jinja").json["description"])
