"""The house rules that no linter knows: what the domain may use, what an import loads, and which names are public."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

import patientportal
from patientportal import PortalError

PACKAGE = Path(patientportal.__file__).parent
MAY_IMPORT = {
    "attrs",
    "base64",
    "collections",
    "dateutil",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "hmac",
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
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
HEAVY = {"sqlite3", "argon2", "cattrs", "psycopg", "smtplib", "email", "pytest", "hypothesis"}

domain = pytest.mark.parametrize(
    "path", sorted((PACKAGE / "domain").rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


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


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = "import sys, patientportal; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    loaded = run.stdout.split()
    assert "patientportal" in loaded
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


def imported_for_type_checkers() -> dict[str, str]:
    """The names and the modules of the block that only type checkers read."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    found: dict[str, str] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.module is not None
        found |= {name.name: node.module.removeprefix("patientportal.") for name in node.names}
    return found


def test_the_three_lists_of_public_names_agree() -> None:
    assert imported_for_type_checkers() == patientportal._MODULES
    assert sorted(patientportal.__all__) == sorted(patientportal._MODULES)
    assert patientportal.__all__ == sorted(patientportal.__all__)


@pytest.mark.parametrize("name", patientportal.__all__)
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
    assert set(patientportal.__all__) <= set(dir(patientportal))
    with pytest.raises(AttributeError, match="no attribute 'Account'"):
        _ = patientportal.Account


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
    assert {error.__name__ for error in errors} <= set(patientportal.__all__)
