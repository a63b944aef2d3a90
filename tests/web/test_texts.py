"""The pages' own texts: each has words in every language, and no template shows what its page doesn't give it."""

import ast
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2.meta
import pytest
from babel.messages import extract
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from jinja2.nodes import Const, Extends, FromImport, Include, Template

from patientportal import web
from patientportal.testing import portal
from patientportal.web.desk import SCREENS
from patientportal.web.languages import LANGUAGES, catalog, translations
from patientportal.web.pages import screens
from patientportal.web.render import environment

HERE = Path(web.__file__).parent
TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
GIVEN = {"visitor", "site", "flash", "languages"}
TRANSLATIONS = [tag for tag in LANGUAGES if tag != "en"]


def written() -> set[str | tuple[str, ...]]:
    """Every text of a template or a table."""
    found: set[str | tuple[str, ...]] = set()
    methods: tuple[tuple[Iterable[Path], Any], ...] = ((TEMPLATES, babel_extract), (HERE.rglob("*.py"), "python"))
    for sources, method in methods:
        for source in sources:
            with source.open("rb") as opened:
                for _, text, _, _ in extract.extract(method, opened, KEYWORDS):
                    found.add(text if isinstance(text, str) else tuple(text))
    return found


def forms_of(entry: Message) -> str | tuple[str, ...]:
    return entry.id if isinstance(entry.id, str) else tuple(entry.id)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_every_text_is_translated_and_nothing_else(tag: str) -> None:
    translated = {forms_of(entry) for entry in catalog(tag) if entry.id}
    missing = sorted(map(str, written() - translated))
    assert not missing, f"put these into {tag}/*.po: {missing}"
    gone = sorted(map(str, translated - written()))
    assert not gone, f"take these out of {tag}/*.po: {gone}"


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_translation_is_whole_has_the_same_placeholders_and_stands_in_one_file(tag: str) -> None:
    seen: set[str | tuple[str, ...]] = set()
    for file in sorted((HERE / tag).glob("*.po")):
        for entry in read_po(io.BytesIO(file.read_bytes()), locale=tag, abort_invalid=True):
            if not entry.id:
                continue
            assert forms_of(entry) not in seen, f"{file.name}: {entry.id} stands in another file, too"
            seen.add(forms_of(entry))
            strings = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
            assert all(strings), f"{file.name}: {entry.id} has no words"
            assert not entry.fuzzy
            assert not list(entry.check()), f"{file.name}: {entry.id}"


@pytest.mark.parametrize("tag", TRANSLATIONS)
@pytest.mark.parametrize("number", [0, 1, 2, 11, 1_000_000])
def test_every_number_has_its_words(tag: str, number: int) -> None:
    plurals = [(tuple(entry.id), entry.string or ()) for entry in catalog(tag) if entry.id and entry.pluralizable]
    assert plurals
    for (one, many), forms in plurals:
        assert translations(tag).ngettext(one, many, number) in forms


def shown() -> dict[str, list[set[str]]]:
    """What each page gives its template, by the template's name."""
    found: dict[str, list[set[str]]] = {}
    for source in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "show"
                and node.args
            ):
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found.setdefault(name.value, []).append({one.arg for one in node.keywords if one.arg})
    return found


PAGES = {name: given for name, given in shown().items() if name.endswith(".html")}


def named() -> set[str]:
    """Every template that the library's own code names."""
    found = set()
    for source in HERE.rglob("*.py"):
        nodes = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        constants = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        found |= {one for one in constants if one.endswith(".html")}
    return found


def parts(name: str) -> set[str]:
    """A template, the frames that it fills, and what it takes from others of ours."""
    found = set(family(name))
    for parsed in family(name).values():
        taken: list[FromImport | Include] = [*parsed.find_all(FromImport), *parsed.find_all(Include)]
        for one in taken:
            if isinstance(one.template, Const) and not one.template.value.startswith("nhsuk/"):
                found |= parts(one.template.value)
    return found


def family(name: str) -> dict[str, Template]:
    """A template and the frames that it fills, parsed."""
    made = environment("en")
    assert made.loader is not None
    source, _, _ = made.loader.get_source(made, name)
    found = {name: made.parse(source)}
    for frame in found[name].find_all(Extends):
        assert isinstance(frame.template, Const)
        found |= family(frame.template.value)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_template_shows_what_its_page_gives_it_and_all_of_that(name: str) -> None:
    asked = set()
    for parsed in family(name).values():
        imports = [alias for one in parsed.find_all(FromImport) for alias in one.names]
        imported = {alias if isinstance(alias, str) else alias[-1] for alias in imports}
        asked |= jinja2.meta.find_undeclared_variables(parsed) - imported - GIVEN - {"_", "ngettext", "gettext"}
    for given in PAGES[name]:
        assert asked == given, name


def test_every_template_is_shown_by_a_page() -> None:
    used = set().union(*map(parts, named()))
    assert {str(file.relative_to(HERE / "templates")) for file in TEMPLATES} == used


def test_what_is_said_once_has_one_text_for_each_code() -> None:
    said = [item for screen in (*screens(portal()), *SCREENS) for item in screen.says.items()]
    assert len(set(said)) == len(dict(said))
