"""The house rules that no linter knows: what the domain may use, what an import loads, and which names are public."""

import ast
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import typing
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

import attrs
import pytest

import patientportal
from patientportal import Portal, PortalError, testing

PACKAGE = Path(patientportal.__file__).parent
MAY_IMPORT = {
    "anyascii",
    "attrs",
    "base64",
    "bisect",
    "collections",
    "dateutil",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "idna",
    "itertools",
    "json",
    "operator",
    "patientportal.domain",
    "re",
    "string",
    "typing",
    "types",
    "unicodedata",
    "zoneinfo",
}
NEVER_CALLED = {"breakpoint", "compile", "eval", "exec", "input", "open", "print", "__import__"}
OF_THE_PORT = {  # what the blocks of our own stores give
    *("MemoryTransaction", "MemoryView", "_TransactionBlock", "_ViewBlock"),
    *("SqlTransaction", "SqlView", "_Block"),
}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
HEAVY = {
    "sqlite3",
    "icalendar",
    "anyascii",
    "idna",
    "argon2",
    "cattrs",
    "psycopg",
    "smtplib",
    "email",
    "pytest",
    "hypothesis",
}

of_each_package = pytest.mark.parametrize("package", [patientportal, testing], ids=lambda package: package.__name__)
domain = pytest.mark.parametrize(
    "path", sorted((PACKAGE / "domain").rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


def names(package: ModuleType) -> list[str]:
    """The public names of a package."""
    found: list[str] = vars(package)["__all__"]
    return found


def public(package: ModuleType) -> Iterator[tuple[str, Any]]:
    """Each of them with what it names."""
    yield from ((name, getattr(package, name)) for name in names(package))


def breaches(source: str) -> list[str]:
    """What a file of the domain does that it may not."""
    return [text for node in ast.walk(ast.parse(source)) for text in breaches_of(node)]


def may_import(module: str) -> bool:
    return any(f"{module}.".startswith(f"{one}.") for one in MAY_IMPORT)


def breaches_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"imports {name.name}" for name in names if not may_import(name.name))
        case ast.ImportFrom(level=0, module=str(module)) if not may_import(module):
            yield f"imports from {module}"
        case ast.ImportFrom(level=level, module=module) if level > 1:
            yield f"climbs out of its room: {module}"
        case ast.Call(func=ast.Name(id=name)) if name in NEVER_CALLED:
            yield f"calls {name}"
        case ast.Attribute(value=ast.Name(id=("datetime" | "date")), attr=name) if name in CLOCKS:
            yield f"asks the clock: {name}"
        case ast.Attribute(value=ast.Attribute(attr=("datetime" | "date")), attr=name) if name in CLOCKS:
            yield f"asks the clock: {name}"


@domain
def test_the_domain_imports_little_and_asks_neither_clock_nor_chance(path: Path) -> None:
    assert breaches(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import os.path",
        "import logging",
        "from time import time",
        "from pathlib import Path",
        "from patientportal.ports.store import Store",
        "from ..ports import store",
        "import patientportal.ports.store",
        "from datetime import datetime\nnow = datetime.now",
        "import datetime\nnow = datetime.datetime.now()",
        "from datetime import date\ntoday = date.today()",
        "print('x')",
        "open('x')",
    ],
)
def test_a_breach_of_that_is_seen(source: str) -> None:
    assert breaches(source)


@pytest.mark.parametrize(
    "path", [PACKAGE / "__main__.py", *sorted((PACKAGE / "self_check").glob("*.py"))], ids=lambda path: path.name
)
def test_what_migrates_or_checks_makes_up_no_portal_key_or_zone(path: Path) -> None:
    """Whatever a portal's own key or zone decides would be filled or judged by another one's, for good."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        named |= {str(value) for field, value in ast.iter_fields(node) if field in {"id", "attr", "name", "arg"}}
    assert not named & {"open_portal", "Portal", "Policy", "Environment", "urandom", "secret_key", "zone"}


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = "import sys, patientportal; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    loaded = run.stdout.split()
    assert "patientportal" in loaded
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


@of_each_package
def test_one_stub_lists_the_public_names_and_everything_else_follows_it(package: ModuleType) -> None:
    body = ast.parse(Path(str(package.__file__)).with_suffix(".pyi").read_text()).body
    listed = {}
    for line in body:
        assert isinstance(line, ast.ImportFrom), ast.unparse(line)
        (alias,) = line.names
        assert alias.asname == alias.name
        assert line.lineno == line.end_lineno
        listed[alias.name] = line.module
    assert list(listed) == sorted(listed) == names(package)
    assert set(listed) <= set(dir(package))


def checked(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a type checker says, run as in an activated environment."""
    folder = Path(sys.executable).parent
    return subprocess.run(  # noqa: S603 - ours
        [folder / tool, *arguments],
        cwd=PACKAGE.parent.parent,
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("checker", [("mypy", "--strict"), ("basedpyright",)], ids=" ".join)
def test_a_typo_in_an_import_fails_under_a_type_checker(checker: tuple[str, ...], tmp_path: Path) -> None:
    program = tmp_path / "typo.py"
    program.write_text("from patientportal import Portal, open_protal\nfrom patientportal.testing import FrozenClok\n")
    run = checked(*checker, program)
    errors = "\n".join(line for line in run.stdout.splitlines() if "error" in line)
    assert run.returncode == 1
    assert re.findall(r"typo.py:(\d)", errors) == ["1", "2"], errors
    assert re.findall(r"open_protal|FrozenClok", errors) == ["open_protal", "FrozenClok"], errors


def test_the_type_of_every_public_name_is_known() -> None:
    run = checked("basedpyright", "--verifytypes", "patientportal", "--ignoreexternal", "--outputjson")
    assert json.loads(run.stdout)["typeCompleteness"]["completenessScore"] == 1


@pytest.mark.parametrize("name", names(patientportal))
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    public = getattr(patientportal, name)
    if not inspect.isclass(public):
        assert inspect.getdoc(public)
        return
    assert vars(public)["__doc__"]
    for member, value in vars(public).items():
        is_ours = inspect.isfunction(value) or isinstance(value, (property, classmethod))
        if is_ours and not member.startswith("_") and not issubclass(public, Enum):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Account'"):
        _ = patientportal.Account  # type: ignore[attr-defined]


def every_error() -> Iterator[type[PortalError]]:
    for module in pkgutil.walk_packages([str(PACKAGE)], "patientportal."):
        if not module.name.startswith(("patientportal.testing", "patientportal.adapters.postgres")):
            importlib.import_module(module.name)
    waiting: list[type[PortalError]] = [PortalError]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += [one for one in kind.__subclasses__() if one.__module__.startswith("patientportal.")]


def test_every_error_has_a_code_of_its_own_and_is_public() -> None:
    errors = list(every_error())
    assert [code for code, times in Counter(error.code for error in errors).items() if times > 1] == []
    assert all("code" in vars(error) for error in errors)
    assert {error.__name__ for error in errors} <= set(names(patientportal))


def annotated(thing: Any) -> Iterator[Any]:
    """Everything of ours that stands in an annotation of what a caller of a public class or function sees."""
    if isinstance(thing, type):
        if attrs.has(thing):
            yield from chain.from_iterable(parts(hint) for hint in hints(thing).values())
        for member, value in vars(thing).items():
            function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if inspect.isfunction(function) and (not member.startswith("_") or (member, thing) == ("__init__", Portal)):
                yield from annotated(function)
    elif inspect.isfunction(thing):
        yield from chain.from_iterable(parts(hint) for hint in hints(thing).values())


def hints(thing: Any) -> dict[str, Any]:
    """The annotations, without those of private fields."""
    return {name: hint for name, hint in typing.get_type_hints(thing).items() if not name.startswith("_")}


def parts(hint: Any) -> Iterator[Any]:
    """The classes and id types of ours in an annotation."""
    yield from chain.from_iterable(map(parts, typing.get_args(hint)))
    origin = typing.get_origin(hint) or hint
    if getattr(origin, "__module__", "").startswith("patientportal.") and not isinstance(origin, (ParamSpec, TypeVar)):
        yield origin


def test_whatever_a_caller_must_annotate_is_public() -> None:
    known = {id(thing) for package in (patientportal, testing) for _, thing in public(package)}
    seen = {one for _, thing in public(patientportal) for one in annotated(thing)}
    assert {one.__name__ for one in seen if id(one) not in known} <= OF_THE_PORT


def test_what_staff_may_do_is_asked_in_one_place_which_keeps_the_refusals() -> None:
    asks = re.compile(r"\b(?:permit|permit_to)\(")
    files = sorted((PACKAGE / "application").rglob("*.py"))
    assert [file.name for file in files if asks.search(file.read_text())] == ["on_patient.py"]
