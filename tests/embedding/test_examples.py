"""The example apps are what their pages say, short, on the public face alone, and known to type checkers."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FILES = {
    "django": ["settings.py", "portal.py", "pages.py", "templatetags/clinic.py"],
    "fastapi": ["portal.py", "app.py"],
    "flask": ["portal.py", "app.py", "static/link.js"],
}
LINES_MAX = 150
SITES_OWN = {"settings.py"}  # Django's settings, which every site has: 14 lines
PUBLIC = {"patientportal", "patientportal.http", "patientportal.words"}
each_app = pytest.mark.parametrize("app", sorted(FILES))


def shown(lines: str) -> list[str]:
    return sorted(line for line in lines.splitlines() if line.strip())


@each_app
def test_its_page_shows_all_of_its_code_and_nothing_else(app: str) -> None:
    page = (ROOT / "docs" / f"{app}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python|js)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    files = [(EXAMPLES / f"clinic_{app}" / name).read_text(encoding="utf-8") for name in FILES[app]]
    assert shown("".join(blocks)) == shown("".join(files))
    for block in blocks:
        assert any(block.strip() in file for file in files), block


@each_app
def test_its_page_leaves_no_file_out(app: str) -> None:
    folder = EXAMPLES / f"clinic_{app}"
    code = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if path.name != "__init__.py"}
    assert code == {name for name in FILES[app] if name.endswith(".py")}


@each_app
def test_it_is_short(app: str) -> None:
    files = [path for path in (EXAMPLES / f"clinic_{app}").rglob("*") if path.suffix in {".py", ".js", ".css"}]
    assert sum(lines_of(path) for path in files if path.name not in SITES_OWN) <= LINES_MAX


def lines_of(path: Path) -> int:
    """How many hold code: not those that are blank, or only a comment or a docstring."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    held = {line for one in tokens if one.type not in silent for line in range(one.start[0], one.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            held -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(held)


@each_app
def test_it_stands_on_the_public_face_alone(app: str) -> None:
    for path in (EXAMPLES / f"clinic_{app}").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("patientportal"):
                assert node.module in PUBLIC
            if isinstance(node, ast.Import):
                assert {one.name for one in node.names if one.name.startswith("patientportal")} <= PUBLIC
            assert not (isinstance(node, ast.Attribute) and node.attr.startswith("_") and node.attr[1] != "_")


@each_app
def test_its_templates_ask_for_no_code(app: str) -> None:
    conditions = [
        condition
        for path in (EXAMPLES / f"clinic_{app}").rglob("*.html")
        for condition in re.findall(r"\{%-?\s*(?:el)?if (.*?)%\}", path.read_text(encoding="utf-8"))
    ]
    assert conditions
    assert not [one for one in conditions if re.search(r"[\"']|status|code|kind|problem", one)]


def test_pyright_finds_nothing_in_them(tmp_path: Path) -> None:
    """Mypy looks at them with everything else."""
    settings = {
        "include": [str(EXAMPLES / f"clinic_{app}") for app in FILES],
        "extraPaths": [str(ROOT / "src"), str(EXAMPLES)],
        "typeCheckingMode": "standard",  # what pyright does by itself
        "useLibraryCodeForTypes": False,  # Django says nothing of its types, and guesses would be wrong
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    folder = Path(sys.executable).parent
    run = subprocess.run(  # noqa: S603 - ours
        [folder / "basedpyright", "--project", tmp_path],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "0 errors, 0 warnings, 0 notes"), run.stdout
