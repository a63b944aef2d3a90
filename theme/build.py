"""Makes the portal's style sheet and copies nhsuk-frontend's script and icons; --check compares instead."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "src" / "patientportal" / "web" / "static"
FRONTEND = HERE / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"

BANNER = '@charset "UTF-8";/*! Made by dev.py theme, of nhsuk-frontend: LICENSE.nhsuk */'
DARK = "screen and (prefers-color-scheme:dark) and (forced-colors:none)"
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^)]*\)|\b(?:transparent|currentcolor|black|white|linktext)\b", re.IGNORECASE
)
COLOURED = re.compile(r"(?:.*-)?(?:color|fill|stroke|shadow)|color-scheme")
SHORTHANDS = {"background", "border", "border-bottom", "border-left", "border-right", "border-top", "outline"}
ICON = re.compile(r'url\("?([^")]+)"?\)')


class Rule(NamedTuple):
    """The selector, within the conditions that hold it, and its declarations."""

    at: tuple[str, ...]
    declarations: dict[str, str]


def main(arguments: list[str]) -> int:
    """Write the files, or say which of them aren't what they would be."""
    if arguments not in ([], ["--check"]):
        print("dev.py: theme takes no argument but --check", file=sys.stderr)
        return 2
    npm = shutil.which("npm")
    if npm is None:
        print("dev.py: theme needs npm (https://nodejs.org)", file=sys.stderr)
        return 1
    run(npm, "ci", "--no-progress")
    files = made()
    if arguments:
        stale = [name for name, content in files.items() if read(STATIC / name) != content]
        print("\n".join(f"{name} is not what dev.py theme makes" for name in stale) or "ok")
        return int(bool(stale))
    for name, content in files.items():
        (STATIC / name).write_bytes(content)
    return 0


def read(path: Path) -> bytes:
    """Give a file's content, nothing if it isn't there."""
    return path.read_bytes() if path.exists() else b""


def made() -> dict[str, bytes]:
    """Give each file by its name."""
    light, dark = compiled("light"), compiled("dark")
    css = f"{BANNER}{light}@media {DARK}{{{colours(light, dark)}}}\n"
    icons = {name: (FRONTEND / "assets" / "images" / name).read_bytes() for name in sorted(set(ICON.findall(css)))}
    return {"portal.css": css.encode(), "nhsuk.js": (FRONTEND / "nhsuk-frontend.min.js").read_bytes(), **icons}


def compiled(name: str) -> str:
    """Compile one of the two schemes."""
    sass = HERE / "node_modules" / ".bin" / "sass"
    with TemporaryDirectory() as folder:
        css = Path(folder) / "made.css"
        how = ("--style=compressed", "--no-source-map", "--no-charset", "--load-path=node_modules")
        run(sass, *how, f"{name}.scss", css)
        return css.read_text(encoding="utf-8").strip()


def run(*command: str | Path) -> None:
    """Run a tool here, whose errors are shown."""
    if subprocess.run(command, cwd=HERE, stdout=subprocess.DEVNULL, check=False).returncode:
        raise SystemExit(f"dev.py: {Path(command[0]).name} failed; its lines above say why")


def colours(light: str, dark: str) -> str:
    """Give the dark scheme's colours, as longhands.

    A shorthand would undo a width that another rule set. And what has one colour in both schemes stands here too if its
    property differs anywhere: after the whole light sheet, the order of the rules decides anew.
    """
    pairs = list(zip(rules(light), rules(dark), strict=True))
    for one, other in pairs:
        if one.at != other.at or one.declarations.keys() != other.declarations.keys():
            raise SystemExit(f"dev.py: light and dark differ in more than colours: {one.at}")
    on_screen = [
        (rule.at, longhands(rule.declarations), longhands(other.declarations))
        for other, rule in pairs
        if not any(part.startswith("@media") and ("print" in part or "forced-colors" in part) for part in rule.at)
    ]
    differing = {name for _, of_dark, of_light in on_screen for name in of_dark if of_dark[name] != of_light[name]}
    return "".join(written(at, {k: v for k, v in of_dark.items() if k in differing}) for at, of_dark, _ in on_screen)


def written(at: tuple[str, ...], declarations: dict[str, str]) -> str:
    """Write a rule, nothing if it has no declarations."""
    if not declarations:
        return ""
    lines = ";".join(f"{name}:{value}" for name, value in declarations.items())
    return "".join(f"{part}{{" for part in at) + lines + "}" * len(at)


def rules(css: str) -> Iterator[Rule]:
    """Read a compressed style sheet, whose strings hold neither braces nor semicolons."""
    within: list[str] = []
    for text, brace in re.findall(r"([^{}]*)([{}])", css):
        if brace == "{":
            within.append(text.lstrip(";"))
            continue
        if text:
            yield Rule(tuple(within), dict(line.split(":", 1) for line in text.split(";") if line))
        within.pop()


def longhands(declarations: dict[str, str]) -> dict[str, str]:
    """Give what a rule says of colours."""
    found: dict[str, str] = {}
    for name, value in declarations.items():
        if name in SHORTHANDS and (named := COLOUR.findall(value)):
            found[f"{name}-color"] = named[-1] + (" !important" if "!important" in value else "")
        elif COLOURED.fullmatch(name) and not name.startswith("--"):
            found[name] = value
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
